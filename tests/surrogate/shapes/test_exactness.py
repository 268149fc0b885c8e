"""B3: every shape is exact in every dtype, tails included, against 50-digit arithmetic.

The bound is 4 units in the last place of the dtype of the input, and 4 smallest normal numbers
where the truth is subnormal. The error of a sum whose terms have both signs counts against the sum
of their magnitudes: `MultiGaussianGrad`, `SquarewaveFourierSeries`, and the relaxations of
`QPseudoSpike` and of `PiecewiseLeakyRelu`, whose zero is no tail but a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import FLOATS, x64
from tests.surrogate.references import REFERENCES
from tests.surrogate.shapes.exactness import inputs, method, sharpness, worst
from tests.surrogates import complete

from spikegrad.surrogate.catalogue import CATALOGUE, Row

BOUND = 4.0
METHODS = ("surrogate_grad", "surrogate_fun")
EVEN = [row for row in CATALOGUE if row.even]

each_row = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
each_method = pytest.mark.parametrize("name", METHODS)
each_dtype = pytest.mark.parametrize("dtype", FLOATS)


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with x64():
        yield


def test_every_shape_has_a_reference():
    assert set(REFERENCES) == {row.name for row in CATALOGUE}


@each_dtype
@each_method
@each_row
def test_B3_error_is_at_most_four_units_in_the_last_place(row: Row, name: str, dtype: str):
    for sample in ({}, *row.samples):
        found = worst(row, name, sample, dtype)
        assert found.ulp <= BOUND, (sample, found)


@pytest.mark.parametrize("dtype", FLOATS[:2])  # 16 bits are float32, rounded once more
@each_method
@each_row
def test_B3_compiled_code_is_as_exact(row: Row, name: str, dtype: str):
    found = worst(row, name, {}, dtype, points=20, compiled=True)
    assert found.ulp <= BOUND, found


@each_dtype
@pytest.mark.parametrize("row", EVEN, ids=lambda row: row.name)
def test_B3_even_shapes_are_symmetric_to_the_bit(row: Row, dtype: str):
    kind = np.dtype(getattr(jnp, dtype))
    for sample in ({}, *row.samples):
        parameters = complete(row, sample)
        if parameters.get("lo", 0) != -parameters.get("hi", 0):
            continue  # a window that is not around the threshold
        x = jnp.asarray(inputs(kind, sharpness(row, parameters), 40))
        got = np.asarray(method(row, "surrogate_grad", parameters)(x))
        assert got.tobytes() == got[::-1].tobytes(), sample


@each_row
def test_B3_array_parameters_are_as_exact_as_numbers(row: Row):
    for sample in ({}, *row.samples):
        parameters = _representable(complete(row, sample))
        arrays = {
            key: value if row.parameters[key].integer else jnp.asarray(value, jnp.float32)
            for key, value in parameters.items()
        }
        x = jnp.asarray(inputs(np.dtype(np.float32), sharpness(row, parameters), 200))
        with jax.numpy_dtype_promotion("strict"):
            static = row.shape(**parameters).surrogate_grad(x)
            dynamic = row.shape(**arrays).surrogate_grad(x)
        peak = float(jnp.max(jnp.abs(static)))
        np.testing.assert_allclose(dynamic, static, rtol=1e-6, atol=1e-6 * peak)


def _representable(parameters: Mapping[str, float]) -> dict[str, float]:
    return {
        key: value if isinstance(value, int) else float(np.float32(value))
        for key, value in parameters.items()
    }
