"""A run as a person has it: the folder, the kill, the full disk, and how it goes on."""

import csv
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from tests.lab.command_line import SMALL, run

from spikegrad.lab.training.files import only_user_of
from spikegrad.lab.training.folder import RunFolder
from spikegrad.lab.training.trainer import Epoch, Trainer

GOLDEN = Path(__file__).parents[2] / "golden"
PICTURES = {"hidden_raster", "input_raster", "learning_curve", "membranes", "surrogate"}


def rows(folder, but_seconds=False):
    with (folder / "metrics.csv").open() as file:
        found = list(csv.reader(file))
    return [row[:-1] for row in found] if but_seconds else found


def parameters(folder):
    with np.load(folder / "parameters.npz") as file:
        return dict(file)


def interrupt(self, state, number):
    raise KeyboardInterrupt


def saved_epochs(folder):
    with RunFolder(Path(folder)).open_checkpoints() as checkpoints:
        return checkpoints.epochs()


def assert_same_run(folder, reference):
    """Bit for bit the same parameters, and the same rows but for how long they took."""
    found, expected = parameters(folder), parameters(reference)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    assert rows(folder, but_seconds=True) == rows(reference, but_seconds=True)


def test_a_finished_run_has_everything(finished):
    folder, outcome = finished
    assert (outcome.status, outcome.err) == (0, "")
    assert {path.stem for path in (folder / "pictures").glob("*.png")} == PICTURES
    assert {path.name for path in folder.iterdir()} == {
        "checkpoints", "config.json", "metrics.csv", "parameters.npz", "pictures",
        "pictures.html", "result.json",
    }  # fmt: skip
    config = json.loads((folder / "config.json").read_text())
    assert (config["hidden"], config["time_steps"], config["epochs"]) == (12, 4, 4)
    assert {name: array.shape for name, array in parameters(folder).items()} == {
        "hidden.weights": (64, 12),
        "hidden.bias": (12,),
        "readout.weights": (12, 10),
        "readout.bias": (10,),
    }


def test_metrics_have_a_row_an_epoch(finished):
    header, *epochs = rows(finished[0])
    assert tuple(header) == Epoch._fields
    assert [row[0] for row in epochs] == ["1", "2", "3", "4"]
    assert float(epochs[-1][1]) < float(epochs[0][1])


def test_the_result_is_that_of_the_parameters(finished):
    folder, outcome = finished
    result = json.loads((folder / "result.json").read_text())
    assert 0.1 < result["test_accuracy"] <= 1
    assert 0 < result["firing_rate"] < 1
    assert result["seconds"] == pytest.approx(sum(float(row[-1]) for row in rows(folder)[1:]))
    assert f"test accuracy {result['test_accuracy']:.1%}" in outcome.out


@pytest.mark.usefixtures("without_pictures")
def test_a_run_without_a_name_is_numbered(spikegrad, tmp_path):
    (tmp_path / "runs" / "digits-0001").mkdir(parents=True)
    outcome = spikegrad("train", "digits", *SMALL, "--epochs", "1")
    assert outcome.status == 0
    assert sorted(os.listdir("runs")) == ["digits-0001", "digits-0002"]
    assert "runs/digits-0002" in outcome.out


def test_ctrl_c_ends_with_one_line_that_says_how_to_go_on(interrupted):
    folder, outcome = interrupted
    assert outcome.status == 130
    assert outcome.err == (
        f"spikegrad: Stopped after epoch 2. Go on with: spikegrad train --resume {folder}\n"
    )


@pytest.mark.usefixtures("without_pictures")
def test_a_resumed_run_ends_as_one_that_was_not_interrupted(stopped, finished):
    outcome = run("train", "--resume", stopped)
    assert (outcome.status, outcome.err) == (0, "")
    assert_same_run(stopped, finished[0])


@pytest.mark.usefixtures("without_pictures")
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(stopped, finished):
    (stopped / "checkpoints" / "2" / "state" / "manifest.ocdbt").write_bytes(b"")
    (stopped / "checkpoints" / "2.damaged").write_text("in the way")
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 0
    assert outcome.err.count("\n") == 1
    assert f"{stopped}/checkpoints/2 is damaged" in outcome.err
    assert "is kept as 2.damaged1." in outcome.err
    assert (stopped / "checkpoints" / "2.damaged").read_text() == "in the way"
    assert_same_run(stopped, finished[0])


def test_going_on_with_a_finished_run_changes_nothing(finished):
    folder, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    outcome = run("train", "--resume", folder)
    assert (outcome.status, outcome.err) == (0, "")
    assert "is finished already" in outcome.out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_run_that_goes_on_elsewhere_is_left_alone(stopped):
    with only_user_of(stopped):
        outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err == (
        f"spikegrad: --resume: {stopped} is in use by another process that trains in it.\n"
    )


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "operation",
    [
        "os.mkdir",
        "os.fsync",
        "spikegrad.lab.training.folder.require_room",
        "etils.epath.Path.write_text",
        "pathlib.Path.rename",
    ],
)
def test_a_disk_full_at_the_start_leaves_nothing_behind(
    spikegrad, tmp_path, monkeypatch, operation
):
    with monkeypatch.context() as patch:
        patch.setattr(operation, full_disk)
        outcome = spikegrad("train", "digits", *SMALL, "--out", "deep/down/run")
    assert outcome.status == 2
    assert outcome.err == (
        "spikegrad: --out: deep/down/run cannot be written: No space left on device.\n"
    )
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("at", ["checkpoint", "metrics", "pictures"])
def test_a_disk_full_on_the_way_leaves_a_run_that_can_go_on(stopped, finished, monkeypatch, at):
    where = {
        "checkpoint": "spikegrad.lab.training.checkpoints.require_room",
        "metrics": "spikegrad.lab.training.folder.RunFolder.write_metrics",
        "pictures": "matplotlib.figure.Figure.savefig",
    }
    with monkeypatch.context() as patch:
        patch.setattr(where[at], full_disk)
        outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "No space left on device" in outcome.err
    assert f"Go on with: spikegrad train --resume {stopped}" in outcome.err
    assert not (stopped / "result.json").exists()
    assert run("train", "--resume", stopped).status == 0
    assert_same_run(stopped, finished[0])


@pytest.mark.parametrize(
    "error", [MemoryError(), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory.")]
)
def test_too_little_memory_ends_the_run_with_one_line(stopped, monkeypatch, error):
    def too_large(self, state, number):
        raise error

    monkeypatch.setattr(Trainer, "epoch", too_large)
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err == (
        "spikegrad: Out of memory: take a smaller --hidden, --time-steps or --batch-size. "
        f"{stopped} holds the first 2 epochs.\n"
    )


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--learning-rate", "3e38"], "A membrane potential of the hidden layer"),
        (
            ["--surrogate", "ExponentialEscape", "--delta-u", "1e-36"],
            "The gradient of hidden.weights",
        ),
    ],
    ids=["potential", "gradient"],
)
def test_what_is_not_finite_ends_the_run_with_its_name(spikegrad, options, what):
    outcome = spikegrad("train", "digits", *SMALL, *options, "--out", "run")
    assert outcome.status == 2
    rate = options[1] if options[0] == "--learning-rate" else "0.01"
    assert outcome.err == (
        f"spikegrad: {what} is not finite in epoch 1: take a --learning-rate below "
        f"{float(rate)}, or a wider surrogate. run holds the epochs before.\n"
    )
    assert saved_epochs("run") == [0]


def test_what_is_not_finite_later_leaves_the_epochs_before(stopped):
    state = Trainer.epoch

    def poisoned(self, before, number):
        weights = before.parameters.hidden.weights.at[5, 3].set(np.nan)
        hidden = before.parameters.hidden._replace(weights=weights)
        return state(
            self, before._replace(parameters=before.parameters._replace(hidden=hidden)), number
        )

    kept = saved_epochs(stopped)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "epoch", poisoned)
        outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert "A membrane potential of the hidden layer is not finite in epoch 3: " in outcome.err
    assert saved_epochs(stopped) == kept


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    "change",
    [{"beta": 0.8}, {"seed": 1}, {"spikegrad": "0.0.9"}, {"epochs": 5}, {"hidden": 13}],
    ids=lambda change: next(iter(change)),
)
def test_settings_that_were_changed_are_not_gone_on_with(stopped, change):
    path = stopped / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    before = sorted(stopped.rglob("*"))
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert outcome.err == (
        f"spikegrad: --resume: {stopped} cannot go on with {stopped}/checkpoints/2: it is of "
        "another run, or the settings were changed after it.\n"
    )
    assert sorted(stopped.rglob("*")) == before


@pytest.mark.parametrize("other", ["of another seed", "of 0.1.0"])
def test_the_checkpoint_of_another_run_is_not_gone_on_with(stopped, tmp_path, monkeypatch, other):
    folder = tmp_path / "other"
    if other == "of 0.1.0":
        shutil.unpack_archive(GOLDEN / "0.1.0" / "run.zip", folder)
    else:
        monkeypatch.setattr(Trainer, "epoch", interrupt)
        assert run("train", "digits", *SMALL, "--seed", "7", "--out", folder).status == 130
    (theirs, *_) = sorted((folder / "checkpoints").iterdir(), reverse=True)
    shutil.copytree(theirs, stopped / "checkpoints" / "7")
    outcome = run("train", "--resume", stopped)
    assert outcome.status == 2
    assert f"cannot go on with {stopped}/checkpoints/7: it is of another run" in outcome.err


def spawn(*arguments):
    # A shell starts what runs in the background with Ctrl-C ignored, which a child inherits.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from spikegrad.__main__ import main; sys.exit(main())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


LONG = ("--hidden", "12", "--time-steps", "4", "--epochs", "40", "--encoding", "rate")


def until_epoch(process, number):
    for line in process.stdout:
        if line.startswith(f"epoch {number:2}/"):
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.usefixtures("without_pictures")
def test_a_killed_run_goes_on_to_the_same_end_bit_for_bit(tmp_path):
    reference, killed = tmp_path / "reference", tmp_path / "killed"
    assert run("train", "digits", *LONG, "--out", reference).status == 0
    moment = random.Random()
    with spawn("train", "digits", *LONG, "--out", killed) as process:
        until_epoch(process, moment.randint(1, 20))
        time.sleep(moment.uniform(0, 0.1))
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not (killed / "result.json").exists()
    outcome = run("train", "--resume", killed)
    assert (outcome.status, outcome.err) == (0, "")
    assert_same_run(killed, reference)


def test_a_real_ctrl_c_is_one_line_and_status_130(tmp_path):
    folder = tmp_path / "run"
    with spawn("train", "digits", *LONG, "--epochs", "99", "--out", folder) as process:
        until_epoch(process, 2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err.count("\n") == 1
    assert f"Go on with: spikegrad train --resume {folder}" in err
    recorded = len(rows(folder)) - 1
    assert f"Stopped after epoch {recorded}. " in err
    assert saved_epochs(folder)[0] == recorded
