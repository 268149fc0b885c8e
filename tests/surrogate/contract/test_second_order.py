"""B2: the second derivative of a spike is the first of `surrogate_grad`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close, x64
from tests.surrogates import ONE_EACH, ROWS, WITHOUT_ARRAYS, Tanh, X, array

from spikegrad.surrogate import Sigmoid

SMOOTH = np.array([-61.2, -7.3, -2.1, -0.61, -0.1, -0.03, 0.03, 0.1, 0.61, 2.1, 7.3, 61.2])
"""Points off the corners of every shape at its default parameters; as many as `X` has."""


@jax.jit
def second(surrogate, x):
    return jax.vmap(jax.hessian(surrogate))(x)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B2_hessian_is_the_derivative_of_surrogate_grad(surrogate):
    expected = jax.jit(jax.vmap(jax.grad(surrogate.surrogate_grad)))(X)
    assert_close(second(surrogate, X), expected)


@pytest.mark.parametrize("surrogate", WITHOUT_ARRAYS)
def test_B2_hessian_is_the_slope_that_differences_of_surrogate_grad_show(surrogate):
    with x64():
        h = 1e-6
        above, below = (surrogate.surrogate_grad(SMOOTH + step) for step in (h, -h))
        slope = (above - below) / (2 * h)
        np.testing.assert_allclose(second(surrogate, SMOOTH), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("row", ROWS)
def test_B2_hessian_is_finite_at_the_corners_and_far_out(row):
    x = np.float32([-1e38, -1e30, -1e10, -1.0, -1e-30, -0.0, 0.0, 1e-30, 1.0, 1e10, 1e30, 1e38])
    assert jnp.all(jnp.isfinite(second(row.shape(), x)))


def test_B2_hessian_of_a_sigmoid_has_its_closed_form():
    s = 1 / (1 + np.exp(-4.0 * SMOOTH))
    closed = 16.0 * s * (1 - s) * (1 - 2 * s)
    assert_close(second(Sigmoid(4.0), np.float32(SMOOTH)), jnp.asarray(closed, jnp.float32), ulp=64)


def test_B2_hessian_of_a_network_has_its_cross_terms():
    x = array([0.3, -0.2])
    weights = array([0.5, 1.0])
    hessian = jax.jit(jax.hessian(lambda weights: Tanh()(jnp.dot(weights, x))))(weights)
    t = np.tanh(0.5 * 0.3 - 1.0 * 0.2)
    assert_close(hessian, array(-t * (1 - t * t) * np.outer(x, x)))


def test_B2_third_derivative_is_right_too():
    third = jax.jit(jax.grad(jax.grad(jax.grad(Tanh()))))(0.3)
    t = np.tanh(0.3)
    np.testing.assert_allclose(third, (1 - t * t) * (3 * t * t - 1), rtol=1e-5)


def test_C2_nan_comes_through_the_second_derivative():
    assert jnp.isnan(second(Tanh(), jnp.full_like(X, jnp.nan))).all()
