"""Several inputs a step, samples that end, decays to learn, and what of them is refused."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.neurons import (
    IF,
    LIF,
    CubaLIF,
    LearnedDecay,
    Neuron,
    Recorded,
    Refractory,
    recurrent_rollout,
    rollout,
)
from spikegrad.surrogate import Arctan, Masked

CURRENTS = jnp.asarray(np.random.default_rng(0).normal(0.4, 0.5, (7, 3, 4)), jnp.float32)


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


def test_a_learned_decay_stays_in_range_whatever_an_optimizer_does():
    neuron = LIF(LearnedDecay(jnp.full(4, 0.9)))
    np.testing.assert_allclose(neuron.decay.value, 0.9, rtol=1e-6)
    np.testing.assert_array_equal(rollout(neuron, CURRENTS)[0], rollout(LIF(0.9), CURRENTS)[0])
    gradient = jax.grad(lambda n: rollout(n, CURRENTS)[1].v.sum())(neuron)
    by_decay = jax.grad(lambda d: rollout(LIF(d), CURRENTS)[1].v.sum())(jnp.full(4, 0.9))
    np.testing.assert_allclose(gradient.decay.w, by_decay * 0.9 * 0.1, rtol=1e-4)
    moved = jax.tree.map(lambda w, g: w + 1e3 * jnp.sign(g), neuron, gradient)
    assert np.all((moved.decay.value >= 0) & (moved.decay.value <= 1))


def test_a_refractory_period_may_be_one_a_neuron():
    each = jnp.asarray([0, 1, 2, 3])
    spikes, state = rollout(LIF(refractory=each), jnp.full((9, 1, 4), 1.5))
    assert isinstance(state, Refractory)
    for n in range(1, 4):
        alone = rollout(LIF(refractory=n), jnp.full((9, 1, 1), 1.5))[0]
        np.testing.assert_array_equal(spikes[:, :, n], alone[:, :, 0])
