"""The README, the site and the docstrings tell the truth: their code runs, their names exist."""

import doctest
import inspect
import os
import re
from pathlib import Path

import jax
import pytest
from sybil import Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, MADE_OF_OTHERS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = sorted((ROOT / "src").rglob("*.py"))
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
IN_PAGES = Sybil([PythonCodeBlockParser(doctest_optionflags=OPTIONS)])
IN_DOCSTRINGS = Sybil([CodeBlockParser("python", PythonEvaluator()), DocTestParser(OPTIONS)])

# What a browser fetches to show a page, as opposed to where a reader may click.
FETCHED = r"""<(?:script|img|iframe)[^>]*\ssrc="([^"]+)|<link[^>]*\shref="([^"]+)"""


def from_root(path):
    return str(path.relative_to(ROOT))


def run_all(examples):
    """Run code as a reader would, without the strict promotion that our own tests run under."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        for example in examples:
            example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=from_root)
def test_the_code_of_a_page_runs_as_it_stands(page):
    run_all(IN_PAGES.parse(page))


@pytest.mark.parametrize("module", MODULES, ids=from_root)
def test_the_examples_of_a_module_run_as_they_stand(module):
    run_all(IN_DOCSTRINGS.parse(module))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_shape_has_an_example(row):
    assert ">>>" in row.shape.__doc__


def public(kind):
    return {name for name, _ in inspect.getmembers(surrogate, kind) if not name.startswith("_")}


OTHER_FUNCTIONS = {"get", "to_config", "from_config", "normalised", "matched", "with_key"}


def test_public_classes_are_those_of_the_catalogue_and_what_is_made_of_them():
    made = set(MADE_OF_OTHERS) | {"Surrogate", "Annealed"}
    assert public(inspect.isclass) == {row.name for row in CATALOGUE} | made


def test_public_functions_are_those_of_the_catalogue():
    assert public(inspect.isfunction) == {row.function_name for row in CATALOGUE} | OTHER_FUNCTIONS


def test_the_api_page_documents_every_public_name(site):
    page = (site / "api/surrogate.html").read_text()
    documented = set(re.findall(r'id="spikegrad\.surrogate\.([A-Za-z0-9_]+)"', page))
    assert documented == public(inspect.isclass) | OTHER_FUNCTIONS
    for name in public(inspect.isfunction) - OTHER_FUNCTIONS:
        assert f"<code>{name}(x" in page


def test_the_site_shows_examples_as_code(site):
    # A Google-style section is called Examples; under another name >>> becomes a quotation.
    assert "<blockquote>" not in (site / "api/surrogate.html").read_text()


def test_the_site_needs_no_network(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 5
    for page in pages:
        fetched = ["".join(found) for found in re.findall(FETCHED, page.read_text())]
        assert not [address for address in fetched if "//" in address], page


def test_ci_runs_the_test_command_of_the_readme():
    commands = re.findall(r"^(make \S+)", README, flags=re.MULTILINE)
    assert commands == ["make demo", "make test"]
    assert "make test" in (ROOT / ".ci/run").read_text().splitlines()
    assert os.access(ROOT / ".ci/run", os.X_OK)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists_and_has_a_help_line(document):
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / document).read_text()))
    targets = set(re.findall(r"^([a-z-]+):.*  ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_every_local_link_of_the_readme_leads_to_a_file():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).is_file(), link
