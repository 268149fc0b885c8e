import re
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import plotting
from spikegrad.surrogate import (
    Arctan,
    ExponentialEscape,
    InvSquareGrad,
    LeakyRelu,
    Rect,
    Sigmoid,
    SlayerGrad,
    SquarewaveFourierSeries,
    Surrogate,
    TanhOffset,
)
from spikegrad.surrogate.catalogue import CATALOGUE

SPIKES = np.zeros((5, 3))
SPIKES[[0, 4, 2], [0, 0, 2]] = 1

FIGURES = {
    "raster": lambda: plotting.raster(SPIKES, title="title"),
    "currents": lambda: plotting.currents(np.linspace(0, 1, 15).reshape(5, 3)),
    "membranes": lambda: plotting.membranes(SPIKES * 1.5, SPIKES, title="title"),
    "surrogate_over": lambda: plotting.surrogate_over(Arctan(), jnp.linspace(-2, 2, 99)),
    "plot": lambda: plotting.plot(Arctan()),
    "compare": lambda: plotting.compare([Arctan(), Rect()]),
    "gallery": lambda: plotting.gallery([Arctan(), Rect()]),
    "learning_curves": lambda: plotting.learning_curves({"loss": {"training": [3, 2, 1]}}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_without_a_display_and_every_axis_has_a_label(name, tmp_path):
    figure = FIGURES[name]()
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert all(axes.get_ylabel() or figure.get_supylabel() for axes in figure.axes)
    assert figure.get_supxlabel() or any(axes.get_xlabel() for axes in figure.axes)


def test_every_public_function_is_drawn_here_and_documented():
    public = {name for name in vars(plotting) if not name.startswith("_")}
    assert public == {*FIGURES, "new_figure"}
    page = (Path(__file__).parents[2] / "docs/api/plotting.md").read_text()
    assert set(re.findall(r"^::: spikegrad\.plotting\.(\w+)$", page, re.MULTILINE)) == public


def test_a_picture_goes_into_given_axes_even_of_a_part_of_a_figure():
    figure = plotting.new_figure(4, 2)
    left, right = figure.subfigures(1, 2)
    for part in (left, right):
        assert plotting.raster(SPIKES, axes=part.subplots()) is figure
    assert len(figure.axes) == 2


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_surrogate_can_be_drawn_over_what_it_met(row):
    bars, curve = plotting.surrogate_over(row.shape(), np.linspace(-3, 2, 500)).axes
    x, y = curve.lines[0].get_data()
    np.testing.assert_allclose(y, row.shape().surrogate_grad(jnp.asarray(x)), rtol=1e-6)
    assert curve.get_ylim()[0] <= y.min()
    assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(100, abs=0.5)


def assert_seen(x, y):
    """The larger values take up a part of the width that an eye can see, but not all of it."""
    share = np.mean(y > (y.max() + y.min()) / 2)
    assert y.max() == y.min() or 0.002 < share < 0.95
    assert x[0] < 0 < x[-1]
    assert 0.0 in x


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_a_plot_shows_step_relaxation_and_gradient_over_a_range_that_shows_the_shape(row):
    surrogate = row.shape()
    figure = plotting.plot(surrogate)
    assert figure.get_suptitle() == repr(surrogate)
    (x, step), (_, relaxation), (_, gradient) = (axes.lines[-1].get_data() for axes in figure.axes)
    np.testing.assert_array_equal(step, x >= 0)
    expected = surrogate.surrogate_grad(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(gradient, np.broadcast_to(expected, x.shape), rtol=1e-6)
    # The area under the gradient so far; where that jumps, the trapezoid is off by half a step.
    rise = np.cumsum((gradient[1:] + gradient[:-1]) / 2 * np.diff(x))
    largest = np.abs(gradient).max() * (x[-1] - x[0])
    np.testing.assert_allclose(relaxation[1:] - relaxation[0], rise, atol=1e-3 * largest)
    assert_seen(x, gradient)


@pytest.mark.parametrize(
    "surrogate",
    [
        Sigmoid(0.01),
        Sigmoid(jnp.asarray(1000.0)),
        Rect(1e4),
        TanhOffset(0.1),
        TanhOffset(1e3),
        SquarewaveFourierSeries(5, 0.01),
        ExponentialEscape(cap=2.0),
        25.0 * SlayerGrad(1.0).shifted(-30.0),
        InvSquareGrad(1e3) + 0.5 * InvSquareGrad(1e3).shifted(0.1),
    ],
    ids=repr,
)
def test_the_range_follows_the_parameters(surrogate):
    figure = plotting.plot(surrogate)
    assert_seen(*figure.axes[-1].lines[-1].get_data())


class Bump(Surrogate):
    def surrogate_grad(self, x):
        return jnp.exp(-((x - 2) ** 2))


def test_a_surrogate_of_ones_own_is_plotted_by_quadrature():
    _, relaxation, _ = plotting.plot(Bump()).axes
    x, y = relaxation.lines[-1].get_data()
    assert np.interp(2.0, x, y) == pytest.approx(np.sqrt(np.pi) / 2, abs=1e-4)


def lines_of(figure):
    """Without that of the threshold."""
    return figure.axes[0].lines[1:]


def test_compared_gradients_lie_over_the_same_x_with_a_legend_of_what_they_are():
    shapes = [Arctan(2.0), 2.0 * SlayerGrad(1.0).shifted(1.0)]
    figure = plotting.compare(shapes)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(map(repr, shapes))
    assert len({(line.get_color(), line.get_linestyle()) for line in lines_of(figure)}) == 2
    for line, shape in zip(lines_of(figure), shapes, strict=True):
        x, y = line.get_data()
        np.testing.assert_allclose(y, shape.surrogate_grad(jnp.asarray(x, jnp.float32)), rtol=1e-6)


def test_more_gradients_than_colours_differ_by_their_lines():
    figure = plotting.compare([Arctan(float(alpha)) for alpha in range(1, 13)])
    assert len({(line.get_color(), line.get_linestyle()) for line in lines_of(figure)}) == 12


def test_compared_gradients_are_normalised_by_peak_or_area():
    shapes = [Sigmoid(2.0), 7.0 * Rect(0.5), SlayerGrad(3.0)]
    for line in lines_of(plotting.compare(shapes, normalise="peak")):
        assert line.get_ydata().max() == pytest.approx(1, rel=1e-6)
    for line in lines_of(plotting.compare(shapes, normalise="area")):
        x, y = line.get_data()
        assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)


@pytest.fixture(scope="module")
def whole_gallery():
    figure = plotting.gallery()
    figure.draw_without_rendering()
    return figure


def test_the_gallery_has_a_panel_for_every_shape_under_its_family(whole_gallery):
    shown = {
        part.get_suptitle(): [axes.get_title(loc="left") for axes in part.axes]
        for part in whole_gallery.subfigs
    }
    expected = {}
    for row in CATALOGUE:
        expected.setdefault(row.family, []).append(repr(row.shape()))
    assert {
        family: [title.replace("\n", " ") for title in titles] for family, titles in shown.items()
    } == expected


def test_a_panel_of_the_gallery_has_the_gradient_and_the_relaxation_on_its_scale(whole_gallery):
    for axes in whole_gallery.axes:
        _, gradient, relaxation = (np.asarray(line.get_ydata(), float) for line in axes.lines)
        assert_seen(axes.lines[1].get_xdata(), gradient)
        assert relaxation.max() == pytest.approx(max(gradient.max(), 0))
        assert relaxation.min() == pytest.approx(min(gradient.min(), 0), abs=1e-6)


def test_a_panel_of_a_compact_shape_shows_where_it_ends(whole_gallery):
    compact = [row.shape() for row in CATALOGUE if row.family == "compact"]
    (part,) = (part for part in whole_gallery.subfigs if part.get_suptitle() == "compact")
    for shape, axes in zip(compact, part.axes, strict=True):
        low, high = shape.facts().support
        assert axes.get_xlim()[0] < low < high < axes.get_xlim()[1]


def test_no_two_panels_of_the_gallery_overlap(whole_gallery):
    boxes = [axes.get_tightbbox() for axes in whole_gallery.axes]
    for i, box in enumerate(boxes):
        assert not [j for j in range(i) if box.overlaps(boxes[j])]


def test_a_gallery_of_ones_own_is_grouped_as_well():
    figure = plotting.gallery([2.0 * Rect(), Bump(), Rect() + Arctan(), Rect().shifted(1.0)])
    groups = {part.get_suptitle(): len(part.axes) for part in figure.subfigs}
    assert groups == {"compact": 2, "your own": 1, "sums": 1}


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: plotting.plot("arctan"), TypeError, r"^surrogate .*'arctan'.*surrogate\.get"),
        (lambda: plotting.compare("arctan"), TypeError, r"^surrogates .*'arctan'"),
        (lambda: plotting.compare([Arctan]), TypeError, r"^surrogates has to hold surrogates"),
        (lambda: plotting.compare([]), ValueError, r"^surrogates .* but got none"),
        (lambda: plotting.gallery([]), ValueError, r"^surrogates .* but got none"),
        (lambda: plotting.gallery([3]), TypeError, r"^surrogates .*\[3\]"),
        (lambda: plotting.plot(Arctan(jnp.ones(3))), ValueError, r"^surrogate .* array"),
        (
            lambda: plotting.compare([Arctan()], normalise="max"),
            ValueError,
            r"^normalise has to be one of None, 'peak', 'area', but got 'max'\.$",
        ),
        (
            lambda: plotting.compare([Arctan(), LeakyRelu()], normalise="area"),
            ValueError,
            r"^normalise='area' .* LeakyRelu\(alpha=0\.1, beta=1\.0\) is inf",
        ),
        (
            lambda: plotting.compare([SquarewaveFourierSeries()], normalise="area"),
            ValueError,
            r"^normalise='area' .* is nan",
        ),
        (
            lambda: plotting.compare([ExponentialEscape()], normalise="peak"),
            ValueError,
            r"^normalise='peak' .* is inf",
        ),
        (
            lambda: plotting.compare([0.0 * Arctan()], normalise="peak"),
            ValueError,
            r"^normalise='peak' .* is 0",
        ),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_line(draw, error, message):
    with pytest.raises(error, match=message) as caught:
        draw()
    assert "\n" not in str(caught.value)


def test_the_histogram_leaves_out_what_is_not_finite():
    x = np.array([[np.nan, np.inf], [0.5, -0.5]])
    bars, _ = plotting.surrogate_over(Arctan(), x).axes
    assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(100)
    with pytest.raises(ValueError, match="x has to hold a finite value"):
        plotting.surrogate_over(Arctan(), [np.nan])


def test_it_is_imported_when_asked_for_and_a_picture_says_which_line_of_the_readme_installs_it():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import spikegrad; print('spikegrad.plotting' in sys.modules, *dir(spikegrad))\n"
        "try: spikegrad.plotting.raster([[1.0]])\n"
        "except ImportError as error: print(error)\n"
        "try: spikegrad.ploting\n"
        "except AttributeError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms, missing, unknown = found.stdout.splitlines()
    early, *names = rooms.split()
    assert early == "False"
    assert {"checking", "health", "neurons", "plotting", "surrogate"} < set(names)
    assert missing == "A picture needs matplotlib: pip install '.[plot]' in a clone of spikegrad"
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for extra in ("plot", "lab"):
        assert f"\npip install '.[{extra}]'  " in readme
    assert unknown == "module 'spikegrad' has no attribute 'ploting'"
