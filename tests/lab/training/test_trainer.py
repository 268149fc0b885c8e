import jax
import numpy as np
import pytest

from spikegrad.lab.data import datasets
from spikegrad.lab.errors import SettingError
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer


@pytest.fixture(scope="module")
def digits():
    return datasets.load_digits()


def trainer(digits, **settings):
    small = {"hidden": 12, "time_steps": 4, "epochs": 3}
    config = Config("digits", **{**small, **settings})
    return Trainer(config, datasets.split(digits, config.seed))


@pytest.fixture(scope="module")
def learner(digits):
    """One trainer for the tests that need no other, so that it is compiled once."""
    return trainer(digits)


def train(trainer, epochs):
    state = trainer.initial_state()
    rows = []
    for number in range(1, epochs + 1):
        state, row = trainer.epoch(state, number)
        rows.append(row)
    return state, rows


def same(left, right):
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_the_same_seed_gives_the_same_network_bit_for_bit(digits):
    first, again = (train(trainer(digits, encoding="rate"), 2)[0] for _ in range(2))
    assert same(first, again)


def test_another_seed_gives_another_network(digits, learner):
    first, _ = train(learner, 1)
    other, _ = train(trainer(digits, seed=1), 1)
    assert not same(first.parameters, other.parameters)


def test_every_epoch_has_its_own_order(learner):
    state = learner.initial_state()
    first, _ = learner.epoch(state, 1)
    second, _ = learner.epoch(state, 2)
    assert not same(first.parameters, second.parameters)


@pytest.mark.parametrize("encoding", ["latency", "current", "rate"])
def test_the_network_learns(digits, encoding):
    learner = trainer(digits, encoding=encoding, hidden=64, time_steps=8, epochs=8)
    state, rows = train(learner, 8)
    assert rows[-1].loss < 0.5 * rows[0].loss
    assert learner.evaluate(state.parameters, learner.split.test).accuracy > 0.9


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_defaults_reach_96_percent_on_the_test(digits, seed):
    config = Config("digits", seed=seed)
    learner = Trainer(config, datasets.split(digits, seed))
    state, _ = train(learner, config.epochs)
    assert learner.evaluate(state.parameters, learner.split.test).accuracy >= 0.96


def test_an_evaluation_with_rate_coding_can_be_repeated(digits):
    learner = trainer(digits, encoding="rate")
    parameters = learner.initial_state().parameters
    first, again = (learner.evaluate(parameters, learner.split.test) for _ in range(2))
    assert first.loss == again.loss
    np.testing.assert_array_equal(first.predictions, again.predictions)


def test_an_evaluation_counts_what_is_right(learner):
    test = learner.split.test
    found = learner.evaluate(learner.initial_state().parameters, test)
    assert found.accuracy == np.mean(found.predictions == test.labels)
    assert 0 < found.firing_rate < 1


def test_a_batch_larger_than_the_training_set_is_refused(digits):
    with pytest.raises(SettingError, match="batch_size has to be at most 1257"):
        trainer(digits, batch_size=1258)
    trainer(digits, batch_size=1257)
