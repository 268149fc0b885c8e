"""What holds a neuron or a surrogate is saved by Flax as any other tree of parameters is."""

from __future__ import annotations

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.helpers import peer

from spikegrad.neurons import LIF, PLIF, Neuron, Noisy
from spikegrad.surrogate import Annealed, Learned, Sigmoid

serialization = peer("flax.serialization")
optax = peer("optax")


class Own(Neuron):
    """Made after Flax was imported."""

    def __init__(self, gains):
        self.gains = gains
        self.name = "own"


LEARNED = Learned(Sigmoid(jnp.float32([2.0, 4.0])), signal="mixed", key=jax.random.key(3))
TREES = {
    "a decay a neuron": LIF(jnp.full(3, 0.9)),
    "numbers alone": LIF(0.9),
    "learned": LEARNED,
    "a learned surrogate in a neuron": PLIF(w=jnp.bfloat16(0.5), surrogate=LEARNED),
    "wrapped": Noisy(LIF(jnp.float32(0.5)), jax.random.key(1, impl="rbg")),
    "one's own, with a dict": Own({"a": jnp.ones(2), "b": [jnp.zeros(1), 3]}),
    "annealed": Annealed(Sigmoid(4.0), "alpha", optax.linear_schedule(1.0, 2.0, 3)).at(2),
}


def trained(tree):
    def moved(leaf):
        is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        return jax.random.split(leaf)[1] if is_key else leaf * 2 + 1

    return jax.tree.map(moved, tree)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_a_trained_tree_comes_back_from_its_bytes(tree):
    params = {"neuron": trained(tree), "weights": np.ones(3)}
    found = serialization.from_bytes(
        {"neuron": tree, "weights": np.zeros(3)}, serialization.to_bytes(params)
    )
    assert found["neuron"] == params["neuron"]
    assert found["neuron"] != tree or not jax.tree.leaves(tree)
    jax.jit(lambda tree: tree)(found["neuron"])


def test_an_optimizer_s_state_of_such_a_tree_comes_back():
    params = {"neuron": LIF(jnp.full(3, 0.9)), "spike": Learned(Sigmoid(4.0))}
    state = optax.adam(0.1).init(params)
    found = serialization.from_bytes(state, serialization.to_bytes(trained(state)))
    assert jax.tree.structure(found) == jax.tree.structure(state)
    assert found[0].mu == trained(state)[0].mu


def test_the_state_dict_has_the_arrays_by_the_attributes_that_hold_them():
    state = serialization.to_state_dict({"neuron": LIF(jnp.ones(2), surrogate=LEARNED)})
    assert set(state["neuron"]) == {"decay", "surrogate.raw['alpha']", "surrogate.key"}


@pytest.mark.parametrize(
    ("saved", "target", "message"),
    [
        (
            LIF(jnp.ones(3)),
            LIF(0.9),
            "LIF at path ./neuron: decay was saved, but the target holds no array. Make .*",
        ),
        (LIF(0.9), LIF(jnp.ones(3)), ".*: no array was saved, but the target holds decay. Make .*"),
        (
            LIF(jnp.ones(4)),
            LIF(jnp.ones(3)),
            r".*/neuron: decay was saved in shape \(4,\), but is \(3,\) in the target\.",
        ),
        (jnp.ones(3), LIF(jnp.ones(3)), ".*: ndarray was saved, but the target holds decay. .*"),
    ],
)
def test_what_was_saved_of_another_structure_is_refused(saved, target, message):
    saved = serialization.to_bytes({"neuron": saved})
    with pytest.raises(ValueError, match=f"^{message}$"):
        serialization.from_bytes({"neuron": target}, saved)


def test_flax_may_be_imported_when_the_tree_is_there_already():
    code = """
import warnings; warnings.simplefilter("ignore")
import sys
import jax.numpy as jnp
from spikegrad.neurons import LIF
assert "flax" not in sys.modules
class Own(LIF):
    pass
trees = [Own(jnp.ones(2)), LIF(jnp.full(3, 0.5))]
import flax.serialization
state = flax.serialization.to_bytes(trees)
assert flax.serialization.from_bytes([Own(jnp.zeros(2)), LIF(jnp.zeros(3))], state) == trees
assert flax.serialization.__loader__ is flax.serialization.__spec__.loader
print(type(flax.serialization.__loader__) is type(flax.__loader__))
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr) == ("True\n", "")
