"""B4: `jacfwd` and `jacrev`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH, Tanh, X, array


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_both_jacobians_are_diagonal_with_surrogate_grad(surrogate):
    forward, reverse = jax.jit(lambda x: (jax.jacfwd(surrogate)(x), jax.jacrev(surrogate)(x)))(X)
    expected = jnp.diag(surrogate.surrogate_grad(jnp.asarray(X)))
    assert_close(forward, expected)
    assert_close(reverse, expected)


def test_B4_both_jacobians_by_a_surrogate_are_surrogates():
    surrogate = Tanh(array(1.5))
    forward = jax.jacfwd(lambda surrogate: surrogate(X))(surrogate)
    reverse = jax.jacrev(lambda surrogate: surrogate(X))(surrogate)
    by_hand = jax.jacfwd(lambda alpha: Tanh(alpha).surrogate_grad(jnp.asarray(X)))(surrogate.alpha)
    assert type(forward) is type(reverse) is Tanh
    assert_close(forward.alpha, by_hand)
    assert_close(reverse.alpha, by_hand)
