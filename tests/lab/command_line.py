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
    # They refuse what UTF-8 cannot hold, as a terminal's do.
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Outcome(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))
