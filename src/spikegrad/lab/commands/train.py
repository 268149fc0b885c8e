"""`spikegrad train`: a network on a data set, or a run that goes on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click
from click.core import ParameterSource

from spikegrad.lab.commands import options
from spikegrad.lab.commands.group import NamingGroup
from spikegrad.lab.commands.shapes import spelled
from spikegrad.lab.commands.suggestions import meant, no_such_option, shown
from spikegrad.lab.data.datasets import DATASETS, Dataset
from spikegrad.lab.domains import POSITIVE
from spikegrad.lab.errors import LabError, ParameterError, SettingError
from spikegrad.lab.training import surrogates
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.surrogates import is_own

ALONE = (
    "--resume goes on with the settings that the run folder holds, so nothing may stand beside it; "
    "leave out {other}."
)
BEHIND = "{option} comes after the name of the data set: spikegrad train {name} {option}."
SURROGATE_HELP = (
    "The gradient that the network learns through. With each parameter stand the shapes that take "
    "it, and their defaults."
)
RESUMES = f"{__name__}.resumes"
OWN_PARAMETERS = f"{__name__}.own_parameters"
CANNOT_LEARN = (
    " has to be from 0.0115 to 1.67e7 for {neuron}, which learns the decay exp(-1 / tau) in "
    "float32, but got {tau!r}."
)
BOTH = "--tau and --beta both set the membrane decay: give one of them."


class Train(NamingGroup):
    """A group that also takes `--resume DIR`, alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the data set."""
        ctx.meta[RESUMES] = any(argument.partition("=")[0] == "--resume" for argument in args)
        return super().parse_args(ctx, args)

    def nowhere(self, option: str, ctx: click.Context) -> click.UsageError:
        """Explain what is wrong with a setting beside `--resume`, or before the data set."""
        if ctx.meta[RESUMES]:
            return click.UsageError(ALONE.format(other=option), ctx)
        for name, command in self.commands.items():
            if spelled(option) in shown(command):
                return click.UsageError(BEHIND.format(option=option, name=name), ctx)
            if meant(option, command):
                return no_such_option(option, command, ctx)
        return super().nowhere(option, ctx)


class OnDataset(click.RichCommand):
    """A command that trains on a data set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what a surrogate of one's own takes, and explain where `--resume` goes."""
        args = [spelled(argument) for argument in args]
        ctx.meta[OWN_PARAMETERS] = self._own_parameters(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name == "--resume":
                raise click.UsageError(ALONE.format(other=self.name), ctx) from None
            raise no_such_option(error.option_name, self, ctx) from None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The declared options, and those of a surrogate of one's own."""
        given = ctx.meta.get(OWN_PARAMETERS, ())
        return [*super().get_params(ctx), *map(options.hidden_option, given)]

    def _own_parameters(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The options that no surrogate is known to have, where one's own is named."""
        named = [a for a in (*args, *_after("--surrogate", args)) if a.startswith("--surrogate=")]
        if not any(is_own(name.partition("=")[2]) for name in named):
            return []
        unknown = options.undeclared(self, ctx, args)
        return [name for name in unknown if name != "--resume" and options.parameter_of(name)]


def _after(option: str, args: list[str]) -> list[str]:
    """What follows an option, as if it stood behind an equals sign."""
    return [f"{option}={b}" for a, b in itertools.pairwise(args) if a == option]


@click.group(cls=Train, invoke_without_command=True)
@click.option(
    "--resume",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Go on with the interrupted run in this folder, to the same end bit for bit.",
)
@click.pass_context
def train(ctx: click.Context, resume: Path | None) -> None:
    """Train a spiking network on a data set, or go on with an interrupted run.

    \b
    Examples:
    spikegrad train digits
    spikegrad train digits --surrogate arctan --alpha 2 --encoding rate
    spikegrad train digits --surrogate snntorch.fast_sigmoid --slope 25
    spikegrad train --resume runs/digits-0001
    """
    if resume is None:
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())
        return
    if ctx.invoked_subcommand:
        raise click.UsageError(ALONE.format(other=ctx.invoked_subcommand))
    from spikegrad.lab.report import console
    from spikegrad.lab.study import run

    run.resume(resume, console.Report())


def _command(name: str, dataset: Dataset) -> click.Command:
    def start(out: Path | None, tau: float | None, **values: Any) -> None:
        config = _config(name, tau, values)
        from spikegrad.lab.report import console
        from spikegrad.lab.study import run

        run.start(config, out, console.Report())

    out = click.RichOption(
        ["--out"],
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="A new folder for the run [default: the next number under runs/].",
        panel="Run",
    )
    tau = click.RichOption(
        ["--tau"],
        type=float,
        help="Instead of --beta, the membrane time constant in steps (a positive finite number).",
        panel="Network",
    )
    settings = options.setting_options()
    after_beta = next(i for i, option in enumerate(settings) if option.name == "beta") + 1
    settings.insert(after_beta, tau)
    return OnDataset(
        name=name,
        callback=start,
        params=[*settings, *options.surrogate_options(), out],
        help=f"Train a spiking network on {dataset.text}.",
        panels=[
            click.RichOptionPanel("Network"),
            click.RichOptionPanel("Training"),
            click.RichOptionPanel("Surrogate", help=SURROGATE_HELP),
            click.RichOptionPanel("Run"),
        ],
    )


def _config(dataset: str, tau: float | None, values: Mapping[str, Any]) -> Config:
    """The settings that the options give.

    Raises:
        LabError: a value is not allowed; the message names the option.
    """
    settings = {name: value for name, value in values.items() if name in options.SETTINGS}
    if tau is not None:
        context = click.get_current_context()
        if context and context.get_parameter_source("beta") is not ParameterSource.DEFAULT:
            raise LabError(BOTH)
        if not POSITIVE.contains(tau):
            raise LabError(f"--tau has to be {POSITIVE.words}, but got {tau!r}.")
        settings["beta"] = math.exp(-1 / tau)
    given = options.surrogate_parameters(values)
    try:
        parameters = surrogates.read(settings["surrogate"], given)
    except ParameterError as error:
        setting = f"{options.PARAMETERS}{error.parameter}"
        raise SettingError(setting, error.reason) from None
    except LabError as error:
        raise SettingError("surrogate", f": {error}") from None
    try:
        return Config(dataset, surrogate_parameters=parameters, **settings)
    except SettingError as error:
        if error.setting != "beta" or tau is None:
            raise
        raise SettingError("--tau", CANNOT_LEARN.format(tau=tau, neuron=values["neuron"])) from None


for _name, _dataset in DATASETS.items():
    train.add_command(_command(_name, _dataset))
