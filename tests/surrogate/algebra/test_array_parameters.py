"""What is made of surrogates takes arrays as parameters, traced ones and one a neuron too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close

from spikegrad.surrogate import (
    Arctan,
    Asymmetric,
    BatchNormalised,
    Blend,
    Graded,
    Masked,
    Sigmoid,
    Stochastic,
    Tabulated,
    Ternary,
    Truncated,
)

KEY = jax.random.key(0)
X = jnp.linspace(-1.5, 1.5, 12).reshape(4, 3)
EACH = jnp.array([0.4, 0.8, 1.3])
MADE = {
    "Truncated": lambda a: Truncated(Arctan(2.0), a),
    "Masked": lambda a: Masked(Arctan(2.0), -0.3, a),
    "masked of an array": lambda a: Masked(Arctan(a), -0.3, 0.4),
    "scaled": lambda a: a * Arctan(2.0),
    "shifted": lambda a: Arctan(2.0).shifted(a),
    "widened": lambda a: Arctan(2.0).widened(a),
    "Graded": lambda a: Graded(Arctan(2.0), 3, spacing=a),
    "Ternary": lambda a: Ternary(Arctan(2.0), a),
    "Blend": lambda a: Blend(Arctan(2.0), a / 2),
    "Asymmetric": lambda a: Asymmetric(Arctan(a), Sigmoid(2.0)),
    "sum": lambda a: Arctan(a) + Sigmoid(2.0),
    "BatchNormalised": lambda a: BatchNormalised(Arctan(2.0), a),
}


def values(made, x):
    pulled = jax.vjp(made, x)[1](jnp.ones_like(made(x)))[0]
    return made(x), made.surrogate_grad(x), pulled


@pytest.mark.parametrize("name", MADE)
def test_a_traced_parameter_does_what_a_number_does(name):
    got = jax.jit(lambda a: values(MADE[name](a), X))(0.8)
    assert_close(got, values(MADE[name](0.8), X), ulp=4)


@pytest.mark.parametrize("name", [name for name in MADE if name != "BatchNormalised"])
def test_one_parameter_a_neuron_does_what_a_number_does_for_each(name):
    got = values(MADE[name](EACH), X)
    each = [values(MADE[name](float(a)), X[:, i]) for i, a in enumerate(EACH)]
    assert_close(got, jax.tree.map(lambda *columns: jnp.stack(columns, 1), *each), ulp=4)


def test_a_traced_table_does_what_a_table_of_numbers_does():
    got = jax.jit(lambda a: values(Tabulated(jnp.array([-1.0, 0.0, 1.0]) * a, EACH[:2]), X))(0.8)
    want = values(Tabulated([-0.8, 0.0, 0.8], [float(a) for a in EACH[:2]]), X)
    assert_close(got, want, ulp=4)


@pytest.mark.parametrize("name", ["Truncated", "Masked", "masked of an array"])
def test_a_window_fires_at_random_under_jit(name):
    """Its probability, from 0 to 1 over the window, is the antiderivative over the area."""
    made = MADE[name](0.8)
    traced = jax.jit(lambda a, x: Stochastic(MADE[name](a)).probability(x))(0.8, X)
    low, high = made.antiderivative(jnp.array([-0.8, 0.8]))
    assert_close(traced, made.antiderivative(X) / (high - low), ulp=8)
    np.testing.assert_allclose([traced.min(), traced.max()], [0, 1], atol=1e-6)
    drawn = jax.jit(lambda a, x: Stochastic(MADE[name](a))(x, key=KEY))(0.8, X)
    np.testing.assert_array_equal(drawn, Stochastic(made)(X, key=KEY))


@pytest.mark.parametrize("name", ["Asymmetric", "sum"])
@pytest.mark.parametrize("fact", ["area", "peak", "half_width", "support", "tail"])
def test_what_takes_numbers_says_so_in_one_line(name, fact):
    with pytest.raises(TypeError, match=r"takes concrete parameters\. Call it outside of jax\.jit"):
        jax.jit(lambda a: getattr(MADE[name](a), fact))(0.8)
