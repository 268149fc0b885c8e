"""Options that derive from the settings of a run and from the catalogue of surrogates."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import rich_click as click

from spikegrad.lab.training.config import Config
from spikegrad.surrogate.catalogue import CATALOGUE, PEERS, Parameter

SETTINGS = {field.name: field for field in dataclasses.fields(Config)}


class Whole(click.ParamType):  # type: ignore[type-arg]
    """A whole number of any length, of which Python reads no more than some thousand digits."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that a person wrote."""
        try:
            return int(value)
        except ValueError:
            long = " of so many digits" if re.fullmatch(r"[+-]?\d+", str(value)) else ""
            self.fail(f"{value!r} is not a valid integer{long}.", param, ctx)


TYPES: Mapping[str, Any] = {"int": Whole(), "float": float, "str": str, "bool": bool}
PREFIX = "surrogate_"
PARAMETERS = "surrogate_parameters."
OPTION = r"--[a-z][\w-]*"
# Options that are no settings, but whose names are taken all the same.
TAKEN = {"--tau", "--out", "--resume"}


def option_names() -> dict[str, str]:
    """The option of every setting, by the name of the setting."""
    names = {name: _spelled(name) for name in SETTINGS}
    parameters = dict.fromkeys([*_parameters(), *_parameters_elsewhere()])
    return names | {f"{PARAMETERS}{name}": parameter_option(name) for name in parameters}


def option_of(setting: str) -> str:
    """The option of a setting, or of a parameter of any surrogate."""
    if setting.startswith(PARAMETERS):
        return parameter_option(setting.removeprefix(PARAMETERS))
    return option_names().get(setting, setting)


def parameter_option(parameter: str) -> str:
    """The option of a parameter of a surrogate, which another option may have the name of."""
    option = _spelled(parameter)
    clash = option in TAKEN.union(map(_spelled, SETTINGS))
    return f"--surrogate-{option.removeprefix('--')}" if clash else option


def parameter_of(option: str) -> str | None:
    """The parameter of a surrogate that an option would be of; None if it is none."""
    name = option.removeprefix("--").replace("-", "_")
    bare = name.removeprefix(PREFIX)
    return next((known for known in (bare, name) if parameter_option(known) == option), None)


def _spelled(name: str) -> str:
    return f"--{name.lower().replace('_', '-')}"


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
    """`--surrogate`, and an option for every parameter that a shape takes.

    Those of other libraries' surrogates alone are there as well, and not in the help.
    """
    options: list[click.Option] = [
        click.RichOption(
            ["--surrogate"],
            default=SETTINGS["surrogate"].default,
            show_default=True,
            metavar="NAME",
            help=f"One of {', '.join(row.name for row in CATALOGUE)}; or another library's, as in "
            "snntorch.fast_sigmoid, with the parameters that it has there, as in --slope 25; or "
            "one of your own, module:Name, with its parameters.",
            panel="Surrogate",
        )
    ]
    parameters = {name: parameter_option(name) for name in _parameters()}
    shown = parameter_options(parameters, "Surrogate", type=str, metavar="NUMBER")
    taken = {option for parameter in shown for option in parameter.opts}
    others = dict.fromkeys(map(parameter_option, _parameters_elsewhere()))
    return [*options, *shown, *(hidden_option(name) for name in others if name not in taken)]


def undeclared(command: click.Command, ctx: click.Context, args: list[str]) -> list[str]:
    """The names of options among the arguments that a command declares none for."""
    declared = {name for parameter in command.params for name in parameter.opts}
    declared.update(ctx.help_option_names)
    names = dict.fromkeys(argument.partition("=")[0] for argument in args)
    return [name for name in names if re.fullmatch(OPTION, name) and name not in declared]


def hidden_option(option: str) -> click.Option:
    """An option for a parameter of a surrogate that is not in the help."""
    return click.RichOption([option, f"{PREFIX}{parameter_of(option)}"], hidden=True)


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


def _parameters_elsewhere() -> list[str]:
    """The names of all parameters that other libraries' surrogates take."""
    return list(dict.fromkeys(name for peer in PEERS for name in peer.parameters))


def _parameters() -> dict[str, dict[str, Parameter]]:
    """Every parameter's name, with the shapes that take it."""
    takers: dict[str, dict[str, Parameter]] = {}
    for row in CATALOGUE:
        for name, parameter in row.parameters.items():
            takers.setdefault(name, {})[row.name] = parameter
    return takers
