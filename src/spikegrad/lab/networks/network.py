"""The network: a hidden layer of spiking neurons and a leaky readout."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from spikegrad._pytree import replaced
from spikegrad.lab.networks import changing
from spikegrad.lab.networks.changing import Moment
from spikegrad.neurons import LI, Neuron, Recorded, rollout

# Latency coding drives a neuron for one step a pixel only; from weights of the usual standard
# deviation, 1 / sqrt(inputs), few neurons reach the threshold and learning starts late.
GAIN = 2.0


class Layer(NamedTuple):
    """The parameters of a layer: `weights` `(inputs, outputs)` and `bias` `(outputs,)`."""

    weights: jax.Array
    bias: jax.Array


class Parameters(NamedTuple):
    """The parameters of the network.

    Attributes:
        hidden: into the hidden layer.
        readout: into the readout.
        neuron: those of the hidden neurons that are trained, by name: arrays, and `LearnedDecay`.
        surrogate: what is trained of their surrogate, by name.
    """

    hidden: Layer
    readout: Layer
    neuron: dict[str, Any]
    surrogate: dict[str, jax.Array]


class Hidden(NamedTuple):
    """The neurons of the hidden layer.

    Attributes:
        neuron: one of them; what `Parameters.neuron` names is put in its place.
        keep: what the backward pass keeps of every time step, as for `neurons.rollout`.
    """

    neuron: Neuron
    keep: str | int = "state"


class Activity(NamedTuple):
    """What the network did with a batch.

    Attributes:
        spikes: of the hidden layer, 0 or 1, `(time, batch, hidden)`.
        logits: the evidence for each class, `(batch, classes)`.
        excess: membrane potential minus threshold, before the reset, `(time, batch, hidden)`; None
            where it was not recorded.
        finite: whether the hidden layer's currents and the states after the last step are. A
            potential that is not a number spikes never, so that nothing else tells of it, and stays
            what it is.
    """

    spikes: jax.Array
    logits: jax.Array
    excess: jax.Array | None
    finite: jax.Array


def initial_parameters(
    key: jax.Array,
    inputs: int,
    hidden: int,
    classes: int,
    neuron: Mapping[str, Any] = MappingProxyType({}),
    surrogate: Mapping[str, jax.Array] = MappingProxyType({}),
) -> Parameters:
    """Normal weights and no bias, and the others as given."""
    keys = jax.random.split(key)

    def layer(key: jax.Array, inputs: int, outputs: int, gain: float) -> Layer:
        weights = jax.random.normal(key, (inputs, outputs)) * (gain / inputs**0.5)
        return Layer(weights, jnp.zeros(outputs))

    return Parameters(
        layer(keys[0], inputs, hidden, GAIN),
        layer(keys[1], hidden, classes, 1.0),
        dict(neuron),
        dict(surrogate),
    )


def run(
    parameters: Parameters,
    inputs: jax.Array,
    hidden: Hidden,
    beta: float,
    record: bool = False,
    moment: Moment | None = None,
) -> Activity:
    """Run the network over `inputs` `(time, batch, pixels)`.

    The evidence for a class is the mean over time of its readout's membrane potential.

    Args:
        parameters: of the network.
        inputs: over time.
        hidden: the hidden layer.
        beta: the share of a readout's membrane potential that is left after a step.
        record: whether to tell `excess` as well.
        moment: where the training is, for a surrogate that changes.
    """
    neuron = trained(hidden.neuron, parameters.neuron)
    if record:
        neuron = Recorded(neuron)
    if moment is not None:
        neuron = changing.at(neuron, parameters.surrogate, moment)
    currents = inputs @ parameters.hidden.weights + parameters.hidden.bias[None, None]
    outs, last = rollout(neuron, currents, keep=hidden.keep)
    spikes, excess = outs if record else (outs, None)
    potentials, _ = rollout(LI(beta), spikes @ parameters.readout.weights)
    logits = potentials.mean(0) + parameters.readout.bias[None]
    return Activity(spikes, logits, excess, finite((currents, last)))


def trained(neuron: Neuron, parameters: Mapping[str, Any]) -> Neuron:
    """The neuron with those of its parameters that are trained, as `Parameters.neuron` has them."""
    return replaced(neuron, **parameters)


def named(parameters: Parameters) -> dict[str, jax.Array]:
    """The parameters by layer and role: `hidden.weights` and so on."""
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(parameters)
    }


def finite(tree: Any) -> jax.Array:
    """Whether all floating numbers of a tree are finite."""
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in leaves]).all()
