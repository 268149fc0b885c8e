"""A training step in another library, and its translation, give the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from tests.helpers import loaded, peer

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/coming-from").glob("*.md"))


steps = loaded(ROOT / "scripts/golden/record_steps.py")


def recorded(page):
    return json.loads((steps.STEPS / f"{page.stem}.json").read_text())


def executed(code):
    """What is left behind by code that runs as a reader would run it."""
    names = {}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        exec(code, names)
    return names


def after(page):
    """Data and the training step, translated; the block after that prints."""
    return "\n".join(steps.blocks(page.read_text(), "python")[:2])


def assert_equal_steps(actual, expected):
    """Equal to float32 rounding; where terms cancel, relative to the layer's largest value."""
    assert actual["loss"] == pytest.approx(expected["loss"], rel=1e-5)
    for kind in ("gradients", "weights"):
        assert set(actual[kind]) == set(expected[kind])
        for layer, values in expected[kind].items():
            atol = 1e-6 * np.abs(values).max()
            np.testing.assert_allclose(
                actual[kind][layer], values, rtol=1e-5, atol=atol, err_msg=f"{kind} {layer}"
            )


def test_there_is_a_page_and_a_recording_for_every_library():
    stems = sorted(steps.LIBRARIES)
    assert [page.stem for page in PAGES] == stems
    assert sorted(file.stem for file in steps.STEPS.iterdir()) == stems


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_step_before_is_the_one_that_was_recorded(page):
    assert steps.identity(steps.before(page.read_text())) == recorded(page)["before"], (
        "the page has changed: run scripts/golden/record_steps.py"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_step_was_recorded_in_the_version_that_the_surrogates_were(page):
    surrogates = json.loads((ROOT / f"tests/golden/{page.stem}.json").read_text())
    assert recorded(page)["version"] == surrogates["version"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_step_after_gives_the_recorded_loss_gradients_and_weights(page):
    assert_equal_steps(steps.of_jax(executed(after(page))), recorded(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_layer_has_a_gradient_and_some_neurons_spike(page):
    # A network in which nothing happens would agree with any other.
    for values in recorded(page)["gradients"].values():
        assert np.count_nonzero(values) > 0.3 * np.size(values)
    assert recorded(page)["loss"] != pytest.approx(np.log(3), rel=1e-3)


def test_a_step_with_another_surrogate_does_not_pass():
    page = ROOT / "docs/coming-from/snntorch.md"
    other = after(page).replace("slope=25", "slope=24")
    assert other != after(page)
    with pytest.raises(AssertionError, match="gradients"):
        assert_equal_steps(steps.of_jax(executed(other)), recorded(page))


def test_the_step_before_runs_here_where_its_library_is_installed():
    peer("braintools.surrogate")
    page = ROOT / "docs/coming-from/braintools.md"
    names = executed(steps.before(page.read_text()))
    assert names["surrogate"].__name__.startswith("braintools")
    assert_equal_steps(steps.of_jax(names), recorded(page))
