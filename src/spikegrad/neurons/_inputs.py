"""What a loop over time is given: currents, a state, lengths. Refused here where it cannot be."""

from __future__ import annotations

import numbers
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef

from spikegrad._pytree import brief
from spikegrad.neurons._base import Neuron
from spikegrad.neurons._parameters import require_shapes

KEEPS = ("state", "half", "checkpoint", "all")
BAD_KEEP = (
    "keep has to be 'state', 'half', 'checkpoint', 'all' or a whole number, 1 or more, "
    "but got {keep}."
)
BAD_AXIS = "time_axis has to name an axis of currents, {axes}, but got {axis}."
NO_TIME = "currents has to have a time axis, but got a single number."
NOT_REAL = "currents has to be real numbers, but got {got}."
NO_CURRENTS = "currents has to hold an array or more, but got {got}."
NOT_ALIKE = "currents has to hold arrays with one and the same time, but got {got} steps."
NOT_A_NEURON = "neuron has to be a neuron, such as LIF(0.9), but got {got}.{hint}"
WRONG_STATE = "state has to be {expected}, which {name} starts from, but got {got}."
BAD_LENGTHS = (
    "lengths has to be a whole number from 0 to {time} a sample, an integer array of shape "
    "{shape}, but got {got}."
)


def require_neuron(neuron: Any) -> None:
    """Refuse what has no `step`, or is a class of neurons."""
    if isinstance(neuron, type) or not callable(getattr(neuron, "step", None)):
        called = isinstance(neuron, type) and issubclass(neuron, Neuron)
        hint = f" Write {neuron.__name__}()." if called else ""
        raise TypeError(NOT_A_NEURON.format(got=brief(neuron), hint=hint))


def over_time(currents: Any, time_axis: Any) -> tuple[Any, int]:
    """The currents as arrays with time in front, and where it was.

    Raises:
        TypeError: they are no real numbers.
        ValueError: there is no such axis, or several arrays differ in time.
    """
    leaves: list[Any]
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(_as_tree(currents))
    if not leaves:
        raise ValueError(NO_CURRENTS.format(got=brief(currents)))
    first, *others = leaves
    leaves = [_real(first), *map(_array, others)]
    times = []
    for leaf in leaves:
        if not leaf.ndim:
            raise ValueError(NO_TIME)
        if not _names_axis(time_axis, leaf.ndim):
            axes = f"{-leaf.ndim} to {leaf.ndim - 1}"
            raise ValueError(BAD_AXIS.format(axes=axes, axis=brief(time_axis)))
        times.append(leaf.shape[time_axis])
    if any(time != times[0] for time in times):
        raise ValueError(NOT_ALIKE.format(got=" and ".join(map(str, times))))
    axis = operator.index(time_axis)
    return structure.unflatten([jnp.moveaxis(leaf, axis, 0) for leaf in leaves]), axis


def _as_tree(currents: Any) -> Any:
    """Several inputs a step, or an array, which a list or a tuple of numbers is as well."""
    if isinstance(currents, list):
        return _real(currents)
    leaves = jax.tree.leaves(currents)
    if isinstance(currents, tuple) and all(isinstance(leaf, numbers.Number) for leaf in leaves):
        return _real(currents)
    return currents


def _real(currents: Any) -> jax.Array:
    """The currents as floats."""
    xs = _array(currents)
    if jnp.issubdtype(xs.dtype, jnp.floating):
        return xs
    if jnp.issubdtype(xs.dtype, jnp.integer) or xs.dtype == np.bool_:
        return xs.astype(jnp.result_type(float))
    raise TypeError(NOT_REAL.format(got=f"dtype {xs.dtype}"))


def _array(value: Any) -> jax.Array:
    try:
        if value is None:  # which older versions of JAX take for NaN
            raise TypeError
        return jnp.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(NOT_REAL.format(got=brief(value))) from error


def _names_axis(axis: Any, ndim: int) -> bool:
    return isinstance(axis, int | np.integer) and bool(-ndim <= axis < ndim)


def first_of(xs: Any) -> jax.Array:
    """The currents among several inputs: the first array."""
    first: jax.Array = jax.tree.leaves(xs)[0]
    return first


def at_rest(neuron: Neuron, xs: Any) -> Any:
    """The state at rest, in the dtype of the currents or in float32 where that is narrower."""
    currents = first_of(xs)
    return neuron.initial_state(currents.shape[1:], np.promote_types(currents.dtype, np.float32))


def started(neuron: Neuron, state: Any, xs: Any) -> Any:
    """The state before the first step, as arrays.

    Raises:
        TypeError: it is of another kind than that at rest.
        ValueError: it is of another shape, or a parameter is.
    """
    require_shapes(neuron, first_of(xs).shape[1:])
    if state is None:
        state = at_rest(neuron, xs)
    else:
        rest = jax.eval_shape(lambda: at_rest(neuron, xs))
        require_state(type(neuron).__name__, state, rest)
    return jax.tree.map(jnp.asarray, state)


def require_arrays(neuron: Neuron, state: Any, xs: Any) -> None:
    """Refuse a state that holds anything but arrays and numbers."""
    try:
        jax.tree.map(jnp.asarray, state)
    except (TypeError, ValueError, OverflowError):
        name, rest = type(neuron).__name__, kind_of(jax.eval_shape(lambda: at_rest(neuron, xs)))
        message = WRONG_STATE.format(expected=rest, name=name, got=kind_of(state))
        raise TypeError(message) from None


def require_state(name: str, state: Any, expected: Any) -> None:
    """Refuse a state that differs from that at rest in more than which floats it holds.

    Args:
        name: of the neuron.
        state: what was given.
        expected: that at rest, abstract.
    """
    structure: PyTreeDef = jax.tree.structure(state)
    alike = bool(structure == jax.tree.structure(expected))
    leaves = list(zip(*map(jax.tree.leaves, (state, expected)), strict=alike))
    fits = alike and all(np.shape(leaf) == like.shape for leaf, like in leaves)
    if not (fits and all(_is_kind(leaf, like) for leaf, like in leaves)):
        error = ValueError if alike and not fits else TypeError
        shown = kind_of(expected)
        raise error(WRONG_STATE.format(expected=shown, name=name, got=kind_of(state)))


def _is_kind(leaf: Any, like: Any) -> bool:
    dtype = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
    kinds = (jnp.floating, jnp.integer, jnp.bool_, jax.dtypes.prng_key)
    return any(jnp.issubdtype(dtype, k) and jnp.issubdtype(like.dtype, k) for k in kinds)


def kind_of(tree: Any) -> str:
    """A state in words: its arrays by dtype and shape."""

    def kind(leaf: Any) -> Any:
        has_shape = hasattr(leaf, "dtype") and hasattr(leaf, "shape")
        return _Word(f"{leaf.dtype}{list(leaf.shape)}" if has_shape else brief(leaf))

    return brief(jax.tree.map(kind, tree))


class _Word(str):
    """A string that is shown as it is."""

    def __repr__(self) -> str:
        return str(self)


def settled(keep: Any, time: int) -> str | int:
    """`keep` as the loop takes it: a name, or a number above 1 that is no larger than the time.

    Raises:
        ValueError: it is neither a name nor a whole number, 1 or more.
    """
    if isinstance(keep, str) and keep in KEEPS:
        return keep
    try:
        size = 0 if isinstance(keep, bool) else operator.index(keep)
    except TypeError:
        size = 0
    if size < 1:
        raise ValueError(BAD_KEEP.format(keep=brief(keep)))
    # Where a loop is exported with a symbolic time, it cannot be cut into chunks.
    size = min(size, time) if isinstance(time, int) else 1
    return size if size > 1 else "state"


def settled_lengths(lengths: Any, currents: jax.Array) -> jax.Array:
    """Each sample's number of steps.

    Args:
        lengths: what was given.
        currents: with time in front.

    Raises:
        ValueError: there is not one for each sample, or one is beyond the time.
    """
    time, shape = currents.shape[0], currents.shape[1:2]
    try:
        array = jnp.asarray(lengths)
    except (TypeError, ValueError, OverflowError):
        words = BAD_LENGTHS.format(time=time, shape=shape, got=brief(lengths))
        raise ValueError(words) from None
    known = not isinstance(array, jax.core.Tracer) and isinstance(time, int)
    beyond = known and array.size and not (array.min() >= 0 and array.max() <= time)
    if array.shape != shape or not jnp.issubdtype(array.dtype, jnp.integer) or beyond:
        raise ValueError(BAD_LENGTHS.format(time=time, shape=shape, got=brief(array)))
    return array
