"""Pictures of surrogates: one, several in one picture, all of the catalogue."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from spikegrad.plotting._curves import curve, points, surrogates_in
from spikegrad.plotting._figures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    canvas,
    clean,
    label_axes,
    new_figure,
)
from spikegrad.surrogate import Scaled, Shifted, Summed, Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

X_LABEL = "membrane potential - threshold (thresholds)"
GRADIENT_LABELS = {
    None: "gradient (1/threshold)",
    "peak": "gradient / peak",
    "area": "gradient / area (1/threshold)",
}
CANNOT_NORMALISE = (
    "normalise={by!r} needs {what} that is finite and not 0, but that of {surrogate!r} is "
    "{value:g}. Use another normalise, or leave the surrogate out."
)
COLUMNS = 5


def surrogate_over(
    surrogate: Surrogate, x: ArrayLike, *, title: str = "", axes: Axes | None = None
) -> Figure:
    """The gradient of a surrogate over the histogram of the values that it really met.

    Where the bars are high and the curve is low, a network cannot learn. The one value in a
    thousand that lies farthest out on either side is counted, and not shown.

    Args:
        surrogate: the surrogate.
        x: membrane potential minus threshold, any shape; what is not finite is left out.
        title: says what is to be seen.
        axes: where to draw; None makes a new figure.
    """
    values = np.asarray(x, np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("x has to hold a finite value, but got none.")
    low, high = (float(v) for v in np.quantile(values, (0.001, 0.999)))
    low, high = min(low, -1.0), max(high, 1.0)
    figure, axes = canvas(axes, 6.0, 3.5)
    share = np.full(values.shape, 100 / values.size)
    axes.hist(values, bins=80, range=(low, high), weights=share, color="#bdbdbd")
    axes.axvline(0, color=GREY, linestyle="--", linewidth=1)
    label_axes(axes, "membrane potential - threshold (thresholds)", "share of values (%)", title)

    grid = np.linspace(low, high, 1001, dtype=np.float32)
    gradient = np.asarray(surrogate.surrogate_grad(jnp.asarray(grid)))
    right = axes.twinx()
    right.plot(grid, np.broadcast_to(gradient, grid.shape), color=ORANGE, linewidth=2)
    right.set_ylabel("surrogate gradient", color=ORANGE)
    right.tick_params(axis="y", colors=ORANGE)
    right.set_ylim(bottom=min(0.0, 1.05 * float(gradient.min())))
    right.spines[["top", "left", "bottom"]].set_visible(False)
    right.spines["right"].set_color(ORANGE)
    axes.set_xlim(low, high)
    return figure


def plot(surrogate: Surrogate) -> Figure:
    """A surrogate in three panels: its step, its relaxation and its gradient.

    The forward pass is the step. The relaxation is the function that the gradient is the
    derivative of. The range of x is chosen so that the shape is seen.

    Args:
        surrogate: the surrogate, with a number for each parameter.

    Raises:
        TypeError: it is no surrogate.
        ValueError: a parameter is an array of numbers.

    Examples:
        >>> from spikegrad import plotting, surrogate
        >>> figure = plotting.plot(surrogate.Arctan(alpha=2.0))
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['spike', 'relaxation', 'gradient (1/threshold)']
    """
    surrogates_in("surrogate", [surrogate])
    x = points([surrogate])
    figure = new_figure(6.0, 6.0)
    panels: list[tuple[str, Callable[..., object], str, str]] = [
        ("spike", surrogate, BLUE, "the step of the forward pass"),
        ("relaxation", surrogate.antiderivative, GREEN, "its relaxation, up to a constant"),
        (
            GRADIENT_LABELS[None],
            surrogate.surrogate_grad,
            ORANGE,
            "the gradient of the backward pass",
        ),
    ]
    for axes, (ylabel, method, color, title) in zip(
        figure.subplots(len(panels), 1, sharex=True), panels, strict=True
    ):
        axes.axvline(0, color=GREY, linestyle="--", linewidth=1)
        axes.plot(x, curve(method)(x), color=color, linewidth=2)
        label_axes(axes, "", ylabel, title)
    axes.set(xlabel=X_LABEL, xlim=(x[0], x[-1]))
    figure.suptitle(readable(repr(surrogate)), x=0.02, ha="left", fontsize=11)
    return figure


def compare(
    surrogates: Iterable[Surrogate], *, normalise: Literal["peak", "area"] | None = None
) -> Figure:
    """The gradients of several surrogates over each other, with a legend.

    Args:
        surrogates: the surrogates, with a number for each parameter.
        normalise: `"peak"` divides each gradient by its largest value, `"area"` by its integral;
            None leaves them as they are.

    Raises:
        TypeError: one of them is no surrogate.
        ValueError: there is none, a parameter is an array of numbers, or what to normalise by is
            unknown, infinite or 0.

    Examples:
        >>> from spikegrad import plotting, surrogate
        >>> shapes = [surrogate.Arctan(alpha=2.0), surrogate.Sigmoid(alpha=4.0)]
        >>> figure = plotting.compare(shapes, normalise="peak")
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['Arctan(alpha=2.0)', 'Sigmoid(alpha=4.0)']
    """
    if normalise not in GRADIENT_LABELS:
        allowed = ", ".join(map(repr, GRADIENT_LABELS))
        raise ValueError(f"normalise has to be one of {allowed}, but got {normalise!r}.")
    shapes = surrogates_in("surrogates", surrogates)
    scales = [_scale(shape, normalise) for shape in shapes]
    x = points(shapes)
    figure = new_figure(6.0, 3.5 + 0.2 * len(shapes))
    axes = figure.subplots()
    axes.axvline(0, color=GREY, linestyle="--", linewidth=1)
    looks = itertools.product(("-", "--", ":", "-."), (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9"))
    for shape, scale, (style, color) in zip(shapes, scales, itertools.cycle(looks), strict=False):
        y = curve(shape.surrogate_grad)(x) / scale
        axes.plot(x, y, style, color=color, linewidth=1.8, label=readable(repr(shape)))
    axes.set_xlim(x[0], x[-1])
    label_axes(axes, X_LABEL, GRADIENT_LABELS[normalise], "")
    figure.legend(loc="outside upper left", frameon=False, fontsize=8)
    return figure


def gallery(surrogates: Iterable[Surrogate] | None = None) -> Figure:
    """A small panel for each surrogate, family by family: gradient and relaxation.

    Each panel has its own range of x and its own scale, because the shape is what it shows.

    Args:
        surrogates: the surrogates, with a number for each parameter; None takes every shape of
            the catalogue at its defaults.

    Raises:
        TypeError: one of them is no surrogate.
        ValueError: there is none, or a parameter is an array of numbers.

    Examples:
        >>> from spikegrad import plotting, surrogate
        >>> shapes = [surrogate.Arctan(alpha=alpha) for alpha in (1.0, 2.0, 4.0)]
        >>> len(plotting.gallery(shapes).axes)
        3
    """
    if surrogates is None:
        surrogates = [row.shape() for row in CATALOGUE]
    families: dict[str, list[Surrogate]] = {}
    for surrogate in surrogates_in("surrogates", surrogates):
        families.setdefault(_family(surrogate), []).append(surrogate)
    rows = [math.ceil(len(shapes) / COLUMNS) for shapes in families.values()]
    figure = new_figure(11.0, 1.2 + 0.3 * len(rows) + 1.7 * sum(rows))
    heights = [1.7 * count + 0.3 for count in rows]
    parts = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, count, (family, shapes) in zip(parts, rows, families.items(), strict=True):
        part.suptitle(family, x=0.01, ha="left", fontsize=11, fontweight="bold")
        panels = part.subplots(count, COLUMNS, squeeze=False).ravel()
        for axes, shape in itertools.zip_longest(panels, shapes):
            _small_panel(axes, shape) if shape else axes.remove()
    figure.suptitle(
        "surrogate gradient (filled, left scale) and relaxation (line, its own scale)",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    figure.supxlabel(X_LABEL, fontsize=10)
    figure.supylabel(GRADIENT_LABELS[None], fontsize=10)
    return figure


def _scale(surrogate: Surrogate, normalise: str | None) -> float:
    """What to divide a gradient by."""
    if normalise is None:
        return 1.0
    value = float(getattr(surrogate, normalise))
    if not math.isfinite(value) or value == 0:
        what = "an area" if normalise == "area" else "a peak"
        message = CANNOT_NORMALISE.format(by=normalise, what=what, surrogate=surrogate, value=value)
        raise ValueError(message)
    return value


def _family(surrogate: Surrogate) -> str:
    while isinstance(surrogate, Scaled | Shifted):
        surrogate = surrogate.surrogate
    other = "sums" if isinstance(surrogate, Summed) else "your own"
    return str(getattr(surrogate, "family", other))


def _small_panel(axes: Axes, surrogate: Surrogate) -> None:
    x = points([surrogate])
    gradient = curve(surrogate.surrogate_grad)(x)
    relaxation = curve(surrogate.antiderivative)(x)
    low, high = float(relaxation.min()), float(relaxation.max())
    # On the scale of the gradient, so that one axis of numbers is enough.
    bottom, top = min(0.0, float(gradient.min())), max(0.0, float(gradient.max()))
    relaxation = bottom + (relaxation - low) * (top - bottom) / max(high - low, 1e-30)
    axes.axvline(0, color=GREY, linestyle="--", linewidth=0.8)
    axes.fill_between(x, gradient, color=ORANGE, alpha=0.25, linewidth=0)
    axes.plot(x, gradient, color=ORANGE, linewidth=1.2)
    axes.plot(x, relaxation, color=BLUE, linewidth=1.2)
    axes.set_xlim(x[0], x[-1])
    axes.locator_params(nbins=3)
    clean(axes)
    axes.tick_params(labelsize=7)
    axes.set_title(textwrap.fill(readable(repr(surrogate)), 30), loc="left", fontsize=7)
