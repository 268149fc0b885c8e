"""The loop over time, and its lean derivative.

`step(params, state, x) -> (state, out)` is scanned over the leading axis of `xs`. Under plain
autodiff a scan keeps every intermediate value of every step. Here the backward pass gets the state
before each step, or every k-th of them, and computes the rest of a step anew.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef

Step = Callable[[Any, Any, Any], tuple[Any, Any]]


def scan(step: Step, params: Any, state: Any, xs: Any) -> tuple[Any, Any]:
    """The plain loop: `(final state, outs)`; JAX differentiates it every way."""
    return jax.lax.scan(functools.partial(step, params), state, xs)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def lean_scan(step: Step, keep: str | int, params: Any, state: Any, xs: Any) -> tuple[Any, Any]:
    """The same loop, with a derivative in reverse mode that keeps little.

    Args:
        step: the step.
        keep: `"state"`, `"half"`, or a number k to keep every k-th state.
        params: pytree of arrays that every step gets.
        state: the state before the first step.
        xs: what the steps get, over time.
    """
    del keep
    return scan(step, params, state, xs)


def _forward(
    step: Step, keep: str | int, params: Any, state: Any, xs: Any
) -> tuple[tuple[Any, Any], Any]:
    if not isinstance(keep, int):
        final, (outs, states) = _scan_keeping(step, keep, params, state, xs)
        return (final, outs), (params, states, xs)

    def chunk(state: Any, xs: Any) -> tuple[Any, Any]:
        new, outs = scan(step, params, state, xs)
        return new, (outs, state)

    whole, rest = _chunks(xs, keep)
    last, (outs, starts) = jax.lax.scan(chunk, state, whole)
    final, more = scan(step, params, last, rest)
    return (final, _joined(outs, more)), (params, (starts, last), xs)


def _scan_keeping(
    step: Step, keep: str | int, params: Any, state: Any, xs: Any
) -> tuple[Any, tuple[Any, Any]]:
    """The plain loop that also gives the state before each step."""

    def keeping(state: Any, x: Any) -> tuple[Any, Any]:
        new, out = step(params, state, x)
        kept = _narrow(step, params, state, x, out) if keep == "half" else state
        return new, (out, kept)

    return jax.lax.scan(keeping, state, xs)


def _backward(step: Step, keep: str | int, kept: Any, cotangents: Any) -> tuple[Any, Any, Any]:
    params, states, xs = kept
    ct_state, ct_outs = map(_floats, cotangents)
    carry = [jnp.zeros_like(leaf) for leaf in _floats(params)], ct_state

    def pull(carry: Any, inputs: Any) -> tuple[Any, Any]:
        ct_params, ct_state = carry
        state, x, ct_out = inputs
        state = _widen(state, ct_state)
        (new, out), transposed = jax.vjp(step, params, state, x)
        cts = transposed((_restored(ct_state, new), _restored(ct_out, out)))
        by_params, by_state, by_x = map(_floats, cts)
        return ([a + b for a, b in zip(ct_params, by_params, strict=True)], by_state), by_x

    def pull_chunk(carry: Any, inputs: Any) -> tuple[Any, Any]:
        start, xs, ct_outs = inputs
        _, (_, states) = _scan_keeping(step, "state", params, start, xs)
        return jax.lax.scan(pull, carry, (states, xs, ct_outs), reverse=True)

    if isinstance(keep, int):
        starts, last = states
        (whole, rest), (ct_whole, ct_rest) = _chunks(xs, keep), _chunks(ct_outs, keep)
        carry, by_rest = pull_chunk(carry, (last, rest, ct_rest))
        carry, by_whole = jax.lax.scan(pull_chunk, carry, (starts, whole, ct_whole), reverse=True)
        by_xs = _joined(by_whole, by_rest)
        state = last
    else:
        carry, by_xs = jax.lax.scan(pull, carry, (states, xs, ct_outs), reverse=True)
        state = jax.tree.map(lambda leaf: leaf[0], states)
    by_params, by_state = carry
    return _restored(by_params, params), _restored(by_state, state), _restored(by_xs, xs)


lean_scan.defvjp(_forward, _backward)


def _is_float(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def _floats(tree: Any) -> list[Any]:
    """The leaves that have a derivative."""
    return [leaf for leaf in jax.tree.leaves(tree) if _is_float(leaf)]


def _restored(cotangents: list[Any], tree: Any) -> Any:
    """Cotangents of the floating leaves of a tree, as a tree that has none for the others."""
    remaining = iter(cotangents)

    def cotangent(leaf: Any) -> Any:
        return next(remaining) if _is_float(leaf) else np.zeros(leaf.shape, jax.dtypes.float0)

    return jax.tree.map(cotangent, tree)


def _chunks(xs: Any, size: int) -> tuple[Any, Any]:
    """Over time, as many whole chunks of that size as there are, and the rest."""

    def whole(a: jax.Array) -> jax.Array:
        count = len(a) // size
        return a[: count * size].reshape(count, size, *a.shape[1:])

    return jax.tree.map(whole, xs), jax.tree.map(lambda a: a[len(a) // size * size :], xs)


def _joined(chunks: Any, rest: Any) -> Any:
    """Undo `_chunks`."""

    def join(a: jax.Array, b: jax.Array) -> jax.Array:
        flat = a.reshape(a.shape[0] * a.shape[1], *a.shape[2:])
        return jnp.concatenate([flat, b]) if len(b) else flat

    return jax.tree.map(join, chunks, rest)


def _narrow(step: Step, params: Any, state: Any, x: Any, out: Any) -> Any:
    """The state in bfloat16, rounded so that the step from there gives the same spikes.

    Where the nearest number would give others, its neighbour on the other side of the state is
    taken. One of the two (of several state variables: of their combinations) gives the same spikes
    wherever a spike depends on each state variable monotonously.
    """
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(state)
    choices = [_neighbours(leaf) for leaf in leaves]
    kept = [choice[0] for choice in choices]
    settled: Any = False
    for candidate in itertools.product(*choices):
        tried = _widen(structure.unflatten(candidate), _floats(state))
        _, again = step(params, tried, x)
        same = functools.reduce(
            jnp.logical_and, jax.tree.leaves(jax.tree.map(jnp.equal, out, again))
        )
        take = same & ~jnp.asarray(settled)
        kept = [jnp.where(take, new, old) for new, old in zip(candidate, kept, strict=True)]
        settled = settled | same
    return structure.unflatten(kept)


def _neighbours(leaf: jax.Array) -> tuple[jax.Array, ...]:
    """The bfloat16 numbers on both sides of each element, the nearest first."""
    if not _is_float(leaf) or leaf.dtype.itemsize <= 2:
        return (leaf,)
    near = leaf.astype(jnp.bfloat16)
    bits = jax.lax.bitcast_convert_type(near, jnp.uint16)
    # As magnitudes, neighbouring numbers are neighbouring integers.
    beyond = jnp.abs(near.astype(leaf.dtype)) > jnp.abs(leaf)
    other = jnp.where(beyond, bits - 1, bits + 1)
    return near, jax.lax.bitcast_convert_type(other, jnp.bfloat16)


def _widen(state: Any, like: list[Any]) -> Any:
    """The state in the dtypes that the floating leaves of `like` have."""
    dtypes = iter([leaf.dtype for leaf in like])
    return jax.tree.map(lambda a: a.astype(next(dtypes)) if _is_float(a) else a, state)
