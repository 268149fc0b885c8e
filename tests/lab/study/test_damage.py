"""A run folder in which something is not as it was written."""

import json
import os
import shutil

import pytest
from tests.lab.command_line import SMALL, run

from spikegrad.lab.training.trainer import Trainer


def interrupt(self, state, number):
    raise KeyboardInterrupt


def test_without_a_usable_checkpoint_there_is_nothing_to_go_on_with(stopped):
    for checkpoint in (stopped / "checkpoints").iterdir():
        shutil.rmtree(checkpoint / "state")
    before = sorted(stopped.rglob("*"))
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err == (
        f"spikegrad: --resume: {stopped} has no usable checkpoint: 2, 1, 0 are damaged.\n"
    )
    assert sorted(stopped.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged: it is nested too deeply"),
        ("[1]", "is damaged: it has no 'spikegrad'"),
        ('{"spikegrad": "0"}', "is damaged: it has no 'dataset'"),
        ('{"spikegrad": "0", "dataset": "letters"}', "dataset has to be digits, but got 'letters'"),
        ('{"spikegrad": "0", "dataset": "digits", "lr": 1}', "'lr' is no setting"),
        ('{"spikegrad": "0", "dataset": "digits", "hidden": 0}', "hidden has"),
        (f'{{"spikegrad": "0", "dataset": "digits", "beta": 1{"0" * 400}}}', "beta has"),
    ],
    ids=lambda value: value[:40],
)
def test_damaged_settings_are_one_line(stopped, content, reason):
    (stopped / "config.json").write_text(content)
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert f"{stopped}/config.json" in outcome.err
    assert reason in outcome.err


@pytest.mark.usefixtures("without_pictures")
def test_an_emptied_result_is_written_anew(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    (folder / "result.json").write_bytes(b"")
    outcome = run("train", "--resume", folder)
    assert outcome.status == 0
    assert outcome.err == (
        f"{folder}/result.json is damaged, so it is written anew from the newest checkpoint.\n"
    )
    result, before = (json.loads((f / "result.json").read_text()) for f in (folder, finished[0]))
    assert result == before


@pytest.mark.parametrize(
    ("name", "kind"), [("checkpoints", "folder"), ("pictures", "folder"), ("metrics.csv", "file")]
)
def test_what_is_in_the_way_of_a_file_or_folder_is_named(stopped, name, kind):
    if kind == "folder":
        shutil.rmtree(stopped / name, ignore_errors=True)
        (stopped / name).touch()
    else:
        (stopped / name).unlink()
        (stopped / name).mkdir()
    outcome = run("train", "--resume", stopped)
    assert (outcome.status, outcome.err) == (
        2,
        f"spikegrad: --resume: {stopped}/{name} is in the way: there has to be a {kind}.\n",
    )


def test_what_a_killed_process_left_is_cleared_away(spikegrad, tmp_path, monkeypatch):
    monkeypatch.setattr(Trainer, "epoch", interrupt)
    old, new = tmp_path / ".spikegrad-1.tmp", tmp_path / ".spikegrad-2.tmp"
    for draft in (old, new):
        (draft / "checkpoints").mkdir(parents=True)
    os.utime(old, (0, 0))
    assert spikegrad("train", "digits", *SMALL, "--out", "run").status == 130
    # The other one may be of a process that goes on.
    assert sorted(os.listdir()) == [new.name, "run"]
