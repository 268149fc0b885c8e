"""Under another library's name stands that library's gradient, as recorded from the real one."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES, NOT_EXPRESSED, PEERS

GOLDEN = Path(__file__).parents[2] / "golden"
LIBRARY_OF_FILE = {"lava-dl": "lava", "rockpool_jax": "rockpool"}

# Recorded, but not a surrogate of x alone that we name: variants of a surrogate that is named
# (with a cap, without the threshold's factor), and the probability of a spike for its derivative.
UNNAMED = (
    "rockpool.updown_torch.",
    "rockpool.lif_sinabs.",
    "rockpool.step_pwl",
    "rockpool.dynapse.",
    "spyx.custom",
    "spyx.experimental.",
)
ONLY_THERE = {"max_spikes_per_dt"}

# Where the original is not finite, or gives an edge to the other side: name, and at which x.
FAULTS = {
    "snntorch.sigmoid": lambda x: x < -3,
    "spikingjelly.FakeNumericalGradient": lambda x: x == 0,
}
EDGES_AT_0 = {
    "snntorch.heaviside",
    "braincog.ReLUGrad",
    "braincog.STDPGrad",
    "spikingjelly.MultiLevelSpikeCount",
}


FILES = sorted(set(GOLDEN.glob("*.json")) - {GOLDEN / "not_installable.json"})


def recordings():
    for file in FILES:
        data = json.loads(file.read_text())
        library = LIBRARY_OF_FILE.get(file.stem, file.stem)
        for entry in data["entries"]:
            name = f"{library}.{entry['name']}"
            if name.startswith(UNNAMED) or ONLY_THERE & set(entry["parameters"]):
                continue
            values = [np.float32(data["x"]), np.float32(entry["gradient"])]
            yield pytest.param(
                name, entry["parameters"], *values, id=f"{name}-{entry['parameters']}"
            )


RECORDED = list(recordings())


@pytest.mark.parametrize(("name", "parameters", "x", "gradient"), RECORDED)
def test_gradient_is_the_recorded_one(name, parameters, x, gradient):
    # Relative to the peak: the tails of the originals have lost their digits.
    ours = np.asarray(surrogate.get(name, **parameters).surrogate_grad(jnp.asarray(x)))
    sound = ~FAULTS[name](x) if name in FAULTS else np.full(x.shape, True)
    sound &= (x != 0) | (name not in EDGES_AT_0)
    peak = np.max(np.abs(ours))
    np.testing.assert_allclose(ours[sound], gradient[sound], rtol=0, atol=2e-6 * max(peak, 1e-30))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_faults_are_in_the_recordings(name):
    values = [param.values for param in RECORDED if param.values[0] == name]
    assert any(not np.isfinite(gradient).all() for _, _, _, gradient in values)
    for _, parameters, x, _ in values:
        assert jnp.isfinite(surrogate.get(name, **parameters).surrogate_grad(x)).all()


def test_every_recorded_library_has_its_names_compared():
    compared = {param.values[0] for param in RECORDED}
    random_or_raising = {"spikingjelly.PoissonPass", "snntorch.LSO"}
    named = {peer.full_name for peer in PEERS if LIBRARIES[peer.library].recorded}
    assert named - compared == random_or_raising


def test_the_recordings_are_of_the_versions_that_the_table_names():
    for file in FILES:
        library = LIBRARIES[LIBRARY_OF_FILE.get(file.stem, file.stem)]
        assert json.loads(file.read_text())["version"] == library.version


# Libraries that cannot be installed, against their formula as published: at x, by hand.
FORMULAS = {
    "stork.SuperSpike": lambda x: (1 + 20 * abs(x)) ** -2,
    "stork.SuperSpike_MemClamp": lambda x: (1 + 20 * max(-x, 0)) ** -2,
    "stork.SuperSpike_rescaled": lambda x: (21 / (1 + 20 * abs(x))) ** 2,
    "stork.SuperSpike_asymptote": lambda x: 100 / (1 + 100 * abs(x)) ** 2,
    "stork.TanhSpike": lambda x: 2 - math.tanh(100 * x) ** 2,
    "stork.EsserSpike": lambda x: max(0, 1 - abs(x)),
    "stork.HardTanhSpike": lambda x: 1 + min(max(100 * x, -1), 1),
    "stork.MultiSpike": lambda x: (1 + 100 * abs(x - max(round(x), 0))) ** -2,
    "stork.CustomSpike.sigmoid": lambda x: 10 * _logistic(10 * x) * _logistic(-10 * x),
    "stork.CustomSpike.exponential": lambda x: 0.01 / 0.133 * math.exp(x / 0.133),
    "slayer.Spike": lambda x: math.exp(-abs(x)),
    "nest.piecewise_linear": lambda x: 0.3 * max(0, 1 - abs(x)),
    "nest.exponential": lambda x: 0.3 * math.exp(-abs(x)),
    "nest.fast_sigmoid_derivative": lambda x: 0.3 / (1 + abs(x)) ** 2,
    "nest.arctan_derivative": lambda x: 0.3 / (1 + x * x),
    "decolle.FastSigmoid": lambda x: (1 + 10 * abs(x)) ** -2,
    "decolle.SmoothStep": lambda x: float(abs(x) < 0.5),
    "decolle.SigmoidStep": lambda x: _logistic(x) * _logistic(-x),
    "matterhorn.Rectangular": lambda x: float(abs(x) < 0.5),
    "matterhorn.Polynomial": lambda x: max(0, 1 - abs(x)),
    "matterhorn.Sigmoid": lambda x: 4 * _logistic(4 * x) * _logistic(-4 * x),
    "matterhorn.Gaussian": lambda x: math.exp(-x * x / 0.32) / math.sqrt(2 * math.pi * 0.16),
    "hxtorch.SuperSpike": lambda x: (1 + 50 * abs(x)) ** -2,
}


def _logistic(z):
    return 1 / (1 + math.exp(-z))


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_is_the_published_formula(name):
    x = np.float32([-1.7, -0.6, -0.3, -0.004, 0.004, 0.3, 0.7, 1.9])
    expected = [FORMULAS[name](float(v)) for v in x]
    ours = surrogate.get(name).surrogate_grad(jnp.asarray(x))
    np.testing.assert_allclose(ours, expected, rtol=2e-6, atol=1e-12)


def test_every_name_of_a_library_that_is_not_recorded_has_its_formula_here():
    named = {peer.full_name for peer in PEERS if not LIBRARIES[peer.library].recorded}
    assert named == set(FORMULAS)


def test_no_name_is_given_twice_or_both_given_and_denied():
    names = [peer.full_name.lower() for peer in PEERS]
    assert len(set(names)) == len(names)
    assert not {name.lower() for name in NOT_EXPRESSED} & set(names)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.full_name)
def test_a_configuration_goes_through_json_and_comes_back(peer):
    made = surrogate.get(peer.full_name)
    text = json.dumps(surrogate.to_config(made), allow_nan=False)
    assert surrogate.from_config(json.loads(text)) == made


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_the_configuration_of_a_shape_goes_through_json_and_comes_back(row):
    for sample in ({}, *row.samples):
        made = row.shape(**sample)
        text = json.dumps(surrogate.to_config(made), allow_nan=False)
        assert surrogate.from_config(json.loads(text)) == made


def test_the_configuration_of_array_parameters_comes_back():
    made = surrogate.Sigmoid(jnp.asarray([1.0, 2.0], jnp.float32))
    assert surrogate.from_config(json.loads(json.dumps(surrogate.to_config(made)))) == made


def test_only_what_is_shipped_has_a_configuration():
    class Own(surrogate.Surrogate):
        pass

    with pytest.raises(TypeError, match="but got Own"):
        surrogate.to_config(Own())
    with pytest.raises(ValueError, match="nearest names are Sigmoid"):
        surrogate.from_config({"surrogate": "Sigmoyd", "parameters": {}})


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("atan", {}, "no surrogate 'atan'. The nearest names are Arctan, "),
        ("snntorch.fastsigmoid", {}, "The nearest names are snntorch.fast_sigmoid, "),
        ("arctan", {"slope": 1.0}, "Arctan takes no parameter 'slope'. It takes alpha."),
        (
            "snntorch.atan",
            {"slope": 1.0},
            "snntorch.atan takes no parameter 'slope'. It takes alpha.",
        ),
        ("snntorch.heaviside", {"alpha": 1.0}, "It takes none."),
        ("snntorch.atan", {"alpha": 0.0}, "alpha has to be a positive finite number"),
        ("spyx.arctan", {"k": 0.0}, "spyx.arctan cannot have k=0.0: float division by zero"),
    ],
)
def test_a_wrong_name_or_parameter_is_answered_by_the_right_ones(name, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        surrogate.get(name, **given)
