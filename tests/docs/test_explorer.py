"""The interactive page does what a reader asks of it, with a mouse, a keyboard or an address."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
from tests.docs.browser import visiting
from tests.helpers import x64

from spikegrad import surrogate
from spikegrad.surrogate.catalogue import CATALOGUE

FAMILIES = sorted({row.family for row in CATALOGUE})


@pytest.fixture
def page(browser, explorer_address):
    with visiting(browser, explorer_address) as opened:
        yield opened


def cards(page):
    return page.locator(".sg-card")


def lines(page):
    return page.locator(".sg-python code").all_text_contents()


def drawn(page, name):
    """The points of a curve in units of the picture's axes, read off its path and its ticks."""
    path = page.locator(f'.sg-curve[data-name="{name}"]').first.get_attribute("d")
    return np.float64(re.findall(r"([-\d.]+) ([-\d.]+)", path))


def add(page, name):
    page.get_by_label("A shape, or what another library calls it").select_option(name)
    page.get_by_role("button", name="Add", exact=True).click()


def choose(page, group, value):
    page.get_by_role("group", name=group, exact=True).get_by_label(value, exact=True).check()


def test_a_reader_overlays_shapes_and_removes_them(page):
    assert cards(page).count() == page.locator(".sg-curve").count() == 3
    add(page, "Rect")
    assert cards(page).count() == page.locator(".sg-curve").count() == 4
    assert lines(page)[-1] == "surrogate.Rect(alpha=1.0)"
    page.get_by_role("button", name="Remove Arctan").click()
    assert cards(page).count() == page.locator(".sg-curve").count() == 3
    assert not [line for line in lines(page) if "Arctan" in line]


def test_every_shape_can_be_added_and_drawn(page):
    for row in CATALOGUE:
        add(page, row.name)
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


@pytest.mark.parametrize("typed", ["-1", "0", "1e999", "two", ""])
def test_a_value_that_is_refused_is_told_in_words_with_the_one_in_force(page, typed):
    card = cards(page).filter(has_text="Arctan")
    value, words = card.get_by_label("alpha", exact=True), card.locator(".sg-refused")
    value.fill("2.5")
    assert lines(page)[1] == "surrogate.Arctan(alpha=2.5)"
    assert words.text_content() == ""
    before = drawn(page, "Arctan")
    value.fill(typed)
    assert words.text_content() == (
        f"{typed or 'Nothing'} is refused: alpha has to be a positive finite number. "
        "It stays at 2.5."
    )
    # A screen reader ties the words to the box, and tells them as soon as they are there.
    assert value.get_attribute("aria-invalid") == "true"
    assert value.get_attribute("aria-describedby") == words.get_attribute("id")
    assert words.get_attribute("role") == "status"
    assert lines(page)[1] == "surrogate.Arctan(alpha=2.5)"
    assert np.array_equal(drawn(page, "Arctan"), before)
    value.press("Escape")
    assert value.input_value() == "2.5"
    assert words.text_content() == ""


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


@pytest.mark.parametrize("height", ["linear", "logarithmic"])
@pytest.mark.parametrize("across", ["linear", "logarithmic"])
def test_the_picture_shows_the_values(browser, explorer_address, height, across):
    address = f"{explorer_address}#Sigmoid&height={height}&across={across}&up_to=2"
    with visiting(browser, address) as page:
        points = drawn(page, "Sigmoid")
    left, right = points[0, 0], points[-1, 0]
    x = (points[:, 0] - left) / (right - left) * 2 - 1
    x = x * 2 if across == "linear" else np.sinh(x * np.arcsinh(1000.0)) * 0.002
    with x64():
        expected = np.asarray(surrogate.Sigmoid().surrogate_grad(jnp.asarray(x)))
    expected = expected if height == "linear" else np.log10(expected)
    # One straight line leads from values, or their powers of ten, to pixels.
    slope, offset = np.polyfit(expected, points[:, 1], 1)
    np.testing.assert_allclose(offset + slope * expected, points[:, 1], atol=0.05 * abs(slope))
    assert slope < 0


def width_of(page, name):
    """In pixels, of what is higher than half of the highest point."""
    points = drawn(page, name)
    high = points[points[:, 1] < points[:, 1].mean() / 2 + points[:, 1].min() / 2, 0]
    return high.max() - high.min()


def test_a_needle_is_pointed_out_and_seen_by_zooming_or_on_a_logarithmic_x(page):
    add(page, "InvSquareGrad")
    hint = cards(page).nth(3).locator(".sg-hint")
    assert "Narrow on this scale" in hint.text_content()
    assert width_of(page, "InvSquareGrad") < 10
    choose(page, "x", "logarithmic")
    assert hint.text_content() == ""
    assert width_of(page, "InvSquareGrad") > 50
    choose(page, "x", "linear")
    hint.get_by_role("button", name="zoom to InvSquareGrad").click()
    assert hint.text_content() == ""
    assert width_of(page, "InvSquareGrad") > 50


def test_a_tall_shape_does_not_flatten_the_others_where_each_is_over_its_peak(
    browser, explorer_address
):
    with visiting(browser, explorer_address + "#stork.SuperSpike_rescaled,ReluGrad") as page:
        hint = cards(page).nth(1).locator(".sg-hint")
        assert hint.text_content().startswith("Flat beside the others")
        choose(page, "Normalise by", "peak")
        assert hint.text_content() == ""
        tops = [drawn(page, name)[:, 1].min() for name in ("stork.SuperSpike_rescaled", "ReluGrad")]
        assert tops[0] == pytest.approx(tops[1], abs=0.1)


def test_a_logarithmic_height_says_what_it_cannot_show(browser, explorer_address):
    with visiting(browser, explorer_address + "#SignSwish,Sigmoid&height=logarithmic") as page:
        assert page.get_by_text("no place for what is below 0 of SignSwish.").is_visible()
        assert drawn(page, "SignSwish")[:, 1].max() < 1000


def test_another_librarys_name_is_added_and_its_line_gives_what_it_is(page):
    names = ["snntorch.fast_sigmoid", "spikingjelly.MultiLevelSpikeCount"]
    for name in names:
        add(page, name)
    assert lines(page)[3] == "surrogate.InvSquareGrad(alpha=25.0)"
    x = jnp.linspace(-4, 8, 97)
    for line, name in zip(lines(page)[3:], names, strict=True):
        made = eval(line, {"surrogate": surrogate})
        np.testing.assert_array_equal(made.surrogate_grad(x), surrogate.get(name).surrogate_grad(x))
    assert "snnTorch 1.0.0 fast_sigmoid(slope=25.0) is surrogate.InvSquareGrad(alpha=25.0)." in (
        cards(page).nth(3).text_content()
    )


def state(page):
    """All that a reader can set up, as the page shows it."""
    chosen = page.locator("#spikegrad-explorer [type=radio]:checked")
    values = chosen.evaluate_all("all => all.map(one => one.value)")
    return lines(page), values, page.locator("output").text_content()


def test_what_is_set_up_is_in_the_address_and_a_step_back_undoes_a_step(
    browser, page, explorer_address
):
    history = [state(page)]

    def step(act, *args):
        act(*args)
        assert state(page) != history[-1]
        history.append(state(page))

    step(add, page, "norse.tanh")
    step(choose, page, "Show", "relaxation")
    step(choose, page, "Normalise by", "peak")
    step(choose, page, "Height", "logarithmic")
    step(choose, page, "x", "logarithmic")
    box = cards(page).nth(3).get_by_label("alpha", exact=True)
    step(lambda: (box.fill("12.5"), box.press("Tab")))
    step(page.get_by_role("button", name="Remove Sigmoid").click)
    step(lambda: page.get_by_label("Up to x").press("End"))
    with visiting(browser, page.url) as another:
        assert state(another) == history[-1]
    for earlier in reversed(history[:-1]):
        page.go_back()
        assert state(page) == earlier
    assert page.url == explorer_address


def test_what_an_address_asks_in_vain_is_told(browser, explorer_address):
    address = explorer_address + "#Sigmond,Arctan(alpha=-3,beta=1)&height=square&up_to=0"
    with visiting(browser, address) as page:
        assert page.locator(".sg-said").text_content() == (
            "There is no shape Sigmond. Arctan: -3 is refused: alpha has to be a positive finite "
            "number. It stays at 1. Arctan has no parameter beta. height=square is not understood. "
            "up_to=0 is not understood."
        )
        assert lines(page) == ["surrogate.Arctan(alpha=1.0)"]


def test_values_are_read_and_shapes_removed_with_the_keyboard(page):
    reader = page.get_by_label("x at which values are read")
    reader.press("Home")
    assert page.locator(".sg-reading").text_content().startswith("x = \N{MINUS SIGN}2.8:  Sigmoid ")
    assert reader.get_attribute("aria-valuetext") == page.locator(".sg-reading").text_content()
    page.get_by_role("button", name="Remove Arctan").press("Enter")
    assert page.locator(".sg-said").text_content() == "Arctan is removed. 2 shapes are shown."
    for _ in range(2):
        page.keyboard.press("Enter")
    assert cards(page).count() == 0
    assert page.locator("#sg-select").evaluate("select => select === document.activeElement")


def test_the_picture_has_a_name_and_a_table_that_say_what_it_shows(page):
    name = page.locator(".sg-figure svg").get_attribute("aria-label")
    assert name.startswith(
        "The gradient from x = \N{MINUS SIGN}2.8 to 2.8 of Sigmoid, at the threshold 1; Arctan"
    )
    page.get_by_text("The picture as a table").click()
    rows = page.locator(".sg-values tr").all_inner_texts()
    cells = [row.replace("\N{MINUS SIGN}", "-").split("\t") for row in rows]
    assert cells[0] == ["x", "Sigmoid", "Arctan", "PiecewiseQuadratic"]
    x, *columns = np.float64(cells[1:]).T
    for column, shape in zip(
        columns, (surrogate.Sigmoid, surrogate.Arctan, surrogate.PiecewiseQuadratic), strict=True
    ):
        np.testing.assert_allclose(column, shape().surrogate_grad(jnp.float32(x)), rtol=1e-3)


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
