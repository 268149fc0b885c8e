"""The share of a state variable that is left after a step: given, of a time constant, learned."""

from __future__ import annotations

import math
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE, SHARE, Checked, Domain
from spikegrad.neurons._base import Neuron, like

ROUNDED = (
    "{name}: {parameter}={value!r} is {rounded:g} in {dtype}, the dtype of the state, which makes "
    "another neuron of it: take a float32 state."
)
BETWEEN = Domain("a number above 0 and below 1", lambda v: 0 < v < 1)


class LearnedDecay(Checked):
    """A decay to train, which stays between 0 and 1 whatever an optimizer does to it.

        decay = 1 / (1 + exp(-w)),  at the start w = log(decay / (1 - decay))

    It stands for a number wherever a neuron takes a decay: `LIF(LearnedDecay(0.9))`. What is
    trained is the array `w`, the one leaf of it: gradients by the neuron have it, in plain JAX, and
    in the modules of Equinox and of Flax NNX. An array in its place, `LIF(jnp.asarray(0.9))`, is
    trained as it stands, and a step of an optimizer may take it above 1, where a neuron explodes.

    Args:
        decay: where it starts, above 0 and below 1: a number for one decay that all neurons share,
            or an array for one a neuron. `LearnedDecay.from_tau` takes a time constant.

    Raises:
        ValueError: a decay is not above 0 and below 1.

    Elsewhere:
        snnTorch `Leaky(learn_beta=True)`, which clips to 0 and 1. `PLIF` learns `1 - decay`, which
        also scales its input.

    Source:
        Fang et al. (2021), "Incorporating Learnable Membrane Time Constant to Enhance Learning of
        Spiking Neural Networks", for the logistic function; Perez-Nieves et al. (2021), "Neural
        heterogeneity promotes robust learning", for one a neuron.

    Examples:
        >>> import jax, jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, LearnedDecay, rollout
        >>> neuron = LIF(LearnedDecay(jnp.full(10, 0.9)))
        >>> gradient = jax.grad(lambda neuron: rollout(neuron, jnp.ones((5, 10)))[0].sum())(neuron)
        >>> print(gradient.decay.w.shape)
        (10,)
    """

    admissible = {"w": FINITE}
    w: jax.Array

    def __init__(self, decay: ArrayLike) -> None:
        BETWEEN.require(type(self).__name__, "decay", decay)
        if isinstance(decay, jax.core.Tracer):
            self.w = jnp.log(decay) - jnp.log1p(-decay)
            return
        # In float64, since 1 - decay is short of digits.
        wide = np.asarray(decay, np.float64)
        dtype = decay.dtype if isinstance(decay, jax.Array) else jnp.result_type(float)
        self.w = jnp.asarray(np.log(wide) - np.log1p(-wide), dtype)

    @classmethod
    def from_tau(cls, tau: ArrayLike, dt: ArrayLike = 1.0) -> Self:
        """From a time constant and a time step in the same unit: it starts at `exp(-dt / tau)`."""
        return cls(decay_of(tau, dt))

    @property
    def value(self) -> jax.Array:
        """The decay as it is now."""
        return jax.nn.sigmoid(self.w)


DECAY = SHARE._replace(kinds=(LearnedDecay,))


def decay_of(tau: ArrayLike, dt: ArrayLike) -> Any:
    """`exp(-dt / tau)`; of numbers, a number.

    Raises:
        ValueError: one is not positive and finite.
    """
    POSITIVE.require("from_tau", "tau", tau)
    POSITIVE.require("from_tau", "dt", dt)
    numbers = int | float | np.number
    if isinstance(tau, numbers) and isinstance(dt, numbers):
        return math.exp(-float(dt) / float(tau))
    return jnp.exp(-jnp.asarray(dt) / jnp.asarray(tau))


def share(v: jax.Array, neuron: Neuron, parameter: str) -> jax.Array:
    """`like(v, …)` of a parameter between 0 and 1 that a narrow state may round to one of them.

    Raises:
        ValueError: it is a number and rounded so: the neuron would never leak, or keep nothing.
    """
    value = getattr(neuron, parameter)
    if isinstance(value, LearnedDecay):
        return like(v, value.value)
    if isinstance(value, float | np.number) and 0 < value < 1:
        rounded = float(np.asarray(value, v.dtype))
        if rounded in (0, 1):
            name = type(neuron).__name__
            raise ValueError(
                ROUNDED.format(
                    name=name, parameter=parameter, value=value, dtype=v.dtype, rounded=rounded
                )
            )
    return like(v, value)
