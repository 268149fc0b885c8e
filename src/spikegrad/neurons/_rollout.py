"""The time loop: any neuron, any surrogate, a lean backward pass."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad.neurons._base import Neuron
from spikegrad.neurons._loop import lean_scan, scan, scan_in_chunks
from spikegrad.neurons._steps import closed, protected, varying_as

KEEPS = ("state", "half", "checkpoint", "all")
BAD_KEEP = (
    "keep has to be 'state', 'half', 'checkpoint', 'all' or a whole number, 1 or more, "
    "but got {keep!r}."
)
BAD_AXIS = "time_axis has to name an axis of currents, {axes}, but got {axis!r}."
BACKENDS = ("auto", "scan", "pallas")
BAD_BACKEND = "backend has to be 'auto', 'scan' or 'pallas', but got {backend!r}."
ONLY_STATE = "keep has to be 'state' with backend='pallas', but got {keep!r}."
FALLS_BACK = "{name}.step runs as a scan, because no GPU kernel can be made of it: {reason}"
NO_TIME = "currents has to have a time axis, but got a single number."
NO_HALF = (
    "keep has to be another than 'half' with a feed, which does not work elementwise: "
    "take 'state' or a number."
)


def rollout(
    neuron: Neuron,
    currents: ArrayLike,
    state: Any = None,
    *,
    keep: str | int = "state",
    time_axis: int = 0,
    backend: str = "auto",
) -> tuple[Any, Any]:
    """Run neurons over time.

    Gradients by currents, initial state, array parameters of the neuron and of its surrogate are
    those of `jax.lax.scan` over `neuron.step`, and so are the spikes. What differs is what the
    backward pass keeps of every time step, which `keep` says; beside it there are the currents, and
    the cotangents of currents and spikes.

    Args:
        neuron: the neuron.
        currents: input currents, `(time, batch, neurons)` or any shape with a time axis; integers
            and booleans become the default float.
        state: the state before the first step, whose dtype a step computes in; None for
            `neuron.initial_state` in the dtype of the currents, and in float32 where that is
            narrower, so that parameters mean what they say: a decay of 0.999 is 1 in bfloat16.
        keep: one of

            - `"state"`: the state before each step, 4 bytes a state variable and step in float32;
              or the derivative of the step where that is no larger: 4 bytes for neurons of numbers
              that reset by subtraction, however many state variables they have;
            - a number k: every k-th state. The steps between are computed once more: 4 / k bytes.
              One that is larger than the time keeps the first state alone, and one in a loop that
              is exported with a symbolic time keeps what `"state"` keeps;
            - `"half"`: the state in bfloat16, 2 bytes, rounded such that the same neurons spike
              when a step is computed again. Gradients are good to 2 or 3 digits;
            - `"checkpoint"`: a scan over `jax.checkpoint(step)`: keeps what `"state"` keeps, and
              forward mode works as well, with memory that does not grow over time;
            - `"all"`: the plain scan, which keeps every intermediate value.

            Derivatives are right up to the third order. With `"checkpoint"` and `"all"` forward and
            reverse mode may come in any order; with `"state"` and a number the first has to be
            reverse; `"half"` has first derivatives alone. What does not work raises an error. A
            step that closes over a mask, an index or a key that is being transformed, which no
            derivative of one's own may hold, keeps what `"checkpoint"` keeps, or with a number
            every k-th state.
        time_axis: the axis of `currents` and of the spikes that is time.
        backend: `"scan"` for a loop that XLA compiles; `"pallas"` for one kernel forward and one
            backward, which trace `neuron.step` and need a CUDA device (elsewhere they are
            interpreted, slowly); `"auto"` takes the kernels on a CUDA device with `keep="state"`,
            and the scan where a step holds an operation that a kernel cannot, with one warning
            that names it. Second derivatives need the scan.

    Returns:
        The spikes, over time, in the dtype of the currents, and the state after the last step. Give
        that state to the next call to go on, under `jax.lax.stop_gradient` for truncated
        backpropagation through time.

    Raises:
        ValueError: `keep`, `time_axis` or `backend` is none of those.
        TypeError: `neuron.step` returns another kind of state than it got; or a derivative is taken
            that `keep` does not have.

    Examples:
        >>> import jax, jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, rollout
        >>> currents = jnp.full((100, 32, 10), 0.3)
        >>> spikes, state = rollout(LIF(decay=0.9), currents)
        >>> print(spikes.shape, int(spikes[:, 0, 0].sum()))
        (100, 32, 10) 25
        >>> def loss(currents):
        ...     return rollout(LIF(decay=0.9), currents, keep=10)[0].sum()
        >>> print(jax.grad(loss)(currents).shape)
        (100, 32, 10)
    """
    xs, axis = _over_time(currents, time_axis)
    state = jax.tree.map(jnp.asarray, at_rest(neuron, xs) if state is None else state)
    if _in_kernels(backend, keep, neuron, state, xs):
        from spikegrad.neurons import pallas

        interpret = jax.default_backend() != "gpu"
        final, outs = pallas.scan_in_kernels(_advance, neuron, state, xs, interpret=interpret)
    else:
        final, outs = _run(_advance, keep, neuron, state, xs, neuron)
    return jax.tree.map(lambda out: jnp.moveaxis(out, 0, axis), outs), final


class _Looped(NamedTuple):
    """The state of neurons that hear each other: theirs, and their last spikes."""

    state: Any
    spikes: jax.Array


def recurrent_rollout(
    neuron: Neuron,
    feed: Callable[[jax.Array], jax.Array],
    currents: ArrayLike,
    state: Any = None,
    *,
    keep: str | int = "state",
    time_axis: int = 0,
) -> tuple[Any, Any]:
    """Run neurons over time that get `currents[t] + feed(spikes[t - 1])`.

    Args:
        neuron: the neuron.
        feed: from the spikes of the last step to a current, for instance
            `lambda spikes: spikes @ weights`. Gradients reach the arrays that it closes over;
            within `jax.shard_map`, those that are the same on all devices are summed over devices
            at every step, which `jax.lax.pcast` of the array before it spares.
        currents: as for `rollout`.
        state: `(state of the neurons, spikes of the last step)`; None for both at rest.
        keep: as for `rollout`, without `"half"`. The last spikes are a state variable.
        time_axis: as for `rollout`.

    Returns:
        The spikes, over time, and the state after the last step.

    Raises:
        ValueError: `keep` or `time_axis` is none of those.
        TypeError: `neuron.step` or `feed` returns another kind of array than it has to.

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, recurrent_rollout
        >>> weights = -0.5 * jnp.eye(10)
        >>> spikes, state = recurrent_rollout(LIF(), lambda s: s @ weights, jnp.ones((5, 32, 10)))
        >>> print(spikes[:, 0, 0])
        [1. 0. 1. 0. 1.]
    """
    if keep == "half":
        raise ValueError(NO_HALF)
    xs, axis = _over_time(currents, time_axis)
    if state is None:
        state = at_rest(neuron, xs), jnp.zeros(xs.shape[1:], xs.dtype)

    def advance(neuron: Neuron, looped: _Looped, x: jax.Array) -> tuple[_Looped, jax.Array]:
        new, spikes = neuron.step(looped.state, x + feed(looped.spikes))
        return _Looped(new, spikes.astype(x.dtype)), spikes

    start = _Looped(*jax.tree.map(jnp.asarray, state))
    final, outs = _run(advance, keep, neuron, start, xs, neuron)
    return jax.tree.map(lambda out: jnp.moveaxis(out, 0, axis), outs), tuple(final)


def at_rest(neuron: Neuron, xs: jax.Array) -> Any:
    """The state at rest, in the dtype of the currents or in float32 where that is narrower."""
    return neuron.initial_state(xs.shape[1:], np.promote_types(xs.dtype, np.float32))


def _advance(neuron: Neuron, state: Any, current: jax.Array) -> tuple[Any, Any]:
    return neuron.step(state, current)


def _over_time(currents: ArrayLike, time_axis: int) -> tuple[jax.Array, int]:
    """The currents as floats with time in front, and where it was."""
    xs = jnp.asarray(currents)
    if not jnp.issubdtype(xs.dtype, jnp.floating):
        xs = xs.astype(jnp.result_type(float))
    if not xs.ndim:
        raise ValueError(NO_TIME)
    if not -xs.ndim <= time_axis < xs.ndim:
        raise ValueError(BAD_AXIS.format(axes=f"{-xs.ndim} to {xs.ndim - 1}", axis=time_axis))
    return jnp.moveaxis(xs, time_axis, 0), time_axis


def _run(
    step: Any, keep: str | int, params: Any, state: Any, xs: jax.Array, neuron: Neuron
) -> tuple[Any, Any]:
    keep = settled(keep, xs.shape[0])
    params, state = varying_as(xs, (params, state))
    converted = closed(step, params, state, xs, type(neuron).__name__)
    if keep == "all":
        return scan(protected(step), params, state, xs)
    if converted is None and isinstance(keep, int):
        return scan_in_chunks(step, keep, params, state, xs)
    if converted is None or keep == "checkpoint":
        return scan(protected(step, everything=False), params, state, xs)
    step, params = converted
    result: tuple[Any, Any] = lean_scan(step, keep, params, state, xs)
    return result


def settled(keep: Any, time: int) -> str | int:
    """`keep` as the loop takes it: a name, or a number above 1 that is no larger than the time.

    Raises:
        ValueError: it is neither a name nor a whole number, 1 or more.
    """
    if isinstance(keep, str) and keep in KEEPS:
        return keep
    try:
        size = 0 if isinstance(keep, bool) else operator.index(keep)
    except TypeError:
        size = 0
    if size < 1:
        raise ValueError(BAD_KEEP.format(keep=keep))
    # Where a loop is exported with a symbolic time, it cannot be cut into chunks.
    size = min(size, time) if isinstance(time, int) else 1
    return size if size > 1 else "state"


def _in_kernels(backend: str, keep: str | int, neuron: Neuron, state: Any, xs: jax.Array) -> bool:
    """Whether the loop runs as GPU kernels."""
    if backend not in BACKENDS:
        raise ValueError(BAD_BACKEND.format(backend=backend))
    if backend == "pallas":
        if keep != "state":
            raise ValueError(ONLY_STATE.format(keep=keep))
        closed(_advance, neuron, state, xs, type(neuron).__name__)
        return True
    if backend == "scan" or keep != "state" or jax.default_backend() != "gpu":
        return False
    from spikegrad.neurons import pallas

    reason = pallas.lowering_failure(_advance, *jax.tree.map(_abstract, (neuron, state, xs)))
    if reason:
        name = type(neuron).__name__
        warnings.warn(FALLS_BACK.format(name=name, reason=reason), stacklevel=3)
    return not reason


def _abstract(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)
