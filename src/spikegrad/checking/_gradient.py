"""Checks of what the gradient is like: at the threshold, on both sides, and as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np

from spikegrad.checking._report import Finding, error, note, warning
from spikegrad.checking._subject import GRADIENT, RELAXATION, Subject, shipped
from spikegrad.surrogate import Surrogate, _numeric
from spikegrad.surrogate._facts import Facts, in_words

NEAR = 2.0**-30
ALMOST = 0.1


def learns_at_threshold(subject: Subject) -> Iterator[Finding]:
    """The gradient at the threshold is above 0, so that a neuron near it learns."""
    x, y = subject.inputs("float32"), subject.double(GRADIENT, "float32")[0]
    if not np.any(y):
        yield error(
            "surrogate_grad is 0 everywhere, so nothing in front of it is trained.",
            "Look for a parameter at which the formula vanishes.",
        )
        return
    scale = np.max(np.abs(y[np.abs(x) <= 1]))
    near = y[np.abs(x) <= NEAR]
    if near.min() < -1e-6 * scale:
        yield warning(
            f"surrogate_grad is {near.min():.4g} at the threshold: what should make a neuron fire "
            "keeps it from it.",
            "Turn its sign, unless you mean that.",
            0.0,
        )
    elif near.max() <= 1e-6 * scale:
        yield warning(
            "surrogate_grad is 0 at the threshold and close to it, where neurons decide.",
            "Put its maximum at x = 0: x is the membrane potential minus the threshold.",
            0.0,
        )


def symmetric(subject: Subject) -> Iterator[Finding]:
    """The gradient is the same above and below the threshold, or it is said where it is not."""
    x, y = subject.inputs("float32"), subject.double(GRADIENT, "float32")[0]
    if not np.isfinite(y).all():
        return  # That is for another check to say.
    inside = np.abs(x) <= max(map(abs, subject.domain))
    difference = np.where(inside, np.abs(y - y[::-1]), 0.0)
    worst = int(np.argmax(difference))
    even = bool(difference[worst] <= 1e-9 * np.max(np.abs(y[inside])))
    subject.facts["symmetric"] = even
    if even:
        yield note("surrogate_grad is symmetric about the threshold.")
        return
    place = abs(float(x[worst]))
    above, below = y[x == place][0], y[x == -place][0]
    if (
        _almost(y, inside)
        and RELAXATION not in subject.methods()
        and not shipped(subject.surrogate)
    ):
        yield warning(
            f"surrogate_grad is almost symmetric, but not quite: {above:.6g} at x = {place:.4g}, "
            f"{below:.6g} at x = {-place:.4g}.",
            "Nothing to do if you mean that; else compare what is computed on either side.",
            place,
        )
        return
    yield note(
        f"surrogate_grad is not symmetric: {above:.4g} at x = {place:.4g}, {below:.4g} at "
        f"x = {-place:.4g}.",
        "Nothing to do if you mean that.",
        place,
    )


def _almost(y: np.ndarray, inside: np.ndarray) -> bool:
    """Whether both sides are so close that one would take them for equal."""
    largest = np.maximum(np.abs(y), np.abs(y[::-1]))
    judged = inside & (largest > 1e-6 * np.max(largest[inside]))
    return bool((np.abs(y - y[::-1])[judged] <= ALMOST * largest[judged]).all())


class _Compiled:
    """In place of a surrogate, its gradient compiled in one piece."""

    def __init__(self, surrogate: Surrogate) -> None:
        self.surrogate_grad = jax.jit(surrogate.surrogate_grad)


def shape(subject: Subject) -> Iterator[Finding]:
    """Peak, area, half width, support and tail, for you to compare with what you meant."""
    if not np.isfinite(subject.double(GRADIENT, "float32")).all():
        return  # That is for another check to say, and has no area.
    surrogate = subject.surrogate
    knows = type(surrogate).facts is not Surrogate.facts
    facts = surrogate.facts() if knows else _computed(surrogate)
    subject.facts.update(facts._asdict())
    yield note(describe(facts), "Compare with what you meant.")


def _computed(surrogate: Surrogate) -> Facts:
    try:
        return _numeric.facts(_Compiled(surrogate))
    except Exception:  # What jit cannot take is for another check to say.
        return _numeric.facts(surrogate)


def describe(facts: Facts) -> str:
    """The facts in a line."""
    return f"{', '.join(f'{name} {fact}' for name, fact in in_words(facts).items())}."
