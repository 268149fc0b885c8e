import dataclasses
import json
import math
import re

import numpy as np
import pytest

from spikegrad import surrogate
from spikegrad.lab.errors import SettingError
from spikegrad.lab.networks.models import MODELS, Firing
from spikegrad.lab.training.config import Config
from spikegrad.neurons import ALIF
from spikegrad.surrogate import S2NN, Arctan, Sigmoid
from spikegrad.surrogate.catalogue import CATALOGUE, PEERS

WRONG = {
    "dataset": "letters",
    "surrogate": "arctn",
    "encoding": "morse",
    "time_steps": 0,
    "hidden": 2.0,
    "neuron": "LIFE",
    "neuron_parameters": [0.1],
    "reset": "hard",
    "detach_reset": "yes",
    "keep": "0",
    "beta": 1.01,
    "train_neuron": "always",
    "anneal": "alpha:0:20:cosine",
    "learn": "alpha:loudly",
    "stochastic": 1,
    "epochs": -1,
    "batch_size": "64",
    "learning_rate": math.nan,
    "seed": 2**32,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_the_setting(name):
    with pytest.raises(SettingError) as caught:
        Config(**{"dataset": "digits", name: WRONG[name]})
    assert caught.value.setting == name
    assert repr(WRONG[name]) in str(caught.value)


def test_every_setting_has_a_wrong_value_here():
    names = {field.name for field in dataclasses.fields(Config)}
    assert names == {*WRONG, "surrogate_parameters"}


def test_what_has_no_decay_trains_none():
    with pytest.raises(SettingError, match=r"^train_neuron: IF has no decay to train\.$"):
        Config("digits", neuron="IF", train_neuron="shared")
    with pytest.raises(SettingError, match=r"above 0 and below 1 for LIF, .* but got 1"):
        Config("digits", train_neuron="each", beta=1.0)
    constants = {"synaptic_decay": 0.0}
    with pytest.raises(SettingError, match=r"^neuron_parameters: .*above 0 and below 1"):
        Config("digits", neuron="CubaLIF", train_neuron="each", neuron_parameters=constants)


def test_a_number_has_to_be_a_number():
    with pytest.raises(SettingError, match="epochs has to be a whole number from 1 to"):
        Config("digits", epochs=True)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": 0.0}, r"parameters\.alpha has to be a positive finite number, but got 0\.0"),
        ({"width": 1.0}, r"parameters\.width: Sigmoid takes no parameter 'width'. It takes alpha"),
    ],
)
def test_a_wrong_parameter_of_the_surrogate_says_what_is_allowed(parameters, message):
    with pytest.raises(SettingError, match=message):
        Config("digits", surrogate_parameters=parameters)


# As far as float32 reaches: (2 - 2**-23) * 2**127 and 2**-126.
REACH = ((2 - 2**-23) * 2.0**127, 2.0**-126)


def test_a_parameter_is_a_number_that_float32_holds():
    for held in REACH:
        Config("digits", surrogate_parameters={"alpha": held})
        Config("digits", anneal=f"alpha:1:{held}:linear", learning_rate=held)
    # A bias may be 0, and what is as good as 0 is no other number; a cap may be infinite.
    Config("digits", surrogate="SigmoidRamp", surrogate_parameters={"shift": 1e-300})
    Config("digits", surrogate="ExponentialEscape", surrogate_parameters={"cap": math.inf})
    for beyond in (np.nextafter(REACH[0], math.inf), np.nextafter(REACH[1], 0), 10**400):
        with pytest.raises(SettingError, match=r"surrogate_parameters\.alpha has to be a "):
            Config("digits", surrogate_parameters={"alpha": beyond})
        with pytest.raises(SettingError, match="learning_rate has to be a positive finite number"):
            Config("digits", learning_rate=beyond)


@pytest.mark.parametrize("name", [row.name for row in CATALOGUE] + [p.full_name for p in PEERS])
def test_no_name_takes_a_number_that_becomes_infinite_in_float32(name):
    row = surrogate.catalogue.named(name)
    refused = []
    for parameter in row.parameters:
        for value in (1e39, -1e39, 1e-300):
            given = {parameter: value}
            try:
                config = Config("digits", surrogate=name, surrogate_parameters=given)
            except SettingError as error:
                refused.append(error.setting == f"surrogate_parameters.{parameter}")
                continue
            numbers = re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", repr(config.build_surrogate()))
            assert not any(abs(float(number)) > REACH[0] for number in numbers)
    assert all(refused)


def test_a_stored_surrogate_holds_what_float32_holds():
    stored = surrogate.to_config((1e39 * Sigmoid()).shifted(1.0) + Sigmoid())
    with pytest.raises(
        SettingError, match=r"factor of Scaled is 1e\+39, which float32 rounds to inf"
    ):
        Config("digits", surrogate=stored)


@pytest.mark.parametrize("name", ["beta", "anneal", "learn", "keep", "learning_rate", "encoding"])
@pytest.mark.parametrize("value", [None, [], {}, 10**400])
def test_a_value_of_any_kind_is_refused_by_the_name_of_the_setting(name, value):
    with pytest.raises(SettingError) as caught:
        Config("digits", **{name: value})
    assert caught.value.setting == name


def test_the_surrogate_has_the_parameters_that_are_given_and_its_own_defaults():
    assert Config("digits").build_surrogate() == Sigmoid()
    given = Config("digits", surrogate="arctan", surrogate_parameters={"alpha": 2.0})
    assert given.build_surrogate() == Arctan(alpha=2.0)
    partly = Config("digits", surrogate="S2NN", surrogate_parameters={"beta": 0.5})
    assert partly.build_surrogate() == S2NN(beta=0.5)


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_shape_can_be_taken(row):
    assert Config("digits", surrogate=row.name).build_surrogate() == row.shape()


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.full_name)
def test_every_name_of_another_library_trains_what_it_names_and_is_stored_as_that(peer):
    config = Config("digits", surrogate=peer.full_name)
    expected = surrogate.get(peer.full_name)
    assert config.build_surrogate() == expected
    stored = json.loads(json.dumps(config.stored()))
    assert stored["surrogate"] == surrogate.to_config(expected)
    assert Config(**stored).build_surrogate() == expected
    assert Config(**stored).stored() == stored


@pytest.mark.parametrize("change", [{"stochastic": True}, {"learn": "factor"}])
def test_what_another_library_has_can_change_too(change):
    # Three times a shape, which is none of the shapes.
    Config(
        "digits", surrogate="spikingjelly.SuperSpike", surrogate_parameters={"alpha": 3.0}, **change
    )


@pytest.mark.parametrize(
    "damaged",
    [
        {"surrogate": "Sigmod", "parameters": {}},
        {"surrogate": "Sigmoid", "parameters": {"alpha": -1.0}},
        {"surrogate": "Sigmoid"},
        {"parameters": {}},
        7,
    ],
)
def test_a_stored_surrogate_that_is_none_is_refused(damaged):
    with pytest.raises(SettingError, match="surrogate: "):
        Config("digits", surrogate=damaged)


def test_a_decay_that_is_learned_lies_strictly_between_0_and_1():
    with pytest.raises(SettingError, match=r"above 0 and below 1 for PLIF, .* but got 1"):
        Config("digits", neuron="PLIF", beta=1.0)
    assert Config("digits", neuron="LIF", beta=1.0).beta == 1.0


def test_the_hidden_layer_is_as_the_settings_say():
    config = Config("digits", neuron="ALIF", reset="none", detach_reset=True, beta=0.7, keep="12")
    neuron, keep = config.build_hidden()
    assert (neuron.decay, neuron.reset, neuron.detach_reset, keep) == (0.7, None, True, 12)
    assert isinstance(neuron, ALIF)
    assert neuron.surrogate == config.build_surrogate()


@pytest.mark.parametrize("name", MODELS)
def test_a_neuron_is_as_the_library_has_it_and_stored_with_all_that_it_is_made_of(name):
    config = Config("digits", neuron=name)
    stored = json.loads(json.dumps(config.stored()))
    library = vars(MODELS[name].kind())
    constants = stored["neuron_parameters"]
    assert {*constants, "decay", "w"} | set(Firing._fields) >= set(library)
    assert constants | MODELS[name].other == constants
    assert {k: v for k, v in library.items() if k in constants} | MODELS[name].other == constants
    assert Config(**stored).build_hidden() == config.build_hidden()
    assert Config(**stored).stored() == stored


def test_constants_that_are_stored_count_and_not_the_default():
    stored = Config("digits", neuron="CubaLIF").stored()
    stored["neuron_parameters"] = {"synaptic_decay": 0.3, "threshold": 2.0}
    neuron = Config(**stored).build_hidden().neuron
    assert (neuron.synaptic_decay, neuron.threshold, neuron.decay) == (0.3, 2.0, 0.9)


@pytest.mark.parametrize(
    ("neuron", "constants", "message"),
    [
        (
            "ALIF",
            {"strengt": 1.0},
            r"neuron_parameters: ALIF takes no 'strengt' here\. It .*strength",
        ),
        ("ALIF", {"decay": 0.5}, r"neuron_parameters: ALIF takes no 'decay' here\."),
        ("ALIF", {"strength": "x"}, r"neuron_parameters\.strength has to be a finite .* got 'x'"),
        ("LIF", {"threshold": 1e39}, r"neuron_parameters\.threshold has to be a .* got 1e\+39"),
        ("PLIF", {"decay_input": 1}, r"neuron_parameters\.decay_input has to be true or false,"),
        ("CubaLIF", {"synaptic_decay": 1.5}, r"neuron_parameters: CubaLIF: synaptic_decay .* 1\.5"),
    ],
)
def test_a_constant_that_a_neuron_cannot_have_is_refused(neuron, constants, message):
    with pytest.raises(SettingError, match=f"^{message}"):
        Config("digits", neuron=neuron, neuron_parameters=constants)
