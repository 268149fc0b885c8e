"""The network: a hidden layer of leaky integrate-and-fire neurons and a leaky readout."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from spikegrad.surrogate import Surrogate

THRESHOLD = 1.0
# Latency coding drives a neuron for one step a pixel only; from weights of the usual standard
# deviation, 1 / sqrt(inputs), few neurons reach the threshold and learning starts late.
GAIN = 2.0


class Layer(NamedTuple):
    """The parameters of a layer: `weights` `(inputs, outputs)` and `bias` `(outputs,)`."""

    weights: jax.Array
    bias: jax.Array


class Parameters(NamedTuple):
    """The parameters of the network."""

    hidden: Layer
    readout: Layer


class Activity(NamedTuple):
    """What the network did with a batch.

    Attributes:
        excess: membrane potential minus threshold, before the reset, `(time, batch, hidden)`.
        spikes: of the hidden layer, 0 or 1, `(time, batch, hidden)`.
        logits: the evidence for each class, `(batch, classes)`.
    """

    excess: jax.Array
    spikes: jax.Array
    logits: jax.Array


def initial_parameters(key: jax.Array, inputs: int, hidden: int, classes: int) -> Parameters:
    """Normal weights and no bias."""
    keys = jax.random.split(key)

    def layer(key: jax.Array, inputs: int, outputs: int, gain: float) -> Layer:
        weights = jax.random.normal(key, (inputs, outputs)) * (gain / inputs**0.5)
        return Layer(weights, jnp.zeros(outputs))

    return Parameters(layer(keys[0], inputs, hidden, GAIN), layer(keys[1], hidden, classes, 1.0))


def leaky_integrate_and_fire(
    currents: jax.Array, beta: float, surrogate: Surrogate
) -> tuple[jax.Array, jax.Array]:
    """Run neurons `u = beta * v + current`, `spike = surrogate(u - threshold)` over time.

    After a spike the threshold is subtracted: `v = u - threshold * spike`.

    Args:
        currents: `(time, batch, neurons)`.
        beta: the share of `v` that is left after a step.
        surrogate: the step, with its gradient.

    Returns:
        `u - threshold` and the spikes, both `(time, batch, neurons)`.
    """

    def step(v: jax.Array, current: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        u = beta * v + current
        spikes = surrogate(u - THRESHOLD)
        return u - THRESHOLD * spikes, (u - THRESHOLD, spikes)

    _, (excess, spikes) = jax.lax.scan(step, jnp.zeros_like(currents[0]), currents)
    return excess, spikes


def leaky_integrate(currents: jax.Array, beta: float) -> jax.Array:
    """Run neurons `u = beta * u + current`, which never fire, over time.

    Args:
        currents: `(time, batch, neurons)`.
        beta: the share of `u` that is left after a step.

    Returns:
        `u` at every step, `(time, batch, neurons)`.
    """

    def step(u: jax.Array, current: jax.Array) -> tuple[jax.Array, jax.Array]:
        u = beta * u + current
        return u, u

    _, potentials = jax.lax.scan(step, jnp.zeros_like(currents[0]), currents)
    return potentials


def run(parameters: Parameters, inputs: jax.Array, beta: float, surrogate: Surrogate) -> Activity:
    """Run the network over `inputs` `(time, batch, pixels)`; arguments as for the neurons.

    The evidence for a class is the mean over time of its readout's membrane potential.
    """
    hidden, readout = parameters
    currents = inputs @ hidden.weights + hidden.bias[None, None]
    excess, spikes = leaky_integrate_and_fire(currents, beta, surrogate)
    potentials = leaky_integrate(spikes @ readout.weights, beta)
    return Activity(excess, spikes, potentials.mean(0) + readout.bias[None])
