import math

import pytest

from spikegrad.surrogate.catalogue import CATALOGUE, PEERS, Parameter, readable, written

WRITTEN = {
    "4": 4.0,
    "100": 100,
    "0.3": 0.3,
    "-0.2": -0.2,
    "1e-12": 1e-12,
    "inf": math.inf,
    "1/3": 1 / 3,
    "-2/3": -2 / 3,
    "π": math.pi,
    "π/2": math.pi / 2,
    "3π/10": 0.3 * math.pi,
    "2/π": 2 / math.pi,
    "1/(2π)": 1 / (2 * math.pi),
    "sqrt(2)": math.sqrt(2),
    "1/sqrt(2)": math.sqrt(0.5),
    "1/sqrt(2π)": 1 / math.sqrt(2 * math.pi),
    "sqrt(π/2)": math.sqrt(math.pi / 2),
    "0.1234567": 0.1234567,
    "0.3333333333": 0.3333333333,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_written_as_a_person_writes_it(text):
    assert written(WRITTEN[text]) == text
    assert Parameter(WRITTEN[text], "", False).shown == text


def test_numbers_are_written_where_they_stand_and_names_are_left_alone():
    text = "0.15915494309189535 * Arctan(alpha=4.0, x_0.3333333333333333=1.5707963267948966)"
    assert readable(text) == "1/(2π) * Arctan(alpha=4.0, x_0.3333333333333333=π/2)"


def test_no_default_and_no_surrogate_of_another_library_shows_what_only_a_machine_writes():
    shown = [default for row in CATALOGUE for default in row.defaults]
    shown += [readable(repr(peer.build(*peer.parameters.values()))) for peer in PEERS]
    assert "1/(2π) * Arctan(alpha=4.0)" in shown
    assert not [text for text in shown if any(len(run) > 6 for run in _digits(text))]


def _digits(text):
    return "".join(sign if sign.isdigit() else " " for sign in text).split()
