"""The kernels equal the scan where they are interpreted, and can be made for a GPU from here."""

import os
import warnings
from contextlib import nullcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.neurons.cases import CASES, neuron_cases
from tests.neurons.test_rollout import (
    ARCTAN,
    CURRENTS,
    Counting,
    assert_gradients_close,
    measured,
    with_array,
)

from spikegrad.neurons import LIF, Neuron, pallas, rollout
from spikegrad.surrogate import Arctan
from spikegrad.surrogate.catalogue import CATALOGUE

# Since jax 0.11; the kernels run there as before.
pytestmark = pytest.mark.filterwarnings("ignore:The Pallas Triton backend is deprecated")


def backend(name):
    return lambda neuron, currents, state: rollout(neuron, currents, state, backend=name)


def advance(neuron, state, current):
    return neuron.step(state, current)


def lowering_failure(neuron, dtype=np.float32):
    shape = (10, 4, 64)
    arguments = neuron, neuron.initial_state(shape[1:], dtype), jnp.zeros(shape, dtype)
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), arguments)
    with a_described_gpu():
        return pallas.lowering_failure(advance, *shapes)


def a_described_gpu():
    """A context in which kernels can be lowered without a GPU: newer JAX asks for its name."""
    if not hasattr(jax.sharding, "AbstractDevice"):
        return nullcontext()
    gpu = jax.sharding.AbstractDevice("NVIDIA H200", 132, "cuda")
    return jax.sharding.use_abstract_mesh(
        jax.sharding.AbstractMesh((1,), ("gpu",), abstract_device=gpu)
    )


@pytest.mark.parametrize(("name", "reset", "detach"), list(neuron_cases())[::2])
def test_interpreted_kernels_equal_the_scan(name, reset, detach):
    case = CASES[name]
    neuron = case.neuron(ARCTAN, reset, detach)
    want, want_gradients = measured(backend("scan"), neuron, case.currents())
    got, got_gradients = measured(backend("pallas"), neuron, case.currents())
    jax.tree.map(np.testing.assert_array_equal, got[0], want[0])
    assert_gradients_close(got_gradients, want_gradients)


def test_more_neurons_than_a_block_holds_are_all_run():
    currents = jnp.linspace(0.1, 0.9, 2 * pallas.BLOCK + 3)[None] * jnp.ones((6, 1))
    neuron = LIF(0.9, surrogate=ARCTAN)
    traced = jax.make_jaxpr(lambda xs: rollout(neuron, xs, backend="pallas"))(currents)
    assert "pallas_call" in str(traced)
    want, want_gradients = measured(backend("scan"), neuron, currents)
    got, got_gradients = measured(backend("pallas"), neuron, currents)
    jax.tree.map(np.testing.assert_array_equal, got[0], want[0])
    assert_gradients_close(got_gradients, want_gradients)


@pytest.mark.parametrize("name", CASES)
def test_the_kernels_of_every_neuron_lower_for_cuda(name):
    assert lowering_failure(CASES[name].make()) is None


# The others divide or take a maximum, which Pallas does not lower for bfloat16.
@pytest.mark.parametrize("name", ["IF", "LIF", "CubaLIF", "ALIF"])
def test_the_kernels_of_the_common_neurons_lower_for_cuda_in_bfloat16(name):
    assert lowering_failure(CASES[name].make(), jnp.bfloat16) is None


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.name)
def test_the_kernels_of_every_shape_lower_for_cuda(row):
    assert lowering_failure(LIF(jnp.float32(0.9), reset="zero", surrogate=with_array(row))) is None


def test_a_users_neuron_may_count_and_give_more_than_spikes():
    def loss(neuron, currents, backend):
        (spikes, u), final = rollout(neuron, currents, backend=backend)
        return (spikes * jnp.cos(u)).sum() + final["v"].sum(), final["count"]

    arguments = Counting(jnp.float32(0.9)), CURRENTS
    got, count = jax.grad(loss, (0, 1), has_aux=True)(*arguments, "pallas")
    want, expected = jax.grad(loss, (0, 1), has_aux=True)(*arguments, "scan")
    np.testing.assert_array_equal(count, expected)
    assert_gradients_close(got, want)
    if "SPIKEGRAD_LOWEST" not in os.environ:  # jax 0.7 cannot make an integer of a float there
        assert lowering_failure(Counting(0.9)) is None


class Sorting(Neuron):
    """A user's neuron with an operation that a kernel cannot have."""

    def initial_state(self, shape, dtype=jnp.float32):
        return jnp.zeros(shape, dtype)

    def step(self, state, current):
        return jnp.sort(state + current, axis=-1), Arctan(2.0)(state)


def test_a_step_that_no_kernel_can_have_runs_as_a_scan_with_one_warning(monkeypatch):
    want, _ = rollout(Sorting(), CURRENTS)
    lower = pallas.lowering_failure

    def lower_here(*arguments):
        with a_described_gpu():
            return lower(*arguments)

    monkeypatch.setattr(pallas, "lowering_failure", lower_here)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with pytest.warns(UserWarning, match=r"Sorting\.step runs as a scan, .*: .*sort") as caught:
        got, _ = rollout(Sorting(), CURRENTS)
    assert [warning.category for warning in caught].count(UserWarning) == 1
    np.testing.assert_array_equal(got, want)


def test_other_keeps_run_as_a_scan_without_a_warning(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rollout(Sorting(), CURRENTS, keep=5)


def test_a_parameter_that_is_not_one_for_each_neuron_is_refused():
    state = LIF().initial_state(CURRENTS.shape[1:])
    with pytest.raises(ValueError, match=r"shape \(7, 1, 1\) is not one for each of \(3, 4\)"):
        pallas.scan_in_kernels(
            advance, LIF(jnp.full((7, 1, 1), 0.9)), state, CURRENTS, interpret=True
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "cuda"}, "backend has to be 'auto', 'scan' or 'pallas', but got 'cuda'"),
        ({"backend": "pallas", "keep": 3}, "keep has to be 'state' with backend='pallas'"),
    ],
)
def test_a_wrong_backend_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        rollout(LIF(), CURRENTS, **options)
