"""Checks of the numbers: dtype, range, digits, and what each of them depends on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from spikegrad.checking._report import Finding, error, note, warning
from spikegrad.checking._subject import (
    GRADIENT,
    MOVED,
    RELAXATION,
    SHIFTS,
    Subject,
    in_chunks,
    in_dtype,
    numbers,
    rebuilt,
)
from spikegrad.surrogate import Surrogate

ULP = 16  # what a formula of a few operations may lose; more means that it cancels somewhere
NOISE = 1e-8  # of a value; in float32 some 1e-7 of it are
IN_FLOAT32 = "Compute in float32 and cast back: method(x.astype(jnp.float32)).astype(x.dtype)."


def evaluates(subject: Subject) -> Iterator[Finding]:
    """Every dtype gives a real floating array of the shape of x, or one that fits it."""
    subject.spikes("float32")  # Refuses another shape and what is no floating array, and says so.
    for dtype in subject.dtypes:
        for method in subject.methods():
            subject.values(method, dtype)
    yield from ()


def forward_is_step(subject: Subject) -> Iterator[Finding]:
    """Called, it gives 1 where x >= 0 and else 0, in the dtype of x."""
    own = type(subject.surrogate).__call__ is not Surrogate.__call__
    if _steps_otherwise(subject.surrogate):
        yield note("its forward pass is not the step, by design.")
        return
    for dtype in subject.dtypes if own else ("float32",):
        x, spikes = subject.inputs(dtype), subject.spikes(dtype)
        if spikes.dtype != x.dtype:
            yield error(
                f"called with {dtype}, it gives {spikes.dtype}.",
                "Leave __call__ to Surrogate.",
            )
            return
        wrong = np.asarray(spikes, np.float64) != (x >= 0)
        if wrong.any():
            index = _nearest(wrong, x)
            yield error(
                f"called at x = {x[index]:.4g}, it gives {float(spikes[index]):.4g}.",
                "Leave __call__ to Surrogate, and put the derivative in surrogate_grad.",
                float(x[index]),
            )
            return


def _steps_otherwise(value: object) -> bool:
    """Whether it is, or is made of, a surrogate of spikegrad's own with another forward pass."""
    if isinstance(value, tuple | list):
        return any(map(_steps_otherwise, value))
    if not isinstance(value, Surrogate):
        return False
    shipped = (cls for cls in type(value).__mro__ if cls.__module__.startswith("spikegrad."))
    overrides = any({"__call__", "_forward"} & set(vars(c)) for c in shipped if c is not Surrogate)
    return overrides or any(map(_steps_otherwise, vars(value).values()))


def keeps_dtype(subject: Subject) -> Iterator[Finding]:
    """Both methods give the dtype of x."""
    for method in subject.methods():
        kinds = {dtype: subject.values(method, dtype).dtype for dtype in subject.dtypes}
        other = {d: str(kind) for d, kind in kinds.items() if kind is not None and kind != d}
        if other:
            pairs = ", ".join(f"{kind} for {dtype}" for dtype, kind in other.items())
            yield error(
                f"{method} gives {pairs}.",
                "Use Python numbers for constants (float(np.sqrt(2)), not np.sqrt(2)), make arrays "
                "with the dtype of x, and end with .astype(x.dtype).",
            )


def finite(subject: Subject) -> Iterator[Finding]:
    """No finite x gives NaN or infinity, in any dtype."""
    for method in subject.methods():
        bad = {}
        for dtype in subject.dtypes:
            y = subject.values(method, dtype).y
            if not np.isfinite(y).all():
                bad[dtype] = _nearest(~np.isfinite(y), subject.inputs(dtype)), y
        if not bad:
            continue
        dtype, (index, y) = next(iter(bad.items()))
        x = float(subject.inputs(dtype)[index])
        found = f"{method} is {y[index]:g} at x = {x:.4g} in {_with_others(dtype, bad)}."
        # A relaxation of unlimited area ends where its dtype does, and nothing is trained on it.
        too_large = method == RELAXATION and all(_beyond(subject, dtype) for dtype in bad)
        if too_large:
            yield warning(found, "Clip it, if you use it there.", x)
        else:
            yield error(
                found,
                "Rewrite it so that nothing overflows: take exponentials of -abs(x), keep squares "
                "of large numbers out, and give a jnp.where arguments that both of its branches "
                "can take.",
                x,
            )


def _beyond(subject: Subject, dtype: str) -> bool:
    """Whether the relaxation is infinite only where its dtype has no such large number."""
    y = subject.values(RELAXATION, dtype).y
    bad = ~np.isfinite(y)
    if np.isnan(y).any():
        return False
    if dtype == "float64":
        return True
    true = subject.double(RELAXATION, dtype)[0, bad]
    return bool((np.abs(true) > float(jnp.finfo(dtype).max)).all())


def accuracy(subject: Subject) -> Iterator[Finding]:
    """It is a few units in the last place from the same formula in float64."""
    for method in subject.methods():
        found, lost = _losses(subject, method)
        loose = {dtype: loss for dtype, loss in found.items() if dtype not in lost}
        if loose:
            dtype, (index, ulp) = max(loose.items(), key=lambda item: item[1][1])
            x = float(subject.inputs(dtype)[index])
            yield warning(
                f"{method} is {ulp:.3g} units in the last place off at x = {x:.4g} in "
                f"{_with_others(dtype, loose)}.",
                IN_FLOAT32.replace("method", method)
                if dtype in ("bfloat16", "float16")
                else "Look for a difference of two nearly equal numbers in the formula.",
                x,
            )
        errors = subject.facts.get("ulp", {}).get(method, {})
        kept = [f"{ulp:.3g} in {dtype}" for dtype, ulp in errors.items() if dtype not in lost]
        if kept:
            each = ", ".join(kept)
            yield note(f"{method} is off by at most {each}, in units in the last place.")
    if "float64" in subject.dtypes:
        yield note("float64 was not compared: there is nothing finer to compare with.")


def systematic(subject: Subject) -> Iterator[Finding]:
    """No dtype has a factor of its own, and float64 has the digits of float64."""
    for method in subject.methods():
        for dtype in subject.dtypes:
            if dtype == "float64":
                continue
            x = subject.inputs(dtype).astype(np.float64)
            y, (true, *beside) = subject.values(method, dtype).y, subject.double(method, dtype)
            least = max(2 * float(jnp.finfo(dtype).eps), 1e-3)
            judged = np.isfinite(y) & (np.abs(true) < float(jnp.finfo(dtype).max) / 8)
            judged &= np.abs(x) <= max(map(abs, subject.domain))
            judged &= np.abs(true) > 0.1 * np.max(np.abs(true), initial=0.0, where=judged)
            # Not where another last digit of x, or of a parameter, makes as much of a difference.
            own = np.max(np.abs(np.stack(beside) - true), axis=0) / SHIFTS[1]
            judged &= own < least * np.abs(true)
            if np.count_nonzero(judged) < ULP:
                continue
            factor = float(np.median(y[judged] / true[judged]))
            if abs(factor - 1) > least:
                yield error(
                    f"{method} in {dtype} is {factor:.4g} times what it is in float64, throughout.",
                    "Look for a constant, or a branch, that depends on the dtype of x.",
                )
                break
        if "float64" in subject.dtypes and _noisy(subject.fine(method)):
            yield error(
                f"{method} in float64 has the digits of float32 alone.",
                "Compute in the dtype of x: no astype, and no array or constant of float32.",
            )


def _noisy(rows: np.ndarray) -> bool:
    """Whether values close together scatter more than those of float64 do."""
    at = np.abs(rows[2])
    scatter = np.abs(rows[0] - 4 * rows[1] + 6 * rows[2] - 4 * rows[3] + rows[4])
    curved = np.abs(rows[1] - 2 * rows[2] + rows[3])
    judged = np.isfinite(scatter) & (at > 1e-3 * np.max(at, initial=0.0, where=np.isfinite(at)))
    with np.errstate(all="ignore"):
        # Of a steep but smooth line, each difference is smaller than the one before.
        scattered = judged & (scatter > NOISE * at) & (scatter > curved / 2)
    return bool(np.count_nonzero(scattered) > np.count_nonzero(judged) / 5)


def lost_tail(subject: Subject) -> Iterator[Finding]:
    """It is not 0, or noise, where it should still be a number of its dtype."""
    for method in subject.methods():
        _, lost = _losses(subject, method)
        if lost:
            dtype, index = next(iter(lost.items()))
            x = float(subject.inputs(dtype)[index])
            y = subject.values(method, dtype).y[index]
            true = subject.double(method, dtype)[0, index]
            yield warning(
                f"{method} is {y:.3g} at x = {x:.4g} in {_with_others(dtype, lost)}, where it "
                f"should be {true:.3g}.",
                "Do not subtract from 1 what has come close to 1: with t = exp(-abs(z)), write a "
                "sigmoid's slope as t / (1 + t)**2, and sech(z)**2 as 4 t**2 / (1 + t**2)**2; keep "
                "squares that overflow out of a quotient, (1 / z)**2 and not 1 / z**2.",
                x,
            )


def _losses(subject: Subject, method: str) -> tuple[dict[str, tuple[int, float]], dict[str, int]]:
    """Where it is off by more than it may, and by how much, in each dtype; and where it is lost."""
    off: dict[str, tuple[int, float]] = {}
    lost: dict[str, int] = {}
    for dtype in subject.dtypes:
        if dtype == "float64":
            continue
        limits, x = jnp.finfo(dtype), subject.inputs(dtype).astype(np.float64)
        y, (true, *beside) = subject.values(method, dtype).y, subject.double(method, dtype)
        least = float(limits.tiny)
        with np.errstate(all="ignore"):
            # Where it changes its sign, the smaller of its two sides is what an error counts by.
            inside = np.abs(x) <= max(map(abs, subject.domain))
            floor = max(least, min(true[inside].max(), -true[inside].min()))
            unit = np.exp2(np.floor(np.log2(np.maximum(np.abs(true), floor)))) * float(limits.eps)
            wrong = np.abs(y - true)
            # What a slightly other x would give is no fault of the formula.
            own = np.max(np.abs(beside - true), axis=0)
            # What is not finite is another check's. Numbers below the normal ones are kept by
            # float16 alone, and matter in a gradient, which is scaled up for them.
            judged = np.isfinite(y) & (np.abs(true) < float(limits.max))
            judged &= (np.abs(true) > 2 * least) | (method == GRADIENT and dtype == "float16")
            ulp = np.where(judged, wrong / unit, 0.0)
            excess = np.where(judged, (wrong - own) / unit, 0.0)
        subject.facts.setdefault("ulp", {}).setdefault(method, {})[dtype] = float(ulp.max())
        gone = (excess > ULP) & (wrong > 0.5 * np.abs(true))
        if gone.any():
            lost[dtype] = _nearest(gone, x)
        if excess.max() > ULP:
            worst = int(np.argmax(excess))
            off[dtype] = worst, float(ulp[worst])
    return off, lost


def depends_on_parameters(subject: Subject) -> Iterator[Finding]:
    """Every parameter changes the gradient, and the relaxation with it."""
    x = subject.inputs("float32").astype(np.float64)
    inside = np.abs(x) <= max(map(abs, subject.domain))
    values = numbers(subject.surrogate)
    for name, value in values.items():
        changes, any_change = {}, False
        try:
            for method in subject.methods():
                before = subject.double(method, "float32")[0, inside]
                change = _with_changed(subject, method, name, value)[inside] - before
                if method == RELAXATION:
                    change -= change[0]  # A constant added to it does not change its slope.
                changes[method] = bool(np.max(np.abs(change)) > 1e-9 * np.max(np.abs(before)))
                any_change |= bool((np.abs(change) > 1e-6 * np.abs(before)).any())
        except Exception:  # The class takes no such value, or not by that name: nothing to learn.
            continue
        if not any_change:
            yield warning(
                f"{name} changes nothing.",
                "Use it in surrogate_grad, or take it out of __init__.",
            )
        elif any(changes.values()) and not all(changes.values()):
            used, unused = sorted(changes, key=lambda method: not changes[method])
            yield error(
                f"{name} changes {used}, but not {unused}.",
                f"Use it in {unused} too, so that the two stay derivative and integral.",
            )


def _with_changed(subject: Subject, method: str, name: str, value: Any) -> np.ndarray:
    """The values of a method at the places of float32, with one parameter changed."""
    changed = _changed(value)
    if len(numbers(subject.surrogate)) == 1 and np.array_equal(changed, np.asarray(value) * MOVED):
        alone: np.ndarray = subject.double(method, "float32", True)[0]
        return alone
    moved = in_dtype(rebuilt(subject.surrogate, {name: changed}), "float64")
    return in_chunks(moved, method, subject.inputs("float32").astype(np.float64))


def _changed(value: Any) -> Any:
    array = np.asarray(value, np.float64)
    changed = np.where(np.isinf(array) | (array == 0), 0.25, array * MOVED)
    return jnp.asarray(changed) if isinstance(value, np.ndarray) or array.ndim else float(changed)


def _nearest(where: np.ndarray, x: np.ndarray) -> int:
    """The index of the place nearest to 0 out of some."""
    return int(np.argmin(np.where(where, np.abs(x.astype(np.float64)), np.inf)))


def _with_others(dtype: str, all_of_them: Iterable[str]) -> str:
    others = [other for other in all_of_them if other != dtype]
    return f"{dtype} (also in {', '.join(others)})" if others else dtype
