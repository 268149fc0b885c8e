import subprocess
import sys
import warnings

import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import plotting
from spikegrad.surrogate import Arctan
from spikegrad.surrogate.catalogue import CATALOGUE

SPIKES = np.zeros((5, 3))
SPIKES[[0, 4, 2], [0, 0, 2]] = 1

FIGURES = {
    "raster": lambda: plotting.raster(SPIKES, title="title"),
    "currents": lambda: plotting.currents(np.linspace(0, 1, 15).reshape(5, 3)),
    "membranes": lambda: plotting.membranes(SPIKES * 1.5, SPIKES, title="title"),
    "surrogate_over": lambda: plotting.surrogate_over(Arctan(), jnp.linspace(-2, 2, 99)),
    "learning_curves": lambda: plotting.learning_curves(
        {"loss": {"training": [3, 2, 1], "validation": [3, 2, 2]}, "rate (%)": {"hidden": [1, 2]}},
        logarithmic=["loss"],
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_without_a_display_and_every_axis_has_a_label(name, tmp_path):
    figure = FIGURES[name]()
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert all(axes.get_ylabel() or figure.get_supylabel() for axes in figure.axes)
    assert figure.axes[-1].get_xlabel() or any(axes.get_xlabel() for axes in figure.axes)


def test_a_raster_has_a_mark_for_every_spike_where_it_is():
    (axes,) = plotting.raster(SPIKES).axes
    segments = axes.collections[0].get_segments()
    assert {(x, (low + high) / 2) for (x, low), (_, high) in segments} == {(0, 0), (4, 0), (2, 2)}
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 4.5), (-0.5, 2.5))


def test_a_raster_can_be_silent():
    plotting.raster(np.zeros((5, 3)))


def test_a_picture_goes_into_given_axes_even_of_a_part_of_a_figure():
    figure = plotting.new_figure(4, 2)
    left, right = figure.subfigures(1, 2)
    for part in (left, right):
        assert plotting.raster(SPIKES, axes=part.subplots()) is figure
    assert len(figure.axes) == 2


def test_membranes_have_a_panel_a_neuron_with_its_threshold_and_spikes():
    potentials = SPIKES * 1.5 - 0.25
    panels = plotting.membranes(potentials, SPIKES, threshold=0.5, names="abc").axes
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b", "c"]
    for neuron, axes in enumerate(panels):
        threshold, membrane, spikes, *_ = axes.lines
        assert set(threshold.get_ydata()) == {0.5}
        np.testing.assert_array_equal(membrane.get_ydata(), potentials[:, neuron])
        np.testing.assert_array_equal(spikes.get_xdata(), np.flatnonzero(SPIKES[:, neuron]))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_every_surrogate_can_be_drawn_over_what_it_met(row):
    bars, curve = plotting.surrogate_over(row.shape(), np.linspace(-3, 2, 500)).axes
    x, y = curve.lines[0].get_data()
    np.testing.assert_allclose(y, row.shape().surrogate_grad(jnp.asarray(x)), rtol=1e-6)
    assert curve.get_ylim()[0] <= y.min()
    assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(100, abs=0.5)


def test_the_histogram_leaves_out_what_is_not_finite():
    x = np.array([[np.nan, np.inf], [0.5, -0.5]])
    bars, _ = plotting.surrogate_over(Arctan(), x).axes
    assert sum(bar.get_height() for bar in bars.patches) == pytest.approx(100)
    with pytest.raises(ValueError, match="x has to hold a finite value"):
        plotting.surrogate_over(Arctan(), [np.nan])


def test_learning_curves_count_epochs_from_1_and_may_be_logarithmic():
    loss, rate = FIGURES["learning_curves"]().axes
    np.testing.assert_array_equal(loss.lines[0].get_xdata(), [1, 2, 3])
    assert (loss.get_yscale(), rate.get_yscale()) == ("log", "linear")
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert rate.get_legend() is None


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plotting.raster(SPIKES[0]), r"spikes .* over \(time, neurons\), .* shape \(3,\)"),
        (lambda: plotting.currents(SPIKES[None]), r"values .* over \(time, neurons\)"),
        (lambda: plotting.membranes(SPIKES, SPIKES[0]), r"spikes .* over \(time, neurons\)"),
        (lambda: plotting.learning_curves({"loss": {"a": []}}), r"a .* over \(epochs\)"),
    ],
)
def test_an_array_over_the_wrong_axes_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_the_last_step_of_one_is_drawn_without_a_warning():
    with warnings.catch_warnings(action="error"):
        plotting.raster(np.ones((1, 1)))
        plotting.membranes(np.ones((1, 1)), np.ones((1, 1)))
        plotting.learning_curves({"loss": {"training": [1.0]}}, logarithmic=["loss"])


def test_without_matplotlib_the_module_imports_and_a_picture_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from spikegrad import plotting\n"
        "try: plotting.raster([[1.0]])\n"
        "except ImportError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "Pictures need matplotlib: pip install 'spikegrad[plot]'\n"
