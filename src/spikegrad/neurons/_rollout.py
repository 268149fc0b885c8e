"""The time loop: any neuron, any surrogate, a lean backward pass."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import PyTreeDef
from jax.typing import ArrayLike

from spikegrad._pytree import brief
from spikegrad.neurons._base import Neuron
from spikegrad.neurons._inputs import (
    first_of,
    kind_of,
    over_time,
    require_arrays,
    require_neuron,
    require_state,
    settled,
    settled_lengths,
    started,
)
from spikegrad.neurons._loop import lean_scan, scan, scan_in_chunks
from spikegrad.neurons._parameters import fits, is_ours
from spikegrad.neurons._steps import closed, ending, protected, varying_as

BACKENDS = ("auto", "scan", "pallas")
BAD_BACKEND = "backend has to be 'auto', 'scan' or 'pallas', but got {backend}."
ONLY_STATE = "keep has to be 'state' with backend='pallas', but got {keep}."
ONLY_SCAN = "backend has to be 'auto' or 'scan' with {what}, but got 'pallas'."
BAD_FEED = "feed has to return a current that fits {expected}, but returned {got}."
NOT_HEARD = (
    "{name}.step has to return spikes of shape {expected} for the feed to hear, or a tuple that "
    "starts with them, but returned {got}."
)
FALLS_BACK = "{name}.step runs as a scan, because no GPU kernel can be made of it: {reason}"
NO_HALF = (
    "keep has to be another than 'half' with a feed, which does not work elementwise: "
    "take 'state' or a number."
)


def rollout(
    neuron: Neuron,
    currents: Any,
    state: Any = None,
    *,
    keep: str | int = "state",
    time_axis: int = 0,
    lengths: ArrayLike | None = None,
    backend: str = "auto",
) -> tuple[Any, Any]:
    """Run neurons over time.

    Gradients by currents, initial state, array parameters of the neuron and of its surrogate are
    those of `jax.lax.scan` over `neuron.step`, and so are the spikes. What differs is what the
    backward pass keeps of every time step, which `keep` says; beside it there are the currents, and
    the cotangents of currents and spikes.

    Called outside of `jax.jit`, it compiles once for a neuron, a shape and a `keep`, where the
    neuron and its surrogate are of this library; a class of one's own is traced anew at each call,
    since it may read what has changed.

    Args:
        neuron: the neuron.
        currents: input currents, `(time, batch, neurons)` or any shape with a time axis; integers
            and booleans become the default float. Or a pytree of arrays over time, of which `step`
            gets what belongs to its time: the first array is the currents, after which the state at
            rest is made, and the others go to `step` as they are, a mask or random keys, say.
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
        lengths: how many steps each sample has, `(batch,)`, integers; None for all. After its last
            step a sample's state stays what it was, its spikes are 0, and no gradient goes through.
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
    require_neuron(neuron)
    xs, axis = over_time(currents, time_axis)
    keep = settled(keep, first_of(xs).shape[0])
    require_arrays(neuron, state, xs)
    if lengths is not None:
        lengths = settled_lengths(lengths, first_of(xs))
    if _in_kernels(backend, keep, neuron, state, xs, lengths):
        from spikegrad.neurons import pallas

        interpret = jax.default_backend() != "gpu"
        state = started(neuron, state, xs)
        final, outs = pallas.scan_in_kernels(_advance, neuron, state, xs, interpret=interpret)
    else:
        loop = _compiled_layer if is_ours(neuron) else _layer
        final, outs = loop(neuron, xs, state, lengths, keep)
    return jax.tree.map(lambda out: jnp.moveaxis(out, 0, axis), outs), final


def _layer(
    neuron: Neuron, xs: Any, state: Any, lengths: jax.Array | None, keep: str | int
) -> tuple[Any, Any]:
    return _run(_advance, keep, neuron, started(neuron, state, xs), xs, lengths, neuron)


# Within another trace it is as if it were not there.
_compiled_layer = jax.jit(_layer, static_argnums=4, inline=True)


class _Looped(NamedTuple):
    """The state of neurons that hear each other: theirs, and their last spikes."""

    state: Any
    spikes: jax.Array


def recurrent_rollout(
    neuron: Neuron,
    feed: Callable[[jax.Array], jax.Array],
    currents: Any,
    state: Any = None,
    *,
    keep: str | int = "state",
    time_axis: int = 0,
    lengths: ArrayLike | None = None,
) -> tuple[Any, Any]:
    """Run neurons over time that get `currents[t] + feed(spikes[t - 1])`.

    Outside of `jax.jit` it compiles at each call, since what `feed` closes over may have changed.

    Args:
        neuron: the neuron.
        feed: from the spikes of the last step to a current, for instance
            `lambda spikes: spikes @ weights`. Gradients reach the arrays that it closes over;
            within `jax.shard_map`, those that are the same on all devices are summed over devices
            at every step, which `jax.lax.pcast` of the array before it spares.
        currents: as for `rollout`; of several inputs the first has the feed added.
        state: `(state of the neurons, spikes of the last step)`; None for both at rest.
        keep: as for `rollout`, without `"half"`. The last spikes are a state variable.
        time_axis: as for `rollout`.
        lengths: as for `rollout`.

    Returns:
        The spikes, over time, and the state after the last step. Of a neuron that gives a tuple,
        as `Recorded` does, the first part is the spikes that `feed` hears, and all parts come.

    Raises:
        ValueError: `keep`, `time_axis`, `lengths` or the state is none of those, or what `feed`
            returns does not fit the currents.
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
    require_neuron(neuron)
    xs, axis = over_time(currents, time_axis)
    keep = settled(keep, first_of(xs).shape[0])
    if lengths is not None:
        lengths = settled_lengths(lengths, first_of(xs))
    silent = _silent(first_of(xs))
    if state is None:
        start = _Looped(started(neuron, None, xs), silent)
    else:
        rest = jax.eval_shape(lambda: (started(neuron, None, xs), silent))
        require_state(type(neuron).__name__, state, rest)
        start = _Looped(started(neuron, state[0], xs), jnp.asarray(state[1], silent.dtype))

    def advance(neuron: Neuron, looped: _Looped, x: Any) -> tuple[_Looped, Any]:
        structure: PyTreeDef
        (current, *others), structure = jax.tree.flatten(x)
        current = _with(current, feed(looped.spikes))
        new, outs = neuron.step(looped.state, structure.unflatten([current, *others]))
        spikes = outs[0] if isinstance(outs, tuple) else outs
        if getattr(spikes, "shape", None) != current.shape:
            name = type(neuron).__name__
            raise TypeError(NOT_HEARD.format(name=name, expected=current.shape, got=kind_of(outs)))
        return _Looped(new, spikes.astype(current.dtype)), outs

    final, outs = _run(advance, keep, neuron, start, xs, lengths, neuron)
    return jax.tree.map(lambda out: jnp.moveaxis(out, 0, axis), outs), tuple(final)


def _silent(currents: jax.Array) -> jax.Array:
    return jnp.zeros(currents.shape[1:], currents.dtype)


def _with(current: jax.Array, heard: Any) -> jax.Array:
    """The current and what comes of the feed."""
    if not fits(jnp.shape(heard), current.shape):
        raise ValueError(BAD_FEED.format(expected=current.shape, got=kind_of(heard)))
    summed: jax.Array = current + heard
    return summed


def _advance(neuron: Neuron, state: Any, current: jax.Array) -> tuple[Any, Any]:
    return neuron.step(state, current)


def _run(
    step: Any,
    keep: str | int,
    params: Any,
    state: Any,
    xs: Any,
    lengths: jax.Array | None,
    neuron: Neuron,
) -> tuple[Any, Any]:
    if lengths is not None:
        step, params = functools.partial(ending, step), (params, lengths)
        xs = jnp.arange(first_of(xs).shape[0]), xs
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


def _in_kernels(
    backend: str, keep: str | int, neuron: Neuron, state: Any, xs: Any, lengths: jax.Array | None
) -> bool:
    """Whether the loop runs as GPU kernels."""
    if backend not in BACKENDS:
        raise ValueError(BAD_BACKEND.format(backend=brief(backend)))
    refused = "lengths" if lengths is not None else "several inputs a step"
    can = lengths is None and first_of(xs) is xs
    if backend == "pallas":
        if keep != "state":
            raise ValueError(ONLY_STATE.format(keep=brief(keep)))
        if not can:
            raise ValueError(ONLY_SCAN.format(what=refused))
        closed(_advance, neuron, started(neuron, state, xs), xs, type(neuron).__name__)
        return True
    if not can or backend == "scan" or keep != "state" or jax.default_backend() != "gpu":
        return False
    from spikegrad.neurons import pallas

    state = started(neuron, state, xs)
    reason = pallas.lowering_failure(_advance, *jax.tree.map(_abstract, (neuron, state, xs)))
    if reason:
        name = type(neuron).__name__
        warnings.warn(FALLS_BACK.format(name=name, reason=reason), stacklevel=3)
    return not reason


def _abstract(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)
