"""The loop gives what a plain scan over the step gives, however little it keeps."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.neurons.cases import CASES, NEURONS, RESETS, TIME, neuron_cases

from spikegrad import surrogate
from spikegrad.neurons import ALIF, LIF, CubaLIF, Neuron, recurrent_rollout, rollout
from spikegrad.surrogate.catalogue import CATALOGUE

ARCTAN = surrogate.Arctan(jnp.float32(2.0))


def plain(neuron, currents, state):
    """What everything is compared with."""
    final, spikes = jax.lax.scan(neuron.step, state, currents)
    return spikes, final


def lean(keep):
    return lambda neuron, currents, state: rollout(neuron, currents, state, keep=keep)


def measured(run, neuron, currents):
    """Spikes, final state, and the gradients of a loss by all that has one."""
    state = jax.tree.map(
        lambda leaf: leaf + 0.01 * jnp.abs(leaf.mean() + 1),
        neuron.initial_state(currents.shape[1:]),
    )
    weights = jnp.asarray(np.random.default_rng(7).normal(size=currents.shape), jnp.float32)

    def loss(neuron, currents, state):
        spikes, final = run(neuron, currents, state)
        ends = sum(jnp.sum(jnp.sin(leaf)) for leaf in jax.tree.leaves(final))
        return (spikes * weights).sum() + ends, (spikes, final)

    gradients, result = jax.jit(jax.grad(loss, (0, 1, 2), has_aux=True))(neuron, currents, state)
    return result, gradients


def assert_gradients_close(got, want):
    """Equal to rounding; of scalar parameters, whose terms cancel, to that of the largest one."""
    got, want = ((together(n), *rest) for n, *rest in (got, want))
    assert_close(got, want, ulp=64)


def together(neuron):
    leaves = [leaf.ravel() for leaf in jax.tree.leaves(neuron)]
    return jnp.concatenate(leaves) if leaves else ()


def assert_same(neuron, currents, keep):
    want, want_gradients = measured(plain, neuron, currents)
    got, got_gradients = measured(lean(keep), neuron, currents)
    jax.tree.map(np.testing.assert_array_equal, got, want)
    assert_gradients_close(got_gradients, want_gradients)
    assert any(np.any(np.asarray(leaf)) for leaf in jax.tree.leaves(got_gradients[1]))


def with_array(row):
    """A shape with its first parameter as an array, where it may be one."""
    # The gradient of a neuron that is exponential in itself would overflow without a cap.
    rest = {"cap": 2.0} if "cap" in row.parameters else {}
    for name, parameter in row.parameters.items():
        if not parameter.integer and parameter.default is not None:
            return row.shape(**{name: jnp.float32(parameter.default)}, **rest)
    return row.shape()


SPIKING = [name for name in CASES if name != "LI"]
# Each shape with every seventh neuron, so that each neuron meets every seventh shape.
PAIRS = [
    (name, row)
    for (i, name), (j, row) in itertools.product(enumerate(SPIKING), enumerate(CATALOGUE))
    if (i + j) % 7 == 0
]
KEEPS = ("state", 7, "checkpoint", 1)


@pytest.mark.parametrize(
    ("name", "row", "reset", "keep"),
    [(name, row, RESETS[i % 6], KEEPS[i % 4]) for i, (name, row) in enumerate(PAIRS)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_every_neuron_with_every_shape_equals_the_plain_scan(name, row, reset, keep):
    case = CASES[name]
    assert_same(case.neuron(with_array(row), *reset), case.currents(), keep)


# The others have numbers in place of arrays, below.
@pytest.mark.parametrize(("name", "reset", "detach"), list(neuron_cases())[::2])
def test_every_neuron_with_arrays_equals_the_plain_scan(name, reset, detach):
    case = CASES[name]
    assert_same(case.neuron(ARCTAN, reset, detach), case.currents(), "state")


@pytest.mark.parametrize(
    ("name", "reset", "detach", "keep"),
    [(*case, ("state", 7)[i % 3 == 2]) for i, case in enumerate(neuron_cases())],
)
def test_every_neuron_of_numbers_with_every_reset_equals_the_plain_scan(name, reset, detach, keep):
    case = CASES[name]
    # Without parameters to differentiate by, many keep their derivative and not their state.
    neuron = case.neuron(surrogate.Sigmoid(4.0), reset, detach, trained=False)
    assert_same(neuron, case.currents(), keep)


@pytest.mark.parametrize("name", SPIKING)
def test_the_neurons_of_these_tests_fire_now_and_then(name):
    case = CASES[name]
    spikes, _ = rollout(case.neuron(ARCTAN, "subtract", False), case.currents())
    assert 0.01 < float(spikes.mean()) < 0.9


def loss_of(neuron, keep, currents):
    spikes, final = rollout(neuron, currents, keep=keep)
    return jnp.sin(spikes.sum(0)).sum() + (final.v**2).sum()


LEAN = LIF(jnp.float32(0.9), surrogate=ARCTAN)
CURRENTS = CASES["LIF"].currents()


def test_forward_mode_works_with_checkpoint_and_equals_reverse_mode():
    direction = CASES["LIF"].currents(seed=1)
    _, forward = jax.jvp(lambda c: loss_of(LEAN, "checkpoint", c), (CURRENTS,), (direction,))
    reverse = (jax.grad(lambda c: loss_of(LEAN, "state", c))(CURRENTS) * direction).sum()
    assert_close(forward, reverse, ulp=64)


def test_memory_of_forward_mode_does_not_grow_over_time():
    def temporaries(time):
        currents = jnp.zeros((time, 8, 16))
        last = lambda neuron, c: rollout(neuron, c, keep="checkpoint")[1].v.sum()  # noqa: E731
        along = lambda n, c: jax.jvp(lambda n: last(n, c), (n,), (n,))  # noqa: E731
        return jax.jit(along).lower(LEAN, currents).compile().memory_analysis().temp_size_in_bytes

    assert temporaries(1000) < temporaries(10) + 100


def test_forward_accumulation_of_eligibility_traces_equals_backpropagation_through_time():
    # e-prop: on one layer without recurrence, the eligibility trace of each weight, carried
    # forward, times the learning signal at each step is the whole gradient.
    inputs = jnp.asarray(np.random.default_rng(0).normal(0.2, 0.6, (TIME, 5)), jnp.float32)
    weights = jnp.asarray(np.random.default_rng(1).normal(0.2, 0.4, (5, NEURONS)), jnp.float32)
    signals = jnp.asarray(np.random.default_rng(2).normal(size=(TIME, NEURONS)), jnp.float32)
    neuron = LIF(0.9, surrogate=ARCTAN)

    def loss(weights):
        spikes, _ = rollout(neuron, inputs @ weights)
        return (spikes * signals).sum()

    def eligibility(carry, inputs_and_signal):
        (state, trace), (x, signal) = carry, inputs_and_signal
        current = x @ weights

        def of(v, current):
            new, spikes = neuron.step(type(state)(v), current)
            return new.v, spikes

        ones, zeros = jnp.ones_like(current), jnp.zeros_like(current)
        (v, _), (by_v, spike_by_v) = jax.jvp(of, (state.v, current), (ones, zeros))
        _, (by_current, spike_by_current) = jax.jvp(of, (state.v, current), (zeros, ones))
        seen = spike_by_v * trace + spike_by_current * x[:, None]
        trace = by_v * trace + by_current * x[:, None]
        return (type(state)(v), trace), seen * signal

    start = neuron.initial_state((NEURONS,)), jnp.zeros_like(weights)
    with jax.numpy_rank_promotion("allow"):
        _, parts = jax.lax.scan(eligibility, start, (inputs, signals))
    want = jax.grad(loss)(weights)
    assert np.any(want)
    assert_close(parts.sum(0), want, ulp=64)


@pytest.mark.parametrize(
    ("neuron", "keep"), [(LEAN, "state"), (LEAN, 4), (LEAN, "half"), (LIF(), "state")]
)
def test_vmap_and_checkpoint_give_the_same(neuron, keep):
    gradient = jax.jit(jax.grad(lambda c: loss_of(neuron, keep, c)))
    want = gradient(CURRENTS)
    each = jax.vmap(lambda c: gradient(c[:, None])[:, 0], in_axes=1, out_axes=1)(CURRENTS)
    assert_close(each, want)
    again = jax.jit(jax.grad(jax.checkpoint(lambda c: loss_of(neuron, keep, c))))(CURRENTS)
    assert_close(again, want)


@pytest.mark.parametrize("keep", ["state", 3, "all"])
def test_one_chunk_at_a_time_equals_one_long_call(keep):
    whole, last = rollout(LEAN, CURRENTS, keep=keep)
    state, parts = None, []
    for chunk in jnp.split(CURRENTS, [5, 6, 17]):
        spikes, state = rollout(LEAN, chunk, state, keep=keep)
        parts.append(spikes)
    np.testing.assert_array_equal(jnp.concatenate(parts), whole)
    jax.tree.map(np.testing.assert_array_equal, state, last)


def test_stop_gradient_on_the_state_truncates_backpropagation_through_time():
    def loss(currents, cut):
        first, rest = currents[:10], currents[10:]
        _, state = rollout(LEAN, first)
        spikes, _ = rollout(LEAN, rest, jax.lax.stop_gradient(state) if cut else state)
        return spikes.sum()

    whole, truncated = (jax.grad(loss)(CURRENTS, cut) for cut in (False, True))
    assert np.any(whole[:10])
    assert not np.any(truncated[:10])
    np.testing.assert_array_equal(whole[10:], truncated[10:])


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_time_may_be_another_axis(axis):
    want, state = rollout(LEAN, CURRENTS)
    got, other = rollout(LEAN, jnp.moveaxis(CURRENTS, 0, axis), time_axis=axis)
    np.testing.assert_array_equal(jnp.moveaxis(got, axis, 0), want)
    jax.tree.map(np.testing.assert_array_equal, other, state)


class Counting(Neuron):
    """A user's neuron with an integer in its state, and two outputs."""

    def __init__(self, decay):
        self.decay = decay

    def initial_state(self, shape, dtype=jnp.float32):
        return {"v": jnp.zeros(shape, dtype), "count": jnp.zeros(shape, jnp.int32)}

    def step(self, state, current):
        u = self.decay * state["v"] + current
        spikes = surrogate.Arctan(2.0)(u - 1)
        count = state["count"] + spikes.astype(jnp.int32)
        return {"v": u - spikes, "count": count}, (spikes, u)


@pytest.mark.parametrize("keep", ["state", 4, "half"])
def test_a_users_neuron_may_count_and_give_more_than_spikes(keep):
    def loss(neuron, currents, run):
        (spikes, u), final = run(neuron, currents)
        return (spikes * jnp.cos(u)).sum() + final["v"].sum(), final["count"]

    def reference(neuron, currents):
        start = neuron.initial_state(currents.shape[1:])
        return jax.lax.scan(neuron.step, start, currents)[::-1]

    arguments = Counting(jnp.float32(0.9)), CURRENTS
    got, count = jax.grad(loss, (0, 1), has_aux=True)(
        *arguments, lambda n, c: rollout(n, c, keep=keep)
    )
    want, expected = jax.grad(loss, (0, 1), has_aux=True)(*arguments, reference)
    np.testing.assert_array_equal(count, expected)
    if keep == "half":
        np.testing.assert_allclose(got[1], want[1], rtol=0.05, atol=0.05)
    else:
        assert_close(got, want, ulp=64)


@pytest.mark.parametrize("keep", ["state", 5, "checkpoint"])
def test_recurrent_neurons_equal_a_plain_scan(keep):
    neuron = LIF(jnp.float32(0.9), surrogate=ARCTAN)
    weights = jnp.asarray(np.random.default_rng(0).normal(0, 0.5, (NEURONS, NEURONS)), jnp.float32)

    def reference(neuron, weights, currents):
        def step(carry, current):
            state, spikes = carry
            state, spikes = neuron.step(state, current + spikes @ weights)
            return (state, spikes), spikes

        rest = jnp.zeros_like(currents[0])
        return jax.lax.scan(step, (neuron.initial_state(rest.shape), rest), currents)[::-1]

    def recurrent(neuron, weights, currents):
        return recurrent_rollout(neuron, lambda s: s @ weights, currents, keep=keep)

    def loss(run, *arguments):
        spikes, (state, _) = run(*arguments)
        return jnp.sin(spikes).sum() + state.v.sum()

    arguments = neuron, weights, CURRENTS
    got, want = recurrent(*arguments), reference(*arguments)
    jax.tree.map(np.testing.assert_array_equal, got, want)
    gradients = [jax.grad(loss, (1, 2, 3))(run, *arguments) for run in (recurrent, reference)]
    assert np.any(gradients[1][1])
    assert_close(*gradients, ulp=64)
    # One chunk at a time is one long call here too.
    first, between = recurrent_rollout(neuron, lambda s: s @ weights, CURRENTS[:9], keep=keep)
    second, _ = recurrent_rollout(neuron, lambda s: s @ weights, CURRENTS[9:], between, keep=keep)
    np.testing.assert_array_equal(jnp.concatenate([first, second]), want[0])


def test_spikes_from_a_state_kept_in_half_are_the_same_spikes():
    # Where rounding to the nearest bfloat16 alone would lose or add one.
    from spikegrad.neurons._loop import narrow, widen

    noise = np.random.default_rng(0)
    for name in SPIKING:
        neuron = CASES[name].neuron(ARCTAN, "subtract", False)
        currents = CASES[name].currents()
        state = neuron.initial_state(currents.shape[1:])
        for current in currents:
            state = jax.tree.map(
                lambda a: a * jnp.asarray(noise.normal(1, 1e-3, a.shape), a.dtype), state
            )
            new, spikes = neuron.step(state, current)
            kept = narrow(lambda n, *rest: n.step(*rest), neuron, state, current, spikes)
            assert {leaf.dtype for leaf in jax.tree.leaves(kept)} == {jnp.dtype(jnp.uint16)}
            _, again = neuron.step(widen(kept, state), current)
            np.testing.assert_array_equal(again, spikes, err_msg=name)
            state = new


@pytest.mark.parametrize("name", ["LIF", "ALIF", "CubaLIF"])
def test_states_beside_the_threshold_spike_from_half_as_they_did(name):
    from spikegrad.neurons._loop import narrow, widen

    v = jnp.float32(np.linspace(0.99, 1.01, 1001))
    neuron = {"LIF": LIF(1.0), "ALIF": ALIF(1.0), "CubaLIF": CubaLIF(1.0, synaptic_decay=1.0)}[name]
    state = neuron.initial_state(v.shape)._replace(v=v)
    fires = lambda state: neuron.step(state, 0 * v)[1]  # noqa: E731
    spikes = fires(state)
    # Rounding to the nearest alone would lose spikes and add some.
    nearest = state._replace(v=v.astype(jnp.bfloat16).astype(jnp.float32))
    assert 0 < np.sum(fires(nearest) != spikes) < 100
    kept = narrow(lambda n, *rest: n.step(*rest), neuron, state, 0 * v, spikes)
    assert kept.v.dtype == jnp.uint16
    again = widen(kept, state)
    np.testing.assert_array_equal(fires(again), spikes)
    # And no further off than the next number of bfloat16, which has 8 bits.
    np.testing.assert_allclose(again.v, v, rtol=2**-7)


def test_gradients_from_states_in_half_are_good_to_two_digits():
    half, full = (jax.grad(lambda c, k=k: loss_of(LEAN, k, c))(CURRENTS) for k in ("half", "state"))
    difference = np.linalg.norm(half - full) / np.linalg.norm(full)
    assert 0 < difference < 0.02
