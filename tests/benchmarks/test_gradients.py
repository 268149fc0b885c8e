"""The naive formulas are the library's functions, and the benchmark's table has every shape."""

from __future__ import annotations

import json

import gradients
import jax
import jax.numpy as jnp
import naive
import numpy as np
import pytest
from tests.surrogates import ROWS

from spikegrad.surrogate.catalogue import CATALOGUE, Row

X = jnp.linspace(-3, 3, 1001)[1:] + jnp.float32(1 / 1024)


def test_every_shape_has_a_naive_formula_and_no_other_has_one():
    assert set(naive.NAIVE) == {row.name for row in CATALOGUE}


@pytest.mark.parametrize("row", ROWS)
def test_naive_formula_is_the_gradient_of_the_library(row: Row):
    pulled = {
        name: np.asarray(jax.vjp(spike, X)[1](jnp.ones_like(X))[0])
        for name, spike in gradients.pair(row).items()
    }
    largest = np.abs(pulled["library"]).max()
    np.testing.assert_allclose(pulled["naive"], pulled["library"], rtol=1e-4, atol=1e-4 * largest)


def test_table_has_every_shape_and_the_record_every_sample(tmp_path, capsys):
    gradients.main(
        ["--elements", "1000", "--repeats", "2", "--without-training", "--out", str(tmp_path)]
    )
    record = json.loads((tmp_path / "gradients.json").read_text())
    assert list(record["shapes"]) == [row.name for row in CATALOGUE]
    for measured in record["shapes"].values():
        assert {len(samples) for samples in measured["array"].values()} == {2}
    table = (tmp_path / "gradients.md").read_text()
    for row in CATALOGUE:
        assert f"| {row.name} | " in table
    assert table in capsys.readouterr().out


def test_training_step_is_measured_with_either_gradient(tmp_path):
    gradients.main(
        ["--elements", "10", "--repeats", "1", "--shapes", "Arctan", "--out", str(tmp_path)]
    )
    measured = json.loads((tmp_path / "gradients.json").read_text())["shapes"]["Arctan"]
    assert set(measured["training"]) == {"naive", "library"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--shapes", "Nothing"], "--shapes has to name shapes of the catalogue, but got Nothing"),
        (["--repeats", "0"], "--repeats has to be 1 or more, but got 0"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(given, message, tmp_path, capsys):
    with pytest.raises(SystemExit):
        gradients.main([*given, "--out", str(tmp_path / "out")])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
