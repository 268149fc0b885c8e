"""Runs that stopped on the way."""

import shutil

import pytest
from tests.lab.command_line import SMALL, run

from spikegrad.lab.training.trainer import Trainer


@pytest.fixture(scope="session")
def interrupted(tmp_path_factory):
    """A run of the same settings as the finished one, that stopped after epoch 2."""
    folder = tmp_path_factory.mktemp("interrupted") / "run"
    epoch = Trainer.epoch

    def stopping(self, state, number):
        if number == 3:
            raise KeyboardInterrupt
        return epoch(self, state, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "epoch", stopping)
        return folder, run("train", "digits", *SMALL, "--out", folder)


@pytest.fixture
def without_pictures(monkeypatch):
    """Drawing takes longer than a small run, and where it does not matter it is left out."""
    monkeypatch.setattr("spikegrad.lab.report.pictures.draw", lambda *_: None)


@pytest.fixture
def stopped(interrupted, tmp_path):
    """A copy of the interrupted run that a test may change."""
    return shutil.copytree(interrupted[0], tmp_path / "run")
