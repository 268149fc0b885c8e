"""B4: out of Python and back, through the bytes of `jax.export`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH, ROWS, Tanh, X, with_arrays


def spikes_and_gradient(surrogate, x):
    spikes, pull = jax.vjp(surrogate, x)
    return spikes, pull(jnp.ones_like(x))[0]


def through_bytes(function, *arguments, vjp_order=0):
    exported = export.export(jax.jit(function))(*arguments)
    return export.deserialize(exported.serialize(vjp_order=vjp_order))


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_step_and_gradient_survive_export(surrogate):
    restored = through_bytes(lambda x: spikes_and_gradient(surrogate, x), X)
    assert_close(restored.call(X), jax.jit(spikes_and_gradient)(surrogate, X))


def test_B4_an_exported_step_has_its_derivative_with_it():
    restored = through_bytes(Tanh(1.5), X, vjp_order=1)
    (gradient,) = jax.vjp(restored.call, jnp.asarray(X))[1](jnp.ones_like(X))
    assert_close(gradient, Tanh(1.5).surrogate_grad(jnp.asarray(X)))


@pytest.mark.parametrize("row", ROWS)
def test_B4_parameters_stay_arguments_of_an_exported_function(row):
    surrogate = with_arrays(row)
    leaves, structure = jax.tree.flatten(surrogate)

    def gradient(leaves, x):
        return spikes_and_gradient(structure.unflatten(leaves), x)

    restored = through_bytes(gradient, leaves, X)
    others = [0.5 * leaf for leaf in leaves]
    expected = jax.jit(spikes_and_gradient)(structure.unflatten(others), X)
    assert_close(restored.call(others, X), expected)


def test_B4_export_with_a_symbolic_batch_size():
    (batch,) = export.symbolic_shape("batch")
    restored = through_bytes(Tanh(), jax.ShapeDtypeStruct((batch, 3), jnp.float32))
    x = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3)
    np.testing.assert_array_equal(restored.call(x), x >= 0)
