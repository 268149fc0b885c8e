"""B4 and B6: under `jax.checkpoint`, whose policies know the backward value by its name."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import checkpoint_policies, print_saved_residuals
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


def saved(function, *arguments, capsys):
    """The lines of residuals that carry the name."""
    print_saved_residuals(function, *arguments)
    return [line for line in capsys.readouterr().out.splitlines() if f"'{NAME}'" in line]


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_recomputed_gradient_is_the_stored_one(surrogate):
    stored, recomputed = (
        jax.jit(jax.grad(function, argnums=1))(surrogate, X, X)
        for function in (layer, jax.checkpoint(layer))
    )
    assert_close(recomputed, stored)


@pytest.mark.parametrize("name", POLICIES)
def test_B6_a_policy_keeps_or_drops_the_backward_value_by_its_name(name, capsys):
    function = jax.checkpoint(lambda w, x: layer(Tanh(), w, x), policy=POLICIES[name])
    assert len(saved(function, X, X, capsys=capsys)) == (1 if name in KEEPING else 0)


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B6_the_kept_value_is_one_array_of_the_size_of_x(surrogate, capsys):
    policy = POLICIES["save only it"]
    function = jax.checkpoint(lambda w, x: layer(surrogate, w, x), policy=policy)
    (line,) = saved(function, X, X, capsys=capsys)
    assert line.startswith(f"f32[{len(X)}]")


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B6_without_checkpoint_the_backward_pass_stores_one_array(surrogate, capsys):
    assert len(saved(lambda x: surrogate(x), X, capsys=capsys)) == 1


def test_B6_every_step_in_a_function_carries_the_name(capsys):
    def two_layers(x):
        return Tanh(2.0)(Tanh(3.0)(x) * 0.5)

    function = jax.checkpoint(two_layers, policy=POLICIES["save only it"])
    assert len(saved(function, X, capsys=capsys)) == 2


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
