"""The loop over time, and its lean derivative.

`step(params, state, x) -> (state, out)` is scanned over the leading axis of `xs`. Under plain
autodiff a scan keeps every intermediate value of every step. Here the backward pass gets the state
before each step, or every k-th of them, and computes the rest of a step anew; or it gets the
derivative of each step, where that is no larger than the state.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef

from spikegrad.neurons._steps import Step, one_of, protected, varying_as

NOT_TWICE = (
    "keep='half' has first derivatives alone, because it rounds what it keeps: "
    "take 'state', a number, 'checkpoint' or 'all' for second ones."
)


def scan(step: Step, params: Any, state: Any, xs: Any) -> tuple[Any, Any]:
    """The plain loop: `(final state, outs)`; JAX differentiates it every way."""
    return jax.lax.scan(functools.partial(step, params), state, xs)


def scan_in_chunks(step: Step, size: int, params: Any, state: Any, xs: Any) -> tuple[Any, Any]:
    """The plain loop, of which JAX keeps every `size`-th state and computes the rest anew."""

    def chunk(state: Any, part: Any) -> tuple[Any, Any]:
        return scan(protected(step, everything=False), params, state, part)

    _, end, rest = _chunks(_length(xs), size)
    whole = jax.tree.map(lambda a: a[:end].reshape(-1, size, *a.shape[1:]), xs)
    state, outs = jax.lax.scan(protected(chunk, everything=False), state, whole)
    state, last = chunk(state, _cut(xs, end, rest))

    def joined(outs: jax.Array, last: jax.Array) -> jax.Array:
        return jnp.concatenate([outs.reshape(-1, *last.shape[1:]), last])

    return state, jax.tree.map(joined, outs, last)


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
        if isinstance(states, _Derivative):
            xs = _without_values(xs)
        return (final, outs), (params, state, states, xs)

    @protected
    def chunk(carry: Any, start: Any) -> tuple[Any, Any]:
        state, outs = carry
        new, part = scan(protected(step), params, state, _cut(xs, start, keep))
        return (new, _pasted(outs, part, start)), state

    time = _length(xs)
    _, out = jax.eval_shape(step, params, state, one_of(xs))
    outs = varying_as(xs, jax.tree.map(lambda a: jnp.zeros((time, *a.shape), a.dtype), out))
    starts, end, rest = _chunks(time, keep)
    (last, outs), states = jax.lax.scan(chunk, (state, outs), starts)
    final, part = scan(protected(step), params, last, _cut(xs, end, rest))
    return (final, _pasted(outs, part, end)), (params, last, states, xs)


class _Derivative(NamedTuple):
    """What is kept of a step instead of the state before it."""

    pull: Any


def _scan_keeping(
    step: Step, keep: str | int, params: Any, state: Any, xs: Any
) -> tuple[Any, tuple[Any, Any]]:
    """The plain loop that also gives what is kept of each step."""

    def keeping(state: Any, x: Any) -> tuple[Any, Any]:
        if keep == "state" and _derivative_is_small(step, params, state, x):
            (new, out), pull = jax.vjp(step, params, state, x)
            return new, (out, _Derivative(pull))
        new, out = step(params, state, x)
        kept = narrow(step, params, state, x, out) if keep == "half" else state
        return new, (out, kept)

    return jax.lax.scan(protected(keeping), state, xs)


def _derivative_is_small(step: Step, params: Any, state: Any, x: Any) -> bool:
    """Whether the derivative of a step takes no more memory than the state does.

    It is the value of the surrogate gradient alone where the rest of the step is linear.
    """
    pull = jax.eval_shape(lambda *given: jax.vjp(step, *given)[1], params, state, x)
    # Scalars, a decay or a key, do not grow with the neurons.
    kept, instead = ([leaf for leaf in jax.tree.leaves(t) if leaf.ndim] for t in (pull, state))
    sizes = bytes_of(kept), bytes_of(instead)
    # Symbolic sizes, of a loop that is exported, cannot be compared.
    return all(isinstance(size, int) for size in sizes) and sizes[0] <= sizes[1]


def bytes_of(tree: Any) -> int:
    """The bytes of all leaves of a tree, which may be abstract."""
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _backward(step: Step, keep: str | int, kept: Any, cotangents: Any) -> tuple[Any, Any, Any]:
    params, like, states, xs = kept
    if keep == "half":
        params, like, xs = _once((params, like, xs))
    ct_state, ct_outs = map(floats, cotangents)
    out = jax.tree.map(lambda ct: jax.ShapeDtypeStruct(ct.shape[1:], ct.dtype), cotangents[1])
    carry: Any = _zeros(floats(params)), ct_state

    @protected
    def pull(carry: Any, inputs: Any) -> tuple[Any, Any]:
        ct_params, ct_state = carry
        state, x, ct_out = inputs
        if isinstance(state, _Derivative):
            transposed = state.pull
        else:
            transposed = jax.vjp(step, params, widen(state, like), x)[1]
        cts = transposed((restored(ct_state, like), restored(ct_out, out)))
        by_params, by_state, by_x = map(floats, cts)
        return ([a + b for a, b in zip(ct_params, by_params, strict=True)], by_state), by_x

    def pull_chunk(carry: Any, state: Any, start: Any, steps: int) -> Any:
        carry, by_xs = carry
        part, ct_part = _cut(xs, start, steps), _cut(ct_outs, start, steps)
        _, (_, states) = _scan_keeping(step, "state", params, state, part)
        carry, by_part = _scan_back(pull, carry, states, part, ct_part)
        return carry, _pasted(by_xs, by_part, start)

    if isinstance(keep, int):
        starts, end, rest = _chunks(_length(xs), keep)
        # Of the last chunk, `like` is the state that it starts from.
        both = pull_chunk((carry, _zeros(floats(xs))), like, end, rest)

        @protected
        def pull_whole(carry: Any, chunk: tuple[Any, Any]) -> tuple[Any, None]:
            return pull_chunk(carry, *chunk, keep), None

        (carry, by_xs), _ = jax.lax.scan(pull_whole, both, (states, starts), reverse=True)
    else:
        carry, by_xs = _scan_back(pull, carry, states, xs, ct_outs)
    by_params, by_state = carry
    return restored(by_params, params), restored(by_state, like), restored(by_xs, xs)


lean_scan.defvjp(_forward, _backward)


def _zeros(arrays: list[Any]) -> list[Any]:
    """Where sums over time start from, on the devices over which the arrays vary."""
    return [varying_as(array, jnp.zeros_like(array)) for array in arrays]


@jax.custom_jvp
def _once(tree: Any) -> Any:
    """The tree, which may not be differentiated by."""
    return tree


@_once.defjvp
def _refuse(primals: Any, tangents: Any) -> Any:
    raise TypeError(NOT_TWICE)


def _scan_back(pull: Any, carry: Any, kept: Any, xs: Any, ct_outs: Any) -> tuple[Any, list[Any]]:
    """`jax.lax.scan(pull, carry, (kept, xs, ct_outs), reverse=True)`, whose results need no memory.

    On a CPU the cotangents of `xs` are written over what was kept of the steps, which nobody needs
    once its step is done: no buffer is filled with zeros first, and no page of it asked for.
    """
    leaves: list[Any]
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(kept)
    given = None if isinstance(kept, _Derivative) else xs
    time = _length((kept, given, ct_outs))
    # Of an exported loop the length may not be known, so that there might be nothing to write over.
    some = isinstance(time, int) and time > 0
    places = _places(leaves, floats(xs)) if some and jax.default_backend() == "cpu" else {}
    held = {i: leaves[i] for i in places.values()}
    rest = [None if i in held else leaf for i, leaf in enumerate(leaves)]

    def back(carry: Any, inputs: Any) -> tuple[Any, Any]:
        carry, held = carry
        t, rest, x, ct_out = inputs
        parts = [_read(held[i], t) if i in held else leaf for i, leaf in enumerate(rest)]
        carry, by_x = pull(carry, (structure.unflatten(parts), x, ct_out))
        held = {i: _pasted(held[i], by_x[j][None], t) for j, i in places.items()}
        return (carry, held), [None if j in places else by for j, by in enumerate(by_x)]

    inputs = jnp.arange(time), rest, given, ct_outs
    (carry, held), by_xs = jax.lax.scan(back, (carry, held), inputs, reverse=True)
    return carry, [held[places[j]] if j in places else by for j, by in enumerate(by_xs)]


def _places(leaves: list[Any], wanted: list[Any]) -> dict[int, int]:
    """For each array that is wanted, by number, the number of a leaf that is just as large."""
    places: dict[int, int] = {}
    for j, array in enumerate(wanted):
        for i, leaf in enumerate(leaves):
            alike = leaf.shape[1:] == array.shape[1:] and leaf.dtype == array.dtype
            if alike and leaf.ndim == array.ndim and i not in places.values():
                places[j] = i
                break
    return places


def _read(buffer: jax.Array, t: jax.Array) -> jax.Array:
    """`buffer[t]`, before anything is written there.

    XLA computes a plain `buffer[t]` again in each place that uses it. One of them might come after
    the write, so that it copies the whole buffer at every step. It does not look into a condition.
    """
    value: jax.Array = jax.lax.cond(t >= 0, lambda: _cut(buffer, t, 1), lambda: _cut(buffer, 0, 1))
    return value[0]


def _is_float(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def _without_values(tree: Any) -> Any:
    """What the backward pass has to know of a tree over time: its shapes and dtypes."""
    return jax.tree.map(lambda a: a[:0] if _is_float(a) else a, tree)


def floats(tree: Any) -> list[Any]:
    """The leaves that have a derivative."""
    return [leaf for leaf in jax.tree.leaves(tree) if _is_float(leaf)]


def restored(cotangents: list[Any], tree: Any) -> Any:
    """Cotangents of the floating leaves of a tree, as a tree that has none for the others."""
    remaining = iter(cotangents)

    def cotangent(leaf: Any) -> Any:
        return next(remaining) if _is_float(leaf) else np.zeros(leaf.shape, jax.dtypes.float0)

    return jax.tree.map(cotangent, tree)


# Chunks are cut out of an array over time and written into one: with a last chunk that is shorter
# than the others, to split and to join would copy everything.


def _length(xs: Any) -> int:
    length: int = jax.tree.leaves(xs)[0].shape[0]
    return length


def _chunks(time: int, size: int) -> tuple[jax.Array, int, int]:
    """Where the whole chunks start, where they end, and how many steps are left."""
    count, rest = divmod(time, size)
    return jnp.arange(count) * size, count * size, rest


def _cut(tree: Any, start: Any, steps: int) -> Any:
    return jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, steps), tree)


def _pasted(tree: Any, part: Any, start: Any) -> Any:
    return jax.tree.map(
        lambda a, b: jax.lax.dynamic_update_slice_in_dim(a, b, start, 0), tree, part
    )


def narrow(step: Step, params: Any, state: Any, x: Any, out: Any) -> Any:
    """The state in bfloat16, rounded so that the step from there gives the same spikes.

    Where the nearest number would give others, its neighbour on the other side of the state is
    taken. One of the two (of several state variables: of their combinations) gives the same spikes
    wherever a spike depends on each state variable monotonously. The numbers come as their bits,
    because XLA may carry bfloat16 through a loop as float32.
    """
    leaves: list[jax.Array]
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(state)
    choices = [_neighbours(leaf) for leaf in leaves]
    kept = [choice[0] for choice in choices]
    settled: Any = np.bool_(False)
    for candidate in itertools.product(*choices):
        _, again = step(params, widen(structure.unflatten(candidate), state), x)
        equal = jax.tree.leaves(jax.tree.map(jnp.equal, out, again))
        same = functools.reduce(jnp.logical_and, equal)
        take = same & ~settled
        kept = [
            jnp.where(take, new, old) if len(choice) > 1 else old
            for new, old, choice in zip(candidate, kept, choices, strict=True)
        ]
        settled = settled | same
    return structure.unflatten(kept)


def widen(state: Any, like: Any) -> Any:
    """Undo `narrow`, in the dtypes of `like`; a state that is wide already stays as it is."""

    def wide(leaf: jax.Array, like: jax.Array) -> jax.Array:
        if leaf.dtype == like.dtype:
            return leaf
        return jax.lax.bitcast_convert_type(leaf, jnp.bfloat16).astype(like.dtype)

    return jax.tree.map(wide, state, like)


def _neighbours(leaf: jax.Array) -> tuple[jax.Array, ...]:
    """The bfloat16 numbers on both sides of each element as bits, the nearest first."""
    if not _is_float(leaf) or leaf.dtype.itemsize <= 2:
        return (leaf,)
    near = leaf.astype(jnp.bfloat16)
    bits = jax.lax.bitcast_convert_type(near, jnp.uint16)
    # As magnitudes, neighbouring numbers are neighbouring integers.
    beyond = jnp.abs(near.astype(leaf.dtype)) > jnp.abs(leaf)
    return bits, jnp.where(beyond, bits - 1, bits + 1)
