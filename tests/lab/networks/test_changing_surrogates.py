"""A surrogate that is annealed, learned or drawn from while the network trains."""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.lab.data import datasets
from spikegrad.lab.networks import changing
from spikegrad.lab.networks.changing import Annealing, Learning, Moment
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer
from spikegrad.neurons import LIF, Noisy
from spikegrad.surrogate import Learned, Sigmoid, Stochastic

WAYS = [
    {"anneal": "alpha:2:20:cosine"},
    {"learn": "alpha"},
    {"learn": "alpha:mixed"},
    {"stochastic": True},
]
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: next(iter(way.items())))


def trainer(**settings):
    config = Config("digits", **settings)
    return Trainer(config, datasets.split(datasets.load_digits(), config.seed))


def train(learner, epochs):
    state = learner.initial_state()
    for number in range(1, epochs + 1):
        state, _ = learner.epoch(state, number)
    return state


@each_way
def test_the_digits_are_learned_to_95_percent(way):
    learner = trainer(**way, epochs=12)
    state = train(learner, learner.config.epochs)
    assert learner.evaluate(state.parameters, learner.split.test).accuracy >= 0.95


@pytest.mark.parametrize("schedule", changing.SCHEDULES)
def test_a_schedule_goes_from_start_to_end_and_never_back(schedule):
    annealed = Annealing("alpha", 2.0, 20.0, schedule).of(Sigmoid(), steps=100)
    peaks = [float(annealed.at(step).surrogate_grad(0.0)) for step in range(0, 101, 10)]
    assert (peaks[0], peaks[-1]) == pytest.approx((0.5, 5.0), rel=1e-5)
    assert peaks == sorted(peaks)


def test_a_schedule_spans_the_training_and_compiles_nothing_anew():
    learner = trainer(anneal="alpha:2:20:linear", hidden=8, time_steps=3, epochs=2)
    state = learner.initial_state()
    for number in (1, 2):
        state, _ = learner.epoch(state, number)
    assert learner._run_epoch._cache_size() == 1
    steps = 1257 // 64 * 2
    last = learner.hidden.neuron.surrogate.at(steps - 1).surrogate_grad(0.0)
    assert float(last) == pytest.approx((20 - 18 / steps) / 4, rel=1e-5)


def test_every_batch_of_the_training_has_its_own_share_from_the_first_on(monkeypatch):
    shares = []

    def noting(start, end, share):
        jax.debug.callback(lambda share: shares.append(float(share)), share)
        return start * (1 - share) + end * share

    monkeypatch.setattr(changing, "SCHEDULES", {"linear": noting})
    learner = trainer(anneal="alpha:2:20:linear", hidden=4, time_steps=1, epochs=2, batch_size=600)
    train(learner, 2)
    jax.effects_barrier()
    assert sorted(set(shares)) == [0, 0.25, 0.5, 0.75]


def test_annealing_reaches_the_gradient_of_the_training():
    flat, sharp = (
        train(trainer(anneal=f"alpha:4:{end}:linear", hidden=8, time_steps=3, epochs=1), 1)
        for end in (4, 40)
    )
    plain = train(trainer(hidden=8, time_steps=3, epochs=1), 1)
    weights = [s.parameters.hidden.weights for s in (plain, flat, sharp)]
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-4, atol=1e-5)
    assert float(jnp.abs(weights[1] - weights[2]).max()) > 1e-3


def test_a_mixture_starts_relaxed_and_ends_with_spikes():
    neuron = LIF(surrogate=Learned(Sigmoid(4.0), signal="mixed"))
    raw = changing.raw_parameters(neuron)
    key = jax.random.key(0)
    for progress, share in ((0.0, 1.0), (0.75, 0.25), (1.0, 0.0)):
        moment = Moment(jnp.asarray(0), jnp.asarray(progress), key)
        at = changing.at(neuron, raw, moment)
        assert isinstance(at, Noisy)
        state = at.initial_state((4000,))
        _, spikes = at.step(state, jnp.full(4000, 0.9))
        assert float((spikes > 0).mean()) == pytest.approx(share, abs=0.05)


def test_what_draws_has_another_key_every_step_of_the_training():
    neuron = LIF(surrogate=Stochastic(Sigmoid(4.0)))
    keys = jax.random.split(jax.random.key(0), 2)
    drawn = [
        changing.at(neuron, {}, changing.the_end(key)).step(
            Noisy(neuron, key).initial_state((100,)), jnp.ones(100)
        )[1]
        for key in keys
    ]
    assert jnp.any(drawn[0] != drawn[1])


def test_an_evaluation_of_noisy_neurons_can_be_repeated():
    learner = trainer(stochastic=True, hidden=8, time_steps=3)
    parameters = learner.initial_state().parameters
    first, again = (learner.evaluate(parameters, learner.split.test) for _ in range(2))
    assert first.loss == again.loss


def test_what_was_learned_is_told_and_written(spikegrad):
    outcome = spikegrad(
        "train", "digits", "--learn", "alpha", "--hidden", "8", "--time-steps", "3",
        "--epochs", "1", "--out", "run",
    )  # fmt: skip
    assert outcome.status == 0, outcome
    assert "Sigmoid(alpha=4.0), learn alpha" in outcome.out
    with open("run/result.json") as file:
        learned = json.load(file)["learned"]
    assert learned["alpha"] > 0
    assert f"learned: alpha of the surrogate is {learned['alpha']:.3g}" in outcome.out
    raw = np.load("run/parameters.npz")["surrogate.alpha"]
    assert np.log1p(np.exp(raw)) == pytest.approx(learned["alpha"], rel=1e-6)


@pytest.mark.parametrize(
    ("neuron", "way", "of"),
    [
        ("CubaLIF", "each", lambda w: 1 / (1 + np.exp(-w))),
        ("PLIF", "none", lambda w: 1 / (1 + np.exp(w))),
    ],
)
def test_decays_that_were_learned_beside_a_surrogate_are_told_and_written(
    spikegrad, neuron, way, of
):
    outcome = spikegrad(
        "train", "digits", "--neuron", neuron, "--train-neuron", way, "--learn", "alpha:mixed",
        "--keep", "half", "--hidden", "8", "--time-steps", "3", "--epochs", "1", "--out", "run",
    )  # fmt: skip
    assert outcome.status == 0, outcome
    with open("run/result.json") as file:
        result = json.load(file)
    assert result["learned"]["alpha"] > 0
    for name, told in result["decays"].items():
        stored = np.load("run/parameters.npz")
        values = of(stored["neuron.w" if neuron == "PLIF" else f"neuron.{name}.w"])
        if way == "none":
            assert told == pytest.approx(float(values), rel=1e-6)
            line = f"{told:.3g}"
        else:
            expected = {"least": values.min(), "mean": values.mean(), "most": values.max()}
            assert told == pytest.approx(expected, rel=1e-6)
            line = "{least:.3g} to {most:.3g}, {mean:.3g} in the mean".format(**told)
        assert f"learned: {name} of the neurons is {line}\n" in outcome.out
    assert result["decays"].keys() == ({"decay"} if way == "none" else {"decay", "synaptic_decay"})


@pytest.mark.parametrize("text", ["", "alpha", "alpha:1:2", "alpha:1:2:linear:3", ":1:2:linear"])
def test_what_is_no_annealing_is_none(text):
    assert Annealing.read(text) is None


def test_learning_is_from_the_relaxation_unless_told():
    assert Learning.read("alpha") == ("alpha", "relaxation")
    assert Learning.read(":mixed") is None
