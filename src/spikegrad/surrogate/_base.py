"""The contract of a surrogate gradient: the step, its derivative rule, and its pytree nature."""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.custom_derivatives import SymbolicZero
from jax.tree_util import GetAttrKey, PyTreeDef, keystr
from jax.typing import ArrayLike

from spikegrad.surrogate._facts import (
    Fact,
    Facts,
)

NO_GRADIENT = (
    "{name} defines no surrogate_grad(x). A surrogate needs that one method: the derivative to put "
    "in the backward pass, elementwise in x."
)
NO_RELAXATION = (
    "{name} is defined by its gradient alone and has no surrogate_fun(x). "
    "Its antiderivative(x) is the relaxation up to a constant."
)
UNHASHABLE = (
    "{name}.{attribute} holds {value}, which is neither an array nor hashable, so {name} cannot go "
    "through jax.jit. Store an array, a number, a string, or a tuple, list or dict of them."
)
BAD_SHAPE = (
    "{name}.surrogate_grad returned shape {got} for an x of shape {expected}. It works "
    "elementwise: return the shape of x, or one that broadcasts to it."
)
BAD_DTYPE = (
    "{name}.surrogate_grad returned {got} for an x of dtype {expected}. "
    "Return a real floating array, best of the dtype of x."
)
HAS_UNIT = (
    "{name} takes a dimensionless x, but got one in {unit}. Divide by that unit first: "
    "{name}(...)(x / {unit}), with x = membrane potential - threshold."
)
NOT_REAL = "{name} takes a real number or array as x, but got {got}."


def default_float(x: jax.Array) -> np.dtype[Any]:
    """The floating dtype that jax.numpy's own functions promote the integer or boolean `x` to."""
    promoted: np.dtype[Any] = jax.eval_shape(jnp.sin, x).dtype
    return promoted


def dimensionless(x: Any, name: str) -> Any:
    """Take a dimensionless `Quantity` as the array it is, and refuse one that has a unit.

    The unit libraries are looked up among the imported modules and never imported: an `x` that is
    a Quantity can only come from a user who has imported one.
    """
    for library in ("saiunit", "brainunit"):
        quantity = getattr(sys.modules.get(library), "Quantity", None)
        if quantity is not None and isinstance(x, quantity):
            if not x.dim.is_dimensionless:
                raise TypeError(HAS_UNIT.format(name=name, unit=x.unit))
            return x.to_decimal()
    return x


def as_input(x: ArrayLike | Any, name: str) -> jax.Array:
    """Turn what a user passes as `x` into a real floating array, promoted as `jnp.sin` does."""
    x = dimensionless(x, name)
    try:
        if x is None:  # which older versions of JAX take for NaN
            raise TypeError
        array = jnp.asarray(x)
    except (TypeError, ValueError) as error:
        raise TypeError(NOT_REAL.format(name=name, got=type(x).__name__)) from error
    if jnp.issubdtype(array.dtype, jnp.floating):
        return array
    if jnp.issubdtype(array.dtype, jnp.integer) or array.dtype == np.bool_:
        return array.astype(default_float(array))
    raise TypeError(NOT_REAL.format(name=name, got=f"dtype {array.dtype}"))


def _is_array(value: Any) -> bool:
    return isinstance(value, jax.Array | np.ndarray | jax.ShapeDtypeStruct)


class Surrogate:
    """A step in the forward pass, a derivative of your choice in the backward pass.

    `s(x)` is the Heaviside step, 1 where `x >= 0` and 0 elsewhere, in the shape and floating dtype
    of `x`. Differentiating it by `x`, in forward or reverse mode and to any order, uses
    `surrogate_grad` in place of the derivative that is zero almost everywhere.

    To make your own, subclass, set plain attributes, and write `surrogate_grad`:

    ```python
    class MySurrogate(Surrogate):
        def __init__(self, alpha=1.0):
            super().__init__()
            self.alpha = alpha

        def surrogate_fun(self, x):  # optional
            return jnp.tanh(x * self.alpha) * 0.5 + 0.5

        def surrogate_grad(self, x):
            return self.alpha * 0.5 * (1 - jnp.tanh(x * self.alpha) ** 2)
    ```

    What is assumed of a subclass and not checked: `surrogate_grad` works elementwise, and
    `surrogate_fun`, if there is one, has it as its derivative.

    **A surrogate is a pytree.** Attributes that hold arrays (also deep inside tuples, lists, dicts
    or other surrogates) are leaves; everything else is static and has to be hashable. So
    `Sigmoid(4.0)` is a constant that the compiler folds, and `Sigmoid(jnp.asarray(4.0))` goes
    through `jit`, `vmap`, `scan` and `grad` as an argument without ever retracing. Surrogates
    compare and hash by class and attributes.

    **A derivative by a parameter** (say, by an array `alpha`) is that of `surrogate_grad(x)` by the
    parameter: a documented side effect of the derivative rule, not the true 0 of a step, and not a
    training signal. To learn a parameter, wait for `Learned`, which says what signal it uses.

    The value used in the backward pass carries the name `"surrogate_grad"` for the policies of
    `jax.checkpoint`.
    """

    # Where each attribute's leaves were when JAX last rebuilt this object: set by _unflatten, so
    # that a tree whose leaves are None, a sentinel or a sharding still has the leaves it had.
    _layout: dict[str, tuple[PyTreeDef, tuple[bool, ...]]]
    __slots__ = ("__dict__", "__weakref__", "_layout")

    def __init__(self) -> None:
        pass

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _register(cls)

    def __call__(self, x: ArrayLike) -> jax.Array:
        """The spikes: 1 where `x >= 0` (also at -0.0), else 0; NaN gives 0 (and NaN backward).

        Args:
            x: membrane potential minus threshold, dimensionless, any shape and floating dtype.
                Integers, booleans, Python scalars and lists become the default float.

        Raises:
            TypeError: `x` has a physical unit or is no real array; an attribute is unhashable;
                `surrogate_grad` does not return a real floating array.
            ValueError: `surrogate_grad` returns a shape that does not broadcast to that of `x`.
            NotImplementedError: the class defines no `surrogate_grad`.
        """
        x = as_input(x, type(self).__name__)
        leaves, structure = jax.tree.flatten(self)
        _check_gradient(structure, _kinds(leaves), x.shape, x.dtype)
        if any(isinstance(value, jax.core.Tracer) for value in (x, *leaves)):
            return _spike(self, x)
        # Nothing is being transformed, and a compiled step is dispatched faster.
        return _compiled_step(x)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The derivative put in the backward pass, elementwise in `x`."""
        raise NotImplementedError(NO_GRADIENT.format(name=type(self).__name__))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The relaxation: the smooth function whose derivative is `surrogate_grad`; optional."""
        raise NotImplementedError(NO_RELAXATION.format(name=type(self).__name__))

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """The integral of `surrogate_grad` up to `x`: 0 at minus infinity, or else 0.5 at 0.

        The second holds where the integral from minus infinity is not finite. Computed by adaptive
        quadrature, accurate to 1e-6, unless a class knows better; the parameters have to be
        concrete. Its derivative is `surrogate_grad`.
        """
        from spikegrad.surrogate import _numeric

        return _numeric.antiderivative(self, as_input(x, type(self).__name__))

    def facts(self) -> Facts:
        """Peak, area, half width, support and tail of the gradient, all at once.

        Computed from its values, unless a class knows better.
        """
        from spikegrad.surrogate import _numeric

        return _numeric.facts(self)

    peak = Fact()
    area = Fact()
    half_width = Fact()
    support = Fact()
    tail = Fact()

    def shifted(self, x0: ArrayLike) -> Surrogate:
        """The same gradient around `x0` instead of 0."""
        from spikegrad.surrogate.compose import Shifted

        return Shifted(self, x0)

    def __rmul__(self, factor: Any) -> Surrogate:
        from spikegrad.surrogate.compose import scale

        if not isinstance(factor, int | float | np.number | np.ndarray | jax.Array):
            return NotImplemented
        return scale(factor, self)

    __mul__ = __rmul__

    def __add__(self, other: Any) -> Surrogate:
        from spikegrad.surrogate.compose import add

        if not isinstance(other, Surrogate):
            return NotImplemented
        return add(self, other)

    # NumPy would otherwise take a surrogate for an array of one object.
    __array_ufunc__ = None

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
        declared = [name for name in inspect.signature(type(self)).parameters if name in attributes]
        names = dict.fromkeys([*declared, *attributes])
        shown = (f"{name}={_brief(attributes[name])}" for name in names)
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
        leaves, structure = jax.tree.flatten(self)
        return hash((structure, _kinds(leaves)))


def _brief(value: Any) -> str:
    if _is_array(value) and value.size > 8:
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


def _kinds(leaves: Iterable[Any]) -> tuple[Any, ...]:
    """Shape, dtype and weak type of each leaf; a leaf that is no array stands for itself."""
    return tuple(
        (leaf.shape, leaf.dtype, getattr(leaf, "weak_type", False)) if _is_array(leaf) else leaf
        for leaf in leaves
    )


def _same(mine: Any, theirs: Any) -> bool:
    if mine is theirs:
        return True
    if isinstance(mine, jax.core.Tracer) or isinstance(theirs, jax.core.Tracer):
        return False
    if not (_is_array(mine) and _is_array(theirs)):
        return bool(mine == theirs)
    if mine.dtype != theirs.dtype:
        return False
    if jnp.issubdtype(mine.dtype, jax.dtypes.prng_key):
        mine, theirs = jax.random.key_data(mine), jax.random.key_data(theirs)
    return np.array_equal(mine, theirs)


def _split(surrogate: Surrogate, name: str) -> tuple[list[Any], PyTreeDef, tuple[bool, ...]]:
    """The leaves of an attribute, its structure, and which of the leaves are arrays."""
    value = vars(surrogate)[name]
    layout = getattr(surrogate, "_layout", None)
    if layout and name in layout:
        structure, dynamic = layout[name]
        try:
            return structure.flatten_up_to(value), structure, dynamic
        except ValueError:  # A container in it was changed in place.
            del layout[name]
    leaves, structure = jax.tree.flatten(value)
    dynamic = tuple(map(_is_array, leaves))
    for leaf, is_dynamic in zip(leaves, dynamic, strict=True):
        if not is_dynamic:
            _require_hashable(surrogate, name, leaf)
    return leaves, structure, dynamic


def _require_hashable(surrogate: Surrogate, attribute: str, value: Any) -> None:
    try:
        hash(value)
    except TypeError:
        name = type(surrogate).__name__
        message = UNHASHABLE.format(name=name, attribute=attribute, value=repr(value))
        raise TypeError(message) from None


# What is static about one attribute: name, structure, which leaves are arrays, the other leaves.
_Static = tuple[str, PyTreeDef, tuple[bool, ...], tuple[Any, ...]]


def _flatten(surrogate: Surrogate) -> tuple[list[Any], tuple[_Static, ...]]:
    children: list[Any] = []
    static: list[_Static] = []
    for name in sorted(vars(surrogate)):
        leaves, structure, dynamic = _split(surrogate, name)
        children.extend(itertools.compress(leaves, dynamic))
        fixed = tuple(leaf for leaf, moves in zip(leaves, dynamic, strict=True) if not moves)
        static.append((name, structure, dynamic, fixed))
    return children, tuple(static)


def _flatten_with_keys(
    surrogate: Surrogate,
) -> tuple[list[tuple[GetAttrKey, Any]], tuple[_Static, ...]]:
    children, static = _flatten(surrogate)
    keys: list[GetAttrKey] = []
    for name, structure, dynamic, _ in static:
        # A custom node has one level of children, so a leaf deep inside an attribute carries its
        # whole path in one key.
        skeleton = structure.unflatten(range(structure.num_leaves))
        paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(skeleton)]
        keys += [GetAttrKey(name + keystr(path)) for path in itertools.compress(paths, dynamic)]
    return list(zip(keys, children, strict=True)), static


def _unflatten(
    cls: type[Surrogate], static: tuple[_Static, ...], children: Iterable[Any]
) -> Surrogate:
    surrogate = object.__new__(cls)
    layout = {}
    remaining = iter(children)
    for name, structure, dynamic, fixed in static:
        constants = iter(fixed)
        leaves = [next(remaining if moves else constants) for moves in dynamic]
        vars(surrogate)[name] = structure.unflatten(leaves)
        if any(dynamic):
            layout[name] = (structure, dynamic)
    object.__setattr__(surrogate, "_layout", layout)
    return surrogate


def _register(cls: type[Surrogate]) -> None:
    jax.tree_util.register_pytree_with_keys(
        cls, _flatten_with_keys, functools.partial(_unflatten, cls), _flatten
    )


_register(Surrogate)


@functools.lru_cache(maxsize=1024)
def _check_gradient(
    structure: PyTreeDef,
    leaves: tuple[Any, ...],
    shape: tuple[int, ...],
    dtype: Any,
) -> None:
    """Refuse a `surrogate_grad` whose result does not fit `x`; once for each kind of call."""
    surrogate = structure.unflatten(
        [jax.ShapeDtypeStruct(shape, dtype, weak_type=weak) for shape, dtype, weak in leaves]
    )
    try:
        got = jax.eval_shape(_real_gradient, surrogate, jax.ShapeDtypeStruct(shape, dtype))
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError):
        return  # It cannot be traced: JAX says so, better, when a transformation needs it to be.
    padded = (1,) * (len(shape) - len(got.shape)) + got.shape
    fits = len(padded) == len(shape) and all(
        n in (1, wanted) for n, wanted in zip(padded, shape, strict=True)
    )
    if not fits:
        name = type(surrogate).__name__
        raise ValueError(BAD_SHAPE.format(name=name, got=got.shape, expected=shape))


def _real_gradient(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    """`surrogate_grad(x)`, refused if it is no real floating array."""
    gradient = surrogate.surrogate_grad(x)
    if isinstance(gradient, float):
        return jnp.asarray(gradient)
    kind = getattr(gradient, "dtype", None)
    is_array = isinstance(gradient, jax.Array | np.ndarray | np.generic)
    if not (is_array and kind is not None and jnp.issubdtype(kind, jnp.floating)):
        is_number = isinstance(gradient, int | complex)
        what = type(gradient).__name__
        if is_array or is_number:
            what = f"dtype {jnp.result_type(gradient)}"
        message = BAD_DTYPE.format(name=type(surrogate).__name__, got=what, expected=x.dtype)
        raise TypeError(message)
    return gradient


def _backward(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    """`surrogate_grad(x)` as the backward pass uses it: shape and dtype of `x`, NaN kept."""
    gradient = jnp.asarray(surrogate.surrogate_grad(x)).astype(x.dtype)
    # The square, because the second derivative is to be NaN as well.
    gradient = jnp.where(jnp.isnan(x), x * x, jnp.broadcast_to(gradient, x.shape))
    named: jax.Array = checkpoint_name(gradient, "surrogate_grad")
    return named


def _step(x: jax.Array) -> jax.Array:
    return (x >= 0).astype(x.dtype)


_compiled_step: Callable[[jax.Array], jax.Array] = jax.jit(_step)


@jax.custom_jvp
def _spike(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    del surrogate
    return _step(x)


@functools.partial(_spike.defjvp, symbolic_zeros=True)
def _spike_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    surrogate, x = primals
    surrogate_dot, x_dot = tangents
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(surrogate)
    dots = structure.flatten_up_to(surrogate_dot)
    moving = [i for i, dot in enumerate(dots) if not isinstance(dot, SymbolicZero)]

    def backward(*values: jax.Array) -> jax.Array:
        moved = list(leaves)
        for i, value in zip(moving, values, strict=True):
            moved[i] = value
        return _backward(structure.unflatten(moved), x)

    # Without symbolic zeros, an array parameter that nobody differentiates by would cost a
    # derivative of surrogate_grad in every backward pass.
    gradient, tangent = (
        jax.jvp(backward, [leaves[i] for i in moving], [dots[i] for i in moving])
        if moving
        else (backward(), None)
    )
    if not isinstance(x_dot, SymbolicZero):
        along_x = gradient * x_dot
        tangent = along_x if tangent is None else tangent + along_x
    return _spike(surrogate, x), jnp.zeros_like(x) if tangent is None else tangent
