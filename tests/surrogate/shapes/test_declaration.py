"""A shape's parameters are declared once, and everything about them follows."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest
from tests.surrogates import PARAMETRISED

from spikegrad import surrogate
from spikegrad.surrogate import Arctan


class Wide(Arctan):
    """A user's own, made of one of ours, with an `__init__` of its own."""

    def __init__(self, width):
        super().__init__(alpha=1 / width)
        self.width = width


@pytest.mark.parametrize("row", PARAMETRISED)
def test_the_docstring_names_each_parameter_in_its_order_and_its_default(row):
    (args,) = re.findall(r"Args:\n(.*?)\n\n", inspect.getdoc(row.shape), flags=re.DOTALL)
    entries = re.findall(r"^    (\w+): (.*(?:\n      .*)*)", args, flags=re.MULTILINE)
    declared = inspect.signature(row.shape).parameters
    assert [name for name, _ in entries] == list(declared)
    for name, text in entries:
        default = row.parameters[name].default if name in row.parameters else None
        if default is not None:
            (told,) = re.findall(r"default (-?[\d.e-]*\d|infinity)", text)
            assert float(told) == default


def test_a_shape_takes_its_parameters_by_position_and_by_name():
    assert surrogate.QPseudoSpike(3.0, 0.5) == surrogate.QPseudoSpike(scale=0.5, alpha=3.0)
    with pytest.raises(TypeError, match="positional"):
        surrogate.QPseudoSpike(3.0, 0.5, 1.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        surrogate.QPseudoSpike(beta=1.0)


def test_a_subclass_of_a_shape_keeps_its_own_init_and_its_address():
    wide = Wide(4.0)
    assert (wide.alpha, wide.width) == (0.25, 4.0)
    assert Wide.__module__ == __name__
    assert pickle.loads(pickle.dumps(wide)) == wide
    with pytest.raises(ValueError, match="Wide: alpha has to be a positive finite number"):
        Wide(-4.0)
