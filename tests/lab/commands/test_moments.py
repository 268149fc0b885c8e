"""A signal at any moment: one line, its status, and nothing half-written."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from tests.lab.command_line import SMALL, Outcome, run

from spikegrad import plotting
from spikegrad.lab import stopping
from spikegrad.lab.training.trainer import Epoch, Evaluation, Trainer

TRAIN = ("train", "digits", *SMALL, "--out", "deep/run")
DRAW = ("shapes", "Arctan", "--plot", "arctan.svg")
# While these read what was typed and say what came of it, a signal ends the process itself.
OUTSIDE = re.compile(r"spikegrad/lab/(commands/|streams|errors)")


def calls(
    command: tuple[str, ...], at: int = 0, number: int = signal.SIGINT
) -> tuple[int, Outcome]:
    """Run a command, with a signal at one of its calls.

    Args:
        command: the arguments.
        at: the number of the call of a function of the lab; 0 for no signal.
        number: of the signal.

    Returns:
        How many of those calls there were, and the outcome.
    """
    count = 0

    def profile(frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        path = frame.f_code.co_filename
        if event == "call" and "spikegrad/lab" in path and not OUTSIDE.search(path):
            count += 1
            if count == at:
                signal.raise_signal(number)

    sys.setprofile(profile)
    try:
        outcome = run(*command)
    finally:
        sys.setprofile(None)
    return count, outcome


@pytest.fixture
def heard() -> Iterator[None]:
    """Signals that do not end this process."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise stopping.Stop(number)

    before = {number: signal.signal(number, stop) for number in stopping.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A training that goes through all that it writes, and computes next to nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Trainer, "rehearse", lambda *_: None)
    monkeypatch.setattr(Trainer, "epoch", lambda _, state, n: (state, Epoch(n, *[1.0] * 6)))
    evaluation = Evaluation(1.0, 1.0, 0.1, [])
    monkeypatch.setattr(Trainer, "evaluate", lambda *_: evaluation)
    monkeypatch.setattr(plotting, "plot", lambda _: plotting.new_figure(1, 1))
    monkeypatch.setattr("spikegrad.lab.report.pictures.draw", lambda *_: None)
    monkeypatch.setattr("spikegrad.lab.report.console.Report.finished", lambda *_: None)


def clear() -> None:
    """Empty the current folder."""
    for path in sorted(Path().rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.usefixtures("quick", "heard")
@pytest.mark.parametrize("command", [TRAIN, DRAW], ids=lambda command: command[0])
def test_a_signal_at_any_moment_is_one_line(command):
    run(*command)  # imports modules, which are calls as well
    clear()
    everything, outcome = calls(command)
    assert (outcome.status, outcome.err) == (0, "")
    draw = random.Random(0)
    for _ in range(8):
        clear()
        at = draw.randint(2, everything)
        _, outcome = calls(command, at, draw.choice(stopping.SIGNALS))
        assert outcome.status in {128 + number for number in stopping.SIGNALS}, (at, everything)
        assert re.fullmatch("spikegrad: [Ss]topped.*\n", outcome.err), outcome.err
        assert list(Path().rglob(".*")) == []
        if "before anything was written" in outcome.err:
            assert os.listdir() == []
        elif command is DRAW:
            assert os.listdir() == ["arctan.svg"]
        else:
            assert "Go on with: spikegrad train --resume deep/run" in outcome.err
            assert any(path.name.isdecimal() for path in Path("deep/run/checkpoints").iterdir())


COMMAND = (
    "import signal, sys\n"
    # A shell starts what runs in the background with Ctrl-C ignored, which a child inherits.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from spikegrad.__main__ import main\n"
    "print('begun', file=sys.stderr, flush=True)\n"
    "sys.exit(main())"
)


@pytest.mark.parametrize("number", stopping.SIGNALS[:2], ids=lambda number: number.name)
def test_a_signal_while_modules_are_imported_is_one_line(tmp_path, number):
    command = [sys.executable, "-c", COMMAND, *TRAIN]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr.readline() == "begun\n"
        # JAX takes longer than that to be imported.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.send_signal(number)
        _, err = process.communicate()
    assert process.returncode == 128 + number
    assert err == "spikegrad: stopped before anything was written.\n"
    assert os.listdir(tmp_path) == []
