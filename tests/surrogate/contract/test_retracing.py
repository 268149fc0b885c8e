"""B1: how often XLA compiles."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import log_compilations
from tests.surrogates import ROWS, X, with_arrays

from spikegrad.surrogate import Sigmoid, sigmoid


@pytest.fixture
def training_step():
    """A gradient step, jitted anew for each test; compilations appear under its name."""

    @jax.jit
    def training_step(surrogate, weights):
        return weights - 0.1 * jax.grad(lambda w: jnp.sum(surrogate(w * X)))(weights)

    return training_step


def test_B1_annealing_over_a_thousand_values_compiles_once(training_step):
    alphas = np.linspace(1.0, 10.0, 1000, dtype=np.float32)
    weights = jnp.ones_like(X)
    with log_compilations() as compilations:
        for alpha in alphas:
            weights = training_step(Sigmoid(jnp.asarray(alpha)), weights)
    assert compilations.count("training_step") == 1
    assert jnp.all(jnp.isfinite(weights))


def test_B1_the_function_form_anneals_without_compiling_again():
    @jax.jit
    def spikes_and_slope(x, alpha):
        return jax.jvp(lambda x: sigmoid(x, alpha), (x,), (jnp.ones_like(x),))

    with log_compilations() as compilations:
        for alpha in np.linspace(1.0, 10.0, 20, dtype=np.float32):
            _, slope = spikes_and_slope(np.zeros(3, np.float32), alpha)
            np.testing.assert_allclose(slope, alpha / 4, rtol=1e-6)
    assert compilations.count("spikes_and_slope") == 1


@pytest.mark.parametrize("row", ROWS)
def test_B1_new_values_of_array_parameters_never_retrace(row, training_step):
    weights = jnp.ones_like(X)
    with log_compilations() as compilations:
        for scale in (1.0, 0.5, 0.25):
            surrogate = jax.tree.map(lambda leaf, scale=scale: leaf * scale, with_arrays(row))
            training_step(surrogate, weights)
    assert compilations.count("training_step") == 1


@pytest.mark.parametrize("row", ROWS)
def test_B1_an_equal_static_surrogate_does_not_retrace(row, training_step):
    weights = jnp.ones_like(X)
    training_step(row.shape(), weights)
    with log_compilations() as compilations:
        training_step(row.shape(), weights)
    assert compilations == []


def test_B1_another_static_parameter_compiles_anew(training_step):
    weights = jnp.ones_like(X)
    with log_compilations() as compilations:
        training_step(Sigmoid(1.0), weights)
        training_step(Sigmoid(2.0), weights)
    assert compilations.count("training_step") == 2


def test_B1_a_sweep_of_sharpness_compiles_once(training_step):
    sweep = Sigmoid(jnp.linspace(0.5, 50.0, 100))
    over_sweep = jax.jit(jax.vmap(training_step, in_axes=(0, None)))
    with log_compilations() as compilations:
        weights = over_sweep(sweep, jnp.ones_like(X))
    assert weights.shape == (100, len(X))
    assert compilations.count("training_step") == 1


def test_B1_static_parameters_are_constants_of_the_compiled_code():
    text = jax.jit(jax.grad(Sigmoid(4.0))).lower(1.0).as_text()
    signature = next(line for line in text.splitlines() if "@main" in line)
    assert signature.count("%arg") == 1
    assert "4.000000e+00" in text


def test_B1_eager_calls_compile_nothing_after_the_first():
    Sigmoid(4.0)(X)
    with log_compilations() as compilations:
        for alpha in (1.0, 2.0, 3.0):
            Sigmoid(alpha)(X)
    assert compilations == []


def test_an_unused_array_parameter_costs_no_derivative_in_the_backward_pass():
    """Else each backward pass would compute the derivative by `alpha` and throw it away.

    The number beside it is no power of 2, whose products are cheaper.
    """
    static, moving = (
        jax.jit(jax.grad(lambda x, s=surrogate: jnp.sum(s(x)))).lower(X).compile().cost_analysis()
        for surrogate in (Sigmoid(3.0), with_arrays(ROWS[0].values[0]))
    )
    assert moving["flops"] <= static["flops"] + 4 * len(X)
