"""B3: extreme parameters and potentials give what 60 digits show, derivatives included."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from tests.surrogate.references import REFERENCES
from tests.surrogate.shapes.extremes import errors
from tests.surrogates import PARAMETRISED

from spikegrad.surrogate import MultiGaussianGrad, QPseudoSpike


@pytest.mark.parametrize("row", PARAMETRISED)
def test_B3_values_and_derivatives_are_right_at_extreme_parameters_and_potentials(row):
    assert errors(row, (1e-12, 1e12), "float32", bound=8, bound_of_slopes=64) == []


@pytest.mark.parametrize("alpha", [2.0, 1e5, 1e7, 999999995904.0])
def test_B3_a_large_power_is_right_for_numbers_too(alpha):
    x = np.float32([1e-3, 0.5, 1.0, 20.0])
    with mp.workdps(50):
        truth = [REFERENCES["QPseudoSpike"].grad(mp.mpf(float(at)), mp.mpf(alpha)) for at in x]
    got = QPseudoSpike(alpha).surrogate_grad(x)
    np.testing.assert_allclose(got, np.float64(truth), rtol=1e-6)


@pytest.mark.parametrize("alpha", [1.5, 2.0, 100.0])
def test_B3_a_power_is_integrated_up_to_the_largest_number(alpha):
    x = np.float32([-3.4e38, -1e38, -1e37, 1e38, 3.4e38])
    c = mp.mpf(2) / (mp.mpf(alpha) + 1)
    tails = [(1 + c * abs(mp.mpf(float(at)))) ** (1 - mp.mpf(alpha)) for at in x]
    half = 1 / (c * (mp.mpf(alpha) - 1))
    truth = [half * (t if at < 0 else 2 - t) for t, at in zip(tails, x, strict=True)]
    got = QPseudoSpike(alpha).antiderivative(x)
    np.testing.assert_allclose(got, np.float64(truth), rtol=1e-6, atol=1e-37)
    relaxed = np.float64(truth) - float(half) + 0.5
    np.testing.assert_allclose(QPseudoSpike(alpha).surrogate_fun(x), relaxed, rtol=1e-6, atol=1e-6)


def test_B3_a_gaussian_as_narrow_as_a_number_can_say_is_no_nan():
    x = np.float32([-1.0, -1e-30, 0.0, 5e-31, 1.0, 3e38])
    parameters = {"h": 0.15, "s": 6.0, "sigma": 1e-30, "scale": 0.5}
    exact = {name: mp.mpf(float(value)) for name, value in parameters.items()}
    truth = [float(REFERENCES["MultiGaussianGrad"].grad(mp.mpf(float(at)), **exact)) for at in x]
    narrow = MultiGaussianGrad(**parameters)
    np.testing.assert_allclose(narrow.surrogate_grad(x), truth, rtol=1e-6)
    slope = jax.vjp(narrow.surrogate_grad, x)[1](jnp.ones_like(x))[0]
    assert not jnp.any(jnp.isnan(slope))
