"""What a feed or a step closes over may be part of any transformation around the loop."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.neurons.cases import BATCH, NEURONS

from spikegrad.neurons import LIF, Neuron, recurrent_rollout, rollout
from spikegrad.surrogate import Arctan

SURROGATE = Arctan(2.0)
TIME = 6
CURRENTS = jnp.asarray(np.random.default_rng(0).normal(0.5, 0.5, (TIME, BATCH, NEURONS)), "float32")
WEIGHTS = jnp.asarray(np.random.default_rng(1).normal(0, 0.5, (NEURONS, NEURONS)), "float32")
CLOSED_OVER = {
    "boolean": jnp.arange(NEURONS) % 2 == 0,
    "float": jnp.linspace(0.0, 1.0, NEURONS),
    "index": jnp.arange(NEURONS)[::-1],
    "key": jax.random.key(3),
}


def feed_of(weights, held):
    """A feed that closes over its weights and all of those."""

    def feed(spikes):
        current = jnp.where(held["boolean"][None], spikes @ weights, 0) * held["float"][None]
        drawn = jax.random.bernoulli(held["key"], 0.5, current.shape)
        return jnp.where(drawn, current[:, held["index"]], current)

    return feed


def loss(run, weights, currents, held):
    return jnp.sin(run(feed_of(weights, held), currents)).sum()


def lean(keep, feed, currents):
    return recurrent_rollout(LIF(0.9, surrogate=SURROGATE), feed, currents, keep=keep)[0]


def unrolled(feed, currents):
    """The equations of the neuron and its feed, step by step."""
    v = spikes = jnp.zeros(currents.shape[1:])
    outs = []
    for current in currents:
        u = 0.9 * v + current + feed(spikes)
        spikes = SURROGATE(u - 1)
        v = u - spikes
        outs.append(spikes)
    return jnp.stack(outs)


def in_scan(f):
    """The sum of a function over its arguments twice, in a loop."""

    def run(*arguments):
        add = lambda total, _: (total + f(*arguments), None)  # noqa: E731
        return jax.lax.scan(add, 0.0, length=2)[0]

    return run


def mapped(f):
    """The sum of a function over copies of its arguments, each with what it closes over."""

    def run(*arguments):
        copies = jax.tree.map(lambda a: jnp.stack([a, a]), arguments)
        return jax.vmap(f)(*copies).sum()

    return run


SAVING = jax.checkpoint_policies.dots_saveable
# Each from a function of arrays to another one, and how many times the value comes.
TRANSFORMED = {
    "jit": (jax.jit, 1),
    "grad": (lambda f: lambda w, c, h: (jax.grad(f)(w, c, h) * jnp.cos(w)).sum(), 1),
    "vmap": (mapped, 2),
    "checkpoint": (jax.checkpoint, 1),
    "scan": (in_scan, 2),
    "cond": (lambda f: lambda *a: jax.lax.cond(a[0].sum() > -1e9, f, lambda *_: 0.0, *a), 1),
    "policy": (functools.partial(jax.checkpoint, policy=SAVING), 1),
}
PAIRS = [
    (outer, inner)
    for outer, inner in itertools.product(TRANSFORMED, repeat=2)
    if outer != inner or outer != "grad"
]


@functools.cache
def expected(grads):
    f = lambda w: loss(unrolled, w, CURRENTS, CLOSED_OVER)  # noqa: E731
    if grads:
        inner = f
        f = lambda w: (jax.grad(inner)(w) * jnp.cos(w)).sum()  # noqa: E731
    return jax.jit(jax.grad(f))(WEIGHTS)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_feed_may_close_over_anything_under_every_pair_of_transformations(pair):
    keep = ("state", 4, "checkpoint")[PAIRS.index(pair) % 3]
    f = functools.partial(loss, functools.partial(lean, keep))
    times = 1
    for name in reversed(pair):
        transform, factor = TRANSFORMED[name]
        f, times = transform(f), times * factor
    held = CLOSED_OVER
    if "cond" in pair and jax.__version_info__ < (0, 8):
        # There no custom rule may keep a typed key in a branch, whoever wrote it.
        held = held | {"key": jax.random.PRNGKey(3)}
    got = jax.grad(f)(WEIGHTS, CURRENTS, held)
    assert np.any(got)
    assert_close(got, times * expected("grad" in pair), ulp=512)


class Masked(Neuron):
    """A user's neuron whose step closes over arrays that are none of its attributes."""

    def __init__(self, masks):
        self.masks = masks

    def initial_state(self, shape, dtype=jnp.float32):
        return jnp.zeros(shape, dtype)

    def step(self, v, current):
        u = 0.9 * v + jnp.where(self.masks()["boolean"], current * self.masks()["float"], 0)
        spikes = SURROGATE(u - 1)
        return u - spikes, spikes


@pytest.mark.parametrize("keep", ["state", 4, "half", "all"])
@pytest.mark.parametrize("pair", [("grad", "jit"), ("vmap", "jit"), ("jit", "cond")], ids="-".join)
def test_a_step_may_close_over_anything(pair, keep):
    def loss(currents, boolean, factor):
        neuron = Masked(lambda: {"boolean": boolean[None], "float": factor})
        return jnp.sin(rollout(neuron, currents, keep=keep)[0]).sum()

    def reference(currents, boolean, factor):
        neuron = Masked(lambda: {"boolean": boolean[None], "float": factor})
        return jnp.sin(jax.lax.scan(neuron.step, jnp.zeros((BATCH, NEURONS)), currents)[1]).sum()

    masks = CLOSED_OVER["boolean"], jnp.float32(1.5)
    f, times = loss, 1
    for name in reversed(pair):
        if name != "grad":
            transform, factor = TRANSFORMED[name]
            f, times = transform(f), times * factor
    got = jax.grad(f, (0, 2))(CURRENTS, *masks)
    want = jax.grad(reference, (0, 2))(CURRENTS, *masks)
    tolerance = 0.05 if keep == "half" else 1e-5
    for one, other in zip(got, want, strict=True):
        assert np.any(other)
        np.testing.assert_allclose(one, times * other, rtol=tolerance, atol=tolerance)
