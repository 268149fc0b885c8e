"""Scaled, shifted and summed surrogates keep the whole contract."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.surrogate import (
    Arctan,
    GaussianGrad,
    LeakyRelu,
    Sigmoid,
    SlayerGrad,
    SoftSign,
    StraightThrough,
)

X = jnp.asarray([-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0], jnp.float32)
COMBINED = {
    "2.0 * Sigmoid(alpha=4.0)": 2.0 * Sigmoid(4.0),
    "6.0 * Sigmoid(alpha=4.0)": 3.0 * (2.0 * Sigmoid(4.0)),
    "SlayerGrad(alpha=1.0).shifted(1.0)": SlayerGrad(1.0).shifted(1.0),
    "Sigmoid(alpha=4.0) + 0.1 * StraightThrough()": Sigmoid(4.0) + 0.1 * StraightThrough(),
}
each = pytest.mark.parametrize("combined", COMBINED.values(), ids=COMBINED)


def total(surrogate):
    return lambda x: jnp.sum(surrogate(x))


@each
def test_the_step_stays_at_0(combined):
    assert combined(X).tolist() == [0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("text", COMBINED)
def test_repr_is_how_one_writes_it(text):
    assert repr(COMBINED[text]) == text


def test_scaling_multiplies_the_gradient():
    gradient = jax.grad(total(25.0 * SlayerGrad(2.0)))(X)
    np.testing.assert_allclose(gradient, 25 * np.exp(-2 * np.abs(X)), rtol=1e-6)
    np.testing.assert_array_equal((SlayerGrad(2.0) * 25.0).surrogate_grad(X), gradient)


def test_shifting_moves_the_gradient():
    gradient = jax.grad(total(SlayerGrad(1.0).shifted(1.0)))(X)
    np.testing.assert_allclose(gradient, np.exp(-np.abs(np.asarray(X) - 1)), rtol=1e-6)


def test_summing_adds_the_gradients_and_flattens():
    three = Sigmoid(4.0) + Arctan(2.0) + SoftSign(1.0)
    expected = sum(s.surrogate_grad(X) for s in (Sigmoid(4.0), Arctan(2.0), SoftSign(1.0)))
    np.testing.assert_allclose(jax.grad(total(three))(X), expected, rtol=1e-6)
    assert len(three.surrogates) == 3


@pytest.mark.parametrize("factor", [np.float64(2.0), np.asarray(2.0), jnp.asarray(2.0)])
def test_a_factor_may_come_from_numpy_or_jax(factor):
    np.testing.assert_array_equal(
        (factor * Sigmoid(4.0)).surrogate_grad(X), (2.0 * Sigmoid(4.0)).surrogate_grad(X)
    )


@pytest.mark.parametrize("other", ["2", None, [2.0]])
def test_what_is_no_number_does_not_scale(other):
    with pytest.raises(TypeError, match="Sigmoid"):
        other * Sigmoid(4.0)
    with pytest.raises(TypeError, match="Sigmoid"):
        Sigmoid(4.0) + other


@each
def test_it_is_a_value(combined):
    assert pickle.loads(pickle.dumps(combined)) == combined == copy.deepcopy(combined)
    assert len({combined, copy.deepcopy(combined)}) == 1


@each
def test_second_order_is_the_derivative_of_the_gradient(combined):
    second = jax.grad(lambda x: jnp.sum(jax.grad(total(combined))(x)))(X)
    expected = jax.grad(lambda x: jnp.sum(combined.surrogate_grad(x)))(X)
    np.testing.assert_allclose(second, expected, rtol=1e-6)


def test_array_parameters_are_leaves_at_every_depth():
    combined = jnp.asarray(2.0) * Sigmoid(jnp.asarray(4.0)).shifted(jnp.asarray(0.5))
    assert len(jax.tree.leaves(combined)) == 3
    gradient = jax.jit(lambda s, x: jax.grad(total(s))(x))(combined, X)
    expected = (2.0 * Sigmoid(4.0).shifted(0.5)).surrogate_grad(X)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@each
def test_the_dtype_is_that_of_x(combined, dtype):
    x = X.astype(dtype)
    assert combined.surrogate_grad(x).dtype == combined.antiderivative(x).dtype == dtype


@each
def test_its_antiderivative_has_its_gradient_as_slope(combined):
    slope = jax.grad(lambda x: jnp.sum(combined.antiderivative(x)))(X)
    np.testing.assert_allclose(slope, combined.surrogate_grad(X), rtol=1e-5, atol=1e-6)


def test_an_antiderivative_starts_from_0_or_is_a_half_at_0():
    assert (2.0 * Sigmoid(4.0)).antiderivative(-jnp.inf) == 0
    assert (2.0 * LeakyRelu(0.5, 1.0)).antiderivative(0.0) == 0.5
    assert StraightThrough().shifted(3.0).antiderivative(0.0) == 0.5
    assert (Sigmoid(4.0) + StraightThrough()).antiderivative(0.0) == 0.5


def test_facts_follow_the_operations():
    scaled, moved = (3.0 * Sigmoid(4.0)).facts(), Sigmoid(4.0).shifted(2.0).facts()
    assert (scaled.peak, scaled.area, scaled.half_width) == (3.0, 3.0, Sigmoid(4.0).half_width)
    assert (moved.peak, moved.area) == (1.0, 1.0)


def test_the_general_multi_gaussian_is_a_sum():
    """The survey's row 17: a middle and two side Gaussians, each of its own height and width."""
    middle = 1.15 * GaussianGrad(sigma=0.5, alpha=1.0)
    left = -0.15 * GaussianGrad(sigma=1.0, alpha=1.0).shifted(-1.0)
    right = -0.2 * GaussianGrad(sigma=2.0, alpha=1.0).shifted(1.5)

    def normal(x, mean, deviation):
        z = (x - mean) / deviation
        return np.exp(-z * z / 2) / (deviation * np.sqrt(2 * np.pi))

    x = np.asarray(X, np.float64)
    expected = 1.15 * normal(x, 0, 0.5) - 0.15 * normal(x, -1, 1) - 0.2 * normal(x, 1.5, 2)
    np.testing.assert_allclose((middle + left + right).surrogate_grad(X), expected, atol=1e-6)
