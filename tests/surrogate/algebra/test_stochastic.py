"""Spikes and gradients that are drawn."""

from __future__ import annotations

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.surrogate import (
    ERF,
    Arctan,
    LeakyRelu,
    PiecewiseExp,
    PiecewiseQuadratic,
    Rect,
    Sigmoid,
    SlayerGrad,
    SoftSign,
    Stochastic,
    StochasticSpikeOperator,
    StraightThrough,
    Surrogate,
    normalised,
    with_key,
)

KEY = jax.random.key(7)
X = jnp.asarray([-jnp.inf, -3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0, jnp.inf], jnp.float32)
DRAWS = 20_000
# The distribution function of the noise, by hand.
NOISE = {
    "logistic": (Sigmoid(4.0), lambda x: 1 / (1 + np.exp(-4 * x))),
    "Cauchy": (Arctan(2.0), lambda x: 0.5 + np.arctan(np.pi * x) / np.pi),
    "Laplace": (
        PiecewiseExp(2.0),
        lambda x: np.where(x < 0, np.exp(2 * np.minimum(x, 0)) / 2, 1 - np.exp(-2 * x) / 2),
    ),
    "Laplace of area 2": (
        SlayerGrad(1.0),
        lambda x: np.where(x < 0, np.exp(np.minimum(x, 0)) / 2, 1 - np.exp(-x) / 2),
    ),
    "triangular": (
        PiecewiseQuadratic(0.5),
        lambda x: 0.5 + (u := np.clip(x / 2, -1, 1)) - u * abs(u) / 2,
    ),
    "uniform": (Rect(0.25), lambda x: np.clip(x / 4 + 0.5, 0, 1)),
}
each_noise = pytest.mark.parametrize("name", NOISE)


class Bell(Surrogate):
    """A user's own, of which nothing is known but its values."""

    def surrogate_grad(self, x):
        return jnp.exp(-x * x)


def total(surrogate):
    return lambda x: jnp.sum(surrogate(x))


@each_noise
def test_the_mean_over_keys_is_the_probability(name):
    shape, distribution = NOISE[name]
    stochastic = Stochastic(shape)
    with np.errstate(over="ignore"):
        expected = distribution(np.asarray(X, np.float64))
    np.testing.assert_allclose(stochastic.probability(X), expected, atol=1e-6)
    spikes = jax.vmap(lambda key: stochastic(X, key=key))(jax.random.split(KEY, DRAWS))
    assert set(np.unique(spikes)) <= {0.0, 1.0}
    deviation = np.sqrt(expected * (1 - expected) / DRAWS)
    assert np.all(np.abs(np.asarray(spikes, np.float64).mean(0) - expected) <= 5 * deviation + 1e-9)


def test_elements_and_keys_draw_for_themselves():
    x = jnp.zeros((2, 1000))
    spikes = Stochastic(Sigmoid(4.0))(x, key=KEY)
    other = Stochastic(Sigmoid(4.0))(x, key=jax.random.key(8))
    for left, right in ((spikes[0], spikes[1]), (spikes, other)):
        assert 0.4 < float(jnp.mean(left == right)) < 0.6
    np.testing.assert_array_equal(spikes, Stochastic(Sigmoid(4.0), KEY)(x))


@each_noise
def test_its_gradient_is_that_of_the_surrogate_whatever_was_drawn(name):
    shape, _ = NOISE[name]
    for key in jax.random.split(KEY, 2):
        gradient = jax.jit(jax.grad(total(Stochastic(shape, key))))(X[1:-1])
        np.testing.assert_allclose(gradient, shape.surrogate_grad(X[1:-1]), rtol=1e-6)


def test_normalised_by_area_it_is_the_gradient_of_the_expected_spike():
    stochastic = Stochastic(normalised(SlayerGrad(1.5), by="area"))
    slope = jax.vmap(jax.grad(stochastic.probability))(X[1:-1])
    np.testing.assert_allclose(stochastic.surrogate_grad(X[1:-1]), slope, rtol=1e-6)


def test_a_users_own_makes_noise_too():
    shares = Stochastic(Bell()).probability(jnp.asarray([-9.0, 0.0, 9.0]))
    np.testing.assert_allclose(shares, [0, 0.5, 1], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_16_bits_do_not_coarsen_the_draw(dtype):
    """bfloat16 alone would know no probability between 0.996 and 1."""
    x = jnp.full(DRAWS, 1.625, dtype)
    spikes = Stochastic(Sigmoid(4.0))(x, key=KEY)
    assert spikes.dtype == dtype
    silent = DRAWS / (1 + np.exp(4 * 1.625))
    assert abs(float((spikes == 0).sum()) - silent) < 5 * np.sqrt(silent)


def test_nan_is_no_spike():
    assert Stochastic(Arctan(2.0))(jnp.full(100, jnp.nan), key=KEY).sum() == 0


def test_it_goes_through_jit_with_its_key_as_data():
    compilations = []

    @jax.jit
    def run(stochastic, x):
        compilations.append(stochastic)
        return stochastic(x)

    for key in jax.random.split(KEY, 3):
        stochastic = Stochastic(Sigmoid(jnp.asarray(4.0)), key)
        np.testing.assert_array_equal(run(stochastic, X), stochastic(X))
    assert len(compilations) == 1


def test_it_is_a_value():
    stochastic = Stochastic(Sigmoid(4.0))
    assert pickle.loads(pickle.dumps(stochastic)) == stochastic == copy.deepcopy(stochastic)
    assert Stochastic(Sigmoid(4.0), KEY) == Stochastic(Sigmoid(4.0), KEY) != stochastic


def test_keys_reach_whatever_draws():
    wrapped = (2.0 * Stochastic(Sigmoid(4.0)).shifted(0.5)) + StraightThrough()
    keyed = with_key(wrapped, KEY)
    assert set(np.unique(keyed(jnp.zeros(100)))) == {0.0, 1.0}
    with pytest.raises(ValueError, match="Stochastic draws its spikes and takes a key"):
        wrapped(X)


@pytest.mark.parametrize("shape", [LeakyRelu(), StraightThrough(), -1.0 * Sigmoid()], ids=repr)
def test_a_surrogate_without_a_positive_finite_area_is_refused(shape):
    with pytest.raises(ValueError, match="has to have a positive finite area") as caught:
        Stochastic(shape)
    assert repr(shape) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gradient_is_drawn_at_random():
    """snnTorch's SSO: 1 above, and (U - 1/2 + mean) variance below."""
    operator = StochasticSpikeOperator(mean=0.5, variance=0.2, key=KEY)
    x = jnp.concatenate([jnp.full(DRAWS, -1.0), jnp.full(10, 0.5)])
    gradient = np.asarray(jax.grad(total(operator))(x))
    below, above = gradient[:DRAWS], gradient[DRAWS:]
    np.testing.assert_array_equal(above, 1)
    assert 0 <= below.min() < 0.001
    assert 0.199 < below.max() <= 0.2
    assert abs(below.mean() - 0.1) < 5 * 0.2 / np.sqrt(12 * DRAWS)
    np.testing.assert_array_equal(operator(x), (x >= 0).astype(x.dtype))
    mean = LeakyRelu(0.1, 1.0)
    np.testing.assert_allclose(operator.antiderivative(X[1:-1]), mean.antiderivative(X[1:-1]))
    with pytest.raises(ValueError, match="draws its gradient and takes a key"):
        jax.grad(total(StochasticSpikeOperator()))(x)


@pytest.mark.parametrize("shape", [SoftSign(1.0), ERF(1.0)], ids=repr)
def test_second_order_is_that_of_the_surrogate(shape):
    x = X[1:-1]
    second = jax.grad(lambda x: jax.grad(total(Stochastic(shape, KEY)))(x).sum())(x)
    expected = jax.grad(lambda x: shape.surrogate_grad(x).sum())(x)
    np.testing.assert_allclose(second, expected, rtol=1e-6)
