"""The command `spikegrad`, also as `python -m spikegrad`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from spikegrad._extras import install_line
from spikegrad.lab import stopping, streams

# What the extra `lab` brings.
EXTRA = {"click", "matplotlib", "optax", "orbax", "plotille", "rich", "rich_click", "sklearn"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: those of the command; None takes the process's own, which is then expected to
            end, and listens to signals until it has.

    Returns:
        The exit status.
    """
    if arguments is not None:
        return _run(arguments)
    # First, since what comes next takes seconds to be imported.
    stopping.listen()
    try:
        return _run(None)
    finally:
        stopping.ignore()


def _run(arguments: Sequence[str] | None) -> int:
    with streams.ready():
        try:
            from spikegrad.lab.commands import run

            return run(arguments)
        except ImportError as error:
            package = (error.name or "").partition(".")[0]
            if package not in EXTRA:
                raise
            return _without(package, sys.argv[1:] if arguments is None else arguments)


def _without(package: str, arguments: Sequence[str]) -> int:
    """Do what can be done without a package of the extra, and say how to install it."""
    from spikegrad.lab import plain

    try:
        answer = plain.answer(arguments)
        print(answer or "", end="", flush=True)
    except ValueError as error:
        return _fail(str(error))
    except OSError as error:
        # What is left in the buffer cannot be written either, and Python would say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail(f"the output cannot be written: {error.strerror}.")
    line = install_line("the rest" if answer else "this command", package, "lab")
    print(f"spikegrad: {line}", file=sys.stderr)
    return 0 if answer else 2


def _fail(message: str) -> int:
    with contextlib.suppress(OSError):
        print(f"spikegrad: {message}", file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
