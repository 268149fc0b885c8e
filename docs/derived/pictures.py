"""A small picture of a shape: the step with its relaxation, and the gradient beside them."""

from __future__ import annotations

import io
import re

import matplotlib as mpl

from spikegrad.plotting._curves import curve, points
from spikegrad.plotting._figures import clean, new_figure
from spikegrad.surrogate.catalogue import Row

# Stands for the colour of the text around the picture, which is light or dark.
_TEXT = "#010203"
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 9,
    **dict.fromkeys(("axes.edgecolor", "text.color", "xtick.color", "ytick.color"), _TEXT),
}
# In the middle between light and dark, since they stand before either.
_STEP, _RELAXATION, _GRADIENT = "#8a8a8a", "#3a86d1", "#dd6216"


def picture(row: Row) -> str:
    """The shape at its defaults as SVG, to stand in a page."""
    surrogate = row.shape()
    x = points([surrogate])[::10]
    gradient, relaxation = (
        curve(method)(x) for method in (surrogate.surrogate_grad, surrogate.antiderivative)
    )
    with mpl.rc_context({**_STYLE, "svg.hashsalt": row.name}):
        figure = new_figure(5.2, 1.9)
        left, right = figure.subplots(1, 2)
        left.plot([x[0], 0, 0, x[-1]], [0, 0, 1, 1], "--", color=_STEP, linewidth=1.4)
        left.plot(x, relaxation, color=_RELAXATION, linewidth=1.8)
        right.plot(x, gradient, color=_GRADIENT, linewidth=1.8)
        right.fill_between(x, gradient, color=_GRADIENT, alpha=0.15, linewidth=0)
        for axes, title in ((left, "step (dashed), relaxation"), (right, "gradient")):
            axes.set_title(title, loc="left")
            axes.set_xlim(x[0], x[-1])
            axes.locator_params(nbins=5)
            clean(axes)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return _inline(drawn.getvalue(), f"Step, relaxation and gradient of {row.name}")


def thumbnail(row: Row) -> str:
    """Its gradient alone, without numbers."""
    x = points([row.shape()])[::20]
    y = curve(row.shape().surrogate_grad)(x)
    low, high = min(0.0, float(y.min())), max(0.0, float(y.max()))
    across = 100 * (x - x[0]) / (x[-1] - x[0])
    down = 3 + 44 * (high - y) / (high - low)
    way = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    return (
        f'<svg viewBox="0 0 100 50" aria-hidden="true"><polyline points="{way}" fill="none" '
        f'stroke="{_GRADIENT}" stroke-width="1.6"/></svg>'
    )


def _inline(svg: str, label: str) -> str:
    """The picture without the prologue of a file, in the colours of the text around it."""
    svg = svg[svg.index("<svg") :].replace(_TEXT, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    size = r'width="[\d.]+pt" height="[\d.]+pt"'
    svg = re.sub(size, f'role="img" aria-label="{label}"', svg, count=1)
    return re.sub(r"\s*\n\s*", " ", svg)
