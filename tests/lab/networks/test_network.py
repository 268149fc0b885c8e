"""The network against a plain re-derivation, loop by loop and derivative by derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.lab.networks import network
from spikegrad.lab.training.trainer import loss_of
from spikegrad.neurons import LIF, PLIF
from spikegrad.surrogate import Sigmoid

BETA = 0.8
NEURONS = network.Hidden(LIF(BETA, surrogate=Sigmoid()))
TIME, BATCH, INPUTS, HIDDEN, CLASSES = 5, 2, 3, 4, 3


@pytest.fixture
def case():
    keys = jax.random.split(jax.random.key(1), 3)
    parameters = network.initial_parameters(keys[0], INPUTS, HIDDEN, CLASSES)
    parameters = jax.tree.map(lambda leaf: leaf + 0.1, parameters)
    inputs = jax.random.bernoulli(keys[1], 0.6, (TIME, BATCH, INPUTS)).astype(jnp.float32)
    return parameters, inputs, jnp.array([2, 0])


def forward(parameters, inputs):
    """The network in float64 and in loops, for one sample."""
    (w, b), (v, c) = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), parameters[:2])
    rest, readout, mean = np.zeros(HIDDEN), np.zeros(CLASSES), np.zeros(CLASSES)
    excess, spikes = [], []
    for x in np.asarray(inputs, np.float64):
        u = BETA * rest + x @ w + b
        fired = (u >= 1).astype(float)
        rest = u - fired
        readout = BETA * readout + fired @ v
        mean += readout / TIME
        excess.append(u - 1)
        spikes.append(fired)
    return np.array(excess), np.array(spikes), mean + c


def backward(parameters, inputs, label):
    """The gradient of the cross-entropy of one sample, derived by hand, backwards in time."""
    (_, _), (v, _) = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), parameters[:2])
    x = np.asarray(inputs, np.float64)
    excess, spikes, logits = forward(parameters, inputs)
    slope = 4 / (2 * np.cosh(2 * excess)) ** 2  # of the sigmoid with alpha = 4
    d_logits = np.exp(logits) / np.exp(logits).sum() - np.eye(CLASSES)[label]
    d_w, d_b, d_v = np.zeros((INPUTS, HIDDEN)), np.zeros(HIDDEN), np.zeros_like(v)
    d_readout, d_rest = np.zeros(CLASSES), np.zeros(HIDDEN)
    for t in reversed(range(TIME)):
        d_readout = d_logits / TIME + BETA * d_readout
        d_v += np.outer(spikes[t], d_readout)
        # The rest is u - spike, so a spike that comes earlier also lowers what is left.
        d_u = d_rest + (v @ d_readout - d_rest) * slope[t]
        d_w += np.outer(x[t], d_u)
        d_b += d_u
        d_rest = BETA * d_u
    return d_w, d_b, d_v, d_logits


def test_activity_is_that_of_the_equations(case):
    parameters, inputs, _ = case
    activity = network.run(parameters, inputs, NEURONS, BETA, record=True)
    assert 0 < activity.spikes.mean() < 1
    for sample in range(BATCH):
        excess, spikes, logits = forward(parameters, inputs[:, sample])
        np.testing.assert_allclose(activity.excess[:, sample], excess, atol=1e-5)
        np.testing.assert_array_equal(activity.spikes[:, sample], spikes)
        np.testing.assert_allclose(activity.logits[sample], logits, atol=1e-5)


def test_gradient_is_the_one_derived_by_hand(case):
    parameters, inputs, labels = case

    def loss(parameters):
        return loss_of(network.run(parameters, inputs, NEURONS, BETA).logits, labels)

    samples = [backward(parameters, inputs[:, i], label) for i, label in enumerate(labels)]
    for got, *expected in zip(jax.tree.leaves(jax.grad(loss)(parameters)), *samples, strict=True):
        assert np.abs(got).max() > 1e-3
        np.testing.assert_allclose(got, np.mean(expected, 0), atol=1e-6)


def test_a_parameter_of_the_neurons_is_trained(case):
    # PLIF without input decay is LIF with decay 1 / (1 + exp(w)).
    parameters, inputs, labels = case
    w = jnp.float32(-1.0)

    def loss(neuron, trained):
        hidden = network.Hidden(neuron)
        given = parameters._replace(neuron=trained)
        return loss_of(network.run(given, inputs, hidden, BETA).logits, labels)

    plif = PLIF(decay_input=False, reset="subtract", surrogate=Sigmoid())
    by_w = jax.grad(lambda w: loss(plif, {"w": w}))(w)
    lif = LIF(surrogate=Sigmoid())
    expected = jax.grad(lambda w: loss(lif, {"decay": jax.nn.sigmoid(-w)}))(w)
    assert abs(expected) > 1e-4
    np.testing.assert_allclose(by_w, expected, rtol=1e-4)


def test_first_weights_are_scaled_to_the_number_of_inputs():
    hidden, readout, *_ = network.initial_parameters(jax.random.key(0), 400, 500, 10)
    assert hidden.weights.std() == pytest.approx(network.GAIN / 20, rel=0.02)
    assert readout.weights.std() == pytest.approx(1 / np.sqrt(500), rel=0.05)
    assert not hidden.bias.any()
    assert not readout.bias.any()
