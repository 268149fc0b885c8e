"""Which surrogate a command trains: by its name here or elsewhere, or one of one's own."""

import json
import os
import sys

import pytest

from spikegrad import surrogate
from spikegrad.lab.commands import train
from spikegrad.lab.data.datasets import DATASETS
from spikegrad.lab.study.run import Trainer
from spikegrad.surrogate.catalogue import PEERS

OWN = """
import sys
import jax.numpy as jnp
from spikegrad.surrogate import Surrogate

class Tent(Surrogate):
    def __init__(self, width=1.0, T_level=2.0, beta=0.0):
        super().__init__()
        if width == 0.25:
            sys.exit(0)
        self.width, self.T_level, self.beta = width, T_level, beta

    def surrogate_grad(self, x):
        return self.T_level * jnp.maximum(0.0, 1.0 - jnp.abs(x) / self.width)

made = Tent(3.0)

class Ending(Tent):
    def surrogate_grad(self, x):
        raise self.end

class EndingWell(Ending):
    end = SystemExit(0)

class EndingOddly(Ending):
    end = GeneratorExit()
"""
# Values that are no default anywhere, by the kind of the default.
OTHER = {
    float: ("0.75", 0.75),
    int: ("3", 3),
    bool: ("true", True),
    type(None): ("-1,0.75", (-1.0, 0.75)),
}


@pytest.fixture
def own(spikegrad, tmp_path):
    """The command in a folder with a module of one's own, stopped before it trains."""
    (tmp_path / "own_tents.py").write_text(OWN)
    (tmp_path / "own_ending.py").write_text("import sys; sys.exit(0)")
    return spikegrad


def stop(self, state, number):
    raise KeyboardInterrupt


@pytest.fixture
def stopping(monkeypatch):
    monkeypatch.setattr(Trainer, "epoch", stop)


def settings_of(*arguments):
    """What the command would train with, as it is stored."""
    command = train._command("digits", DATASETS["digits"])
    with command.make_context("digits", list(arguments)) as context:
        values = {k: v for k, v in context.params.items() if k not in ("out", "tau")}
        return train._config("digits", None, values)


PARAMETERS = [(peer, name) for peer in PEERS for name in peer.parameters]


@pytest.mark.parametrize(
    ("peer", "name"), PARAMETERS, ids=lambda value: getattr(value, "full_name", value)
)
def test_every_parameter_of_another_library_is_an_option_that_reaches_the_training(peer, name):
    text, value = OTHER[type(peer.parameters[name])]
    option = train.options.parameter_option(name)
    try:
        expected = surrogate.get(peer.full_name, **{name: value})
    except ValueError:
        pytest.skip(f"{name} cannot be {value}")
    config = settings_of("--surrogate", peer.full_name, option, text)
    assert config.build_surrogate() == expected


def test_a_name_is_found_in_any_case_and_so_is_a_parameter():
    config = settings_of("--surrogate=SLAYER.spike", "--tauRho", "0.5")
    assert config.build_surrogate() == surrogate.get("slayer.Spike", tauRho=0.5)


@pytest.mark.usefixtures("stopping")
def test_ones_own_is_stored_as_its_reference_and_goes_on_with_it(own):
    # What is a default today is stored as well.
    arguments = ("--t-level=3", "--surrogate-beta", "4", "--hidden", "3")
    outcome = own("train", "digits", "--surrogate", "own_tents:Tent", *arguments, "--out", "run")
    assert outcome.status == 130, outcome.err
    shown = "Tent(width=1.0, T_level=3.0, beta=4.0)"
    assert shown in outcome.out
    with open("run/config.json") as file:
        stored = json.load(file)
    assert stored["surrogate"] == "own_tents:Tent"
    assert stored["surrogate_parameters"] == {"width": 1.0, "T_level": 3.0, "beta": 4.0}
    assert stored["beta"] == 0.9
    assert shown in own("train", "--resume", "run").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["own_tents:Tant"], "own_tents has no 'Tant'"),
        (["own_tents:Tent", "--colour", "3"], "Tent takes no parameter 'colour'. It takes width"),
        (["own_tents:Tent", "--width", "x"], "--width takes a number, but got 'x'"),
        (["own_tents:made", "--width", "2"], "made is an instance, which takes no parameters"),
        (["own_tents:Tent", "--width", "0.25"], "Tent(width=0.25) cannot be made: SystemExit: 0"),
        (["own_ending:Tent"], "own_ending cannot be imported: SystemExit: 0"),
    ],
    ids=lambda value: " ".join(value),
)
def test_ones_own_that_cannot_be_is_one_line_and_leaves_nothing_behind(own, arguments, words):
    before = set(os.listdir())
    outcome = own("train", "digits", "--surrogate", *arguments)
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert words in outcome.err
    assert set(os.listdir()) - before <= {"__pycache__"}


ENDS = {"EndingWell": "SystemExit: 0", "EndingOddly": "GeneratorExit:"}


@pytest.mark.parametrize("name", ENDS)
def test_ones_own_that_ends_the_program_is_one_line_and_leaves_nothing_behind(own, name):
    before = set(os.listdir())
    outcome = own("train", "digits", "--surrogate", f"own_tents:{name}", "--hidden", "3")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert f"own_tents:{name} cannot be trained with: {ENDS[name]}" in outcome.err
    assert set(os.listdir()) - before <= {"__pycache__"}


@pytest.mark.parametrize("name", ENDS)
def test_ones_own_that_came_to_end_the_program_ends_the_training_with_an_error(
    own, monkeypatch, name
):
    arguments = ("--surrogate", "own_tents:made", "--hidden", "3", "--out", "run")
    with pytest.MonkeyPatch.context() as stopping:
        stopping.setattr(Trainer, "epoch", stop)
        assert own("train", "digits", *arguments).status == 130
    ending = getattr(sys.modules["own_tents"], name)
    monkeypatch.setattr(sys.modules["own_tents"], "made", ending(3.0))
    outcome = own("train", "--resume", "run")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "surrogate's own code raised" in outcome.err
    assert "Go on with: spikegrad train --resume run" in outcome.err


def test_a_misspelled_option_beside_a_name_is_no_parameter(own):
    outcome = own("train", "digits", "--epoch", "3")
    assert outcome.status == 2
    assert "No such option" in outcome.err
