"""B4 and B1: compiled, as a constant and as an argument."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH, WITHOUT_ARRAYS, X


def spikes_and_gradient(surrogate, x):
    spikes, pull = jax.vjp(surrogate, x)
    return spikes, pull(jnp.ones_like(x))[0]


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_compiled_step_and_gradient_are_the_eager_ones(surrogate):
    spikes, gradient = jax.jit(lambda x: spikes_and_gradient(surrogate, x))(X)
    eager_spikes, eager_gradient = spikes_and_gradient(surrogate, X)
    np.testing.assert_array_equal(spikes, eager_spikes)
    assert_close(gradient, eager_gradient)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B1_a_surrogate_is_an_argument_of_a_compiled_function(surrogate):
    as_argument = jax.jit(spikes_and_gradient)(surrogate, X)
    assert_close(as_argument, spikes_and_gradient(surrogate, X))


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B1_a_surrogate_is_a_result_of_a_compiled_function(surrogate):
    result = jax.jit(lambda surrogate: surrogate)(surrogate)
    assert type(result) is type(surrogate)
    assert result == surrogate


@pytest.mark.parametrize("surrogate", WITHOUT_ARRAYS)
def test_B1_a_surrogate_without_arrays_is_a_static_argument(surrogate):
    as_static = jax.jit(spikes_and_gradient, static_argnums=0)(surrogate, X)
    assert_close(as_static, spikes_and_gradient(surrogate, X))
