"""The curves of a surrogate over a range of x that shows its shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikegrad.surrogate import Scaled, Shifted, Summed, Surrogate
from spikegrad.surrogate._facts import Facts

NOT_SURROGATES = (
    "{name} has to hold surrogates, but got {got!r}. spikegrad.surrogate.get makes one from a name."
)
NOT_SCALAR = (
    "{name} is drawn with a number for each parameter, but got an array in {surrogate!r}. "
    "Make one surrogate for each of its values."
)
# A narrow bump among 1001 points could fall between two of them.
POINTS = 4001
# How many half widths there are from the middle to the edge of a picture.
HALF_WIDTHS = 6.0
GAUSSIAN_HALF_WIDTHS = 3.5

Curve = Callable[[ArrayLike], NDArray[np.float64]]


def surrogates_in(name: str, values: Iterable[Surrogate]) -> list[Surrogate]:
    """The surrogates among the values of an argument, which have to be all of them.

    Args:
        name: of the argument.
        values: what it got.

    Raises:
        TypeError: one of them is no surrogate.
        ValueError: there is none, or one has an array of parameters.
    """
    found = list(values) if isinstance(values, Iterable) else [values]
    if isinstance(values, str) or not all(isinstance(value, Surrogate) for value in found):
        raise TypeError(NOT_SURROGATES.format(name=name, got=values))
    if not found:
        raise ValueError(f"{name} has to hold a surrogate or more, but got none.")
    for surrogate in found:
        if not _is_one_curve(surrogate):
            raise ValueError(NOT_SCALAR.format(name=name, surrogate=surrogate))
    return found


def _is_one_curve(surrogate: Surrogate) -> bool:
    """Whether a number as x gives a number, whatever arrays the surrogate holds."""
    if not any(map(np.ndim, jax.tree.leaves(surrogate))):
        return True
    try:
        return not np.ndim(surrogate.surrogate_grad(jnp.zeros(())))
    except (TypeError, ValueError):
        return False


def curve(method: Callable[..., object]) -> Curve:
    """A method of a surrogate as a function of NumPy arrays."""

    def evaluated(x: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(x, np.float32)
        values = np.asarray(method(jnp.asarray(array)), np.float64)
        return np.broadcast_to(values, array.shape)

    return evaluated


def points(surrogates: Iterable[Surrogate]) -> NDArray[np.float64]:
    """Values of x over which the shape of each is seen, the threshold at 0 among them."""
    lows, highs = zip(*map(_span, surrogates), strict=True)
    low, high = min(lows), max(highs)
    x = np.linspace(low, high, POINTS)
    # A corner or a jump at the threshold belongs where it is, not beside it.
    x[np.abs(x).argmin()] = 0.0
    return x


def _span(surrogate: Surrogate) -> tuple[float, float]:
    """From where to where the shape is seen, the threshold well inside."""
    if isinstance(surrogate, Scaled):
        return _span(surrogate.surrogate)
    if isinstance(surrogate, Summed):
        lows, highs = zip(*map(_span, surrogate.surrogates), strict=True)
        return min(lows), max(highs)
    if isinstance(surrogate, Shifted):
        low, high = _span(surrogate.surrogate)
        margin, x0 = (high - low) / 10, np.asarray(surrogate.x0).item()
        return min(low + x0, -margin), max(high + x0, margin)
    reach = _reach(surrogate.facts(), curve(surrogate.surrogate_grad))
    # Two digits, so that the numbers on the axis are short.
    digit = 10.0 ** (math.floor(math.log10(reach)) - 1)
    reach = math.ceil(reach / digit - 1e-6) * digit
    return -reach, reach


def _reach(facts: Facts, gradient: Curve) -> float:
    """How far to either side of 0 the shape is seen."""
    if facts.tail.kind == "periodic":
        return _repeated(gradient)
    if facts.tail.kind == "constant":
        return _settled(gradient)
    half_width = float(facts.half_width)
    if not (math.isfinite(half_width) and half_width > 0):
        return _grown(gradient)
    reach = half_width * (GAUSSIAN_HALF_WIDTHS if facts.tail.kind == "gaussian" else HALF_WIDTHS)
    edges = [abs(float(edge)) for edge in facts.support if math.isfinite(edge)]
    if facts.tail.kind == "compact":
        return 1.5 * max(edges)
    return reach + max(edges, default=0.0)


_DISTANCES = 2.0 ** np.arange(-12, 11, 0.125)


def _settled(gradient: Curve) -> float:
    """Twice the distance from which on a gradient is nearly the constant it ends at."""
    sides = [gradient(sign * _DISTANCES) for sign in (-1, 1)]
    tolerance = 0.05 * float(np.ptp(np.concatenate(sides)))
    moving = [_DISTANCES[np.abs(side - side[-1]) > tolerance] for side in sides]
    return 2.0 * max((float(side[-1]) for side in moving if len(side)), default=0.5)


def _grown(gradient: Curve) -> float:
    """The distance at which a gradient without bound is ten times that at the threshold."""
    at_threshold = np.abs(gradient(0.0))
    larger = np.maximum(*(np.abs(gradient(sign * _DISTANCES)) for sign in (-1, 1)))
    return float(min(_DISTANCES[larger > 10 * at_threshold], default=1.0))


def _repeated(gradient: Curve) -> float:
    """The first distance within which a periodic gradient has three peaks or more."""
    for reach in 2.0 ** np.arange(-3, 10, 0.5):
        y = gradient(np.linspace(-reach, reach, POINTS))
        inner = y[1:-1]
        is_peak = (inner >= y[:-2]) & (inner > y[2:]) & (inner > 0.9 * y.max())
        if np.count_nonzero(is_peak) >= 3:
            return float(reach)
    return 1.0
