"""C1, C2, C8: the step, op by op."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from tests.helpers import FLOATS, assert_close, precision
from tests.strategies import inputs
from tests.surrogates import (
    EVERY,
    ROWS,
    SAMPLED,
    WITHOUT_ARRAYS,
    Tanh,
    X,
    complete,
    with_arrays,
)

import spikegrad
from spikegrad.surrogate import Surrogate


def test_C1_a_subclass_needs_one_method_and_nothing_else():
    class Mine(Surrogate):
        def surrogate_grad(self, x):
            return 1 / (1 + x * x)

    np.testing.assert_array_equal(Mine()(X), X >= 0)
    np.testing.assert_allclose(jax.grad(Mine())(3.0), 0.1)


def test_C1_super_init_may_be_left_out():
    class Mine(Surrogate):
        def __init__(self, alpha):
            self.alpha = alpha

        def surrogate_grad(self, x):
            return self.alpha * jnp.ones_like(x)

    assert jax.grad(Mine(3.0))(0.5) == 3.0


def test_C1_a_subclass_of_a_subclass_inherits_the_contract():
    class Steep(Tanh):
        def __init__(self):
            super().__init__(alpha=8.0)

    assert jax.jit(jax.grad(Steep()))(0.0) == 4.0


@pytest.mark.parametrize("surrogate", EVERY)
def test_C2_step_is_one_from_zero_on_and_zero_below(surrogate):
    spikes = surrogate(X)
    assert spikes.dtype == jnp.float32
    np.testing.assert_array_equal(spikes, np.where(X < 0, 0, 1))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("surrogate", WITHOUT_ARRAYS)
def test_C2_step_is_one_at_zero_and_at_minus_zero(surrogate, dtype):
    with precision(dtype):
        zeros = jnp.asarray([0.0, -0.0], dtype)
        assert np.signbit(zeros).tolist() == [False, True]
        assert surrogate(zeros).tolist() == [1, 1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_C2_smallest_numbers_are_on_their_side_of_the_step(dtype):
    with precision(dtype):
        tiny = jnp.finfo(dtype).tiny
        assert Tanh()(jnp.asarray([-tiny, tiny], dtype)).tolist() == [0, 1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_C2_infinite_potentials_are_on_their_side_of_the_step(dtype):
    with precision(dtype):
        assert Tanh()(jnp.asarray([-jnp.inf, jnp.inf], dtype)).tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3)], ids=str)
@pytest.mark.parametrize("dtype", FLOATS)
def test_C2_shape_and_dtype_are_those_of_x(dtype, shape):
    with precision(dtype):
        spikes = Tanh()(jnp.full(shape, 0.5, dtype))
        assert isinstance(spikes, jax.Array)
        assert (spikes.shape, spikes.dtype) == (shape, dtype)
        assert jnp.all(spikes == 1)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("surrogate", WITHOUT_ARRAYS)
def test_C2_nan_gives_zero_forward_and_nan_backward(surrogate, dtype):
    with precision(dtype):
        x = jnp.asarray([jnp.nan, 0.5], dtype)
        spikes, pull = jax.vjp(surrogate, x)
        (gradient,) = pull(jnp.ones_like(x))
        assert spikes.tolist() == [0, 1]
        assert gradient.dtype == dtype
        assert jnp.isnan(gradient).tolist() == [True, False]


def test_C2_nan_comes_through_a_gradient_that_hides_it():
    class Flat(Surrogate):
        def surrogate_grad(self, x):
            return jnp.ones_like(x)

    assert jnp.isnan(jax.grad(Flat())(jnp.nan))
    assert jnp.isnan(jax.jvp(Flat(), (jnp.nan,), (1.0,))[1])


@given(x=inputs(largest=1e30))
def test_C2_forward_is_the_comparison_whatever_the_input(x):
    np.testing.assert_array_equal(Tanh()(x), np.float32(x >= 0))


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_C8_class_and_function_have_the_same_numbers_by_name_and_by_position(row, sample):
    function = getattr(spikegrad.surrogate, row.function_name)
    values = complete(row, sample)
    spikes, pull = jax.vjp(row.shape(**values), X)
    forms = (lambda x: function(x, **sample), lambda x: function(x, *values.values()))
    for form in forms:
        same_spikes, same_pull = jax.vjp(form, X)
        np.testing.assert_array_equal(same_spikes, spikes)
        np.testing.assert_array_equal(same_pull(spikes), pull(spikes))


@pytest.mark.parametrize("row", ROWS)
def test_C8_a_function_takes_traced_parameters(row):
    function = getattr(spikegrad.surrogate, row.function_name)
    surrogate = with_arrays(row)
    values = [getattr(surrogate, name) for name in complete(row)]
    fixed = [i + 1 for i, parameter in enumerate(row.parameters.values()) if parameter.integer]
    gradient = jax.grad(lambda x, *values: jnp.sum(function(x, *values)))
    of_function = jax.jit(gradient, static_argnums=fixed)(X, *values)
    of_class = jax.jit(jax.grad(lambda x, surrogate: jnp.sum(surrogate(x))))(X, surrogate)
    assert_close(of_function, of_class)
