"""The command line in an empty folder, and one finished run that many tests look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.lab.command_line import SMALL, Outcome, run


@pytest.fixture
def spikegrad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A run that went to its end uninterrupted, and what the command said."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    return folder, run("train", "digits", *SMALL, "--out", folder)
