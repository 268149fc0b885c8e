"""B4: over eight devices."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from tests.helpers import assert_close, shard_map
from tests.surrogates import ONE_EACH, Tanh, array

X = np.linspace(-2, 2, 8 * 3, dtype=np.float32).reshape(8, 3)


@pytest.fixture(scope="module")
def mesh():
    devices = jax.devices()
    assert len(devices) == 8, "conftest.py makes eight CPU devices"
    return Mesh(np.array(devices), ("batch",))


def gradient(surrogate, x):
    return jax.vjp(surrogate, x)[1](jnp.ones_like(x))[0]


@pytest.mark.parametrize("surrogate", ONE_EACH)
def test_B4_each_device_computes_its_part(surrogate, mesh):
    def part(x):
        assert x.shape == (1, 3)
        return surrogate(x), gradient(surrogate, x)

    over_devices = shard_map(part, mesh=mesh, in_specs=P("batch"), out_specs=P("batch"))
    spikes, slope = jax.jit(over_devices)(X)
    np.testing.assert_array_equal(spikes, X >= 0)
    assert_close(slope, surrogate.surrogate_grad(jnp.asarray(X)))


def test_B4_differentiated_from_outside(mesh):
    over_devices = shard_map(Tanh(), mesh=mesh, in_specs=P("batch"), out_specs=P("batch"))
    slope = jax.jit(jax.grad(lambda x: jnp.sum(over_devices(x))))(X)
    assert_close(slope, Tanh().surrogate_grad(jnp.asarray(X)))


def test_B4_a_surrogate_is_replicated_or_sharded(mesh):
    for spec, alpha in ((P(), array(1.5)), (P("batch"), jnp.linspace(0.5, 2.0, 8))):

        def part(surrogate, x):
            return gradient(Tanh(surrogate.alpha.reshape(-1, 1)), x)

        over_devices = shard_map(part, mesh=mesh, in_specs=(spec, P("batch")), out_specs=P("batch"))
        expected = gradient(Tanh(jnp.broadcast_to(alpha, (8,))[:, None]), X)
        assert_close(jax.jit(over_devices)(Tanh(alpha), X), expected)


def test_B4_a_sharded_batch_stays_sharded(mesh):
    sharding = NamedSharding(mesh, P("batch"))
    spikes = jax.jit(Tanh())(jax.device_put(X, sharding))
    assert spikes.sharding.is_equivalent_to(sharding, ndim=2)
