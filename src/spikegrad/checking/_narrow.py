"""What is narrow in a line of values: needles, and jumps between two slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

BESIDE = 4  # points of the line to either side of a needle
NEEDLE = 1e-3  # how high it is, of the largest value
FEW = 4  # more of them are a texture, which is meant
MOST = 64  # jumps looked at
FINER, TIMES = 64, 6  # into how many parts an interval is cut, and how often


class Needle(NamedTuple):
    """Something narrow in a gradient: where, how high above what is beside it, and how wide."""

    x: float
    height: float
    width: float


class Jump(NamedTuple):
    """A place, and the values just below and above it."""

    x: float
    below: float
    above: float


def needles(x: np.ndarray, y: np.ndarray) -> list[Needle]:
    """The needles in a line of values, if they are few."""
    k = BESIDE
    middle = y[2 * k : -2 * k]
    far_left, left, right, far_right = (y[k * i : len(y) - k * (4 - i)] for i in (0, 1, 3, 4))
    low, high = np.minimum(left, right), np.maximum(left, right)
    out = np.maximum(np.maximum(low - middle, middle - high), 0.0)
    flat = np.maximum(np.abs(far_left - left), np.abs(far_right - right)) < 0.2 * out
    step = float(x[1] - x[0])
    found = flat & (out > NEEDLE * np.max(np.abs(y))) & (np.abs(x[2 * k : -2 * k]) > 64 * step)
    at = np.flatnonzero(found)
    groups = np.split(at, np.flatnonzero(np.diff(at) > 2 * k) + 1) if at.size else []
    if len(groups) > FEW:
        return []
    tops = [group[np.argmax(out[group])] for group in groups]
    return [
        Needle(float(x[2 * k + top]), float(out[top]), step * (len(group) + 1))
        for top, group in zip(tops, groups, strict=True)
    ]


def jumps(gradient: Callable[[np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray) -> list[Jump]:
    """Where a gradient jumps, and neither is 0 nor constant on either side; not at 0."""
    rise = np.diff(y)
    with np.errstate(all="ignore"):
        here, before, after = np.abs(rise[1:-1]), np.abs(rise[:-2]), np.abs(rise[2:])
        least = np.minimum(np.abs(y[1:-2]), np.abs(y[2:-1]))
        sudden = (here > 20 * np.maximum(before, after)) & (here > 1e-3 * least)
        sudden &= (here < 100 * least) & (np.minimum(before, after) > 1e-9 * least)
        sudden &= x[1:-2] * x[2:-1] > 0
    at = np.flatnonzero(sudden)[:MOST] + 1
    if not at.size:
        return []
    left, right, each = x[at], x[at + 1], np.arange(at.size)
    for _ in range(TIMES):
        inner = np.linspace(left, right, FINER + 1)
        values = gradient(inner.ravel()).reshape(inner.shape)
        most = np.argmax(np.abs(np.diff(values, axis=0)), axis=0)
        left, right = inner[most, each], inner[most + 1, each]
    below, above = values[most, each], values[most + 1, each]
    # What is steep and no jump has shrunk with its interval.
    real = np.abs(above - below) > np.abs(rise[at]) / 2
    return [Jump(*map(float, found)) for found in np.stack([left, below, above], 1)[real]]
