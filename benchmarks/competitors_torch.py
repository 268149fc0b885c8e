"""The competitors that run on PyTorch: what each makes of a layer, and how a task is timed.

A task comes warm: everything in it has run once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import memory
import numpy as np
import torch
from roster import DECAY

Run = Callable[[torch.Tensor], torch.Tensor]


def snntorch(surrogate: str) -> Run:
    """snnTorch's Leaky, called for each step: it has no mode of many steps that resets."""
    import snntorch
    from snntorch import surrogate as shapes

    shape = {"Sigmoid": shapes.sigmoid(slope=4), "Arctan": shapes.atan(alpha=2.0)}[surrogate]
    neuron = snntorch.Leaky(beta=DECAY, spike_grad=shape)

    def run(xs: torch.Tensor) -> torch.Tensor:
        v, spikes = torch.zeros_like(xs[0]), []
        for x in xs:
            spike, v = neuron(x, v)
            spikes.append(spike)
        return torch.stack(spikes)

    return run


def spikingjelly(surrogate: str) -> Run:
    """SpikingJelly's LIFNode in its multi-step mode."""
    from spikingjelly.activation_based import neuron
    from spikingjelly.activation_based import surrogate as shapes

    shape = {"Sigmoid": shapes.Sigmoid(4.0), "Arctan": shapes.ATan(2.0)}[surrogate]
    tau = 1 / (1 - DECAY)
    node = neuron.LIFNode(
        tau=tau, decay_input=False, v_reset=0.0, surrogate_function=shape, step_mode="m"
    )

    def run(xs: torch.Tensor) -> torch.Tensor:
        node.reset()
        return node(xs)

    return run


def norse(surrogate: str) -> Run:
    """Norse's LIF without synapse, called for each step, with Norse's own SuperSpike.

    Its input is scaled by 1 - decay, which is undone outside of what is timed: `gain`.
    """
    from norse.torch.functional.lif_box import (
        LIFBoxFeedForwardState,
        LIFBoxParameters,
        lif_box_feed_forward_step,
    )

    del surrogate
    dt = 0.001
    parameters = LIFBoxParameters(tau_mem_inv=torch.as_tensor((1 - DECAY) / dt))

    def run(xs: torch.Tensor) -> torch.Tensor:
        state, spikes = LIFBoxFeedForwardState(v=torch.zeros_like(xs[0])), []
        for x in xs:
            spike, state = lif_box_feed_forward_step(x, state, parameters, dt)
            spikes.append(spike)
        return torch.stack(spikes)

    return run


LAYERS = {"snnTorch": snntorch, "SpikingJelly": spikingjelly, "Norse": norse}


def gain(competitor: str) -> float:
    """What the currents are multiplied with to make the same membrane potential."""
    return 1 / (1 - DECAY) if competitor == "Norse" else 1.0


def _normal(seed: int, *shape: int, scale: float = 1.0) -> torch.Tensor:
    values = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return torch.from_numpy(values * np.float32(scale))


def _seconds(function: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function(*given)
    return time.perf_counter() - start, result


def _warm(run: Run) -> None:
    """Load what a first call loads, on a small array."""
    xs = torch.zeros(2, 1, 1, requires_grad=True)
    torch.autograd.grad(run(xs), xs, torch.ones(2, 1, 1))


def rollout_task(
    competitor: str, *, surrogate: str, reset: str, time: int, batch: int, neurons: int
) -> tuple[Callable[[], dict[str, float]], dict[str, Any]]:
    """A layer over time: forward alone, and forward with the gradient by the currents."""
    del reset
    run = LAYERS[competitor](surrogate)
    xs = _normal(0, time, batch, neurons, scale=0.5 * gain(competitor)).requires_grad_()
    cotangent = _normal(1, time, batch, neurons)

    def forward() -> torch.Tensor:
        with torch.no_grad():
            return run(xs)

    def both() -> tuple[torch.Tensor, torch.Tensor]:
        spikes = run(xs)
        return spikes.detach(), torch.autograd.grad(spikes, xs, cotangent)[0]

    _warm(run)
    peak, (spikes, gradient) = memory.peak(both)
    about = {
        "peak": peak,
        "rate": float(spikes.mean()),
        "gradient": float(gradient.abs().mean()) * gain(competitor),
    }
    del spikes, gradient
    _seconds(forward)  # Warm now, as the other is.

    def repeat() -> dict[str, float]:
        return {"forward": _seconds(forward)[0], "both": _seconds(both)[0]}

    return repeat, about


def yardstick_task(
    competitor: str, *, surrogate: str, reset: str, time: int, batch: int, neurons: int
) -> tuple[Callable[[], dict[str, float]], dict[str, Any]]:
    """A linear layer and a layer of neurons: forward ready to be differentiated, and backward."""
    del reset
    run = LAYERS[competitor](surrogate)
    xs, cotangent = (_normal(seed, time, batch, neurons) for seed in (0, 1))
    scale = 0.5 * neurons**-0.5 * gain(competitor)
    weights = _normal(2, neurons, neurons, scale=scale).requires_grad_()
    bias = torch.zeros(neurons, requires_grad=True)

    def forward() -> torch.Tensor:
        return run(torch.nn.functional.linear(xs, weights, bias))

    def backward(spikes: torch.Tensor) -> Any:
        return torch.autograd.grad(spikes, (weights, bias), cotangent)

    def repeat() -> dict[str, float]:
        forward_seconds, spikes = _seconds(forward)
        return {"forward": forward_seconds, "backward": _seconds(backward, spikes)[0]}

    _warm(run)
    peak, _ = memory.peak(repeat)
    with torch.no_grad():
        rate = float(forward().mean())
    return repeat, {"peak": peak, "rate": rate}


TASKS = {"rollout": rollout_task, "yardstick": yardstick_task}
