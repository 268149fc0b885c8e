"""The neurons that the tests run over, with parameters that are trained and a fitting input."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad import neurons
from spikegrad.surrogate import Surrogate

TIME, BATCH, NEURONS = 23, 3, 4
RESETS = tuple(itertools.product(("subtract", "zero", None), (False, True)))


class Case(NamedTuple):
    """How the tests make a neuron.

    Attributes:
        make: from array parameters to a neuron; takes those of the class as keywords.
        trained: its array parameters, scalars and one a neuron.
        current: mean and deviation of an input under which it fires now and then.
        resets: whether it takes `reset`, `detach_reset`, or neither.
    """

    make: Callable[..., neurons.Neuron]
    trained: dict[str, float]
    current: tuple[float, float]
    resets: str = "reset"

    def neuron(
        self,
        surrogate: Surrogate,
        reset: str | None,
        detach: bool,
        dtype: Any = np.float32,
        *,
        trained: bool = True,
    ) -> neurons.Neuron:
        """The neuron; its first trained parameter has a value a neuron, or all are numbers."""
        arrays: dict[str, Any] = dict(self.trained)
        if trained:
            arrays = {name: jnp.asarray(value, dtype) for name, value in arrays.items()}
            first = next(iter(arrays))
            spread = jnp.linspace(0.9, 1.0, NEURONS).astype(dtype)
            arrays[first] = (arrays[first] * spread)[None]
        options: dict[str, Any] = {}
        if self.resets == "reset":
            options = {"reset": reset, "detach_reset": detach, "surrogate": surrogate}
        elif self.resets == "detach":
            options = {"detach_reset": detach, "surrogate": surrogate}
        return self.make(**arrays, **options)

    def currents(self, seed: int = 0, dtype: Any = np.float32) -> jax.Array:
        """Input currents, `(time, batch, neurons)`."""
        mean, deviation = self.current
        noise = np.random.default_rng(seed).normal(mean, deviation, (TIME, BATCH, NEURONS))
        return jnp.asarray(noise, dtype)


def _refractory(**parameters: Any) -> neurons.LIF:
    return neurons.LIF(refractory=2, **parameters)


def _plif_undecayed(**parameters: Any) -> neurons.PLIF:
    return neurons.PLIF(decay_input=False, **parameters)


CASES = {
    "IF": Case(neurons.IF, {"threshold": 1.0}, (0.3, 0.5)),
    "LIF": Case(neurons.LIF, {"decay": 0.9, "threshold": 1.0}, (0.3, 0.5)),
    "LIF-refractory": Case(_refractory, {"decay": 0.9, "threshold": 1.0}, (0.4, 0.5)),
    "PLIF": Case(neurons.PLIF, {"w": -0.7, "threshold": 0.5}, (0.6, 1.0)),
    "PLIF-undecayed": Case(_plif_undecayed, {"w": -0.7, "threshold": 1.0}, (0.3, 0.5)),
    "CubaLIF": Case(
        neurons.CubaLIF, {"synaptic_decay": 0.6, "decay": 0.9, "threshold": 1.0}, (0.15, 0.3)
    ),
    "ALIF": Case(
        neurons.ALIF,
        {"strength": 0.3, "decay": 0.9, "adaptation_decay": 0.95, "threshold": 1.0},
        (0.4, 0.5),
    ),
    "Izhikevich": Case(
        neurons.Izhikevich, {"a": 0.02, "b": 0.2, "jump": 8.0}, (25.0, 10.0), "detach"
    ),
    "AdEx": Case(neurons.AdEx, {"leak": 30.0, "jump": 80.5}, (20000.0, 15000.0), "detach"),
    "LI": Case(neurons.LI, {"decay": 0.9}, (0.3, 0.5), "none"),
}


def neuron_cases() -> Iterator[tuple[str, str | None, bool]]:
    """Every neuron with every reset that it has."""
    for name, case in CASES.items():
        yield from (
            (name, reset, detach)
            for reset, detach in RESETS
            if case.resets == "reset"
            or (case.resets == "detach" and reset is None)
            or (case.resets == "none" and reset is None and not detach)
        )
