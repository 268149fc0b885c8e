"""What a shape gives at extreme parameters and potentials, and its derivatives, at many digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from tests.surrogate.references import REFERENCES
from tests.surrogate.shapes.exactness import DIGITS
from tests.surrogates import complete

from spikegrad.surrogate.catalogue import Row

# Of a step by `1e-40` of an argument, and of an `x` that is 1e-38 of a width.
MORE_DIGITS = 120
POWERS = (1e5, 1e7, 999999995904.0)
POINTS = 40
# Far out, the phase turns without bound with these.
PERIODS = ("t_period", "threshold")


def settings(row: Row, extremes: tuple[float, ...]) -> Iterator[dict[str, float]]:
    """The defaults with one parameter at an extreme."""
    for name, parameter in row.parameters.items():
        if parameter.integer or name == "lo":  # which has to stay below `hi`
            continue
        values = POWERS if (row.name, name) == ("QPseudoSpike", "alpha") else ()
        for value in (*extremes, *values):
            if row.shape.admissible[name].contains(value) and (name, value < 1) != ("hi", False):
                yield complete(row, {name: value})


def points(row: Row, parameters: Mapping[str, float], dtype: np.dtype) -> np.ndarray:
    """0, and of both signs the far ends and what lies around the width, always as many."""
    limits = jnp.finfo(dtype)
    ends = [float(limits.tiny), 1e-20, 1.0, 1e20, float(limits.max)]
    extreme = [v for v in parameters.values() if 0 < v < np.inf and abs(np.log10(v)) > 4]
    around = [factor * width for v in extreme for width in (v, 1 / v) for factor in (0.37, 2.3)]
    x = np.clip(ends + around, float(limits.tiny), float(limits.max)).astype(dtype)
    return np.resize(np.concatenate([-x, np.zeros(1, dtype), x]), POINTS)


@jax.jit
def results(surrogate, x):
    """Gradient, relaxation, and the derivatives of the gradient, each in both modes."""
    one = jnp.ones_like(x)
    has_relaxation = "surrogate_fun" in vars(type(surrogate))
    relaxation = surrogate.surrogate_fun if has_relaxation else surrogate.antiderivative
    slope = lambda x: jax.vjp(surrogate, x)[1](one)[0]  # noqa: E731
    found = {
        ("grad", "value"): surrogate.surrogate_grad(x),
        ("fun", "value"): relaxation(x),
        ("x", "jvp of grad"): jax.jvp(slope, (x,), (one,))[1],
        ("x", "grad of grad"): jax.vjp(slope, x)[1](one)[0],
    }
    leaves, structure = jax.tree.flatten(surrogate)
    names = [key.name for (key,), _ in jax.tree_util.tree_leaves_with_path(surrogate)]
    for i, name in enumerate(names):

        def of(value, i=i):
            new = [*leaves[:i], value, *leaves[i + 1 :]]
            return structure.unflatten(new).surrogate_grad(x)

        found[name, "jvp"] = jax.jvp(of, (leaves[i],), (jnp.ones_like(leaves[i]),))[1]
        found[name, "vjp"] = jax.vjp(of, jnp.broadcast_to(leaves[i], x.shape))[1](one)[0]
    return found


class Truth(NamedTuple):
    """Between which numbers the truth lies (two at a kink), and what errors count against."""

    low: mp.mpf
    high: mp.mpf
    size: mp.mpf


def truth(row: Row, what: str, parameters: Mapping[str, float], x: float) -> Truth:
    """The gradient, the relaxation, or the gradient's derivative by `x` or a parameter."""
    reference = REFERENCES[row.name]
    exact = {name: mp.mpf(value) for name, value in parameters.items()}
    digits = DIGITS.get(row.name, 60)
    if what in ("grad", "fun"):
        formula, terms = (
            (reference.grad, reference.grad_terms)
            if what == "grad"
            else (reference.fun, reference.fun_terms)
        )
        with mp.workdps(digits):
            value = mp.mpf(formula(mp.mpf(x), **exact))
            return Truth(value, value, mp.mpf(terms(mp.mpf(x), **exact)) if terms else abs(value))
    if np.isinf(parameters.get(what, 0.0)) or ((row.name, what, x) == ("LogTailedRelu", "x", 0)):
        return Truth(mp.mpf(0), mp.mpf(0), mp.mpf(0))
    with mp.workdps(digits + MORE_DIGITS + int(abs(np.log10(abs(x) or 1)))):
        at = mp.mpf(x) if what == "x" else exact[what]
        width = min(min(abs(v), 1 / abs(v)) for v in [*exact.values(), mp.mpf(1)] if 0 < v < mp.inf)
        periodic = row.family == "periodic" and what == "x"
        step = mp.mpf(10) ** -40 * ((min(abs(at), width) if periodic else abs(at)) or width)

        def value(y: mp.mpf) -> mp.mpf:
            if what == "x":
                return mp.mpf(reference.grad(y, **exact))
            return mp.mpf(reference.grad(mp.mpf(x), **exact | {what: y}))

        sides = [(4 * value(at + h / 2) - 3 * value(at) - value(at + h)) / h for h in (step, -step)]
        low, high = min(sides), max(sides)
        size = max(abs(low), abs(high))
        if high - low > 1e-20 * size:  # a kink, where either side will do, and any between
            low, high = min(low, mp.mpf(0)), max(high, mp.mpf(0))
            if size * abs(at) > 1e30 * abs(value(at)):  # a jump
                low, high = -mp.inf, mp.inf
        return Truth(low, high, size)


def errors(
    row: Row, extremes: tuple[float, ...], dtype: str, bound: float, bound_of_slopes: float
) -> list[tuple]:
    """Every result that is not the truth to so many units in the last place.

    Closer to 0 than where a derivative is largest, its errors count against that: the slopes of two
    factors cancel there. Where the truth is subnormal, 0 is right; where it is infinite, the
    largest number; and what is held at 0 or at the largest number has no slope.
    """
    kind = np.dtype(dtype)
    largest, tiny, eps = (float(getattr(jnp.finfo(kind), name)) for name in ("max", "tiny", "eps"))
    wrong = []
    for rounded in settings(row, extremes):
        parameters = {
            name: value if row.parameters[name].integer else float(kind.type(value))
            for name, value in rounded.items()
        }
        x = points(row, parameters, kind)
        arrays = {
            name: value if row.parameters[name].integer else jnp.asarray(value, kind)
            for name, value in parameters.items()
        }
        found = {k: np.asarray(v) for k, v in results(row.shape(**arrays), jnp.asarray(x)).items()}
        places = np.unique(x, return_index=True)[1]
        known = {}
        for what in {what for what, _ in found}:
            for i in places:
                known[what, i] = truth(row, what, parameters, float(x[i]))
        for (what, how), got in found.items():
            for i in places:
                low, high, size = known[what, i]
                value = known["grad", i].high
                y = float(got[i])
                if what in PERIODS and abs(x[i]) > 1e6:
                    continue
                is_slope = what not in ("grad", "fun")
                if is_slope and y == 0 and (abs(value) >= largest or 0 < abs(value) < 4 * tiny):
                    continue
                infinite = min(abs(low), abs(high)) > 0.999 * largest
                if infinite and abs(y) > 0.99 * largest and (y > 0) == (low > 0):
                    continue
                allowed = (bound_of_slopes if is_slope else bound) * eps * size + 8 * tiny
                if is_slope:
                    beyond = [
                        j
                        for j in places
                        if np.sign(x[j]) * np.sign(x[i]) >= 0 and abs(x[j]) > abs(x[i])
                    ]
                    allowed += 8 * eps * max((known[what, j].size for j in beyond), default=0)
                if not (np.isfinite(y) and low - allowed <= y <= high + allowed):
                    wrong.append((what, how, parameters, float(x[i]), y, mp.nstr(high, 10)))
    return wrong
