"""What the parameters of `Learned` learn from: each signal against a formula of its own."""

from __future__ import annotations

import copy
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import log_compilations, peer
from tests.surrogates import X, array

from spikegrad.surrogate import (
    Arctan,
    Blend,
    GaussianGrad,
    InvSquareGrad,
    Learned,
    Relaxed,
    ReluGrad,
    Sigmoid,
    SlayerGrad,
)

optax = peer("optax")
pytestmark = pytest.mark.usefixtures("any_rank")


def total(surrogate, x=X):
    return jnp.sum(surrogate(x))


SIGNALS = ("relaxation", "mixed", "documented", "none")

# The derivative by alpha, for a cotangent of 1 at each x, written
# down anew in float64; a softplus turns it into that by `raw`: times 1 - exp(-alpha).

Z = np.asarray([-2.5, -1.0, -0.25, 0.5, 1.0, 3.0])
COTANGENT = np.asarray([1.0, -2.0, 0.5, 3.0, -1.0, 2.0])


def logistic(z):
    return 1 / (1 + np.exp(-z))


def slope(alpha):
    return logistic(alpha * Z) * logistic(-alpha * Z)


def signed_exp(alpha):
    return np.exp(-alpha * np.abs(Z))


FORMULAS = {
    ("Sigmoid", "relaxation"): lambda a: Z * slope(a),
    ("Sigmoid", "documented"): lambda a: slope(a) * (1 + a * Z * (1 - 2 * logistic(a * Z))),
    ("Sigmoid", "none"): lambda a: 0 * Z,
    ("Arctan", "relaxation"): lambda a: Z / (2 * (1 + (np.pi / 2 * a * Z) ** 2)),
    ("Arctan", "documented"): lambda a: (
        (1 - (np.pi / 2 * a * Z) ** 2) / (2 * (1 + (np.pi / 2 * a * Z) ** 2) ** 2)
    ),
    ("Arctan", "none"): lambda a: 0 * Z,
    # Defined by its gradient alone, exp(-a |x|): integrated by hand from minus infinity.
    ("SlayerGrad", "relaxation"): lambda a: np.where(
        Z < 0,
        signed_exp(a) * (a * Z - 1) / a**2,
        (signed_exp(a) * (1 + a * Z) - 2) / a**2,
    ),
    ("SlayerGrad", "documented"): lambda a: -np.abs(Z) * signed_exp(a),
    ("SlayerGrad", "none"): lambda a: 0 * Z,
}
FORMULAS |= {
    (shape, "mixed"): formula
    for (shape, signal), formula in FORMULAS.items()
    if signal == "relaxation"
}
BY_NAME = {"Sigmoid": Sigmoid, "Arctan": Arctan, "SlayerGrad": SlayerGrad}


def replaced(learned, raw):
    new = copy.copy(learned)
    new.raw = raw
    return new


@functools.partial(jax.jit, static_argnames="signal")
def signals_of(shape, signal):
    """What each element passes on, by `raw`, for its cotangent."""
    learned = Learned(shape, signal=signal, mix=1.0, key=jax.random.key(0))
    x, cotangent = (jnp.broadcast_to(jnp.float32(z), (2, 6)) for z in (Z, COTANGENT))

    def passed_on(raw):
        return cotangent * replaced(learned, raw)(x)

    return jax.jvp(passed_on, (learned.raw,), (jax.tree.map(jnp.ones_like, learned.raw),))[1]


@pytest.mark.parametrize(("shape", "signal"), FORMULAS)
def test_the_signal_is_the_derivative_that_it_says(shape, signal):
    alphas = np.asarray([[0.7], [3.0]])
    got = signals_of(BY_NAME[shape](array(alphas)), signal)
    expected = COTANGENT * FORMULAS[shape, signal](alphas) * (1 - np.exp(-alphas))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


GRADIENT_ONLY = (ReluGrad, GaussianGrad, InvSquareGrad)


@pytest.mark.parametrize("shape", GRADIENT_ONLY, ids=lambda shape: shape.__name__)
def test_what_has_no_relaxation_learns_from_its_antiderivative(shape):
    """That of its gradient by the parameter, integrated up to x, says the trapezoidal rule."""
    x = np.linspace(-30, 0.75, 30_001, dtype=np.float32)
    learned = Learned(shape())
    by_raw = jax.jit(jax.jacfwd(lambda s: s.now.surrogate_grad(x)))(learned).raw
    got = jax.jit(jax.grad(lambda s: s(x[-1])))(learned).raw
    for name, along in by_raw.items():
        # InvSquareGrad has a tail that ends beyond -30.
        np.testing.assert_allclose(got[name], np.trapezoid(along, x), rtol=2e-3, atol=2e-3)


def test_in_the_mean_over_keys_mixed_is_so_much_of_the_relaxation():
    p, keys = 0.3, jax.random.split(jax.random.key(1), 4000)
    learned, x = Learned(Sigmoid(2.0), signal="mixed"), Z.astype(np.float32)

    def outputs(raw, key):
        return replaced(learned, raw).mixing(jnp.float32(p), key)(x)

    @jax.jit
    @jax.vmap
    def outputs_and_signals(key):
        return outputs(learned.raw, key), jax.jacfwd(outputs)(learned.raw, key)["alpha"]

    drawn, signal = outputs_and_signals(keys)
    is_relaxed = np.asarray(drawn) != np.asarray(Sigmoid(2.0)(x))
    np.testing.assert_allclose(is_relaxed.mean(0), p, atol=4 * np.sqrt(p * (1 - p) / 4000))
    # Those that are relaxed pass on the relaxation itself, and its honest derivative.
    relaxed = np.broadcast_to(Sigmoid(2.0).surrogate_fun(x), drawn.shape)
    np.testing.assert_allclose(np.asarray(drawn)[is_relaxed], relaxed[is_relaxed], rtol=1e-5)
    full = Z * slope(2.0) * (1 - np.exp(-2.0))
    np.testing.assert_allclose(signal, is_relaxed * full, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(signal.mean(0), p * full, atol=4 * 0.5 * 0.3 / np.sqrt(4000))


@pytest.mark.parametrize("mix", [0.0, jnp.float32(0)], ids=["number", "array"])
def test_mixed_ends_as_spikes(mix):
    learned = Learned(Sigmoid(4.0), signal="mixed").mixing(mix, jax.random.key(0))
    np.testing.assert_array_equal(learned(X), Sigmoid(4.0)(X))
    gradient = jax.jit(jax.grad(lambda raw: total(replaced(learned, raw))))(learned.raw)
    assert gradient["alpha"] == 0


def test_annealing_the_mix_compiles_once():
    learned = Learned(Sigmoid(4.0), signal="mixed")

    @jax.jit
    def relaxed_share(probability, key):
        spikes = learned.mixing(probability, key)(jnp.full(1000, 0.5))
        return jnp.mean(spikes != 1)

    schedule = optax.linear_schedule(1.0, 0.0, 10)
    with log_compilations() as compilations:
        shares = [relaxed_share(schedule(i), jax.random.key(i)) for i in range(11)]
    assert compilations.count("relaxed_share") == 1
    np.testing.assert_allclose(shares, np.linspace(1, 0, 11), atol=0.06)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_gradient_through_an_update_of_the_weights_sees_the_parameter(signal):
    """It moves the update, whatever it learns from itself."""

    def updated(raw):
        s, weight = replaced(learned, raw), jnp.float32(0.3)
        return weight - 0.1 * jax.grad(lambda w: s(w - 1.0))(weight)

    alpha, x = 2.0, -0.7
    learned = Learned(Sigmoid(alpha), signal=signal, mix=0.5, key=jax.random.key(0))
    s = logistic(alpha * x)
    by_alpha = s * (1 - s) * (1 + alpha * x * (1 - 2 * s))
    expected = -0.1 * by_alpha * (1 - np.exp(-alpha))
    np.testing.assert_allclose(
        jax.jit(jax.grad(updated))(learned.raw)["alpha"], expected, rtol=1e-5
    )


def test_one_for_the_network_one_a_layer_or_one_a_neuron():
    x = jnp.stack([Z.astype(np.float32)] * 3, axis=1)
    alphas = {"network": array(3.0), "layer": array([[3.0]]), "neuron": array([0.7, 3.0, 9.0])}
    for alpha in alphas.values():
        learned = Learned(Sigmoid(alpha))
        gradient = jax.jit(jax.grad(total))(learned, x).raw["alpha"]
        assert gradient.shape == alpha.shape
        per_neuron = [
            np.sum(Z * slope(a)) * (1 - np.exp(-a)) for a in np.broadcast_to(alpha, (1, 3))[0]
        ]
        expected = per_neuron if alpha.size == 3 else np.full(alpha.shape, sum(per_neuron))
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_within_others_the_relaxation_is_honest():
    blended = Blend(Learned(Sigmoid(2.0)), hardness=0.25)
    for surrogate in (Relaxed(Learned(Sigmoid(2.0))), blended):
        got = jax.jit(jax.grad(total))(surrogate, Z.astype(np.float32)).surrogate.raw["alpha"]
        np.testing.assert_allclose(got, np.sum(Z * slope(2.0)) * (1 - np.exp(-2.0)), rtol=1e-5)
