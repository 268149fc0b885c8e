"""Neurons with one equation for the membrane potential, and the leaky readout.

    tau dv/dt = -v + current

integrated exactly over a step of constant current gives `u = decay * v + current` with
`decay = exp(-dt / tau)`, and the current in units of what it adds to the membrane potential.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, FLAG, Domain
from spikegrad._pytree import is_array
from spikegrad.neurons._base import DEFAULT_SURROGATE, Firing, Membrane, Neuron, like, zeros
from spikegrad.neurons._decay import DECAY, LearnedDecay, decay_of, share
from spikegrad.surrogate import Surrogate

STEPS = Domain("a whole number, 0 or more", lambda v: v >= 0 and v.is_integer())
LEAK = Domain("a finite number above 1", lambda v: 1 < v < math.inf, arrays=False)


class IF(Firing):
    """Integrate and fire: a perfect integrator.

        u = v + current,  spikes = surrogate(u - threshold),  v = u after the reset

    Args:
        threshold: where it fires, default 1.
        reset: `"subtract"` (default), `"zero"` or None.
        detach_reset: whether the gradient leaves the reset out, default False.
        surrogate: the step, with its gradient.

    State:
        `Membrane(v)`, 0 at rest.

    Elsewhere:
        SpikingJelly `IFNode` (`v_reset=None` is `"subtract"`, `v_reset=0.` is `"zero"`).

    Source:
        Lapicque (1907), "Recherches quantitatives sur l'excitation électrique des nerfs traitée
        comme une polarisation".

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import IF, rollout
        >>> spikes, state = rollout(IF(), jnp.full((5, 1), 0.5))
        >>> print(spikes[:, 0])
        [0. 1. 0. 1. 0.]
    """

    def __init__(
        self,
        *,
        threshold: ArrayLike = 1.0,
        reset: str | None = "subtract",
        detach_reset: bool = False,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        super().__init__(threshold, reset, detach_reset, surrogate)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Membrane:
        """0 everywhere."""
        return Membrane(zeros(shape, dtype))

    def step(self, state: Membrane, current: jax.Array) -> tuple[Membrane, jax.Array]:
        """Add the current, fire, reset."""
        u = state.v + like(state.v, current)
        v, spikes = self.fire(u, like(u, self.threshold))
        return Membrane(v), spikes.astype(current.dtype)


class Refractory(NamedTuple):
    """The state of a neuron with a refractory period.

    Attributes:
        v: membrane potential.
        wait: the steps for which it will not fire; a float, so that the state has one dtype.
    """

    v: jax.Array
    wait: jax.Array


class LIF(Firing):
    """Leaky integrate and fire.

        u = decay v + current,  spikes = surrogate(u - threshold),  v = u after the reset

    For `refractory` steps after a spike the membrane potential stays where the reset put it, the
    current is lost, and the neuron does not fire.

    Args:
        decay: the share of the membrane potential that is left after a step, 0 to 1, default 0.9;
            `LIF.from_tau` takes a time constant instead. To train it, a `LearnedDecay`.
        threshold: where it fires, default 1.
        reset: `"subtract"` (default), `"zero"` or None.
        detach_reset: whether the gradient leaves the reset out, default False.
        refractory: in steps, default 0; an array for one a neuron.
        surrogate: the step, with its gradient.

    State:
        `Membrane(v)`, or `Refractory(v, wait)` with a refractory period; 0 at rest.

    Elsewhere:
        SpikingJelly `LIFNode(tau, decay_input=False)` with `decay = 1 - 1 / tau`; snnTorch
        `Leaky(beta=decay, reset_delay=False)`, but where a reset by subtraction leaves the neuron
        above its threshold: snnTorch 1.0 takes the threshold off once more before it looks whether
        to fire, and gives it back if not. spyx `LIF(beta=decay)` resets one step later. At exactly
        the threshold we and SpikingJelly 2.0 fire, snnTorch and Norse 1.1 do not.

    Source:
        Gerstner, Kistler, Naud and Paninski (2014), "Neuronal Dynamics", chapter 1; in discrete
        time, Neftci, Mostafa and Zenke (2019), "Surrogate Gradient Learning in Spiking Neural
        Networks".

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, rollout
        >>> spikes, state = rollout(LIF(decay=0.5), jnp.full((5, 1), 0.75))
        >>> print(spikes[:, 0])
        [0. 1. 0. 1. 0.]
    """

    admissible = {"decay": DECAY, "refractory": STEPS}

    def __init__(
        self,
        decay: ArrayLike | LearnedDecay = 0.9,
        *,
        threshold: ArrayLike = 1.0,
        reset: str | None = "subtract",
        detach_reset: bool = False,
        refractory: ArrayLike = 0,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        super().__init__(threshold, reset, detach_reset, surrogate)
        self.decay = decay
        self.refractory = refractory

    @classmethod
    def from_tau(cls, tau: ArrayLike, dt: ArrayLike = 1.0, **parameters: Any) -> Self:
        """From a time constant and a time step in the same unit: `decay = exp(-dt / tau)`."""
        return cls(decay_of(tau, dt), **parameters)

    def initial_state(
        self, shape: tuple[int, ...], dtype: Any = jnp.float32
    ) -> Membrane | Refractory:
        """0 everywhere.

        Raises:
            ValueError: the dtype cannot count the steps of `refractory`.
        """
        v = Membrane(zeros(shape, dtype))
        if not (is_array(self.refractory) or self.refractory):
            return v
        most = 2 ** (jnp.finfo(dtype).nmant + 1)
        words = f"{most} or less with a {v.v.dtype} state, which counts no further"
        Domain(words, lambda steps: steps <= most).require(
            type(self).__name__, "refractory", self.refractory
        )
        # A buffer of its own, so that a state can be donated.
        return Refractory(v.v, zeros(shape, dtype))

    def step(self, state: Any, current: jax.Array) -> tuple[Any, jax.Array]:
        """Decay, add the current, fire, reset."""
        u = share(state.v, self, "decay") * state.v + like(state.v, current)
        v, spikes = self.fire(u, like(u, self.threshold))
        if isinstance(state, Membrane):
            return Membrane(v), spikes.astype(current.dtype)
        ready = state.wait <= 0
        v, spikes = jnp.where(ready, v, state.v), jnp.where(ready, spikes, 0)
        fired = jax.lax.stop_gradient(spikes)
        wait = jnp.maximum(state.wait - 1, 0) + like(u, self.refractory) * fired
        return Refractory(v, wait), spikes.astype(current.dtype)


class PLIF(Firing):
    """Parametric leaky integrate and fire: the leak is learned, kept between 0 and 1.

        k = 1 / (1 + exp(-w)),  u = v + k (current - v)

    and, with `decay_input=False`, `u = v - k v + current`.

    Args:
        w: the leak before the logistic function; an array to learn it, one or one a neuron. Default
            0, a time constant of two steps; `PLIF.from_tau` takes a time constant.
        threshold: where it fires, default 1.
        reset: `"subtract"`, `"zero"` (default) or None.
        detach_reset: whether the gradient leaves the reset out, default False.
        decay_input: whether the leak scales the current as well, default True.
        surrogate: the step, with its gradient.

    State:
        `Membrane(v)`, 0 at rest.

    Elsewhere:
        SpikingJelly `ParametricLIFNode(init_tau)` is `PLIF.from_tau(init_tau)`, and
        `LIFNode(tau)` has `w = -log(tau - 1)`; Norse `lif_box_feed_forward_step` has
        `1 / (1 + exp(-w)) = dt * tau_mem_inv`.

    Source:
        Fang et al. (2021), "Incorporating Learnable Membrane Time Constant to Enhance Learning of
        Spiking Neural Networks".
    """

    admissible = {"w": FINITE, "decay_input": FLAG}

    def __init__(
        self,
        *,
        w: ArrayLike = 0.0,
        threshold: ArrayLike = 1.0,
        reset: str | None = "zero",
        detach_reset: bool = False,
        decay_input: bool = True,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        super().__init__(threshold, reset, detach_reset, surrogate)
        self.w = w
        self.decay_input = decay_input

    @classmethod
    def from_tau(cls, tau: float = 2.0, **parameters: Any) -> Self:
        """From a time constant in steps, above 1: `w = -log(tau - 1)`, as an array to learn."""
        LEAK.require(cls.__name__, "tau", tau)
        return cls(w=jnp.asarray(-math.log(tau - 1), jnp.float32), **parameters)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Membrane:
        """0 everywhere."""
        return Membrane(zeros(shape, dtype))

    def step(self, state: Membrane, current: jax.Array) -> tuple[Membrane, jax.Array]:
        """Leak, add the current, fire, reset."""
        # A number is folded here: Pallas has no rule for the logistic function of a constant.
        leak: Any
        if isinstance(self.w, int | float):
            leak = (1 + math.tanh(self.w / 2)) / 2
        else:
            leak = jax.nn.sigmoid(like(state.v, self.w))
        drive = like(state.v, current)
        if self.decay_input:
            u = state.v + leak * (drive - state.v)
        else:
            u = state.v - leak * state.v + drive
        v, spikes = self.fire(u, like(u, self.threshold))
        return Membrane(v), spikes.astype(current.dtype)


class LI(Neuron):
    """Leaky integrator: a readout that never fires, and gives its membrane potential.

        v = decay v + current

    Args:
        decay: the share of the membrane potential that is left after a step, 0 to 1, default 0.9;
            `LI.from_tau` takes a time constant instead. To train it, a `LearnedDecay`.

    State:
        `Membrane(v)`, 0 at rest. What a `step` gives in place of spikes is `v`, in its own dtype:
        with bfloat16 currents and the float32 state of the loops, float32.

    Elsewhere:
        snnTorch `Leaky(reset_mechanism="none")`, read at `mem`; spyx `LI`.

    Source:
        Gerstner, Kistler, Naud and Paninski (2014), "Neuronal Dynamics", chapter 1.

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LI, rollout
        >>> v, state = rollout(LI(decay=0.5), jnp.ones((3, 1)))
        >>> print(v[:, 0])
        [1.   1.5  1.75]
    """

    admissible = {"decay": DECAY}

    def __init__(self, decay: ArrayLike | LearnedDecay = 0.9) -> None:
        self.decay = decay

    @classmethod
    def from_tau(cls, tau: ArrayLike, dt: ArrayLike = 1.0) -> Self:
        """From a time constant and a time step in the same unit: `decay = exp(-dt / tau)`."""
        return cls(decay_of(tau, dt))

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Membrane:
        """0 everywhere."""
        return Membrane(zeros(shape, dtype))

    def step(self, state: Membrane, current: jax.Array) -> tuple[Membrane, jax.Array]:
        """Decay and add the current."""
        v = share(state.v, self, "decay") * state.v + like(state.v, current)
        return Membrane(v), v
