"""What is derived from the catalogue is up to date, and docstrings say what its rows say."""

import ast
import runpy
from pathlib import Path

import pytest

from spikegrad.surrogate.catalogue import CATALOGUE

STUBS = runpy.run_path(str(Path(__file__).parents[3] / "scripts/stubs.py"))

each_row = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)


def test_the_stub_of_the_function_forms_is_what_the_script_writes():
    # As syntax, since the formatter lays the file out.
    assert ast.dump(ast.parse(STUBS["STUB"].read_text())) == ast.dump(ast.parse(STUBS["stub"]()))


@each_row
def test_the_docstring_names_the_paper(row):
    text = " ".join(row.shape.__doc__.split())
    assert f'{row.paper.authors} ({row.paper.year}), "{row.paper.title}"' in text


@each_row
def test_the_docstring_says_parameters_facts_and_formula(row):
    text = " ".join(row.shape.__doc__.split())
    for name in row.parameters:
        assert f"{name}: " in text
    for fact in ("grad(x) = ", "Peak ", "area ", "support "):
        assert fact in text, fact
