"""The loops on several devices, exported, without rank promotion, and over nothing."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from tests.helpers import assert_close, shard_map
from tests.neurons.cases import CASES, NEURONS

from spikegrad.neurons import ALIF, LIF, pallas, recurrent_rollout, rollout, rollout_memory
from spikegrad.surrogate import Arctan, Sigmoid

TIME, BATCH = 9, 8
NOISE = np.random.default_rng(0)
CURRENTS = jnp.asarray(NOISE.normal(0.4, 0.5, (TIME, BATCH, NEURONS)), jnp.float32)
WEIGHTS = jnp.asarray(NOISE.normal(0, 0.4, (NEURONS, NEURONS)), jnp.float32)
KEEPS = ("state", 4, "half", "checkpoint", "all")
LEARNED = LIF(jnp.linspace(0.8, 0.9, NEURONS), surrogate=Arctan(jnp.float32(2.0)))


def layer(neuron, weights, currents, keep):
    """Neurons behind weights."""
    return rollout(neuron, currents @ weights, keep=keep)[0]


def recurrent(neuron, weights, currents, keep):
    """Neurons that hear each other."""
    return recurrent_rollout(neuron, lambda s: s @ weights, currents, keep=keep)[0]


LOOPS = [(run, keep) for run in (layer, recurrent) for keep in KEEPS]
LOOPS.remove((recurrent, "half"))
every_loop = pytest.mark.parametrize(
    ("run", "keep"), LOOPS, ids=lambda value: getattr(value, "__name__", str(value))
)


def loss(run, keep, neuron, weights, currents):
    return (run(neuron, weights, currents, keep) * jnp.cos(currents)).sum()


def gradients(run, keep):
    return jax.grad(functools.partial(loss, run, keep), (0, 1, 2))


@every_loop
def test_with_replicated_weights_and_a_divided_batch_gradients_are_those_of_one_device(run, keep):
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("devices",))
    everywhere, divided = jax.sharding.PartitionSpec(), jax.sharding.PartitionSpec(None, "devices")
    assert mesh.size > 1

    def total(*arguments):
        return jax.lax.psum(loss(run, keep, *arguments), "devices")

    sharded = shard_map(
        total, mesh=mesh, in_specs=(everywhere, everywhere, divided), out_specs=everywhere
    )
    got = jax.jit(jax.grad(sharded, (0, 1, 2)))(LEARNED, WEIGHTS, CURRENTS)
    want = gradients(run, keep)(LEARNED, WEIGHTS, CURRENTS)
    assert all(np.any(leaf) for leaf in jax.tree.leaves(want))
    jax.tree.map(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-4, atol=1e-5), got, want)
    # And where the gradient is taken on each device, and added up.
    inside = shard_map(
        gradients(run, keep),
        mesh=mesh,
        in_specs=(everywhere, everywhere, divided),
        out_specs=(everywhere, everywhere, divided),
    )
    got = jax.jit(inside)(LEARNED, WEIGHTS, CURRENTS)
    jax.tree.map(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-4, atol=1e-5), got, want)


@pytest.mark.parametrize("keep", ["state", 1, 3, 4, TIME, TIME + 1])
def test_a_mask_that_is_transformed_changes_no_gradient_on_one_device_or_several(keep):
    """Such a step is looped in another way: the equations, step by step, say what is right."""
    everywhere, divided = jax.sharding.PartitionSpec(), jax.sharding.PartitionSpec(None, "devices")
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("devices",))
    mask = jnp.arange(NEURONS**2).reshape(NEURONS, NEURONS) % 3 > 0

    def run(weights, currents, mask):
        neuron = LIF(0.9, surrogate=Arctan(2.0))
        feed = lambda spikes: spikes @ jnp.where(mask, weights, 0)  # noqa: E731
        return recurrent_rollout(neuron, feed, currents, keep=keep)[0]

    def unrolled(weights, currents, mask):
        v, spikes, outs = 0.0, jnp.zeros_like(currents[0]), []
        for current in currents:
            u = 0.9 * v + current + spikes @ jnp.where(mask, weights, 0)
            spikes = Arctan(2.0)(u - 1)
            v = u - spikes
            outs.append(spikes)
        return jnp.stack(outs)

    def gradient(run):
        inner = jax.jit(lambda *given: jnp.sin(run(*given)).sum())
        return jax.grad(inner)(WEIGHTS, CURRENTS, mask)

    specs = (everywhere, divided, everywhere)
    sharded = shard_map(run, mesh=mesh, in_specs=specs, out_specs=divided)
    want = gradient(unrolled)
    assert np.any(want)
    assert_close([gradient(run), gradient(sharded)], [want, want], ulp=512)


@pytest.mark.parametrize("keep", KEEPS)
def test_divided_neurons_give_the_same(keep):
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("devices",))
    spec = jax.sharding.PartitionSpec(None, None, "devices")

    currents = jnp.concatenate([CURRENTS, 1 - CURRENTS], axis=-1)

    def run(currents):
        return rollout(LIF(0.9, surrogate=Arctan(2.0)), currents, keep=keep)[0]

    def pulled(run):
        spikes, transposed = jax.vjp(run, currents)
        return spikes, transposed(jnp.cos(currents))[0]

    sharded = jax.jit(shard_map(run, mesh=mesh, in_specs=spec, out_specs=spec))
    assert_close(pulled(sharded), pulled(run))


@every_loop
@pytest.mark.parametrize("sizes", ["t, b", f"{TIME}, b"])
def test_gradients_are_exported_with_symbolic_sizes(run, keep, sizes):
    shape = export.symbolic_shape(f"{sizes}, {NEURONS}")
    neuron = ALIF(surrogate=Sigmoid(4.0))

    def by_weights(weights, currents):
        return gradients(run, keep)(neuron, weights, currents)[1:]

    abstract = WEIGHTS, jax.ShapeDtypeStruct(shape, jnp.float32)
    compiled = jax.jit(by_weights)
    exported = export.deserialize(export.export(compiled)(*abstract).serialize())
    smaller = CURRENTS[: 5 if "t" in sizes else None, : 3 if "b" in sizes else None]
    for currents in (CURRENTS, smaller):
        want = compiled(WEIGHTS, currents)
        assert_close(exported.call(WEIGHTS, currents), want, ulp=512)


@pytest.mark.parametrize("name", CASES)
def test_parameters_a_neuron_need_no_rank_promotion(name):
    case = CASES[name]
    arrays = {k: jnp.linspace(0.9, 1.0, NEURONS) * value for k, value in case.trained.items()}
    options = {} if case.resets == "none" else {"surrogate": Arctan(2.0)}
    neuron, currents = case.make(**arrays, **options), case.currents()

    def gradient(neuron):
        return jax.grad(lambda neuron: rollout(neuron, currents)[0].sum())(neuron)

    with jax.numpy_rank_promotion("raise"):
        got = gradient(neuron)
    with jax.numpy_rank_promotion("allow"):
        in_front = jax.tree.map(lambda a: jnp.broadcast_to(a, currents.shape[1:]), neuron)
        want = jax.tree.map(lambda a: a.sum(0), gradient(in_front))
    jax.tree.map(lambda g, w: np.testing.assert_allclose(g, w, rtol=1e-4, atol=1e-5), got, want)


@every_loop
@pytest.mark.parametrize("empty", [(0, 3, NEURONS), (5, 0, NEURONS), (0, 0, NEURONS)])
def test_over_no_time_or_no_batch_nothing_happens(run, keep, empty):
    currents = jnp.zeros(empty)
    assert run(LEARNED, WEIGHTS, currents, keep).shape == empty
    by_neuron, by_weights, by_currents = gradients(run, keep)(LEARNED, WEIGHTS, currents)
    assert by_currents.shape == empty
    assert not any(np.any(leaf) for leaf in jax.tree.leaves((by_neuron, by_weights)))


@pytest.mark.parametrize("empty", [(0, 3, NEURONS), (5, 0, NEURONS)])
def test_kernels_over_no_time_or_no_batch_do_nothing(empty):
    neuron = LIF(surrogate=Arctan(2.0))

    def run(currents):
        state = neuron.initial_state(empty[1:])
        step = lambda neuron, state, x: neuron.step(state, x)  # noqa: E731
        return pallas.scan_in_kernels(step, neuron, state, currents, interpret=True)[1]

    assert run(jnp.zeros(empty)).shape == empty
    assert jax.grad(lambda c: run(c).sum())(jnp.zeros(empty)).shape == empty


@functools.cache
def keeping_the_state(run):
    return jax.jit(gradients(run, "state"))(LEARNED, WEIGHTS, CURRENTS)[1:]


@pytest.mark.parametrize("run", [layer, recurrent])
@pytest.mark.parametrize(
    "keep", [np.int64(2), np.int32(4), jnp.int32(3), TIME - 1, TIME, TIME + 1, 2 * TIME, 2**31]
)
def test_any_whole_number_of_steps_may_be_kept(run, keep):
    got = jax.jit(gradients(run, keep))(LEARNED, WEIGHTS, CURRENTS)
    assert_close(got[1:], keeping_the_state(run), ulp=64)


@pytest.mark.parametrize("keep", [TIME, TIME + 1, 2**31])
def test_more_steps_than_there_are_keep_the_first_state(keep):
    neuron, shape = LIF(reset="zero"), (TIME, BATCH, NEURONS)
    pull = jax.eval_shape(
        lambda c: jax.vjp(lambda c: rollout(neuron, c, keep=keep), c)[1], CURRENTS
    )
    over_time = [leaf.shape for leaf in jax.tree.leaves(pull) if leaf.shape[:1] == (TIME,)]
    assert over_time == [shape]  # the currents, which are an argument
    assert rollout_memory(neuron, shape, keep=keep) == rollout_memory(neuron, shape, keep=TIME)
