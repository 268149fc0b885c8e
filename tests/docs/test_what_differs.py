"""What the page on differences says of other libraries is what was recorded from them."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from tests.helpers import peer
from tests.surrogate.braintools_differences import Measured, here, measure

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/what-differs.md").read_text()
HEAD = "| what loses it | call | x | braintools 0.3.0, 0.4.0 | spikegrad | error there |"


def recording(library):
    return json.loads((ROOT / f"tests/golden/{library}.json").read_text())


def entries(library, name):
    """Parameters and what was recorded, for every set of parameters of a name."""
    data = recording(library)
    found = [entry for entry in data["entries"] if entry["name"] == name]
    assert found
    for entry in found:
        values = {
            key: np.float64(entry[key]) for key in ("forward", "gradient", "smooth") if key in entry
        }
        yield entry["parameters"], np.float64(data["x"]), values


def rows(heading):
    """The cells of the table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", section, flags=re.MULTILINE)[2:]
    return [re.split(r" (?<!\\)\| ", line) for line in lines]


def slope(relaxation, x, step=1e-6):
    return (relaxation(x + step) - relaxation(x - step)) / (2 * step)


def erf(x):
    return np.vectorize(math.erf)(x)


# Library, name, what is recorded: the formula of its documentation, and what it computes.
APART = [
    (
        *("snntorch", "atan", "gradient"),
        lambda x, alpha: 1 / math.pi / (1 + (math.pi * x * alpha / 2) ** 2),
        lambda x, alpha: alpha / 2 / (1 + (math.pi * x * alpha / 2) ** 2),
    ),
    (
        *("spikingjelly", "S2NN", "smooth"),
        lambda x, alpha, beta: np.where(x < 0, np.nan, beta * np.log(abs(x + 1)) + 1),
        lambda x, alpha, beta: np.where(
            x < 0, 0.5 + 0.5 * np.tanh(alpha * x / 2), beta * np.log(abs(x + 1)) + 0.5
        ),
    ),
    (
        *("spikingjelly", "SoftSign", "gradient"),
        lambda x, alpha: 1 / (2 * alpha * (1 + abs(x / alpha)) ** 2),
        lambda x, alpha: alpha / (2 * (1 + alpha * abs(x)) ** 2),
    ),
    (
        *("norse", "heavi_erfc", "gradient"),
        lambda x, alpha: slope(lambda z: 0.5 + 0.5 * (1 - erf(alpha * z)), x),
        lambda x, alpha: 2 / alpha * slope(lambda z: 0.5 + 0.5 * erf(alpha * z), x),
    ),
    (
        *("norse", "tanh", "gradient"),
        lambda x, alpha: slope(lambda z: 0.5 + 0.5 * np.tanh(alpha * z), x),
        lambda x, alpha: 2 / alpha * slope(lambda z: 0.5 + 0.5 * np.tanh(alpha * z), x),
    ),
    (
        *("norse", "circ", "gradient"),
        lambda x, alpha: slope(lambda z: 0.5 + 0.5 * z / np.hypot(z, alpha), x),
        lambda x, alpha: 2 * alpha * slope(lambda z: 0.5 + 0.5 * z / np.hypot(z, alpha), x),
    ),
    (*("spyx", "custom", "gradient"), lambda x: np.ones_like(x), lambda x: x),
    (
        *("braintools", "PiecewiseLeakyRelu", "gradient"),
        lambda x, c, w: np.where(abs(x) <= w, 1 / w, c),
        lambda x, c, w: np.where(abs(x) <= w, 1 / (2 * w), c),
    ),
    (
        *("braincog", "GateGrad", "gradient"),
        lambda x, alpha: alpha / (1 + abs(alpha * x)),
        lambda x, alpha: np.where(abs(x) < 1 / alpha, 1.0, 0.0),
    ),
    (
        *("sinabs", "Heaviside", "gradient"),
        lambda x, window, spike_threshold=1.0: (x >= -window * spike_threshold) / spike_threshold,
        lambda x, window, spike_threshold=1.0: (x >= -window) / spike_threshold,
    ),
]


@pytest.mark.parametrize(
    ("library", "name", "kind", "documented", "computed"),
    APART,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_documented_formula_is_not_what_was_recorded_and_the_other_is(
    library, name, kind, documented, computed
):
    differ = False
    for parameters, x, values in entries(library, name):
        tolerance = {"rtol": 3e-4, "atol": 1e-4}
        np.testing.assert_allclose(values[kind], computed(x, **parameters), **tolerance)
        differ |= not np.allclose(values[kind], documented(x, **parameters), **tolerance)
    assert differ


def test_what_is_apart_has_a_row_with_the_version_recorded():
    listed = {(row[0], row[1].strip("`").split("`")[0]) for row in rows("Words and code apart")}
    titles = {library.lower().replace(" ", "-"): version for library, version in versions(listed)}
    for library in {library for library, *_ in APART}:
        assert titles[library] == recording(library)["version"]


def versions(listed):
    return {tuple(library.rsplit(" ", 1)) for library, _ in listed}


def test_snntorch_does_not_spike_at_the_threshold():
    data = recording("snntorch")
    at = data["x"].index(0.0)
    assert {entry["forward"][at] for entry in data["entries"]} == {0.0}


def test_what_raises_raised_when_it_was_recorded():
    raised = {
        (library, entry["name"]): entry["reason"]
        for library in ("snntorch", "norse", "snnax")
        for entry in recording(library)["unusable"]
    }
    assert "StochasticSpikeOperator" in raised["snntorch", "LSO"]
    assert "RuntimeError" in raised["norse", "heaviside"]
    assert "TypeError" in raised["snnax", "sigmoid_surrogate"]
    noted = {e["name"]: e.get("note", "") for e in recording("rockpool")["entries"]}
    assert "with its default, a float, the backward pass raises" in noted["PeriodicExponential"]


def test_alpha_of_norse_super_has_no_effect():
    gradients = [values["gradient"] for _, _, values in entries("norse", "super")]
    assert len(gradients) > 1
    assert all((gradient == gradients[0]).all() for gradient in gradients)


def test_faults_are_in_the_recordings():
    _, x, first = next(entries("snntorch", "sigmoid"))
    at = {round(value, 1): gradient for value, gradient in zip(x, first["gradient"], strict=True)}
    assert math.isnan(at[-4.3])
    assert at[-2.3] == 0
    _, x, first = next(entries("spikingjelly", "FakeNumericalGradient"))
    assert first["gradient"][(x == 0) & np.signbit(x)] == -np.inf
    _, x, first = next(entries("spikingjelly", "S2NN"))
    assert first["smooth"][x == 0] == pytest.approx([0.50001, 0.50001], abs=1e-7)
    for _, _, values in entries("spyx", "experimental.stochastic.sigmoid_bernoulli"):
        assert (np.diff(values["gradient"]) >= 0).all()
    for _, x, values in entries("rockpool_jax", "dynapse.step_pwl"):
        assert np.isnan(values["forward"][x < -2]).all()


def shown(difference, measured: Measured):
    parameters = ", ".join(f"{key}={value:g}" for key, value in difference.parameters.items())
    method = difference.method.replace("slope", "slope of surrogate_fun")
    call = f"`{difference.shape}({parameters})` {method}, {difference.dtype}"
    error = f"{measured.theirs_ulp:.0e}" if measured.truth else "not 0"
    error = error if math.isfinite(measured.theirs) else "not finite"
    alike = f"{measured.theirs:.4g}" == f"{measured.ours:.4g}"
    theirs, ours = (f"{v:.{9 if alike else 4}g}" for v in (measured.theirs, measured.ours + 0.0))
    numbers = [f"{difference.x:g}", theirs, ours]
    return [difference.why.replace("|x|", "abs(x)"), call, *numbers, error]


@pytest.fixture(scope="module")
def measurements():
    peer("braintools.surrogate")
    return [(difference, measure(difference)) for difference in here()]


def test_the_table_of_braintools_is_what_is_measured(measurements):
    expected = [shown(difference, measured) for difference, measured in measurements]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in expected)
    paste = f"put this into docs/what-differs.md:\n{HEAD}\n{'| --- ' * 6}|\n{lines}"
    assert HEAD in PAGE, paste
    assert rows("braintools, digit by digit")[: len(expected)] == expected, paste
    assert all(" by " in row[1] for row in rows("braintools, digit by digit")[len(expected) :])


def test_our_error_is_below_four_units_in_every_row(measurements):
    assert max(measured.ours_ulp for _, measured in measurements) < 4
