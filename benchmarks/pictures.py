"""The pictures of the time loop's benchmark, which stand in the page in the colours of its text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from found import ranges
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from measuring import write
from tables import MIDDLE, OURS, name_of, shown_size, size_of

TEXT = "#010203"
"""Stands for the colour of the text around a picture, which is light or dark."""
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"), TEXT
    ),
}
WIDTH = 4.2
"""Inches: at this width the text is as large on a phone as the text around it."""
OURS_COLOUR, OTHERS_COLOUR = "#d55e00", "#3a86d1"
"""In the middle between light and dark, since they stand before either."""


def _svg(figure: Figure, label: str) -> str:
    """The figure without the prologue of a file, to stand in a page."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :].replace(TEXT, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<g id=\"[^\"]*\"", "<g", svg)
    size = r'width="[\d.]+pt" height="[\d.]+pt"'
    svg = re.sub(size, f'role="img" aria-label="{label}"', svg, count=1)
    return re.sub(r"\s*\n\s*", "\n", svg).strip() + "\n"


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def time(record: Mapping[str, Any]) -> str:
    """How many times as long as spikegrad each takes: a dot for every measurement."""
    figure, axes = _figure(4.4)
    allocators = list(record["allocators"])
    names: list[str] = []
    for place, measured in enumerate(record["allocators"].values()):
        rows = measured.get("rollout", [])
        for size in dict.fromkeys(map(size_of, rows)):
            some = [row for row in rows if size_of(row) == size]
            for name, values in ranges(some).items():
                names += [] if name in names else [name]
                height = [names.index(name) + (0.14 if place else -0.14)] * len(values)
                middle = size == MIDDLE
                axes.plot(
                    values,
                    height,
                    marker="o" if place == 0 else "D",
                    linestyle="",
                    color=OTHERS_COLOUR if place == 0 else TEXT,
                    markerfacecolor=None if middle else "none",
                    markersize=(7 if place == 0 else 5.5) if middle else 4,
                    markeredgewidth=0.8,
                    alpha=1 if middle else 0.6,
                    zorder=3 if middle else 2,
                )
    axes.axvline(1, color=OURS_COLOUR, linewidth=2, zorder=1)
    axes.set_xscale("log")
    ticks = [0.8, 1, 2, 4, 8, 16]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.9)
    axes.annotate("spikegrad", (1, -0.62), (4, 0), textcoords="offset points", color=OURS_COLOUR)
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)
    axes.set_title("Time of a layer, forward and backward", loc="left")
    axes.set_xlabel("times as long as spikegrad (right: slower)")
    for label, marker, colour in zip(allocators, "oD", (OTHERS_COLOUR, TEXT), strict=False):
        axes.plot([], [], marker, color=colour, label=f"memory {label}")
    axes.plot(
        [],
        [],
        "o",
        color=TEXT,
        markerfacecolor="none",
        markersize=4,
        label=f"hollow: other sizes than {shown_size(MIDDLE)}",
    )
    figure.legend(*axes.get_legend_handles_labels(), frameon=False, loc="outside lower left")
    return _svg(figure, "Times as long as spikegrad, for each library; the table has the numbers")


def memory(record: Mapping[str, Any]) -> str:
    """Bytes a neuron and step at the middle size, the results included."""
    rows = [
        row
        for row in record.get("memory", [])
        if row["task"] == "rollout" and size_of(row) == MIDDLE and row["about"]["peak"]
    ]
    figure, axes = _figure(0.9 + 0.3 * max(len(rows), 1))
    heights = [row["about"]["peak"] / (row["time"] * row["batch"] * row["neurons"]) for row in rows]
    colours = [OURS_COLOUR if row["competitor"] == OURS else OTHERS_COLOUR for row in rows]
    bars = axes.barh(range(len(rows)), heights, 0.7, color=colours)
    axes.bar_label(bars, fmt="%.0f", padding=3, color=TEXT)
    axes.set_yticks(range(len(rows)), [name_of(row) for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_title("Peak memory of a layer", loc="left")
    axes.set_xlabel("bytes a neuron and step")
    return _svg(figure, "Peak memory of each library, in bytes a neuron and step")


def save(record: Mapping[str, Any], out: Path) -> None:
    """Draw both."""
    for draw in (time, memory):
        with mpl.rc_context({**STYLE, "svg.hashsalt": draw.__name__}):
            write(out / f"{draw.__name__}.svg", draw(record))
