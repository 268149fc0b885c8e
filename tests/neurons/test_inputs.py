"""Several inputs a step, samples that end, decays to learn, and what of them is refused."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import log_compilations

from spikegrad.neurons import (
    IF,
    LIF,
    CubaLIF,
    LearnedDecay,
    Neuron,
    Noisy,
    Recorded,
    Refractory,
    recurrent_rollout,
    rollout,
    rollout_memory,
)
from spikegrad.surrogate import (
    Arctan,
    Masked,
    Sigmoid,
    Stochastic,
    from_config,
    to_config,
    with_key,
)

CURRENTS = jnp.asarray(np.random.default_rng(0).normal(0.4, 0.5, (7, 3, 4)), jnp.float32)
CONFIG = to_config(Arctan(2.0))


def nest(levels):
    """A configuration of so many surrogates in each other."""
    nested = CONFIG
    for _ in range(levels):
        nested = {"surrogate": "Scaled", "parameters": {"factor": 2.0, "surrogate": nested}}
    return nested


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LIF(surrogate="arctan"), "surrogate.* has to be a Surrogate.*get\\('arctan'\\)"),
        (lambda: LIF(surrogate=Arctan), "has to be a Surrogate.* Write Arctan\\(\\)"),
        (lambda: LIF(surrogate=None), "has to be a Surrogate.* but got None"),
        (lambda: LIF(surrogate=jax.nn.sigmoid), "surrogate_grad of a class"),
        (lambda: LIF(refractory=float("inf")), "refractory has to be a whole number"),
        (lambda: LIF.from_tau(np.float32(-1)), "tau has to be a positive finite number"),
        (lambda: LIF(beta=0.9), "no parameter 'beta'. What is beta elsewhere is decay here"),
        (lambda: LIF(tau=2.0), "no parameter 'tau'. Time constants go to LIF.from_tau"),
        (lambda: CubaLIF(0.5, 0.9), "CubaLIF takes decay alone by position"),
        (lambda: IF(0.5), "IF takes nothing by position"),
        (lambda: rollout_memory(LIF, (3, 1)), "Write LIF\\(\\)"),
        (lambda: rollout_memory(LIF(), (3, -1)), "shape has to be a tuple of whole numbers"),
        (lambda: rollout_memory(LIF(), 3), "shape has to be a tuple of whole numbers"),
        (lambda: rollout_memory(LIF(), (3, 1), jnp.int32), "dtype has to be a floating dtype"),
        (lambda: rollout_memory(LIF(), (3, 1), None), "dtype has to be a floating dtype"),
        (lambda: with_key(Stochastic(Sigmoid()), None), "key has to be a key of jax.random"),
        (lambda: Noisy(LIF(), 3), "Noisy: key has to be a key of jax.random.* but got 3"),
        (lambda: from_config(CONFIG | {"extra": 1}), "but unknown is 'extra'"),
        (lambda: from_config({"surrogate": "Arctan"}), "but missing is 'parameters'"),
        (lambda: from_config(CONFIG | {"parameters": {}}), "but missing is 'alpha'"),
        (lambda: from_config(CONFIG | {"parameters": {"alpha": 1.0, "x": 1}}), "unknown is 'x'"),
        (lambda: from_config(nest(200)), "nested"),
        (lambda: LIF(10**400), "decay has to be a number from 0 to 1, but got a whole number of"),
        (lambda: LIF(jnp.full(3, 1.3)), "decay has to be a number from 0 to 1"),
        (lambda: Masked(Arctan(), 1.0, -1.0), "high has to be above low, 1.0, but got -1.0"),
        (lambda: LearnedDecay(1.0), "decay has to be a number above 0 and below 1"),
        (
            lambda: rollout(LIF(), CURRENTS.astype("complex64")),
            "currents has to be real numbers.*complex",
        ),
        (lambda: rollout(LIF(), "abc"), "currents has to be real numbers"),
        (lambda: rollout(LIF, CURRENTS), "neuron has to be a neuron.* Write LIF\\(\\)"),
        (lambda: rollout(LIF(jnp.full(5, 0.9)), CURRENTS), "LIF: decay has to be one for all"),
        (lambda: rollout(LIF(), CURRENTS, jnp.zeros((3, 4))), "state has to be Membrane"),
        (lambda: rollout(LIF(), (CURRENTS, CURRENTS)), "currents has to be one array"),
        (lambda: rollout(LIF(), CURRENTS, lengths=[1, 2, 8]), "lengths has to be a whole number"),
        (lambda: recurrent_rollout(LIF(), lambda s: s[:, :3], CURRENTS), "feed has to return"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(make, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert re.search(words, str(caught.value))


def test_one_number_by_position_is_the_decay_of_every_neuron_that_has_one():
    assert CubaLIF(0.5).decay == LIF(0.5).decay == 0.5


@pytest.mark.parametrize("keep", ["state", 3, "checkpoint"])
def test_a_sample_that_ends_is_as_if_it_were_alone_and_no_longer(keep):
    def loss(currents, lengths):
        spikes, state = rollout(LIF(), currents, keep=keep, lengths=lengths)
        return (spikes * 2).sum() + state.v.sum(), (spikes, state.v)

    lengths = [2, 7, 0]
    gradient, (spikes, v) = jax.grad(loss, has_aux=True)(CURRENTS, lengths)
    for sample, length in enumerate(lengths):
        alone = CURRENTS[:length, sample : sample + 1]
        by, (spikes_alone, v_alone) = jax.grad(loss, has_aux=True)(alone, None)
        np.testing.assert_array_equal(spikes[:length, sample], spikes_alone[:, 0])
        np.testing.assert_allclose(v[sample], v_alone[0], rtol=1e-5)
        np.testing.assert_allclose(gradient[:length, sample], by[:, 0], rtol=1e-6)
        assert not np.any(spikes[length:, sample])
        assert not np.any(gradient[length:, sample])


class Gated(Neuron):
    """A user's neuron with a mask of its own at every step."""

    def __init__(self):
        self.surrogate = Arctan(2.0)

    def initial_state(self, shape, dtype=jnp.float32):
        return jnp.zeros(shape, dtype)

    def step(self, v, inputs):
        current, is_open = inputs
        u = jnp.where(is_open, 0.9 * v + current, v)
        spikes = self.surrogate(u - 1)
        return u - spikes, spikes


@pytest.mark.parametrize("keep", ["state", 3])
def test_every_input_of_a_step_reaches_it(keep):
    is_open = np.random.default_rng(1).random(CURRENTS.shape) < 0.5
    spikes, v = rollout(Gated(), (CURRENTS, is_open), keep=keep)
    u = np.zeros(CURRENTS.shape[1:], np.float32)
    for t in range(len(CURRENTS)):
        u = np.where(is_open[t], np.float32(0.9) * u + np.asarray(CURRENTS[t]), u)
        np.testing.assert_array_equal(spikes[t], u >= 1)
        u = u - (u >= 1)
    np.testing.assert_allclose(v, u, rtol=1e-6)


def test_a_recurrent_layer_is_recorded_and_hears_its_spikes_alone():
    weights = jnp.asarray(np.random.default_rng(2).normal(0, 0.5, (4, 4)), jnp.float32)
    feed = lambda spikes: spikes @ weights  # noqa: E731
    plain, (state, _) = recurrent_rollout(CubaLIF(), feed, CURRENTS)
    (spikes, i, v, excess), _ = recurrent_rollout(
        Recorded(CubaLIF(), "i", "v", "excess"), feed, CURRENTS
    )
    np.testing.assert_array_equal(spikes, plain)
    np.testing.assert_array_equal(v[-1], state.v)
    np.testing.assert_array_equal(i[-1], state.i)
    np.testing.assert_array_equal(excess >= 0, plain == 1)


class Jittered(Neuron):
    """Draws what it adds to its currents from a key that is given with them."""

    initial_state = LIF(0.9).initial_state

    def step(self, state, inputs):
        current, key = inputs
        return LIF(0.9).step(state, current + 0.3 * jax.random.normal(key, current.shape))


@pytest.mark.parametrize("keep", ["state", 3, "all"])
def test_a_key_may_be_an_input_and_each_step_gets_its_own(keep):
    keys = jax.random.split(jax.random.key(3), len(CURRENTS))
    noise = jnp.stack([jax.random.normal(key, CURRENTS.shape[1:]) for key in keys])

    def total(run, currents):
        return jax.value_and_grad(lambda currents: run(currents)[1].v.sum())(currents)

    found = total(lambda c: rollout(Jittered(), (c, keys), keep=keep), CURRENTS)
    expected = total(lambda c: rollout(LIF(0.9), c + 0.3 * noise), CURRENTS)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-5)


@pytest.mark.parametrize("keep", ["state", 3, "checkpoint"])
def test_what_a_sample_draws_is_the_same_whether_others_end_or_not(keep):
    neuron = Noisy(LIF(surrogate=Stochastic(Sigmoid(4.0))), jax.random.key(0))
    lengths = jnp.asarray([7, 3, 0])
    whole, _ = rollout(neuron, CURRENTS)
    spikes, state = rollout(neuron, CURRENTS, lengths=lengths, keep=keep)
    for sample, length in enumerate(lengths.tolist()):
        np.testing.assert_array_equal(spikes[:length, sample], whole[:length, sample])
        assert not spikes[length:, sample].any()
    assert not state.state.v[2].any()
    gradient = jax.grad(lambda c: rollout(neuron, c, lengths=lengths, keep=keep)[0].sum())(CURRENTS)
    assert gradient[:3, 1].any()
    assert gradient[:, 0].any()
    assert not gradient[3:, 1].any()
    assert not gradient[:, 2].any()


def test_a_call_outside_of_jit_compiles_once_for_a_neuron_a_shape_and_a_keep():
    traced = []

    class Counting(Sigmoid):
        def __call__(self, x):
            traced.append(x)
            return super().__call__(x)

    for _ in range(3):
        rollout(LIF(0.9, surrogate=Counting()), CURRENTS)
    # A class of one's own may read what has changed, so it is traced each time.
    assert len(traced) >= 3
    for arguments, new in [
        ((CURRENTS, "state"), 1),
        ((CURRENTS, "state"), 0),
        ((CURRENTS + 1, "state"), 0),
        ((CURRENTS[:-1], "state"), 1),
        ((CURRENTS, 2), 1),
    ]:
        with log_compilations() as compiled:
            rollout(LIF(0.9, threshold=0.75), arguments[0], keep=arguments[1])
        assert compiled.count("_layer") == new


def test_a_refractory_period_may_be_one_a_neuron():
    each = jnp.asarray([0, 1, 2, 3])
    spikes, state = rollout(LIF(refractory=each), jnp.full((9, 1, 4), 1.5))
    assert isinstance(state, Refractory)
    for n in range(1, 4):
        alone = rollout(LIF(refractory=n), jnp.full((9, 1, 1), 1.5))[0]
        np.testing.assert_array_equal(spikes[:, :, n], alone[:, :, 0])
