"""The root of the command line, and what becomes of an error: one line and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

import rich_click as click

import spikegrad
from spikegrad.lab.commands.check import check
from spikegrad.lab.commands.group import NamingGroup
from spikegrad.lab.commands.options import option_of
from spikegrad.lab.commands.shapes import shapes
from spikegrad.lab.commands.train import train
from spikegrad.lab.errors import LabError, SettingError


@click.group(
    cls=NamingGroup, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True
)
@click.version_option(spikegrad.__version__, prog_name="spikegrad")
def root() -> None:
    """Surrogate gradients for training spiking neural networks."""


root.add_command(train)
root.add_command(shapes)
root.add_command(check)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: those of the command; None takes the process's own.

    Returns:
        The exit status: 0, or 1 where a check found an error, or 2 after an error that one line on
        stderr describes, 130 after Ctrl-C.
    """
    try:
        status = root.main(arguments, "spikegrad", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except SettingError as error:
        return _fail(option_of(error.setting) + error.reason, error.exit_status)
    except LabError as error:
        return _fail(str(error), error.exit_status)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped before anything was written.", 130)
    except OSError as error:
        name = error.filename or "the output"
        return _fail(f"{name} cannot be written: {error.strerror}.", 2)
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else 0


def _fail(message: str, status: int) -> int:
    line = " ".join(message.split())
    with contextlib.suppress(OSError):
        print(f"spikegrad: {line}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer cannot be written either, and Python would say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
