"""The dtype of the state decides what a step computes in; spikes come in that of the currents."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import precision
from tests.neurons.cases import CASES, NEURONS

from spikegrad import neurons
from spikegrad.neurons import ALIF, IF, LI, LIF, PLIF, CubaLIF, Recorded, recurrent_rollout, rollout
from spikegrad.surrogate import Arctan

STEPS, NARROW = 1000, ("bfloat16", "float16")
# What is left of 1 after 1000 steps that each leave 0.999 of it.
LEFT = 0.999**STEPS


def logit(share):
    return float(np.log(share / (1 - share)))


# Each from 0.999, a share that bfloat16 rounds to 1, to a neuron and the variables that leak.
SLOW = {
    "LI": (lambda s: LI(s), ("v",)),
    "LIF": (lambda s: LIF(s, threshold=9.0), ("v",)),
    "LIF-refractory": (lambda s: LIF(s, threshold=9.0, refractory=3), ("v",)),
    "ALIF": (lambda s: ALIF(s, adaptation_decay=s, strength=0.0, threshold=9.0), ("v", "a")),
    "CubaLIF": (lambda s: CubaLIF(0.5, synaptic_decay=s, threshold=1e9), ("i",)),
    "CubaLIF-membrane": (lambda s: CubaLIF(s, synaptic_decay=0.5, threshold=1e9), ()),
    "PLIF-number": (lambda s: PLIF(w=-logit(float(s)), threshold=9.0), ("v",)),
    "PLIF-array": (lambda s: PLIF(w=jnp.float32(-logit(float(s))), threshold=9.0), ("v",)),
    "PLIF-undecayed": (
        lambda s: PLIF(w=jnp.float32(-logit(float(s))), threshold=9.0, decay_input=False),
        ("v",),
    ),
}


@pytest.mark.parametrize("keep", ["state", "half", 100])
@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize("name", SLOW)
def test_a_slow_leak_is_not_lost_on_narrow_currents(name, array, dtype, keep):
    make, leaking = SLOW[name]
    neuron = make(jnp.float32(0.999) if array else 0.999)
    rest = neuron.initial_state((1,))
    start = rest._replace(**{field: jnp.ones(1) for field in leaking or ("v",)})
    spikes, final = rollout(neuron, jnp.zeros((STEPS, 1), dtype), start, keep=keep)
    for field in leaking or ("v",):
        np.testing.assert_allclose(getattr(final, field), LEFT, rtol=1e-3, err_msg=field)
    assert spikes.dtype == ("float32" if name == "LI" else dtype)


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("name", CASES)
def test_on_narrow_currents_the_state_is_float32_and_spikes_have_their_dtype(name, dtype):
    neuron = CASES[name].neuron(Arctan(2.0), "subtract", False)
    # The largest float16 is 65504, and AdEx counts in picoamperes.
    currents = CASES[name].currents().clip(-6e4, 6e4).astype(dtype)
    spikes, state = rollout(neuron, currents)
    assert {leaf.dtype for leaf in jax.tree.leaves(state)} == {jnp.dtype("float32")}
    assert spikes.dtype == ("float32" if name == "LI" else dtype)
    # The same as on the same numbers in float32.
    wide, _ = rollout(neuron, currents.astype("float32"))
    np.testing.assert_array_equal(spikes.astype("float32"), wide)
    gradient = jax.grad(lambda c: rollout(neuron, c)[0].astype("float32").sum())(currents)
    same = jax.grad(lambda c: rollout(neuron, c)[0].sum())(currents.astype("float32"))
    assert gradient.dtype == dtype
    assert np.any(same)
    np.testing.assert_array_equal(gradient, same.astype(dtype))


@pytest.mark.parametrize("name", [name for name in CASES if name != "LI"])
@pytest.mark.parametrize("state_dtype", ["bfloat16", "float32", "float64"])
def test_a_state_that_is_given_keeps_its_dtype_under_any_current(name, state_dtype):
    neuron = CASES[name].neuron(Arctan(2.0), "subtract", False, trained=False)
    with precision("float64"):
        for dtype in ("bfloat16", "float32", "float64"):
            currents = CASES[name].currents(dtype=dtype)
            state = neuron.initial_state(currents.shape[1:], state_dtype)
            spikes, final = rollout(neuron, currents, state)
            assert {leaf.dtype for leaf in jax.tree.leaves(final)} == {jnp.dtype(state_dtype)}
            assert spikes.dtype == dtype


@pytest.mark.parametrize("dtype", NARROW)
def test_recurrent_neurons_on_narrow_currents_have_a_float32_state(dtype):
    weights = 0.1 * jnp.ones((NEURONS, NEURONS), dtype)
    currents = CASES["LIF"].currents(dtype=dtype)
    spikes, (state, last) = recurrent_rollout(LIF(0.999), lambda s: s @ weights, currents)
    assert (spikes.dtype, last.dtype, state.v.dtype) == (dtype, dtype, "float32")


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (LI(0.999), "LI: decay=0.999 is 1 in bfloat16"),
        (LIF(0.999), "LIF: decay=0.999 is 1 in bfloat16"),
        (LIF(np.float32(0.999)), "LIF: decay=.* is 1 in bfloat16"),
        (CubaLIF(synaptic_decay=0.999), "CubaLIF: synaptic_decay=0.999 is 1"),
        (CubaLIF(0.999), "CubaLIF: decay=0.999 is 1"),
        (ALIF(adaptation_decay=0.9999), "ALIF: adaptation_decay=0.9999 is 1"),
        (LIF(1e-45), "LIF: decay=1e-45 is 0 in bfloat16"),
    ],
    ids=str,
)
def test_a_decay_that_a_narrow_state_rounds_to_another_neuron_is_refused(neuron, words):
    currents = jnp.zeros((3, 2), "bfloat16")
    state = neuron.initial_state((2,), "bfloat16")
    with pytest.raises(ValueError, match=rf"^{words}.*take a float32 state\."):
        rollout(neuron, currents, state)


def test_a_decay_of_1_or_0_may_be_one_in_any_dtype():
    for decay in (0, 0.0, 1, 1.0):
        rollout(LIF(decay), jnp.zeros((3, 2), "bfloat16"), LIF().initial_state((2,), "bfloat16"))


@pytest.mark.parametrize(("dtype", "most"), [("bfloat16", 256), ("float16", 2048)])
def test_a_refractory_period_that_a_state_cannot_count_is_refused(dtype, most):
    LIF(refractory=most).initial_state((1,), dtype)
    with pytest.raises(ValueError, match=f"LIF: refractory has to be {most} or less .* {most + 1}"):
        LIF(refractory=most + 1).initial_state((1,), dtype)


def test_what_a_surrogate_was_given_is_recorded_in_the_dtype_of_the_state():
    (spikes, excess), _ = rollout(Recorded(IF()), jnp.full((1, 1), 0.0123, "bfloat16"))
    assert (spikes.dtype, excess.dtype) == ("bfloat16", "float32")
    assert excess[0, 0] == np.float32(jnp.bfloat16(0.0123)) - np.float32(1)


@pytest.mark.parametrize("name", [name for name in dir(neurons) if name in CASES])
def test_no_two_variables_of_a_state_share_a_buffer(name):
    neuron = LIF(refractory=2) if name == "LIF" else getattr(neurons, name)()
    state = neuron.initial_state((2, 3))
    places = {leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(state)}
    assert len(places) == len(jax.tree.leaves(state))
    # So that a state can be donated, which is usual where data streams.
    stream = jax.jit(lambda state, currents: rollout(neuron, currents, state), donate_argnums=0)
    stream(state, jnp.ones((4, 2, 3)))


def test_the_state_of_recurrent_neurons_can_be_donated():
    run = lambda state, c: recurrent_rollout(LIF(refractory=2), jnp.zeros_like, c, state)  # noqa: E731
    stream = jax.jit(run, donate_argnums=0)
    _, state = stream(None, jnp.ones((4, 2, 3)))
    spikes, _ = stream(state, jnp.ones((4, 2, 3)))
    assert spikes.shape == (4, 2, 3)
