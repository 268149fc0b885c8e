"""The values that a setting may take, in words for a person and as a predicate for the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

# The lab computes in float32, and XLA takes a number below the least normal one for 0.
SMALLEST = float(np.finfo(np.float32).smallest_normal)
LARGEST = float(np.finfo(np.float32).max)


class Domain(NamedTuple):
    """A set of values, in words and as a predicate."""

    words: str
    contains: Callable[[Any], bool]


def whole(low: int, high: int) -> Domain:
    """The whole numbers from `low` to `high`."""
    return Domain(
        f"a whole number from {low} to {high}",
        lambda value: type(value) is int and low <= value <= high,
    )


def one_of(names: Iterable[str]) -> Domain:
    """One of a few words."""
    allowed = tuple(names)
    words = " or ".join(filter(None, (", ".join(allowed[:-1]), allowed[-1])))
    return Domain(words, lambda value: value in allowed)


def _number(value: Any) -> bool:
    return type(value) in (int, float)


POSITIVE = Domain(
    "a positive finite number that float32 holds",
    lambda v: _number(v) and SMALLEST <= v <= LARGEST,
)
NUMBER = Domain(
    "a finite number that float32 holds", lambda v: _number(v) and -LARGEST <= v <= LARGEST
)
SHARE = Domain("a number from 0 to 1", lambda v: _number(v) and 0 <= v <= 1)
