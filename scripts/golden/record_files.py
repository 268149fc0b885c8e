"""Write the files that a version leaves behind, for the tests that later ones still read them.

Run it with the version whose files are wanted installed, with its `lab` extra:

    python scripts/golden/record_files.py tests/golden/0.1.0

Gives `pickles.json` (surrogates and neurons: their `repr`, their pickle in base 64, and the
configuration of each surrogate that has one) and `run.zip`, a run of `spikegrad train digits` that
was stopped after its first epoch of two.
"""

from __future__ import annotations

import base64
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jax.numpy as jnp

from spikegrad import neurons, surrogate
from spikegrad.surrogate.catalogue import CATALOGUE

SHAPES = [row.shape(**sample) for row in CATALOGUE for sample in ({}, *row.samples[:1])]
MADE_OF_SHAPES = [
    surrogate.Sigmoid(jnp.asarray([1.0, 2.0])),
    2.0 * surrogate.Arctan(2.0),
    surrogate.SlayerGrad(1.0).shifted(0.5),
    surrogate.ERF(1.5).widened(2.0),
    surrogate.Sigmoid(4.0) + 0.1 * surrogate.StraightThrough(),
    surrogate.Masked(surrogate.SoftSign(1.0), -1.0, 2.0),
    surrogate.Truncated(surrogate.SoftSign(1.0), 2.0),
    surrogate.Asymmetric(surrogate.SoftSign(1.0), surrogate.Rect(1.0)),
    surrogate.Tabulated((-1.0, 0.0, 1.0), (0.25, 0.75)),
    surrogate.BatchNormalised(surrogate.InvSquareGrad(100.0)),
    surrogate.Relaxed(surrogate.Sigmoid(4.0)),
    surrogate.Blend(surrogate.Sigmoid(4.0), 0.5),
    surrogate.Graded(surrogate.Rect(1.0), 3),
    surrogate.Ternary(surrogate.Sigmoid(4.0)),
    surrogate.Stochastic(surrogate.Sigmoid(4.0)),
    surrogate.StochasticSpikeOperator(),
    surrogate.Learned(surrogate.Sigmoid(4.0), "alpha"),
]
NEURONS = [
    neurons.IF(),
    neurons.LIF(0.95, refractory=2),
    neurons.PLIF.from_tau(3.0),
    neurons.CubaLIF(),
    neurons.ALIF(),
    neurons.Izhikevich(),
    neurons.AdEx(),
    neurons.LI(),
    neurons.Recorded(neurons.LIF()),
    neurons.LIF().initial_state((2, 3)),
    neurons.LIF(refractory=1).initial_state((2, 3)),
    neurons.CubaLIF().initial_state((2, 3)),
    neurons.ALIF().initial_state((2, 3)),
    neurons.AdEx().initial_state((2, 3)),
]


def record(value: object) -> dict[str, object]:
    """What is kept of one object."""
    entry: dict[str, object] = {
        "repr": repr(value),
        "pickle": base64.b64encode(pickle.dumps(value, protocol=4)).decode(),
    }
    if isinstance(value, surrogate.Surrogate):
        entry["config"] = surrogate.to_config(value)
    return entry


def record_run(folder: Path) -> None:
    """A run that was stopped after its first epoch."""
    with tempfile.TemporaryDirectory() as made:
        run = Path(made) / "run"
        command = "train digits --hidden 4 --epochs 2 --time-steps 4 --batch-size 500 --out"
        arguments = [sys.executable, "-m", "spikegrad", *command.split(), str(run)]
        subprocess.run(arguments, check=True, capture_output=True)
        shutil.rmtree(run / "checkpoints" / "2")
        shutil.rmtree(run / "pictures")
        for name in ("parameters.npz", "result.json"):
            (run / name).unlink()
        first_epoch = (run / "metrics.csv").read_text().splitlines(keepends=True)[:2]
        (run / "metrics.csv").write_text("".join(first_epoch))
        shutil.make_archive(str(folder / "run"), "zip", run)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    entries = [record(value) for value in (*SHAPES, *MADE_OF_SHAPES, *NEURONS)]
    (folder / "pickles.json").write_text(json.dumps(entries, indent=0) + "\n")
    record_run(folder)
