"""Peak, area, width, support and tail: closed forms against values, and antiderivatives."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.surrogates import ROWS, SAMPLED

from spikegrad.surrogate import Surrogate, _numeric
from spikegrad.surrogate._facts import Tail
from spikegrad.surrogate.catalogue import CATALOGUE

# What never settles, or settles beyond 2**60, quadrature cannot confirm.
UNCONFIRMED = {
    "SquarewaveFourierSeries",
    "PeriodicExponential",
    "PeriodicInvSquare",
    "ExponentialEscape",
}
SLOWLY = ("QPseudoSpike", 1.001)


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_closed_forms_agree_with_quadrature(row, sample):
    if row.name in UNCONFIRMED or (row.name, sample.get("alpha")) == SLOWLY:
        pytest.skip("quadrature over the whole line does not settle")
    surrogate = row.shape(**sample)
    closed, computed = surrogate.facts(), _numeric.facts(surrogate)
    assert closed.peak == pytest.approx(computed.peak, rel=1e-6)
    if not math.isnan(closed.area):
        assert closed.area == pytest.approx(computed.area, rel=1e-6)
    assert closed.half_width == pytest.approx(computed.half_width, rel=1e-6)
    assert closed.support == pytest.approx(computed.support, rel=1e-6)
    if row.name != "MultiGaussianGrad":  # its rim can end before its tail is to be seen
        assert closed.tail.kind == computed.tail.kind
        assert (closed.tail.exponent or 0) == pytest.approx(computed.tail.exponent or 0, abs=1e-3)


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_the_antiderivative_starts_from_0_or_is_a_half_at_0(row, sample):
    surrogate = row.shape(**sample)
    below = float(surrogate.antiderivative(-jnp.inf))
    assert below == 0 or float(surrogate.antiderivative(0.0)) == 0.5


@pytest.mark.parametrize("row", ROWS)
def test_the_antiderivative_has_the_gradient_as_its_derivative(row):
    surrogate = row.shape()  # numbers; contract/test_relaxation.py takes arrays, of every sample
    x = jnp.asarray([-3.3, -0.61, -0.013, 0.0, 0.013, 0.61, 3.3], jnp.float32)
    slope = jax.vmap(jax.grad(surrogate.antiderivative))(x)
    gradient = surrogate.surrogate_grad(x)
    if row.name == "LogTailedRelu":  # 0 belongs to the left, as in the libraries that have it
        slope, gradient = slope[x != 0], gradient[x != 0]
    peak = float(jnp.max(jnp.abs(gradient)))
    np.testing.assert_allclose(slope, gradient, rtol=1e-5, atol=2e-6 * peak)


class Own(Surrogate):
    def __init__(self, gradient, parameter=1.0):
        super().__init__()
        self.gradient = gradient
        self.parameter = parameter

    def surrogate_grad(self, x):
        return self.parameter * self.gradient(x)


def test_a_users_own_surrogate_is_integrated_across_jumps_and_kinks():
    box = Own(lambda x: jnp.where(abs(x) < 0.37, 1 - abs(x), 0.0))
    x = jnp.asarray([-1.0, -0.37, -0.1, 0.0, 0.2, 0.37, 50.0], jnp.float32)
    half = 0.37 - 0.37**2 / 2
    u = np.clip(np.asarray(x, np.float64), -0.37, 0.37)
    expected = half + u - u * np.abs(u) / 2
    np.testing.assert_allclose(box.antiderivative(x), expected, atol=1e-6)
    assert box.area == pytest.approx(2 * half, rel=1e-6)
    assert box.support == pytest.approx((-0.37, 0.37), abs=1e-9)
    assert box.tail == Tail("compact")


@pytest.mark.parametrize(
    ("gradient", "area", "half_width", "tail"),
    [
        (lambda x: jnp.exp(-x * x), math.sqrt(math.pi), math.sqrt(math.log(2)), Tail("gaussian")),
        (lambda x: jnp.exp(-abs(x)), 2.0, math.log(2), Tail("exponential")),
        (lambda x: 1 / (1 + x * x), math.pi, 1.0, Tail("power", 2.0)),
        (lambda x: 1 / (1 + abs(x)), math.inf, 1.0, Tail("power", 1.0)),
    ],
)
def test_facts_of_a_users_own_surrogate(gradient, area, half_width, tail):
    facts = Own(gradient).facts()
    assert facts.peak == pytest.approx(1.0, rel=1e-6)
    assert facts.area == pytest.approx(area, rel=1e-6)
    assert facts.half_width == pytest.approx(half_width, rel=1e-6)
    assert facts.tail == tail


def test_the_antiderivative_of_a_users_own_is_differentiable_and_compiles():
    own = Own(lambda x: jnp.exp(-x * x))
    x = jnp.asarray([-1.0, 0.0, 0.5], jnp.float32)
    np.testing.assert_array_equal(jax.vmap(jax.grad(own.antiderivative))(x), own.surrogate_grad(x))
    expected = [math.sqrt(math.pi) / 2 * math.erfc(-float(v)) for v in x]
    np.testing.assert_allclose(jax.jit(own.antiderivative)(x), expected, atol=1e-6)


def test_traced_parameters_of_a_users_own_are_refused_in_one_line():
    def area(parameter):
        return Own(lambda x: jnp.exp(-x * x), parameter).facts().area

    with pytest.raises(TypeError, match="The antiderivative and the facts of Own are computed"):
        jax.jit(area)(jnp.asarray(1.0))


def test_an_attribute_of_the_same_name_wins():
    own = Own(jnp.cos)
    own.area = 7.0
    assert own.area == 7.0


def test_facts_are_attributes():
    row = CATALOGUE[0]
    assert row.shape(4.0).peak == 1.0
    assert row.shape(4.0).tail.kind == "exponential"
