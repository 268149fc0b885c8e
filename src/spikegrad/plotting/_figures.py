"""What every picture starts from: an empty figure, colours, labels."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from spikegrad._extras import install_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# From the palette of Okabe and Ito, which people with any kind of colour vision can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#999999"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        module = importlib.import_module("matplotlib.figure")
    except ModuleNotFoundError as error:
        line = install_line("A picture", "matplotlib", "plot")
        raise ImportError(line, name=error.name) from error
    figure: Figure = module.Figure(figsize=(width, height), dpi=150, layout="constrained")
    return figure


def canvas(axes: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The figure and axes to draw in: those given, or new ones of that size in inches."""
    if axes is None:
        figure = new_figure(width, height)
        return figure, figure.subplots()
    # A subfigure's figure is the whole figure, and so is a whole figure's.
    return axes.figure.figure, axes


def label_axes(axes: Axes, xlabel: str, ylabel: str, title: str) -> None:
    """Name both axes, and say on top what is to be seen."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title, loc="left", fontsize=10)
    clean(axes)


def clean(axes: Axes) -> None:
    """Take away the frame where there is no axis."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
