"""B2 and B4: forward over reverse, and reverse over forward."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH

INPUT = np.float32([0.7, -0.4, 1.1])
WEIGHTS = np.float32([[0.3, -0.8, 0.2], [1.2, 0.1, -0.5]])
DIRECTION = np.float32([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])
IMPORTANCE = np.float32([1.0, -3.0])


def loss(surrogate, weights):
    potential = jnp.matmul(weights, INPUT, precision="highest")
    return jnp.sum(IMPORTANCE * surrogate(potential))


@jax.jit
def forward_over_reverse(surrogate, weights, direction):
    return jax.jvp(jax.grad(lambda w: loss(surrogate, w)), (weights,), (direction,))[1]


@jax.jit
def reverse_over_forward(surrogate, weights, direction):
    def along(weights):
        return jax.jvp(lambda w: loss(surrogate, w), (weights,), (direction,))[1]

    return jax.grad(along)(weights)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B2_both_orders_agree_on_the_curvature_of_surrogate_grad(surrogate):
    product = forward_over_reverse(surrogate, WEIGHTS, DIRECTION)
    slope = jax.jit(jax.vmap(jax.grad(surrogate.surrogate_grad)))(WEIGHTS @ INPUT)
    along = IMPORTANCE * slope * (DIRECTION @ INPUT)
    assert_close(product, along[:, None] * jnp.asarray(INPUT)[None, :], ulp=64)
    assert_close(product, reverse_over_forward(surrogate, WEIGHTS, DIRECTION))
