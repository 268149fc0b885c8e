"""The competitors that run on JAX: what each makes of a layer, and how a task is timed.

A task comes warm: everything in it has run once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import memory
import naive
import numpy as np
from roster import DECAY

Run = Callable[[jax.Array], jax.Array]
SHARPNESS = {"Sigmoid": 4.0, "Arctan": 2.0}
"""Both shapes have peak 1 at these."""


def _spikegrad_surrogate(name: str) -> Any:
    from spikegrad import surrogate

    return surrogate.get(name, alpha=SHARPNESS[name])


def _braintools_surrogate(name: str) -> Any:
    from braintools import surrogate

    return getattr(surrogate, name)(SHARPNESS[name])


def _lif(surrogate: Any, reset: str) -> Any:
    from spikegrad.neurons import LIF

    return LIF(decay=DECAY, reset=reset, surrogate=surrogate)


def _scanned(neuron: Any) -> Run:
    return lambda xs: jax.lax.scan(neuron.step, neuron.initial_state(xs.shape[1:]), xs)[1]


def spikegrad(surrogate: str, reset: str) -> Run:
    """This library's rollout."""
    from spikegrad.neurons import rollout

    neuron = _lif(_spikegrad_surrogate(surrogate), reset)
    return lambda xs: rollout(neuron, xs, keep="state")[0]


def plain_scan(surrogate: str, reset: str) -> Run:
    """A scan over this library's step, differentiated by JAX."""
    return _scanned(_lif(_spikegrad_surrogate(surrogate), reset))


def braintools(surrogate: str, reset: str) -> Run:
    """The same scan with the surrogate of braintools."""
    return _scanned(_lif(_braintools_surrogate(surrogate), reset))


def spyx(surrogate: str, reset: str) -> Run:
    """spyx's LIF in spyx's loop; its tanh at k = 2 is the sigmoid at alpha = 4."""
    from flax import nnx
    from spyx import axn, nn

    del reset
    activation = {"Sigmoid": axn.tanh(k=2.0), "Arctan": axn.arctan(k=2.0)}[surrogate]

    def run(xs: jax.Array) -> jax.Array:
        layer = nn.LIF(xs.shape[2:], beta=DECAY, activation=activation, rngs=nnx.Rngs(0))
        return nn.run(layer, xs)[0]

    return run


LAYERS = {
    "spikegrad": spikegrad,
    "plain scan": plain_scan,
    "braintools": braintools,
    "spyx": spyx,
}
SPIKES = {
    "spikegrad": _spikegrad_surrogate,
    "braintools": _braintools_surrogate,
    "hand-written": lambda name: naive.spike(name, alpha=SHARPNESS[name]),
}


def _normal(seed: int, *shape: int, scale: float = 1.0) -> jax.Array:
    values = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return jax.device_put(values * np.float32(scale))


def _compiled(function: Callable[..., Any], *given: Any) -> tuple[Callable[..., Any], float, int]:
    """A function compiled, the seconds that took, and the bytes of temporaries it needs."""
    start = time.perf_counter()
    compiled = jax.jit(function).lower(*given).compile()
    seconds = time.perf_counter() - start
    return compiled, seconds, compiled.memory_analysis().temp_size_in_bytes


def _seconds(function: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = jax.block_until_ready(function(*given))
    return time.perf_counter() - start, result


def rollout_task(
    competitor: str, *, surrogate: str, reset: str, time: int, batch: int, neurons: int
) -> tuple[Callable[[], dict[str, float]], dict[str, Any]]:
    """A layer over time: forward alone, and forward with the gradient by the currents."""
    run = LAYERS[competitor](surrogate, reset)
    xs = _normal(0, time, batch, neurons, scale=0.5)
    cotangent = _normal(1, time, batch, neurons)

    def both(xs: jax.Array, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
        spikes, pull = jax.vjp(run, xs)
        return spikes, pull(cotangent)[0]

    forward, forward_seconds, _ = _compiled(run, xs)
    both_compiled, both_seconds, temporaries = _compiled(both, xs, cotangent)
    peak, (spikes, gradient) = memory.peak(lambda: _seconds(both_compiled, xs, cotangent)[1])
    about = {
        "compile": {"forward": forward_seconds, "both": both_seconds},
        "temporaries": temporaries,
        "peak": peak,
        "rate": float(spikes.mean()),
        "gradient": float(jnp.abs(gradient).mean()),
    }
    del spikes, gradient
    _seconds(forward, xs)  # Warm now, as the other is.

    def repeat() -> dict[str, float]:
        return {
            "forward": _seconds(forward, xs)[0],
            "both": _seconds(both_compiled, xs, cotangent)[0],
        }

    return repeat, about


def yardstick_task(
    competitor: str, *, surrogate: str, reset: str, time: int, batch: int, neurons: int
) -> tuple[Callable[[], dict[str, float]], dict[str, Any]]:
    """A linear layer and a layer of neurons: forward ready to be differentiated, and backward."""
    run = LAYERS[competitor](surrogate, reset)
    xs, cotangent = (_normal(seed, time, batch, neurons) for seed in (0, 1))
    weights = _normal(2, neurons, neurons, scale=0.5 * neurons**-0.5), jnp.zeros(neurons)

    def spikes(weights: tuple[jax.Array, jax.Array], xs: jax.Array) -> jax.Array:
        return run(xs @ weights[0] + weights[1])

    def forward(weights: Any, xs: jax.Array) -> Any:
        return jax.vjp(lambda weights: spikes(weights, xs), weights)

    ahead, ahead_seconds, _ = _compiled(forward, weights, xs)
    pull = jax.block_until_ready(ahead(weights, xs))[1]
    back, back_seconds, _ = _compiled(lambda pull, cotangent: pull(cotangent), pull, cotangent)
    del pull

    def repeat() -> dict[str, float]:
        forward_seconds, (_, pull) = _seconds(ahead, weights, xs)
        return {"forward": forward_seconds, "backward": _seconds(back, pull, cotangent)[0]}

    peak, _ = memory.peak(repeat)
    return repeat, {
        "compile": {"forward": ahead_seconds, "backward": back_seconds},
        "peak": peak,
        "rate": float(ahead(weights, xs)[0].mean()),
    }


def step_task(
    competitor: str, *, surrogate: str, elements: int
) -> tuple[Callable[[], dict[str, float]], dict[str, Any]]:
    """The bare step function, seconds a call; for the hand-written one, a copy as well."""
    spike = SPIKES[competitor](surrogate)
    x, cotangent = _normal(0, elements), _normal(1, elements)

    def gradient(x: jax.Array, cotangent: jax.Array) -> Any:
        return jax.vjp(spike, x)[1](cotangent)[0]

    calls: dict[str, Callable[[], Any]] = {
        "eager call": lambda: spike(x),
        "eager gradient": lambda: gradient(x, cotangent),
    }
    compiled, compiled_gradient, copy = jax.jit(spike), jax.jit(gradient), jax.jit(jnp.copy)
    calls["compiled call"] = lambda: compiled(x)
    calls["compiled gradient"] = lambda: compiled_gradient(x, cotangent)
    if competitor == "hand-written":
        calls["copy"] = lambda: copy(x)
    # Small arrays are over in microseconds: many calls make one measurement.
    times = max(1, 200_000 // (elements + 1000))

    def repeat() -> dict[str, float]:
        found = {}
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(times):
                jax.block_until_ready(call())
            found[name] = (time.perf_counter() - start) / times
        return found

    repeat()
    return repeat, {}


TASKS = {"rollout": rollout_task, "yardstick": yardstick_task, "step": step_task}
