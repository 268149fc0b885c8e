"""Shapes that fall off below the threshold and level out, or go on growing, above it."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE, POSITIVE_OR_INFINITE
from spikegrad.surrogate._exact import (
    Pair,
    as_float,
    exact,
    exp_minus,
    exp_plus,
    magnitude,
    minus,
    one_minus_exp,
    over,
    product,
    saturated,
    times,
    total,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    CONSTANT,
    GROWING,
    REAL,
    Facts,
)
from spikegrad.surrogate.shapes._exponential import decay
from spikegrad.surrogate.shapes._one_plus import inverse_square, one_plus
from spikegrad.surrogate.shapes._relu import sides
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once


class GradedExp(Shape):
    """Exponential below the threshold, constant above it: for graded spikes.

        grad(x) = scale exp(min(x, 0) / tau)
        fun(x)  = scale tau exp(min(x, 0) / tau) + scale max(x, 0)

    Args:
        tau: width of the left tail, in units of x, positive, default 1.
        scale: gradient from the threshold on, positive, default 1.

    Facts:
        Peak scale for x >= 0, area infinite, support all x, left tail exp(x / tau), right tail
        constant, not even.

    Source:
        Shrestha and Orchard (2018), "SLAYER: Spike Layer Error Reassignment in Time", in the graded
        form of its successor lava-dl.

    Examples:
        >>> from spikegrad.surrogate import GradedExp
        >>> print(GradedExp(tau=1.0, scale=0.5).surrogate_grad(3.0))
        0.5
    """

    tau: ArrayLike = parameter(1.0, POSITIVE)
    scale: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.scale,
            area=math.inf,
            half_width=math.inf,
            support=REAL,
            tail=CONSTANT,
        )

    def _decayed(self, distance: jax.Array, factor: Pair) -> jax.Array:
        return exp_minus(over(Pair(distance), self.tau), factor)

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        left, _ = sides(x)
        return self._decayed(left, exact(self.scale, x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        at_threshold = product(exact(self.scale, x), exact(self.tau, x))
        return saturated(self._decayed(left, at_threshold) + exact(self.scale, x).hi * right)


class ExponentialEscape(Shape):
    """The escape rate of a noisy neuron: exponential on both sides of the threshold.

        grad(x) = min(cap, p0 / delta_u exp(x / delta_u))
        fun(x)  = p0 exp(x / delta_u)                 for x <= x_c
                  cap (delta_u + x - x_c)             for x > x_c
        x_c     = delta_u log(cap delta_u / p0)

    Args:
        p0: escape probability at the threshold, positive, default 0.01.
        delta_u: width of the noise, in units of x, positive, default 0.133.
        cap: the largest gradient, positive, default infinity. Without it the gradient is 1e15 five
            units above the threshold.

    Facts:
        Peak cap, area infinite, support all x, left tail exp(x / delta_u), right tail growing up
        to cap, not even.

    Source:
        Gardner, Sporea and Gruning (2015), "Learning Spatiotemporally Encoded Pattern
        Transformations in Structured Spiking Neural Networks".

    Examples:
        >>> from spikegrad.surrogate import ExponentialEscape
        >>> print(ExponentialEscape(p0=0.5, delta_u=0.5).surrogate_grad(0.0))
        1.0
    """

    p0: ArrayLike = parameter(0.01, POSITIVE)
    delta_u: ArrayLike = parameter(0.133, POSITIVE)
    cap: ArrayLike = parameter(math.inf, POSITIVE_OR_INFINITE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.cap,
            area=math.inf,
            half_width=math.inf,
            support=REAL,
            tail=GROWING if self.cap == math.inf else CONSTANT,
        )

    def _parts(self, x: jax.Array, factor: Pair) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The cap, how far `x` is beyond where it is reached, and up to there the exponential."""
        p0, delta_u = exact(self.p0, x).hi, exact(self.delta_u, x).hi
        cap = jnp.minimum(as_float(self.cap, x), jnp.finfo(x.dtype).max)
        beyond = x - delta_u * (jnp.log(cap) + jnp.log(delta_u) - jnp.log(p0))
        below = jnp.where(beyond > 0, jnp.zeros_like(x), x)
        return (
            cap,
            beyond,
            exp_plus(over(Pair(below), self.delta_u), factor),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        at_threshold = over(exact(self.p0, x), self.delta_u, x)
        cap, beyond, grown = self._parts(x, at_threshold)
        return jnp.where(beyond > 0, cap, jnp.minimum(grown, cap))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        cap, beyond, grown = self._parts(x, exact(self.p0, x))
        line = cap * (exact(self.delta_u, x).hi + beyond)
        return saturated(jnp.where(beyond > 0, line, grown))


class ClampedInvSquare(Shape):
    """The fast sigmoid's slope below the threshold, 1 above it.

        grad(x) = 1 / (1 + beta max(-x, 0))^2
        fun(x)  = 1 / (beta (1 + beta max(-x, 0))) + max(x, 0)

    Args:
        beta: sharpness of the left flank, positive, default 20.

    Facts:
        Peak 1 for x >= 0, area infinite, support all x, left tail |x|^-2, right tail constant,
        not even.

    Source:
        Zenke and Ganguli (2018), "SuperSpike: Supervised Learning in Multilayer Spiking Neural
        Networks", in the form that the library stork calls SuperSpike_MemClamp.

    Examples:
        >>> from spikegrad.surrogate import ClampedInvSquare
        >>> print(ClampedInvSquare(beta=1.0).surrogate_grad(-1.0))
        0.25
    """

    beta: ArrayLike = parameter(20.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=math.inf,
            half_width=math.inf,
            support=REAL,
            tail=CONSTANT,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        left, _ = sides(x)
        return inverse_square(self.beta, left)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        return 1 / exact(self.beta, x).hi / value(one_plus(self.beta, left)) + right


class HardTanhOffset(Shape):
    """A ramp from 0 to 2 across the threshold.

        grad(x) = 1 + clip(beta x, -1, 1)
        fun(x)  = 0                            for x < -1/beta
                  (1 + beta x)^2 / (2 beta)    for |x| <= 1/beta
                  2 x                          for x > 1/beta

    Kept for its name: whoever wrote it almost surely meant the triangle, 1 - |.|.

    Args:
        beta: slope of the ramp, positive, default 100.

    Facts:
        Peak 2 for x >= 1/beta, area infinite, support x > -1/beta, right tail constant, not even.

    Source:
        Rossbroich, Gygax and Zenke (2022), "Fluctuation-driven initialization for spiking neural
        network training" (its library, stork, calls it HardTanhSpike).

    Examples:
        >>> from spikegrad.surrogate import HardTanhOffset
        >>> print(HardTanhOffset(beta=1.0).surrogate_grad(0.5))
        1.5
    """

    beta: ArrayLike = parameter(100.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=2.0,
            area=math.inf,
            half_width=math.inf,
            support=(-1 / self.beta, math.inf),
            tail=CONSTANT,
        )

    def _ramp(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """`1 + beta x`, but 0 where that is negative; and whether it is beyond 2."""
        z = value(total(exact(1.0, x), times(self.beta, Pair(x))))
        return jnp.where(z > 0, z, jnp.zeros_like(z)), z > 2

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        ramp, beyond = self._ramp(x)
        return jnp.where(beyond, 2 * jnp.ones_like(x), ramp)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        ramp, beyond = self._ramp(x)
        ramp = jnp.where(beyond, jnp.ones_like(x), ramp)
        inside = ramp * (ramp / (2 * exact(self.beta, x).hi))
        return saturated(jnp.where(beyond, 2 * x, inside))


class TanhOffset(Shape):
    """A bell on a pedestal of 1: the gradient never falls below the straight-through one.

        grad(x) = 1 + 1 / cosh(beta x)^2
        fun(x)  = 1/2 + x + tanh(beta x) / beta

    Args:
        beta: sharpness of the bell, positive, default 100.

    Facts:
        Peak 2 at 0, area infinite, support all x, constant tails, even.

    Source:
        Rossbroich, Gygax and Zenke (2022), "Fluctuation-driven initialization for spiking neural
        network training" (its library, stork, calls it TanhSpike).

    Examples:
        >>> from spikegrad.surrogate import TanhOffset
        >>> print(TanhOffset(beta=1.0).surrogate_grad(0.0))
        2.0
    """

    beta: ArrayLike = parameter(100.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=2.0,
            area=math.inf,
            half_width=math.inf,
            support=REAL,
            tail=CONSTANT,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        t = decay(2 * self.beta, magnitude(x))
        return 1 + 4 * t / ((1 + t) * (1 + t))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z = times(2 * self.beta, Pair(magnitude(x)))
        tanh = value(one_minus_exp(z)) / (1 + exp_minus(z))
        rise = magnitude(x) + tanh / exact(self.beta, x).hi
        return jnp.where(x < 0, 0.5 - rise, 0.5 + rise)


class SigmoidRamp(Shape):
    """The logistic function itself, the slope of a softplus.

        grad(x) = s(x - shift),  s(z) = 1 / (1 + exp(-z))
        fun(x)  = log(1 + exp(x - shift))

    Args:
        shift: where the gradient is one half, in units of x, any finite number, default 0.

    Facts:
        Peak 1 towards infinity, area infinite, support all x, left tail exponential, right tail
        constant, not even.

    Source:
        Dugas, Bengio, Belisle, Nadeau and Garcia (2000), "Incorporating Second-Order Functional
        Knowledge for Better Option Pricing", which brought the softplus.

    Examples:
        >>> from spikegrad.surrogate import SigmoidRamp
        >>> print(SigmoidRamp(shift=1.0).surrogate_grad(1.0))
        0.5
    """

    shift: ArrayLike = parameter(0.0, FINITE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=math.inf,
            half_width=math.inf,
            support=REAL,
            tail=CONSTANT,
        )

    def _parts(self, x: jax.Array) -> tuple[Pair, jax.Array]:
        """`x - shift`, and `exp(-|x - shift|)`."""
        z = total(Pair(x), minus(exact(self.shift, x)))
        return z, exp_minus(where(z.hi < 0, minus(z), z))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        z, t = self._parts(x)
        return jnp.where(z.hi < 0, t, jnp.ones_like(t)) / (1 + t)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z, t = self._parts(x)
        return jnp.where(z.hi < 0, jnp.zeros_like(t), value(z)) + jnp.log1p(t)
