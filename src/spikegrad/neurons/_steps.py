"""What is made of a step before it is looped.

`step(params, state, x) -> (state, out)` may close over arrays, be differentiated more than once,
and run on several devices. A loop with a derivative of its own needs each put right first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from spikegrad.neurons._inputs import kind_of

Step = Callable[[Any, Any, Any], tuple[Any, Any]]

# As many derivatives in reverse mode are right as there are layers of `jax.checkpoint`.
ORDERS = 3
BAD_STATE = (
    "{name}.step has to return a state of the same kind as it got, {expected}, but returned {got}."
)
KEEP_DTYPE = (
    " Keep the dtype: write parameters as Python numbers, or convert them to that of the state."
)


def protected(body: Callable[..., Any], *, everything: bool = True) -> Callable[..., Any]:
    """What a scan runs, with its custom derivatives still there when the scan is differentiated.

    Where `jax.lax.scan` is differentiated in reverse mode, it moves what is constant out of the
    loop, and with that evaluates every custom rule in it away: the spikes that it hands on have a
    derivative of 0 from then on. It leaves alone what is in a `jax.checkpoint`, and takes one layer
    off at a time. Until it is differentiated, a layer is nothing.

    Args:
        body: from what is carried and what comes in to what is carried on and what goes out.
        everything: whether every intermediate value is kept, as without a `jax.checkpoint`.
    """
    policy = jax.checkpoint_policies.everything_saveable if everything else None
    for _ in range(ORDERS):
        body = jax.checkpoint(body, policy=policy, prevent_cse=False)
    return body


def closed(step: Step, params: Any, state: Any, xs: Any, name: str) -> tuple[Step, Any] | None:
    """A step that closes over nothing that is being transformed, and its parameters.

    A rule for derivatives runs when the transformation that a closure belongs to may be over. So
    what the step closed over becomes a parameter, as far as `jax.closure_convert` does it: for what
    may have a derivative, and not for a mask, an index or a key.

    Args:
        step: the step.
        params: its parameters.
        state: the state that it gets.
        xs: what the steps get, over time.
        name: of the neuron.

    Returns:
        None where the step still closes over something that is being transformed.

    Raises:
        TypeError: the step returns another kind of state than it got.
    """
    x = varying_as(xs, jax.tree.map(_zeros, xs))
    traced, (new, _) = jax.make_jaxpr(step, return_shape=True)(params, state, x)
    expected, got = kind_of(state), kind_of(new)
    if expected != got:
        alike = jax.tree.map(jnp.shape, state) == jax.tree.map(jnp.shape, new)
        message = BAD_STATE.format(name=name, expected=expected, got=got)
        raise TypeError(message + KEEP_DTYPE if alike else message)
    if not _is_transformed(traced.consts):
        return step, params
    opened, constants = jax.closure_convert(step, params, state, x)
    if _is_transformed(jax.make_jaxpr(opened)(params, state, x, *constants).consts):
        return None

    def with_constants(params: Any, state: Any, x: Any) -> tuple[Any, Any]:
        params, constants = params
        new: tuple[Any, Any] = opened(params, state, x, *constants)
        return new

    return with_constants, (params, constants)


def _is_transformed(constants: Sequence[Any]) -> bool:
    return any(isinstance(constant, jax.core.Tracer) for constant in constants)


def ending(step: Step, params: Any, state: Any, timed: Any) -> tuple[Any, Any]:
    """A step of samples that end: at its end, a sample's state stays, and nothing goes out.

    Args:
        step: the step.
        params: its parameters, and how many steps each sample has.
        state: the state that it gets.
        timed: the number of the step, and what the step gets.
    """
    params, lengths = params
    t, x = timed
    new, out = step(params, state, x)
    going = t < lengths

    def chosen(after: jax.Array, before: jax.Array) -> jax.Array:
        # What is not one a sample, a key, goes on.
        if after.shape[: going.ndim] != going.shape:
            return after
        axes = range(going.ndim, after.ndim)
        return jnp.where(jax.lax.expand_dims(going, axes), after, before)

    nothing = jax.tree.map(jnp.zeros_like, out)
    return jax.tree.map(chosen, new, state), jax.tree.map(chosen, out, nothing)


def one_of(xs: Any) -> Any:
    """What one step gets of `xs`, abstract."""

    def one(leaf: jax.Array) -> jax.Array:
        return leaf[0] if _is_key(leaf) else leaf.sum(0, dtype=leaf.dtype)

    return jax.eval_shape(lambda xs: jax.tree.map(one, xs), xs)


def _zeros(leaf: jax.Array) -> jax.Array:
    """An array like those that one step gets, of which there may be none."""
    return leaf[0] if _is_key(leaf) else jnp.zeros(leaf.shape[1:], leaf.dtype)


def _is_key(leaf: jax.Array) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def varying_as(xs: Any, tree: Any) -> Any:
    """Inside `shard_map`, let arrays vary over the devices that `xs` varies over.

    A loop needs it of what it carries; of parameters it spares a sum over devices at every step.
    """

    varying = frozenset[str]().union(*map(_axes, jax.tree.leaves(xs)))

    def vary(leaf: Any) -> Any:
        axes = tuple(varying - _axes(leaf))
        if not axes:
            return leaf
        if hasattr(jax.lax, "pcast"):
            return jax.lax.pcast(leaf, axes, to="varying")
        return getattr(jax.lax, "pvary")(leaf, axes)  # noqa: B009, its name before jax 0.9

    return jax.tree.map(vary, tree)


def _axes(array: Any) -> frozenset[str]:
    kind = jax.typeof(array)
    axes: frozenset[str] = getattr(getattr(kind, "manual_axis_type", None), "varying", frozenset())
    return axes or getattr(kind, "vma", frozenset())
