"""What the loop over time does not take, and the least that it takes."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.neurons.cases import BATCH, NEURONS
from tests.neurons.test_rollout import CURRENTS, LEAN

from spikegrad.neurons import LI, Neuron, recurrent_rollout, rollout


@pytest.mark.parametrize("keep", ["states", 0, -3, 2.0, True, None])
def test_a_wrong_keep_is_refused(keep):
    with pytest.raises(ValueError, match=r"^keep has to be 'state', .* or more, but got"):
        rollout(LEAN, CURRENTS, keep=keep)


def test_a_wrong_time_axis_is_refused():
    with pytest.raises(ValueError, match=r"time_axis has to name an axis .*-3 to 2, but got 3"):
        rollout(LEAN, CURRENTS, time_axis=3)
    with pytest.raises(ValueError, match="currents has to have a time axis"):
        rollout(LEAN, 1.0)


def test_half_is_refused_with_a_feed():
    with pytest.raises(ValueError, match="another than 'half' with a feed"):
        recurrent_rollout(LEAN, lambda s: s, CURRENTS, keep="half")


class Growing(Neuron):
    """A user's neuron whose state becomes another dtype."""

    def initial_state(self, shape, dtype=jnp.float32):
        return jnp.zeros(shape, dtype)

    def step(self, state, current):
        return (state + current).astype(jnp.bfloat16), current


def test_a_step_that_changes_the_kind_of_state_is_refused():
    with pytest.raises(TypeError, match=r"Growing\.step .* float32\[3, 4\], but .* bfloat16"):
        rollout(Growing(), CURRENTS)


def test_a_neuron_without_a_step_says_what_it_needs():
    with pytest.raises(NotImplementedError, match="defines no initial_state"):
        rollout(Neuron(), CURRENTS)


def test_integers_become_floats():
    spikes, state = rollout(LI(0.5), jnp.ones((3, 2), jnp.int32))
    assert spikes.dtype == state.v.dtype == jnp.float32


def test_an_empty_sequence_leaves_the_state_alone():
    spikes, state = rollout(LEAN, jnp.zeros((0, BATCH, NEURONS)))
    assert spikes.shape == (0, BATCH, NEURONS)
    assert not np.any(state.v)
