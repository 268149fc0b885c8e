"""What is seen on a terminal: the same code on a real pseudo-terminal."""

import os
import pty
import re
import subprocess
import sys

import numpy as np
from rich.console import Console
from tests.lab.command_line import SMALL

from spikegrad.lab.report.console import confusion_table


def on_a_terminal(folder):
    controller, terminal = pty.openpty()
    code = "import sys; from spikegrad.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "train", "digits", *SMALL, "--out", str(folder)]
    seen = b""
    with subprocess.Popen(
        command,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"},
    ) as process:
        os.close(terminal)
        while True:
            try:
                chunk = os.read(controller, 65536)
            except OSError:  # How Linux says that the other end is closed.
                chunk = b""
            if not chunk:
                break
            seen += chunk
    os.close(controller)
    assert process.returncode == 0
    return seen.decode()


def test_a_terminal_shows_a_bar_with_loss_accuracy_and_firing_rate(tmp_path):
    seen = on_a_terminal(tmp_path / "run")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)
    assert re.search(r"epoch 4/4 ━+ +loss \d\.\d+ +accuracy +\d+\.\d% +firing rate", plain)
    assert "compiling" in plain
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h")  # The cursor comes back.


def test_the_confusion_table_has_true_classes_in_rows():
    labels, predictions = np.array([0, 0, 0, 1, 2]), np.array([0, 0, 2, 1, 1])
    console = Console(width=60, no_color=True)
    with console.capture() as capture:
        console.print(confusion_table(labels, predictions, "abcd"))
    rows = [line.split() for line in capture.get().splitlines()[-4:]]
    assert rows == [
        ["a", "2", ".", "1", ".", "67%"],
        ["b", ".", "1", ".", ".", "100%"],
        ["c", ".", "1", ".", ".", "0%"],
        ["d", ".", ".", ".", ".", "0%"],
    ]
