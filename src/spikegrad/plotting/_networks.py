"""Pictures of what happens in a network: rasters, currents, membranes, learning curves."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

POINTS_PER_INCH = 72
# In points: the room of a neuron from which on a gap beside its marks is seen; the least height of
# a mark that is.
FEW, SEEN = 3.0, 1.5
MANY = 20_000

WRONG_AXES = "{name} has to be an array over {axes}, but got one of shape {shape}."


def raster(
    spikes: ArrayLike,
    *,
    ylabel: str = "neuron",
    title: str = "",
    color: str = BLUE,
    axes: Axes | None = None,
) -> Figure:
    """A mark for every spike, time to the right and neurons upwards.

    Where a neuron has less room than an eye can see, its marks are higher than that room, so that
    a lone spike is seen all the same and many of them make an even patch.

    Args:
        spikes: `(time, neurons)`; whatever is not 0 is a spike.
        ylabel: what the neurons are.
        title: says what is to be seen.
        color: of the marks.
        axes: where to draw; None makes a new figure.
    """
    array = _array("spikes", spikes, ("time", "neurons"))
    figure, axes = canvas(axes, 6.0, 3.5)
    steps, neurons = np.nonzero(array)
    width = float(np.clip(150 / len(array), 0.8, 8.0))
    room = POINTS_PER_INCH * figure.get_figheight() / array.shape[1]
    half = 0.4 if room > FEW else max(0.5, SEEN / room / 2)
    marks = axes.vlines(steps, neurons - half, neurons + half, color=color, linewidth=width)
    # As shapes, so many make a file that no viewer opens in a moment.
    marks.set_rasterized(len(steps) > MANY)
    axes.set(xlim=(-0.5, len(array) - 0.5), ylim=(-0.5, array.shape[1] - 0.5))
    _count_in(axes.xaxis, axes.yaxis)
    label_axes(axes, "time step", ylabel, title)
    return figure


def currents(
    values: ArrayLike,
    *,
    ylabel: str = "neuron",
    title: str = "",
    label: str = "current (thresholds)",
    axes: Axes | None = None,
) -> Figure:
    """The input currents as shades, time to the right and neurons upwards.

    Args:
        values: `(time, neurons)`.
        ylabel: what the neurons are.
        title: says what is to be seen.
        label: what the shades are, with their unit.
        axes: where to draw; None makes a new figure.
    """
    array = _array("values", values, ("time", "neurons"))
    figure, axes = canvas(axes, 6.0, 3.5)
    shades = axes.imshow(array.T, aspect="auto", origin="lower", cmap="cividis")
    figure.colorbar(shades, ax=axes, label=label)
    label_axes(axes, "time step", ylabel, title)
    return figure


def membranes(
    potentials: ArrayLike,
    spikes: ArrayLike,
    *,
    threshold: float = 1.0,
    names: Sequence[str] = (),
    ylabel: str = "membrane potential",
    title: str = "",
    width: float = 6.0,
) -> Figure:
    """The membrane potential of each neuron over time, with the threshold and its spikes.

    All have one scale, so that they can be compared.

    Args:
        potentials: before the reset, `(time, neurons)`.
        spikes: `(time, neurons)`; whatever is not 0 is a spike.
        threshold: where a neuron fires.
        names: one a neuron; without it they are numbered.
        ylabel: what the potentials are, with their unit.
        title: says what is to be seen.
        width: of the figure, in inches.
    """
    u = _array("potentials", potentials, ("time", "neurons"))
    fired = _array("spikes", spikes, ("time", "neurons")) != 0
    count = u.shape[1]
    figure = new_figure(width, 0.9 + 0.85 * count)
    panels = figure.subplots(count, 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for neuron, axes in enumerate(panels):
        steps = np.flatnonzero(fired[:, neuron])
        axes.axhline(threshold, color=GREY, linestyle="--", linewidth=1, label="threshold")
        axes.plot(u[:, neuron], color=BLUE, label="membrane potential", **_line(len(u)))
        axes.plot(
            steps, u[steps, neuron], "o", color=ORANGE, markersize=5, label="spike",
            # At the edge of a panel it is seen whole; but what is not there has no place.
            clip_on=not steps.size,
        )  # fmt: skip
        clean(axes)
        axes.set_title(
            names[neuron] if names else f"neuron {neuron}", loc="left", fontsize=8, pad=2
        )
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper left", ncols=3, frameon=False, fontsize=8, columnspacing=1,
    )  # fmt: skip
    panels[-1].set(xlabel="time step", xlim=(-0.5, len(u) - 0.5))
    _count_in(panels[-1].xaxis)
    figure.supylabel(ylabel, fontsize=10)
    _put_title(figure, title)
    return figure


def learning_curves(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    *,
    ends: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    logarithmic: Collection[str] = (),
    xlabel: str = "epoch",
    title: str = "",
    width: float = 6.0,
) -> Figure:
    """Measures over the epochs, counted from 1, one above the other.

    Args:
        panels: what each panel shows, with its unit, and the lines in it by name.
        ends: of some of the panels, what was measured once, after the last epoch, by name.
        logarithmic: the panels that have a logarithmic scale, as far as they hold a positive value.
        xlabel: what is counted.
        title: says what is to be seen.
        width: of the figure, in inches.
    """
    figure = new_figure(width, 0.4 + 1.9 * len(panels))
    subplots = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (ylabel, lines) in zip(subplots, panels.items(), strict=True):
        colors = itertools.cycle((BLUE, ORANGE, GREEN))
        curves = {name: _array(name, values, ("epochs",)) for name, values in lines.items()}
        for (name, y), color in zip(curves.items(), colors, strict=False):
            x = np.arange(1, len(y) + 1)
            axes.plot(x, y, color=color, label=name, **_line(len(y)))
        last = max(map(len, curves.values()))
        for (name, value), color in zip(ends.get(ylabel, {}).items(), colors, strict=False):
            label = f"{name}, at the end"
            axes.plot(last, value, "D", color=color, markersize=5, clip_on=False, label=label)
        if len(axes.lines) > 1:
            axes.legend(frameon=False, fontsize=8)
        if ylabel in logarithmic and any(np.any(y > 0) for y in curves.values()):
            axes.set_yscale("log")
        label_axes(axes, "", ylabel, "")
    _count_in(subplots[-1].xaxis)
    subplots[-1].set_xlabel(xlabel)
    _put_title(figure, title)
    return figure


def _line(points: int) -> dict[str, Any]:
    # Through one point there is none to see.
    return {"marker": "o", "markersize": 4} if points == 1 else {"linewidth": 1.5}


def _count_in(*axes: Axis) -> None:
    """Have whole numbers on an axis, one of them if need be."""
    for axis in axes:
        axis.set_major_locator(
            importlib.import_module("matplotlib.ticker").MaxNLocator(
                "auto", integer=True, min_n_ticks=1
            )
        )


def _put_title(figure: Figure, title: str) -> None:
    # An empty one would take its room all the same.
    if title:
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)


def _array(name: str, value: ArrayLike, axes: tuple[str, ...]) -> NDArray[Any]:
    array = np.asarray(value)
    if array.ndim != len(axes) or not array.size:
        words = f"({', '.join(axes)})"
        raise ValueError(WRONG_AXES.format(name=name, axes=words, shape=array.shape))
    return array
