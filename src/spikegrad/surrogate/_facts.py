"""What one would like to know of a gradient's shape: height, area, width, support and tail."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

# Where sech^2 has fallen to a half.
ACOSH_ROOT_2 = math.acosh(math.sqrt(2))
REAL = (-math.inf, math.inf)


class Tail(NamedTuple):
    """How the gradient falls off far from the threshold, on the side where it falls off slower.

    Attributes:
        kind: `"compact"`, `"gaussian"`, `"exponential"`, `"power"`, `"constant"`, `"growing"` or
            `"periodic"`.
        exponent: of a power, positive: the gradient falls as `|x| ** -exponent`.
    """

    kind: str
    exponent: Any = None


COMPACT = Tail("compact")
GAUSSIAN = Tail("gaussian")
EXPONENTIAL = Tail("exponential")
CONSTANT = Tail("constant")
GROWING = Tail("growing")
PERIODIC = Tail("periodic")


class Facts(NamedTuple):
    """The facts of a surrogate gradient.

    Attributes:
        peak: its largest value.
        area: its integral over the real line; infinite, or NaN where it does not converge.
        half_width: half of the width over which it is at least half of its peak, in units of x;
            NaN for what is periodic.
        support: the interval outside which it is 0.
        tail: how it falls off.
    """

    peak: Any
    area: Any
    half_width: Any
    support: tuple[Any, Any]
    tail: Tail


def in_words(facts: Facts) -> dict[str, str]:
    """Each fact by its name, as a person reads it."""
    tail = facts.tail.kind
    if facts.tail.exponent is not None:
        tail = f"|x|^-{float(facts.tail.exponent):.4g}"
    return {
        "peak": _number(facts.peak),
        "area": _number(facts.area),
        "half width": _number(facts.half_width),
        "support": _interval(*map(float, facts.support)),
        "tail": tail,
    }


def _number(value: Any) -> str:
    number = float(value)
    if math.isnan(number):
        return "undefined"
    return f"{number:.4g}" if math.isfinite(number) else "infinite"


def _interval(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "all x"
    if math.isinf(high):
        return f"from {low:.4g} on"
    return f"up to {high:.4g}" if math.isinf(low) else f"{low:.4g} to {high:.4g}"


class Fact:
    """A fact as an attribute of a surrogate; one of the same name that a user sets wins."""

    def __set_name__(self, owner: type, name: str) -> None:
        """Remember under which name the fact is asked for."""
        self.name = name

    def __get__(self, surrogate: Any, owner: type) -> Any:
        """Look it up among the facts of the surrogate."""
        return self if surrogate is None else getattr(surrogate.facts(), self.name)


class Area(Fact):
    """The area of what has it in closed form, and so also under `jit`, though not all facts."""

    def __get__(self, surrogate: Any, owner: type) -> Any:
        """Ask for it alone."""
        return self if surrogate is None else surrogate.closed_area()
