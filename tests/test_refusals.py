"""What no parameter can be is refused by its name, in one line, by every class that takes it."""

from __future__ import annotations

import inspect

import jax.numpy as jnp
import pytest

from spikegrad import neurons, surrogate
from spikegrad.surrogate.catalogue import CATALOGUE

NEVER = {
    "a huge number": 10**400,
    "a huge negative number": -(10**5000),
    "text": "x",
    "a complex number": 1j,
    "NaN": float("nan"),
    "an object": object(),
    "a dict": {},
    "text in an array": jnp.asarray([1.0]).__array__().astype(str),
}
TAKEN_FOR_ANOTHER_S_SAKE = {("S2NN", "epsilon")}


def _parameters():
    classes = [row.shape for row in CATALOGUE]
    classes += [made for made in vars(neurons).values() if inspect.isclass(made)]
    for made in classes:
        parameters = inspect.signature(made).parameters
        of_neurons = issubclass(made, neurons.Neuron) and made is not neurons.Neuron
        if not (of_neurons or issubclass(made, surrogate.Surrogate)):
            continue
        if all(p.default is not p.empty for p in parameters.values()):
            for name in parameters:
                if (made.__name__, name) not in TAKEN_FOR_ANOTHER_S_SAKE:
                    yield pytest.param(made, name, id=f"{made.__name__}-{name}")


@pytest.mark.parametrize(("made", "name"), list(_parameters()))
def test_what_a_parameter_can_never_be_is_refused_by_its_name(made, name):
    for what, value in NEVER.items():
        with pytest.raises((TypeError, ValueError)) as caught:
            made(**{name: value})
        line = str(caught.value)
        assert line.startswith(f"{made.__name__}: {name} has to be "), what
        assert "\n" not in line, what
        assert len(line) < 400, what
