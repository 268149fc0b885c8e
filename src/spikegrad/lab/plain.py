"""What the command line can do without its extra: its help, and the shapes, in plain text."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import spikegrad
from spikegrad.surrogate import get
from spikegrad.surrogate._facts import in_words
from spikegrad.surrogate.catalogue import CATALOGUE, Peer, Row, named, readable

HELP = """\
Usage: spikegrad [OPTIONS] COMMAND [ARGS]...

Surrogate gradients for training spiking neural networks.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  check   Check a surrogate: numbers in every dtype, gradient against relaxation, JAX.
  shapes  List the shapes of surrogate gradients, or show one.
  train   Train a spiking network on a data set, or go on with an interrupted run.
"""
SHAPES_HELP = """\
Usage: spikegrad shapes [NAME]

List the shapes of surrogate gradients, or show one. NAME is one of the list, or another library's
name for its surrogate, as in snntorch.fast_sigmoid.
"""
HELP_OPTIONS = ("-h", "--help")


def answer(arguments: Sequence[str]) -> str | None:
    """What a command prints, as far as the core knows it; None where it takes the extra.

    Args:
        arguments: those of the command.

    Raises:
        ValueError: there is no surrogate of that name.
    """
    match list(arguments):
        case [] | ["-h" | "--help"]:
            return HELP
        case ["--version"]:
            return f"spikegrad, version {spikegrad.__version__}\n"
        case ["shapes"]:
            return listed()
        case ["shapes", *rest] if any(option in rest for option in HELP_OPTIONS):
            return SHAPES_HELP
        case ["shapes", name] if not name.startswith("-"):
            return shown(name)
    return None


def listed() -> str:
    """Every shape with its defaults and its tail, family by family."""
    lines: list[str] = []
    wide = max(len(row.name) for row in CATALOGUE)
    most = max(len(", ".join(row.defaults)) for row in CATALOGUE)
    for family in dict.fromkeys(row.family for row in CATALOGUE):
        lines += ["", family] if lines else [family]
        lines += [
            f"  {row.name:{wide}}  {', '.join(row.defaults):{most}}  "
            f"{in_words(row.shape().facts())['tail']}"
            for row in CATALOGUE
            if row.family == family
        ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def shown(name: str) -> str:
    """A surrogate at its defaults: what it is here, its formula and its facts."""
    surrogate = get(name)
    known = named(name)
    lines = [readable(repr(surrogate))]
    if isinstance(known, Peer):
        lines += filter(None, [known.full_name, known.differs])
    if isinstance(known, Row):
        text, _, _ = (inspect.getdoc(known.shape) or "").partition("\nExamples:")
        lines += ["", text.rstrip()]
    lines += ["", *(f"{fact:10}  {value}" for fact, value in in_words(surrogate.facts()).items())]
    return "\n".join(lines) + "\n"
