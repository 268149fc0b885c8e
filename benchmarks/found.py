"""What the record of the time loop says, in sentences: where spikegrad is faster, and where not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from measuring import ratios, software
from tables import (
    MIDDLE,
    OURS,
    Row,
    against_ours,
    baseline,
    name_of,
    shown_size,
    size_of,
    total,
)


def found(record: Mapping[str, Any]) -> str:
    """A list in Markdown: faster, level, slower, memory, where and when."""
    (allocator, usual), *others = record["allocators"].items()
    time = (
        f"**Time.** A layer of {shown_size(MIDDLE)} (steps x batch x neurons), forward and "
        f"backward, memory {allocator}; times as long as spikegrad with the same reset"
    )
    items = [_middle(time, usual)]
    for allocator, measured in others:
        same = f"**The same with memory {allocator}**, where nobody waits for new pages"
        items.append(_middle(same, measured))
    items += [
        _slower(record["allocators"]),
        _behind_a_product(usual),
        _alone(record["allocators"]),
    ]
    items += [_memory(record.get("memory", [])), _where(record)]
    return "\n".join(f"- {item}" for item in items if item) + "\n"


def ranges(rows: list[Row], kind: str = "both") -> dict[str, list[float]]:
    """How many times as long as spikegrad each competitor took, at every measurement."""
    times: dict[str, list[float]] = {}
    for row in rows:
        spread = against_ours(rows, row, kind)
        if row["competitor"] != OURS and spread:
            times.setdefault(row["competitor"], []).append(spread.median)
    return times


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 1.095 else f"{value:.1f}"


def _from_to(values: Iterable[float]) -> str:
    low, high = (_number(pick(values)) for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def _middle_rows(measured: Mapping[str, Any]) -> list[Row]:
    return [row for row in measured.get("rollout", []) if size_of(row) == MIDDLE]


def _middle(begins: str, measured: Mapping[str, Any]) -> str:
    times = ranges(_middle_rows(measured))
    each = ", ".join(f"{name} {_from_to(values)}" for name, values in times.items())
    return f"{begins}: {each}." if each else ""


def _slower(allocators: Mapping[str, Mapping[str, Any]]) -> str:
    """Every measurement of a layer at which another was faster."""
    faster, compared = [], 0
    for allocator, measured in allocators.items():
        rows = measured.get("rollout", [])
        for row in rows:
            times = against_ours(rows, row, "both")
            if row["competitor"] == OURS or not times:
                continue
            compared += 1
            if round(times.median, 2) < 1:
                size = f"{shown_size(size_of(row))}, {row['surrogate']}, memory {allocator}"
                faster.append(f"{name_of(row)} ({_number(times.median)} at {size})")
    if not compared:
        return ""
    return (
        f"**Not the fastest** at {len(faster)} of the {compared} comparisons of a layer"
        + (f": {'; '.join(faster)}" if faster else "")
        + "."
    )


def _behind_a_product(measured: Mapping[str, Any]) -> str:
    """The yardstick, where a matrix product is most of the work."""
    rows = measured.get("yardstick", [])
    parts = []
    for n in dict.fromkeys(row["neurons"] for row in rows):
        times: dict[str, float] = {}
        repeats = 0
        for row in rows:
            ours = baseline(rows, row)
            if row["neurons"] == n and row["competitor"] != OURS and ours and total(row):
                times[name_of(row)] = ratios(total(row), total(ours)).median
                repeats = len(total(row))
        if times:
            quickest = min(times, key=times.__getitem__)
            once = ", one repeat" if repeats == 1 else ""
            parts.append(f"n = {n}: {_from_to(times.values())} (the quickest: {quickest}{once})")
    if not parts:
        return ""
    return (
        "**Behind a linear layer** of n by n, where the matrix product is most of the work; times "
        f"as long as spikegrad: {'; '.join(parts)}."
    )


def _alone(allocators: Mapping[str, Mapping[str, Any]]) -> str:
    """The forward pass without the backward one, against loops that XLA compiles as well."""
    times = []
    for measured in allocators.values():
        compiled = [row for row in _middle_rows(measured) if "compile" in row["about"]]
        times += [value for values in ranges(compiled, "forward").values() for value in values]
    if not times:
        return ""
    return f"**Forward alone** the other loops in JAX take {_from_to(times)} times as long."


def _memory(rows: list[Row]) -> str:
    peaks: dict[str, list[float]] = {}
    for row in rows:
        if row["task"] == "rollout" and size_of(row) == MIDDLE and row["about"]["peak"]:
            steps = row["time"] * row["batch"] * row["neurons"]
            peaks.setdefault(row["competitor"], []).append(row["about"]["peak"] / steps)
    if OURS not in peaks:
        return ""
    shown = {
        name: " or ".join(dict.fromkeys(f"{value:.0f}" for value in sorted(values)))
        for name, values in peaks.items()
    }
    ours = shown.pop(OURS)
    others = ", ".join(f"{name} {each}" for name, each in shown.items())
    return (
        f"**Memory.** That layer needs {ours} bytes a neuron and step, forward and backward, the "
        f"results included; {others}."
    )


def _where(record: Mapping[str, Any]) -> str:
    m = record["machine"]
    return (
        f"**On what.** {m['cores']} cores of {m['processor']}, no GPU, {m['day']}, Python "
        f"{m['python']}, {software(record)}. Medians of repeats taken in turn."
    )
