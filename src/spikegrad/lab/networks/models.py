"""The neurons that a hidden layer can be made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from spikegrad.neurons import ALIF, IF, LIF, PLIF, CubaLIF, Neuron
from spikegrad.surrogate import Surrogate

RESETS: Mapping[str, str | None] = {"subtract": "subtract", "zero": "zero", "none": None}
SYNAPTIC_DECAY = 0.5
ADAPTATION_DECAY = 0.95
ADAPTATION_STRENGTH = 0.2


class Firing(NamedTuple):
    """How a neuron fires and is reset; the arguments that all models share."""

    reset: str | None
    detach_reset: bool
    surrogate: Surrogate


class Model(NamedTuple):
    """A kind of neuron.

    Attributes:
        make: from the membrane decay of a step and how it fires to the neuron.
        text: what it is.
        trained: from the membrane decay, above 0 and below 1, to the parameters that are trained,
            with their first values; None where there are none.
    """

    make: Callable[[float, Firing], Neuron]
    text: str
    trained: Callable[[float], dict[str, float]] | None = None


MODELS: Mapping[str, Model] = {
    "LIF": Model(lambda beta, firing: LIF(beta, **firing._asdict()), "leaky"),
    "IF": Model(lambda beta, firing: IF(**firing._asdict()), "without a leak"),
    "CubaLIF": Model(
        lambda beta, firing: CubaLIF(beta, synaptic_decay=SYNAPTIC_DECAY, **firing._asdict()),
        f"leaky, with a synaptic current that decays to {SYNAPTIC_DECAY:g} a step",
    ),
    "ALIF": Model(
        lambda beta, firing: ALIF(
            beta,
            adaptation_decay=ADAPTATION_DECAY,
            strength=ADAPTATION_STRENGTH,
            **firing._asdict(),
        ),
        f"leaky, with a threshold that rises by {ADAPTATION_STRENGTH:g} a spike",
    ),
    "PLIF": Model(
        lambda beta, firing: PLIF(decay_input=False, **firing._asdict()),
        "leaky, with a decay that is learned from --beta on",
        lambda beta: {"w": math.log((1 - beta) / beta)},
    ),
}
