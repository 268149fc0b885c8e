"""The sentences beside the pictures, on numbers that can be counted by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from spikegrad.lab.report import words
from spikegrad.lab.training.trainer import Epoch, Evaluation
from spikegrad.surrogate import Rect

TEST = Evaluation(0.3, 0.75, 0.1, np.zeros(8, np.int32))


def history(*validation_losses):
    return [
        Epoch(number, 1 / number, 0.5, 0.1, loss, 0.25, 1.0)
        for number, loss in enumerate(validation_losses, 1)
    ]


def test_learning_counts_what_is_right_and_says_where_the_loss_fell_to():
    text = words.learning(history(0.9, 0.4), TEST, 8)
    assert text.startswith("After 2 epochs 75.0% of the test images are right (6 of 8), 50.0% of")
    assert "25.0% of those for validation. The validation loss fell from 0.9 to 0.4." in text


def test_learning_says_from_which_epoch_on_nothing_was_gained():
    text = words.learning(history(0.9, 0.4, 0.5), TEST, 8)
    assert "least after epoch 2 (0.4; at the end 0.5)" in text
    assert "fell" not in text


def test_one_epoch_says_nothing_of_a_fall():
    text = words.learning(history(0.9), TEST, 8)
    assert text.startswith("After 1 epoch 75.0%")
    assert "loss" not in text


def trainer(labels, batch_size=100):
    samples = SimpleNamespace(labels=np.array(labels, np.int32))
    config = SimpleNamespace(batch_size=batch_size, learning_rate=0.01)
    return SimpleNamespace(split=SimpleNamespace(training=samples), config=config)


# A quarter of 400 samples is of the commonest class: by chance 100 are right, give or take three
# times the root of 400 * 1/4 * 3/4, which is 26.
@pytest.mark.parametrize(("right", "said"), [(0, True), (100, True), (125, True), (126, False)])
def test_a_training_that_is_right_no_more_often_than_by_chance_is_said(right, said):
    last = history(0.9)[-1]._replace(accuracy=right / 400, firing_rate=0.0)
    text = words.unlearned([last], trainer([*range(4)] * 100))
    assert bool(text) == said
    if said:
        assert f"{right / 400:.1%} of the training images are right" in text
        assert (
            "naming the commonest class always gets 25.0% (anything to 31.5% may be luck)" in text
        )
        assert "the firing rate, 0.0% (hardly a spike" in text
        assert "--learning-rate 0.01" in text


def test_luck_is_counted_over_the_samples_of_whole_batches():
    last = history(0.9)[-1]._replace(accuracy=0.315)
    assert words.unlearned([last], trainer([*range(4)] * 100, batch_size=399))
    assert not words.unlearned([last], trainer([*range(4)] * 200, batch_size=399))


def test_the_input_is_counted():
    spikes = np.zeros((4, 3))
    spikes[[0, 2, 3], [0, 0, 2]] = 1
    text = words.input_of("a 7", "rate", spikes)
    assert (
        "a 7, and the same as the network gets it over 4 time steps: 3 spikes from 2 of 3" in text
    )
    current = words.input_of("a 7", "current", np.array([[0.5, 0.0]]))
    assert (
        "over 1 time step: a current into each of the 1 pixels, of 2, that are not black" in current
    )


def test_the_silent_are_counted_for_the_image_and_for_all_of_them():
    spikes = np.zeros((5, 2, 4))  # time, images, neurons
    spikes[[0, 1], 0, 0] = 1
    spikes[3, 1, 2] = 1
    text = words.hidden(spikes)
    assert text.startswith("For this one image 1 of 4 hidden neurons fire, 2 spikes in all.")
    # Three spikes of four neurons and two images.
    assert text.endswith("a neuron fires 0.38 times an image in the mean, and 2 of 4 never do.")
    assert words.hidden(np.ones((1, 2, 4))).endswith("and each fires for some.")


def test_membranes_name_the_busiest_and_the_silent_one_nearest_to_the_threshold():
    excess = np.array([[0.5, -2.0, -1.0], [0.1, -0.25, -0.75]])
    text = words.membranes(excess, (excess >= 0) * 1.0, [7, 3, 5])
    assert "neuron 7 has 2 spikes" in text
    assert text.endswith("Neuron 3 stays silent: it comes no closer to the threshold than 0.25.")
    silent = words.membranes(excess[:, 1:], np.zeros((2, 2)), [3, 5])
    assert "spike" not in silent


@pytest.mark.parametrize(("alpha", "share"), [(1.0, "50.0%"), (0.1, "100.0%"), (100.0, "0.0%")])
def test_the_share_that_meets_half_of_the_peak_is_that_within_a_rectangle(alpha, share):
    text = words.surrogate(Rect(alpha), np.array([[-0.25, 0.25], [-4.0, 4.0]]))
    assert f"{share} of the potentials met at least a half of its peak" in text
    assert "where the 4 membrane potentials of the test lay; 50.0% reached" in text
