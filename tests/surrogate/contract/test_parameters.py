"""C7: the derivative by a parameter is that of `surrogate_grad`: a side effect, documented."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from tests.helpers import assert_close, x64
from tests.surrogate.references import REFERENCES
from tests.surrogates import (
    OWN,
    PARAMETRISED,
    SAMPLED,
    Scaled,
    Tanh,
    X,
    array,
    complete,
    with_arrays,
)

from spikegrad.surrogate import Sigmoid, Surrogate, sigmoid

WEIGHT = np.linspace(-2, 3, len(X), dtype=np.float32)


@jax.jit
def by_parameters(surrogate, x):
    """The derivative of the spikes, and of `surrogate_grad`, by every array parameter."""
    return (
        jax.grad(lambda surrogate: jnp.sum(WEIGHT * surrogate(x)))(surrogate),
        jax.grad(lambda surrogate: jnp.sum(WEIGHT * surrogate.surrogate_grad(x)))(surrogate),
    )


@pytest.mark.parametrize(("row", "sample"), [p for p in SAMPLED if p.values[0].parameters])
def test_C7_derivative_by_each_parameter_is_that_of_surrogate_grad(row, sample):
    assert_close(*by_parameters(with_arrays(row, sample), X), ulp=64)


@pytest.mark.parametrize("surrogate", OWN.values(), ids=OWN)
def test_C7_holds_for_arrays_deep_inside_an_own_surrogate(surrogate):
    of_spikes, of_gradient = by_parameters(surrogate, X)
    assert type(of_spikes) is type(surrogate)
    assert_close(of_spikes, of_gradient)


@jax.jit
def elementwise(surrogate, x):
    jacobian = jax.jacfwd(lambda surrogate: surrogate(x))(surrogate)
    return {name: getattr(jacobian, name) for name in vars(jacobian)}


@pytest.mark.parametrize(("row", "sample"), [p for p in SAMPLED if p.values[0].parameters])
def test_C7_derivative_by_each_parameter_has_the_value_that_fifty_digits_show(row, sample):
    values = complete(row, sample)
    x = np.array([-1.37, -0.21, 0.013, 0.42, 2.9])
    with x64():
        derivatives = elementwise(with_arrays(row, values, np.float64), x)
    with mp.workdps(50):
        for name, parameter in row.parameters.items():
            if parameter.integer or name not in values:
                continue
            truth = [_slope(REFERENCES[row.name].grad, name, values, point) for point in x]
            size = max(1e-12, *map(abs, truth))
            np.testing.assert_allclose(derivatives[name], truth, rtol=1e-11, atol=1e-13 * size)


def _slope(grad, name, values, point):
    fixed = {key: mp.mpf(value) for key, value in values.items()}
    # One-sided at 0, below which no parameter of that kind may go.
    direction = 1 if values[name] == 0 else 0
    slope = mp.diff(
        lambda value: grad(mp.mpf(point), **fixed | {name: value}), fixed[name], direction=direction
    )
    return float(slope)


def test_C7_derivative_by_a_traced_parameter_of_a_function_form():
    derivative = jax.grad(lambda alpha: sigmoid(0.0, alpha))(4.0)
    assert derivative == 0.25


def test_C7_both_modes_agree_and_add_to_the_derivative_by_x():
    surrogate, x = Tanh(array(1.5)), array(0.3)
    tangents = Tanh(array(2.0)), array(-3.0)
    _, tangent = jax.jvp(lambda s, x: s(x), (surrogate, x), tangents)
    by_surrogate, by_x = jax.grad(lambda s, x: s(x), argnums=(0, 1))(surrogate, x)
    assert_close(tangent, 2.0 * by_surrogate.alpha - 3.0 * by_x)
    assert by_surrogate.alpha != 0


def test_C7_a_stopped_parameter_has_no_derivative():
    frozen = jax.grad(lambda alpha: Tanh(jax.lax.stop_gradient(alpha))(0.3))(1.5)
    assert frozen == 0


def test_C7_a_parameter_that_broadcasts_gets_the_sum_of_its_elements():
    def loss(alpha):
        return jnp.sum(WEIGHT * Scaled(Tanh(alpha), 2.0)(X))

    each = jax.grad(loss)(jnp.full_like(X, 1.5))
    np.testing.assert_allclose(jax.grad(loss)(array(1.5)), jnp.sum(each), rtol=1e-5)


def test_C7_an_integer_parameter_has_no_derivative_and_does_no_harm():
    class Counting(Surrogate):
        def __init__(self, count, height):
            super().__init__()
            self.count = count
            self.height = height

        def surrogate_grad(self, x):
            return self.height * self.count.astype(x.dtype) * jnp.ones_like(x)

    surrogate = Counting(jnp.asarray(3), array(2.0))
    gradient = jax.grad(lambda s: s(0.5), allow_int=True)(surrogate)
    assert gradient.height == 3.0
    assert gradient.count.dtype == jax.dtypes.float0


def test_C7_the_docstring_says_what_the_derivative_is_and_what_to_use_instead():
    documentation = " ".join(Surrogate.__doc__.split())
    assert "derivative by a parameter" in documentation
    assert "not a training signal" in documentation
    assert "`Learned`" in documentation


# Far out, the phase of a periodic shape turns without bound with its period.
APERIODIC = [param for param in PARAMETRISED if param.values[0].family != "periodic"]


@pytest.mark.parametrize("row", APERIODIC)
def test_C7_far_out_it_is_finite(row):
    x = np.float32([-1e38, -1e20, -1e5, 1e5, 1e20, 1e38])
    derivatives = elementwise(with_arrays(row), x)
    for name in complete(row):
        parameter = row.parameters[name]
        assert parameter.integer or jnp.all(jnp.isfinite(derivatives[name])), derivatives


def test_C7_weakly_typed_parameters_keep_the_dtype_of_x():
    with jax.numpy_dtype_promotion("strict"):
        x = jnp.asarray([0.5], jnp.bfloat16)
        assert jax.vjp(Sigmoid(jnp.asarray(4.0)), x)[1](x)[0].dtype == jnp.bfloat16
        assert jax.vjp(Tanh(jnp.asarray(4.0)), x)[1](x)[0].dtype == jnp.bfloat16
