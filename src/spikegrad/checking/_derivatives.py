"""Checks of what JAX makes of the methods when it differentiates them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from spikegrad.checking._report import Finding, error, warning
from spikegrad.checking._subject import (
    GRADIENT,
    RELAXATION,
    SHIFTS,
    Subject,
    in_chunks,
    in_dtype,
    numbers,
    rebuilt,
)
from spikegrad.surrogate._numeric import _x64

MARGIN, LARGE = 128, 1e30
OFF = 0.02  # a relative error that float32 and finite differences do not explain
STEP = 2.0**-12
USES = {GRADIENT: "second derivatives", RELAXATION: "training on the relaxation"}
CUT = (
    "If that is meant, nothing to do; else leave out jax.lax.stop_gradient, and give a custom "
    "derivative rule one that can be differentiated."
)


def differentiates(subject: Subject) -> Iterator[Finding]:
    """JAX can differentiate both methods, and what it gives is their derivative."""
    for method in subject.methods():
        x, slope = subject.inputs("float32"), subject.slopes(method)
        # Where a value itself is not finite, or almost, is for another check to say.
        bad = ~np.isfinite(slope) & (np.abs(subject.values(method, "float32").y) < LARGE)
        bad &= np.abs(x) <= MARGIN * max(map(abs, subject.domain))
        if bad.any():
            place = float(np.abs(x[bad]).min())
            place = place if place in x[bad] else -place
            yield warning(
                f"the derivative that JAX takes of {method} is {slope[x == place][0]:g} at "
                f"x = {place:.4g}, so {USES[method]} will not work there.",
                "Give jnp.where arguments that both of its branches can take: the branch that is "
                "not taken is differentiated too.",
                place,
            )
        yield from _compared(subject, method)


def _compared(subject: Subject, method: str) -> Iterator[Finding]:
    """JAX's derivative against differences of the values beside each place."""
    x, got = subject.inputs("float32").astype(np.float64), subject.slopes(method)
    at, above, below = subject.double(method, "float32")
    step = float(np.finfo(np.float32).eps) * SHIFTS[1] * x
    inside = (x != 0) & (np.abs(x) <= max(map(abs, subject.domain))) & np.isfinite(got)
    with np.errstate(all="ignore"):
        right, left = (above - at) / step, (at - below) / step
        true = (above - below) / (2 * step)
        # Where both sides agree, and rounding does not count: no corner, no tail.
        plain = inside & (np.abs(right - left) <= OFF / 4 * np.abs(true))
        plain &= np.abs(true * x) > 1e-3 * np.max(np.abs(at[inside]))
        wrong = plain & (np.abs(got - true) > OFF * np.abs(true))
    if np.count_nonzero(wrong) < max(4, np.count_nonzero(plain) / 10):
        return
    worst = int(np.argmax(np.where(wrong, np.abs((got - true) * x), 0)))
    found = (
        f"the derivative that JAX takes of {method} is {got[worst]:.4g} at x = {x[worst]:.4g}, "
        f"where the values rise by {true[worst]:.4g}, so {USES[method]} will be wrong."
    )
    report = warning if not got[wrong].any() else error
    yield report(found, CUT, float(x[worst]))


def parameters_differentiate(subject: Subject) -> Iterator[Finding]:
    """JAX's derivative by a parameter is that of the gradient."""
    values = numbers(subject.surrogate)
    try:
        slopes = subject.parameter_slopes() if values else {}
    except Exception:  # With arrays for parameters it cannot be traced, as another check says.
        return
    x = subject.inputs("float32").astype(np.float64)
    x = x[np.abs(x) <= max(map(abs, subject.domain))]
    for name, got in slopes.items():
        if not 0 < abs(float(values[name])) < math.inf:
            continue
        try:
            sides = [
                _total(subject, name, float(values[name]) * (1 + by), x)
                for by in (-STEP, 0.0, STEP)
            ]
        except Exception:  # The class takes no such value, or not by that name.
            continue
        step = STEP * float(values[name])
        left, right = (sides[1] - sides[0]) / step, (sides[2] - sides[1]) / step
        true = (left + right) / 2
        if not np.isfinite([true, got]).all() or abs(left - right) > OFF / 4 * abs(true):
            continue
        # What is small beside the values themselves is their rounding.
        least = max(abs(true), abs(sides[1] / float(values[name])) * 1e-3)
        if abs(got - true) > OFF * least:
            report = warning if got == 0 else error
            yield report(
                f"the derivative that JAX takes of surrogate_grad by {name} is {got:.4g}, summed "
                f"over places in the domain, where the values rise by {true:.4g}.",
                CUT,
            )


def _total(subject: Subject, name: str, value: float, x: np.ndarray) -> float:
    with _x64():
        moved = in_dtype(rebuilt(subject.surrogate, {name: jnp.asarray(value)}), "float64")
    return float(np.sum(in_chunks(moved, GRADIENT, x)))
