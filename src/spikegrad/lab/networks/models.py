"""The neurons that a hidden layer can be made of."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from spikegrad._domains import Domain
from spikegrad.lab.networks.changing import NONE
from spikegrad.neurons import ALIF, IF, LIF, PLIF, CubaLIF, LearnedDecay, Neuron
from spikegrad.surrogate import Surrogate

RESETS: Mapping[str, str | None] = {"subtract": "subtract", "zero": "zero", "none": None}
EACH = "each"
WAYS = (NONE, "shared", EACH)


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
        leak: where the leak is always trained, from the membrane decay, above 0 and below 1, to the
            value of `w`.
        other: the constants that are not as the library has them.
    """

    kind: type[Neuron]
    text: str
    decay: str | None = "decay"
    leak: Callable[[float], float] | None = None
    other: Mapping[str, Any] = MappingProxyType({})

    @property
    def constants(self) -> dict[str, Any]:
        """What a neuron is made of beside its decay and how it fires, with the defaults."""
        settings = {self.decay, *Firing._fields, "w"}
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

    def trains(self, way: str) -> bool:
        """Whether anything of the neuron is trained, in one of `WAYS`."""
        return self.leak is not None or (way != NONE and bool(self._decays))

    def trained(
        self, way: str, beta: float, constants: Mapping[str, Any], neurons: int
    ) -> dict[str, Any]:
        """The parameters that are trained, with their first values.

        Args:
            way: one of `WAYS`; a leak that is always trained is shared unless each has its own.
            beta: the membrane decay of a step, above 0 and below 1.
            constants: those that are not the default.
            neurons: how many there are.

        Raises:
            ValueError: a decay is 0 or 1, where none can be trained.
        """
        shape = (neurons,) if way == EACH else ()
        if self.leak is not None:
            return {"w": jnp.full(shape, self.leak(beta), jnp.float32)}
        values = self.constants | dict(constants) | {self.decay: beta}
        names = self._decays if way != NONE else []
        return {name: LearnedDecay(jnp.full(shape, values[name], jnp.float32)) for name in names}

    @property
    def _decays(self) -> list[str]:
        return [
            name
            for name, domain in self.kind.admissible.items()
            if isinstance(domain, Domain) and LearnedDecay in domain.kinds
        ]

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
        leak=lambda beta: math.log((1 - beta) / beta),
        # Times 1 - beta, the currents would reach no threshold, and nothing would be learned.
        other={"decay_input": False},
    ),
}


def decays(trained: Mapping[str, Any]) -> dict[str, npt.NDArray[np.float32]]:
    """The decays that were trained, by name.

    Args:
        trained: what became of `Model.trained`.
    """
    found = {}
    for name, value in trained.items():
        if isinstance(value, LearnedDecay):
            found[name] = np.asarray(value.value)
        else:
            # A leak before the logistic function, of which the decay is what is left.
            found["decay"] = np.asarray(jax.nn.sigmoid(-value))
    return found


# Those of 0.1.0 that the library had not, and that were not stored.
CONSTANTS_OF_0_1_0: Mapping[str, Mapping[str, float]] = {
    "CubaLIF": {"synaptic_decay": 0.5},
    "ALIF": {"adaptation_decay": 0.95, "strength": 0.2},
}
