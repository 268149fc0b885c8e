"""The time loop: any neuron, any surrogate, a lean backward pass."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad.neurons._base import Neuron
from spikegrad.neurons._loop import lean_scan, scan

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
BAD_STATE = (
    "{name}.step has to return a state of the same kind as it got, {expected}, but returned {got}. "
    "Keep the dtype: write parameters as Python numbers, or convert them to that of the current."
)
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
        state: the state before the first step; None for `neuron.initial_state`.
        keep: one of

            - `"state"`: the state before each step, 4 bytes a state variable and step in float32;
              or the derivative of the step where that is no larger: 4 bytes for neurons of numbers
              that reset by subtraction, however many state variables they have;
            - a number k: every k-th state. The steps between are computed once more: 4 / k bytes;
            - `"half"`: the state in bfloat16, 2 bytes, rounded such that the same neurons spike
              when a step is computed again. Gradients are good to 2 or 3 digits;
            - `"checkpoint"`: a scan over `jax.checkpoint(step)`: keeps what `"state"` keeps, and
              forward mode works as well, with memory that does not grow over time;
            - `"all"`: the plain scan, which keeps every intermediate value.
        time_axis: the axis of `currents` and of the spikes that is time.
        backend: `"scan"` for a loop that XLA compiles; `"pallas"` for one kernel forward and one
            backward, which trace `neuron.step` and need a CUDA device (elsewhere they are
            interpreted, slowly); `"auto"` takes the kernels on a CUDA device with `keep="state"`,
            and the scan where a step holds an operation that a kernel cannot, with one warning
            that names it. Second derivatives need the scan.

    Returns:
        The spikes, over time, and the state after the last step. Give that state to the next call
        to go on, under `jax.lax.stop_gradient` for truncated backpropagation through time.

    Raises:
        ValueError: `keep`, `time_axis` or `backend` is none of those.
        TypeError: `neuron.step` returns another kind of state than it got.

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
    if state is None:
        state = neuron.initial_state(xs.shape[1:], xs.dtype)
    state = jax.tree.map(jnp.asarray, state)
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
            `lambda spikes: spikes @ weights`. Gradients reach the arrays that it closes over.
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
    rest = jnp.zeros_like(xs[0])
    if state is None:
        state = (neuron.initial_state(xs.shape[1:], xs.dtype), rest)
    hoisted, arrays = jax.closure_convert(feed, rest)

    def advance(params: Any, looped: _Looped, x: jax.Array) -> tuple[_Looped, jax.Array]:
        neuron, arrays = params
        new, spikes = neuron.step(looped.state, x + hoisted(looped.spikes, *arrays))
        return _Looped(new, spikes), spikes

    start = _Looped(*jax.tree.map(jnp.asarray, state))
    final, outs = _run(advance, keep, (neuron, arrays), start, xs, neuron)
    return jax.tree.map(lambda out: jnp.moveaxis(out, 0, axis), outs), tuple(final)


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
    is_number = isinstance(keep, int) and not isinstance(keep, bool) and keep >= 1
    if not (is_number or keep in KEEPS):
        raise ValueError(BAD_KEEP.format(keep=keep))
    params, state = _varying_as(xs, (params, state))
    _require_same_state(step, params, state, xs, neuron)
    if keep == "all":
        return scan(step, params, state, xs)
    if keep == "checkpoint":
        return scan(jax.checkpoint(step), params, state, xs)
    result: tuple[Any, Any] = lean_scan(step, "state" if keep == 1 else keep, params, state, xs)
    return result


def _in_kernels(backend: str, keep: str | int, neuron: Neuron, state: Any, xs: jax.Array) -> bool:
    """Whether the loop runs as GPU kernels."""
    if backend not in BACKENDS:
        raise ValueError(BAD_BACKEND.format(backend=backend))
    if backend == "pallas":
        if keep != "state":
            raise ValueError(ONLY_STATE.format(keep=keep))
        _require_same_state(_advance, neuron, state, xs, neuron)
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


def _varying_as(xs: jax.Array, tree: Any) -> Any:
    """Inside `shard_map`, let arrays vary over the devices that the currents vary over.

    A loop needs it of the state; and of the parameters it spares a sum over devices every step.
    """

    def vary(leaf: Any) -> Any:
        axes = tuple(_axes(xs) - _axes(leaf))
        if not axes:
            return leaf
        if hasattr(jax.lax, "pcast"):
            return jax.lax.pcast(leaf, axes, to="varying")
        return getattr(jax.lax, "pvary")(leaf, axes)  # noqa: B009, its name before jax 0.9

    return jax.tree.map(vary, tree)


def _axes(array: Any) -> frozenset[str]:
    kind = jax.typeof(array)
    axes: frozenset[str] = getattr(getattr(kind, "manual_axis_type", None), "varying", frozenset())
    return axes or getattr(kind, "vma", frozenset())


def _require_same_state(step: Any, params: Any, state: Any, xs: jax.Array, neuron: Neuron) -> None:
    new, _ = jax.eval_shape(lambda state, xs: step(params, state, xs.sum(0)), state, xs)
    expected, got = (jax.tree.map(lambda a: f"{a.dtype}{list(a.shape)}", s) for s in (state, new))
    if expected != got:
        name = type(neuron).__name__
        raise TypeError(BAD_STATE.format(name=name, expected=expected, got=got))
