"""What the shipped shapes share: admissible parameters, and results rounded once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import jax
from jax.typing import ArrayLike

from spikegrad._domains import Checked
from spikegrad.surrogate._base import Integrated, as_input
from spikegrad.surrogate._exact import in_float32


class Shape(Checked, Integrated):
    """A surrogate that spikegrad ships: final, exact, with checked parameters.

    A Python number outside its admissible range is refused with a `ValueError` that names the
    parameter; an array, traced or not, is taken as it is.
    """

    family: ClassVar[str]
    _compiles = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
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
