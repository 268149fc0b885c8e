"""C3 in forward mode."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import assert_close
from tests.strategies import cotangents, inputs, parameters
from tests.surrogates import ONE_EACH, ROWS, X, with_arrays

TANGENT = np.linspace(-2, 3, len(X), dtype=np.float32)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_C3_tangent_is_surrogate_grad_times_the_incoming_one(surrogate):
    spikes, tangent = jax.jvp(surrogate, (X,), (TANGENT,))
    np.testing.assert_array_equal(spikes, surrogate(X))
    assert_close(tangent, surrogate.surrogate_grad(jnp.asarray(X)) * TANGENT)


@jax.jit
def _tangent_and_expected(surrogate, x, dx):
    return jax.jvp(surrogate, (x,), (dx,))[1], surrogate.surrogate_grad(x) * dx


@pytest.mark.parametrize("row", ROWS)
@settings(max_examples=20)
@given(data=st.data())
def test_C3_tangent_is_right_for_any_parameters_input_and_tangent(row, data):
    surrogate = with_arrays(row, data.draw(parameters(row)))
    x, dx = data.draw(inputs()), data.draw(cotangents())
    assert_close(*_tangent_and_expected(surrogate, x, dx))


def test_C3_linearised_it_is_linear():
    _, linear = jax.linearize(ONE_EACH[0].values[0], X)
    assert_close(linear(3 * TANGENT), 3 * linear(TANGENT))
