"""The data sets that a network can be trained on, split by a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


class Samples(NamedTuple):
    """Images `(samples, pixels)` with a brightness from 0 to 1, and the class of each."""

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]


class Split(NamedTuple):
    """What the network learns from, what settings are chosen by, and what is reported."""

    training: Samples
    validation: Samples
    test: Samples


class Dataset(NamedTuple):
    """A data set: how to load it, and what its samples are."""

    load: Callable[[], Samples]
    text: str
    image_shape: tuple[int, int]
    classes: tuple[str, ...]


def load_digits() -> Samples:
    """The 1,797 handwritten digits that scikit-learn carries: 8 by 8 pixels, 17 levels of grey."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return Samples((images / 16).astype(np.float32), labels.astype(np.int32))


DATASETS = {
    "digits": Dataset(
        load_digits,
        "the 1,797 real handwritten digits that scikit-learn carries",
        (8, 8),
        tuple("0123456789"),
    )
}


def split(samples: Samples, seed: int) -> Split:
    """Split the samples at random, with the classes in the same proportion in each part.

    Args:
        samples: all samples.
        seed: the same seed gives the same split.
    """
    from sklearn.model_selection import train_test_split

    def divide(indices: npt.NDArray[np.intp], share: float) -> list[npt.NDArray[np.intp]]:
        labels = samples.labels[indices]
        parts: list[npt.NDArray[np.intp]] = train_test_split(
            indices, test_size=share, stratify=labels, random_state=seed
        )
        return parts

    others, test = divide(np.arange(len(samples.labels)), TEST_SHARE)
    training, validation = divide(others, VALIDATION_SHARE / (1 - TEST_SHARE))
    images, labels = samples
    return Split(*(Samples(images[part], labels[part]) for part in (training, validation, test)))
