"""Pictures of what happens in a network: rasters, currents, membranes, learning curves."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
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

# How many neurons the picture of membranes shows unasked.
FEW_PANELS = 8

WRONG_AXES = "{name} has to be an array over {axes}, but got one of shape {shape}.{hint}"
NO_NUMBERS = "{name} has to be an array of numbers, but got {value!r}."
OF_A_BATCH = " Of a batch, take a sample: {name}[:, 0]."
OTHER_SHAPE = "spikes has to have the shape of values, {shape}, but got {got}."
OTHER_NAMES = "names has to hold one for each of the {count} neurons of values, but got {got}."
OTHER_THRESHOLD = (
    "threshold has to be a number, or an array over (neurons,) or (time, neurons), which are "
    "{shape}, but got {value!r}."
)
OTHER_NEURONS = (
    "neurons has to hold whole numbers from 0 to {last}, one or more, but got {value!r}."
)
NO_LINES = "panels has to hold a panel or more with a line or more in each, but got {panels!r}."
SHOWN = "{} of {} neurons, busiest to quietest"


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
    values: ArrayLike,
    spikes: ArrayLike,
    *,
    threshold: ArrayLike | None = None,
    neurons: Iterable[int] | None = None,
    names: Sequence[str] = (),
    ylabel: str = "",
    title: str = "",
    width: float = 6.0,
) -> Figure:
    """What each neuron held against its threshold over time, in a panel each, with its spikes.

    By default that is what [`Recorded`][spikegrad.neurons.Recorded] gives beside the spikes, the
    membrane potential before the reset minus the threshold, against a threshold of 0. With
    `threshold`, it is potentials. All panels have one scale, so that they can be compared.

    Args:
        values: `(time, neurons)`; from before the reset, after which a neuron that fired lies
            below its threshold again.
        spikes: of the same shape; whatever is not 0 is a spike.
        threshold: of potentials, where a neuron fires: a number, `(neurons,)`, or `(time, neurons)`
            where it moves. None draws what `Recorded` gives.
        neurons: which to show, by their place in `values`, from top to bottom. None shows them all,
            or of more than 8 as many, from the busiest to the quietest, and says so.
        names: one for each neuron of `values`; without them they are numbered.
        ylabel: what the values are, with their unit.
        title: says what is to be seen.
        width: of the figure, in inches.

    Raises:
        ValueError: an array has other axes, or `neurons` or `names` do not fit.

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad import plotting
        >>> from spikegrad.neurons import LIF, Recorded, rollout
        >>> currents = jnp.full((50, 1, 3), 0.3) * jnp.arange(3)
        >>> (spikes, excess), state = rollout(Recorded(LIF(0.9)), currents)
        >>> figure = plotting.membranes(excess[:, 0], spikes[:, 0])
        >>> len(figure.axes)
        3
    """
    x = _array("values", values, ("time", "neurons"))
    fired = _array("spikes", spikes, ("time", "neurons")) != 0
    if fired.shape != x.shape:
        raise ValueError(OTHER_SHAPE.format(shape=x.shape, got=fired.shape))
    level = _level(threshold, x.shape)
    count = x.shape[1]
    if names and len(names) != count:
        raise ValueError(OTHER_NAMES.format(count=count, got=len(names)))
    chosen = _some(fired) if neurons is None else _chosen(neurons, count)
    figure = new_figure(width, 0.9 + 0.85 * len(chosen))
    panels = figure.subplots(len(chosen), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for neuron, axes in zip(chosen, panels, strict=True):
        steps = np.flatnonzero(fired[:, neuron])
        look = {"color": GREY, "linestyle": "--", "linewidth": 1, "label": "threshold"}
        # A line from edge to edge, but where it moves.
        if np.ptp(level[:, neuron]):
            axes.plot(level[:, neuron], **look)
        else:
            axes.axhline(level[0, neuron], **look)
        axes.plot(x[:, neuron], color=BLUE, label="membrane potential", **_line(len(x)))
        axes.plot(
            steps, x[steps, neuron], "o", color=ORANGE, markersize=5, label="spike",
            # At the edge of a panel it is seen whole; but what is not there has no place.
            clip_on=not steps.size,
        )  # fmt: skip
        clean(axes)
        axes.set_title(
            names[neuron] if names else f"neuron {neuron}", loc="left", fontsize=8, pad=2
        )
    shown = "" if neurons is not None or len(chosen) == count else SHOWN.format(len(chosen), count)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper left", ncols=3, frameon=False, fontsize=8, columnspacing=1,
        # A title of the figure would lie over the legend.
        title="\n".join(filter(None, (title, shown))), title_fontsize=9, alignment="left",
    )  # fmt: skip
    panels[-1].set(xlabel="time step", xlim=(-0.5, len(x) - 0.5))
    _count_in(panels[-1].xaxis)
    potentials = "membrane potential"
    figure.supylabel(
        ylabel or (potentials if threshold is not None else f"{potentials} - threshold"),
        fontsize=10,
    )
    return figure


def busy_to_silent(spikes: ArrayLike, count: int) -> NDArray[np.intp]:
    """Up to `count` neurons out of `spikes` `(time, neurons)`, from the busiest to the quietest.

    Silent is one of them if any is, and more as far as too few others fire.
    """
    fired = np.count_nonzero(np.asarray(spikes), axis=0)
    by_count = np.argsort(-fired, kind="stable")
    firing = int((fired > 0).sum())
    room = count - (firing < len(by_count))
    busy = np.linspace(0, firing - 1, min(room, firing)).round().astype(int)
    return by_count[[*busy, *range(firing, len(by_count))][:count]]


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
    if not panels or not all(panels.values()):
        raise ValueError(NO_LINES.format(panels=panels))
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
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        raise ValueError(NO_NUMBERS.format(name=name, value=value)) from None
    if array.ndim != len(axes) or not array.size:
        words = f"({', '.join(axes)})"
        batch = axes == ("time", "neurons") and array.ndim == 3
        hint = OF_A_BATCH.format(name=name) if batch else ""
        raise ValueError(WRONG_AXES.format(name=name, axes=words, shape=array.shape, hint=hint))
    return array


def _level(threshold: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[Any]:
    """The threshold of every step and neuron."""
    try:
        level = np.asarray(0.0 if threshold is None else threshold, float)
        return np.broadcast_to(level, shape)
    except (TypeError, ValueError):
        raise ValueError(OTHER_THRESHOLD.format(shape=shape, value=threshold)) from None


def _some(fired: NDArray[np.bool_]) -> NDArray[np.intp]:
    count = fired.shape[1]
    return np.arange(count) if count <= FEW_PANELS else busy_to_silent(fired, FEW_PANELS)


def _chosen(neurons: Iterable[int], count: int) -> NDArray[np.intp]:
    chosen = np.asarray(list(neurons) if isinstance(neurons, Iterable) else neurons)
    whole = chosen.ndim == 1 and np.issubdtype(chosen.dtype, np.integer)
    if not whole or not np.all((chosen >= 0) & (chosen < count)):
        raise ValueError(OTHER_NEURONS.format(last=count - 1, value=neurons))
    return chosen
