"""What the shipped shapes share: how parameters are declared, and results rounded once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from spikegrad._domains import Checked, Domain
from spikegrad.surrogate._base import Integrated, as_input
from spikegrad.surrogate._exact import exact, in_float32

_DOMAIN = "domain"


def parameter(default: Any, domain: Domain) -> Any:
    """A parameter of a shape: its default, and the values that it may take."""
    return dataclasses.field(default=default, metadata={_DOMAIN: domain})


@dataclass_transform(eq_default=False, field_specifiers=(parameter,))
@dataclasses.dataclass(eq=False, repr=False)
class Shape(Checked, Integrated):
    """A surrogate that spikegrad ships: final, exact, with checked parameters.

    A shape declares each parameter once, `alpha: ArrayLike = parameter(1.0, POSITIVE)`; `__init__`
    and its signature follow. A number outside the admissible range, also one in an array, is
    refused with a `ValueError` that names the parameter; what is being traced is taken as it is.
    """

    family: ClassVar[str]
    _compiles = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclasses.dataclass(eq=False, repr=False)(cls)
        fields = dataclasses.fields(cls)
        cls.admissible = {field.name: field.metadata[_DOMAIN] for field in fields}
        cls.family = cls.__module__.rpartition("._")[2]


_Method = Callable[[Any, Any], jax.Array]


def rounded_once(method: Callable[[Any, jax.Array], jax.Array]) -> _Method:
    """Give a method of a shape its `x` in float32 or float64, and round its result once.

    In 16 bits every step would lose digits, or overflow. The method is compiled as one, so that
    outside of `jit` its many small steps are not dispatched one by one.
    """
    compiled: _Method = jax.jit(method, inline=True)

    @functools.wraps(method)
    def wrapper(self: Any, x: ArrayLike) -> jax.Array:
        array = as_input(x, type(self).__name__)
        return in_float32(functools.partial(compiled, self), array)

    return wrapper


def with_slopes(
    value: Callable[..., jax.Array],
    slopes: Sequence[Callable[..., jax.Array]],
    *arguments: Any,
) -> jax.Array:
    """`value(*arguments)`, whose derivative by each of them is what `slopes` says.

    The chain rule multiplies in an order of its own, and `(1 + alpha d)**-4` underflows where
    `d (1 + alpha d)**-3` is an ordinary number, or meets an infinity in `0 * inf`.

    Args:
        value: of parameters and, last, the potential.
        slopes: for each argument the derivative of `value` by it, a function of all.
        *arguments: numbers or None, which stay what they are, and arrays.
    """
    x = arguments[-1]
    fixed = int | float | np.number | None
    moving = [i for i, argument in enumerate(arguments) if not isinstance(argument, fixed)]

    def at(function: Callable[..., jax.Array], arrays: Sequence[jax.Array]) -> jax.Array:
        filled = list(arguments)
        for i, array in zip(moving, arrays, strict=True):
            filled[i] = array
        return function(*filled)

    @jax.custom_jvp
    def sloped(*arrays: jax.Array) -> jax.Array:
        return at(value, arrays)

    @functools.partial(sloped.defjvp, symbolic_zeros=True)
    def _(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
        y = sloped(*primals)
        tangent = None
        for i, dot in zip(moving, tangents, strict=True):
            if not isinstance(dot, SymbolicZero):
                along = at(slopes[i], primals) * dot
                tangent = along if tangent is None else tangent + along
        return y, jnp.zeros_like(y) if tangent is None else tangent

    return sloped(*(exact(arguments[i], x).hi for i in moving))
