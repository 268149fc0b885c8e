"""B4: inside a Pallas kernel, in interpret mode: the step, and its derivative by both modes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import pallas
from tests.helpers import assert_close
from tests.surrogates import ROWS, Tanh, X, with_arrays

LIKE_X = jax.ShapeDtypeStruct(X.shape, X.dtype)


def kernel_call(body, *arguments, outputs=1):
    shapes = [LIKE_X] * outputs
    return jax.jit(pallas.pallas_call(body, out_shape=shapes, interpret=True))(*arguments)


@pytest.mark.parametrize("row", ROWS)
def test_B4_step_and_gradient_inside_a_kernel(row):
    surrogate = row.shape()

    def body(x, spikes, gradient):
        spikes[...], pull = jax.vjp(surrogate, x[...])
        (gradient[...],) = pull(jnp.ones_like(x[...]))

    spikes, gradient = kernel_call(body, X, outputs=2)
    np.testing.assert_array_equal(spikes, X >= 0)
    assert_close(gradient, jax.jit(surrogate.surrogate_grad)(X))


@pytest.mark.parametrize("row", ROWS)
def test_B4_parameters_are_inputs_of_a_kernel(row):
    leaves, structure = jax.tree.flatten(with_arrays(row))

    def body(*references):
        *parameters, x, tangent = references
        surrogate = structure.unflatten([parameter[0] for parameter in parameters])
        _, tangent[...] = jax.jvp(surrogate, (x[...],), (jnp.full_like(x[...], 2.0),))

    (tangent,) = kernel_call(body, *(leaf[None] for leaf in leaves), X)
    expected = 2 * jax.jit(lambda surrogate, x: surrogate.surrogate_grad(x))(with_arrays(row), X)
    assert_close(tangent, expected)


def test_B4_a_time_loop_inside_a_kernel():
    surrogate = Tanh()

    def body(x, count):
        def step(_, state):
            potential, spikes = state
            potential = 0.9 * potential + x[...]
            return potential, spikes + surrogate(potential - 1.0)

        start = (jnp.zeros_like(x[...]), jnp.zeros_like(x[...]))
        count[...] = jax.lax.fori_loop(0, 5, step, start)[1]

    (count,) = kernel_call(body, X)
    potential, expected = np.zeros_like(X), np.zeros_like(X)
    for _ in range(5):
        potential = np.float32(0.9) * potential + X
        expected += potential >= 1
    np.testing.assert_array_equal(count, expected)
