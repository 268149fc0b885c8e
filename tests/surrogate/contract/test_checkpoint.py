"""B4 and B6: under `jax.checkpoint`, whose policies know the backward value by its name."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_policies
from tests.helpers import assert_close
from tests.surrogates import ONE_EACH, Tanh, X, array

NAME = "surrogate_grad"
POLICIES = {
    "save only it": checkpoint_policies.save_only_these_names(NAME),
    "save any name but it": checkpoint_policies.save_any_names_but_these(NAME),
    "save another name": checkpoint_policies.save_only_these_names("membrane"),
    "save all": checkpoint_policies.everything_saveable,
    "save nothing": checkpoint_policies.nothing_saveable,
}
KEEPING = ("save only it", "save all")


def layer(surrogate, weights, x):
    return jnp.sum(jnp.sin(surrogate(weights * x)))


def saved(function, *arguments):
    """The arrays that grow with x and that the backward pass is given, beside the arguments."""
    _, pull = jax.vjp(function, *arguments)
    return [
        leaf
        for leaf in map(np.asarray, jax.tree.leaves(pull))
        if leaf.ndim and not any(np.array_equal(leaf, argument) for argument in arguments)
    ]


def is_backward_value(array, surrogate, x):
    return array.shape == x.shape and np.allclose(array, surrogate.surrogate_grad(x), rtol=1e-5)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_recomputed_gradient_is_the_stored_one(surrogate):
    stored, recomputed = (
        jax.jit(jax.grad(function, argnums=1))(surrogate, X, X)
        for function in (layer, jax.checkpoint(layer))
    )
    assert_close(recomputed, stored)


@pytest.mark.parametrize("name", POLICIES)
def test_B6_a_policy_keeps_or_drops_the_backward_value_by_its_name(name):
    function = jax.checkpoint(lambda w, x: layer(Tanh(), w, x), policy=POLICIES[name])
    found = [is_backward_value(a, Tanh(), array(X * X)) for a in saved(function, X, X)]
    assert sum(found) == (1 if name in KEEPING else 0)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B6_the_kept_value_is_one_array_of_the_size_of_x(surrogate):
    policy = POLICIES["save only it"]
    function = jax.checkpoint(lambda w, x: layer(surrogate, w, x), policy=policy)
    (kept,) = saved(function, X, X)
    assert is_backward_value(kept, surrogate, array(X * X))


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B6_without_checkpoint_the_backward_pass_stores_one_array(surrogate):
    (kept,) = saved(lambda x: surrogate(x), X)
    assert is_backward_value(kept, surrogate, array(X))


def test_B6_every_step_in_a_function_carries_the_name():
    def two_layers(x):
        return Tanh(2.0)(Tanh(3.0)(x) * 0.5)

    function = jax.checkpoint(two_layers, policy=POLICIES["save only it"])
    assert len(saved(function, X)) == 2


def test_B6_policies_do_not_change_the_gradient():
    gradients = [
        jax.grad(jax.checkpoint(lambda x: layer(Tanh(), x, x), policy=policy))(array(X))
        for policy in POLICIES.values()
    ]
    for gradient in gradients[1:]:
        np.testing.assert_array_equal(gradient, gradients[0])


def test_B6_a_policy_offloads_the_backward_value():
    policy = checkpoint_policies.save_and_offload_only_these_names(
        names_which_can_be_saved=[],
        names_which_can_be_offloaded=[NAME],
        offload_src="device",
        offload_dst="pinned_host",
    )
    function = jax.checkpoint(lambda x: layer(Tanh(), x, x), policy=policy)
    jaxpr = str(jax.make_jaxpr(jax.grad(function))(array(X)))
    assert "device_put" in jaxpr
    assert "pinned_host" in jaxpr or "host" in jaxpr
