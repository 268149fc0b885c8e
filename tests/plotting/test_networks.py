import warnings

import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad import plotting
from spikegrad.neurons import ALIF, Recorded, rollout

SPIKES = np.zeros((5, 3))
SPIKES[[0, 4, 2], [0, 0, 2]] = 1


def test_a_raster_has_a_mark_for_every_spike_where_it_is():
    (axes,) = plotting.raster(SPIKES).axes
    segments = axes.collections[0].get_segments()
    assert {(x, (low + high) / 2) for (x, low), (_, high) in segments} == {(0, 0), (4, 0), (2, 2)}
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 4.5), (-0.5, 2.5))


def test_a_raster_of_many_neurons_leaves_no_mark_too_thin_to_see():
    spikes = np.zeros((3, 1000))
    spikes[1, [0, 500]] = 1
    (axes,) = plotting.raster(spikes).axes
    points = 72 * 3.5 / 1000  # that a neuron has, in a figure 3.5 inches high
    heights = [(high - low) * points for (_, low), (_, high) in axes.collections[0].get_segments()]
    assert min(heights) > 1


def test_many_spikes_are_drawn_as_an_image(tmp_path):
    plotting.raster(np.ones((201, 100))).savefig(tmp_path / "many.svg")
    assert (tmp_path / "many.svg").stat().st_size < 200_000


def test_a_raster_can_be_silent():
    plotting.raster(np.zeros((5, 3)))


def test_membranes_have_a_panel_a_neuron_with_its_threshold_and_spikes():
    potentials = SPIKES * 1.5 - 0.25
    figure = plotting.membranes(potentials, SPIKES, threshold=0.5, names="abc", title="title")
    panels = figure.axes
    assert figure.get_supylabel() == "membrane potential"
    assert figure.legends[0].get_title().get_text() == "title"
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b", "c"]
    for neuron, axes in enumerate(panels):
        threshold, membrane, spikes, *_ = axes.lines
        assert set(threshold.get_ydata()) == {0.5}
        np.testing.assert_array_equal(membrane.get_ydata(), potentials[:, neuron])
        np.testing.assert_array_equal(spikes.get_xdata(), np.flatnonzero(SPIKES[:, neuron]))


def test_spikes_that_were_recorded_lie_at_or_above_the_drawn_threshold_and_the_rest_below():
    currents = jnp.linspace(0.1, 0.7, 6)[None, None] * jnp.ones((30, 1, 6))
    (spikes, excess), _ = rollout(Recorded(ALIF(0.9)), currents)
    figure = plotting.membranes(excess[:, 0], spikes[:, 0])
    assert figure.get_supylabel() == "membrane potential - threshold"
    fired = 0
    for axes in figure.axes:
        threshold, membrane, marks, *_ = axes.lines
        above = np.flatnonzero(membrane.get_ydata() >= threshold.get_ydata()[0])
        np.testing.assert_array_equal(marks.get_xdata(), above)
        fired += len(above)
    assert fired == spikes.sum() > 6


def test_a_threshold_that_moves_is_drawn_where_it_was():
    level = np.linspace(1, 2, 15).reshape(5, 3)
    panels = plotting.membranes(level + SPIKES - 0.5, SPIKES, threshold=level).axes
    for neuron, axes in enumerate(panels):
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), level[:, neuron])
    one_each = plotting.membranes(SPIKES, SPIKES, threshold=[1, 2, 3]).axes
    assert [axes.lines[0].get_ydata()[0] for axes in one_each] == [1, 2, 3]


@pytest.mark.parametrize("silent", [0, 1, 37])
def test_of_many_neurons_a_few_are_drawn_unless_one_says_which_and_the_picture_says_so(silent):
    spikes = np.arange(1, 50)[:, None] <= np.maximum(np.arange(40) - silent + 1, 0)
    figure = plotting.membranes(spikes - 1.0, spikes)
    counts = [len(axes.lines[2].get_xdata()) for axes in figure.axes]
    assert figure.legends[0].get_title().get_text() == "8 of 40 neurons, busiest to quietest"
    assert len(counts) == len({axes.get_title(loc="left") for axes in figure.axes}) == 8
    assert counts == sorted(counts, reverse=True)
    assert (counts[0], counts[-1]) == (40 - silent, 0 if silent else 1)
    assert sum(count > 0 for count in counts) == min(8 - (silent > 0), 40 - silent)
    names = [f"n{number}" for number in range(40)]
    asked = plotting.membranes(spikes - 1.0, spikes, neurons=[3, 39, 0], names=names)
    assert [axes.get_title(loc="left") for axes in asked.axes] == ["n3", "n39", "n0"]
    assert asked.legends[0].get_title().get_text() == ""


def test_learning_curves_count_epochs_from_1_and_may_be_logarithmic():
    loss, rate = plotting.learning_curves(
        {"loss": {"training": [3, 2, 1], "validation": [3, 2, 2]}, "rate (%)": {"hidden": [1, 2]}},
        logarithmic=["loss"],
    ).axes
    np.testing.assert_array_equal(loss.lines[0].get_xdata(), [1, 2, 3])
    assert (loss.get_yscale(), rate.get_yscale()) == ("log", "linear")
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert rate.get_legend() is None


def test_a_value_after_the_last_epoch_is_a_point_of_its_own_colour():
    lines = {"loss": {"training": [3, 2, 1], "validation": [3, 2, 2]}}
    (axes,) = plotting.learning_curves(lines, ends={"loss": {"test": 1.5}}).axes
    assert tuple(map(tuple, axes.lines[2].get_data())) == ((3,), (1.5,))
    assert len({line.get_color() for line in axes.lines}) == 3


def test_one_epoch_is_a_point_and_a_loss_of_0_has_no_logarithm():
    with warnings.catch_warnings(action="error"):
        figure = plotting.learning_curves({"loss": {"training": [0.0]}}, logarithmic=["loss"])
        figure.canvas.draw()
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].lines[0].get_marker() == "o"


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plotting.raster(SPIKES[0]), r"spikes .* over \(time, neurons\), .* shape \(3,\)"),
        (lambda: plotting.currents(SPIKES[None]), r"values .* over \(time, neurons\)"),
        (lambda: plotting.membranes(SPIKES, SPIKES[0]), r"spikes .* over \(time, neurons\)"),
        (lambda: plotting.membranes(SPIKES, SPIKES[:3]), r"spikes .*values, \(5, 3\), .*\(3, 3\)"),
        (lambda: plotting.raster(SPIKES[:, None]), r"a sample: spikes\[:, 0\]\.$"),
        (lambda: plotting.raster([["a"]]), r"spikes has to be an array of numbers, .*'a'"),
        (lambda: plotting.membranes(SPIKES, SPIKES, threshold=[1, 2]), r"^threshold .*\[1, 2\]"),
        (lambda: plotting.membranes(SPIKES, SPIKES, threshold="x"), r"^threshold .*'x'"),
        (lambda: plotting.membranes(SPIKES, SPIKES, neurons=[3]), r"neurons .*0 to 2, .*\[3\]"),
        (lambda: plotting.membranes(SPIKES, SPIKES, neurons=[]), r"neurons .*0 to 2, .*\[\]"),
        (lambda: plotting.membranes(SPIKES, SPIKES, neurons=1), r"neurons .*0 to 2, .*got 1"),
        (lambda: plotting.membranes(SPIKES, SPIKES, names="ab"), r"names .* 3 neurons .*got 2"),
        (lambda: plotting.learning_curves({"loss": {"a": []}}), r"a .* over \(epochs\)"),
        (lambda: plotting.learning_curves({}), r"panels .*got \{\}"),
        (lambda: plotting.learning_curves({"loss": {}}), r"panels .*'loss': \{\}"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_the_last_step_of_one_is_drawn_without_a_warning():
    with warnings.catch_warnings(action="error"):
        plotting.raster(np.ones((1, 1)))
        plotting.membranes(np.ones((1, 1)), np.ones((1, 1)))
        plotting.learning_curves({"loss": {"training": [1.0]}}, logarithmic=["loss"])
