"""Checks of the pair: the gradient, and the relaxation that it should be the derivative of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from spikegrad.checking._report import Finding, error, note, warning
from spikegrad.checking._subject import GRADIENT, MOVED, RELAXATION, WEIGHTS, Subject, numbers

TOLERANCE = 1e-8  # so that a constant rounded to float32 shows
SETTLED = 1e-6
MANY = 8  # cells beyond the domain
SERIOUS = 1e-3  # a relative disagreement that is no epsilon somewhere in the formula
EPSILON = float(np.finfo(np.float64).eps)
NO_RELAXATION = (
    "There is no surrogate_fun, so nothing says what the gradient is the derivative of.",
    "Nothing to do: it is optional, and antiderivative(x) integrates numerically.",
)


class Cells(NamedTuple):
    """A line of small intervals: slope of the relaxation and mean gradient over each.

    Attributes:
        x: the middle of each.
        width: of each.
        slope: of the relaxation, from one end to the other.
        gradient: its mean, by quadrature.
        off: by how much the two differ, beyond what rounding, a kink or a jump explains.
        smooth: whether the quadrature is exact.
    """

    x: np.ndarray
    width: np.ndarray
    slope: np.ndarray
    gradient: np.ndarray
    off: np.ndarray
    smooth: np.ndarray


def _cells(subject: Subject, moved: bool) -> Cells:
    edges = subject.edges(moved)
    lo, hi = edges[:-1], edges[1:]
    middle, width = (lo + hi) / 2, hi - lo
    beyond = np.abs(middle) > max(map(abs, subject.domain))
    with np.errstate(all="ignore"):
        # Over the whole, and over its halves: where they agree, the quadrature is exact.
        gradients = subject.double(GRADIENT, "nodes", moved)
        relaxation = subject.double(RELAXATION, "edges", moved)
        means = gradients @ WEIGHTS / 2
        mean = (means[1] + means[2]) / 2
        slope = np.diff(relaxation) / width
        peak = np.max(np.abs(gradients[:, ~beyond]))
        doubt = np.abs(means[0] - mean)
        smooth = doubt <= 1e-9 * (np.abs(mean) + SETTLED * peak)
        low, high = gradients.min((0, 2)), gradients.max((0, 2))
        # Whatever the gradient does between the nodes, its mean lies between its smallest and
        # largest.
        outside = np.maximum(slope - high, low - slope)
        ends = np.maximum(np.abs(relaxation[:-1]), np.abs(relaxation[1:]))
        largest = np.maximum(ends, np.max(ends[~beyond]))
        allowed = TOLERANCE * (np.abs(mean) + SERIOUS * peak) + 8 * EPSILON * largest / width
        off = np.where(smooth, np.abs(slope - mean), outside) - (allowed + doubt)
    # Beyond the domain, cells are wide: a few that are off may have missed something narrow.
    known = smooth & np.isfinite(slope) & np.isfinite(mean)
    unknown = beyond & (~known | (np.count_nonzero(known & beyond & (off > 0)) < MANY))
    slope, mean = (np.where(unknown, 0.0, values) for values in (slope, mean))
    return Cells(middle, width, slope, mean, np.where(unknown, -1.0, off), smooth & ~unknown)


def gradient_is_derivative(subject: Subject) -> Iterator[Finding]:
    """surrogate_grad is the derivative of surrogate_fun, also at other parameters."""
    if RELAXATION not in subject.methods():
        yield note(*NO_RELAXATION)
        return
    for moved in (False, True):
        try:
            if moved and not numbers(subject.surrogate):
                return
            subject.doubled(moved)
        except Exception:  # The class takes no such parameters.
            return
        cells = _cells(subject, moved)
        if not (np.isfinite(cells.slope).all() and np.isfinite(cells.gradient).all()):
            return  # That is for another check to say.
        if (cells.off > 0).any():
            yield _disagreement(subject, cells, moved)
            return


def _disagreement(subject: Subject, cells: Cells, moved: bool) -> Finding:
    # By how much the rise over a cell differs: a slope alone would be largest where a cell is tiny.
    missed = np.where(cells.off > 0, np.abs(cells.slope - cells.gradient), 0) * cells.width
    worst = int(np.argmax(missed))
    x, slope, gradient = (float(a[worst]) for a in (cells.x, cells.slope, cells.gradient))
    with_moved = f" with {MOVED} times {', '.join(numbers(subject.surrogate))}" if moved else ""
    slopes = np.maximum(np.abs(cells.slope), np.abs(cells.gradient)) * cells.width
    usual = (subject.domain[1] - subject.domain[0]) / 128
    wide = (cells.width > SERIOUS * usual) | (np.abs(cells.x) > usual)
    serious = (wide & (missed > SERIOUS * slopes)).any() or missed.sum() > SERIOUS * slopes.sum()
    report = error if serious else warning
    return report(
        f"they differ most at x = {x:.4g}{with_moved}: the slope of surrogate_fun is {slope:.6g} "
        f"there, and surrogate_grad is {gradient:.6g}.",
        _remedy(cells, moved),
        x,
    )


def _remedy(cells: Cells, moved: bool) -> str:
    main = np.abs(cells.gradient) > 1e-3 * np.max(np.abs(cells.gradient))
    ratio = cells.slope[main & cells.smooth] / cells.gradient[main & cells.smooth]
    if not ratio.size or np.ptp(ratio) > SERIOUS * np.max(np.abs(ratio)):
        return (
            "Let surrogate_grad be what jax.grad of surrogate_fun gives, and compare the two where "
            "they differ."
        )
    factor = float(np.median(ratio))
    if abs(factor + 1) < SERIOUS:
        return "Turn the sign of one of the two: they are each other's negative everywhere."
    depends = ", which depends on the parameters" if moved else ""
    return f"Multiply surrogate_grad by {factor:.6g}{depends}: that is the ratio everywhere."


def relaxation_limits(subject: Subject) -> Iterator[Finding]:
    """surrogate_fun goes from 0 to 1, or it is said between what."""
    if RELAXATION not in subject.methods():
        return
    low, high = (_limit(*map(float, pair)) for pair in subject.double(RELAXATION, "far"))
    subject.facts["limits"] = low, high
    if (low, high) == (0, 1):
        yield note("surrogate_fun goes from 0 to 1.")
        return
    left, right = ("no limit" if at is None else f"{at:.10g}" for at in (low, high))
    yield warning(
        f"surrogate_fun goes from {left} on the left to {right} on the right, not from 0 to 1.",
        "Nothing to do if you mean that; else add a constant, or divide both methods by the area.",
    )


def _limit(near: float, farthest: float) -> float | None:
    """What it has come to, as a round number where it is still on its way to one."""
    settling = abs(farthest - near)
    if settling > SETTLED * max(abs(farthest), 1.0):
        return None
    close = round(farthest, 6)
    off = abs(farthest - close) > 8 * settling + 1e-10
    return round(farthest, 10 if off else 6) + 0.0
