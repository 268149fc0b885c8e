"""A neuron whose surrogate draws: its state carries the key."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from spikegrad._domains import KEY
from spikegrad._pytree import replaced
from spikegrad.neurons._base import Neuron
from spikegrad.neurons._inputs import require_neuron
from spikegrad.surrogate import with_key

NO_SURROGATE = "Noisy: {name} has no attribute surrogate, so there is nothing to draw."


class Drawn(NamedTuple):
    """The state of a neuron that draws.

    Attributes:
        state: that of the neuron.
        key: what the next step draws from.
    """

    state: Any
    key: jax.Array


class Noisy(Neuron):
    """A neuron with a surrogate that draws, such as `Stochastic`: each step has a key of its own.

    The key is part of the state, so nothing is hidden: the final state goes on with new draws, and
    the same state draws the same. Every element of a step draws for itself.

    Args:
        neuron: one that calls its attribute `surrogate` for its spikes.
        key: of `jax.random`, where the first state starts from.

    State:
        `Drawn(state, key)`.

    Raises:
        TypeError: the neuron has no such attribute.

    Examples:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, Noisy, rollout
        >>> from spikegrad.surrogate import Sigmoid, Stochastic
        >>> neuron = Noisy(LIF(surrogate=Stochastic(Sigmoid(4.0))), jax.random.key(0))
        >>> spikes, state = rollout(neuron, jnp.full((100, 10), 0.3))
        >>> print(spikes.shape)
        (100, 10)
    """

    admissible = {"key": KEY}

    def __init__(self, neuron: Neuron, key: jax.Array) -> None:
        require_neuron(neuron)
        if not hasattr(neuron, "surrogate"):
            raise TypeError(NO_SURROGATE.format(name=type(neuron).__name__))
        self.neuron: Any = neuron
        self.key = key

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jax.numpy.float32) -> Drawn:
        """That of the neuron, and the key."""
        return Drawn(self.neuron.initial_state(shape, dtype), self.key)

    def step(self, state: Drawn, current: jax.Array) -> tuple[Drawn, jax.Array]:
        """A step of the neuron with a new key."""
        key, own = jax.random.split(state.key)
        surrogate = with_key(self.neuron.surrogate, own)
        new, spikes = replaced(self.neuron, surrogate=surrogate).step(state.state, current)
        return Drawn(new, key), spikes
