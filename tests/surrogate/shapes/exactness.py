"""How far a shape is from the truth: errors in units in the last place against 50 digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from tests.surrogate.references import REFERENCES
from tests.surrogates import complete

from spikegrad.surrogate.catalogue import Row

# At x = 1e300 and a period of 8 the phase itself takes 300 digits before the 50 that count.
DIGITS = dict.fromkeys(("SquarewaveFourierSeries", "PeriodicExponential", "PeriodicInvSquare"), 380)


class Error(NamedTuple):
    """The worst error found, in units in the last place, and where."""

    ulp: float
    x: float
    got: float
    truth: str


def inputs(dtype: np.dtype, scale: float, points: int) -> np.ndarray:
    """Log-spaced, of both signs, over all normal numbers and, as many, around `1 / scale`; 0."""
    limits = jnp.finfo(dtype)
    everywhere = np.exp2(np.linspace(limits.minexp, limits.maxexp - 0.01, points))
    around = np.exp2(np.linspace(-12, 12, points)) / scale
    x = np.concatenate([everywhere, around, [float(limits.max)]])
    x = np.clip(x, float(limits.tiny), float(limits.max)).astype(dtype)
    return np.concatenate([-x[::-1], np.zeros(1, dtype), x])


def method(row: Row, name: str, parameters: Mapping[str, float]) -> Callable[..., jax.Array]:
    """`surrogate_grad`, or `surrogate_fun` (`antiderivative` where a shape has no other)."""
    surrogate = row.shape(**parameters)
    if name == "surrogate_fun" and not has_relaxation(row):
        name = "antiderivative"
    return getattr(surrogate, name)


def has_relaxation(row: Row) -> bool:
    return "surrogate_fun" in vars(row.shape)


def sharpness(row: Row, parameters: Mapping[str, float]) -> float:
    """One over the width that the shape has in x."""
    for name in ("sigma", "width", "w", "t_period", "r", "tau", "delta_u"):
        if name in parameters:
            return 1 / parameters[name]
    if row.name in ("QPseudoSpike", "LeakyRelu", "LogTailedRelu"):
        return 1.0
    return parameters.get("alpha", parameters.get("beta", 1.0))


def truth(row: Row, name: str, parameters: Mapping[str, float], x: float) -> tuple[mp.mpf, mp.mpf]:
    """The value at 50 digits, and the magnitude that its error counts against."""
    reference = REFERENCES[row.name]
    exact = {key: mp.mpf(value) for key, value in parameters.items() if value is not None}
    with mp.workdps(DIGITS.get(row.name, 50)):
        formula, terms = (
            (reference.grad, reference.grad_terms)
            if name == "surrogate_grad"
            else (reference.fun, reference.fun_terms)
        )
        value = mp.mpf(formula(mp.mpf(x), **exact))
        return value, mp.mpf(terms(mp.mpf(x), **exact)) if terms else abs(value)


def error(got: float, value: mp.mpf, magnitude: mp.mpf, dtype: np.dtype) -> float:
    """In units in the last place; where the truth is subnormal, in smallest normal numbers."""
    if not np.isfinite(got):
        return float("inf")
    limits = jnp.finfo(dtype)
    largest = mp.mpf(float(limits.max))
    value, magnitude = max(min(value, largest), -largest), min(magnitude, largest)
    tiny = mp.mpf(float(limits.tiny))
    unit = tiny if magnitude < tiny else mp.ldexp(1, int(mp.frexp(magnitude)[1]) - 1 - limits.nmant)
    return float(abs(mp.mpf(float(got)) - value) / unit)


def worst(
    row: Row,
    name: str,
    sample: Mapping[str, float],
    dtype: str,
    points: int = 40,
    compiled: bool = False,
) -> Error:
    """The worst error of one method of a shape at one set of parameters in one dtype."""
    kind = np.dtype(getattr(jnp, dtype))
    parameters = complete(row, sample)
    x = inputs(kind, sharpness(row, parameters), points)
    function = method(row, name, parameters)
    got = np.asarray((jax.jit(function) if compiled else function)(jnp.asarray(x)))
    assert got.dtype == kind
    errors = []
    for at, y in zip(x.astype(np.float64), got.astype(np.float64), strict=True):
        value, magnitude = truth(row, name, parameters, float(at))
        errors.append(
            Error(error(y, value, magnitude, kind), float(at), float(y), mp.nstr(value, 20))
        )
    return max(errors, key=lambda e: e.ulp)
