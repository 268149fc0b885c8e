"""Every neuron that a hidden layer can be made of learns, and what it trains is saved."""

import numpy as np
import pytest

from spikegrad.lab.data import datasets
from spikegrad.lab.networks.models import MODELS, decays
from spikegrad.lab.networks.network import named
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


@pytest.mark.parametrize(("way", "shape"), [("shared", ()), ("each", (32,))])
def test_decays_are_learned_alike_by_two_neurons_that_are_the_same(way, shape):
    # PLIF without input decay is LIF with decay 1 / (1 + exp(w)); Adam takes either as far.
    lif, plif = (trained(1, neuron=name, train_neuron=way)[0] for name in ("LIF", "PLIF"))
    found, w = lif.parameters.neuron["decay"].value, plif.parameters.neuron["w"]
    assert found.shape == w.shape == shape
    np.testing.assert_allclose(found, 1 / (1 + np.exp(w)), rtol=1e-4)
    assert np.all(np.abs(found - 0.9) > 1e-5)
    assert np.all((found > 0.5) & (found < 1))


@pytest.mark.parametrize(
    ("neuron", "names"),
    [("CubaLIF", {"decay", "synaptic_decay"}), ("ALIF", {"decay", "adaptation_decay"})],
)
def test_every_decay_of_a_neuron_is_learned_and_stored_by_its_name(neuron, names):
    state, _ = trained(1, neuron=neuron, train_neuron="each")
    learned = decays(state.parameters.neuron)
    assert learned.keys() == names
    assert {f"neuron.{name}.w" for name in names} < named(state.parameters).keys()
    for name, values in learned.items():
        first = MODELS[neuron].constants.get(name, 0.9)
        assert np.all((values > 0) & (values < 1) & (values != np.float32(first)))


def test_memory_is_told_in_words():
    told = memory(Config("digits", time_steps=1000, keep="10"))
    assert told == "8.7 MB for the backward pass of the hidden layer (keep 10)"
