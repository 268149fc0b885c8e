"""B1: what of a surrogate is a leaf, what is static, and what survives being taken apart."""

from __future__ import annotations

import dataclasses
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import keystr, tree_flatten_with_path
from tests.helpers import assert_close
from tests.surrogates import (
    ONE_EACH,
    ROWS,
    Bumps,
    Scaled,
    Tanh,
    X,
    array,
    complete,
    with_arrays,
)

from spikegrad.surrogate import Sigmoid, Surrogate


class Holder(Surrogate):
    """A surrogate that holds whatever it is given, under any name."""

    def __init__(self, **attributes):
        super().__init__()
        vars(self).update(attributes)

    def surrogate_grad(self, x):
        return jnp.ones_like(x)


@pytest.mark.parametrize("value", [4.0, 4, True, "wide", None, jnp.tanh, (1, "a", 2.0), np.float32])
def test_B1_what_is_no_array_is_static(value):
    assert jax.tree.leaves(Holder(value=value)) == []
    assert jax.jit(Holder(value=value))(X).tolist() == (X >= 0).tolist()


@pytest.mark.parametrize(
    "value", [jnp.ones(3), np.ones(3), np.arange(2)], ids=["jax", "numpy", "int"]
)
def test_B1_arrays_are_leaves(value):
    (leaf,) = jax.tree.leaves(Holder(value=value))
    assert leaf is value


def test_B1_tracers_are_leaves():
    seen = []

    @jax.jit
    def function(value):
        seen.extend(jax.tree.leaves(Holder(value=[value, 1.0])))
        return value

    function(1.0)
    assert isinstance(seen[0], jax.core.Tracer)
    assert len(seen) == 1


def test_B1_random_keys_are_leaves(getkey):
    class Noisy(Holder):
        def surrogate_grad(self, x):
            return jax.random.uniform(self.key, x.shape, x.dtype)

    noisy = Noisy(key=getkey())
    gradient = jax.jit(lambda noisy, x: jax.vjp(noisy, x)[1](jnp.ones_like(x))[0])(noisy, X)
    assert_close(gradient, jax.random.uniform(noisy.key, X.shape))


@pytest.mark.parametrize("row", ROWS)
def test_B1_a_shape_with_python_numbers_has_no_leaves(row):
    assert jax.tree.leaves(row.shape()) == []


@pytest.mark.parametrize("row", ROWS)
def test_B1_every_parameter_of_a_shape_is_a_leaf_when_it_is_an_array(row):
    paths = [keystr(path) for path, _ in tree_flatten_with_path(with_arrays(row))[0]]
    moving = [name for name in complete(row) if not row.parameters[name].integer]
    assert paths == [f".{name}" for name in sorted(moving)]


def test_B1_key_paths_lead_to_leaves_deep_inside():
    surrogate = Scaled(Bumps((array(1.0), 0.5)), array(3.0))
    paths = {keystr(path): leaf for path, leaf in tree_flatten_with_path(surrogate)[0]}
    assert paths == {
        ".factor": 3.0,
        ".inner.parts['heights'][0]": 1.0,
        ".inner.parts['widths'][0]": 0.5,
    }


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B1_flattened_and_rebuilt_it_is_the_same(surrogate):
    leaves, structure = jax.tree.flatten(surrogate)
    rebuilt = structure.unflatten(leaves)
    assert rebuilt == surrogate
    assert vars(rebuilt).keys() == vars(surrogate).keys()
    assert jax.tree.structure(rebuilt) == structure


SENTINELS = {
    "None": None,
    "object": object(),
    "number": 1.0,
    "string": "*",
    "tuple of None": (None,),
}


@pytest.mark.parametrize("sentinel", SENTINELS.values(), ids=SENTINELS)
@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B1_leaves_that_are_no_arrays_keep_the_structure(surrogate, sentinel):
    structure = jax.tree.structure(surrogate)
    marked = structure.unflatten([sentinel] * structure.num_leaves)
    leaves, same = jax.tree.flatten(marked, is_leaf=lambda leaf: leaf is sentinel)
    assert same == structure
    assert all(leaf is sentinel for leaf in leaves)
    restored = jax.tree.map(lambda _, leaf: leaf, surrogate, surrogate)
    assert restored == surrogate


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B1_a_second_tree_map_over_marked_leaves_finds_them_again(surrogate):
    marked = jax.tree.map(lambda leaf: leaf.shape, surrogate)
    shapes = jax.tree.leaves(marked, is_leaf=lambda leaf: isinstance(leaf, tuple))
    assert shapes == [leaf.shape for leaf in jax.tree.leaves(surrogate)]


def test_B1_two_surrogates_are_mapped_together():
    summed = jax.tree.map(jnp.add, Tanh(array(1.0)), Tanh(array(2.0)))
    assert summed == Tanh(array(3.0))


def test_B1_a_surrogate_is_a_prefix_of_itself():
    surrogates = Tanh(jnp.arange(1.0, 4.0))
    axes = jax.tree.map(lambda _: 0, surrogates)
    spikes = jax.vmap(lambda surrogate, x: surrogate(x), in_axes=(axes, None))(surrogates, 0.5)
    assert spikes.tolist() == [1, 1, 1]


def test_B1_an_attribute_may_be_set_anew_after_rebuilding():
    surrogate = jax.tree.map(lambda leaf: 2 * leaf, Tanh(array(1.0)))
    surrogate.alpha = 0.25
    assert jax.tree.leaves(surrogate) == []
    assert surrogate == Tanh(0.25)
    surrogate.alpha = array([1.0, 2.0])
    assert len(jax.tree.leaves(surrogate)) == 1
    surrogate.note = "new"
    assert jax.tree.map(lambda leaf: leaf, surrogate).note == "new"


def test_B1_a_nested_attribute_may_be_changed_in_place_after_rebuilding():
    surrogate = jax.tree.map(lambda leaf: leaf, Bumps((1.0, array(0.5))))
    surrogate.parts["heights"] = (array(2.0), 0.5, array(1.0))
    surrogate.parts["more"] = array([1.0, 2.0])
    assert len(jax.tree.leaves(surrogate)) == 4


def test_B1_rebuilding_does_not_share_containers_with_the_original():
    original = Bumps((1.0, array(0.5)))
    rebuilt = jax.tree.map(lambda leaf: leaf, original)
    rebuilt.parts["kind"] = "cosh"
    assert original.parts["kind"] == "gauss"


def test_B1_attributes_set_in_another_order_make_the_same_structure():
    first, second = Holder(a=1.0, b=array(2.0)), Holder(b=array(2.0), a=1.0)
    assert jax.tree.structure(first) == jax.tree.structure(second)
    assert first == second


def test_B1_subclasses_are_told_apart():
    class Other(Tanh):
        pass

    assert jax.tree.structure(Other(1.0)) != jax.tree.structure(Tanh(1.0))
    assert type(jax.tree.map(lambda leaf: leaf, Other(array(1.0)))) is Other


def test_B1_parameters_of_one_shape_are_told_apart():
    assert jax.tree.structure(Sigmoid(4.0)) != jax.tree.structure(Sigmoid(5.0))
    assert jax.tree.structure(Sigmoid(array(4.0))) == jax.tree.structure(Sigmoid(array(5.0)))


def test_B1_a_custom_pytree_is_looked_into():
    @jax.tree_util.register_pytree_node_class
    class Point(types.SimpleNamespace):
        def tree_flatten(self):
            return (self.x,), self.label

        @classmethod
        def tree_unflatten(cls, label, children):
            return cls(x=children[0], label=label)

    holder = Holder(point=Point(x=array(1.0), label="here"))
    doubled = jax.jit(lambda holder: jax.tree.map(lambda leaf: 2 * leaf, holder))(holder)
    assert doubled.point.x == 2.0
    assert doubled.point.label == "here"


def test_B1_a_frozen_dataclass_is_a_surrogate_too():
    @dataclasses.dataclass(frozen=True, eq=False)
    class Box(Surrogate):
        height: jax.Array
        kind: str = "box"

        def surrogate_grad(self, x):
            return self.height * (jnp.abs(x) < 1).astype(x.dtype)

    gradient = jax.jit(lambda box, x: jax.grad(lambda x: jnp.sum(box(x)))(x))(Box(array(2.0)), X)
    assert gradient.tolist() == [2.0 if abs(x) < 1 else 0.0 for x in X]
    assert jax.grad(lambda box: box(0.5))(Box(array(2.0))).height == 1.0
