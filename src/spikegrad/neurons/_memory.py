"""What a rollout will need, told before it runs."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad._domains import Kind
from spikegrad.neurons._base import Neuron
from spikegrad.neurons._inputs import at_rest, require_neuron, settled
from spikegrad.neurons._loop import bytes_of
from spikegrad.neurons._rollout import rollout


def _is_shape(value: Any) -> bool:
    sizes = isinstance(value, tuple | list) and len(value) >= 1
    whole = int | np.integer
    return sizes and all(isinstance(n, whole) and 0 <= n < 2**63 for n in value)


def _is_floating(value: Any) -> bool:
    try:
        return value is not None and jnp.issubdtype(jnp.dtype(value), jnp.floating)
    except (TypeError, ValueError):
        return False


SHAPE = Kind("a tuple of whole numbers, (time, batch, neurons)", _is_shape)
FLOATING = Kind("a floating dtype, such as jnp.float32", _is_floating, TypeError)


def rollout_memory(
    neuron: Neuron,
    shape: tuple[int, ...],
    dtype: Any = jnp.float32,
    keep: str | int = "state",
) -> int:
    """The bytes that a rollout and its backward pass need for themselves.

    That is what the backward pass keeps of the forward pass, and what it works with, beside the
    currents, the spikes and the cotangents of both. Nothing is computed or compiled.

    On a CPU the cotangent of the currents is written over what `"state"` kept, and needs no memory
    of its own; here it counts as if it did. A neuron whose step is linear (`LI`) may need less with
    `"half"` or a number, because its derivative needs no state.

    Args:
        neuron: the neuron.
        shape: that of the currents, `(time, batch, neurons)`.
        dtype: that of the currents.
        keep: as for `rollout`.

    Raises:
        TypeError: `neuron` is none, or `dtype` is not floating.
        ValueError: `shape` or `keep` is none of those.

    Examples:
        >>> from spikegrad.neurons import LIF, rollout_memory
        >>> for keep in ("all", "state", "half", 10):
        ...     bytes = rollout_memory(LIF(reset="zero"), (1000, 64, 512), keep=keep)
        ...     print(f"{keep}: {bytes / (1000 * 64 * 512):.1f} bytes a neuron and step")
        all: 12.0 bytes a neuron and step
        state: 4.0 bytes a neuron and step
        half: 2.0 bytes a neuron and step
        10: 0.5 bytes a neuron and step
    """
    require_neuron(neuron)
    SHAPE.require("rollout_memory", "shape", shape)
    FLOATING.require("rollout_memory", "dtype", dtype)
    keep = settled(keep, shape[0])

    def kept(neuron: Neuron, currents: jax.Array) -> Any:
        return jax.vjp(lambda *a: rollout(*a, keep=keep)[0], neuron, currents)[1]

    currents = jax.ShapeDtypeStruct(shape, dtype)
    closed = jax.make_jaxpr(kept)(neuron, currents)
    # A residual that is an argument, handed on, takes no place of its own.
    given = set(closed.jaxpr.invars)
    residuals = {v for v in closed.jaxpr.outvars if not hasattr(v, "val")} - given
    total = bytes_of([variable.aval for variable in residuals])
    if isinstance(keep, int):
        # A chunk at a time: its currents, the cotangents of its spikes, and what is kept of every
        # step of it, in the place of which the cotangents of its currents come on a CPU.
        over_time = (2 if jax.default_backend() == "cpu" else 3) * keep
        # The last chunk, where it is a shorter one, has buffers of its own.
        over_time += shape[0] % keep
        total += over_time * math.prod(shape[1:]) * jnp.dtype(dtype).itemsize
        total += rollout_memory(neuron, (keep, *shape[1:]), dtype, "state")
        # From chunk to chunk, the cotangent of the state.
        total += bytes_of(jax.eval_shape(lambda c: at_rest(neuron, c), currents))
    return total
