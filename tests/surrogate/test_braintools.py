"""Against braintools: the same numbers, except where braintools is the one that is wrong.

`make test` runs this with 0.3.0, whose contract is ours, and `make test-newest` with 0.4.0, which
has another: `test_braintools_versions.py` says where.

Two roundings of one formula may differ by a few units in the last place, and by the rounding of the
argument, which the function's slope amplifies: that is what is allowed. Where braintools has lost
more, `DIFFERENCES` says so by name, and our number is held against 50 digits instead.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import peer
from tests.strategies import inputs, parameters
from tests.surrogate.braintools_differences import (
    BY_PARAMETER,
    FUN,
    GRAD,
    here,
    in_region,
    measure,
)
from tests.surrogate.references import REFERENCES
from tests.surrogates import ROWS, X, complete

from spikegrad import surrogate as ours
from spikegrad.surrogate.catalogue import CATALOGUE

theirs = peer("braintools.surrogate")
u = peer("brainunit")

EPS = float(np.finfo(np.float32).eps)
TINY = float(np.finfo(np.float32).tiny)
SHARED = [param for param in ROWS if hasattr(theirs, param.values[0].name)]
WITH_RELAXATION = {row.name for row in CATALOGUE if FUN in vars(row.shape)}


@pytest.fixture(autouse=True)
def _standard_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"):
        yield


@functools.cache
def compiled(library, name, fixed):
    """Forward value, gradient by x, both methods, and the derivatives by the parameters."""

    @jax.jit
    def everything(moving, x):
        surrogate = getattr(library, name)(**moving, **dict(fixed))
        spikes, pull = jax.vjp(surrogate, x)

        def slopes(method):
            return jax.jacfwd(lambda m: method(getattr(library, name)(**m, **dict(fixed))))(moving)

        by_parameter = slopes(lambda made: made(x))
        of_gradient = slopes(lambda made: made.surrogate_grad(x))
        return {
            "spikes": spikes,
            "by x": pull(jnp.ones_like(x))[0],
            GRAD: surrogate.surrogate_grad(x),
            **({FUN: surrogate.surrogate_fun(x)} if name in WITH_RELAXATION else {}),
            **{f"by {parameter}": value for parameter, value in by_parameter.items()},
            **{f"gradient by {parameter}": value for parameter, value in of_gradient.items()},
        }

    return everything


def run(library, row, values, x):
    fixed = tuple((n, v) for n, v in values.items() if row.parameters[n].integer)
    moving = {n: np.float32(v) for n, v in values.items() if not row.parameters[n].integer}
    return {
        what: np.float64(value)
        for what, value in compiled(library, row.name, fixed)(moving, x).items()
    }


def truths(formula, values, x):
    return [formula(mp.mpf(float(point)), **values) for point in x]


def sizes(formula, terms, values, x):
    """The magnitudes that errors are relative to: of a sum, the sum of its terms' magnitudes."""
    return [abs(size) for size in truths(terms or formula, values, x)]


def allowed(formula, terms, values, x):
    """What two roundings of one formula may differ by: a few units, and the argument's share."""
    points = [mp.mpf(float(point)) for point in x]
    return np.array(
        [
            float(EPS * (8 * size + 4 * abs(point) * steepness(formula, values, point, size)))
            + 4 * TINY
            for point, size in zip(points, sizes(formula, terms, values, x), strict=True)
        ]
    )


def steepness(formula, values, point, size):
    """The slope that the argument's rounding meets; of harmonics, those of all terms at most.

    Where the slopes of harmonics cancel, their roundings need not.
    """
    if "t_period" in values:
        return size * (2 * values["n"] - 1) * 2 * mp.pi / values["t_period"]
    return abs(mp.diff(lambda x: formula(x, **values), point))


def drawn(data, row):
    """Parameters, and inputs of which a periodic shape gets no more than four periods."""
    values = data.draw(parameters(row, 0.05, 20.0))
    x = data.draw(inputs())
    return values, np.fmod(x, np.float32(4 * values.get("t_period", np.inf)))


@pytest.mark.parametrize("row", SHARED)
@settings(max_examples=25)
@given(data=st.data())
def test_same_numbers_outside_the_named_differences(row, data):
    values, x = drawn(data, row)
    got, expected = run(ours, row, values, x), run(theirs, row, values, x)
    exact = {name: mp.mpf(value) for name, value in values.items()}
    grad, fun, grad_terms, fun_terms = REFERENCES[row.name]

    np.testing.assert_array_equal(got["spikes"], expected["spikes"])
    with mp.workdps(40):
        methods = [("by x", GRAD, grad, grad_terms), (GRAD, GRAD, grad, grad_terms)]
        if FUN in got:
            methods.append((FUN, FUN, fun, fun_terms))
        for what, method, formula, terms in methods:
            lost = in_region(row.name, method, x, values)
            reference = np.where(lost, np.float64(truths(formula, exact, x)), expected[what])
            difference = np.abs(got[what] - reference)
            assert np.all(difference <= allowed(formula, terms, exact, x)), what


CORNERS = {"PiecewiseQuadratic": lambda alpha: 1 / alpha, "ReluGrad": lambda alpha, width: width}
"""Where the derivative by a parameter jumps: at the corner itself it is anyone's convention."""


@pytest.mark.parametrize("row", SHARED)
@settings(max_examples=15)
@given(data=st.data())
def test_same_derivatives_by_every_parameter(row, data):
    values, x = drawn(data, row)
    got, expected = run(ours, row, values, x), run(theirs, row, values, x)
    corner = CORNERS.get(row.name, lambda **_: np.inf)(**values)
    off = abs(abs(x) - corner) > 1e-5 * abs(x)
    exact = {name: mp.mpf(value) for name, value in values.items()}
    grad, _, terms, _ = REFERENCES[row.name]
    size = float(max(sizes(grad, terms, exact, x)))
    for name, value in values.items():
        if row.parameters[name].integer:
            continue
        if not BY_PARAMETER:
            assert not expected[f"by {name}"].any(), name
        what = f"by {name}" if BY_PARAMETER else f"gradient by {name}"
        by_ours, by_theirs = got[f"by {name}"][off], expected[what][off]
        scale = max(size / abs(value) if value else 0, np.max(abs(by_theirs), initial=0))
        np.testing.assert_allclose(by_ours, by_theirs, rtol=0, atol=1e-4 * scale, err_msg=name)


@pytest.mark.parametrize("difference", here(), ids=lambda difference: difference.name)
def test_where_they_differ_fifty_digits_say_that_ours_is_nearer(difference):
    measured = measure(difference)
    assert measured.ours_ulp <= 4, measured
    assert measured.theirs_ulp > 100 * max(1, measured.ours_ulp), measured


@pytest.mark.parametrize("row", SHARED)
def test_same_names_parameters_order_and_defaults(row):
    values = complete(row)
    twin = getattr(theirs, row.name)()
    assert {name: getattr(twin, name) for name in values} == values
    by_position = getattr(theirs, row.name)(*values.values())
    assert {name: getattr(by_position, name) for name in values} == values


@pytest.mark.parametrize("row", SHARED)
def test_function_forms_take_the_same_arguments_by_position(row):
    defaults = complete(row)
    values = [3 if row.parameters[n].integer else 1.5 * v for n, v in defaults.items()]

    def slope(function):
        return jax.vmap(jax.grad(lambda x: function(x, *values)))(X)

    expected = slope(getattr(theirs, row.function_name))
    peak = float(np.max(np.abs(expected)))
    actual = slope(getattr(ours, row.function_name))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * peak)


def test_the_same_five_shapes_have_no_relaxation():
    for row in CATALOGUE:
        if row.name not in WITH_RELAXATION:
            with pytest.raises(NotImplementedError):
                getattr(theirs, row.name)().surrogate_fun(X)


# Differences of behaviour that both versions have.


@pytest.mark.parametrize("name", ["LeakyRelu", "LogTailedRelu", "PiecewiseLeakyRelu"])
def test_difference_nan_is_not_lost_in_the_backward_pass(name):
    assert jnp.isfinite(jax.grad(getattr(theirs, name)())(jnp.nan))
    assert jnp.isnan(jax.grad(getattr(ours, name)())(jnp.nan))


def test_difference_parameters_out_of_range_are_refused():
    for alpha in (0.0, -1.0, float("nan")):
        theirs.Sigmoid(alpha)
        with pytest.raises(ValueError, match="Sigmoid: alpha"):
            ours.Sigmoid(alpha)


def test_difference_an_array_parameter_does_not_widen_the_result():
    x, alpha = jnp.ones(2, jnp.bfloat16), jnp.float32(4.0)
    assert theirs.Sigmoid(alpha).surrogate_grad(x).dtype == jnp.float32
    assert ours.Sigmoid(alpha).surrogate_grad(x).dtype == jnp.bfloat16


def test_difference_a_relaxation_is_never_infinite():
    x = jnp.float32(1e38)
    assert theirs.LeakyRelu(0.1, 5.0).surrogate_fun(x) == jnp.inf
    assert ours.LeakyRelu(0.1, 5.0).surrogate_fun(x) == jnp.finfo(jnp.float32).max


def test_difference_a_unit_is_refused_with_what_to_do():
    with pytest.raises(Exception) as error:  # noqa: PT011 (whatever braintools raises)
        theirs.Sigmoid()(3.0 * u.mV)
    assert "Divide by" not in str(error.value)
    with pytest.raises(TypeError, match="Divide by that unit first"):
        ours.Sigmoid()(3.0 * u.mV)
