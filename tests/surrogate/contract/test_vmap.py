"""B4 and B1: batched over inputs, and over the leaves of a surrogate."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.surrogates import (
    ONE_EACH,
    PARAMETRISED,
    Bumps,
    Scaled,
    Tanh,
    X,
    array,
    with_arrays,
)

from spikegrad.surrogate import Sigmoid


def gradient(surrogate, x):
    return jax.vjp(surrogate, x)[1](jnp.ones_like(x))[0]


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_batched_over_x_it_is_elementwise(surrogate):
    x = X.reshape(3, 4)
    for axis in (0, 1):
        spikes = jax.vmap(surrogate, in_axes=axis, out_axes=axis)(x)
        np.testing.assert_array_equal(spikes, surrogate(x))
    batched, at_once = jax.jit(
        lambda x: (jax.vmap(lambda x: gradient(surrogate, x))(x), gradient(surrogate, x))
    )(x)
    assert_close(batched, at_once)


@pytest.mark.parametrize("row", PARAMETRISED)
def test_B1_a_sweep_of_parameters_is_one_vmap(row):
    sweep = with_arrays(row)
    sweep = jax.tree.map(lambda leaf: leaf * array([0.5, 1.0, 3.0]), sweep)
    batched = jax.jit(jax.vmap(gradient, in_axes=(0, None)))(sweep, X)
    for i in range(3):
        one = jax.tree.map(lambda leaf, i=i: leaf[i], sweep)
        assert_close(batched[i], gradient(one, X))


def test_B1_a_sweep_of_sharpness_has_the_closed_form_of_each():
    alphas = array([1.0, 4.0, 25.0])
    at_zero = jax.vmap(lambda surrogate: jax.grad(surrogate)(0.0))(Sigmoid(alphas))
    np.testing.assert_allclose(at_zero, alphas / 4, rtol=1e-6)


def test_B1_a_sweep_and_a_batch_of_inputs_share_an_axis():
    alphas = jnp.linspace(0.5, 2.0, len(X))
    batched = jax.vmap(gradient)(Tanh(alphas), X)
    assert_close(batched, gradient(Tanh(alphas), X))


def test_B1_vmap_goes_over_the_leaves_of_nested_attributes():
    surrogate = Bumps((1.0, array([0.25, 0.5])))
    axes = jax.tree.map(lambda leaf: 0 if leaf.ndim else None, surrogate)
    batched = jax.vmap(gradient, in_axes=(axes, None))(surrogate, X)
    assert_close(batched[1], gradient(Bumps((1.0, array(0.5))), X))


def test_B1_vmap_goes_over_the_leaves_of_a_surrogate_in_a_surrogate():
    surrogate = Scaled(Tanh(array([1.0, 2.0])), 3.0)
    batched = jax.vmap(gradient, in_axes=(0, None))(surrogate, X)
    assert_close(batched[1], 3 * gradient(Tanh(2.0), X))


def test_B1_vmap_makes_surrogates():
    surrogates = jax.vmap(Tanh)(array([1.0, 2.0]))
    assert surrogates == Tanh(array([1.0, 2.0]))
