"""What the wrappers of a surrogate share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import Checked
from spikegrad.surrogate._base import SURROGATE, Surrogate, as_input
from spikegrad.surrogate._facts import Facts


class Wrapping(Checked, Surrogate):
    """Base of what holds another surrogate."""

    admissible = {"surrogate": SURROGATE}
    surrogate: Surrogate


class GradientOf(Wrapping):
    """Base of the wrappers that hold one surrogate and keep its forward pass."""

    def _stepper(self) -> Surrogate:
        return self.surrogate._stepper()


class Delegating(Wrapping):
    """Base of what has the gradient of another surrogate, whatever its forward pass is."""

    @property
    def now(self) -> Surrogate:
        """The other surrogate, as it is now."""
        return self.surrogate

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """That of the other surrogate."""
        return self.now.surrogate_grad(x)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """That of the other surrogate, where it has one."""
        return self.now.surrogate_fun(x)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """That of the other surrogate."""
        return self.now.antiderivative(x)

    def facts(self) -> Facts:
        """Those of the other surrogate."""
        return self.now.facts()


def input_of(surrogate: Surrogate, x: Any) -> jax.Array:
    return as_input(x, type(surrogate).__name__)


def meeting(value: ArrayLike, x: jax.Array) -> jax.Array:
    """A parameter in the dtype of `x`, and with as many axes where it has any.

    With `jax_numpy_rank_promotion="raise"`, JAX adds no leading axes by itself.
    """
    array = jnp.asarray(value, x.dtype)
    missing = x.ndim - array.ndim
    return array[(None,) * missing] if array.ndim and missing > 0 else array


def closed_form(surrogate: Surrogate, function: Callable[[], jax.Array]) -> Any:
    """A fact that is computed by JAX: a number outside of a trace, and inside of one if it can."""
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(surrogate)):
        return function()
    with jax.ensure_compile_time_eval():
        fact = function()
        return fact if fact.ndim else float(fact)
