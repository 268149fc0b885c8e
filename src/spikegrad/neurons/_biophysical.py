"""Neurons in millivolts and milliseconds, integrated by Euler's method.

The surrogate takes a number without a unit: the distance to the peak over `scale` millivolts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, FLAG, POSITIVE
from spikegrad.neurons._base import DEFAULT_SURROGATE, FIRING, Neuron, like, zeros
from spikegrad.surrogate import Surrogate


class Recovery(NamedTuple):
    """The state of a neuron with a recovery variable.

    Attributes:
        v: membrane potential in mV.
        w: the recovery variable.
    """

    v: jax.Array
    w: jax.Array


class _Peaked(Neuron):
    """A neuron whose spike is cut off at a peak, and which then jumps to a reset potential."""

    peak: ArrayLike
    v_reset: ArrayLike
    jump: ArrayLike
    scale: ArrayLike
    detach_reset: bool
    surrogate: Surrogate

    def _cut(self, u: jax.Array, w: jax.Array) -> tuple[Recovery, jax.Array]:
        spikes = self.surrogate((u - like(u, self.peak)) / like(u, self.scale))
        took = jax.lax.stop_gradient(spikes) if self.detach_reset else spikes
        # Not `u + took (v_reset - u)`: where u is 1e9, as AdEx may have it, v_reset is lost in it.
        v = (1 - took) * u + took * like(u, self.v_reset)
        return Recovery(v, w + took * like(u, self.jump)), spikes


class Izhikevich(_Peaked):
    """Izhikevich's two equations: twenty kinds of firing from four numbers.

        u = v + dt (0.04 v^2 + 5 v + 140 - w + current)
        w = w + dt a (b v - w)
        spikes = surrogate((u - peak) / scale);  where it fires, v = v_reset and w = w + jump

    Args:
        a: rate of the recovery, per ms, default 0.02.
        b: how the recovery depends on the membrane potential, default 0.2.
        v_reset: in mV, default -65 (called c in the paper).
        jump: of the recovery at a spike, default 8 (called d in the paper).
        peak: where the spike is cut off, in mV, default 30.
        dt: time step in ms, default 0.5.
        scale: the mV that count as 1 for the surrogate, default 10.
        detach_reset: whether the gradient leaves the reset out, default False.
        surrogate: the step, with its gradient.

    State:
        `Recovery(v, w)`, at rest `v = v_reset` and `w = b v_reset`. The current is in mV per ms.

    Source:
        Izhikevich (2003), "Simple Model of Spiking Neurons".
    """

    admissible = {
        "a": FINITE,
        "b": FINITE,
        "v_reset": FINITE,
        "jump": FINITE,
        "peak": FINITE,
        "dt": POSITIVE,
        "scale": POSITIVE,
        "detach_reset": FLAG,
        "surrogate": FIRING,
    }

    def __init__(
        self,
        *,
        a: ArrayLike = 0.02,
        b: ArrayLike = 0.2,
        v_reset: ArrayLike = -65.0,
        jump: ArrayLike = 8.0,
        peak: ArrayLike = 30.0,
        dt: ArrayLike = 0.5,
        scale: ArrayLike = 10.0,
        detach_reset: bool = False,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        self.a, self.b, self.dt = a, b, dt
        self.v_reset, self.jump, self.peak, self.scale = v_reset, jump, peak, scale
        self.detach_reset = detach_reset
        self.surrogate = surrogate

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Recovery:
        """At the reset potential, the recovery in balance with it."""
        rest = zeros(shape, dtype)
        v = rest + like(rest, self.v_reset)
        return Recovery(v, like(v, self.b) * v)

    def step(self, state: Recovery, current: jax.Array) -> tuple[Recovery, jax.Array]:
        """One step of Euler's method; fire, reset."""
        v, w = state
        dt = like(v, self.dt)
        u = v + dt * (0.04 * v * v + 5 * v + 140 - w + like(v, current))
        new, spikes = self._cut(u, w + dt * like(v, self.a) * (like(v, self.b) * v - w))
        return new, spikes.astype(current.dtype)


class AdEx(_Peaked):
    """Adaptive exponential integrate and fire.

        u = v + dt/C (-g_L (v - E_L) + g_L slope exp((v - v_T) / slope) - w + current)
        w = w + dt/tau_w (a (v - E_L) - w)
        spikes = surrogate((u - peak) / scale);  where it fires, v = v_reset and w = w + jump

    Args:
        capacitance: C in pF, default 281.
        leak: g_L in nS, default 30.
        rest: E_L in mV, default -70.6.
        v_threshold: v_T in mV, default -50.4.
        slope: in mV, default 2 (called Delta_T in the paper).
        tau_w: time constant of the adaptation in ms, default 144.
        a: adaptation below the threshold in nS, default 4.
        jump: of the adaptation at a spike in pA, default 80.5 (called b in the paper).
        v_reset: in mV, default -70.6.
        peak: where the spike is cut off, in mV, default 0. The exponential stops growing there.
        dt: time step in ms, default 0.1.
        scale: the mV that count as 1 for the surrogate, default 10.
        detach_reset: whether the gradient leaves the reset out, default False.
        surrogate: the step, with its gradient.

    State:
        `Recovery(v, w)`, at rest `v = rest` and `w = 0`. The current is in pA.

    Source:
        Brette and Gerstner (2005), "Adaptive Exponential Integrate-and-Fire Model as an Effective
        Description of Neuronal Activity".
    """

    admissible = {
        "capacitance": POSITIVE,
        "leak": POSITIVE,
        "rest": FINITE,
        "v_threshold": FINITE,
        "slope": POSITIVE,
        "tau_w": POSITIVE,
        "a": FINITE,
        "jump": FINITE,
        "v_reset": FINITE,
        "peak": FINITE,
        "dt": POSITIVE,
        "scale": POSITIVE,
        "detach_reset": FLAG,
        "surrogate": FIRING,
    }

    def __init__(
        self,
        *,
        capacitance: ArrayLike = 281.0,
        leak: ArrayLike = 30.0,
        rest: ArrayLike = -70.6,
        v_threshold: ArrayLike = -50.4,
        slope: ArrayLike = 2.0,
        tau_w: ArrayLike = 144.0,
        a: ArrayLike = 4.0,
        jump: ArrayLike = 80.5,
        v_reset: ArrayLike = -70.6,
        peak: ArrayLike = 0.0,
        dt: ArrayLike = 0.1,
        scale: ArrayLike = 10.0,
        detach_reset: bool = False,
        surrogate: Surrogate = DEFAULT_SURROGATE,
    ) -> None:
        self.capacitance, self.leak, self.rest = capacitance, leak, rest
        self.v_threshold, self.slope, self.tau_w, self.a = v_threshold, slope, tau_w, a
        self.v_reset, self.jump, self.peak, self.scale = v_reset, jump, peak, scale
        self.dt = dt
        self.detach_reset = detach_reset
        self.surrogate = surrogate

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Recovery:
        """At the resting potential, without adaptation."""
        w = zeros(shape, dtype)
        return Recovery(w + like(w, self.rest), w)

    def step(self, state: Recovery, current: jax.Array) -> tuple[Recovery, jax.Array]:
        """One step of Euler's method; fire, reset."""
        v, w = state
        slope, leak, dt = like(v, self.slope), like(v, self.leak), like(v, self.dt)
        above_rest = v - like(v, self.rest)
        # Above the peak the neuron has fired anyway, and the exponential would overflow.
        rise = jnp.minimum(v, like(v, self.peak)) - like(v, self.v_threshold)
        ionic = leak * (slope * jnp.exp(rise / slope) - above_rest)
        u = v + dt / like(v, self.capacitance) * (ionic - w + like(v, current))
        w = w + dt / like(v, self.tau_w) * (like(v, self.a) * above_rest - w)
        new, spikes = self._cut(u, w)
        return new, spikes.astype(current.dtype)
