"""The two pictures of the first page: what the library is about, and what the demo gives.

`make pictures` trains the network of the demo, writes down what is drawn of it, and draws both
pictures for a light and for a dark page. They are files, since a README can show nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from derived.pictures import GRADIENT, RELAXATION, STEP, svg
from spikegrad.lab.data.datasets import DATASETS, split
from spikegrad.lab.report.pictures import by_first_spike
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer
from spikegrad.plotting._curves import curve
from spikegrad.plotting._figures import clean, new_figure
from spikegrad.surrogate import Arctan, PiecewiseQuadratic, Rect, Sigmoid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASSETS = Path(__file__).parents[1] / "assets"
# Another machine rounds otherwise and trains a slightly different network: the pictures are drawn
# from what one run gave, and can be drawn again from it to the point.
RECORD = Path(__file__).with_name("demo.json")

# All of peak 1 and area 1, from the one that ends first to the one that reaches farthest.
SHAPES = {
    Rect(1.0): "#8069d8",
    PiecewiseQuadratic(1.0): "#1a9c74",
    Sigmoid(4.0): RELAXATION,
    Arctan(2.0): GRADIENT,
}
SCHEMES = {"light": "#24292f", "dark": "#e0e4ea"}
# On a phone a picture is shown at two thirds of its size, and the letters have to bear that.
STYLE = {"font.size": 12, "axes.titlesize": 12}
WIDTH = 5.6


def shapes() -> Figure:
    """The step and its relaxations, above the gradients that take the place of its derivative."""
    x = np.linspace(-1.6, 1.6, 641)
    figure = new_figure(WIDTH, 5.0)
    top, bottom = figure.subplots(2, 1, sharex=True)
    top.plot([x[0], 0, 0, x[-1]], [0, 0, 1, 1], color=STEP, linewidth=4, label="the step")
    for shape, color in SHAPES.items():
        look = {"color": color, "linewidth": 2, "label": repr(shape)}
        # One unit in the last place, where machines differ, is not to be seen in the file.
        top.plot(x, curve(shape.surrogate_fun)(x).round(4), **look)
        bottom.plot(x, curve(shape.surrogate_grad)(x).round(4), **look)
    top.set_title("Forward: the step; thin lines are relaxations of it", loc="left")
    bottom.set_title("Backward: a gradient of your choice", loc="left")
    bottom.set_xlabel("membrane potential \N{MINUS SIGN} threshold")
    for axes in (top, bottom):
        axes.set_xlim(x[0], x[-1])
        axes.set_yticks([0, 0.5, 1])
        _clean(axes)
    handles = top.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower left", ncols=2, frameon=False, fontsize=11)
    return figure


def demo(record: Mapping[str, Any]) -> Figure:
    """How the demo's network learned, and how its hidden layer answers one image."""
    figure = new_figure(WIDTH, 6.0)
    top, bottom = figure.subplots(2, 1, height_ratios=(4, 5))
    epochs = np.arange(1, len(record["training"]) + 1)
    for name, color in (("training", RELAXATION), ("validation", GRADIENT)):
        top.plot(epochs, record[name], color=color, linewidth=2, label=name)
    label = f"test, once: {record['test']:.1f} %"
    top.plot(epochs[-1:], [record["test"]], "*", color="#1a9c74", markersize=15, label=label)
    top.set_title("Accuracy (%) on handwritten digits", loc="left")
    top.set(xlabel="epoch", xlim=(0, len(epochs) + 1), ylim=(65, 101.5))
    top.legend(frameon=False, loc="lower right", fontsize=11)

    steps, neurons = np.transpose(record["spikes"])
    bottom.scatter(steps, neurons, s=5, color=RELAXATION, linewidths=0)
    bottom.set_title(f"Spikes of the hidden layer for an image of a {record['digit']}", loc="left")
    bottom.set(xlabel="time step", ylabel="neuron, by first spike")
    bottom.set(xlim=(-0.5, record["time steps"] - 0.5), ylim=(-2, record["hidden"] + 1))
    image = bottom.inset_axes((0.02, 0.62, 0.3, 0.36))
    image.pcolormesh(record["image"][::-1], cmap="gray", edgecolors="face", linewidth=0.4)
    image.set_aspect("equal")
    image.axis("off")
    for axes in (top, bottom):
        _clean(axes)
    return figure


def _clean(axes: Any) -> None:
    clean(axes)
    axes.tick_params(labelsize=11)


def trained() -> dict[str, Any]:
    """What the pictures show of `spikegrad train digits`, as it is with no option given."""
    config = Config(dataset="digits")
    trainer = Trainer(config, split(DATASETS["digits"].load(), config.seed))
    state, training, validation = trainer.initial_state(), [], []
    for number in range(1, config.epochs + 1):
        state, epoch = trainer.epoch(state, number)
        training.append(round(100 * epoch.accuracy, 3))
        validation.append(round(100 * epoch.validation_accuracy, 3))
    test = trainer.split.test
    # The first image: none was chosen.
    spikes = np.asarray(trainer.activity(state.parameters, test.images).spikes)[:, 0]
    shape = DATASETS["digits"].image_shape
    return {
        "training": training,
        "validation": validation,
        "test": round(100 * trainer.evaluate(state.parameters, test).accuracy, 3),
        "digit": DATASETS["digits"].classes[test.labels[0]],
        "image": np.round(test.images[0], 3).reshape(shape).tolist(),
        "time steps": len(spikes),
        "hidden": spikes.shape[1],
        "spikes": np.argwhere(spikes[:, by_first_spike(spikes)]).tolist(),
    }


def files(record: Mapping[str, Any]) -> dict[str, str]:
    """Every picture, by the name of its file."""
    figures: dict[str, Callable[[], Figure]] = {"shapes": shapes, "demo": lambda: demo(record)}
    return {
        f"{name}-{scheme}.svg": svg(draw, name, text, STYLE)
        for name, draw in figures.items()
        for scheme, text in SCHEMES.items()
    }


def main() -> None:
    """Train, write down what is drawn of it, and draw."""
    RECORD.write_text(json.dumps(trained()) + "\n")
    for name, text in files(json.loads(RECORD.read_text())).items():
        (ASSETS / name).write_text(text)


if __name__ == "__main__":
    main()
