"""A learned decay stays between 0 and 1, whatever trains it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import peer

from spikegrad.neurons import ALIF, LI, LIF, CubaLIF, LearnedDecay, rollout
from spikegrad.surrogate import Arctan

eqx, nnx, optax = peer("equinox"), peer("flax.nnx"), peer("optax")
TIME, BATCH, NEURONS = 12, 2, 3
RATE = 2.0
NEURONS_OF = {
    "LIF": lambda decay: LIF(decay),
    "LI": lambda decay: LI(decay),
    "CubaLIF": lambda decay: CubaLIF(decay, synaptic_decay=decay),
    "ALIF": lambda decay: ALIF(decay, adaptation_decay=decay),
}
CURRENTS = jax.random.normal(jax.random.key(0), (TIME, BATCH, NEURONS)) + 0.3


def less(neuron):
    """Falls as a neuron remembers more."""
    return -rollout(neuron, CURRENTS)[0].mean()


def decays(neuron):
    parts = vars(neuron).values()
    return np.stack([part.value for part in parts if isinstance(part, LearnedDecay)])


def in_plain_jax(neuron, steps):
    optimizer = optax.sgd(RATE)

    @jax.jit
    def step(neuron, state):
        updates, state = optimizer.update(jax.grad(less)(neuron), state)
        return optax.apply_updates(neuron, updates), state

    state = optimizer.init(neuron)
    for _ in range(steps):
        neuron, state = step(neuron, state)
    return neuron


def in_equinox(neuron, steps):
    class Network(eqx.Module):
        neuron: object

    optimizer, network = optax.sgd(RATE), Network(neuron)
    state = optimizer.init(eqx.filter(network, eqx.is_inexact_array))

    @eqx.filter_jit
    def step(network, state):
        gradient = eqx.filter_grad(lambda network: less(network.neuron))(network)
        updates, state = optimizer.update(gradient, state)
        return eqx.apply_updates(network, updates), state

    for _ in range(steps):
        network, state = step(network, state)
    return network.neuron


def in_nnx(neuron, steps):
    class Network(nnx.Module):
        def __init__(self):
            self.neuron = nnx.Param(neuron)

    network = Network()
    optimizer = nnx.Optimizer(network, optax.sgd(RATE), wrt=nnx.Param)

    @nnx.jit
    def step(network, optimizer):
        optimizer.update(
            network, nnx.grad(lambda network: less(network.neuron.get_value()))(network)
        )

    for _ in range(steps):
        step(network, optimizer)
    return network.neuron.get_value()


@pytest.mark.parametrize("train", [in_plain_jax, in_equinox, in_nnx])
@pytest.mark.parametrize("shape", [(), (NEURONS,)], ids=["shared", "each"])
@pytest.mark.parametrize("name", NEURONS_OF)
def test_it_is_trained_and_stays_between_0_and_1(name, shape, train):
    neuron = NEURONS_OF[name](LearnedDecay(jnp.full(shape, 0.9)))
    before, after = decays(neuron), decays(train(neuron, 40))
    assert after.shape == before.shape
    assert np.all((after >= 0) & (after <= 1))
    assert np.any(np.abs(after - before) > 1e-3)


def test_an_array_in_its_place_leaves_the_range():
    assert np.all(in_plain_jax(LI(jnp.full(NEURONS, 0.9)), 1).decay > 1)


@pytest.mark.parametrize("name", NEURONS_OF)
def test_its_gradient_is_that_of_the_decay_times_the_slope_of_the_logistic_function(name):
    value = np.float32([0.2, 0.5, 0.97])
    learned, given = LearnedDecay(value), jnp.asarray(value)
    make = NEURONS_OF[name]
    by_w = jax.grad(lambda decay: less(make(decay)))(learned).w
    by_decay = jax.grad(lambda decay: less(make(decay)))(given)
    np.testing.assert_allclose(by_w, by_decay * value * (1 - value), rtol=1e-5, atol=1e-7)


def test_it_starts_where_it_is_said_to():
    for decay in (1e-6, 0.1, 0.9, 1 - 1e-6):
        learned = LearnedDecay(decay)
        np.testing.assert_allclose(learned.w, np.log(decay) - np.log1p(-decay), rtol=1e-6)
    np.testing.assert_allclose(LearnedDecay.from_tau(20.0, 0.5).value, np.exp(-0.025), rtol=1e-6)
    spikes = [rollout(LIF(d, surrogate=Arctan()), CURRENTS)[0] for d in (0.5, LearnedDecay(0.5))]
    np.testing.assert_array_equal(*spikes)


@pytest.mark.parametrize("options", [{"keep": 5}, {"keep": "all"}, {"backend": "pallas"}], ids=str)
def test_its_gradient_is_the_same_whatever_runs_the_loop(options):
    def gradient(**options):
        neuron = ALIF(LearnedDecay(jnp.full(NEURONS, 0.9)), adaptation_decay=LearnedDecay(0.8))
        return jax.grad(lambda n: rollout(n, CURRENTS, **options)[0].mean())(neuron)

    for found, expected in zip(
        *map(jax.tree.leaves, (gradient(**options), gradient())), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
