"""C4 and C5: the relaxation, where there is one, and the antiderivative, which is always there."""

from __future__ import annotations

from functools import partial

import jax
import mpmath as mp
import numpy as np
import pytest
from tests.helpers import assert_close, x64
from tests.surrogate.references import REFERENCES
from tests.surrogates import ROWS, SAMPLED, Tanh, X, complete, with_arrays

from spikegrad.surrogate import Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE

BY_GRADIENT_ALONE = {
    "ReluGrad",
    "GaussianGrad",
    "MultiGaussianGrad",
    "InvSquareGrad",
    "SlayerGrad",
}
FAR = np.array([-41.3, -6.1, -1.37, -0.21, -0.013, 0.013, 0.21, 0.63, 1.37, 2.9, 6.1, 41.3])
"""Off the corners of every shape at every sample; as many as `X` has."""


@partial(jax.jit, static_argnames="names")
def gradient_and_slopes(surrogate, x, names):
    """`surrogate_grad`, and the derivatives of the methods of these names."""
    slopes = [jax.vmap(jax.grad(getattr(surrogate, name)))(x) for name in names]
    return surrogate.surrogate_grad(x), slopes


def relaxations(row):
    alone = row.name in BY_GRADIENT_ALONE
    return ("antiderivative",) if alone else ("antiderivative", "surrogate_fun")


@pytest.mark.parametrize("row", ROWS)
def test_C4_surrogate_fun_is_there_or_its_absence_names_antiderivative(row):
    surrogate = row.shape()
    if row.name not in BY_GRADIENT_ALONE:
        assert surrogate.surrogate_fun(X).shape == X.shape
        return
    with pytest.raises(NotImplementedError) as error:
        surrogate.surrogate_fun(X)
    assert str(error.value).startswith(f"{row.name} is defined by its gradient alone")
    assert "antiderivative(x)" in str(error.value)


def test_C4_the_shapes_by_gradient_alone_are_in_the_catalogue():
    assert {row.name for row in CATALOGUE} >= BY_GRADIENT_ALONE


def test_C4_the_base_class_has_no_surrogate_fun_and_says_so():
    class Mine(Surrogate):
        def surrogate_grad(self, x):
            return x

    for surrogate in (Surrogate(), Mine()):
        with pytest.raises(
            NotImplementedError, match=f"{type(surrogate).__name__}.*antiderivative"
        ):
            surrogate.surrogate_fun(X)


def test_C4_a_surrogate_without_surrogate_fun_spikes_and_learns():
    class Mine(Surrogate):
        def surrogate_grad(self, x):
            return 2 * x

    assert jax.grad(Mine())(3.0) == 6.0


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_C5_surrogate_grad_is_the_derivative_of_surrogate_fun(row, sample):
    with x64():
        surrogate = with_arrays(row, sample, np.float64)
        gradient, slopes = gradient_and_slopes(surrogate, FAR, relaxations(row))
    for slope in slopes:
        assert_close(slope, gradient, ulp=256)


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_C5_it_is_the_derivative_at_the_threshold_too(row, sample):
    gradient, slopes = gradient_and_slopes(with_arrays(row, sample), X, relaxations(row))
    for slope in slopes:
        assert_close(slope[X == 0], gradient[X == 0])


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_C5_the_formulas_are_derivatives_of_each_other_at_fifty_digits(row, sample):
    """The exactness tests tie our numbers to these formulas; this ties the formulas together."""
    values = complete(row, sample)
    grad, fun, *_ = REFERENCES[row.name]
    with mp.workdps(50):
        fixed = {name: mp.mpf(value) for name, value in values.items()}
        for point in map(mp.mpf, FAR):
            gradient = grad(point, **fixed)
            slope = mp.diff(lambda x: fun(x, **fixed), point, h=mp.mpf(10) ** -20)
            assert abs(slope - gradient) <= 1e-15 * max(1, abs(gradient))


def test_C5_a_relaxation_of_an_own_surrogate_is_left_as_it_is():
    np.testing.assert_allclose(Tanh(2.0).surrogate_fun(X), np.tanh(2 * X) * 0.5 + 0.5, atol=1e-6)
