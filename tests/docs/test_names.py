"""The tables of names are the catalogue's, and every expression in them is what it says."""

from __future__ import annotations

import re

import pytest
from derived import names

from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES, NOT_EXPRESSED, PEERS, readable


def cells(table):
    return [re.split(r" (?<!\\)\| ", line[2:-2]) for line in table.splitlines()[2:] if line]


def evaluated(code):
    return eval(code.strip("`"), {"surrogate": surrogate})


def table_of(library):
    """The table alone, without the sentence before it and the list after it."""
    return names.names(library).split("\n\n")[1]


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_name_of_a_library_has_a_row_with_what_it_is(library):
    rows = cells(table_of(library))
    names_there = [row[0].strip("`") for row in rows]
    assert names_there == [peer.name for peer in PEERS if peer.library == library]
    for name, (_, given, here, *_) in zip(names_there, rows, strict=True):
        code = f'surrogate.get("{library}.{name}", {given.replace("`", "")})'
        assert readable(repr(evaluated(code))) == here.strip("`")


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_code_above_a_table_gives_its_first_row(library):
    code = re.match("`(.*?)`", names.names(library))[1]
    assert repr(evaluated(code)) == cells(table_of(library))[0][2].strip("`")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_row_has_as_many_cells_as_the_head(library):
    lines = table_of(library).splitlines()
    assert len({len(re.split(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_what_a_library_has_and_we_do_not_is_said_below_its_table():
    said = names.names("snntorch").split("\n\n", 2)[2]
    assert f"- `SSO`: {NOT_EXPRESSED['snntorch.SSO']}" in said
    assert "Without a name" not in names.names("sinabs")


def test_an_unknown_library_is_answered_by_the_known_ones():
    with pytest.raises(ValueError, match=r"library has to be one of braintools, .*'snntorchh'"):
        names.names("snntorchh")


def test_conventions_have_a_row_for_us_and_one_for_every_library():
    rows = cells(names.conventions())
    assert [row[0] for row in rows] == ["**spikegrad**", *(of.title for of in LIBRARIES.values())]
    assert rows[0][2] == str(int(surrogate.Sigmoid()(0.0)))


def test_differences_have_every_name_that_differs():
    rows = cells(names.differences())
    assert [row[1].strip("`") for row in rows] == [peer.name for peer in PEERS if peer.differs]


def test_what_is_not_expressed_is_listed_with_its_reason():
    rows = {name.strip("`"): reason for name, reason in cells(names.not_expressed())}
    assert rows == NOT_EXPRESSED


def test_every_word_with_several_meanings_has_at_least_two():
    words = [row[0].strip("*") for row in cells(names.same_words())]
    starts = [index for index, word in enumerate(words) if word]
    assert [words[index] for index in starts] == list(names.WORDS)
    assert min(b - a for a, b in zip(starts, [*starts[1:], len(words)], strict=True)) >= 2


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_elsewhere_names_every_peer_of_a_shape_and_nothing_without_one(row):
    line = names.elsewhere(row)
    assert bool(line) == bool(row.peers)
    for peer in row.peers:
        assert f"`{peer.name}({', '.join(peer.parameters)})`" in line
        assert LIBRARIES[peer.library].title in line


def test_elsewhere_says_what_is_done_to_the_shape():
    lines = {row.name: names.elsewhere(row) for row in CATALOGUE}
    assert "snnTorch `spike_rate_escape(beta, slope)` (scaled, shifted)" in lines["SlayerGrad"]
    assert "snnTorch `atan(alpha)`; spyx `arctan(k)` (scaled)" in lines["Arctan"]
