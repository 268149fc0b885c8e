"""The picture of the time loop's benchmark."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from roster import ROSTER
from tables import MIDDLE, OURS, name_of, shown_size, size_of, total

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666")
"""Okabe and Ito's, which people with any colour vision tell apart."""
MARKERS = "osD^vPX"
DASHES = {"subtract": "-", "zero": "--"}


def _style(row: Mapping[str, Any]) -> dict[str, Any]:
    place = list(ROSTER).index(row["competitor"]) % len(COLOURS)
    return {
        "color": COLOURS[place],
        "marker": MARKERS[place],
        "linestyle": DASHES[row["reset"]],
        "linewidth": 2.5 if row["competitor"] == OURS else 1.2,
        "zorder": 3 if row["competitor"] == OURS else 2,
        "markersize": 5,
    }


def _lines(axes: Axes, rows: list[Any], across: Any) -> None:
    for name in dict.fromkeys(map(name_of, rows)):
        mine = [row for row in rows if name_of(row) == name and total(row)]
        if mine:
            height = [statistics.median(total(row)) * 1e3 for row in mine]
            axes.plot([across(row) for row in mine], height, label=name, **_style(mine[0]))
    axes.set(xscale="log", yscale="log", ylabel="forward and backward, ms")
    axes.grid(alpha=0.3)


def _bars(axes: Axes, found: Mapping[str, Any], surrogate: str) -> None:
    names: list[str] = []
    for place, (allocator, measured) in enumerate(found.items()):
        rows = [
            row
            for row in measured.get("rollout", [])
            if size_of(row) == MIDDLE and row["surrogate"] == surrogate and total(row)
        ]
        names = names or [name_of(row) for row in rows]
        heights = [statistics.median(total(row)) * 1e3 for row in rows]
        places = [i + 0.4 * place for i in range(len(rows))]
        bars = axes.barh(
            places, heights, 0.38, label=f"memory {allocator}", color=("#0072b2", "#8fc3e2")[place]
        )
        axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
    axes.set_yticks([i + 0.2 for i in range(len(names))], names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(title=f"{shown_size(MIDDLE)}, {surrogate}", xlabel="forward and backward, ms")
    if names:
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)


def rollouts(record: Mapping[str, Any], path: Path) -> None:
    """Time against size, time against length, and the middle size with both allocators."""
    found = record["allocators"]
    usual = next(iter(found.values()))
    rows = usual.get("rollout", [])
    surrogate = rows[-1]["surrogate"] if rows else ""
    rows = [row for row in rows if row["surrogate"] == surrogate]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 5), layout="constrained")
    _lines(left, rows, lambda row: row["time"] * row["batch"] * row["neurons"])
    left.set(title=f"Against size, {surrogate}", xlabel="neuron-steps")
    lengths = usual.get("lengths", [])
    _lines(middle, lengths, lambda row: row["time"])
    middle.set(title="Against length, batch 16, 256 neurons", xlabel="time steps")
    handles, labels = (left if rows else middle).get_legend_handles_labels()
    left.legend(handles, labels, frameon=False, fontsize=8)
    _bars(right, found, surrogate)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
