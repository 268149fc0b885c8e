"""C6: `x` is dimensionless; a unit is refused, not dropped. With the real brainunit."""

from __future__ import annotations

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import peer
from tests.surrogates import ROWS, Tanh, array

from spikegrad.surrogate import Sigmoid, Surrogate

u = peer("brainunit")
saiunit = peer("saiunit")

MILLIVOLTS = np.float32([-3.0, 0.0, 5.0])


class Recording(Surrogate):
    """Notes every trace of its gradient."""

    traced = 0

    def surrogate_grad(self, x):
        Recording.traced += 1
        return jnp.ones_like(x)


REFUSING = {
    "eager": lambda spike, x: spike(x),
    "jit": lambda spike, x: jax.jit(spike)(x),
    "vmap": lambda spike, x: jax.vmap(spike)(x),
    "grad": lambda spike, x: u.autograd.grad(lambda x: jnp.sum(spike(x)))(x),
    "in jit": lambda spike, x: jax.jit(lambda v: spike(v * u.mV))(MILLIVOLTS),
}


@pytest.mark.parametrize("call", REFUSING.values(), ids=REFUSING)
def test_C6_a_unit_is_refused_before_anything_is_traced(call):
    Recording.traced = 0
    with pytest.raises(TypeError) as error:
        call(Recording(), MILLIVOLTS * u.mV)
    assert str(error.value) == (
        "Recording takes a dimensionless x, but got one in mV. Divide by that unit first: "
        "Recording(...)(x / mV), with x = membrane potential - threshold."
    )
    assert Recording.traced == 0


@pytest.mark.parametrize("row", ROWS)
def test_C6_every_shape_refuses_a_unit_in_all_it_computes(row):
    surrogate = row.shape()
    for method in (surrogate, surrogate.surrogate_grad, surrogate.antiderivative):
        with pytest.raises(TypeError, match=f"{row.name} takes a dimensionless x.* in V"):
            method(1.0 * u.volt)


def test_C6_what_the_message_says_to_do_works():
    assert Tanh()(MILLIVOLTS * u.mV / u.mV).tolist() == [0, 1, 1]


@pytest.mark.parametrize("library", [u, saiunit], ids=["brainunit", "saiunit"])
@pytest.mark.parametrize("transform", [lambda spike: spike, jax.jit], ids=["eager", "jit"])
def test_C6_a_dimensionless_quantity_is_taken_as_the_array_it_is(library, transform):
    spikes = transform(Tanh())(library.Quantity(jnp.asarray(MILLIVOLTS)))
    assert isinstance(spikes, jax.Array)
    assert spikes.dtype == jnp.float32
    assert spikes.tolist() == [0, 1, 1]


def test_C6_a_dimensionless_quantity_of_integers_becomes_the_default_float():
    assert Tanh()(u.Quantity(np.array([-3, 5]))).dtype == jnp.float32


def test_C6_a_ratio_of_two_units_is_right_in_value():
    ratio = (5.0 * u.mV) / (1.0 * u.volt)
    np.testing.assert_allclose(jax.grad(Tanh())(ratio), 0.5 * (1 - np.tanh(0.005) ** 2), rtol=1e-6)


def test_C6_a_scaled_dimensionless_quantity_is_right_in_value():
    scaled = array([-2.0, 5.0]) * (u.mV / u.volt)
    assert isinstance(scaled, u.Quantity)
    assert Tanh()(scaled).tolist() == [0, 1]
    np.testing.assert_allclose(
        Sigmoid(100.0).surrogate_grad(scaled),
        Sigmoid(100.0).surrogate_grad(array([-0.002, 0.005])),
        rtol=1e-6,
    )


def test_C6_the_gradient_goes_through_the_division_by_a_unit():
    gradient = u.autograd.grad(lambda v: Tanh()(v / u.mV))(0.5 * u.mV)
    assert u.get_unit(gradient) == 1 / u.mV
    np.testing.assert_allclose(
        u.get_mantissa(gradient), Tanh().surrogate_grad(array(0.5)), rtol=1e-6
    )


def test_C6_a_surrogate_grad_with_a_unit_is_named():
    class Unitful(Surrogate):
        def surrogate_grad(self, x):
            return x * u.mV

    with pytest.raises(TypeError, match=r"Unitful\.surrogate_grad returned Quantity"):
        Unitful()(MILLIVOLTS)


def test_C6_the_core_never_imports_a_unit_library():
    code = (
        "import sys, spikegrad; spikegrad.surrogate.Sigmoid()([1.0]); "
        "sys.exit(bool({'brainunit', 'saiunit'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_C6_a_surrogate_may_hold_a_quantity():
    class InVolts(Surrogate):
        def __init__(self, width):
            super().__init__()
            self.width = width

        def surrogate_grad(self, x):
            return x * self.width.to_decimal(u.mV)

    surrogate = InVolts(2.0 * u.volt)
    gradient = jax.jit(lambda s, x: jax.vjp(s, x)[1](jnp.ones_like(x))[0])(surrogate, MILLIVOLTS)
    np.testing.assert_allclose(gradient, 2000 * MILLIVOLTS)
