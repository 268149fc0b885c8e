"""Neurons whose surrogate draws: the key is in the state."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.neurons import (
    LI,
    LIF,
    Drawn,
    Membrane,
    Noisy,
    Recorded,
    recurrent_rollout,
    rollout,
    rollout_memory,
)
from spikegrad.surrogate import Learned, Sigmoid, Stochastic

KEY = jax.random.key(3)
NEURON = Noisy(LIF(surrogate=Stochastic(Sigmoid(4.0))), KEY)
CURRENTS = 0.2 + 0.5 * jax.random.normal(jax.random.key(1), (12, 3, 5))


def by_hand(neuron, currents, key):
    """An unrolled loop over the same keys."""
    state, outs = neuron.initial_state(currents.shape[1:]), []
    for current in currents:
        key, own = jax.random.split(key)
        neuron.surrogate = Stochastic(Sigmoid(4.0), own)
        state, spikes = neuron.step(state, current)
        outs.append(spikes)
    return jnp.stack(outs)


@pytest.mark.parametrize("keep", ["state", 7, "checkpoint", "all"])
def test_spikes_and_gradients_are_those_of_an_unrolled_loop(keep):
    weights = jnp.arange(5.0)[None, None]

    def value(run):
        return jax.jit(jax.value_and_grad(lambda xs: jnp.sum(run(xs) * weights)))(CURRENTS)

    ours, gradient = value(lambda xs: rollout(NEURON, xs, keep=keep)[0])
    theirs, expected = value(lambda xs: by_hand(LIF(), xs, KEY))
    assert ours == theirs > 0
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_states_in_half_precision_draw_the_same():
    def run(keep):
        spikes = lambda xs: rollout(NEURON, xs, keep=keep)[0]  # noqa: E731
        return jax.jit(lambda xs: jax.vjp(spikes, xs)[1](jnp.ones_like(xs))[0])(CURRENTS)

    np.testing.assert_allclose(run("half"), run("state"), rtol=0.05, atol=0.02)


def test_the_final_state_goes_on_with_new_draws():
    whole, end = rollout(NEURON, CURRENTS)
    first, middle = rollout(NEURON, CURRENTS[:5])
    second, last = rollout(NEURON, CURRENTS[5:], middle)
    np.testing.assert_array_equal(jnp.concatenate([first, second]), whole)
    assert isinstance(end, Drawn)
    assert isinstance(end.state, Membrane)
    assert jnp.array_equal(jax.random.key_data(end.key), jax.random.key_data(last.key))
    assert not jnp.array_equal(jax.random.key_data(end.key), jax.random.key_data(KEY))


def test_the_same_key_draws_the_same_and_another_does_not():
    spikes = [rollout(Noisy(NEURON.neuron, key), CURRENTS)[0] for key in (KEY, KEY, *KEYS)]
    np.testing.assert_array_equal(spikes[0], spikes[1])
    assert jnp.any(spikes[1] != spikes[2])


KEYS = jax.random.split(KEY, 1)


def test_it_records_what_the_surrogate_was_given():
    (spikes, excess), _ = rollout(Noisy(Recorded(NEURON.neuron), KEY), CURRENTS)
    np.testing.assert_array_equal(spikes, rollout(NEURON, CURRENTS)[0])
    assert excess.shape == spikes.shape
    above = np.asarray(excess) > 1
    assert 0.9 < np.asarray(spikes)[above].mean() <= 1


def test_it_runs_with_a_feed():
    weights = 0.3 * jnp.eye(5)

    def loss(weights):
        return recurrent_rollout(NEURON, lambda s: s @ weights, CURRENTS)[0].sum()

    assert float(jnp.abs(jax.grad(loss)(weights)).sum()) > 0


def test_a_mixture_learns_inside_the_loop():
    mixed = Learned(Sigmoid(4.0), signal="mixed").mixing(0.5)

    def loss(mixed):
        return rollout(Noisy(LIF(surrogate=mixed), KEY), CURRENTS)[0].sum()

    spikes = rollout(Noisy(LIF(surrogate=mixed), KEY), CURRENTS)[0]
    whole = jnp.mean((spikes == 0) | (spikes == 1))
    assert 0.4 < whole < 0.6
    assert jnp.abs(jax.grad(loss)(mixed).raw["alpha"]) > 0


def test_its_memory_is_told():
    # With states, a key is kept of each step; with derivatives, none.
    plain, noisy = (rollout_memory(neuron, (40, 3, 5), keep=7) for neuron in (LIF(), NEURON))
    assert 0 < noisy - plain <= 6 * 16
    assert rollout_memory(NEURON, (40, 3, 5)) == rollout_memory(LIF(), (40, 3, 5))


def test_a_neuron_without_a_surrogate_is_refused():
    with pytest.raises(TypeError, match="Noisy: LI has no attribute surrogate"):
        Noisy(LI(), KEY)
