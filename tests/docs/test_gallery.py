"""The gallery has a card for every shape, with what the catalogue and the docstring say of it."""

import re
from html import unescape
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import pytest
from derived.formulas import read
from derived.gallery import DRAWN, facts_of, pages
from derived.mathml import typeset
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from tests.surrogates import ROWS

from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES

PAGES = pages()


@pytest.fixture(scope="module")
def cards(site):
    """What the built site has of every shape, by its name."""
    found = {}
    for row in CATALOGUE:
        html = (site / f"gallery/{row.family}.html").read_text()
        _, start, rest = html.partition(f'<h2 id="{row.name.lower()}">')
        assert start, row.name
        found[row.name] = rest.partition("<h2")[0]
    return found


@pytest.mark.parametrize("row", ROWS)
def test_a_card_has_formula_picture_source_and_peers(cards, row):
    card = unescape(cards[row.name])
    assert "<math" in card
    assert 'role="img"' in card
    assert row.paper.link in card
    assert f'href="explorer.html#{row.name}"' in card
    for peer in row.peers:
        assert LIBRARIES[peer.library].title in card
        assert f"<code>{peer.name}(" in card
    for name, parameter in row.parameters.items():
        assert f"<code>{name}</code>" in card
        assert parameter.admissible in card
    for value in facts_of(row.shape().facts(), row.even).values():
        assert value in card


def test_nothing_that_the_build_was_to_fill_in_is_left(site):
    for page in (site / "gallery").glob("*.html"):
        assert "data-derived" not in page.read_text(), page


def test_the_overview_leads_to_every_card(site):
    html = (site / "gallery/index.html").read_text()
    for row in CATALOGUE:
        assert f'href="{row.family}.html#{row.name.lower()}"' in html


@pytest.mark.parametrize("address", PAGES)
def test_the_code_of_a_card_runs_as_it_stands(address, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGES[address])
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        for example in Sybil([PythonCodeBlockParser()]).parse(page):
            example.evaluate()


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_drawn_is_well_formed(row, kind):
    # HTML has names for characters that XML has not.
    drawn = DRAWN[kind](row).replace("&nbsp;", " ").replace("xlink:", "")
    ElementTree.fromstring(f"<div>{drawn}</div>")


@pytest.mark.parametrize("row", ROWS)
def test_a_thumbnail_reaches_as_high_on_the_common_scale_as_the_gradient(row):
    svg = ElementTree.fromstring(DRAWN["thumbnail"](row))
    upwards = [text for text in svg.iter("text") if float(text.get("x")) < 9]
    ticks = {text.text: float(text.get("y")) for text in upwards}
    points = svg.find("polyline").get("points").split()
    top = min(float(point.split(",")[1]) for point in points)
    # A number stands 3 units below its line.
    height = 2 * (ticks["0"] - 3 - top) / (ticks["0"] - ticks["2"])
    highest = float(row.shape().surrogate_grad(jnp.linspace(-2, 2, 4001)).max())
    assert height == pytest.approx(highest, abs=0.02) or height > 2 < highest
    assert (highest > 2) == any("↑" in text.text for text in svg.iter("text"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("f(x) = a/2 x", "f(x)=a2x"),
        ("f(x) = a (b + c)", "f(x)=a(b+c)"),
        ("f(x) = a - (b - c)", "f(x)=a\u2212(b\u2212c)"),
        ("f(x) = (a b)^-c", "f(x)=(ab)\u2212c"),
        ("f(x) = -(a + b)", "f(x)=\u2212(a+b)"),
        ("f(x) = alpha sum_{i=1..n} i + 1", "f(x)=\u03b1∑i=1ni+1"),
        ("f(x) = 1  for x < 0,  else |x|", "f(x)={1for x<0|x|otherwise"),
    ],
)
def test_typeset_formulas_keep_order_and_parentheses(text, shown):
    mathml = re.sub(r"<[^>]+>", "", typeset(read(text)))
    assert (
        unescape(mathml).replace("\u2062", "").replace("\u2061", "").replace("\xa0", " ") == shown
    )
