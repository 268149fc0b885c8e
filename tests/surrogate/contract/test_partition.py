"""B1 with the libraries that take trees apart: equinox and optax."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close, peer
from tests.surrogates import ROWS, Bumps, Tanh, X, array, with_arrays

from spikegrad.surrogate import Sigmoid


@pytest.fixture(autouse=True)
def _standard_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"):
        yield


eqx = peer("equinox")
optax = peer("optax")


def model(surrogate):
    class Layer(eqx.Module):
        weight: jax.Array
        spike: Sigmoid

        def __call__(self, x):
            return self.spike(self.weight * x - 1.0)

    return Layer(jnp.ones_like(X), surrogate)


def loss(layer):
    return jnp.sum(layer(X) * X)


@pytest.mark.parametrize("row", ROWS)
def test_B1_partition_and_combine_give_back_the_surrogate(row):
    for surrogate in (row.shape(), with_arrays(row)):
        arrays, rest = eqx.partition(surrogate, eqx.is_array)
        assert eqx.combine(arrays, rest) == surrogate
        assert len(jax.tree.leaves(rest)) == 0


def test_B1_filter_grad_trains_an_array_and_leaves_a_number_alone():
    trained = eqx.filter_grad(loss)(model(Sigmoid(array(4.0))))
    left = eqx.filter_grad(loss)(model(Sigmoid(4.0)))
    assert trained.spike.alpha.dtype == jnp.float32
    assert left.spike == Sigmoid(4.0)
    assert_close(trained.weight, left.weight)


def test_B1_filter_jit_and_apply_updates_keep_the_model():
    layer = model(Sigmoid(4.0))

    @eqx.filter_jit
    def step(layer):
        return eqx.apply_updates(
            layer, jax.tree.map(lambda g: -0.1 * g, eqx.filter_grad(loss)(layer))
        )

    updated = step(layer)
    assert updated.spike == Sigmoid(4.0)
    assert not np.array_equal(updated.weight, layer.weight)


def test_B1_one_leaf_is_frozen_and_the_others_train():
    surrogate = Bumps((array(1.0), array(0.25)))
    freeze = jax.tree.map(lambda _: True, surrogate)
    freeze = eqx.tree_at(lambda s: s.parts["heights"][0], freeze, replace=False)
    trained, frozen = eqx.partition(surrogate, freeze)

    gradient = jax.grad(lambda trained: jnp.sum(eqx.combine(trained, frozen)(X)))(trained)
    assert gradient.parts["heights"][0] is None
    assert gradient.parts["heights"][1].shape == ()


def test_B1_adam_state_over_a_surrogate_is_a_surrogate():
    optimizer = optax.adam(0.1)
    surrogate = Tanh(array(1.5))
    state = optimizer.init(surrogate)
    gradient = jax.grad(lambda s: jnp.sum(s(X)))(surrogate)
    updates, state = jax.jit(optimizer.update)(gradient, state, surrogate)
    assert type(state[0].mu) is Tanh
    np.testing.assert_allclose(state[0].mu.alpha, 0.1 * gradient.alpha, rtol=1e-6)
    moved = optax.apply_updates(surrogate, updates)
    np.testing.assert_allclose(abs(moved.alpha - 1.5), 0.1, rtol=1e-3)


def test_B1_adam_state_over_static_surrogates_is_empty():
    assert jax.tree.leaves(optax.adam(0.1).init(Sigmoid(4.0))[0].mu) == []


def test_B1_masked_optimisers_find_the_leaves_again():
    surrogate = Bumps((array(1.0), array(0.25)))
    mask = jax.tree.map(lambda leaf: bool(leaf > 0.6), surrogate)
    optimizer = optax.masked(optax.sgd(1.0), mask)
    gradient = jax.tree.map(jnp.ones_like, surrogate)
    updates, _ = optimizer.update(gradient, optimizer.init(surrogate), surrogate)
    assert [float(leaf) for leaf in jax.tree.leaves(updates)] == [-1.0, 1.0, 1.0]


def test_B7_the_state_of_a_partitioned_model_pickles():
    surrogate = Bumps((array(1.0), 0.25))
    arrays, rest = eqx.partition(surrogate, eqx.is_array)
    arrays, rest = pickle.loads(pickle.dumps((arrays, rest)))
    assert eqx.combine(arrays, rest) == surrogate
