"""The values that a parameter may take, and objects that refuse others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from spikegrad._pytree import ValueTree

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


class Checked(ValueTree):
    """A value that refuses inadmissible Python numbers, whoever sets them.

    Attributes:
        admissible: the domain of each parameter.
    """

    admissible: ClassVar[Mapping[str, Domain]] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        domain = self.admissible.get(name)
        if domain is not None:
            _require(domain, type(self).__name__, name, value)
        super().__setattr__(name, value)


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
