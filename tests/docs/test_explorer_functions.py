"""The interactive page computes what the library computes."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from derived.explorer import script
from tests.docs.browser import visiting
from tests.helpers import x64
from tests.surrogates import TWO_EACH

from spikegrad.surrogate.catalogue import PEERS

X = np.concatenate([-np.geomspace(31.7, 1e-4, 60), [0.0], np.geomspace(1e-4, 31.7, 60)])


@pytest.fixture(scope="module")
def computing(browser, explorer_address):
    """The page, for tests that leave it as it is."""
    with visiting(browser, explorer_address) as opened:
        yield opened


def run(page, expression, row, sample):
    """JavaScript with the shape and the values of its parameters; infinities come as they are."""
    defaults = {name: parameter.default for name, parameter in row.parameters.items()}
    return page.evaluate(
        f"([name, values, xs]) => {{ const shape = spikegrad.shapes.find(s => s.name === name);"
        f" return {expression}; }}",
        [row.name, defaults | dict(sample), X.tolist()],
    )


@pytest.mark.parametrize(("row", "sample"), TWO_EACH)
def test_the_page_computes_what_the_library_computes(computing, row, sample):
    for kind, method in (("gradient", "surrogate_grad"), ("relaxation", "antiderivative")):
        got = run(computing, f"xs.map(spikegrad.{kind}(shape, values))", row, sample)
        with x64():
            expected = np.asarray(getattr(row.shape(**sample), method)(jnp.asarray(X)))
        largest = np.abs(expected).max(where=np.abs(expected) < 1e100, initial=0)
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14 * largest, err_msg=kind)


@pytest.mark.parametrize(("row", "sample"), TWO_EACH)
def test_peak_and_area_are_those_of_the_library(computing, row, sample):
    shape = row.shape(**sample)
    facts = shape.facts()
    peak = run(computing, "spikegrad.peak(shape, values)", row, sample)
    area = run(computing, "spikegrad.area(shape, values)", row, sample)
    # Facts that are computed from values come close to a peak at an edge, but not up to it.
    inside = np.clip(np.nextafter(facts.support, [np.inf, -np.inf]), -1e300, 1e300)
    with x64():
        at_edges = shape.surrogate_grad(jnp.asarray(inside))
    assert peak == pytest.approx(max(float(facts.peak), *map(float, at_edges)), rel=1e-6)
    if math.isfinite(facts.area):
        assert area == pytest.approx(float(facts.area), rel=1e-6, abs=1e-9)
    else:
        assert not math.isfinite(area)
        assert math.isnan(area) == math.isnan(row.shape().facts().area)


def test_another_librarys_name_is_the_shape_that_it_is_here(computing):
    got = computing.evaluate(
        """xs => spikegrad.peers.map(p => {
            const f = spikegrad.gradient(spikegrad.shapes.find(s => s.name === p.shape), p.values);
            return xs.map(x => p.factor * f(x - p.shift));
        })""",
        X.tolist(),
    )
    for peer, values in zip(PEERS, got, strict=True):
        with x64():
            made = peer.build(*peer.parameters.values())
            expected = np.asarray(made.surrogate_grad(jnp.asarray(X)))
        np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-14, err_msg=peer.full_name)


def test_the_functions_are_small_enough_to_load_at_once():
    assert len(script()) < 500_000
