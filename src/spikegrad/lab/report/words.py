"""What one sees in the pictures of a run: sentences with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spikegrad.lab.data.encoding import ENCODINGS
from spikegrad.lab.training.trainer import Epoch, Evaluation, Trainer
from spikegrad.plotting._curves import curve, points
from spikegrad.surrogate import Surrogate

Array = npt.NDArray[np.float32]

# A validation loss that has risen by more than this from its least is more than noise.
RISE = 1.05
# Standard deviations above chance, from where on it is no luck.
LUCK = 3
# Of the hidden layer, spikes per neuron and time step: what is said of a rate up to each.
RATES = (
    (0.001, "hardly a spike, so that hardly anything reaches the readout"),
    (0.5, "enough for a readout to learn from"),
    (1.0, "more spikes than silence, so that samples look alike"),
)


def learning(history: Sequence[Epoch], test: Evaluation, samples: int) -> str:
    """How it went, and whether it went on too long.

    Args:
        history: of all epochs.
        test: of the trained network.
        samples: of the test.
    """
    last = history[-1]
    right = round(test.accuracy * samples)
    text = (
        f"After {_count(len(history), 'epoch')} {test.accuracy:.1%} of the test images are right "
        f"({right} of {samples}), {last.accuracy:.1%} of the training images and "
        f"{last.validation_accuracy:.1%} of those for validation."
    )
    best = min(history, key=lambda epoch: epoch.validation_loss)
    if last.validation_loss > RISE * best.validation_loss:
        text += (
            f" The validation loss was least after epoch {best.epoch} ({best.validation_loss:.3g}; "
            f"at the end {last.validation_loss:.3g}): from there on the network learned its "
            "training images by heart."
        )
    elif len(history) > 1:
        text += (
            f" The validation loss fell from {history[0].validation_loss:.3g} to "
            f"{last.validation_loss:.3g}."
        )
    return text


def unlearned(history: Sequence[Epoch], trainer: Trainer) -> str:
    """What to look at where the training images are right no more often than by chance; else "".

    Chance is to name the commonest class always. More often is by more than three standard
    deviations of the number that are right by chance, which one run in a thousand gets by luck.

    Args:
        history: of all epochs; the last one counts.
        trainer: has the settings and the samples.
    """
    last, config = history[-1], trainer.config
    labels = trainer.split.training.labels
    chance = np.bincount(labels).max() / len(labels)
    seen = len(labels) // config.batch_size * config.batch_size
    luck = chance + LUCK * np.sqrt(chance * (1 - chance) / seen)
    if last.accuracy > luck:
        return ""
    rate = next(text for most, text in RATES if last.firing_rate <= most)
    return (
        f"Nothing is learned after {_count(len(history), 'epoch')}: {last.accuracy:.1%} of the "
        f"training images are right, and naming the commonest class always gets {chance:.1%} "
        f"(anything to {luck:.1%} may be luck). Look at the firing rate, {last.firing_rate:.1%} "
        f"({rate}); at the surrogate, which passes a gradient on where potentials lie if it is "
        f"wide enough; at the size of the weights, and --learning-rate {config.learning_rate:g}."
    )


def input_of(what: str, encoding: str, inputs: Array) -> str:
    """What the network gets of a sample.

    Args:
        what: the sample is.
        encoding: its name.
        inputs: of the sample, `(time, pixels)`.
    """
    steps, pixels = inputs.shape
    lit = int((inputs != 0).any(0).sum())
    shown = (
        f"{_count(int(inputs.sum()), 'spike')} from {lit} of {pixels} pixels"
        if ENCODINGS[encoding].spiking
        else f"a current into each of the {lit} pixels, of {pixels}, that are not black"
    )
    return (
        f"The first test image, {what}, and the same as the network gets it over "
        f"{_count(steps, 'time step')}: {shown}. {encoding.capitalize()} coding is "
        f"{ENCODINGS[encoding].text}."
    )


def hidden(spikes: Array) -> str:
    """Who fires for the first image, and for all.

    Args:
        spikes: of the test, `(time, batch, hidden)`.
    """
    neurons, images = spikes.shape[2], spikes.shape[1]
    counts = spikes.sum(0)
    firing = int((counts[0] > 0).sum())
    never = int((counts.sum(0) == 0).sum())
    text = (
        f"For this one image {_number(firing, neurons)} hidden neurons fire, "
        f"{_count(int(counts[0].sum()), 'spike')} in all. Over all {images} test images a neuron "
        f"fires {counts.mean():.2g} times an image in the mean, and "
    )
    return text + (f"{_number(never, neurons)} never do." if never else "each fires for some.")


def membranes(excess: Array, spikes: Array, names: Sequence[int] | npt.NDArray[np.intp]) -> str:
    """What the chosen neurons do with the first image.

    Args:
        excess: membrane potential minus threshold, before the reset, `(time, chosen)`.
        spikes: `(time, chosen)`, the busiest first.
        names: of the neurons, as numbers.
    """
    counts = spikes.sum(0).astype(int)
    text = "The same image, neuron by neuron, the busiest first, all on one scale. "
    if counts[0]:
        text += (
            f"A dot is a spike, where the potential reaches the threshold (dashed); neuron "
            f"{names[0]} has {_count(int(counts[0]), 'spike')}."
        )
    silent = np.flatnonzero(counts == 0)
    if silent.size:
        closest = silent[excess[:, silent].max(0).argmax()]
        text += (
            f" Neuron {names[closest]} stays silent: it comes no closer to the threshold than "
            f"{-excess[:, closest].max():.2g}."
        )
    return text.replace("  ", " ")


def surrogate(shape: Surrogate, excess: Array) -> str:
    """How much of what the network saw the gradient passes on.

    Args:
        shape: the surrogate.
        excess: membrane potential minus threshold in all of the test, time leading.
    """
    gradient = curve(shape.surrogate_grad)
    half = np.abs(gradient(points([shape]))).max() / 2
    # Step by step, since all at once may not fit into memory.
    passed = sum(np.count_nonzero(np.abs(gradient(step)) >= half) for step in excess)
    return (
        f"Grey: where the {excess.size:,} membrane potentials of the test lay; "
        f"{np.mean(excess >= 0):.1%} reached the threshold. Line: the surrogate gradient; "
        f"{passed / excess.size:.1%} of the potentials met at least a half of its peak, and the "
        "farther out the others lie, the less is learned from them."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _number(part: int, all_of: int) -> str:
    return f"{part:,} of {all_of:,}"
