"""Integrals and facts of a user's own surrogate, computed on the host in double precision.

Nothing is known of its gradient but its values, so the real line is cut at powers of two, and each
piece is cut in half until Gauss-Legendre quadrature of the halves agrees with that of the whole:
kinks and jumps end up in pieces too small to matter.
"""

from __future__ import annotations

import contextlib
import importlib
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad.surrogate._facts import (
    COMPACT,
    CONSTANT,
    EXPONENTIAL,
    GAUSSIAN,
    GROWING,
    Facts,
    Tail,
)

NODES, WEIGHTS = np.polynomial.legendre.leggauss(15)
_OCTAVES = 2.0 ** np.arange(-30, 61)
_TOLERANCE = 1e-10
_MOST = 2000  # pieces still cut at a time: what oscillates to infinity never settles
_CHUNK = 1024 * len(NODES)  # values computed at a time: one shape, so nothing is compiled twice
NEEDS_NUMBERS = (
    "The antiderivative and the facts of {name} are computed from its values, which takes concrete "
    "parameters. Call it outside of jax.jit, or give {name} a surrogate_fun."
)


NEEDS_ONE = (
    "The antiderivative and the facts of {name} are computed from its values, which takes one "
    "number a parameter, but some here have one for each of several neurons."
)


class Table(NamedTuple):
    """The integral of a gradient from 0 to each of the `edges`."""

    edges: np.ndarray
    integrals: np.ndarray


def require_numbers(surrogate: Any) -> None:
    """Refuse traced parameters."""
    if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(surrogate)):
        raise TypeError(NEEDS_NUMBERS.format(name=type(surrogate).__name__))


def _double(surrogate: Any) -> Any:
    """The gradient as a function of NumPy arrays, in float64 as far as its constants allow."""
    require_numbers(surrogate)
    x = jax.ShapeDtypeStruct((_CHUNK,), np.float32)
    with jax.numpy_dtype_promotion("standard"):
        try:
            fits = jax.eval_shape(surrogate.surrogate_grad, x).shape in ((), x.shape)
        except (TypeError, ValueError):
            # With arrays of its own it may only fit what is as many; else it is its own mistake.
            fits = not any(np.ndim(leaf) for leaf in jax.tree.leaves(surrogate))
        except jax.errors.JAXTypeError:
            fits = True  # It cannot be traced, and need not be.
    if not fits:
        raise TypeError(NEEDS_ONE.format(name=type(surrogate).__name__))

    def gradient(x: np.ndarray) -> np.ndarray:
        results = []
        with _x64(), contextlib.ExitStack() as stack:
            stack.enter_context(jax.ensure_compile_time_eval())
            stack.enter_context(jax.numpy_dtype_promotion("standard"))
            for start in range(0, len(x), _CHUNK):
                part = jnp.asarray(np.resize(x[start : start + _CHUNK], _CHUNK))
                values = np.asarray(surrogate.surrogate_grad(part), np.float64)
                results.append(np.broadcast_to(values, _CHUNK))
        return np.concatenate(results)[: len(x)]

    return gradient


def _x64() -> Any:
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return importlib.import_module("jax.experimental").enable_x64()


def _quadrature(gradient: Any, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The integral over each of the pieces."""
    x = (left + right)[:, None] / 2 + (right - left)[:, None] / 2 * NODES
    integrals: np.ndarray = (gradient(x.ravel()).reshape(x.shape) @ WEIGHTS) * (right - left) / 2
    return integrals


def table(surrogate: Any) -> Table:
    """Cut the line into pieces on each of which the quadrature is exact to `1e-10` of the peak."""
    gradient = _double(surrogate)
    edges = np.concatenate([-_OCTAVES[::-1], [0.0], _OCTAVES])
    left, right = edges[:-1], edges[1:]
    whole = _quadrature(gradient, left, right)
    done: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _ in range(60):
        middle = (left + right) / 2
        lower, upper = _quadrature(gradient, left, middle), _quadrature(gradient, middle, right)
        settled = np.abs(lower + upper - whole) <= _TOLERANCE * np.maximum(np.abs(whole), 1e-3)
        settled |= right - left < 1e-12 * np.maximum(np.abs(left), np.abs(right))
        settled |= np.count_nonzero(~settled) > _MOST
        done.append((left[settled], right[settled], (lower + upper)[settled]))
        if settled.all():
            break
        left, middle, right = left[~settled], middle[~settled], right[~settled]
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        whole = np.concatenate([lower[~settled], upper[~settled]])
    lefts, rights, pieces = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(lefts)
    sums = np.concatenate([[0.0], np.cumsum(pieces[order])])
    edges = np.append(lefts[order], rights[order][-1])
    return Table(edges, sums - sums[np.searchsorted(edges, 0.0)])


def area(known: Table) -> float:
    """The integral over the real line; infinite, or NaN where both sides are."""
    return _limit(known, -1) + _limit(known, 1)


def left_area(known: Table) -> float:
    """The integral from minus infinity to 0; infinite if it has not converged by `-2**60`."""
    return _limit(known, -1)


def _limit(known: Table, side: int) -> float:
    near, far = np.interp(side * 2.0 ** np.array([59.0, 60.0]), known.edges, known.integrals)
    if abs(far - near) > 1e-9 * max(abs(far), 1e-300):
        return math.inf if side * (far - near) > 0 else -math.inf
    return float(side * far)


def antiderivative(surrogate: Any, x: jax.Array) -> jax.Array:
    """The integral of `surrogate_grad` up to `x`: 0 at minus infinity, or else 0.5 at 0."""
    known = table(surrogate)
    below = left_area(known)
    offset = below if math.isfinite(below) else 0.5

    @jax.custom_jvp
    def integral(x: jax.Array) -> jax.Array:
        edges = jnp.asarray(known.edges, x.dtype)
        x = jnp.clip(x, edges[0], edges[-1])  # beyond, an infinity among them, nothing is added
        piece = jnp.clip(jnp.searchsorted(edges, x, side="right") - 1, 0, len(known.edges) - 2)
        start = edges[piece]
        half = (x - start) / 2
        partial = jnp.zeros_like(x)
        for node, weight in zip(NODES.tolist(), WEIGHTS.tolist(), strict=True):
            partial += weight * half * surrogate.surrogate_grad(start + half * (1 + node))
        return jnp.asarray(known.integrals + offset, x.dtype)[piece] + partial

    @integral.defjvp
    def _(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
        return integral(*primals), surrogate.surrogate_grad(primals[0]) * tangents[0]

    return integral(x)


def facts(surrogate: Any) -> Facts:
    """The facts of a gradient of which nothing is known but its values."""
    gradient = _double(surrogate)
    known = table(surrogate)
    x = np.unique(np.concatenate([known.edges, np.linspace(-8, 8, 4097)]))
    values = gradient(x)
    peak = _peak(gradient, x, values)
    high = _edges(lambda x: gradient(x) >= peak / 2, x, values >= peak / 2)
    left, right = (_tail(gradient, side, peak) for side in (-1, 1))
    lo, hi = _edges(lambda x: gradient(x) != 0, x, values != 0)
    support = (
        float(lo) if left == COMPACT else -math.inf,
        float(hi) if right == COMPACT else math.inf,
    )
    return Facts(
        peak=peak,
        area=area(known),
        half_width=float(high[-1] - high[0]) / 2 if high[-1] < x[-1] else math.inf,
        support=support,
        tail=max(left, right, key=_weight),
    )


def _peak(gradient: Any, x: np.ndarray, values: np.ndarray) -> float:
    """The largest value, also between the points of a grid, or at a jump between them."""
    for _ in range(12):
        best = int(np.argmax(values))
        x = np.linspace(x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)], 65)
        values = gradient(x)
    return float(values.max())


def _edges(holds: Any, x: np.ndarray, held: np.ndarray) -> np.ndarray:
    """The first and the last place where something holds, also between the points of a grid."""
    if not held.any():
        return np.zeros(2)
    first, last = np.flatnonzero(held)[[0, -1]]
    inner = x[[first, last]]
    outer = x[[max(first - 1, 0), min(last + 1, len(x) - 1)]]
    for _ in range(60):
        middle = (inner + outer) / 2
        above = holds(middle)
        inner, outer = np.where(above, middle, inner), np.where(above, outer, middle)
    return inner


_HEAVIER = ("compact", "gaussian", "exponential", "power", "constant", "growing")


def _weight(tail: Tail) -> tuple[int, float]:
    return _HEAVIER.index(tail.kind), -(tail.exponent or 0.0)


def _tail(gradient: Any, side: int, peak: float) -> Tail:
    x = 2.0 ** np.arange(-20, 60, 0.25)
    values = np.abs(gradient(side * x))
    alive = np.flatnonzero(values > 1e-290)
    if len(alive) == 0:
        return COMPACT
    last = alive[-1]
    if last == len(x) - 1:
        slope = -math.log2(values[-1] / values[-5])
        if abs(slope) < 1e-6:
            return CONSTANT
        return GROWING if slope < 0 else Tail("power", round(slope, 6))
    if values[last] > 1e-30 * abs(peak):
        return COMPACT
    logs = np.log(values[[last, last - 4, last - 8]])
    return GAUSSIAN if (logs[0] - logs[1]) / (logs[1] - logs[2]) > 2.8 else EXPONENTIAL
