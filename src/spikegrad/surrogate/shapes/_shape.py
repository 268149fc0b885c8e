"""What the shipped shapes share: how parameters are declared, and results rounded once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, ClassVar, dataclass_transform

import jax
from jax.typing import ArrayLike

from spikegrad._domains import Checked, Domain
from spikegrad.surrogate._base import Integrated, as_input
from spikegrad.surrogate._exact import in_float32

_DOMAIN = "domain"


def parameter(default: Any, domain: Domain) -> Any:
    """A parameter of a shape: its default, and the values that it may take."""
    return dataclasses.field(default=default, metadata={_DOMAIN: domain})


@dataclass_transform(eq_default=False, field_specifiers=(parameter,))
@dataclasses.dataclass(eq=False, repr=False)
class Shape(Checked, Integrated):
    """A surrogate that spikegrad ships: final, exact, with checked parameters.

    A shape declares each parameter once, `alpha: ArrayLike = parameter(1.0, POSITIVE)`; `__init__`
    and its signature follow. A Python number outside the admissible range is refused with a
    `ValueError` that names the parameter; an array, traced or not, is taken as it is.
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
