"""The checks, declared once, and what runs them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from spikegrad.checking import (
    _derivatives,
    _features,
    _formula,
    _gradient,
    _pair,
    _transformations,
    _values,
)
from spikegrad.checking._report import GRADES, Finding, Report, error
from spikegrad.checking._subject import Subject
from spikegrad.surrogate import Surrogate
from spikegrad.surrogate._base import SURROGATE

DTYPES = ("float64", "float32", "bfloat16", "float16")
DOMAIN = (-8.0, 8.0)


class Check(NamedTuple):
    """One thing that is looked at.

    Attributes:
        name: that of its findings.
        asks: what has to hold, in a sentence.
        run: looks at a surrogate.
    """

    name: str
    asks: str
    run: Callable[[Subject], Iterator[Finding]]


def _declared(name: str, run: Callable[[Subject], Iterator[Finding]]) -> Check:
    return Check(name, (run.__doc__ or "").strip(), run)


CHECKS: tuple[Check, ...] = (
    _declared("pytree", _transformations.is_pytree),
    _declared("evaluates", _values.evaluates),
    _declared("closure", _transformations.closes_over_nothing),
    _declared("pickle", _transformations.pickles),
    _declared("elementwise", _formula.elementwise),
    _declared("forward-is-step", _values.forward_is_step),
    _declared("dtype", _values.keeps_dtype),
    _declared("finite", _values.finite),
    _declared("lone-value", _features.lone_value),
    _declared("gradient-is-derivative", _pair.gradient_is_derivative),
    _declared("relaxation-limits", _pair.relaxation_limits),
    _declared("parameters", _values.depends_on_parameters),
    _declared("threshold", _gradient.learns_at_threshold),
    _declared("symmetric", _gradient.symmetric),
    _declared("shape", _gradient.shape),
    _declared("features", _features.features),
    _declared("systematic", _values.systematic),
    _declared("rounded-constants", _formula.rounded_constants),
    _declared("accuracy", _values.accuracy),
    _declared("lost-tail", _values.lost_tail),
    *(
        Check(name, asks, _transformations.transforms(name))
        for name, (asks, _) in _transformations.TRANSFORMATIONS.items()
    ),
    _declared("no-retrace", _transformations.no_retrace),
    _declared("differentiates", _derivatives.differentiates),
    _declared("derivative-by-parameter", _derivatives.parameters_differentiate),
)
"""Every check, in the order in which they run."""


def check(
    surrogate: Surrogate,
    *,
    domain: tuple[float, float] | None = None,
    dtypes: Sequence[str] = DTYPES,
) -> Report:
    """Look whether a surrogate is what it says it is.

    That `surrogate_grad` is the derivative of `surrogate_fun`, by quadrature over small intervals
    in float64, which kinks and jumps do not disturb; that both are finite, exact and of the right
    dtype over the whole range of each dtype; what the gradient is like; and that JAX can transform
    it. What is narrower than a 100,000th of the domain goes unseen. Each of
    `spikegrad.checking.CHECKS` runs, whatever the others find. An exception that a
    method raises is an error in the report.

    Args:
        surrogate: an instance, at the parameters to look at.
        domain: of `x`, where gradient and relaxation are compared; the other checks look close
            there, and everywhere else too. None for -8 to 8, and at wider intervals to 32 times
            as far.
        dtypes: of `x`, out of float64, float32, bfloat16 and float16.

    Returns:
        The findings, graded. `report.ok` is whether there is no error.

    Raises:
        TypeError: `surrogate` is no instance of `Surrogate`.
        ValueError: `domain` is no interval, or `dtypes` names another dtype or none.

    Examples:
        >>> import spikegrad
        >>> from spikegrad.surrogate import Sigmoid
        >>> report = spikegrad.check(Sigmoid(alpha=4.0))
        >>> report.ok
        True
        >>> report.facts["limits"]
        (0.0, 1.0)
    """
    SURROGATE.require("check", "surrogate", surrogate)
    given = DOMAIN if domain is None else domain
    low, high = (float(edge) for edge in given) if len(given) == 2 else (0.0, 0.0)
    if not (-math.inf < low < high < math.inf):
        raise ValueError(f"domain has to be two finite numbers, rising, but got {domain!r}.")
    names = tuple(str(np.dtype(dtype)) if not isinstance(dtype, str) else dtype for dtype in dtypes)
    if not names or not set(names) <= set(DTYPES):
        raise ValueError(f"dtypes has to name some of {', '.join(DTYPES)}, but got {dtypes!r}.")
    return _run(Subject(surrogate, (low, high), names, beyond=domain is None))


def _run(subject: Subject) -> Report:
    findings: list[Finding] = []
    passed, skipped, raised = [], [], set()
    for entry in CHECKS:
        try:
            found = [finding._replace(name=entry.name) for finding in entry.run(subject)]
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            line = _transformations.one_line(problem)
            # One mistake of a method shows in many checks, with arrays of several shapes.
            mistake = line.partition(" with shape")[0]
            if mistake in raised:
                skipped.append(entry.name)
                continue
            raised.add(mistake)
            found = [error(f"raised {line}", _transformations.advice_on(problem))]
            found = [finding._replace(name=entry.name) for finding in found]
        findings += found
        if all(finding.grade == "note" for finding in found):
            passed.append(entry.name)
    findings.sort(key=lambda finding: GRADES.index(finding.grade))
    facts = dict(subject.facts)
    name = _transformations.shown(subject.surrogate)
    return Report(name, tuple(findings), tuple(passed), tuple(skipped), facts)
