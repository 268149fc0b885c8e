"""What an older version wrote still opens: pickles, configurations, the folder of a run."""

from __future__ import annotations

import base64
import csv
import json
import pickle
import shutil
from pathlib import Path

import jax.numpy as jnp
import pytest

import spikegrad.__main__
from spikegrad import neurons, surrogate
from spikegrad.lab.training.folder import RunFolder

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(folder for folder in GOLDEN.iterdir() if (folder / "pickles.json").exists())
ENTRIES = [
    pytest.param(entry, id=f"{folder.name}-{entry['repr']}")
    for folder in VERSIONS
    for entry in json.loads((folder / "pickles.json").read_text())
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_pickle_opens_with_the_value_that_it_had(entry):
    opened = pickle.loads(base64.b64decode(entry["pickle"]))
    if "config" not in entry:
        # Its parameters may be in another order by now.
        array = {"Array": jnp.asarray, "float32": jnp.float32}
        names = vars(neurons) | vars(surrogate) | array
        assert repr(opened) == repr(eval(entry["repr"], names))
        return
    assert surrogate.to_config(opened) == entry["config"]
    assert surrogate.from_config(entry["config"]) == opened
    assert pickle.loads(pickle.dumps(opened)) == opened


def test_a_new_pickle_names_no_room():
    made = (2.0 * surrogate.Sigmoid(4.0)).shifted(1.0) + surrogate.Rect(1.0)
    stored = pickle.dumps(made, protocol=4)
    assert b"spikegrad.surrogate" in stored
    assert b"spikegrad.surrogate." not in stored


def test_a_peers_name_of_version_0_1_0_trains_what_it_trained_there(tmp_path):
    # That version took the shape of the name at the shape's own defaults.
    shutil.unpack_archive(GOLDEN / "0.1.0" / "run.zip", tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    named = settings | {"surrogate": "snntorch.fast_sigmoid", "surrogate_parameters": {}}
    (tmp_path / "config.json").write_text(json.dumps(named))
    config = RunFolder(tmp_path).read_config()
    assert config.build_surrogate() == surrogate.InvSquareGrad()


def test_a_run_of_version_0_1_0_has_the_constants_that_it_had_there(tmp_path):
    shutil.unpack_archive(GOLDEN / "0.1.0" / "run.zip", tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    built = {}
    for neuron in ("LIF", "ALIF", "CubaLIF"):
        (tmp_path / "config.json").write_text(json.dumps(settings | {"neuron": neuron}))
        built[neuron] = RunFolder(tmp_path).read_config().build_hidden().neuron
    assert built["LIF"].threshold == 1
    assert (built["ALIF"].adaptation_decay, built["ALIF"].strength) == (0.95, 0.2)
    assert built["CubaLIF"].synaptic_decay == 0.5


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_an_interrupted_run_goes_on_to_its_end(version, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.unpack_archive(version / "run.zip", run)
    with (run / "metrics.csv").open() as file:
        (first,) = csv.DictReader(file)
    assert spikegrad.__main__.main(["train", "--resume", str(run)]) == 0
    # One line says that nothing holds the settings of its checkpoint.
    said = capsys.readouterr().err
    assert said.count("\n") == (version.name == "0.1.0")
    assert said.count(f"{run}/checkpoints/1 is of spikegrad 0.1.0, which") == said.count("\n")
    with (run / "metrics.csv").open() as file:
        history = list(csv.DictReader(file))
    assert history[0] == first
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert (run / "result.json").exists()
