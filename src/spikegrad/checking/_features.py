"""Checks of what a formula hardly means: lone values, needles, and jumps between slopes."""

from __future__ import annotations

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from spikegrad.checking._report import Finding, error, warning
from spikegrad.checking._subject import RELAXATION, Subject, shipped

LONE = 1e-9  # by how much of the largest value a lone one has to stand out
MEANT = "Nothing to do if you mean that; else look for a comparison that goes wrong there."


def lone_value(subject: Subject) -> Iterator[Finding]:
    """No single place, 0 or -0.0 or a round number, has a value unlike those on both its sides."""
    for method in subject.methods():
        found = next(_lone(subject, method), None)
        if found:
            place, value, left, right, where = found
            yield error(
                f"{method} is {value:.4g} at x = {place:.4g}{where} alone: it is {left:.4g} just "
                f"below and {right:.4g} just above.",
                "Let a comparison take in its limit: x >= 0, not x > 0, and no division by x.",
                place,
            )


def _lone(subject: Subject, method: str) -> Iterator[tuple[float, float, float, float, str]]:
    for dtype in subject.dtypes:
        y = subject.values(method, dtype).y
        middle = len(y) // 2
        left, right = y[middle - 2], y[middle + 1]
        # At a cusp it rises no further than it has risen before.
        risen = max(abs(left - y[middle - 3]), abs(right - y[middle + 2]))
        allowed = 2 * risen + 4 * float(jnp.finfo(dtype).eps) * np.abs(y).max()
        for place, value in ((0.0, y[middle]), (-0.0, y[middle - 1])):
            if _outside(value, left, right) > allowed:
                yield place, value, left, right, f" in {dtype}"
    left, at, right = subject.double(method, "round")
    out = _outside(at, left, right)
    out[~np.isfinite(out)] = 0.0
    worst = int(np.argmax(out))
    if out[worst] > LONE * np.max(np.abs(at)):
        place = float(subject.round_numbers()[worst])
        yield place, float(at[worst]), float(left[worst]), float(right[worst]), ""


def _outside(value: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """By how much a value is not between two others."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    beyond: np.ndarray = np.maximum(np.maximum(low - value, value - high), 0.0)
    return beyond


def features(subject: Subject) -> Iterator[Finding]:
    """No needle far from 0, and no jump from one slope to another, without a relaxation for it."""
    if shipped(subject.surrogate):
        return  # Whoever puts it together means what it then is.
    for x, height, width in () if RELAXATION in subject.methods() else subject.needles(False):
        yield warning(
            f"surrogate_grad has a needle {height:.3g} high and about {width:.2g} wide at "
            f"x = {x:.4g}.",
            MEANT,
            x,
        )
    for x, below, above in () if subject.needles(False) else subject.jumps():
        small = abs(above - below) < 1e-8 * np.max(np.abs(subject.dense(False)[1]))
        if RELAXATION not in subject.methods() or small:
            yield warning(
                f"surrogate_grad jumps from {below:.4g} to {above:.4g} at x = {x:.4g}, and falls "
                "or rises on both sides of it.",
                MEANT,
                x,
            )
            return
