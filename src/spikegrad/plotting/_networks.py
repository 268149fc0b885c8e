"""Pictures of what happens in a network: rasters, currents, membranes, learning curves."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
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
    from matplotlib.figure import Figure

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
    axes.vlines(steps, neurons - 0.4, neurons + 0.4, color=color, linewidth=width)
    axes.set(xlim=(-0.5, len(array) - 0.5), ylim=(-0.5, array.shape[1] - 0.5))
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
) -> Figure:
    """The membrane potential of each neuron over time, with the threshold and its spikes.

    Args:
        potentials: before the reset, `(time, neurons)`.
        spikes: `(time, neurons)`; whatever is not 0 is a spike.
        threshold: where a neuron fires.
        names: one a neuron; without it they are numbered.
        ylabel: what the potentials are, with their unit.
        title: says what is to be seen.
    """
    u = _array("potentials", potentials, ("time", "neurons"))
    fired = _array("spikes", spikes, ("time", "neurons")) != 0
    count = u.shape[1]
    figure = new_figure(6.0, 0.7 + 0.95 * count)
    panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    for neuron, axes in enumerate(panels):
        steps = np.flatnonzero(fired[:, neuron])
        axes.axhline(threshold, color=GREY, linestyle="--", linewidth=1)
        axes.plot(u[:, neuron], color=BLUE, linewidth=1.5)
        axes.plot(steps, u[steps, neuron], "o", color=ORANGE, markersize=5)
        clean(axes)
        axes.set_title(
            names[neuron] if names else f"neuron {neuron}", loc="left", fontsize=8, pad=2
        )
    panels[0].annotate(
        "threshold", (1, threshold), (3, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", color="#666666", fontsize=8, va="center",
    )  # fmt: skip
    panels[0].plot([], [], "o", color=ORANGE, markersize=5, label="spike")
    panels[0].legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.98))
    panels[-1].set_xlabel("time step")
    figure.supylabel(ylabel, fontsize=10)
    figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    return figure


def learning_curves(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    *,
    logarithmic: Collection[str] = (),
    xlabel: str = "epoch",
    title: str = "",
) -> Figure:
    """Measures over the epochs, counted from 1, side by side.

    Args:
        panels: what each panel shows, with its unit, and the lines in it by name.
        logarithmic: the panels that have a logarithmic scale.
        xlabel: what is counted.
        title: says what is to be seen.
    """
    figure = new_figure(3.0 * len(panels), 2.8)
    for axes, (ylabel, lines) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for color, (name, values) in zip(itertools.cycle((BLUE, ORANGE, GREEN)), lines.items()):
            y = _array(name, values, ("epochs",))
            axes.plot(np.arange(1, len(y) + 1), y, color=color, label=name, linewidth=1.5)
        if len(lines) > 1:
            axes.legend(frameon=False, fontsize=8)
        if ylabel in logarithmic:
            axes.set_yscale("log")
        axes.xaxis.get_major_locator().set_params(integer=True)
        label_axes(axes, xlabel, ylabel, "")
    figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    return figure


def _array(name: str, value: ArrayLike, axes: tuple[str, ...]) -> NDArray[Any]:
    array = np.asarray(value)
    if array.ndim != len(axes) or not array.size:
        words = f"({', '.join(axes)})"
        raise ValueError(WRONG_AXES.format(name=name, axes=words, shape=array.shape))
    return array
