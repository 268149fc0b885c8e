import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.lab.data.encoding import ENCODINGS, current, latency, rate

KEY = jax.random.key(0)
LEVELS = jnp.arange(17, dtype=jnp.float32)[None] / 16


@pytest.mark.parametrize("name", ENCODINGS)
def test_time_leads_and_the_dtype_stays(name):
    inputs = ENCODINGS[name].encode(jnp.full((3, 5), 0.5), 7, KEY)
    assert inputs.shape == (7, 3, 5)
    assert inputs.dtype == jnp.float32


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_encoding_says_whether_it_makes_spikes(name):
    inputs = ENCODINGS[name].encode(LEVELS, 8, KEY)
    assert ENCODINGS[name].spiking == bool(((inputs == 0) | (inputs == 1)).all())


def test_latency_gives_one_spike_to_every_pixel_that_is_not_black():
    inputs = latency(LEVELS, 16, KEY)
    np.testing.assert_array_equal(inputs.sum(0)[0], [0] + [1] * 16)


def test_latency_keeps_all_17_levels_of_grey_apart_in_16_steps():
    inputs = latency(LEVELS, 16, KEY)
    np.testing.assert_array_equal(inputs[:, 0, 1:].argmax(0), np.arange(15, -1, -1))


@pytest.mark.parametrize("time_steps", [1, 2, 5, 16, 40])
def test_latency_is_earlier_for_the_brighter_and_within_time_for_the_darkest(time_steps):
    images = jnp.array([[1e-9, 0.1, 0.3, 0.7, 1.0]])
    inputs = latency(images, time_steps, KEY)
    moments = inputs.argmax(0)[0]
    np.testing.assert_array_equal(inputs.sum(0), jnp.ones((1, 5)))
    assert (jnp.diff(moments) <= 0).all()
    assert (moments[0], moments[-1]) == (time_steps - 1, 0)


def test_latency_cuts_the_brightness_between_whole_levels_downwards():
    images = jnp.array([[1.0, 0.9, 0.76, 0.74, 0.6, 0.49, 0.3, 0.24, 0.01]])
    moments = latency(images, 4, KEY).argmax(0)[0]
    np.testing.assert_array_equal(moments, [0, 0, 0, 1, 1, 2, 2, 3, 3])


def test_current_is_the_brightness_at_every_step():
    np.testing.assert_array_equal(current(LEVELS, 3, KEY), np.stack([LEVELS] * 3))


def test_rate_fires_as_often_as_the_pixel_is_bright():
    steps = 4000
    frequency = rate(LEVELS, steps, KEY).mean(0)[0]
    assert (frequency[0], frequency[-1]) == (0, 1)
    deviation = np.sqrt(LEVELS[0] * (1 - LEVELS[0]) / steps)
    assert (np.abs(frequency - LEVELS[0]) <= 5 * deviation).all()


def test_rate_draws_by_the_key():
    first, again, other = (rate(LEVELS, 20, jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not jnp.array_equal(first, other)
