"""B7 and B1: equality, hash, repr, copies and pickles, by class and parameters."""

from __future__ import annotations

import copy
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import assert_close
from tests.surrogates import (
    EVERY,
    ONE_EACH,
    PARAMETRISED,
    ROWS,
    SAMPLED,
    Bumps,
    Scaled,
    Tanh,
    X,
    array,
    with_arrays,
)

from spikegrad.neurons import LIF
from spikegrad.surrogate import ERF, LeakyRelu, QPseudoSpike, Sigmoid

COPIES = {
    "pickled": lambda value: pickle.loads(pickle.dumps(value)),
    "deep copy": copy.deepcopy,
    "copy": copy.copy,
    "rebuilt": lambda value: jax.tree.map(lambda leaf: leaf, value),
    "pickled after rebuilding": lambda value: pickle.loads(
        pickle.dumps(jax.tree.map(lambda leaf: leaf, value))
    ),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B7_a_copy_is_equal_and_hashes_alike(surrogate, duplicate):
    same = duplicate(surrogate)
    assert same is not surrogate
    assert type(same) is type(surrogate)
    assert same == surrogate
    assert hash(same) == hash(surrogate)
    assert jax.tree.structure(same) == jax.tree.structure(surrogate)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("surrogate", [Sigmoid(3.0), Sigmoid(array(3.0))], ids=["static", "array"])
def test_B7_every_pickle_protocol_works(surrogate, protocol):
    assert pickle.loads(pickle.dumps(surrogate, protocol)) == surrogate


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B7_a_pickle_still_works(surrogate):
    same = pickle.loads(pickle.dumps(surrogate))
    np.testing.assert_array_equal(same(X), surrogate(X))
    assert_close(jax.grad(lambda x: same(x).sum())(X), jax.grad(lambda x: surrogate(x).sum())(X))


@pytest.mark.parametrize(
    "duplicate", [COPIES["pickled"], copy.deepcopy], ids=["pickled", "deep copy"]
)
def test_B7_a_copy_of_a_surrogate_without_its_arrays_takes_them_back(duplicate):
    surrogate = Bumps((1.0, array(0.5)))
    emptied = duplicate(jax.tree.map(lambda _: None, surrogate))
    refilled = jax.tree.map(lambda leaf, _: leaf, surrogate, emptied)
    assert refilled == surrogate


def test_B7_a_deep_copy_owns_its_containers():
    surrogate = Bumps((1.0, array(0.5)))
    other = copy.deepcopy(surrogate)
    other.parts["kind"] = "cosh"
    assert surrogate.parts["kind"] == "gauss"


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_B1_equal_parameters_make_equal_surrogates(row, sample):
    assert row.shape(**sample) == row.shape(**sample)
    assert hash(row.shape(**sample)) == hash(row.shape(**sample))
    assert len({row.shape(**sample), row.shape(**sample)}) == 1


def test_B1_all_shapes_at_all_samples_are_told_apart():
    surrogates = [param.values[0] for param in EVERY]
    equal = [(a, b) for i, a in enumerate(surrogates) for b in surrogates[:i] if a == b]
    assert equal == []


@pytest.mark.parametrize("row", PARAMETRISED)
def test_B1_a_number_and_an_array_of_it_are_told_apart(row):
    assert row.shape() != with_arrays(row)


def test_B1_arrays_compare_by_value_shape_and_dtype():
    assert Tanh(array([1.0, 2.0])) == Tanh(array([1.0, 2.0]))
    assert Tanh(array([1.0, 2.0])) != Tanh(array([1.0, 3.0]))
    assert Tanh(array([1.0, 1.0])) != Tanh(array(1.0))
    assert Tanh(array(1.0)) != Tanh(jnp.asarray(1.0, jnp.float16))


def test_B1_random_keys_compare_by_value(getkey):
    key = getkey()
    assert Tanh(key) == Tanh(jax.random.clone(key))
    assert Tanh(key) != Tanh(getkey())


def test_B1_classes_are_told_apart():
    class Sigmoid2(Sigmoid):
        pass

    assert Sigmoid(1.0) != ERF(1.0)
    assert Sigmoid(1.0) != Sigmoid2(1.0)
    assert Sigmoid(1.0) != 1.0


def test_B1_a_surrogate_is_a_key_of_a_dictionary():
    names = {Sigmoid(4.0): "four", Sigmoid(5.0): "five", Scaled(Tanh(), 2.0): "scaled"}
    assert names[Sigmoid(4.0)] == "four"
    assert names[Scaled(Tanh(1.0), 2.0)] == "scaled"


def test_B1_comparing_tracers_does_not_fail():
    @jax.jit
    def compare(alpha):
        assert Tanh(alpha) == Tanh(alpha)
        assert Tanh(alpha) != Tanh(alpha + 1)
        return alpha

    compare(1.0)


@pytest.mark.parametrize(("row", "sample"), SAMPLED)
def test_B1_repr_of_a_shape_makes_it_again(row, sample):
    surrogate = row.shape(**sample)
    assert eval(repr(surrogate), {row.name: row.shape, "inf": math.inf}) == surrogate


def test_B1_repr_shows_every_parameter_with_its_value():
    assert repr(LeakyRelu(alpha=0.1, beta=1.0)) == "LeakyRelu(alpha=0.1, beta=1.0)"
    assert repr(Scaled(Sigmoid(2.0), 3)) == "Scaled(inner=Sigmoid(alpha=2.0), factor=3)"
    assert "alpha=Array([1., 2.]" in repr(Tanh(array([1.0, 2.0])))


def test_B1_repr_of_a_large_array_is_short():
    assert repr(Tanh(jnp.ones((100, 100)))) == "Tanh(alpha=float32[100, 100])"


def test_B1_repr_works_while_tracing_and_with_leaves_replaced():
    jax.jit(lambda surrogate: repr(surrogate) and surrogate.alpha)(Tanh(array(1.0)))
    assert repr(jax.tree.map(lambda _: None, Tanh(array(1.0)))) == "Tanh(alpha=None)"


def test_B1_the_hash_depends_on_every_parameter():
    shapes = [row.values[0].shape for row in ROWS]
    many = {Sigmoid(float(n)) for n in range(1, 200)} | {2.0 * Sigmoid(3.0), 3.0 * Sigmoid(3.0)}
    assert len({hash(surrogate) for surrogate in many}) == len(many)
    assert len({hash(shape()) for shape in shapes}) == len(shapes)
    neurons = [LIF(beta, surrogate=Sigmoid(alpha)) for beta in (0.5, 0.9) for alpha in (1.0, 2.0)]
    assert len(set(map(hash, neurons))) == 4


EQUAL = {
    "numbers": (lambda: Tanh(2), lambda: Tanh(2.0), lambda: Tanh(np.float32(2.0))),
    "arrays": (lambda: Tanh(array(2.0)), lambda: Tanh(np.float32([2.0])[0, None].reshape(()))),
    "weak type": (lambda: Tanh(jnp.asarray(2.0)), lambda: Tanh(array(2.0))),
    "signs of 0": (lambda: Tanh(array(0.0)), lambda: Tanh(array(-0.0))),
    "rebuilt": (lambda: Bumps((1.0, array(2.0))), lambda: _rebuilt(Bumps((1.0, array(2.0))))),
    "nested": (lambda: Scaled(Tanh(1), 2.0), lambda: Scaled(Tanh(1.0), 2)),
}


def _rebuilt(surrogate):
    return jax.tree.map(lambda leaf: leaf, surrogate)


@pytest.mark.parametrize("made", EQUAL.values(), ids=EQUAL)
def test_B1_what_is_equal_hashes_alike(made):
    first, *others = (make() for make in made)
    for other in others:
        assert first == other
        assert hash(first) == hash(other)


def test_what_is_none_by_default_is_left_out_of_the_repr():
    assert repr(QPseudoSpike()) == "QPseudoSpike(alpha=2.0)"  # as braintools has it
    assert repr(QPseudoSpike(scale=0.5)) == "QPseudoSpike(alpha=2.0, scale=0.5)"
