"""Neurons with a second state variable: a synaptic current, or an adapting threshold."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE
from spikegrad.neurons._base import DEFAULT_SURROGATE, Firing, like, zeros
from spikegrad.neurons._decay import DECAY, LearnedDecay, decay_of, share
from spikegrad.surrogate import Surrogate


class Synaptic(NamedTuple):
    """The state of a neuron with a synaptic current.

    Attributes:
        v: membrane potential.
        i: synaptic current.
    """

    v: jax.Array
    i: jax.Array


class CubaLIF(Firing):
    """Leaky integrate and fire with a current-based synapse: spikes arrive as decaying currents.

        i = synaptic_decay i + current
        u = decay v + i,  spikes = surrogate(u - threshold),  v = u after the reset

    Args:
        decay: the share of the membrane potential that is left after a step, 0 to 1, default 0.9.
        synaptic_decay: the same for the synaptic current, default 0.8; `CubaLIF.from_tau` takes
            time constants instead. To train either, a `LearnedDecay`.
        threshold: where it fires, default 1.
        reset: `"subtract"` (default), `"zero"` or None.
        detach_reset: whether the gradient leaves the reset out, default False.
        surrogate: the step, with its gradient.

    State:
        `Synaptic(v, i)`, 0 at rest.

    Elsewhere:
        snnTorch `Synaptic(alpha=synaptic_decay, beta=decay, reset_delay=False)`, with the
        difference after a reset that leaves it above its threshold which `LIF` tells of; Norse
        `lif_feed_forward_step` with `decay = 1 - dt * tau_mem_inv`, `synaptic_decay = 1 - dt *
        tau_syn_inv`, `reset="zero"`, and the current times `dt * tau_mem_inv`.

    Source:
        Neftci, Mostafa and Zenke (2019), "Surrogate Gradient Learning in Spiking Neural Networks",
        whose membrane potential takes in the synaptic current of the step before.
    """

    admissible = {"decay": DECAY, "synaptic_decay": DECAY}

    def __init__(
        self,
        decay: ArrayLike | LearnedDecay = 0.9,
        *,
        synaptic_decay: ArrayLike | LearnedDecay = 0.8,
        threshold: ArrayLike = 1.0,
        reset: str | None = "subtract",
        detach_reset: bool = False,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        super().__init__(threshold, reset, detach_reset, surrogate)
        self.decay = decay
        self.synaptic_decay = synaptic_decay

    @classmethod
    def from_tau(
        cls, tau: ArrayLike, dt: ArrayLike = 1.0, *, tau_synapse: ArrayLike, **parameters: Any
    ) -> Self:
        """From two time constants and a time step in the same unit."""
        synaptic_decay = decay_of(tau_synapse, dt)
        return cls(decay_of(tau, dt), synaptic_decay=synaptic_decay, **parameters)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Synaptic:
        """0 everywhere."""
        return Synaptic(zeros(shape, dtype), zeros(shape, dtype))

    def step(self, state: Synaptic, current: jax.Array) -> tuple[Synaptic, jax.Array]:
        """Add the current to the synapse and the synaptic current to the membrane; fire, reset."""
        i = share(state.i, self, "synaptic_decay") * state.i + like(state.i, current)
        u = share(state.v, self, "decay") * state.v + i
        v, spikes = self.fire(u, like(u, self.threshold))
        return Synaptic(v, i), spikes.astype(current.dtype)


class Adaptive(NamedTuple):
    """The state of a neuron with an adapting threshold.

    Attributes:
        v: membrane potential.
        a: how much it has fired lately, in spikes.
    """

    v: jax.Array
    a: jax.Array


class ALIF(Firing):
    """Leaky integrate and fire with an adapting threshold: each spike makes the next one harder.

        u = decay v + current,  spikes = surrogate(u - (threshold + strength a))
        v = u after the reset,  a = adaptation_decay a + spikes

    The reset `"subtract"` takes off the threshold at rest.

    Args:
        decay: the share of the membrane potential that is left after a step, 0 to 1, default 0.9.
        adaptation_decay: the same for the adaptation, default 0.99; `ALIF.from_tau` takes time
            constants instead. To train either, a `LearnedDecay`.
        strength: how far a spike raises the threshold, default 0.1.
        threshold: where it fires at rest, default 1.
        reset: `"subtract"` (default), `"zero"` or None.
        detach_reset: whether the gradient leaves the reset out, default False.
        surrogate: the step, with its gradient.

    State:
        `Adaptive(v, a)`, 0 at rest.

    Source:
        Bellec et al. (2018), "Long short-term memory and learning-to-learn in networks of spiking
        neurons", in the discretisation of Bellec et al. (2020), "A solution to the learning dilemma
        for recurrent networks of spiking neurons".
    """

    admissible = {
        "decay": DECAY,
        "adaptation_decay": DECAY,
        "strength": FINITE,
    }

    def __init__(
        self,
        decay: ArrayLike | LearnedDecay = 0.9,
        *,
        adaptation_decay: ArrayLike | LearnedDecay = 0.99,
        strength: ArrayLike = 0.1,
        threshold: ArrayLike = 1.0,
        reset: str | None = "subtract",
        detach_reset: bool = False,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        super().__init__(threshold, reset, detach_reset, surrogate)
        self.decay = decay
        self.adaptation_decay = adaptation_decay
        self.strength = strength

    @classmethod
    def from_tau(
        cls, tau: ArrayLike, dt: ArrayLike = 1.0, *, tau_adaptation: ArrayLike, **parameters: Any
    ) -> Self:
        """From two time constants and a time step in the same unit."""
        adaptation_decay = decay_of(tau_adaptation, dt)
        return cls(decay_of(tau, dt), adaptation_decay=adaptation_decay, **parameters)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Adaptive:
        """0 everywhere."""
        return Adaptive(zeros(shape, dtype), zeros(shape, dtype))

    def step(self, state: Adaptive, current: jax.Array) -> tuple[Adaptive, jax.Array]:
        """Decay, add the current, fire, reset, adapt."""
        u = share(state.v, self, "decay") * state.v + like(state.v, current)
        threshold = like(u, self.threshold) + like(u, self.strength) * state.a
        v, spikes = self.fire(u, threshold)
        a = share(state.a, self, "adaptation_decay") * state.a + spikes
        return Adaptive(v, a), spikes.astype(current.dtype)
