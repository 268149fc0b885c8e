"""Checks of a formula as JAX traces it: its steps for arrays of other axes, and its constants."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad.checking._report import Finding, error, warning
from spikegrad.checking._subject import (
    Subject,
    evaluate,
    in_dtype,
    with_arrays,
)
from spikegrad.surrogate._numeric import _x64

# What only moves numbers about differs from shape to shape.
MOVES = frozenset(("broadcast_in_dim", "reshape", "squeeze", "transpose", "convert_element_type"))
SHAPES = ((), (2, 8), (2, 1, 2, 4))
# Significant bits: fewer make a number that one writes, more than those of float32 need float64.
SHORT, OF_FLOAT32 = 18, 24
KNOWN = {
    f"{name}{text}": factor * value
    for name, value in (("pi", math.pi), ("sqrt(pi)", math.sqrt(math.pi)), ("e", math.e))
    for text, factor in (("", 1.0), (" / 2", 0.5), (" * 2", 2.0))
} | {"sqrt(2)": math.sqrt(2), "sqrt(2 pi)": math.sqrt(2 * math.pi), "log(2)": math.log(2)}
KNOWN |= {f"1 / ({name})": 1 / value for name, value in KNOWN.items()}


def elementwise(subject: Subject) -> Iterator[Finding]:
    """A value depends on its own x alone: not on the others, nor on the shape of the array."""
    surrogate = in_dtype(subject.surrogate, "float32")
    x, reach = subject.inputs("float32"), max(map(abs, subject.domain))
    some = np.flatnonzero((x > reach / 64) & (x < reach / 2))[:16]
    for method in subject.methods():
        kept = (np.arange(x.size) % 2 == 0) & (np.abs(x) < reach / 2)
        alone = subject.values(method, "float32").y
        among = evaluate(surrogate, method, np.where(kept, x, np.float32(-reach / 2))).y
        differ = kept & ~np.isclose(alone, among, rtol=1e-5, atol=0, equal_nan=True)
        if differ.any():
            index = int(np.argmin(np.where(differ, np.abs(x), np.inf)))
            yield error(
                f"{method} at x = {x[index]:.4g} is {alone[index]:.4g} or {among[index]:.4g}, "
                "depending on the other elements of x.",
                "Compute each element from itself, without sums, maxima or norms over x.",
                float(x[index]),
            )
            return
        usual_steps = _steps(surrogate, method, (16,))
        for shape in SHAPES:
            if _steps(surrogate, method, shape) == usual_steps:
                continue
            of_shape = some[: math.prod(shape)]
            got = evaluate(surrogate, method, x[of_shape].reshape(shape)).y.ravel()
            differ = ~np.isclose(got, alone[of_shape], rtol=1e-5, atol=0, equal_nan=True)
            if differ.any():
                index = int(np.argmax(differ))
                place, usual = float(x[of_shape][index]), alone[of_shape][index]
                yield error(
                    f"{method} at x = {place:.4g} is {got[index]:.4g} in an array of {len(shape)} "
                    f"axes, and {usual:.4g} in a longer one of one axis.",
                    "Compute each element from itself, whatever the shape of x.",
                    place,
                )
                return


def _steps(surrogate: Any, method: str, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """What JAX is told to do for an x of some shape, and with which numbers."""
    like = jax.ShapeDtypeStruct(shape, np.float32)
    try:
        traced = jax.make_jaxpr(getattr(surrogate, method))(like)
    except Exception:  # It computes with concrete numbers, and is compared by them.
        return (shape,)
    steps = list(_equations(traced))
    constants = frozenset(number for _, numbers in steps for number in numbers)
    return [name for name, _ in steps if name not in MOVES], constants


def _equations(traced: Any) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The name of each step, those inside of others too, and the numbers in it."""
    jaxpr = getattr(traced, "jaxpr", traced)
    for equation in jaxpr.eqns:
        values = [v.val for v in equation.invars if hasattr(v, "val")]
        yield equation.primitive.name, tuple(float(v) for v in values if _is_number(v))
        for parameter in equation.params.values():
            for inner in parameter if isinstance(parameter, tuple | list) else (parameter,):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    yield from _equations(inner)


def _is_number(value: Any) -> bool:
    return np.ndim(value) == 0 and jnp.issubdtype(jnp.result_type(value), np.floating)


def _call(method: str, surrogate: Any, x: jax.Array) -> Any:
    return getattr(surrogate, method)(x)


def rounded_constants(subject: Subject) -> Iterator[Finding]:
    """No constant in a formula has the digits of float32 alone."""
    for method in subject.methods():
        try:
            with _x64():
                surrogate = in_dtype(with_arrays(subject.surrogate), "float64")
                x = jax.ShapeDtypeStruct((16,), np.float64)
                function = functools.partial(_call, method)
                traced = jax.make_jaxpr(function)(surrogate, x)
                found = [number for _, numbers in _equations(traced) for number in numbers]
        except Exception:  # What cannot be traced is for another check to say.
            continue
        for number in found:
            meant = _rounded(abs(number))
            if meant:
                yield warning(
                    f"{method} has a constant {number:.10g}, {meant}, so that float64 gets no "
                    "more digits than that.",
                    "Write it as a Python number: math.pi, not np.float32(np.pi) or 3.14159.",
                )
                return


def _rounded(number: float) -> str:
    """What is wrong with a constant, in words; nothing if it is one of float64 or a short one."""
    if not 0 < number < math.inf or number == int(number):
        return ""
    for name, value in KNOWN.items():
        if 4e-16 < abs(number / value - 1) < 3e-6:
            return f"which is {name} rounded"
    mantissa = int(math.frexp(number)[0] * 2**53)
    bits = 53 - (mantissa & -mantissa).bit_length() + 1
    return "which is rounded to float32" if SHORT < bits <= OF_FLOAT32 else ""
