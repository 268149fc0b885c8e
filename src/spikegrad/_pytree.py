"""A pytree with the value of its attributes: what surrogates and neurons are made of."""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import math
from collections.abc import Iterable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import GetAttrKey, PyTreeDef, keystr

from spikegrad import _flax

UNHASHABLE = (
    "{name}.{attribute} holds {value}, which is neither an array nor hashable, so {name} cannot go "
    "through jax.jit. Store an array, a number, a string, or a tuple, list or dict of them."
)


LONGEST = 200
_T = TypeVar("_T")


def replaced(tree: _T, **values: Any) -> _T:
    """A copy with other attributes, whatever its `__init__` makes of them."""
    new = copy.copy(tree)
    for name, value in values.items():
        setattr(new, name, value)
    return new


def is_array(value: Any) -> bool:
    """Whether JAX would take it for an array, or as standing for one."""
    return isinstance(value, jax.Array | np.ndarray | jax.ShapeDtypeStruct)


class ValueTree:
    """An object whose attributes are its value, and whose arrays JAX sees.

    Attributes that hold arrays (also deep inside tuples, lists, dicts or other such objects) are
    leaves; everything else is static and has to be hashable. Two of them are equal, and hash alike,
    when class and attributes are. They pickle and copy. Subclasses are registered with JAX as they
    are made, and with Flax where it is used, and declare nothing.
    """

    # Where each attribute's leaves were when JAX last rebuilt this object: set by _unflatten, so
    # that a tree whose leaves are None, a sentinel or a sharding still has the leaves it had.
    _layout: dict[str, tuple[PyTreeDef, tuple[bool, ...]]]
    __slots__ = ("__dict__", "__weakref__", "_layout")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _register(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        layout = getattr(self, "_layout", None)
        if layout and name in layout:
            del layout[name]
        super().__setattr__(name, value)

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        # A structure does not pickle, but the attribute with marks in place of its leaves does.
        layout = getattr(self, "_layout", {})
        marks = {name: structure.unflatten(moves) for name, (structure, moves) in layout.items()}
        return dict(vars(self)), marks

    def __setstate__(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        attributes, marks = state
        vars(self).update(attributes)
        flattened = ((name, *jax.tree.flatten(mark)) for name, mark in marks.items())
        layout = {name: (structure, tuple(moves)) for name, moves, structure in flattened}
        object.__setattr__(self, "_layout", layout)

    def __repr__(self) -> str:
        # In the order of __init__, whatever order JAX has rebuilt the attributes in.
        attributes = vars(self)
        parameters = inspect.signature(type(self)).parameters
        names = dict.fromkeys([*(name for name in parameters if name in attributes), *attributes])
        # What is None unless one asks for it says nothing.
        said = (
            name
            for name in names
            if attributes[name] is not None
            or name not in parameters
            or parameters[name].default is not None
        )
        shown = (f"{name}={_shown(attributes[name])}" for name in said)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        structure: PyTreeDef
        mine, structure = jax.tree.flatten(self)
        theirs, other_structure = jax.tree.flatten(other)
        return bool(structure == other_structure) and all(map(_same, mine, theirs))

    def __hash__(self) -> int:
        # Not that of the structure, which JAX makes without what is static.
        attributes = vars(self)
        return hash((type(self), *((n, _hash(self, n, attributes[n])) for n in sorted(attributes))))


def _hash(tree: ValueTree, name: str, value: Any) -> int:
    """The hash of what an attribute holds: the same for what is equal, arrays by shape and dtype.

    Not by their values: those can be traced, deleted, or changed in place.
    """
    if value is None or isinstance(value, str | int | float | ValueTree):
        return hash(value)
    if is_array(value):
        return hash((value.shape, value.dtype))
    if isinstance(value, tuple | list):
        return hash(tuple(_hash(tree, name, item) for item in value))
    if isinstance(value, dict):
        return hash(frozenset((key, _hash(tree, name, item)) for key, item in value.items()))
    leaves, structure = jax.tree.flatten(value)
    if any(leaf is value for leaf in leaves):
        _require_hashable(tree, name, value)
        return hash(value)
    return hash((structure, *(_hash(tree, name, leaf) for leaf in leaves)))


def brief(value: Any) -> str:
    """A value in a line that is not too long."""
    try:
        text = " ".join(_shown(value).split())
    except Exception:  # A `__repr__` of the user's own, or lists too deep in each other.
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _shown(value: Any) -> str:
    """A value, a long array by its shape, a long whole number by its digits."""
    if is_array(value) and value.size > 8:
        return f"{value.dtype}{list(value.shape)}"
    # Python writes out none of above 4,300 digits, and nobody reads fifty.
    if isinstance(value, int) and value.bit_length() > 166:
        return f"a whole number of about {int(value.bit_length() * math.log10(2)) + 1} digits"
    return repr(value)


def kinds(leaves: Iterable[Any]) -> tuple[Any, ...]:
    """Shape, dtype and weak type of each leaf; a leaf that is no array stands for itself."""
    return tuple(
        (leaf.shape, leaf.dtype, getattr(leaf, "weak_type", False)) if is_array(leaf) else leaf
        for leaf in leaves
    )


def _same(mine: Any, theirs: Any) -> bool:
    if mine is theirs:
        return True
    if isinstance(mine, jax.core.Tracer) or isinstance(theirs, jax.core.Tracer):
        return False
    if not (is_array(mine) and is_array(theirs)):
        return bool(mine == theirs)
    if mine.dtype != theirs.dtype:
        return False
    if jnp.issubdtype(mine.dtype, jax.dtypes.prng_key):
        mine, theirs = jax.random.key_data(mine), jax.random.key_data(theirs)
    return np.array_equal(mine, theirs)


def _split(tree: ValueTree, name: str) -> tuple[list[Any], PyTreeDef, tuple[bool, ...]]:
    """The leaves of an attribute, its structure, and which of the leaves are arrays."""
    value = vars(tree)[name]
    layout = getattr(tree, "_layout", None)
    if layout and name in layout:
        structure, dynamic = layout[name]
        try:
            return structure.flatten_up_to(value), structure, dynamic
        except ValueError:  # A container in it was changed in place.
            del layout[name]
    leaves, structure = jax.tree.flatten(value)
    dynamic = tuple(map(is_array, leaves))
    for leaf, is_dynamic in zip(leaves, dynamic, strict=True):
        if not is_dynamic:
            _require_hashable(tree, name, leaf)
    return leaves, structure, dynamic


def _require_hashable(tree: ValueTree, attribute: str, value: Any) -> None:
    try:
        hash(value)
    except TypeError:
        name = type(tree).__name__
        message = UNHASHABLE.format(name=name, attribute=attribute, value=repr(value))
        raise TypeError(message) from None


# What is static about one attribute: name, structure, which leaves are arrays, the other leaves.
_Static = tuple[str, PyTreeDef, tuple[bool, ...], tuple[Any, ...]]


def _flatten(tree: ValueTree) -> tuple[list[Any], tuple[_Static, ...]]:
    children: list[Any] = []
    static: list[_Static] = []
    for name in sorted(vars(tree)):
        leaves, structure, dynamic = _split(tree, name)
        children.extend(itertools.compress(leaves, dynamic))
        fixed = tuple(leaf for leaf, moves in zip(leaves, dynamic, strict=True) if not moves)
        static.append((name, structure, dynamic, fixed))
    return children, tuple(static)


def _flatten_with_keys(
    tree: ValueTree,
) -> tuple[list[tuple[GetAttrKey, Any]], tuple[_Static, ...]]:
    children, static = _flatten(tree)
    keys: list[GetAttrKey] = []
    for name, structure, dynamic, _ in static:
        # A custom node has one level of children, so a leaf deep inside an attribute carries its
        # whole path in one key.
        skeleton = structure.unflatten(range(structure.num_leaves))
        paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(skeleton)]
        keys += [GetAttrKey(name + keystr(path)) for path in itertools.compress(paths, dynamic)]
    return list(zip(keys, children, strict=True)), static


def _unflatten(
    cls: type[ValueTree], static: tuple[_Static, ...], children: Iterable[Any]
) -> ValueTree:
    tree = object.__new__(cls)
    layout = {}
    remaining = iter(children)
    for name, structure, dynamic, fixed in static:
        constants = iter(fixed)
        leaves = [next(remaining if moves else constants) for moves in dynamic]
        vars(tree)[name] = structure.unflatten(leaves)
        if any(dynamic):
            layout[name] = (structure, dynamic)
    object.__setattr__(tree, "_layout", layout)
    return tree


def _register(cls: type[ValueTree]) -> None:
    jax.tree_util.register_pytree_with_keys(
        cls, _flatten_with_keys, functools.partial(_unflatten, cls), _flatten
    )
    _flax.register(cls)


_flax.register_on_import(ValueTree)
