"""The command line without its extra: help and shapes in plain text, and how to get the rest."""

import sys

import pytest

import spikegrad as package
from spikegrad.__main__ import main
from spikegrad.lab.commands.main import root
from spikegrad.surrogate.catalogue import CATALOGUE

REST = "spikegrad: the rest needs rich_click: pip install '.[lab]' in a clone of spikegrad\n"


@pytest.fixture
def run(monkeypatch, capsys):
    """The command where rich_click is not installed: its status and what it printed."""
    for name in [name for name in sys.modules if name.startswith("spikegrad.lab.commands")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich_click", None)

    def run(*arguments):
        return main(arguments), *capsys.readouterr()

    return run


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_help_names_the_commands_in_their_own_words(run, arguments):
    status, out, err = run(*arguments)
    assert (status, err) == (0, REST)
    assert root.help in out
    for name, command in root.commands.items():
        assert f"\n  {name:6}  {command.get_short_help_str(200)}\n" in out


def test_the_version_is_told(run):
    assert run("--version")[:2] == (0, f"spikegrad, version {package.__version__}\n")


def test_shapes_lists_each_with_its_defaults(run):
    status, out, err = run("shapes")
    assert (status, err) == (0, REST)
    listed = [line.split("  ", 2) for line in out.splitlines() if line.startswith("  ")]
    assert sorted(name for _, name, *_ in listed) == sorted(row.name for row in CATALOGUE)
    assert "  ReluGrad                 alpha=0.3, width=1 " in out
    assert "Usage: spikegrad shapes [NAME]\n" in run("shapes", "--help")[1]


def test_shapes_shows_one_of_ours_and_one_of_another_library(run):
    _, ours, _ = run("shapes", "arctan")
    assert ours.startswith("Arctan(alpha=1.0)\n")
    assert "grad(x) = alpha/2 / (1 + (pi/2 alpha x)^2)" in ours
    assert "half width  0.6366\n" in ours
    _, other, _ = run("shapes", "spyx.arctan")
    assert other.startswith("1/(2π) * Arctan(alpha=4.0)\nspyx.arctan\n")


def test_a_wrong_name_is_one_line(run):
    status, out, err = run("shapes", "Arctn")
    assert (status, out) == (2, "")
    assert err.startswith("spikegrad: There is no surrogate 'Arctn'.")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", ["train digits", "train --help", "check Arctan", "shapes Arctan --alpha 2", "no"]
)
def test_what_takes_the_extra_is_answered_with_the_line_that_installs_it(run, arguments):
    status, out, err = run(*arguments.split())
    assert (status, out) == (2, "")
    assert err == REST.replace("the rest", "this command")
