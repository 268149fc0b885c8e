"""The root of the command line, and what becomes of an error: one line and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

import rich_click as click

import spikegrad
from spikegrad.lab import stopping
from spikegrad.lab.commands.check import check
from spikegrad.lab.commands.group import NobodyReads, Root, unwritten
from spikegrad.lab.commands.options import option_of
from spikegrad.lab.commands.shapes import shapes
from spikegrad.lab.commands.train import train
from spikegrad.lab.errors import LabError, SettingError, counted


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(spikegrad.__version__, prog_name="spikegrad")
@click.pass_context
def root(ctx: click.Context) -> None:
    """Surrogate gradients for training spiking neural networks."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


root.add_command(train)
root.add_command(shapes)
root.add_command(check)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: those of the command; None takes the process's own.

    Returns:
        The exit status: 0, or 1 where a check found an error, or 2 after an error that one line on
        stderr describes, or 128 and the number of the signal that stopped it; where the reader of
        stdout goes away, it is that of SIGPIPE, and nothing is said.
    """
    stopping.say(stopping.NOTHING_WRITTEN)
    try:
        status = root.main(arguments, "spikegrad", standalone_mode=False)
        try:
            sys.stdout.flush()
        except OSError as error:
            raise unwritten(error) from error
        return status if isinstance(status, int) else 0
    except click.Abort:
        return _fail(stopping.line(), 130)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except SettingError as error:
        return _fail(option_of(error.setting) + error.reason, error.exit_status)
    except LabError as error:
        return _fail(str(error), error.exit_status)
    except SystemExit:
        # How rich, which writes the help, tells that nobody reads on.
        return _fail("", NobodyReads.exit_status)


def _fail(message: str, status: int) -> int:
    line = counted(" ".join(message.split()))
    if line:
        with contextlib.suppress(OSError):
            print(f"spikegrad: {line}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer cannot be written either, and Python would say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
