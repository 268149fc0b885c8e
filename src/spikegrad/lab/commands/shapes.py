"""`spikegrad shapes`: the catalogue, or one shape of it, in the terminal and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from spikegrad.lab import stopping
from spikegrad.lab.commands import options
from spikegrad.lab.commands.suggestions import meant, no_such_option
from spikegrad.lab.errors import LabError
from spikegrad.lab.training import surrogates
from spikegrad.lab.training.files import replacing
from spikegrad.surrogate import Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, NOT_EXPRESSED, Peer, named

if TYPE_CHECKING:
    from spikegrad.lab.report.shapes import Named

ENDINGS = (".svg", ".png", ".pdf")
PARAMETERS_HELP = (
    "Of the shape, with the shapes that take it and their defaults; or of another library's "
    "surrogate, under the name it has there."
)
NEEDS_NAME = "{option} is a parameter of a shape: write spikegrad shapes NAME {option} NUMBER."
OWN = "{name} is one of your own, and shapes shows those that have a name: spikegrad check {name}."
OTHER_PARAMETERS = f"{__name__}.other_parameters"


class Shapes(click.RichCommand):
    """A command that takes a parameter of any surrogate as an option, in any case."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Make an option of every `--name` that none is declared for."""
        args = [spelled(argument) for argument in args]
        others = options.undeclared(self, ctx, args)
        for name in others:
            if meant(name, self):
                raise no_such_option(name, self, ctx)
        ctx.meta[OTHER_PARAMETERS] = others
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise no_such_option(error.option_name, self, ctx) from None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The declared options, and those made of what was given."""
        given = ctx.meta.get(OTHER_PARAMETERS, ())
        hidden = [click.RichOption([name, _destination(name)], hidden=True) for name in given]
        return [*super().get_params(ctx), *hidden]


@click.command(cls=Shapes, panels=[click.RichOptionPanel("Parameters", help=PARAMETERS_HELP)])
@click.argument("name", required=False)
@click.option(
    "--plot",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a picture, too: step, relaxation and gradient of the shape, or a panel for each of "
    f"them all. The name of the file ends in {', '.join(ENDINGS)}.",
)
def shapes(name: str | None, plot: Path | None, **values: Any) -> None:
    """List the shapes of surrogate gradients, or show one.

    NAME is one of the list, or another library's name for its surrogate, in any case.

    \b
    Examples:
    spikegrad shapes
    spikegrad shapes Arctan --alpha 2
    spikegrad shapes snntorch.fast_sigmoid --slope 25
    spikegrad shapes arctan --alpha 2 --plot arctan.svg
    spikegrad shapes --plot gallery.pdf
    """
    given = options.surrogate_parameters(values)
    if name is None and given:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise LabError(NEEDS_NAME.format(option=option))
    # First, so that a package that is missing stops the command before anything is written.
    from spikegrad.lab.report import shapes

    named = None if name is None else _named(name, given)
    if plot:
        _write_picture(plot, named and named.surrogate)
    console = shapes.new_console()
    if named is None:
        shapes.show_all(console)
    else:
        shapes.show_one(console, named)
    if plot:
        console.print(f"\nThe picture is in {plot}", markup=False, soft_wrap=True)


shapes.params += options.parameter_options(
    {
        parameter: f"--{parameter.replace('_', '-')}"
        for row in CATALOGUE
        for parameter in row.parameters
    },
    "Parameters",
    type=str,
    metavar="NUMBER",
)


def spelled(argument: str) -> str:
    """An option as it is declared: in lower case, with dashes."""
    if not argument.startswith("--"):
        return argument
    option, equals, value = argument.partition("=")
    return option.lower().replace("_", "-") + equals + value


def _destination(option: str) -> str:
    return options.PREFIX + option.removeprefix("--").replace("-", "_")


def require_expressed(name: str) -> None:
    """Say of another library's surrogate why there is none like it.

    Raises:
        LabError: the name is that of such a one.
    """
    for other, reason in NOT_EXPRESSED.items():
        if name.lower() == other.lower():
            raise LabError(f"{other} is none of the shapes. {reason}")


def _named(name: str, given: Mapping[str, str]) -> Named:
    """The surrogate of that name.

    Raises:
        LabError: there is none, or it does not take such parameters.
    """
    from spikegrad.lab.report.shapes import Named

    require_expressed(name)
    if surrogates.is_own(name):
        raise LabError(OWN.format(name=name))
    known = named(name)
    peer = known if isinstance(known, Peer) else None
    parameters = surrogates.read(name, given)
    built = surrogates.build(name, parameters)
    return Named(built, peer.full_name if peer else name, parameters, peer)


def _write_picture(path: Path, shown: Surrogate | None) -> None:
    """Draw a surrogate, or all shapes, into a file.

    Raises:
        LabError: the file cannot be written; nothing of it is then.
    """
    if path.suffix.lower() not in ENDINGS:
        raise LabError(f"--plot takes a file that ends in {', '.join(ENDINGS)}, but got {path}.")
    from spikegrad import plotting

    try:
        with stopping.put_off():
            with replacing(path) as file:
                figure = plotting.gallery() if shown is None else plotting.plot(shown)
                figure.savefig(file, format=path.suffix[1:].lower())
            stopping.say(f"Stopped. The picture is in {path}.")
    except OSError as error:
        raise LabError(f"--plot: {path} cannot be written: {error.strerror}.") from error
