"""finite_difference_alignment: right where the answer is known, and honest about its noise."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.health import finite_difference_alignment
from spikegrad.neurons import LIF
from spikegrad.surrogate import Dspike, Sigmoid

DRAW = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(DRAW.normal(size=shape), jnp.float32)


INPUTS = normal(512, 4)
WEIGHTS = {"hidden": normal(4, 3), "readout": normal(3)}


def compiled(loss, weights, **options):
    return jax.jit(lambda w: finite_difference_alignment(loss, w, **options))(weights)


def smooth_loss(weights):
    return jnp.square(jnp.tanh(INPUTS @ weights["hidden"]) @ weights["readout"] - INPUTS[:, 0])


def spiking_loss(weights, surrogate):
    spikes = surrogate(INPUTS @ weights["hidden"] - 0.2)
    return jnp.square(spikes @ weights["readout"] - INPUTS[:, 0])


def loss_over_time(weights):
    neuron, currents = LIF(0.5, surrogate=Sigmoid(4.0)), INPUTS @ weights["hidden"]
    state, count = neuron.initial_state(currents.shape), jnp.zeros_like(currents)
    for _ in range(2):
        state, spikes = neuron.step(state, currents)
        count += spikes
    return jnp.square(count / 2 @ weights["readout"] - INPUTS[:, 0])


def flattened(tree):
    return np.asarray(jax.flatten_util.ravel_pytree(tree)[0])


def test_curvature_is_no_noise():
    """Every sample bends alike, and a central difference of a square is exact."""
    result = compiled(lambda w: jnp.square(w) * jnp.ones(4), jnp.asarray([0.5]), step=0.25)
    assert result.reference.tolist() == [1.0]
    assert result.noise == 0


def test_the_reference_is_the_central_difference_of_the_mean_loss():
    result = compiled(loss_over_time, WEIGHTS, step=0.05)
    flat, rebuilt = jax.flatten_util.ravel_pytree(WEIGHTS)
    moved = flat[None, None] + jnp.asarray([[[0.05]], [[-0.05]]]) * jnp.eye(flat.size)[None]
    up, down = jax.jit(jax.vmap(jax.vmap(lambda w: loss_over_time(rebuilt(w)).mean())))(moved)
    expected = (up - down) / 0.1
    np.testing.assert_allclose(result.reference, expected, rtol=1e-3, atol=1e-5)
    cosine = np.dot(result.gradient, expected)
    cosine /= np.linalg.norm(result.gradient) * np.linalg.norm(expected)
    np.testing.assert_allclose(result.cosine, cosine, rtol=1e-3)


# A layer of neurons without time, and a loss that is linear in the spikes. A neuron's weights are a
# unit vector u, its spike costs v @ x, and x is standard normal. With n the normal of u, g the
# surrogate's gradient and z = u @ x, the smoothed loss has
#     surrogate's gradient   E[g(z)] (v @ n) n + E[g(z) z^2] (v @ u) u
#     true gradient          density of z at 0 times (v @ n) n
# so the cosine is known, and sharper is better.
ANGLES = np.asarray([0.3, 1.0, 2.0])
U = np.stack([np.cos(ANGLES), np.sin(ANGLES)])
N = np.stack([-np.sin(ANGLES), np.cos(ANGLES)])
COST = np.asarray([0.8, -0.6])
SAMPLES = normal(20_000, 2)


@jax.jit
def alignment_of_layer(surrogate, step=0.1, samples=SAMPLES):
    cost = samples @ jnp.asarray(COST, jnp.float32)

    def loss(weights):
        return cost * surrogate(samples @ weights).sum(1)

    return finite_difference_alignment(loss, jnp.asarray(U, jnp.float32), step=step)


def known_cosine(surrogate):
    z = np.linspace(-8, 8, 20_001)
    weighted = np.exp(-z * z / 2) * np.asarray(surrogate.surrogate_grad(z.astype(np.float32)))
    gradient = weighted.sum() * (COST @ N) * N + (weighted * z * z).sum() * (COST @ U) * U
    true = (COST @ N) * N
    return np.sum(gradient * true) / (np.linalg.norm(gradient) * np.linalg.norm(true))


@pytest.mark.parametrize(
    ("shape", "temperatures"),
    [(Sigmoid, (1.0, 16.0)), (functools.partial(Dspike, r=2.0), (0.5, 8.0))],
    ids=["Sigmoid", "Dspike"],
)
def test_the_cosine_is_the_known_one_and_prefers_the_right_temperature(shape, temperatures):
    known = [known_cosine(shape(temperature)) for temperature in temperatures]
    over = jax.vmap(alignment_of_layer)(shape(jnp.asarray(temperatures)))
    assert known[0] + 0.02 < known[1]
    assert over.cosine[0] + 0.02 < over.cosine[1]
    np.testing.assert_allclose(over.cosine, known, atol=0.02)


def test_noise_is_the_standard_error_of_the_reference():
    batches = normal(200, 400, 2)
    over = jax.vmap(lambda x: alignment_of_layer(Sigmoid(16.0), samples=x))(batches)
    reference = np.asarray(over.reference)
    errors = np.linalg.norm(reference - reference.mean(0), axis=1)
    told = over.noise * np.linalg.norm(reference, axis=1)
    np.testing.assert_allclose(np.mean(told**2), np.mean(errors**2), rtol=0.15)


FEW = SAMPLES[:1250]


def test_noise_falls_with_the_root_of_step_and_batch():
    coarse = alignment_of_layer(Sigmoid(16.0), step=0.16)
    fine = alignment_of_layer(Sigmoid(16.0), step=0.01)
    small = alignment_of_layer(Sigmoid(16.0), step=0.16, samples=FEW)
    np.testing.assert_allclose(fine.noise / coarse.noise, 4, rtol=0.15)
    np.testing.assert_allclose(small.noise / coarse.noise, 4, rtol=0.15)


def test_where_no_spike_changes_there_is_nothing_to_compare_with():
    result = alignment_of_layer(Sigmoid(16.0), step=3e-7, samples=FEW)
    assert jnp.isnan(result.cosine)
    assert jnp.isnan(result.noise)
    assert jnp.abs(result.gradient).max() > 0


EXACT = flattened(jax.grad(lambda w: smooth_loss(w).mean())(WEIGHTS))


@pytest.mark.parametrize(
    ("coordinates", "key"),
    [(None, None), ([14, 0, 5], None), (10, jax.random.key(5))],
    ids=["all", "places", "drawn"],
)
def test_a_smooth_loss_agrees_at_all_coordinates_and_at_some(coordinates, key):
    result = compiled(smooth_loss, WEIGHTS, coordinates=coordinates, key=key)
    places = result.coordinates.tolist()
    if key is None:
        assert places == (coordinates or list(range(15)))
    else:
        assert len(set(places)) == len(places) == coordinates
    np.testing.assert_allclose(result.gradient, EXACT[places], rtol=1e-5)
    np.testing.assert_allclose(result.reference, EXACT[places], atol=2e-4)
    assert result.cosine > 0.99999
    assert result.noise < 1e-3


def test_places_are_taken_outside_of_jit_as_well_the_first_and_the_last():
    result = finite_difference_alignment(smooth_loss, WEIGHTS, coordinates=[14, 0])
    np.testing.assert_allclose(result.gradient, EXACT[np.array([14, 0])], rtol=1e-5)


def test_the_noise_is_that_of_a_mean_over_few_samples():
    """At a kink with slopes 1 and 3 above and 0 below, half the difference varies by 2 / 4."""
    slopes = jnp.array([1.0, 3.0])
    ramps = lambda w: slopes * jnp.maximum(w[0], 0)  # noqa: E731
    result = finite_difference_alignment(ramps, jnp.zeros(1), step=0.5)
    np.testing.assert_allclose(result.reference, [1.0], rtol=1e-6)
    np.testing.assert_allclose(result.noise, np.sqrt(2 / 4 / 2), rtol=1e-5)


def test_one_map_compares_many_surrogates():
    alphas = jnp.asarray([0.5, 4.0, 16.0])

    @jax.jit
    def cosine(surrogate):
        return finite_difference_alignment(
            lambda w: spiking_loss(w, surrogate), WEIGHTS, step=0.1
        ).cosine

    mapped = jax.vmap(cosine)(Sigmoid(alphas))
    one_by_one = [cosine(Sigmoid(alpha)) for alpha in alphas]
    np.testing.assert_allclose(mapped, one_by_one, rtol=1e-4)


def test_memory_does_not_grow_with_the_coordinates():
    def needed(coordinates):
        compiled = jax.jit(
            lambda places: (
                finite_difference_alignment(
                    lambda w: jnp.tanh(INPUTS @ w).sum(1), jnp.ones((4, 64)), coordinates=places
                ).cosine
            )
        )
        lowered = compiled.lower(jnp.arange(coordinates))
        return lowered.compile().memory_analysis().temp_size_in_bytes

    assert needed(256) < needed(4) + 256 * 100


def test_a_step_that_is_rounded_counts_as_what_it_became():
    """In bfloat16, 1 + 0.01 is 1.0078125, and 1 - 0.01 is 0.98828125."""
    result = compiled(lambda w: INPUTS[:, 0] * w.astype(jnp.float32)[0], jnp.ones(1, jnp.bfloat16))
    np.testing.assert_allclose(result.reference[0], INPUTS[:, 0].mean(), rtol=1e-4)


def plain(weights):
    return INPUTS @ weights


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"step": 0.0}, ValueError, "step has to be a positive finite number, but got 0.0"),
        ({"step": float("inf")}, ValueError, "step has to be a positive .* but got inf"),
        ({"step": float("nan")}, ValueError, "step has to be a positive .* but got nan"),
        ({"coordinates": 0}, ValueError, "coordinates has to be a count from 1 to 4.* got 0"),
        ({"coordinates": 5}, ValueError, "coordinates has to be .* but got 5"),
        ({"coordinates": True}, ValueError, "coordinates has to be .* but got True"),
        ({"coordinates": [4]}, ValueError, r"whole numbers from 0 to 3, but got \[4\]"),
        ({"coordinates": [-1]}, ValueError, r"whole numbers from 0 to 3, but got \[-1\]"),
        ({"coordinates": [0.5]}, ValueError, r"coordinates has to be .* but got \[0.5\]"),
        ({"coordinates": [[0]]}, ValueError, r"coordinates has to be .* but got \[\[0\]\]"),
        ({"coordinates": jnp.int32(1)}, ValueError, r"coordinates has to be .* but got Array\(1,"),
        ({"coordinates": []}, ValueError, r"coordinates has to be .* but got \[\]"),
        ({"coordinates": 2}, ValueError, "coordinates=2 are drawn, which takes a key"),
        ({"weights": {}}, TypeError, "weights has to hold floating arrays .* but got none"),
        ({"weights": (1.0,)}, TypeError, "weights has to hold .* but got float"),
        ({"weights": jnp.arange(4)}, TypeError, "weights has to hold .* but got int32"),
        ({"loss": lambda w: plain(w).sum()}, TypeError, r"loss has to give .* float32\[\]"),
        ({"loss": lambda w: plain(w)[None]}, TypeError, r"loss has to give .* float32\[1, 512\]"),
        ({"loss": lambda w: plain(w)[:1]}, TypeError, r"two samples or more.* float32\[1\]"),
        ({"loss": lambda w: plain(w) > 0}, TypeError, r"loss has to give .* bool\[512\]"),
        ({"loss": lambda w: (plain(w), 0)}, TypeError, "loss has to give .* but gave tuple"),
    ],
    ids=lambda value: str(value).split(" at ")[0] if isinstance(value, dict) else "",
)
def test_bad_input_is_told_in_one_line(options, error, message):
    given = {"loss": plain, "weights": jnp.ones(4)} | options
    with pytest.raises(error, match=message) as caught:
        finite_difference_alignment(given.pop("loss"), given.pop("weights"), **given)
    assert "\n" not in str(caught.value)
