"""Surrogates made alike in height or area, so that what is compared is their shape.

Herranz-Celotti and Rouat (2022), "Stabilizing Spiking Neuron Training", compare shapes of peak 1
and area 1, and then vary two knobs: `dampened` and `widened`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax

from spikegrad._domains import POSITIVE, one_of
from spikegrad.surrogate._base import SURROGATE, Surrogate

NOT_FINITE = "{function}: {surrogate!r} has {article} {measure} of {value}; it has to be {words}."


class _Squared(Surrogate):
    def __init__(self, surrogate: Surrogate) -> None:
        super().__init__()
        self.surrogate = surrogate

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return self.surrogate.surrogate_grad(x) ** 2


def energy(surrogate: Surrogate) -> float:
    """The integral of the squared gradient over the real line, by quadrature."""
    from spikegrad.surrogate import _numeric

    return _numeric.area(_numeric.table(_Squared(surrogate)))


# By its name, what is measured, and how many times a gradient is to be multiplied by itself for it.
MEASURES: Mapping[str, tuple[Callable[[Surrogate], Any], float]] = {
    "peak": (lambda surrogate: surrogate.peak, 1.0),
    "area": (lambda surrogate: surrogate.area, 1.0),
    "energy": (energy, 2.0),
}


def _measured(function: str, surrogate: Surrogate, measure: str) -> Any:
    SURROGATE.require(function, "surrogate", surrogate)
    value = MEASURES[measure][0](surrogate)
    known = isinstance(value, int | float)
    if known and not 0 < value < math.inf:
        raise ValueError(
            NOT_FINITE.format(
                function=function,
                surrogate=surrogate,
                article="a" if measure == "peak" else "an",
                measure=measure,
                value=value,
                words=POSITIVE.words,
            )
        )
    return value


def normalised(surrogate: Surrogate, by: str = "peak") -> Surrogate:
    """The same gradient scaled so that its peak, its area or its energy is 1.

    Args:
        surrogate: any surrogate.
        by: `"peak"`; `"area"`, the integral; or `"energy"`, the integral of the square.

    Raises:
        ValueError: `by` is none of these, or the surrogate's is infinite or not positive.

    Examples:
        >>> from spikegrad.surrogate import Sigmoid, normalised
        >>> normalised(Sigmoid(8.0), by="peak")
        0.5 * Sigmoid(alpha=8.0)
    """
    one_of(*MEASURES).require("normalised", "by", by)
    SURROGATE.require("normalised", "surrogate", surrogate)
    power = MEASURES[by][1]
    return surrogate.dampened(_measured("normalised", surrogate, by) ** (-1 / power))


def matched(surrogate: Surrogate, peak: float = 1.0, area: float = 1.0) -> Surrogate:
    """The same gradient scaled and widened so that it has this peak and this area.

    Args:
        surrogate: any surrogate of finite area.
        peak: the height, positive.
        area: the integral, positive.

    Raises:
        ValueError: a target is not positive and finite, or the surrogate's is not.

    Examples:
        >>> from spikegrad.surrogate import SlayerGrad, matched
        >>> matched(SlayerGrad(1.0), peak=2.0, area=2.0)
        2.0 * SlayerGrad(alpha=1.0).widened(0.5)
    """
    for name, value in (("peak", peak), ("area", area)):
        POSITIVE.require("matched", name, value)
    height = peak / _measured("matched", surrogate, "peak")
    width = area / (height * _measured("matched", surrogate, "area"))
    return surrogate.widened(width).dampened(height)
