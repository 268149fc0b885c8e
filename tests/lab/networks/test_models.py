"""Every neuron that a hidden layer can be made of learns, and what it trains is saved."""

import numpy as np
import pytest

from spikegrad.lab.data import datasets
from spikegrad.lab.networks.models import MODELS
from spikegrad.lab.report.console import memory
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer


def trained(epochs=3, **settings):
    config = Config("digits", hidden=32, time_steps=8, **settings)
    trainer = Trainer(config, datasets.split(datasets.DATASETS["digits"].load(), 0))
    state = trainer.initial_state()
    history = []
    for number in range(1, epochs + 1):
        state, epoch = trainer.epoch(state, number)
        history.append(epoch)
    return state, history


@pytest.mark.parametrize("neuron", MODELS)
def test_every_model_learns(neuron):
    _, history = trained(neuron=neuron)
    assert history[-1].validation_accuracy > 0.7


@pytest.mark.parametrize("reset", ["zero", "none"])
def test_every_reset_learns(reset):
    _, history = trained(reset=reset, detach_reset=True)
    assert history[-1].validation_accuracy > 0.7


def test_what_the_backward_pass_keeps_changes_nothing_but_the_last_digits():
    (state, _), *others = (
        trained(1, keep=keep) for keep in ("state", "3", "999", "checkpoint", "all")
    )
    for other, _ in others:
        np.testing.assert_allclose(
            other.parameters.hidden.weights, state.parameters.hidden.weights, atol=2e-3
        )


def test_the_decay_of_plif_is_learned():
    state, _ = trained(1, neuron="PLIF", beta=0.9)
    decay = 1 / (1 + np.exp(state.parameters.neuron["w"]))
    assert decay != pytest.approx(0.9, abs=1e-3)
    assert 0.5 < decay < 1


def test_memory_is_told_in_words():
    told = memory(Config("digits", time_steps=1000, keep="10"))
    assert told == "8.7 MB for the backward pass of the hidden layer (keep 10)"
