"""The time loop as one GPU kernel forward, and one backward.

Each kernel traces the neuron's own `step`, and so its surrogate; no neuron has GPU code of its own.
A program of the grid takes a block of neurons through all time steps, with their state in
registers: currents and spikes are read and written once, and nothing else moves but the states that
the backward pass needs.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton as plgpu
from jax.tree_util import PyTreeDef

from spikegrad.neurons._loop import floats, restored, scan
from spikegrad.neurons._steps import Step
from spikegrad.surrogate._base import unnamed

# One element a thread: neighbouring threads read neighbouring numbers.
BLOCK, WARPS = 128, 4
NOT_ELEMENTWISE = "a parameter of shape {got} is not one for each of {expected}"


def scan_in_kernels(
    step: Step, params: Any, state: Any, xs: jax.Array, *, interpret: bool
) -> tuple[Any, Any]:
    """The loop over time in kernels: `(final state, outs)`, differentiable in reverse mode.

    Args:
        step: elementwise, `(params, state, x) -> (state, out)`.
        params: pytree of arrays that broadcast to one time step of `xs`.
        state: the state before the first step.
        xs: `(time, ...)`.
        interpret: whether to run the kernels' operations one by one, on any device.

    Raises:
        ValueError: a parameter does not broadcast to a time step.
    """
    if not xs.size:
        return scan(step, params, state, xs)
    shape = xs.shape[1:]
    size = math.prod(shape)
    padding = -size % BLOCK

    def flat(array: jax.Array) -> jax.Array:
        if jnp.broadcast_shapes(array.shape, shape) != shape:
            raise ValueError(NOT_ELEMENTWISE.format(got=array.shape, expected=shape))
        return jnp.pad(jnp.broadcast_to(array, shape).reshape(size), (0, padding), mode="edge")

    def shaped(array: jax.Array) -> jax.Array:
        return array[..., :size].reshape(*array.shape[:-1], *shape)

    over_time = jnp.pad(xs.reshape(len(xs), size), ((0, 0), (0, padding)))
    arguments = jax.tree.map(flat, params), jax.tree.map(flat, state), over_time
    final, outs = _looped(step, interpret, *arguments)
    return jax.tree.map(shaped, final), jax.tree.map(shaped, outs)


def lowering_failure(step: Step, params: Any, state: Any, xs: Any) -> str | None:
    """Why the kernels cannot be made for CUDA, in a line; None where they can.

    Needs no GPU: they are lowered, not compiled.
    """

    def both(params: Any, state: Any, xs: Any) -> Any:
        run = functools.partial(scan_in_kernels, step, interpret=False)
        (final, outs), transposed = jax.vjp(run, params, state, xs)
        ones = functools.partial(jax.tree.map, jnp.ones_like)
        cts = restored(floats(ones(final)), final), restored(floats(ones(outs)), outs)
        return floats(transposed(cts))

    try:
        jax.jit(both).trace(params, state, xs).lower(lowering_platforms=("cuda",))
    except Exception as error:  # Whatever the lowering says of an operation that it does not know.
        return " ".join(str(error).split("\n\n")[0].split())[:300] or type(error).__name__
    return None


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _looped(step: Step, interpret: bool, params: Any, state: Any, xs: jax.Array) -> Any:
    final, outs, _ = _run_forward(step, interpret, False, params, state, xs)
    return final, outs


def _forward(step: Step, interpret: bool, params: Any, state: Any, xs: jax.Array) -> Any:
    final, outs, states = _run_forward(step, interpret, True, params, state, xs)
    return (final, outs), (params, state, states, xs)


def _backward(step: Step, interpret: bool, kept: Any, cotangents: Any) -> Any:
    params, first, states, xs = kept
    time, size = xs.shape
    ct_final, ct_outs = map(floats, cotangents)

    def kernel(refs: Any, results: Any) -> None:
        params_ref, states_ref, xs_ref, ct_final_ref, ct_outs_ref = refs
        by_params_ref, by_state_ref, by_xs_ref = results
        params = _read(params_ref)

        def pull(i: Any, carry: Any) -> Any:
            t = time - 1 - i
            ct_params, ct_state = carry
            arguments = params, _read(states_ref, t), _read(xs_ref, t)
            with unnamed():
                (new, out), transposed = jax.vjp(step, *arguments)
                cts = restored(ct_state, new), restored(_read(ct_outs_ref, t), out)
                by_params, by_state, by_x = map(floats, transposed(cts))
            _write(by_xs_ref, by_x, t)
            return [a + b for a, b in zip(ct_params, by_params, strict=True)], by_state

        zeros = [jnp.zeros_like(leaf) for leaf in floats(params)]
        ends = jax.lax.fori_loop(0, time, pull, (zeros, _read(ct_final_ref)))
        _write((by_params_ref, by_state_ref), ends)

    shapes = jax.tree.map(_shape, (floats(params), floats(first), floats(xs)))
    arguments = params, states, xs, ct_final, ct_outs
    by_params, by_state, by_xs = _call(kernel, interpret, size, arguments, shapes)
    return restored(by_params, params), restored(by_state, first), restored(by_xs, xs)


_looped.defvjp(_forward, _backward)


def _run_forward(
    step: Step, interpret: bool, keep: bool, params: Any, state: Any, xs: jax.Array
) -> tuple[Any, Any, Any]:
    """Final state, outs, and the states before each step where they are to be kept."""
    time, size = xs.shape

    def kernel(refs: Any, results: Any) -> None:
        params_ref, state_ref, xs_ref = refs
        final_ref, outs_ref, states_ref = results
        params = _read(params_ref)

        def advance(t: Any, state: Any) -> Any:
            new, out = step(params, state, _read(xs_ref, t))
            _write(outs_ref, out, t)
            if keep:
                _write(states_ref, state, t)
            return new

        _write(final_ref, jax.lax.fori_loop(0, time, advance, _read(state_ref)))

    _, out = jax.eval_shape(step, params, state, jax.ShapeDtypeStruct((size,), xs.dtype))
    over_time = functools.partial(
        jax.tree.map, lambda a: jax.ShapeDtypeStruct((time, *a.shape), a.dtype)
    )
    shapes = jax.tree.map(_shape, state), over_time(out), over_time(state) if keep else None
    final, outs, states = _call(kernel, interpret, size, (params, state, xs), shapes)
    return final, outs, states


def _call(
    kernel: Callable[[Any, Any], None], interpret: bool, size: int, arguments: Any, shapes: Any
) -> Any:
    """Run a kernel over blocks of the last axis of all its arguments and results.

    Args:
        kernel: from trees of references to arguments and to results.
        interpret: whether to interpret it.
        size: of the last axis, a multiple of the block.
        arguments: a pytree of arrays.
        shapes: a pytree of the shapes and dtypes of the results.
    """
    inputs_tree: PyTreeDef
    outputs_tree: PyTreeDef
    inputs, inputs_tree = jax.tree.flatten(arguments)
    outputs, outputs_tree = jax.tree.flatten(shapes)

    def flat_kernel(*refs: Any) -> None:
        given, results = refs[: len(inputs)], refs[len(inputs) :]
        kernel(inputs_tree.unflatten(given), outputs_tree.unflatten(results))

    results = pl.pallas_call(
        flat_kernel,
        grid=(size // BLOCK,),
        in_specs=_specs(inputs),
        out_specs=_specs(outputs),
        out_shape=outputs,
        interpret=interpret,
        compiler_params=None if interpret else plgpu.CompilerParams(num_warps=WARPS),
    )(*inputs)
    return outputs_tree.unflatten(results)


def _specs(arrays: Sequence[Any]) -> list[pl.BlockSpec]:
    def spec(array: Any) -> pl.BlockSpec:
        if len(array.shape) == 1:
            return pl.BlockSpec((BLOCK,), lambda i: (i,))
        return pl.BlockSpec((array.shape[0], BLOCK), lambda i: (0, i))

    return [spec(array) for array in arrays]


def _shape(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def _read(refs: Any, t: Any = ...) -> Any:
    return jax.tree.map(lambda ref: ref[t], refs)


def _write(refs: Any, values: Any, t: Any = ...) -> None:
    for ref, value in zip(jax.tree.leaves(refs), jax.tree.leaves(values), strict=True):
        ref[t] = value
