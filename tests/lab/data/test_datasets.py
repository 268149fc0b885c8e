import numpy as np
import pytest

from spikegrad.lab.data import datasets


@pytest.fixture(scope="module")
def digits():
    return datasets.load_digits()


@pytest.fixture(scope="module")
def numbered(digits):
    """The same labels, with images that say which sample they are."""
    numbers = np.arange(len(digits.labels), dtype=np.float32)
    return datasets.Samples(numbers[:, None], digits.labels)


def test_digits_are_the_1797_images_with_a_brightness_from_0_to_1(digits):
    assert digits.images.shape == (1797, 64)
    assert digits.images.dtype == np.float32
    assert (digits.images.min(), digits.images.max()) == (0, 1)
    assert set(digits.labels) == set(range(10))


def test_every_sample_is_in_exactly_one_part(numbered):
    parts = datasets.split(numbered, seed=0)
    together = np.concatenate([part.images[:, 0] for part in parts])
    np.testing.assert_array_equal(np.sort(together), np.arange(1797))


def test_images_keep_their_labels(numbered):
    for images, labels in datasets.split(numbered, seed=0):
        np.testing.assert_array_equal(labels, numbered.labels[images[:, 0].astype(int)])


def test_each_part_has_the_classes_in_the_proportion_of_all_samples(digits):
    overall = np.bincount(digits.labels) / len(digits.labels)
    for part in datasets.split(digits, seed=3):
        expected = overall * len(part.labels)
        assert np.abs(np.bincount(part.labels) - expected).max() < 1.5


def test_the_parts_have_seven_one_and_two_tenths_of_the_samples(digits):
    sizes = [len(part.labels) for part in datasets.split(digits, seed=0)]
    np.testing.assert_allclose(sizes, 1797 * np.array([0.7, 0.1, 0.2]), atol=1)


def test_the_seed_decides_the_split(numbered):
    first, again, other = (datasets.split(numbered, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.test.images, again.test.images)
    assert not np.array_equal(np.sort(first.test.images, 0), np.sort(other.test.images, 0))
