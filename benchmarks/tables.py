"""The record of the time loop's benchmark as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from measuring import Spread, folded, ratios, table, where_and_when

Row = Mapping[str, Any]
OURS = "spikegrad"
MIDDLE = (100, 64, 512)
"""The size at which everything is told."""


def size_of(row: Row) -> tuple[int, int, int]:
    """Time steps, batch, neurons."""
    return row["time"], row["batch"], row["neurons"]


def name_of(row: Row) -> str:
    """The competitor and its reset."""
    return f"{row['competitor']}, {row['reset']}"


def shown_size(size: Iterable[int]) -> str:
    """As `100x64x512`."""
    return "x".join(map(str, size))


def baseline(rows: Iterable[Row], row: Row) -> Row | None:
    """What spikegrad did in the place of `row`."""
    same = [key for key in row if key not in ("competitor", "variant", "about", "samples")]
    for other in rows:
        if other["competitor"] == OURS and all(other.get(key) == row[key] for key in same):
            return other
    return None


def against_ours(rows: list[Row], row: Row, kind: str) -> Spread | None:
    """How many times as long as spikegrad with the same reset."""
    ours = baseline(rows, row)
    if ours is None or kind not in row["samples"] or kind not in ours["samples"]:
        return None
    return ratios(row["samples"][kind], ours["samples"][kind])


def total(row: Row) -> list[float]:
    """Seconds of forward and backward together, of every repeat."""
    samples = row["samples"]
    if "both" in samples or not samples:
        return samples.get("both", [])
    return [a + b for a, b in zip(samples["forward"], samples["backward"], strict=True)]


def _unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _grid(
    rows: list[Row], column: Callable[[Row], str], cell: Callable[[Row], str], corner: str
) -> str:
    """One line a competitor, one column a value of `column`."""
    columns = _unique(map(column, rows))
    cells = {(name_of(row), column(row)): cell(row) for row in rows}
    lines = [
        [name, *(cells.get((name, each), "") for each in columns)]
        for name in _unique(map(name_of, rows))
    ]
    return table([corner, *columns], lines)


def _milliseconds(samples: list[float]) -> str:
    return Spread.of(samples).shown(1e-3, 1) if samples else "too slow"


def _middle(found: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for allocator, measured in found.items():
        rows = [row for row in measured.get("rollout", []) if size_of(row) == MIDDLE]
        for surrogate in _unique(row["surrogate"] for row in rows):
            some = [row for row in rows if row["surrogate"] == surrogate]
            lines = [_middle_line(some, row) for row in some]
            header = [
                f"{surrogate}, memory {allocator}",
                "Forward, ms",
                "With backward, ms",
                "Times ours",
                "Compile, s",
                "Rate",
            ]
            parts.append(table(header, lines))
    return "\n".join(parts)


def _middle_line(rows: list[Row], row: Row) -> list[str]:
    about, times = row["about"], against_ours(rows, row, "both")
    return [
        name_of(row),
        _milliseconds(row["samples"].get("forward", [])),
        _milliseconds(total(row)),
        times.shown() if times else "",
        f"{about['compile']['both']:.2f}" if "compile" in about else "",
        f"{about['rate']:.3f}",
    ]


def _sizes(measured: Mapping[str, Any], kind: str) -> str:
    rows = measured.get("rollout", [])

    def cell(row: Row) -> str:
        if row["competitor"] == OURS:
            return _milliseconds(row["samples"].get(kind, [])) + " ms"
        times = against_ours(rows, row, kind)
        return times.shown() if times else "too slow"

    return "\n".join(
        _grid(
            [row for row in rows if row["surrogate"] == surrogate],
            lambda row: shown_size(size_of(row)),
            cell,
            surrogate,
        )
        for surrogate in _unique(row["surrogate"] for row in rows)
    )


def _yardstick(measured: Mapping[str, Any]) -> str:
    def cell(row: Row) -> str:
        if not row["samples"]:
            return f"too slow: {row['about']['seconds']:.0f} s"
        ahead, back = (Spread.of(row["samples"][kind]).median for kind in ("forward", "backward"))
        return f"{ahead * 1e3:.0f} + {back * 1e3:.0f} ms"

    return _grid(measured["yardstick"], lambda row: f"n = {row['neurons']}", cell, "Competitor")


def _memory(rows: list[Row]) -> str:
    """Bytes a neuron and step of a layer, and MiB of the yardstick."""

    def peak(row: Row, unit: float) -> str:
        found = row["about"]["peak"]
        return "" if found is None else f"{found / unit:.0f}"

    def each(row: Row) -> str:
        steps = row["time"] * row["batch"] * row["neurons"]
        temporaries = row["about"].get("temporaries")
        return peak(row, steps) + ("" if temporaries is None else f" ({temporaries / steps:.0f})")

    grids = [
        _grid(some, lambda row: shown_size(size_of(row)), cell, corner)
        for task, cell, corner in (
            ("rollout", each, "A layer, bytes a neuron and step"),
            ("yardstick", lambda row: peak(row, 2**20), "The yardstick, MiB"),
        )
        if (some := [row for row in rows if row["task"] == task])
    ]
    return "\n".join(grids)


def _lengths(measured: Mapping[str, Any]) -> str:
    return _grid(
        measured["lengths"],
        lambda row: f"{row['time']} steps",
        lambda row: f"{Spread.of(total(row)).median / row['time'] * 1e6:.0f}" if total(row) else "",
        "Microseconds a step",
    )


def _steps(measured: Mapping[str, Any]) -> str:
    lines = []
    for row in measured["step"]:
        for kind, samples in row["samples"].items():
            times = against_ours(measured["step"], row, kind)
            median = Spread.of(samples).median * 1e6
            cells = [row["competitor"], kind, f"{row['elements']:,}", f"{median:,.1f}"]
            lines.append([*cells, times.shown() if times else ""])
    lines.sort(key=lambda line: (int(line[2].replace(",", "")), line[1]))
    return table(["Step function", "What", "Elements", "Microseconds", "Times ours"], lines)


def report(record: Mapping[str, Any]) -> str:
    """All of it, as Markdown: a table behind each title."""
    found = record["allocators"]
    parts = []
    if middle := _middle(found):
        text = f"The rate is the share of steps with a spike.\n\n{middle}"
        parts.append((f"A layer of {shown_size(MIDDLE)}, forward and backward", text))
    if record.get("memory"):
        text = (
            "Resident memory of one forward and backward pass beyond the inputs, results included; "
            "in brackets the temporaries that XLA says it needs. Noise is about 1 MiB.\n\n"
        )
        parts.append(("Peak memory", text + _memory(record["memory"])))
    for allocator, measured in found.items():
        shown: list[tuple[str, str]] = []
        if measured.get("rollout"):
            for kind, words in (
                ("both", "Every size, forward and backward"),
                ("forward", "Every size, forward"),
            ):
                shown.append((words, _sizes(measured, kind)))
        for part, words, show in (
            ("lengths", "Time against the number of steps, forward and backward", _lengths),
            ("yardstick", "A linear layer and a layer of neurons, forward + backward", _yardstick),
            ("step", "The bare step function", _steps),
        ):
            if measured.get(part):
                shown.append((words, show(measured)))
        parts += [(f"{words}, memory {allocator}", text) for words, text in shown]
    load = "; ".join(
        f"{' to '.join(map(str, measured['load_average']))} with memory {allocator}"
        for allocator, measured in found.items()
    )
    return (
        "Ratios say how many times as long as spikegrad with the same reset; above 1, spikegrad "
        "is faster. Medians, with quartiles.\n\n"
        + "\n".join(folded(title, text) for title, text in parts)
        + f"\n{where_and_when(record)} While it was measured: {load}.\n"
    )
