"""braintools 0.3.0 and 0.4.0, as recorded: where each of their contracts is ours, and where not."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import loaded, peer
from tests.surrogate.braintools_differences import VERSION
from tests.surrogates import complete

from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/what-differs.md").read_text()
VERSIONS = ("0.3.0", "0.4.0")


contract = loaded(ROOT / "scripts/golden/record_contract.py")
RECORDED = {
    version: json.loads((contract.CONTRACT / f"braintools-{version}.json").read_text())
    for version in VERSIONS
}
SHAPES = list(RECORDED["0.3.0"]["curves"])
X = RECORDED["0.3.0"]["x"]


@pytest.fixture(autouse=True)
def _standard_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"):
        yield


@functools.cache
def ours(name):
    """What the script would record of a shape of spikegrad."""
    (row,) = (row for row in CATALOGUE if row.name == name)
    return contract.curves(row.shape, complete(row), jnp.asarray(X, jnp.float32))


def assert_same_curve(actual, expected, message):
    """Equal to what two roundings of one formula may differ by, of the largest value.

    Far out braintools has lost the phase of a periodic shape, and other tests look at tails.
    """
    near = np.abs(X) < 100
    actual, expected = np.float64(actual)[near], np.float64(expected)[near]
    scale = max(np.max(np.abs(expected)), 1e-6)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=4e-6 * scale, err_msg=message)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recording_is_of_its_version_and_of_every_class(version):
    assert RECORDED[version]["version"] == version
    assert list(RECORDED[version]["answers"]) == list(contract.QUESTIONS)
    assert list(RECORDED[version]["curves"]) == SHAPES
    assert len(SHAPES) == 18


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SHAPES)
def test_steps_and_first_derivatives_are_the_same(name, version):
    theirs = RECORDED[version]["curves"][name]
    np.testing.assert_array_equal(ours(name)["forward"], theirs["forward"])
    assert_same_curve(ours(name)["first"], theirs["first"], name)


@pytest.mark.parametrize("name", SHAPES)
def test_derivatives_by_parameters_are_those_of_0_3_and_0_in_0_4(name):
    old, new = (RECORDED[version]["curves"][name] for version in VERSIONS)
    by = [what for what in old if what.startswith("by ")]
    assert by
    for what in by:
        assert not np.any(new[what])
        if what in ours(name):
            assert_same_curve(ours(name)[what], old[what], f"{name} {what}")


@pytest.mark.parametrize("name", SHAPES)
def test_second_derivatives_are_those_of_0_4_and_0_in_0_3(name):
    old, new = (RECORDED[version]["curves"][name]["second"] for version in VERSIONS)
    assert not np.any(old)
    assert_same_curve(ours(name)["second"], new, name)


def test_the_answers_are_those_of_the_page():
    rows = [
        [f"`{code}`", *(RECORDED[v]["answers"][code] for v in VERSIONS), given]
        for code, given in ((code, contract.answer(code, surrogate)) for code in contract.QUESTIONS)
    ]
    head = ["call", *(f"braintools {version}" for version in VERSIONS), "spikegrad"]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
    assert table in PAGE, f"put this into docs/what-differs.md:\n{table}"


def test_the_version_installed_answers_as_recorded():
    theirs = peer("braintools.surrogate")
    for code, expected in RECORDED[VERSION]["answers"].items():
        assert contract.answer(code, theirs) == expected, code
