import numpy as np
import pytest

from spikegrad.lab.data import datasets
from spikegrad.lab.report import pictures
from spikegrad.lab.training.config import Config
from spikegrad.lab.training.trainer import Trainer


@pytest.fixture(scope="module", params=["latency", "current", "rate"])
def trainer(request):
    config = Config("digits", encoding=request.param, hidden=9, time_steps=6, epochs=2)
    return Trainer(config, datasets.split(datasets.load_digits(), 0))


@pytest.fixture(scope="module")
def activity(trainer):
    parameters = trainer.initial_state().parameters
    return trainer.activity(parameters, trainer.split.test.images)


def marks(axes):
    """Where a raster has its marks, as pairs of step and neuron."""
    segments = axes.collections[0].get_segments()
    return {(int(x), round((low + high) / 2)) for (x, low), (_, high) in segments}


def test_the_input_is_drawn_as_the_network_gets_it(trainer):
    image, raster, *_ = pictures.input_raster(trainer).figure.axes
    inputs = np.asarray(trainer.inputs(trainer.split.test.images))[:, 0]
    sample = trainer.split.test.images[0].reshape(8, 8)
    np.testing.assert_array_equal(image.images[0].get_array(), sample)
    if trainer.config.encoding == "current":
        np.testing.assert_array_equal(raster.images[0].get_array(), inputs.T)
    else:
        assert marks(raster) == set(zip(*np.nonzero(inputs), strict=True))
    # As in the image, the first row is at the top.
    assert raster.get_ylim()[0] > raster.get_ylim()[1]


def test_the_hidden_raster_has_every_spike_and_the_earliest_neurons_first(activity):
    (axes,) = pictures.hidden_raster(activity).figure.axes
    found = marks(axes)
    assert len(found) == int(activity.spikes[:, 0].sum())
    neurons = sorted({neuron for _, neuron in found})
    first = [min(step for step, n in found if n == neuron) for neuron in neurons]
    assert first == sorted(first)
    assert neurons == list(range(len(neurons)))


def test_membranes_cross_the_threshold_where_they_fire_on_one_scale(activity):
    panels = pictures.membranes(activity).figure.axes
    assert len(panels) == pictures.SHOWN
    assert len({axes.get_title(loc="left") for axes in panels}) == pictures.SHOWN
    assert len({axes.get_ylim() for axes in panels}) == 1
    for axes in panels:
        threshold, membrane, spikes, *_ = axes.lines
        u = membrane.get_ydata()
        fired = np.flatnonzero(u >= threshold.get_ydata()[0])
        np.testing.assert_array_equal(spikes.get_xdata(), fired)


def test_the_surrogate_is_drawn_over_all_that_it_met(trainer, activity):
    parameters = trainer.initial_state().parameters
    histogram, gradient = pictures.surrogate(trainer, parameters, activity).figure.axes
    assert sum(bar.get_height() for bar in histogram.patches) == pytest.approx(100, abs=0.3)
    x, y = gradient.lines[0].get_data()
    np.testing.assert_allclose(y, trainer.surrogate.surrogate_grad(x), rtol=1e-6)
