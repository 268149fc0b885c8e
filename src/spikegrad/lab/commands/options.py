"""Options that derive from the settings of a run and from the catalogue of surrogates."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import rich_click as click

from spikegrad.lab.training.config import Config
from spikegrad.surrogate.catalogue import CATALOGUE, Parameter

SETTINGS = {field.name: field for field in dataclasses.fields(Config)}
TYPES: Mapping[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
PREFIX = "surrogate_"
# Options that are no settings, but whose names are taken all the same.
TAKEN = {"--tau", "--out", "--resume"}


def option_names() -> dict[str, str]:
    """The option of every setting, by the name of the setting."""
    names = {name: f"--{name.replace('_', '-')}" for name in SETTINGS}
    for parameter in _parameters():
        clash = f"--{parameter}" in TAKEN.union(names.values())
        option = f"surrogate-{parameter}" if clash else parameter
        names[f"surrogate_parameters.{parameter}"] = f"--{option.replace('_', '-')}"
    return names


def setting_options() -> list[click.Option]:
    """An option for every setting that declares how it shows in the help."""
    names = option_names()
    return [
        click.RichOption(
            [names[name], name],
            type=TYPES[str(field.type)],
            is_flag=field.type == "bool",
            default=field.default,
            show_default=True,
            help=_setting_help(field),
            panel=field.metadata["panel"],
        )
        for name, field in SETTINGS.items()
        if "panel" in field.metadata
    ]


def surrogate_options() -> list[click.Option]:
    """`--surrogate`, and an option for every parameter that a shape takes."""
    names = option_names()
    options: list[click.Option] = [
        click.RichOption(
            ["--surrogate"],
            default=SETTINGS["surrogate"].default,
            show_default=True,
            metavar="NAME",
            help=f"One of {', '.join(row.name for row in CATALOGUE)}.",
            panel="Surrogate",
        )
    ]
    parameters = {name: names[f"surrogate_parameters.{name}"] for name in _parameters()}
    return options + parameter_options(parameters, "Surrogate")


def parameter_options(
    names: Mapping[str, str], panel: str, **attributes: Any
) -> list[click.Option]:
    """An option for every parameter that a shape of the catalogue takes.

    Args:
        names: of the options, by the names of the parameters.
        panel: of the help, where they stand.
        attributes: of the options, beside or instead of those that the catalogue gives.
    """
    options: list[click.Option] = []
    for name, takers in _parameters().items():
        integer = all(parameter.integer for parameter in takers.values())
        defaults = ", ".join(f"{shape} ({p.shown})" for shape, p in takers.items())
        given = {"type": int if integer else float, "help": f"Of {defaults}."} | attributes
        options.append(click.RichOption([names[name], PREFIX + name], panel=panel, **given))
    return options


def surrogate_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the person gave, out of all values of the options."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in values.items()
        if name.startswith(PREFIX) and value is not None
    }


def _setting_help(field: dataclasses.Field[Any]) -> str:
    text, words = field.metadata["text"], field.metadata["domain"].words
    # A text about words says what each of them means.
    return f"{text}." if field.type in ("str", "bool") else f"{text} ({words})."


def _parameters() -> dict[str, dict[str, Parameter]]:
    """Every parameter's name, with the shapes that take it."""
    takers: dict[str, dict[str, Parameter]] = {}
    for row in CATALOGUE:
        for name, parameter in row.parameters.items():
            takers.setdefault(name, {})[row.name] = parameter
    return takers
