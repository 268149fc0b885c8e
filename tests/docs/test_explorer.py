"""The interactive page computes what the library computes, and does what a reader asks of it."""

import math
import re

import jax.numpy as jnp
import numpy as np
import pytest
from browser import chromium, visiting
from derived.explorer import script

from helpers import x64
from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE
from surrogates import TWO_EACH

X = np.concatenate([-np.geomspace(31.7, 1e-4, 60), [0.0], np.geomspace(1e-4, 31.7, 60)])
FAMILIES = sorted({row.family for row in CATALOGUE})


@pytest.fixture(scope="module")
def explorer_address(site):
    return (site / "gallery/explorer.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser, explorer_address):
    with visiting(browser, explorer_address) as opened:
        yield opened


@pytest.fixture(scope="module")
def computing(browser, explorer_address):
    """The page, for tests that leave it as it is."""
    with visiting(browser, explorer_address) as opened:
        yield opened


def run(page, expression, row, sample):
    """JavaScript with the shape and the values of its parameters; infinities come as they are."""
    defaults = {name: parameter.default for name, parameter in row.parameters.items()}
    return page.evaluate(
        f"([name, values, xs]) => {{ const shape = spikegrad.shapes.find(s => s.name === name);"
        f" return {expression}; }}",
        [row.name, defaults | dict(sample), X.tolist()],
    )


@pytest.mark.parametrize(("row", "sample"), TWO_EACH)
def test_the_page_computes_what_the_library_computes(computing, row, sample):
    for kind, method in (("gradient", "surrogate_grad"), ("relaxation", "antiderivative")):
        got = run(computing, f"xs.map(spikegrad.{kind}(shape, values))", row, sample)
        with x64():
            expected = np.asarray(getattr(row.shape(**sample), method)(jnp.asarray(X)))
        largest = np.abs(expected).max(where=np.abs(expected) < 1e100, initial=0)
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14 * largest, err_msg=kind)


@pytest.mark.parametrize(("row", "sample"), TWO_EACH)
def test_peak_and_area_are_those_of_the_library(computing, row, sample):
    shape = row.shape(**sample)
    facts = shape.facts()
    peak = run(computing, "spikegrad.peak(shape, values)", row, sample)
    area = run(computing, "spikegrad.area(shape, values)", row, sample)
    # Facts that are computed from values come close to a peak at an edge, but not up to it.
    inside = np.clip(np.nextafter(facts.support, [np.inf, -np.inf]), -1e300, 1e300)
    with x64():
        at_edges = shape.surrogate_grad(jnp.asarray(inside))
    assert peak == pytest.approx(max(float(facts.peak), *map(float, at_edges)), rel=1e-6)
    if math.isfinite(facts.area):
        assert area == pytest.approx(float(facts.area), rel=1e-6, abs=1e-9)
    else:
        assert not math.isfinite(area)
        assert math.isnan(area) == math.isnan(row.shape().facts().area)


def cards(page):
    return page.locator(".sg-card")


def lines(page):
    return page.locator(".sg-python code").all_text_contents()


def drawn(page, name):
    """The points of a curve in units of the picture's axes, read off its path and its ticks."""
    path = page.locator(f'.sg-curve[data-name="{name}"]').first.get_attribute("d")
    return np.float64(re.findall(r"([-\d.]+) ([-\d.]+)", path))


def test_a_reader_overlays_shapes_and_removes_them(page):
    assert cards(page).count() == page.locator(".sg-curve").count() == 3
    page.get_by_label("Shape to add").select_option("Rect")
    page.get_by_role("button", name="Add").click()
    assert cards(page).count() == page.locator(".sg-curve").count() == 4
    assert lines(page)[-1] == "surrogate.Rect(alpha=1.0)"
    page.get_by_role("button", name="Remove Arctan").click()
    assert cards(page).count() == page.locator(".sg-curve").count() == 3
    assert not [line for line in lines(page) if "Arctan" in line]


def test_every_shape_can_be_added_and_drawn(page):
    for row in CATALOGUE:
        page.get_by_label("Shape to add").select_option(row.name)
        page.get_by_role("button", name="Add").click()
    assert page.locator(".sg-curve").count() == 3 + len(CATALOGUE)
    for method in ("relaxation", "gradient"):
        page.get_by_label(method, exact=True).check()
        paths = page.locator(".sg-curve").evaluate_all("all => all.map(c => c.getAttribute('d'))")
        assert not [path for path in paths if "NaN" in path or "Infinity" in path]
    for line, row in zip(lines(page)[3:], CATALOGUE, strict=True):
        assert eval(line, {"surrogate": surrogate}) == row.shape()


def test_moving_a_slider_changes_the_curve_and_the_line(page):
    before = drawn(page, "Arctan")
    slider = cards(page).filter(has_text="Arctan").get_by_role("slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.up()
    assert not np.array_equal(drawn(page, "Arctan"), before)
    moved = eval(lines(page)[1], {"surrogate": surrogate})
    assert 1.5 < moved.alpha < 15


def test_a_value_is_typed_and_one_that_is_not_admissible_is_refused(page):
    value = cards(page).filter(has_text="Arctan").get_by_label("alpha, value")
    value.fill("2.5")
    assert lines(page)[1] == "surrogate.Arctan(alpha=2.5)"
    value.fill("-1")
    assert lines(page)[1] == "surrogate.Arctan(alpha=2.5)"
    note = cards(page).filter(has_text="Arctan").get_by_role("status")
    assert note.text_content() == "alpha has to be a positive finite number."


def test_none_and_infinity_have_a_box_to_tick(browser, explorer_address):
    with visiting(browser, explorer_address + "#QPseudoSpike,ExponentialEscape") as page:
        assert lines(page) == [
            "surrogate.QPseudoSpike(alpha=2.0, scale=None)",
            'surrogate.ExponentialEscape(p0=0.01, delta_u=0.133, cap=float("inf"))',
        ]
        page.get_by_role("checkbox", name="None").uncheck()
        page.get_by_role("checkbox", name="∞").uncheck()
        assert "None" not in lines(page)[0]
        assert "inf" not in lines(page)[1]
        page.get_by_role("checkbox", name="None").check()
        assert "scale=None" in lines(page)[0]


@pytest.mark.parametrize("by", ["peak", "area"])
def test_a_normalised_line_of_python_has_peak_or_area_1(page, by):
    page.get_by_label(by, exact=True).check()
    for line in lines(page):
        assert getattr(eval(line, {"surrogate": surrogate}), by) == pytest.approx(1.0)


def test_what_cannot_be_normalised_says_so(browser, explorer_address):
    shapes = "StraightThrough,SquarewaveFourierSeries,ExponentialEscape"
    with visiting(browser, f"{explorer_address}#{shapes}") as page:
        page.get_by_label("area", exact=True).check()
        notes = page.locator(".sg-note").all_text_contents()
        assert [note.removeprefix("Not normalised: its area ") for note in notes] == [
            "is infinite.",
            "does not converge.",
            "is infinite.",
        ]
        page.get_by_label("peak", exact=True).check()
        assert page.locator(".sg-note").all_text_contents()[2].endswith("peak is infinite.")


def test_the_relaxation_takes_the_place_of_the_gradient(page):
    before = drawn(page, "Sigmoid")
    page.get_by_label("relaxation", exact=True).check()
    heights = drawn(page, "Sigmoid")[:, 1]
    assert not np.array_equal(drawn(page, "Sigmoid"), before)
    assert (np.diff(heights) <= 0).all()  # a relaxation rises, and pixels count downwards


def test_the_picture_shows_the_values(page):
    points = drawn(page, "Sigmoid")
    left, right = points[0, 0], points[-1, 0]
    x = (points[:, 0] - left) / (right - left) * 4 - 2
    with x64():
        expected = np.asarray(surrogate.Sigmoid().surrogate_grad(jnp.asarray(x)))
    # One straight line leads from values to pixels.
    slope, offset = np.polyfit(expected, points[:, 1], 1)
    np.testing.assert_allclose(offset + slope * expected, points[:, 1], atol=0.05 * abs(slope))
    assert slope < 0


def test_the_line_of_python_is_copied(page):
    cards(page).filter(has_text="Arctan").get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "surrogate.Arctan(alpha=1.0)"


def test_pointing_at_the_picture_reads_its_values(page):
    box = page.locator(".sg-figure svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reading = page.locator(".sg-reading").text_content()
    assert re.match(r"x = .*: +Sigmoid .*Arctan .*PiecewiseQuadratic", reading)


@pytest.mark.parametrize("name", ["index", "explorer", *FAMILIES])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_no_page_of_the_gallery_scrolls_sideways(site, browser, name, width, height):
    address = (site / f"gallery/{name}.html").as_uri()
    with visiting(browser, address, viewport={"width": width, "height": height}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_functions_are_small_enough_to_load_at_once():
    assert len(script()) < 500_000
