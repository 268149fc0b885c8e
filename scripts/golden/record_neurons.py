"""Record spikes, membrane potentials and gradients of the neurons of other libraries.

Runs in the environment of `record_torch.py`, and writes `tests/golden/neurons/torch.json`: one
entry a neuron, set of options and input. One input crosses the threshold by little, so that a reset
by subtraction always leaves the membrane below it; one goes far beyond. The gradient is that of the
sum of spikes times `weights` by the currents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

FILE = Path(__file__).parents[2] / "tests" / "golden" / "neurons" / "torch.json"
TIME, BATCH, NEURONS = 24, 2, 3
DRAWS = np.random.default_rng(0)
# Whole multiples of 1/64 are exact in float32; none reaches the threshold at once.
CURRENTS = np.float32(DRAWS.integers(-16, 44, (TIME, BATCH, NEURONS)) / 64)
WEIGHTS = np.float32(DRAWS.integers(-64, 64, (TIME, BATCH, NEURONS)) / 64)
INPUTS = {
    "usual": CURRENTS,
    "overshooting": np.where(DRAWS.random(CURRENTS.shape) < 0.25, 5, 0.5) * np.abs(CURRENTS),
}

Step = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
Made = tuple[str, str, dict[str, Any], float, Step]


def snntorch_neurons() -> Iterator[Made]:
    """`Leaky` and `Synaptic`, reset in the step that spikes."""
    import snntorch
    from snntorch import surrogate

    def options(**own: Any) -> dict[str, Any]:
        return {"spike_grad": surrogate.atan(alpha=2.0), "reset_delay": False, **own}

    for reset in ("subtract", "zero", "none"):
        leaky = snntorch.Leaky(beta=0.875, reset_mechanism=reset, **options())
        state: list[Any] = [leaky.reset_mem()]

        def step(x: torch.Tensor, leaky: Any = leaky, state: Any = state) -> Any:
            spikes, state[0] = leaky(x, state[0])
            return spikes, state[0]

        yield "snntorch", "Leaky", {"beta": 0.875, "reset_mechanism": reset}, 1.0, step

    synaptic = snntorch.Synaptic(alpha=0.5, beta=0.875, **options())
    states: list[Any] = list(synaptic.reset_mem())

    def synaptic_step(x: torch.Tensor) -> Any:
        spikes, states[0], states[1] = synaptic(x, *states)
        return spikes, states[1]

    yield "snntorch", "Synaptic", {"alpha": 0.5, "beta": 0.875}, 0.5, synaptic_step


def spikingjelly_neurons() -> Iterator[Made]:
    """`IFNode`, `LIFNode` and `ParametricLIFNode`."""
    from spikingjelly.activation_based import neuron, surrogate

    def made(name: str, scale: float, **options: Any) -> Made:
        node = getattr(neuron, name)(surrogate_function=surrogate.ATan(alpha=2.0), **options)
        return "spikingjelly", name, options, scale, lambda x: (node(x), node.v)

    for v_reset in (None, 0.0):
        for detach_reset in (False, True):
            both = {"v_reset": v_reset, "detach_reset": detach_reset}
            yield made("IFNode", 1.0, **both)
            yield made("LIFNode", 1.0, tau=4.0, decay_input=False, **both)
    yield made("LIFNode", 4.0, tau=4.0, decay_input=True, v_reset=0.0)
    yield made("ParametricLIFNode", 4.0, init_tau=4.0, decay_input=True, v_reset=0.0)


def norse_neurons() -> Iterator[Made]:
    """`lif_box_feed_forward_step`, and `lif_feed_forward_step` with its synaptic current."""
    from norse.torch.functional import lif, lif_box

    box = lif_box.LIFBoxParameters(tau_mem_inv=torch.tensor(250.0))
    state = [lif_box.LIFBoxFeedForwardState(v=torch.zeros(BATCH, NEURONS))]

    def box_step(x: torch.Tensor) -> Any:
        spikes, state[0] = lif_box.lif_box_feed_forward_step(x, state[0], box)
        return spikes, state[0].v

    options = {"tau_mem_inv": 250.0, "dt": 0.001}
    yield "norse", "lif_box_feed_forward_step", options, 4.0, box_step

    synaptic = lif.LIFParameters(tau_mem_inv=torch.tensor(250.0), tau_syn_inv=torch.tensor(500.0))
    zeros = torch.zeros(BATCH, NEURONS)
    states = [lif.LIFFeedForwardState(v=zeros, i=zeros)]

    def synaptic_step(x: torch.Tensor) -> Any:
        spikes, states[0] = lif.lif_feed_forward_step(x, states[0], synaptic)
        return spikes, states[0].v

    options = {"tau_mem_inv": 250.0, "tau_syn_inv": 500.0, "dt": 0.001}
    yield "norse", "lif_feed_forward_step", options, 3.0, synaptic_step


def entry(made: Made, name_of_input: str) -> dict[str, Any]:
    """What one neuron does with an input, times `scale`."""
    library, name, options, scale, step = made
    currents = torch.tensor(np.float32(INPUTS[name_of_input]), requires_grad=True)
    spikes, potentials = zip(*(step(scale * x) for x in currents), strict=True)
    (torch.stack(spikes) * torch.tensor(WEIGHTS)).sum().backward()
    return {
        "library": library,
        "version": metadata.version(library),
        "neuron": name,
        "options": options,
        "scale": scale,
        "input": name_of_input,
        "spikes": torch.stack(spikes).detach().int().tolist(),
        "v": torch.stack(potentials).detach().tolist(),
        "gradient": currents.grad.tolist(),
    }


def at_threshold() -> dict[str, float]:
    """The spike of a neuron of each library at rest, brought to exactly its threshold of 1."""
    import snntorch
    from norse.torch.functional import lif_box
    from spikingjelly.activation_based import neuron

    leaky = snntorch.Leaky(beta=0.5, reset_delay=False)
    box = lif_box.LIFBoxParameters(tau_mem_inv=torch.tensor(1.0))
    rest = lif_box.LIFBoxFeedForwardState(v=torch.zeros(1))
    one = torch.ones(1)
    return {
        "snntorch": leaky(one, leaky.reset_mem())[0].item(),
        "spikingjelly": neuron.IFNode()(one).item(),
        "norse": lif_box.lif_box_feed_forward_step(one, rest, box, dt=1.0)[0].item(),
    }


def main() -> None:
    """Write the file."""
    makers = snntorch_neurons, spikingjelly_neurons, norse_neurons
    # A neuron keeps its state, so every input has its own.
    rows = [entry(made, name) for name in INPUTS for make in makers for made in make()]
    golden = {
        "script": "scripts/golden/record_neurons.py",
        "torch": torch.__version__,
        "inputs": {name: np.float32(currents).tolist() for name, currents in INPUTS.items()},
        "weights": WEIGHTS.tolist(),
        "at_threshold": at_threshold(),
        "entries": rows,
    }
    FILE.write_text(json.dumps(golden) + "\n")
    print(f"{FILE}: {len(rows)} entries")


if __name__ == "__main__":
    main()
