"""The values that a parameter may take, and objects that refuse others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad._pytree import ValueTree, brief

INADMISSIBLE = "{name}: {parameter} has to be {words}, but got {value}."


class Domain(NamedTuple):
    """The numbers that a parameter may take, in words and as a predicate.

    Attributes:
        words: what is allowed, as it follows "has to be".
        contains: whether a number is.
        optional: whether None is.
        arrays: whether an array of such numbers is.
        kinds: of objects that stand for such a number.
        whole: whether the numbers are whole.
    """

    words: str
    contains: Callable[[float], bool]
    optional: bool = False
    arrays: bool = True
    kinds: tuple[type, ...] = ()
    whole: bool = False

    def require(self, name: str, parameter: str, value: Any) -> None:
        """Refuse a value that is none of those.

        Args:
            name: of what has the parameter.
            parameter: as the user wrote it.
            value: what the user wrote. Of an array that is being traced the values are not known.

        Raises:
            ValueError: a number, or one in an array, is outside.
            TypeError: it is neither a number nor an array of them.
        """
        if (value is None and self.optional) or isinstance(value, self.kinds):
            return
        if isinstance(value, int | float | np.number):
            numbers = [value]
        elif self.arrays and _is_numeric(value):
            numbers = np.unique(np.asarray(value)).tolist() if _is_known(value) else []
        else:
            raise TypeError(refusal(name, parameter, self.words, value))
        if not self._contains(numbers):
            raise ValueError(refusal(name, parameter, self.words, value))

    def _contains(self, numbers: list[Any]) -> bool:
        try:
            return all(self.contains(float(number)) for number in numbers)
        except (OverflowError, TypeError):  # A whole number beyond the floats; a complex one.
            return False


class Kind(NamedTuple):
    """The values that a parameter may take which is no number.

    Attributes:
        words: what is allowed, as it follows "has to be".
        contains: whether a value is.
        error: what is raised of others.
        hint: what to write instead of a value, where that can be told.
    """

    words: str
    contains: Callable[[Any], bool]
    error: type[Exception] = ValueError
    hint: Callable[[Any], str] = lambda value: ""

    def require(self, name: str, parameter: str, value: Any) -> None:
        """Refuse a value that is none of those; see `Domain.require`."""
        if not self.contains(value):
            message = refusal(name, parameter, self.words, value)
            raise self.error(f"{message} {self.hint(value)}".rstrip())


def refusal(name: str, parameter: str, words: str, value: Any) -> str:
    """One line about a value that a parameter may not have."""
    return INADMISSIBLE.format(name=name, parameter=parameter, words=words, value=brief(value))


def require_rising(name: str, low: tuple[str, Any], high: tuple[str, Any]) -> None:
    """Refuse an upper edge that is not above the lower one, where both are known.

    Args:
        name: of what has them.
        low: the name of the lower edge, and its value.
        high: the same of the upper edge.

    Raises:
        ValueError: it is not.
    """
    edges = [np.asarray(edge, np.float64) for _, edge in (low, high) if _is_known(edge)]
    if len(edges) == 2 and not np.all(edges[0] < edges[1]):
        raise ValueError(refusal(name, high[0], f"above {low[0]}, {brief(low[1])}", high[1]))


def one_of(*choices: Any) -> Kind:
    """One of a few values."""
    shown = [repr(choice) for choice in choices]
    words = f"{', '.join(shown[:-1])} or {shown[-1]}"
    # Not `value in choices` alone, which compares arrays element by element.
    kinds = tuple(map(type, choices))
    return Kind(words, lambda value: isinstance(value, kinds) and value in choices)


POSITIVE = Domain("a positive finite number", lambda v: 0 < v < math.inf)
NON_NEGATIVE = Domain("a finite number, 0 or more", lambda v: 0 <= v < math.inf)
SHARE = Domain("a number from 0 to 1", lambda v: 0 <= v <= 1)
FINITE = Domain("a finite number", math.isfinite)
COUNT = Domain(
    "a whole number, 1 or more", lambda v: v >= 1 and v.is_integer(), arrays=False, whole=True
)
# Of terms that are written out one by one in what is compiled.
TERMS = COUNT._replace(
    words="a whole number from 1 to 1000", contains=lambda v: 1 <= v <= 1000 and v.is_integer()
)
POSITIVE_OR_NONE = Domain("a positive finite number or None", POSITIVE.contains, optional=True)
POSITIVE_OR_INFINITE = Domain("a positive number or infinity", lambda v: v > 0)
NUMBER = Domain("a number or an infinity", lambda v: not math.isnan(v))
KEY = Kind("a key of jax.random, such as jax.random.key(0)", lambda v: _is_key(v), TypeError)
KEY_OR_NONE = Kind("a key of jax.random or None", lambda v: v is None or _is_key(v), TypeError)
FLAG = Kind("True or False", lambda value: isinstance(value, bool | np.bool_), TypeError)


class Checked(ValueTree):
    """A value that refuses inadmissible parameters, whoever sets them.

    Attributes:
        admissible: the domain of each parameter; a class adds to those of its bases.
    """

    admissible: ClassVar[Mapping[str, Domain | Kind]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        bases = (vars(base).get("admissible", {}) for base in reversed(cls.__mro__))
        cls.admissible = {name: domain for base in bases for name, domain in base.items()}

    def require_whole(self) -> None:
        """Refuse parameters that are admissible each, and not together."""

    def __setattr__(self, name: str, value: Any) -> None:
        domain = self.admissible.get(name)
        if domain is not None:
            domain.require(type(self).__name__, name, value)
        super().__setattr__(name, value)


def _is_key(value: Any) -> bool:
    if not isinstance(value, jax.Array | np.ndarray | jax.ShapeDtypeStruct):
        return False
    kinds = (jax.dtypes.prng_key, jnp.uint32)
    return any(jnp.issubdtype(value.dtype, kind) for kind in kinds)


def _is_numeric(value: Any) -> bool:
    has_shape = hasattr(value, "dtype") and hasattr(value, "shape")
    return has_shape and bool(
        jnp.issubdtype(value.dtype, jnp.number) or jnp.issubdtype(value.dtype, jnp.bool_)
    )


def _is_known(value: Any) -> bool:
    """Whether the numbers of a parameter are at hand."""
    if isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer):
        return not value.is_deleted() and value.is_fully_addressable
    return isinstance(value, int | float | np.number | np.ndarray)
