"""The neurons that a hidden layer can be made of."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from spikegrad.neurons import ALIF, IF, LIF, PLIF, CubaLIF, Neuron
from spikegrad.surrogate import Surrogate

RESETS: Mapping[str, str | None] = {"subtract": "subtract", "zero": "zero", "none": None}


class Firing(NamedTuple):
    """How a neuron fires and is reset; the arguments that all models share."""

    reset: str | None
    detach_reset: bool
    surrogate: Surrogate


class Model(NamedTuple):
    """A kind of neuron.

    Attributes:
        kind: the class.
        text: what it is; a name in braces stands for that constant.
        decay: the name of the parameter that is the membrane decay; None where there is none.
        trained: from the membrane decay, above 0 and below 1, to the parameters that are trained,
            with their first values; None where there are none.
        other: the constants that are not as the library has them.
    """

    kind: Callable[..., Neuron]
    text: str
    decay: str | None = "decay"
    trained: Callable[[float], dict[str, float]] | None = None
    other: Mapping[str, Any] = MappingProxyType({})

    @property
    def constants(self) -> dict[str, Any]:
        """What a neuron is made of beside its decay and how it fires, with the defaults."""
        settings = {self.decay, *Firing._fields, *(self.trained(0.5) if self.trained else ())}
        parameters = inspect.signature(self.kind).parameters
        defaults = {name: p.default for name, p in parameters.items() if name not in settings}
        return defaults | dict(self.other)

    def make(self, beta: float, firing: Firing, constants: Mapping[str, Any]) -> Neuron:
        """The neuron.

        Args:
            beta: the membrane decay of a step.
            firing: how it fires.
            constants: those that are not the default.
        """
        decay = {self.decay: beta} if self.decay else {}
        return self.kind(**decay, **self.constants | dict(constants), **firing._asdict())

    def __str__(self) -> str:
        return self.text.format_map({name: f"{c:g}" for name, c in self.constants.items()})


MODELS: Mapping[str, Model] = {
    "LIF": Model(LIF, "leaky"),
    "IF": Model(IF, "without a leak", decay=None),
    "CubaLIF": Model(
        CubaLIF, "leaky, with a synaptic current that decays to {synaptic_decay} a step"
    ),
    "ALIF": Model(ALIF, "leaky, with a threshold that rises by {strength} a spike"),
    "PLIF": Model(
        PLIF,
        "leaky, with a decay that is learned from --beta on",
        decay=None,
        trained=lambda beta: {"w": math.log((1 - beta) / beta)},
        # Times 1 - beta, the currents would reach no threshold, and nothing would be learned.
        other={"decay_input": False},
    ),
}

# Those of 0.1.0 that the library had not, and that were not stored.
CONSTANTS_OF_0_1_0: Mapping[str, Mapping[str, float]] = {
    "CubaLIF": {"synaptic_decay": 0.5},
    "ALIF": {"adaptation_decay": 0.95, "strength": 0.2},
}
