"""The formulas of the docstrings say what the shapes compute."""

import jax.numpy as jnp
import numpy as np
import pytest
from derived.formulas import block, read
from tests.helpers import x64
from tests.surrogates import SAMPLED

# Off every round number, where shapes jump or have their kinks.
X = np.concatenate([-np.geomspace(31.7, 1e-4, 60), np.geomspace(1e-4, 31.7, 60)]) * 1.0007


def finite(value):
    """A number far out in place of an infinity: a formula on paper has limits."""
    return value if value is None else float(np.clip(value, -1e200, 1e200))


def parameters_of(row, sample):
    defaults = {name: parameter.default for name, parameter in row.parameters.items()}
    return {name: finite(value) for name, value in (defaults | dict(sample)).items()}


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_the_documented_gradient_is_the_gradient(row, sample):
    documented = read(block(row.shape)).compute("grad", X, parameters_of(row, sample))
    with x64():
        actual = np.asarray(row.shape(**sample).surrogate_grad(jnp.asarray(X)))
    largest = np.abs(actual).max(where=np.abs(actual) < 1e100, initial=0)
    np.testing.assert_allclose(documented, actual, rtol=1e-9, atol=1e-14 * largest)


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_the_documented_relaxation_is_the_relaxation(row, sample):
    formulas, surrogate = read(block(row.shape)), row.shape(**sample)
    try:
        with x64():
            actual = np.asarray(surrogate.surrogate_fun(jnp.asarray(X)))
    except NotImplementedError:
        assert "fun" not in formulas
        return
    documented = formulas.compute("fun", X, parameters_of(row, sample))
    np.testing.assert_allclose(documented, actual, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(x) = 2 x^2", 18),
        ("f(x) = 6/2 x", 9),
        ("f(x) = -x^2", -9),
        ("f(x) = 2^-x", 0.125),
        ("f(x) = |x - 5| |x|", 6),
        ("f(x) = sum_{i=1..3} i x + 1", 19),
        ("f(x) = a (1 + a),  a = x + 1", 20),
        ("f(x) = a(1 + x),  a(y) = 2 y", 8),
        ("f(x) = 1  for x < 0,  2  for 0 <= x < 4,  else 3", 2),
        ("f(x) = 1  for x < 0\n       2  for x = 3\n       else 3", 2),
    ],
)
def test_formulas_mean_what_they_mean_on_paper(text, expected):
    assert read(text).compute("f", np.float64([3.0]), {}) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2 x", "f(x) = 2 x limited to -1 ... 1", "f(x) = (x", "f(x) = x x,  2 x", "f(x) = "],
)
def test_what_does_not_keep_to_the_grammar_is_refused(text):
    with pytest.raises(ValueError, match="cannot be read"):
        read(text)
