"""The contract of a surrogate gradient: the step, its derivative rule, and its pytree nature."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.custom_derivatives import SymbolicZero
from jax.tree_util import PyTreeDef
from jax.typing import ArrayLike

from spikegrad._domains import Kind
from spikegrad._pytree import ValueTree, brief, kinds
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
        # A weakly typed tracer may stand for a Python scalar.
        is_array = isinstance(x, jax.Array) and not getattr(x, "weak_type", True)
        array = x if is_array else jnp.asarray(x)
    except OverflowError as error:
        raise ValueError(NOT_REAL.format(name=name, got=brief(x))) from error
    except (TypeError, ValueError) as error:
        raise TypeError(NOT_REAL.format(name=name, got=type(x).__name__)) from error
    if jnp.issubdtype(array.dtype, jnp.floating):
        return array
    if jnp.issubdtype(array.dtype, jnp.integer) or array.dtype == np.bool_:
        return array.astype(default_float(array))
    raise TypeError(NOT_REAL.format(name=name, got=f"dtype {array.dtype}"))


class Surrogate(ValueTree):
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
    training signal. To learn a parameter, take `Learned`, which says what signal it uses.

    The value used in the backward pass carries the name `"surrogate_grad"` for the policies of
    `jax.checkpoint`.
    """

    # Whether `surrogate_grad` is known to compile: one of a user's own may look at concrete values.
    _compiles: ClassVar[bool] = False

    def __init__(self) -> None:
        pass

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
        _check_gradient(hash(self), structure, kinds(leaves), x.shape, x.dtype)
        plain = type(self._stepper())._forward is Surrogate._forward
        if not plain or any(isinstance(value, jax.core.Tracer) for value in (x, *leaves)):
            return _spike(self, x)
        # Nothing is being transformed, and a compiled step is dispatched faster.
        return _compiled_step(x)

    def _stepper(self) -> Surrogate:
        """Whose forward pass counts: a wrapper that changes the gradient alone names another."""
        return self

    def _forward(self, x: jax.Array) -> jax.Array:
        """The value in the forward pass, which no derivative goes through."""
        return _step(x)

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
        from spikegrad.surrogate.algebra._arithmetic import Shifted

        return Shifted(self, x0)

    def widened(self, factor: ArrayLike) -> Surrogate:
        """The same gradient `factor` times as wide, as high as before."""
        from spikegrad.surrogate.algebra._arithmetic import Widened

        return Widened(self, factor)

    def dampened(self, gamma: ArrayLike) -> Surrogate:
        """The same gradient times `gamma`, as `gamma * self`.

        Bellec et al. (2018), "Long short-term memory and learning-to-learn in networks of spiking
        neurons", dampen it over many time steps, where it would explode.
        """
        return gamma * self

    def __rmul__(self, factor: Any) -> Surrogate:
        from spikegrad.surrogate.algebra._arithmetic import scale

        if not isinstance(factor, int | float | np.number | np.ndarray | jax.Array):
            return NotImplemented
        return scale(factor, self)

    __mul__ = __rmul__

    def __add__(self, other: Any) -> Surrogate:
        from spikegrad.surrogate.algebra._arithmetic import add

        if not isinstance(other, Surrogate):
            return NotImplemented
        return add(self, other)

    # NumPy would otherwise take a surrogate for an array of one object.
    __array_ufunc__ = None


def _instead(value: Any) -> str:
    if isinstance(value, type) and issubclass(value, Surrogate):
        return f"Write {value.__name__}()."
    if isinstance(value, str):
        return f"Write spikegrad.surrogate.get({value!r})."
    if callable(value):
        return "Make it the surrogate_grad of a class of your own."
    return ""


SURROGATE = Kind(
    "a Surrogate, such as Arctan(2.0)",
    lambda value: isinstance(value, Surrogate),
    TypeError,
    _instead,
)


class Integrated(Surrogate):
    """Base of those whose relaxation is the antiderivative of their gradient as it stands."""

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """The integral of `surrogate_grad` up to `x`: 0 at minus infinity, or else 0.5 at 0.

        The second holds where the integral from minus infinity is not finite.
        """
        return self.surrogate_fun(x)


@functools.lru_cache(maxsize=1024)
def _check_gradient(
    hashed: int,
    structure: PyTreeDef,
    leaves: tuple[Any, ...],
    shape: tuple[int, ...],
    dtype: Any,
) -> None:
    """Refuse a `surrogate_grad` whose result does not fit `x`; once for each kind of call.

    Args:
        hashed: the hash of the surrogate, since that of the structure leaves out what is static.
        structure: of the surrogate.
        leaves: shape, dtype and weak type of each of its arrays.
        shape: of `x`.
        dtype: of `x`.
    """
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


def backward(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    """`surrogate_grad(x)` as the backward pass uses it: shape and dtype of `x`, NaN kept."""
    function = _compiled_backward if surrogate._compiles else _backward
    return function(surrogate, x, _named.get())


def _backward(surrogate: Surrogate, x: jax.Array, named: bool) -> jax.Array:
    gradient = jnp.asarray(surrogate.surrogate_grad(x)).astype(x.dtype)
    # The square, because the second derivative is to be NaN as well.
    gradient = jnp.where(jnp.isnan(x), x * x, jnp.broadcast_to(gradient, x.shape))
    return checkpoint_name(gradient, "surrogate_grad") if named else gradient


# Outside of `jit`, its many small steps are not dispatched one by one.
_compiled_backward = jax.jit(_backward, static_argnums=2, inline=True)


# Pallas has no rule for a name, which a kernel has no use for either.
_named = contextvars.ContextVar("_named", default=True)


@contextlib.contextmanager
def unnamed() -> Iterator[None]:
    """A context in which the value of the backward pass carries no name."""
    token = _named.set(False)
    try:
        yield
    finally:
        _named.reset(token)


def _step(x: jax.Array) -> jax.Array:
    return (x >= 0).astype(x.dtype)


_compiled_step: Callable[[jax.Array], jax.Array] = jax.jit(_step)


@jax.custom_jvp
def _spike(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    return surrogate._stepper()._forward(x)


@functools.partial(_spike.defjvp, symbolic_zeros=True)
def _spike_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    surrogate, x = primals
    surrogate_dot, x_dot = tangents
    gradient, tangent = along_parameters(lambda s: backward(s, x), surrogate, surrogate_dot)
    if not isinstance(x_dot, SymbolicZero):
        along_x = gradient * x_dot
        tangent = along_x if tangent is None else tangent + along_x
    return _spike(surrogate, x), jnp.zeros_like(x) if tangent is None else tangent


def along_parameters(
    function: Callable[[Any], jax.Array], surrogate: Surrogate, surrogate_dot: Any
) -> tuple[jax.Array, jax.Array | None]:
    """`function(surrogate)`, and its derivative along the parameters that move (None: none does).

    For rules with symbolic zeros: without them, an array parameter that nobody differentiates by
    would cost a derivative in every backward pass.
    """
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(surrogate)
    dots = structure.flatten_up_to(surrogate_dot)
    moving = [i for i, dot in enumerate(dots) if not isinstance(dot, SymbolicZero)]
    if not moving:
        return function(surrogate), None

    def moved(*values: jax.Array) -> jax.Array:
        new = list(leaves)
        for i, value in zip(moving, values, strict=True):
            new[i] = value
        return function(structure.unflatten(new))

    return jax.jvp(moved, [leaves[i] for i in moving], [dots[i] for i in moving])
