"""spikegrad: surrogate gradients for training spiking neural networks in JAX.

A spiking neuron's output is a step function of its membrane potential, whose derivative is zero
almost everywhere. A surrogate gradient keeps the step in the forward pass and puts a usable
derivative in the backward pass. The shapes and their contract live in [`spikegrad.surrogate`][],
neurons and the loop over time in [`spikegrad.neurons`][]; `check` says whether a surrogate of your
own is what it says it is. [`spikegrad.plotting`][] is imported when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spikegrad import checking as checking
    from spikegrad import health as health
    from spikegrad import neurons as neurons
    from spikegrad import plotting as plotting
    from spikegrad import surrogate as surrogate
    from spikegrad.checking import check as check

__version__ = "0.1.0"

_ROOMS = ("checking", "health", "neurons", "plotting", "surrogate")


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command has to answer Ctrl-C before JAX, which takes its time.
    if name == "check":
        value = importlib.import_module("spikegrad.checking").check
    elif name in _ROOMS:
        value = importlib.import_module(f"spikegrad.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, "check"})
