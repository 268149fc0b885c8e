"""Numbers of a surrogate that are right in Python, and that a training in float32 cannot use."""

from __future__ import annotations

import math
from typing import Any

from spikegrad.lab.domains import LARGEST, SMALLEST
from spikegrad.surrogate import Surrogate

# Terms of a series; each is a part of the compiled code, so that many more never end to compile.
MOST = 1000
ROUNDED = "{parameter} of {name} is {value!r}, which float32 rounds to {rounded}"
TOO_MANY = "{parameter} of {name} is {value!r}, and at most {most} can be trained with"


class NotHeldError(ValueError):
    """A number that cannot be trained with.

    Args:
        message: says which parameter of what.
        parameter: the same.
    """

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


def require(surrogate: Surrogate) -> None:
    """Refuse a number that float32 rounds to infinity, or to a 0 that its parameter cannot be.

    Args:
        surrogate: with all that it is made of.

    Raises:
        NotHeldError: there is one.
    """
    for parameter, value in vars(surrogate).items():
        for part in value if isinstance(value, tuple | list) else (value,):
            if isinstance(part, Surrogate):
                require(part)
            elif isinstance(part, int | float) and not isinstance(part, bool):
                _require_number(surrogate, parameter, part)


def _require_number(surrogate: Surrogate, parameter: str, value: float) -> None:
    domain: Any = getattr(surrogate, "admissible", {}).get(parameter)
    said = {"parameter": parameter, "name": type(surrogate).__name__, "value": value}
    if LARGEST < abs(value) < math.inf:
        raise NotHeldError(ROUNDED.format(**said, rounded="infinity"), parameter)
    if 0 < abs(value) < SMALLEST and domain and not domain.contains(0.0):
        raise NotHeldError(ROUNDED.format(**said, rounded="0"), parameter)
    if domain and value > MOST and value < math.inf and not domain.contains(MOST + 0.5):
        raise NotHeldError(TOO_MANY.format(**said, most=MOST), parameter)
