"""Learned with the real libraries: a few steps bring the parameter to a known optimum."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import peer

from spikegrad.surrogate import Learned, Sigmoid

brainstate = peer("brainstate")
eqx = peer("equinox")
nnx = peer("flax.nnx")
optax = peer("optax")


@pytest.fixture(autouse=True)
def _any_promotion() -> Iterator[None]:
    """The libraries promote, and a parameter for each neuron is of lower rank than a batch."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


OPTIMUM = 2.0
STARTS = {"one": np.float32(4.0), "a neuron": np.float32([1.0, 4.0])}
START = STARTS["a neuron"]
KEY = jax.random.key(0)
OPTIMIZER = optax.adam(0.1)
UPDATES = 100

POINTS = jnp.repeat(jnp.linspace(-2.0, 2.0, 32)[:, None], 2, axis=1)
TARGETS = jax.nn.sigmoid(OPTIMUM * POINTS)


def fit(spike):
    """All relaxed, so that the parameter has an honest gradient: fits the curve of the optimum."""
    return jnp.mean((spike.mixing(1.0, KEY)(POINTS) - TARGETS) ** 2)


def slope(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


# Linear in the spikes, so that the relaxation's signal is the gradient of the relaxed loss, of
# derivative weight * slope(alpha) - 2 slope(2 alpha): below 0 before the optimum, above 0 beyond.
WEIGHTS = jnp.float32([[2 * slope(2 * OPTIMUM) / slope(OPTIMUM)] * 2, [-1.0, -1.0]])
PLACES = jnp.float32([[1.0, 1.0], [2.0, 2.0]])


def balance(spike):
    return jnp.sum(WEIGHTS * spike(PLACES))


PROBLEMS = {"mixed": fit, "relaxation": balance}
signals = pytest.mark.parametrize("signal", PROBLEMS)


def assert_learned(spike, start):
    alpha = np.asarray(spike.values["alpha"])
    assert alpha.shape == np.shape(start)
    np.testing.assert_allclose(alpha, OPTIMUM, atol=0.15)


@signals
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_plain_jax(signal, start):
    @jax.jit
    def update(spike, state):
        gradient = jax.grad(PROBLEMS[signal])(spike)
        change, state = OPTIMIZER.update(gradient, state)
        return optax.apply_updates(spike, change), state

    spike = Learned(Sigmoid(jnp.asarray(start)), signal=signal)
    state = OPTIMIZER.init(spike)
    for _ in range(UPDATES):
        spike, state = update(spike, state)
    assert_learned(spike, start)


@signals
def test_equinox_trains_what_is_learned_and_leaves_a_plain_surrogate_alone(signal):
    class Network(eqx.Module):
        first: Learned
        second: Learned
        fixed: Sigmoid

    def loss(network):
        learned = PROBLEMS[signal](network.first) + PROBLEMS[signal](network.second)
        return learned + jnp.mean(network.fixed(POINTS))

    @eqx.filter_jit
    def update(network, state):
        gradient = eqx.filter_grad(loss)(network)
        change, state = OPTIMIZER.update(gradient, state)
        return eqx.apply_updates(network, change), state

    # One a layer: of two that start elsewhere, each finds the optimum.
    starting = (Learned(Sigmoid(jnp.asarray(s)), signal=signal) for s in (START, START / 2))
    network = Network(*starting, Sigmoid(4.0))
    state = OPTIMIZER.init(eqx.filter(network, eqx.is_inexact_array))
    for _ in range(UPDATES):
        network, state = update(network, state)
    assert_learned(network.first, START)
    assert_learned(network.second, START)
    assert network.fixed == Sigmoid(4.0)


@signals
def test_flax_nnx(signal):
    class Network(nnx.Module):
        def __init__(self):
            learned = Learned(Sigmoid(jnp.asarray(START)), signal=signal)
            self.spike = nnx.data(jax.tree.map(nnx.Param, learned))
            self.fixed = Sigmoid(4.0)

        def loss(self):
            return PROBLEMS[signal](nnx.as_pure(self.spike))

    @nnx.jit
    def update(network, optimizer):
        gradient = nnx.grad(Network.loss)(network)
        optimizer.update(network, gradient)

    network = Network()
    optimizer = nnx.Optimizer(network, OPTIMIZER, wrt=nnx.Param)
    for _ in range(UPDATES):
        update(network, optimizer)
    assert_learned(nnx.as_pure(network.spike), START)
    assert network.fixed == Sigmoid(4.0)


@signals
def test_brainstate(signal):
    class Network(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.spike = brainstate.ParamState(Learned(Sigmoid(jnp.asarray(START)), signal=signal))
            self.fixed = Sigmoid(4.0)

    network = Network()
    states = network.states(brainstate.ParamState)
    moments = brainstate.State(OPTIMIZER.init(network.spike.value))

    @brainstate.transform.jit
    def update():
        loss = lambda: PROBLEMS[signal](network.spike.value)  # noqa: E731
        (gradient,) = brainstate.transform.grad(loss, states)().values()
        change, moments.value = OPTIMIZER.update(gradient, moments.value)
        network.spike.value = optax.apply_updates(network.spike.value, change)

    for _ in range(UPDATES):
        update()
    assert_learned(network.spike.value, START)
    assert network.fixed == Sigmoid(4.0)


@pytest.mark.parametrize("signal", ["none", "documented"])
def test_the_others_do_not_find_it(signal):
    """Why the signal is a choice: one stays where it is, the other goes elsewhere."""
    spike = Learned(Sigmoid(jnp.float32(4.0)), signal=signal)
    update = jax.jit(lambda s: jax.tree.map(lambda p, g: p - g, s, jax.grad(balance)(s)))
    for _ in range(100):
        spike = update(spike)
    moved = abs(float(spike.values["alpha"]) - 4.0)
    assert moved < 1e-5 if signal == "none" else moved > 0.2
    assert abs(float(spike.values["alpha"]) - OPTIMUM) > 0.5
