"""Small pictures of a shape: one on the scale of all of them, two on its own."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.path import Path

from spikegrad.plotting._curves import curve, points
from spikegrad.plotting._figures import clean, new_figure
from spikegrad.surrogate.catalogue import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Stands for the colour of the text around the picture, which is light or dark.
_TEXT = "#010203"
_STYLE = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8, "axes.titlesize": 9}
# In the middle between light and dark, since they stand before either.
STEP, RELAXATION, GRADIENT = "#8a8a8a", "#3a86d1", "#dd6216"

# The overview has one scale: thresholds to the right, and 1/threshold upwards.
REACH, LOW, HIGH = 2.0, -0.5, 2.0
# In a tile of 100 by 62 units, numbers to the left and below.
_LEFT, _RIGHT, _TOP, _BOTTOM = 9, 98, 3, 52


def picture(row: Row) -> str:
    """The shape at its defaults and on its own scale, as two SVGs that stand in a page."""
    surrogate = row.shape()
    x = points([surrogate])[::8]
    edges = [edge for edge in row.shape().facts().support if math.isfinite(edge)]

    def panel(title: str, draw: Callable[[Any], None]) -> str:
        def figure() -> Figure:
            made = new_figure(2.6, 1.75)
            axes = made.subplots()
            for edge in edges:
                axes.axvline(edge, color=STEP, linewidth=1, linestyle=":")
            draw(axes)
            axes.set_title(title, loc="left")
            axes.set_xlim(x[0], x[-1])
            axes.set_xlabel("x (thresholds)")
            axes.locator_params(nbins=5)
            clean(axes)
            return made

        return _inline(svg(figure, row.name + title, _TEXT), f"{row.name}: {title}")

    def forward(axes: Any) -> None:
        axes.plot([x[0], 0, 0, x[-1]], [0, 0, 1, 1], "--", color=STEP, linewidth=1.4)
        axes.plot(x, curve(surrogate.antiderivative)(x), color=RELAXATION, linewidth=1.8)

    def backward(axes: Any) -> None:
        y = curve(surrogate.surrogate_grad)(x)
        axes.plot(x, y, color=GRADIENT, linewidth=1.8)
        axes.fill_between(x, y, color=GRADIENT, alpha=0.15, linewidth=0)

    ends = "; dotted: where it ends" if edges else ""
    return panel("step (dashed), relaxation", forward) + panel(f"gradient{ends}", backward)


def thumbnail(row: Row) -> str:
    """Its gradient on the scale of the overview; what rises above it is told by a number."""
    surrogate = row.shape()
    gradient = curve(surrogate.surrogate_grad)
    x = np.union1d(np.linspace(-REACH, REACH, 1601), points([surrogate]))
    x = x[np.abs(x) <= REACH]
    y = gradient(x)
    drawn = np.column_stack([_across(x), _down(np.clip(y, 2 * LOW, 2 * HIGH))])
    ways = Path(drawn).cleaned(simplify=True, curves=False)
    vertices = ways.vertices[ways.codes != Path.STOP]
    way = " ".join(f"{a:.1f},{b:.1f}" for a, b in vertices)
    above = ""
    if y.max() > HIGH:
        peak = float(surrogate.facts().peak)
        number = f"{peak:.3g}" if math.isfinite(peak) else "∞"
        beside = _across(x[y > HIGH][0]) - 3
        above = f'<text x="{beside:.1f}" y="10" text-anchor="end">{number} ↑</text>'
    return (
        '<svg viewBox="0 0 100 62" aria-hidden="true"><clipPath id="sg-tile-'
        f'{row.name}"><rect x="{_LEFT}" y="{_TOP - 1}" width="{_RIGHT - _LEFT}" '
        f'height="{_BOTTOM - _TOP + 1}"/></clipPath>{_scale()}<polyline points="{way}" '
        f'fill="none" stroke="{GRADIENT}" stroke-width="1.5" '
        f'clip-path="url(#sg-tile-{row.name})"/>{above}</svg>'
    )


def _across(x: Any) -> Any:
    return _LEFT + (x + REACH) / (2 * REACH) * (_RIGHT - _LEFT)


def _down(y: Any) -> Any:
    return _TOP + (HIGH - y) / (HIGH - LOW) * (_BOTTOM - _TOP)


def _scale() -> str:
    """The axes of the overview, with their numbers."""
    axes = f"M{_LEFT} {_down(0):.1f}H{_RIGHT}M{_across(0):.1f} {_TOP}V{_BOTTOM}"
    parts = [f'<path class="sg-axis" d="{axes}"/>']
    for value in (-2, 0, 2):
        anchor = "end" if value == REACH else "middle"
        across = _RIGHT if value == REACH else _across(value)
        sign = f"{value}".replace("-", "\N{MINUS SIGN}")
        parts.append(f'<text x="{across:.1f}" y="61" text-anchor="{anchor}">{sign}</text>')
    for value in (0, 1, 2):
        down = _down(value)
        parts.append(f'<text x="{_LEFT - 2}" y="{down + 3:.1f}" text-anchor="end">{value}</text>')
        parts.append(f'<path class="sg-grid" d="M{_LEFT} {down:.1f}H{_RIGHT}"/>')
    return "".join(parts)


def svg(
    draw: Callable[[], Figure],
    salt: str,
    text: str,
    style: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """A figure as the text of an SVG file.

    Args:
        draw: makes it.
        salt: from which the names inside the file are made, the same ones each time.
        text: colour of axes and letters.
        style: what else differs from the style of the small pictures.
    """
    inked = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
    with mpl.rc_context({**_STYLE, **style, **dict.fromkeys(inked, text), "svg.hashsalt": salt}):
        drawn = io.StringIO()
        draw().savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return drawn.getvalue()


def _inline(svg: str, label: str) -> str:
    """The picture without the prologue of a file, in the colours of the text around it."""
    svg = svg[svg.index("<svg") :].replace(_TEXT, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    size = r'width="[\d.]+pt" height="[\d.]+pt"'
    svg = re.sub(size, f'role="img" aria-label="{label}"', svg, count=1)
    return re.sub(r"\s*\n\s*", " ", svg)
