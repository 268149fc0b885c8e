"""Surrogates whose forward pass is not the step: smooth, on the way to the step, or many-valued."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from spikegrad._domains import COUNT, POSITIVE, SHARE, Checked, one_of
from spikegrad.surrogate._base import (
    SURROGATE,
    Integrated,
    Surrogate,
    along_parameters,
    as_input,
    backward,
)
from spikegrad.surrogate._exact import in_float32
from spikegrad.surrogate.algebra._wrapping import Delegating, meeting


def relaxation(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    """`surrogate_fun(x)`, or `antiderivative(x)` of a surrogate that has no other."""
    try:
        return surrogate.surrogate_fun(x)
    except NotImplementedError:
        return surrogate.antiderivative(x)


def with_signal(
    forward: Callable[[Any, jax.Array], jax.Array],
    source: Callable[[Any, jax.Array], jax.Array] | None,
) -> Callable[[Any, jax.Array], jax.Array]:
    """`forward(surrogate, x)`, of which the derivative by `x` is `surrogate_grad`.

    By a parameter it is that of `source(surrogate, x)`, or none.
    """

    @jax.custom_jvp
    def function(surrogate: Any, x: jax.Array) -> jax.Array:
        return forward(surrogate, x)

    @functools.partial(function.defjvp, symbolic_zeros=True)
    def _(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
        surrogate, x = primals
        surrogate_dot, x_dot = tangents
        tangent = None
        if source is not None:
            _, tangent = along_parameters(lambda s: source(s, x), surrogate, surrogate_dot)
        if not isinstance(x_dot, SymbolicZero):
            along_x = backward(surrogate, x) * x_dot
            tangent = along_x if tangent is None else tangent + along_x
        y = function(surrogate, x)
        return y, jnp.zeros_like(y) if tangent is None else tangent

    return function


def _in_dtype(surrogate: Surrogate, x: jax.Array) -> jax.Array:
    return jnp.where(jnp.isnan(x), x, relaxation(surrogate, x).astype(x.dtype))


relaxed = with_signal(_in_dtype, _in_dtype)
spikes_by_relaxation = with_signal(lambda surrogate, x: surrogate(x), _in_dtype)
spikes_alone = with_signal(lambda surrogate, x: surrogate(x), None)


class Relaxed(Delegating):
    """The relaxation itself in the forward pass: an ordinary smooth activation.

        s(x) = fun(x)

    Its derivative by `x` is `surrogate_grad`, and by a parameter that of the relaxation, so the
    gradient is an honest one. What is defined by its gradient alone takes its `antiderivative`. NaN
    stays NaN.

    Args:
        surrogate: any surrogate.

    Examples:
        >>> from spikegrad.surrogate import Relaxed, Sigmoid
        >>> print(Relaxed(Sigmoid(4.0))(0.0))
        0.5
    """

    def __init__(self, surrogate: Surrogate) -> None:
        super().__init__()
        self.surrogate = surrogate

    def __call__(self, x: ArrayLike) -> jax.Array:
        """The relaxation at `x`, in the dtype of `x`."""
        y: jax.Array = relaxed(self.surrogate, as_input(x, type(self).__name__))
        return y

    def _forward(self, x: jax.Array) -> jax.Array:
        return self(x)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The relaxation."""
        return relaxation(self.surrogate, x)


class Blend(Relaxed):
    """On the way from relaxed to hard, for the first epochs of a training.

        s(x) = hardness step(x) + (1 - hardness) fun(x)

    Its derivative by `x` is `surrogate_grad` whatever the hardness.

    Args:
        surrogate: any surrogate.
        hardness: from 0, the relaxation, to 1, the step; an array to raise it during training
            without compiling anew.

    Examples:
        >>> from spikegrad.surrogate import Blend, Sigmoid
        >>> print(Blend(Sigmoid(4.0), hardness=0.5)(0.0))
        0.75
    """

    admissible = {"hardness": SHARE}

    def __init__(self, surrogate: Surrogate, hardness: ArrayLike) -> None:
        super().__init__(surrogate)
        self.hardness = hardness

    def __call__(self, x: ArrayLike) -> jax.Array:
        """The two mixed, in the dtype of `x`."""
        x = as_input(x, type(self).__name__)
        hardness = meeting(self.hardness, x)
        return hardness * self.surrogate(x) + (1 - hardness) * relaxed(self.surrogate, x)


class Graded(Checked, Integrated):
    """Several spikes in a step: one for each threshold that was crossed.

        s(x) = number of k in 0, 1, …, levels - 1 with x >= k spacing
        grad(x) = g(x - k spacing), k the nearest of these      gradient="periodic"
        grad(x) = g(x)                                          gradient="single"

    Args:
        surrogate: any surrogate, of gradient g.
        levels: the most spikes a step, a whole number, 1 or more.
        gradient: `"periodic"`, around every threshold, or `"single"`, around the first alone.
        spacing: from one threshold to the next, positive, default 1; the threshold itself where x
            is membrane potential minus threshold.

    Elsewhere:
        sinabs `MultiSpike` and `MaxSpike(levels)`, with the gradient `PeriodicExponential` or
        `SingleExponential`.

    Source:
        Weidel and Sheik (2021), "WaveSense: Efficient Temporal Convolutions with Spiking Neural
        Networks for Keyword Spotting".

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.surrogate import Graded, SlayerGrad
        >>> print(Graded(SlayerGrad(2.0), levels=3)(jnp.asarray([-0.5, 0.5, 1.0, 9.0])))
        [0. 1. 2. 3.]
    """

    admissible = {
        "surrogate": SURROGATE,
        "levels": COUNT,
        "gradient": one_of("periodic", "single"),
        "spacing": POSITIVE,
    }

    def __init__(
        self,
        surrogate: Surrogate,
        levels: int,
        gradient: str = "periodic",
        spacing: ArrayLike = 1.0,
    ) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.levels = levels
        self.gradient = gradient
        self.spacing = spacing

    def _forward(self, x: jax.Array) -> jax.Array:
        crossed = jnp.floor(x / meeting(self.spacing, x)) + 1
        # A NaN is no spike.
        return jnp.clip(jnp.where(jnp.isnan(x), 0, crossed), 0, self.levels)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """That of the surrogate around the nearest threshold, or around the first."""
        if self.gradient == "single":
            return self.surrogate.surrogate_grad(x)

        def nearest(x: jax.Array) -> jax.Array:
            spacing = meeting(self.spacing, x)
            k = jnp.clip(jnp.round(x / spacing), 0, self.levels - 1)
            return self.surrogate.surrogate_grad(x - jax.lax.stop_gradient(k) * spacing)

        return in_float32(nearest, as_input(x, type(self).__name__))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The integral of the gradient, each window adding what it rises."""
        if self.gradient == "single":
            return self.surrogate.antiderivative(x)

        def risen(x: jax.Array) -> jax.Array:
            spacing = meeting(self.spacing, x)
            y = jnp.zeros_like(x)
            for k in range(self.levels):
                low = -jnp.inf if k == 0 else -spacing / 2
                high = jnp.inf if k == self.levels - 1 else spacing / 2
                y += self.surrogate.antiderivative(jnp.clip(x - k * spacing, low, high))
                if k:
                    y -= self.surrogate.antiderivative(jnp.zeros_like(x) - spacing / 2)
            return y

        return in_float32(risen, as_input(x, type(self).__name__))


class Ternary(Checked, Surrogate):
    """A spike of either sign: 1 from the threshold on, -1 from the opposite one on, else 0.

        s(x)    = [x >= 0] - [x <= -gap]
        grad(x) = g(x) + g(-x - gap)
        fun(x)  = G(x) - G(-x - gap)

    Args:
        surrogate: any surrogate, of gradient g and relaxation G.
        gap: from the one threshold to the other, positive, default 2: with x = membrane potential
            minus 1, thresholds at 1 and -1.

    Source:
        Guo et al. (2024), "Ternary Spike: Learning Ternary Spikes for Spiking Neural Networks".

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.surrogate import Sigmoid, Ternary
        >>> print(Ternary(Sigmoid(4.0))(jnp.asarray([-2.5, -1.0, 0.0])))
        [-1.  0.  1.]
    """

    admissible = {"surrogate": SURROGATE, "gap": POSITIVE}

    def __init__(self, surrogate: Surrogate, gap: ArrayLike = 2.0) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.gap = gap

    def _mirrored(self, x: jax.Array) -> jax.Array:
        return -x - meeting(self.gap, x)

    def _forward(self, x: jax.Array) -> jax.Array:
        return (x >= 0).astype(x.dtype) - (self._mirrored(x) >= 0).astype(x.dtype)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The sum of those around either threshold."""
        g = self.surrogate.surrogate_grad
        return in_float32(lambda x: g(x) + g(self._mirrored(x)), as_input(x, type(self).__name__))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """From -1 over 0 to 1, where the surrogate's goes from 0 to 1."""
        fun = self.surrogate.surrogate_fun
        return in_float32(
            lambda x: fun(x) - fun(self._mirrored(x)), as_input(x, type(self).__name__)
        )

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """The relaxation moved, so that it is 0 at minus infinity, or else 0.5 at 0."""

        def moved(x: jax.Array) -> jax.Array:
            inner = self.surrogate.antiderivative
            zero = jnp.zeros_like(x)
            rising = inner(x) - inner(self._mirrored(x))
            at_0 = inner(zero) - inner(self._mirrored(zero))
            ends = inner(jnp.full_like(x, -jnp.inf)), inner(jnp.full_like(x, jnp.inf))
            finite = (ends[0] == 0) & (ends[1] < jnp.finfo(x.dtype).max)
            return rising + jnp.where(finite, ends[1], 0.5 - at_0)

        return in_float32(moved, as_input(x, type(self).__name__))
