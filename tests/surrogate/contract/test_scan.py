"""B4 and B1: in a loop over time, as a constant, as carry and as scanned values."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH, ROWS, Bumps, Tanh, X, array, with_arrays

from spikegrad.surrogate import Sigmoid

CURRENTS = np.linspace(-0.4, 1.1, 15, dtype=np.float32).reshape(5, 3)


def membrane(surrogate, currents):
    """Spikes of leaky integrate-and-fire neurons, `(time, neurons)`."""

    def step(potential, current):
        potential = 0.8 * potential + current
        spikes = surrogate(potential - 1.0)
        return potential * (1 - spikes), spikes

    return jax.lax.scan(step, jnp.zeros(3), currents)[1]


def unrolled(surrogate, currents):
    potential, raster = jnp.zeros(3), []
    for current in currents:
        potential = 0.8 * potential + current
        raster.append(surrogate(potential - 1.0))
        potential = potential * (1 - raster[-1])
    return jnp.stack(raster)


@partial(jax.jit, static_argnums=0)
def spikes_and_gradient(over_time, surrogate):
    spikes, pull = jax.vjp(lambda currents: over_time(surrogate, currents), CURRENTS)
    return spikes, pull(jnp.ones_like(spikes))[0]


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_scanned_neurons_spike_and_learn_as_unrolled_ones(surrogate):
    spikes, gradient = spikes_and_gradient(membrane, surrogate)
    expected_spikes, expected = spikes_and_gradient(unrolled, surrogate)
    assert 0 < jnp.sum(spikes) < spikes.size
    np.testing.assert_array_equal(spikes, expected_spikes)
    assert_close(gradient, expected, ulp=64)


@pytest.mark.parametrize("row", ROWS)
def test_B1_a_surrogate_is_a_carry(row):
    def step(surrogate, x):
        gradient = surrogate.surrogate_grad(x)
        return jax.tree.map(lambda leaf: leaf * 0.9, surrogate), gradient

    last, gradients = jax.lax.scan(step, with_arrays(row), X[:3])
    surrogate = with_arrays(row)
    for x, gradient in zip(X[:3], gradients, strict=True):
        assert_close(gradient, surrogate.surrogate_grad(x))
        surrogate = jax.tree.map(lambda leaf: leaf * 0.9, surrogate)
    assert_close(last, surrogate)


def test_B1_annealed_sharpness_is_scanned_over():
    alphas = jnp.linspace(1.0, 10.0, 7)

    def step(carry, surrogate):
        return carry, jax.grad(surrogate)(0.0)

    _, peaks = jax.lax.scan(step, None, Sigmoid(alphas))
    assert_close(peaks, alphas / 4)


def test_B1_nested_attributes_are_scanned_over():
    seconds = array([0.25, 0.5, 1.0])
    surrogates = Bumps((array([1.0, 1.0, 1.0]), seconds))
    surrogates.parts["widths"] = [array([0.5, 0.5, 0.5]), 2.0]
    _, peaks = jax.lax.scan(lambda c, s: (c, jax.grad(s)(0.0)), None, surrogates)
    assert_close(peaks, 1.0 + seconds)


def test_B1_gradient_by_a_carried_surrogate_sums_over_time():
    def loss(surrogate):
        return jnp.sum(jax.lax.scan(lambda s, x: (s, s(x)), surrogate, X)[1])

    summed = jax.grad(loss)(Tanh(array(1.5)))
    at_once = jax.grad(lambda s: jnp.sum(s(X)))(Tanh(array(1.5)))
    assert_close(summed, at_once)


def test_B4_inside_a_branch_and_a_loop_of_unknown_length():
    def until_it_spikes(current):
        def quiet(state):
            potential, steps = state
            return (Tanh()(potential - 1.0) == 0) & (steps < 100)

        def step(state):
            potential, steps = state
            return 0.9 * potential + current, steps + 1

        return jax.lax.while_loop(quiet, step, (0.0, 0))[1]

    assert jax.jit(until_it_spikes)(0.3) == 4

    def branch(x):
        return jax.lax.cond(x > 1.0, lambda x: 2.0 * Tanh()(x), Tanh(), x)

    assert_close(jax.jit(jax.grad(branch))(0.3), Tanh().surrogate_grad(array(0.3)))
    assert_close(jax.jit(jax.grad(branch))(1.3), 2.0 * Tanh().surrogate_grad(array(1.3)))
