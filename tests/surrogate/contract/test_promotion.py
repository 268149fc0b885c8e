"""B5: what is no floating array becomes one as `jnp.sin` makes it; here promotion is allowed."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import FLOATS, assert_close, precision, x64
from tests.surrogates import ROWS, Tanh, array, with_arrays

from spikegrad.surrogate import Sigmoid, sigmoid


@pytest.fixture(autouse=True)
def _standard_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


INPUTS = {
    "int": 3,
    "negative int": -2,
    "bool": True,
    "float": 0.5,
    "list": [-1, 0, 2],
    "nested list": [[-1.0, 2.0], [0.0, 1.0]],
    "tuple": (-1, 0.5),
    "empty list": [],
    "numpy int": np.int8(-3),
    "numpy bool": np.array([True, False]),
    "numpy uint8": np.arange(3, dtype=np.uint8),
    "int32": np.arange(-1, 2, dtype=np.int32),
    "jax int8": jnp.arange(3, dtype=jnp.int8),
    "numpy float64": np.linspace(-1, 1, 3),
}


@pytest.mark.parametrize("wide", [False, True], ids=["x32", "x64"])
@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
def test_B5_x_is_promoted_as_sine_promotes_it(x, wide):
    with x64() if wide else precision("float32"):
        spikes, sine = Tanh()(x), jnp.sin(jnp.asarray(x))
        assert (spikes.dtype, spikes.shape) == (sine.dtype, sine.shape)
        np.testing.assert_array_equal(spikes, np.asarray(x) >= 0)


@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)
def test_B5_the_methods_of_a_shape_promote_alike(x):
    surrogate, floating = Sigmoid(), jnp.asarray(x, jnp.float32)
    for method in (surrogate.surrogate_grad, surrogate.surrogate_fun, surrogate.antiderivative):
        assert_close(method(x), method(floating))


def test_B5_python_scalars_are_differentiated():
    assert jax.grad(Sigmoid(4.0))(0.0) == 1.0
    assert jax.jvp(Sigmoid(4.0), (0.0,), (2.0,))[1] == 2.0
    assert jax.grad(sigmoid)(0.0) == 1.0


def test_B5_integers_inside_jit_are_promoted():
    spikes = jax.jit(Tanh())(jnp.arange(-1, 2))
    assert spikes.dtype == jnp.float32
    assert spikes.tolist() == [0, 1, 1]


def test_B5_strict_promotion_allows_it_too():
    with jax.numpy_dtype_promotion("strict"):
        assert Tanh()([-1, 0, 2]).tolist() == [0, 1, 1]
        assert Tanh()(True).dtype == jnp.float32


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("row", ROWS)
def test_B3_array_parameters_of_another_dtype_do_not_change_that_of_the_result(row, dtype):
    with precision(dtype):
        x = jnp.asarray([-0.5, 0.25], dtype)
        surrogate = with_arrays(row)
        assert surrogate(x).dtype == dtype
        assert surrogate.surrogate_grad(x).dtype == dtype
        assert surrogate.antiderivative(x).dtype == dtype


def test_B3_an_own_surrogate_with_a_wider_array_keeps_the_dtype_of_x():
    x = jnp.asarray([-0.5, 0.25], jnp.float16)
    spikes, pull = jax.vjp(Tanh(array(1.5)), x)
    assert spikes.dtype == pull(spikes)[0].dtype == jnp.float16
