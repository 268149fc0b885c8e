"""C3 in reverse mode."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import FLOATS, assert_close, precision
from tests.strategies import cotangents, inputs, parameters
from tests.surrogates import ONE_EACH, ROWS, WITHOUT_ARRAYS, Tanh, X, with_arrays

from spikegrad.surrogate import Surrogate

COTANGENT = np.linspace(-2, 3, len(X), dtype=np.float32)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_C3_cotangent_is_surrogate_grad_times_the_incoming_one(surrogate):
    _, pull = jax.vjp(surrogate, X)
    (cotangent,) = pull(COTANGENT)
    assert_close(cotangent, surrogate.surrogate_grad(jnp.asarray(X)) * COTANGENT)


@jax.jit
def _cotangent_and_expected(surrogate, x, weight):
    return jax.vjp(surrogate, x)[1](weight)[0], surrogate.surrogate_grad(x) * weight


@pytest.mark.parametrize("row", ROWS)
@settings(max_examples=20)
@given(data=st.data())
def test_C3_cotangent_is_right_for_any_parameters_input_and_cotangent(row, data):
    surrogate = with_arrays(row, data.draw(parameters(row)))
    x, weight = data.draw(inputs()), data.draw(cotangents())
    assert_close(*_cotangent_and_expected(surrogate, x, weight))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("surrogate", WITHOUT_ARRAYS)
def test_C3_gradient_has_the_dtype_of_x(surrogate, dtype):
    with precision(dtype):
        x = jnp.asarray([-0.75, 0.25], dtype)
        (gradient,) = jax.vjp(surrogate, x)[1](jnp.ones_like(x))
        assert_close(gradient, surrogate.surrogate_grad(x))


def test_C3_gradient_goes_through_what_stands_around_the_step():
    weights, x = jnp.asarray([0.5, -2.0]), jnp.asarray([1.5, 0.25])

    def loss(weights):
        return jnp.sum(Tanh()(weights * x - 1.0) ** 2 * 3.0)

    potential = weights * x - 1.0
    expected = 6.0 * Tanh()(potential) * Tanh().surrogate_grad(potential) * x
    assert_close(jax.grad(loss)(weights), expected)


@pytest.mark.parametrize("result", [jnp.ones(()), jnp.ones((1,)), 1.0], ids=["()", "(1,)", "float"])
def test_C3_a_gradient_that_broadcasts_to_x_is_broadcast(result):
    class Constant(Surrogate):
        def surrogate_grad(self, x):
            return result

    (cotangent,) = jax.vjp(Constant(), X)[1](COTANGENT)
    assert_close(cotangent, jnp.asarray(COTANGENT))


def test_C3_no_other_output_than_the_spikes_is_differentiated():
    assert jax.grad(lambda x: Tanh()(jax.lax.stop_gradient(x)) + x)(0.0) == 1.0
