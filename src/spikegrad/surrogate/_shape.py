"""What the shipped shapes share: admissible parameters, and results rounded once."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad.surrogate._base import Surrogate, as_input

INADMISSIBLE = "{name}: {parameter} has to be {words}, but got {value!r}."


class Domain(NamedTuple):
    """The values that a parameter may take, in words and as a predicate."""

    words: str
    contains: Callable[[float], bool]
    optional: bool = False


POSITIVE = Domain("a positive finite number", lambda v: 0 < v < math.inf)
NON_NEGATIVE = Domain("a finite number, 0 or more", lambda v: 0 <= v < math.inf)
FINITE = Domain("a finite number", math.isfinite)
COUNT = Domain("a whole number, 1 or more", lambda v: v >= 1 and v == int(v))


POSITIVE_OR_NONE = Domain("a positive finite number or None", POSITIVE.contains, optional=True)
POSITIVE_OR_INFINITE = Domain("a positive number or infinity", lambda v: v > 0)
NUMBER = Domain("a number or an infinity", lambda v: not math.isnan(v))


class Shape(Surrogate):
    """A surrogate that spikegrad ships: final, exact, with checked parameters.

    A Python number outside its admissible range is refused with a `ValueError` that names the
    parameter; an array, traced or not, is taken as it is.
    """

    admissible: ClassVar[Mapping[str, Domain]] = {}
    family: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        package, _, cls.family = cls.__module__.rpartition("._")
        cls.__module__ = package

    def __setattr__(self, name: str, value: Any) -> None:
        domain = self.admissible.get(name)
        if domain is not None:
            _require(domain, type(self).__name__, name, value)
        super().__setattr__(name, value)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """The integral of `surrogate_grad` up to `x`: 0 at minus infinity, or else 0.5 at 0.

        The second holds where the integral from minus infinity is not finite.
        """
        return self.surrogate_fun(x)


def _require(domain: Domain, name: str, parameter: str, value: Any) -> None:
    if value is None and domain.optional:
        return
    if isinstance(value, int | float | np.number):
        admissible = domain.contains(float(value))
        error: type[Exception] = ValueError
    else:
        admissible = domain is not COUNT and hasattr(value, "dtype") and hasattr(value, "shape")
        error = TypeError
    if not admissible:
        message = INADMISSIBLE.format(
            name=name, parameter=parameter, words=domain.words, value=value
        )
        raise error(message)


_Method = Callable[[Any, Any], jax.Array]


def saturated(y: jax.Array, dtype: Any = None) -> jax.Array:
    """The largest number of a dtype (that of `y`) in place of one beyond it or an infinity."""
    largest = jnp.finfo(y.dtype if dtype is None else dtype).max.astype(y.dtype)
    return jnp.clip(y, -largest, largest)


def rounded_once(method: Callable[[Any, jax.Array], jax.Array]) -> _Method:
    """Give a method of a shape its `x` in float32 or float64, and round its result once.

    In 16 bits every step would lose digits, or overflow. A result beyond the largest number of
    the dtype of `x` becomes that number, not infinity. The method is compiled as one, so that
    outside of `jit` its many small steps are not dispatched one by one.
    """
    compiled: _Method = jax.jit(method, inline=True)

    @functools.wraps(method)
    def wrapper(self: Any, x: ArrayLike) -> jax.Array:
        array = as_input(x, type(self).__name__)
        if array.dtype.itemsize >= 4:
            return compiled(self, array)
        result = compiled(self, array.astype(np.float32))
        return saturated(result, array.dtype).astype(array.dtype)

    return wrapper
