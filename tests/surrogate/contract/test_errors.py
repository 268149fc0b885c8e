"""B1, C1, C4: what a subclass can get wrong is refused at the call, by name."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.surrogates import ROWS, Tanh, X

from spikegrad.surrogate import Sigmoid, Surrogate


class Returning(Surrogate):
    """A subclass with a result of your choice."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def surrogate_grad(self, x):
        return self.result(x)


class Bare(Surrogate):
    """A subclass that forgot `surrogate_grad`."""


class Holding(Surrogate):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def surrogate_grad(self, x):
        return jnp.ones_like(x)


CALLS = {
    "eager": lambda surrogate: surrogate(X),
    "jit": lambda surrogate: jax.jit(lambda x: surrogate(x))(X),
    "vmap": lambda surrogate: jax.vmap(lambda x: surrogate(x))(np.stack([X, X])),
    "scan": lambda surrogate: jax.lax.scan(lambda c, x: (c, surrogate(x)), None, np.stack([X, X])),
    "grad": lambda surrogate: jax.grad(lambda x: jnp.sum(surrogate(x)))(X),
}
everywhere = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)

INTERNALS = ("jaxpr", "custom_jvp", "tangent", "traced for jit", "Tracer<", "spikegrad/")
"""What no message to a user may speak of."""


def message(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert not [word for word in INTERNALS if word in text], text
    assert "\n" not in text
    return text


@everywhere
@pytest.mark.parametrize("cls", [Surrogate, Bare])
def test_C1_a_forgotten_surrogate_grad_is_named_with_its_class(cls, call):
    with pytest.raises(NotImplementedError) as error:
        call(cls())
    assert message(error).startswith(f"{cls.__name__} defines no surrogate_grad(x).")


def test_C1_a_bare_surrogate_can_be_made_and_looked_at():
    assert repr(Surrogate()) == "Surrogate()"
    assert Surrogate() == Surrogate()


WRONG_SHAPES = {
    "longer": lambda x: jnp.ones(7),
    "of higher rank": lambda x: jnp.ones((2, len(X))),
    "a matrix of x": lambda x: x[:, None] * x[None, :],
    "one short": lambda x: x[1:],
}


@everywhere
@pytest.mark.parametrize("result", WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_C1_a_wrong_shape_is_named_with_what_came_and_what_was_expected(result, call):
    with pytest.raises(ValueError, match="surrogate_grad returned shape") as error:
        call(Returning(result))
    came = result(X).shape
    text = message(error)
    assert f"Returning.surrogate_grad returned shape {came} for an x of shape ({len(X)},)" in text
    assert "elementwise" in text


def test_C1_a_wrong_shape_for_a_scalar_is_refused_too():
    with pytest.raises(ValueError, match=r"returned shape \(1,\) for an x of shape \(\)"):
        Returning(lambda x: jnp.ones((1,)))(0.5)


WRONG_KINDS = {
    "int32": (lambda x: jnp.ones(x.shape, jnp.int32), "dtype int32"),
    "bool": (lambda x: x > 0, "dtype bool"),
    "complex64": (lambda x: x.astype(jnp.complex64), "dtype complex64"),
    "key": (lambda x: jax.random.key(0), "dtype key"),
    "None": (lambda x: None, "NoneType"),
    "tuple": (lambda x: (x, x), "tuple"),
    "list": (lambda x: [x], "list"),
    "dict": (lambda x: {"x": x}, "dict"),
    "string": (lambda x: "x", "str"),
    "function": (lambda x: lambda: x, "function"),
    "surrogate": (lambda x: Tanh(), "Tanh"),
    "Python int": (lambda x: 1, "dtype int32"),
}


@everywhere
@pytest.mark.parametrize(("result", "came"), WRONG_KINDS.values(), ids=WRONG_KINDS)
def test_C1_what_is_no_real_floating_array_is_named_with_what_was_expected(result, came, call):
    with pytest.raises(TypeError) as error:
        call(Returning(result))
    text = message(error)
    assert text.startswith(f"Returning.surrogate_grad returned {came}")
    assert "float32" in text
    assert "real floating array" in text


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_C1_a_wider_floating_result_is_rounded_to_the_dtype_of_x(dtype):
    x = jnp.asarray([-0.3, 0.3], dtype)
    surrogate = Returning(lambda x: 1 / 3 * jnp.ones(x.shape, jnp.float32))
    (gradient,) = jax.vjp(surrogate, x)[1](jnp.ones_like(x))
    assert gradient.dtype == dtype
    assert gradient.tolist() == jnp.full(2, 1 / 3, dtype).tolist()


def test_C1_a_narrower_floating_result_is_widened():
    surrogate = Returning(lambda x: x.astype(jnp.bfloat16))
    assert jax.grad(surrogate)(0.1).dtype == jnp.float32


UNHASHABLE = {
    "set": {1, 2},
    "bytearray": bytearray(b"ab"),
    "set in a list in a dict": {"levels": [1.0, {2, 3}]},
}


@everywhere
@pytest.mark.parametrize("value", UNHASHABLE.values(), ids=UNHASHABLE)
def test_B1_an_unhashable_static_attribute_is_named_with_its_class(value, call):
    with pytest.raises(TypeError) as error:
        call(Holding(value))
    text = message(error)
    assert text.startswith("Holding.value holds ")
    assert "hashable" in text


@pytest.mark.parametrize("use", [hash, jax.tree.leaves], ids=["hash", "flatten"])
def test_B1_an_unhashable_attribute_is_named_wherever_it_shows(use):
    with pytest.raises(TypeError, match=r"Holding\.value holds \{1\}"):
        use(Holding({1}))


def test_B1_an_unhashable_attribute_of_an_inner_surrogate_is_named_by_that_one():
    with pytest.raises(TypeError, match=r"Holding\.value holds \{1\}"):
        Tanh(Holding({1}))(X)


def test_B1_an_unhashable_attribute_set_after_rebuilding_is_named():
    surrogate = jax.tree.map(lambda leaf: leaf, Holding(jnp.ones(2)))
    surrogate.value = {1}
    with pytest.raises(TypeError, match=r"Holding\.value holds \{1\}"):
        surrogate(X)


def test_C1_a_users_own_error_comes_through():
    def broken(x):
        raise ZeroDivisionError("my own mistake")

    with pytest.raises(ZeroDivisionError, match="my own mistake"):
        Returning(broken)(X)


def test_C1_a_corrected_subclass_is_checked_again():
    with pytest.raises(ValueError, match="returned shape"):
        Returning(WRONG_SHAPES["longer"])(X)
    assert Returning(jnp.ones_like)(X).tolist() == (X >= 0).tolist()


def test_C1_a_gradient_that_cannot_be_traced_still_spikes():
    surrogate = Returning(lambda x: np.asarray(x))
    assert surrogate(X).tolist() == (X >= 0).tolist()
    with pytest.raises(jax.errors.TracerArrayConversionError):
        jax.jit(jax.grad(surrogate))(1.0)


def test_C1_a_python_branch_on_an_array_parameter_works_without_jit():
    class Branching(Tanh):
        def surrogate_grad(self, x):
            return jnp.ones_like(x) if self.alpha > 0 else jnp.zeros_like(x)

    assert jax.grad(Branching(jnp.asarray(1.0)))(0.5) == 1.0


NO_REAL_ARRAYS = {
    "string": ("spike", "str"),
    "None": (None, "NoneType"),
    "complex": (1j, "complex64"),
    "dict": ({"x": 1.0}, "dict"),
    "key": (jax.random.key(0), "key"),
    "ragged list": ([[1.0], [1.0, 2.0]], "list"),
}


@pytest.mark.parametrize(("x", "came"), NO_REAL_ARRAYS.values(), ids=NO_REAL_ARRAYS)
def test_C2_what_is_no_real_array_is_refused_as_x(x, came):
    with pytest.raises(TypeError) as error:
        Sigmoid()(x)
    text = message(error)
    assert text.startswith("Sigmoid takes a real number or array as x, but got ")
    assert came in text


@pytest.mark.parametrize("row", ROWS)
def test_shapes_refuse_parameters_outside_their_range_by_name(row):
    for name in row.parameters:
        with pytest.raises(ValueError, match=rf"^{row.name}: {name} has to be .*, but got nan"):
            row.shape(**{name: float("nan")})
