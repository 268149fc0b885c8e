"""Numbers as a person writes them."""

from __future__ import annotations

import functools
import itertools
import math
import re
from fractions import Fraction

# As exact as a constant that was computed in a few operations.
TOLERANCE = 4 * 2.0**-52
LONG = re.compile(r"(?<![\w.])\d+\.\d{6,}(?:e[+-]?\d+)?(?![\w.])")


def written(number: float) -> str:
    """A number in the fewest signs that say it exactly: `0.3`, `4`, `1/3`, `1/(2π)`, `sqrt(2)`.

    What is no simple fraction, of pi or of a root perhaps, keeps all of its digits.
    """
    short = f"{number:g}"
    if not math.isfinite(number) or float(short) == number:
        return short
    sign, size = ("-", -number) if number < 0 else ("", number)
    for value, text in _constants():
        if abs(value - size) <= TOLERANCE * size:
            return sign + text
    return repr(number)


def readable(text: str) -> str:
    """What Python writes, such as the `repr` of a surrogate, with its numbers `written`."""
    return LONG.sub(lambda found: written(float(found[0])), text)


@functools.cache
def _constants() -> list[tuple[float, str]]:
    """Constants and how they are written, the simplest first."""
    ratios = {Fraction(p, q) for p, q in itertools.product(range(1, 13), repeat=2)}
    simplest = sorted(ratios, key=lambda ratio: (ratio.numerator + ratio.denominator, ratio))
    found = [
        (float(ratio) * math.pi**power, _fraction(ratio, power))
        for power in (0, 1, -1)
        for ratio in simplest
    ]
    return found + [(math.sqrt(value), _root(text)) for value, text in found]


def _fraction(ratio: Fraction, power: int) -> str:
    """A ratio times pi to the power of 1, 0 or -1."""
    above, below = _times_pi(ratio.numerator, power > 0), _times_pi(ratio.denominator, power < 0)
    if below == "1":
        return above
    return f"{above}/({below})" if power < 0 and below != "π" else f"{above}/{below}"


def _times_pi(factor: int, has_pi: bool) -> str:
    if not has_pi:
        return str(factor)
    return "π" if factor == 1 else f"{factor}π"


def _root(text: str) -> str:
    inverse = text.removeprefix("1/")
    return f"sqrt({text})" if inverse == text else f"1/sqrt({inverse.strip('()')})"
