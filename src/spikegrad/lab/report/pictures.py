"""The pictures of a run: how it learned, what a sample looks like inside, what the gradient saw."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikegrad import plotting
from spikegrad.lab.data.datasets import DATASETS
from spikegrad.lab.data.encoding import ENCODINGS
from spikegrad.lab.networks.network import Activity, Parameters
from spikegrad.lab.report import page, words
from spikegrad.lab.report.page import Picture
from spikegrad.lab.training import surrogates
from spikegrad.lab.training.files import replacing, write_text
from spikegrad.lab.training.folder import RunFolder
from spikegrad.lab.training.trainer import Epoch, Evaluation, Trainer
from spikegrad.plotting._networks import busy_to_silent
from spikegrad.surrogate.catalogue import readable

if TYPE_CHECKING:
    import numpy.typing as npt

# How many hidden neurons the picture of membranes shows.
SHOWN = 6
# In inches: on a phone, the letters of a figure of this width are as large as those of the text.
WIDTH = 4.2
# Of the files, in dots an inch.
SHARPNESS = 200


def require() -> None:
    """Raise an ImportError if the pictures could not be drawn."""
    plotting.new_figure(1, 1)


def draw(
    folder: RunFolder,
    trainer: Trainer,
    parameters: Parameters,
    history: Sequence[Epoch],
    test: Evaluation,
) -> None:
    """Draw every picture of a run into its folder, and a page with all of them.

    Args:
        folder: the run folder.
        trainer: has the settings and the samples; most pictures show the first of the test.
        parameters: of the trained network.
        history: how the epochs went.
        test: what the network does with the test samples.
    """
    activity = trainer.activity(parameters, trainer.split.test.images)
    pictures = [
        learning_curve(history, test, len(trainer.split.test.labels)),
        input_raster(trainer),
        hidden_raster(activity),
        membranes(activity),
        surrogate(trainer, parameters, activity),
    ]
    if unlearned := words.unlearned(history, trainer):
        curve = pictures[0]
        pictures[0] = curve._replace(text=f"{curve.text} {unlearned}")
    folder.pictures.mkdir(exist_ok=True)
    for picture in pictures:
        with replacing(folder.pictures / f"{picture.name}.png") as file:
            picture.figure.savefig(file, format="png", dpi=SHARPNESS)
    write_text(folder.page, page.page(trainer.config, test, pictures))


def learning_curve(history: Sequence[Epoch], test: Evaluation, samples: int) -> Picture:
    """Loss, accuracy and firing rate over the epochs, and on the test, which has `samples`."""
    column = {name: np.array([getattr(e, name) for e in history]) for name in Epoch._fields}
    figure = plotting.learning_curves(
        {
            "cross-entropy (nats)": {
                "training": column["loss"],
                "validation": column["validation_loss"],
            },
            "accuracy (%)": {
                "training": 100 * column["accuracy"],
                "validation": 100 * column["validation_accuracy"],
            },
            "firing rate (% of steps)": {"training": 100 * column["firing_rate"]},
        },
        ends={
            "cross-entropy (nats)": {"test": test.loss},
            "accuracy (%)": {"test": 100 * test.accuracy},
            "firing rate (% of steps)": {"test": 100 * test.firing_rate},
        },
        logarithmic=["cross-entropy (nats)"],
        width=WIDTH,
    )
    text = words.learning(history, test, samples)
    return Picture("learning_curve", "How it learned", figure, text)


def input_raster(trainer: Trainer) -> Picture:
    """The first test sample as an image, and as the network gets it."""
    image, label = (part[0] for part in trainer.split.test)
    dataset = DATASETS[trainer.config.dataset]
    name = trainer.config.encoding
    inputs = np.asarray(trainer.inputs(trainer.split.test.images))[:, 0]
    figure = plotting.new_figure(WIDTH, 4.6)
    upper, lower = figure.subplots(2, 1, height_ratios=(1, 2))
    upper.imshow(image.reshape(dataset.image_shape), cmap="gray")
    upper.axis("off")
    if ENCODINGS[name].spiking:
        plotting.raster(inputs, ylabel="pixel, row by row", axes=lower)
    else:
        plotting.currents(inputs, ylabel="pixel, row by row", label="brightness", axes=lower)
    lower.invert_yaxis()
    lower.set_yticks(range(0, image.size, dataset.image_shape[1]))
    text = words.input_of(f"a {dataset.classes[label]}", name, inputs)
    return Picture("input_raster", "What goes in", figure, text)


def hidden_raster(activity: Activity) -> Picture:
    """The spikes of the hidden layer for the sample, the earliest neurons at the bottom."""
    spikes = np.asarray(activity.spikes)[:, 0]
    figure = plotting.new_figure(WIDTH, 4.2)
    plotting.raster(
        spikes[:, by_first_spike(spikes)],
        ylabel="hidden neuron, by its first spike",
        axes=figure.subplots(),
    )
    return Picture("hidden_raster", "Who fires", figure, words.hidden(np.asarray(activity.spikes)))


def by_first_spike(spikes: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """The neurons of `spikes` `(time, neurons)`: the earliest first, the busier of two before."""
    counts = spikes.sum(0)
    return np.lexsort((-counts, spikes.argmax(0), counts == 0))


def membranes(activity: Activity) -> Picture:
    """The membrane potentials of a few hidden neurons for the sample, busy to silent."""
    excess = np.asarray(activity.excess)[:, 0]
    spikes = np.asarray(activity.spikes)[:, 0]
    chosen = busy_to_silent(spikes, SHOWN)
    figure = plotting.membranes(
        excess,
        spikes,
        neurons=chosen,
        names=[f"hidden neuron {neuron}" for neuron in range(excess.shape[1])],
        ylabel="above threshold (thresholds)",
        width=WIDTH,
    )
    text = words.membranes(excess[:, chosen], spikes[:, chosen], chosen)
    return Picture("membranes", "Inside some of them", figure, text)


def surrogate(trainer: Trainer, parameters: Parameters, activity: Activity) -> Picture:
    """The surrogate's gradient over all that the hidden layer saw in the test."""
    assert activity.excess is not None
    shape = trainer.surrogate_at_the_end(parameters)
    excess = np.asarray(activity.excess)
    figure = plotting.new_figure(WIDTH, 3.4)
    title = textwrap.fill(readable(surrogates.in_words(shape)), 48)
    plotting.surrogate_over(shape, excess, title=title, axes=figure.subplots())
    text = words.surrogate(shape, excess)
    return Picture("surrogate", "What the gradient saw", figure, text)
