"""`spikegrad check`: own surrogates and shipped ones, parameters, wrong names, exit status."""

import re

import pytest

SOURCE = """
import sys

import jax.numpy as jnp
from spikegrad.surrogate import Surrogate

class Tanh(Surrogate):
    def __init__(self, alpha=1.0, T_level=1.0):
        super().__init__()
        if alpha <= 0:
            raise ValueError("alpha has to be positive")
        self.alpha = alpha
        self.T_level = T_level

    def surrogate_grad(self, x):
        t = jnp.exp(-2 * jnp.abs(self.alpha * x))
        return self.T_level * self.alpha * 2 * t / (1 + t) ** 2

    def surrogate_fun(self, x):
        return jnp.tanh(self.alpha * x)

class Ending(Tanh):
    def __init__(self, alpha=0):
        sys.exit(alpha)

class Ends(Tanh):
    def surrogate_grad(self, x):
        sys.exit(0)

class Mute(BaseException):
    def __str__(self):
        raise RuntimeError

class Silent(Tanh):
    def __init__(self):
        raise Mute

class Odd(Tanh):
    def __init__(self):
        raise BaseException("\\ud800")

class Nameless(Tanh):
    def __repr__(self):
        raise RuntimeError("no name")

class Other(Tanh):
    def __new__(cls):
        return 3

class Nested:
    half = Tanh(0.5, 2.0)

made = Tanh(2.0)
number = 3

def function(x):
    return x

def __getattr__(name):
    if name == "Tan":
        raise AttributeError(name)
    raise Mute
"""

# The arguments after `spikegrad check`, and what the line has to hold.
BAD = [
    ([], ["Missing argument", "NAME"]),
    (["nowhere:Tanh"], ["There is no module 'nowhere'"]),
    (["nowhere.deep:Tanh"], ["There is no module 'nowhere.deep'"]),
    (["own_shapes.py:Tanh"], ["own_shapes.py is a file", "own_shapes:Name"]),
    (["own_shapes:Tan"], ["own_shapes has no 'Tan'"]),
    (["own_shapes:number"], ["has to be a Surrogate", "is a int"]),
    (["own_shapes:function"], ["has to be a Surrogate", "is a function"]),
    (["own_shapes:Nested"], ["has to be a Surrogate", "is a class"]),
    (["own_shapes:Tanh", "--beta", "2"], ["Tanh takes no parameter 'beta'", "alpha, T_level."]),
    (["own_shapes:Tanh", "--alpha", "x"], ["--alpha takes a number", "'x'"]),
    (["own_shapes:Tanh", "--alpha", "-1"], ["Tanh(alpha=-1.0)", "alpha has to be positive"]),
    (["own_shapes:made", "--alpha", "2"], ["made is an instance", "no parameters"]),
    (["own_broken:Tanh"], ["own_broken cannot be imported", "ZeroDivisionError"]),
    (["own_needing:Tanh"], ["own_needing cannot be imported", "No module named 'not_there'"]),
    (["own_ending:Tanh"], ["own_ending cannot be imported: SystemExit: 0"]),
    (["own_ending_oddly:Tanh"], ["own_ending_oddly cannot be imported: GeneratorExit:\n"]),
    (["own_shapes:Ending"], ["Ending() cannot be made: SystemExit: 0"]),
    (["own_shapes:Ending", "--alpha", "3"], ["cannot be made: SystemExit: 3"]),
    (["own_shapes:Silent"], ["Silent() cannot be made: Mute: <Mute, which raises RuntimeError"]),
    (["own_shapes:Odd"], ["Odd() cannot be made: BaseException: \\ud800"]),
    (["own_shapes:Other"], ["own_shapes:Other has to be a Surrogate", "is a int"]),
    (["own_shapes:lazy"], ["own_shapes:lazy cannot be used: Mute: "]),
    (["own_shapes:Tanh.x"], ["own_shapes has no 'Tanh.x'"]),
    (["Arctn"], ["'Arctn'", "Arctan, "]),
    (["Arctan", "--slope", "2"], ["Arctan takes no parameter 'slope'"]),
]


@pytest.fixture
def own(spikegrad, tmp_path):
    """The command in a folder with modules of one's own."""
    (tmp_path / "own_shapes.py").write_text(SOURCE)
    (tmp_path / "own_broken.py").write_text("1 / 0")
    (tmp_path / "own_needing.py").write_text("import not_there")
    (tmp_path / "own_ending.py").write_text("import sys; sys.exit(0)")
    (tmp_path / "own_ending_oddly.py").write_text("raise GeneratorExit")
    return spikegrad


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value)[:40])
def test_a_wrong_name_or_value_is_one_line(own, arguments, words):
    outcome = own("check", *arguments)
    assert outcome.status == 2
    assert re.fullmatch(r"spikegrad: .*\n", outcome.err), outcome.err
    for word in words:
        assert word in outcome.err
    assert outcome.out == ""


def test_a_fault_of_ones_own_ends_with_1_and_says_what_to_do(own, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    outcome = own("check", "own_shapes:Tanh", "--ALPHA", "2", "--t-level=3")
    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out.startswith("Tanh(alpha=2.0, T_level=3.0)\n")
    words = " ".join(outcome.out.split())
    assert "error gradient-is-derivative they differ most at x = " in words
    assert "Multiply surrogate_grad by 0.666667" in words
    assert "surrogate_fun goes from -1 on the left to 1 on the right" in words
    assert "2 errors, " in words
    assert "Passed: pytree, " in words
    assert "\x1b" not in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_a_method_that_ends_the_program_is_an_error_in_the_report(own):
    outcome = own("check", "own_shapes:Ends")
    assert (outcome.status, outcome.err) == (1, "")
    assert "raised SystemExit: 0" in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["own_shapes:Nested.half"], "Tanh(alpha=0.5, T_level=2.0)"),
        (["own_shapes:Nameless"], "Nameless, whose repr raises RuntimeError"),
        (["spyx.arctan"], "1/(2π) * Arctan(alpha=4.0)"),
    ],
    ids=lambda value: " ".join(value)[:30],
)
def test_instances_and_shipped_shapes_are_checked_too(own, arguments, shown):
    outcome = own("check", *arguments)
    assert outcome.err == ""
    assert outcome.out.startswith(f"{shown}\n")
    errors = int(re.search(r"^(\d+) errors?, ", outcome.out, re.MULTILINE)[1])
    assert outcome.status == (1 if errors else 0)
    assert (errors == 0) == ("Arctan" in shown)
    if errors == 0:
        # In the same words.
        listed = own("shapes", *arguments).out
        assert listed.startswith(f"{shown}\n")
        said = " ".join(outcome.out.split())
        for fact in ("peak", "area", "half width", "support", "tail"):
            value = re.search(rf"^  {fact} +(\S.*?) *$", listed, re.MULTILINE)[1]
            assert f"{fact} {value}" in said


def test_the_help_has_examples(spikegrad):
    outcome = spikegrad("check", "--help")
    assert outcome.status == 0
    words = re.sub(r"[\s│]+", " ", outcome.out)
    assert "spikegrad check shapes:Triangle --width 0.5" in words
    assert "Ends with 1" in words
