"""What a neuron's surrogate was given, beside its spikes."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._pytree import replaced
from spikegrad.neurons._base import Neuron
from spikegrad.surrogate import Surrogate

NO_SURROGATE = "{name} has no attribute surrogate, so there is nothing to record."


class _Tap(Surrogate):
    """In place of a surrogate, gives what it is given."""

    def __call__(self, x: ArrayLike) -> jax.Array:
        return jnp.asarray(x)


class Recorded(Neuron):
    """A neuron that also gives what its surrogate was given: how far it was above threshold.

    That is the membrane potential before the reset minus the threshold, in the unit of the
    surrogate. The compiler computes a step once, whichever of the two is asked for.

    Args:
        neuron: one that calls its attribute `surrogate` for its spikes.

    Raises:
        TypeError: it has no such attribute.

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, Recorded, rollout
        >>> (spikes, excess), state = rollout(Recorded(LIF(0.5)), jnp.full((3, 1), 0.75))
        >>> print(excess[:, 0])
        [-0.25    0.125  -0.1875]
    """

    def __init__(self, neuron: Neuron) -> None:
        if not hasattr(neuron, "surrogate"):
            raise TypeError(NO_SURROGATE.format(name=type(neuron).__name__))
        self.neuron: Any = neuron

    @property
    def surrogate(self) -> Surrogate:
        """That of the neuron; one that is set becomes that of a copy of it."""
        surrogate: Surrogate = self.neuron.surrogate
        return surrogate

    @surrogate.setter
    def surrogate(self, surrogate: Surrogate) -> None:
        self.neuron = replaced(self.neuron, surrogate=surrogate)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
        """That of the neuron."""
        return self.neuron.initial_state(shape, dtype)

    def step(self, state: Any, current: jax.Array) -> tuple[Any, tuple[jax.Array, jax.Array]]:
        """A step of the neuron, which gives `(spikes, excess)`."""
        # The spikes come in the dtype of the current, and so would this, rounded.
        leaves = jax.tree.leaves(state)
        dtypes = [leaf.dtype for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)]
        wide = current.astype(functools.reduce(np.promote_types, dtypes, current.dtype))
        _, excess = replaced(self.neuron, surrogate=_Tap()).step(state, wide)
        new, spikes = self.neuron.step(state, current)
        return new, (spikes, excess)
