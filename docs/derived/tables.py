"""The parts of pages that are derived from the catalogue and from the command line."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from derived.names import elsewhere
from spikegrad import neurons
from spikegrad.lab.commands.train import train
from spikegrad.surrogate.catalogue import CATALOGUE, Row

PAGE = "spikegrad.surrogate"


def families() -> Iterator[tuple[str, str, list[Row]]]:
    """Every family with what its module says of it and its shapes, in the catalogue's order."""
    for family in dict.fromkeys(row.family for row in CATALOGUE):
        rows = [row for row in CATALOGUE if row.family == family]
        yield family, first_line(sys.modules[f"{PAGE}.shapes._{family}"]), rows


def first_line(documented: object) -> str:
    """The summary of a docstring."""
    return (documented.__doc__ or "").partition("\n")[0]


def call(row: Row) -> str:
    """The function form as it is written, with its defaults."""
    return f"{row.function_name}({', '.join(['x', *row.defaults])})"


def overview() -> str:
    """The shapes of every family, each with a line on what its gradient is like."""
    parts = []
    for family, summary, rows in families():
        parts.append(f"**{family.title()}.** {summary}")
        names = [f"- [`{row.name}`][{PAGE}.{row.name}]: {first_line(row.shape)}" for row in rows]
        parts.append("\n".join(names))
    return "\n\n".join(parts)


def shapes() -> str:
    """A heading a family, and the documentation of its shapes."""
    parts = []
    for family, summary, rows in families():
        parts.append(f"## {family.title()}\n\n{summary}")
        for row in rows:
            parts.append(f"::: {PAGE}.{row.name}\n    options:\n      members: false")
            parts.append(f"As a function: `{call(row)}`. {elsewhere(row)}".rstrip())
    return "\n\n".join(parts)


def _exported(kind: type) -> list[type]:
    """The public classes of `spikegrad.neurons` of one kind."""
    classes = (value for value in vars(neurons).values() if isinstance(value, type))
    return [found for found in classes if issubclass(found, kind) and found is not kind]


def models() -> str:
    """The documentation of every neuron but those that hold another one, the simplest first."""
    parts = []
    for neuron in sorted(_exported(neurons.Neuron), key=_size):
        if "neuron" not in inspect.signature(neuron).parameters:
            members = "[from_tau]" if hasattr(neuron, "from_tau") else "false"
            name = f"spikegrad.neurons.{neuron.__name__}"
            parts.append(f"::: {name}\n    options:\n      members: {members}")
    return "\n\n".join(parts)


def _size(neuron: type) -> int:
    return len(inspect.signature(neuron).parameters)


def states() -> str:
    """The documentation of what a neuron's state can be."""
    return "\n\n".join(f"::: spikegrad.neurons.{state.__name__}" for state in _exported(tuple))


def options() -> str:
    """A table for every panel in the help of `spikegrad train digits`."""
    panels: dict[str, list[Any]] = {}
    for option in train.commands["digits"].params:
        if not option.hidden:
            panels.setdefault(option.panel, []).append(option)
    parts = []
    for panel, options in panels.items():
        lines = [f"**{panel}**", "", "| option | default | |", "| --- | --- | --- |"]
        for option in options:
            default = f"`{option.default}`" if option.show_default else ""
            lines.append(f"| `{option.opts[0]}` | {default} | {option.help} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
