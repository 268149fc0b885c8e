"""B3: finite input gives finite results, also where a parameter is far from its default."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.surrogates import ROWS, with_arrays

WIDE = np.float32([-3.4e38, -1e30, -1e10, -1, -1e-10, -1e-37, 0, 1e-37, 1e-10, 1, 1e10, 1e30])
FACTORS = (1e-18, 1e-15, 1e-10, 1e10, 1e15, 1e18)


@jax.jit
def results(surrogate, x):
    return surrogate.surrogate_grad(x), surrogate.antiderivative(x)


@pytest.mark.parametrize("row", ROWS)
def test_B3_results_are_finite_for_every_order_of_magnitude_of_a_parameter(row):
    for factor, (name, parameter) in itertools.product(FACTORS, row.parameters.items()):
        if not parameter.integer:
            surrogate = with_arrays(row, {name: factor * (parameter.default or 1.0)})
            gradient, relaxation = results(surrogate, WIDE)
            assert jnp.all(jnp.isfinite(gradient)), (factor, name, gradient)
            assert jnp.all(jnp.isfinite(relaxation)), (factor, name, relaxation)


@pytest.mark.parametrize("row", ROWS)
def test_B3_the_derivative_of_the_gradient_is_finite_at_every_order_of_magnitude(row):
    x = np.exp2(np.arange(-126, 128, 3, dtype=np.float32))
    x = jnp.asarray(np.concatenate([-x[::-1], x]))
    slope = jax.jit(lambda x: jax.vjp(row.shape().surrogate_grad, x)[1](jnp.ones_like(x))[0])(x)
    assert jnp.all(jnp.isfinite(slope)), x[~jnp.isfinite(slope)]
