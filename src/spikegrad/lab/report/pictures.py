"""The pictures of a run: how it learned, what a sample looks like inside, what the gradient saw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikegrad import plotting
from spikegrad.lab.data.datasets import DATASETS
from spikegrad.lab.data.encoding import ENCODINGS
from spikegrad.lab.networks.network import Activity, Parameters
from spikegrad.lab.training.files import replacing
from spikegrad.lab.training.folder import RunFolder
from spikegrad.lab.training.trainer import Epoch, Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# How many hidden neurons the picture of membranes shows.
SHOWN = 6


def require() -> None:
    """Raise an ImportError if the pictures could not be drawn."""
    plotting.new_figure(1, 1)


def draw(
    folder: RunFolder, trainer: Trainer, parameters: Parameters, history: Sequence[Epoch]
) -> None:
    """Draw every picture of a run into its folder.

    Args:
        folder: the run folder.
        trainer: has the settings and the samples; the pictures show the first of the test.
        parameters: of the trained network.
        history: how the epochs went.
    """
    activity = trainer.activity(parameters, trainer.split.test.images)
    figures = {
        "learning_curve": learning_curve(history),
        "input_raster": input_raster(trainer),
        "hidden_raster": hidden_raster(trainer, activity),
        "membranes": membranes(trainer, activity),
        "surrogate": surrogate(trainer, activity),
    }
    folder.pictures.mkdir(exist_ok=True)
    for name, figure in figures.items():
        with replacing(folder.pictures / f"{name}.png") as file:
            figure.savefig(file, format="png")


def learning_curve(history: Sequence[Epoch]) -> Figure:
    """Loss, accuracy and firing rate over the epochs."""
    column = {name: np.array([getattr(e, name) for e in history]) for name in Epoch._fields}
    return plotting.learning_curves(
        {
            "cross-entropy (nats)": {
                "training": column["loss"],
                "validation": column["validation_loss"],
            },
            "accuracy (%)": {
                "training": 100 * column["accuracy"],
                "validation": 100 * column["validation_accuracy"],
            },
            "hidden firing rate (% of steps)": {"training": 100 * column["firing_rate"]},
        },
        logarithmic=["cross-entropy (nats)"],
    )


def input_raster(trainer: Trainer) -> Figure:
    """The sample as an image, and as the network gets it."""
    image, label = (part[0] for part in trainer.split.test)
    dataset = DATASETS[trainer.config.dataset]
    encoding = ENCODINGS[trainer.config.encoding]
    inputs = np.asarray(trainer.inputs(trainer.split.test.images))[:, 0]
    figure = plotting.new_figure(8, 3.5)
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    left.imshow(image.reshape(dataset.image_shape), cmap="gray")
    left.set_title(f"the sample: a {dataset.classes[label]}", loc="left", fontsize=10)
    left.axis("off")
    words = {
        "title": f"{trainer.config.encoding} coding: {encoding.text}",
        "ylabel": "pixel, row by row",
    }
    if encoding.spiking:
        plotting.raster(inputs, **words, axes=right)
    else:
        plotting.currents(inputs, **words, label="brightness", axes=right)
    right.invert_yaxis()
    right.set_yticks(range(0, image.size, dataset.image_shape[1]))
    return figure


def hidden_raster(trainer: Trainer, activity: Activity) -> Figure:
    """The spikes of the hidden layer for the sample, the earliest neurons at the bottom."""
    spikes = np.asarray(activity.spikes)[:, 0]
    silent = np.asarray(spikes.sum(0) == 0)
    order = np.lexsort((-spikes.sum(0), spikes.argmax(0), silent))
    return plotting.raster(
        spikes[:, order],
        ylabel="hidden neuron, by first spike",
        title=f"{int(spikes.sum())} spikes; {silent.sum()} of {len(silent)} neurons stay silent",
    )


def membranes(trainer: Trainer, activity: Activity) -> Figure:
    """The membrane potentials of a few hidden neurons for the sample, busy to silent.

    All but one are of those that fire, as far as there are so many.
    """
    excess = np.asarray(activity.excess)[:, 0]
    spikes = np.asarray(activity.spikes)[:, 0]
    counts = spikes.sum(0)
    by_count = np.argsort(-counts, kind="stable")
    firing = int((counts > 0).sum())
    busy = np.linspace(0, firing - 1, min(SHOWN - 1, firing)).round().astype(int)
    chosen = by_count[[*busy, *range(firing, len(by_count))][:SHOWN]]
    return plotting.membranes(
        excess[:, chosen] + 1,
        spikes[:, chosen],
        names=[f"hidden neuron {neuron}" for neuron in chosen],
        ylabel="membrane potential (thresholds)",
    )


def surrogate(trainer: Trainer, activity: Activity) -> Figure:
    """The surrogate's gradient over all that the hidden layer saw in the test."""
    assert activity.excess is not None
    return plotting.surrogate_over(
        trainer.surrogate, activity.excess, title=f"{trainer.surrogate} on the test samples"
    )
