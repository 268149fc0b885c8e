"""The command line, run in this process."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import NamedTuple

from spikegrad.__main__ import main

# Small enough to train in a moment, and still a network that learns.
SMALL = ("--hidden", "12", "--time-steps", "4", "--epochs", "4")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


def run(*arguments: str | Path) -> Outcome:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())
