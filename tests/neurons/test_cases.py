"""No neuron is left out of the tests."""

from __future__ import annotations

import inspect

from tests.neurons.cases import CASES

from spikegrad import neurons
from spikegrad.surrogate import Arctan


def test_every_public_neuron_has_a_case():
    models = {
        value
        for value in vars(neurons).values()
        if isinstance(value, type)
        and issubclass(value, neurons.Neuron)
        and value is not neurons.Neuron
        and "neuron" not in inspect.signature(value).parameters
    }
    tested = {type(case.neuron(Arctan(2.0), None, False)) for case in CASES.values()}
    assert tested == models
