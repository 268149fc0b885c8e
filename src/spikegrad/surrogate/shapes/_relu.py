"""One-sided and never-ending shapes: a gradient that is constant, or decays, above threshold."""

from __future__ import annotations

import math
from dataclasses import InitVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE
from spikegrad.surrogate._exact import Pair, exact, magnitude, saturated, total, value
from spikegrad.surrogate._facts import (
    COMPACT,
    CONSTANT,
    REAL,
    Facts,
    Tail,
)
from spikegrad.surrogate.shapes._exponential import decay, logistic_slope
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once, with_slopes


def _offset(left: jax.Array) -> jax.Array:
    """1/2 at the threshold, unless the constant gradient on the left is 0 and so its integral."""
    return jnp.where(left == 0, jnp.zeros_like(left), 0.5 * jnp.ones_like(left))


class PiecewiseLeakyRelu(Shape):
    """A window with a leak: constant near the threshold, a small constant elsewhere.

        grad(x) = 1 / (2 w)                       for |x| <= w,  else c
        fun(x)  = 1/2 + u / (2 w) + c (x - u),    u = clip(x, -w, w)

    Args:
        c: gradient outside the window, any finite number, default 0.01.
        w: half the width of the window, in units of x, positive, default 1.

    Facts:
        Peak 1 / (2 w) for |x| <= w, area infinite (1 for c = 0), support all x, tails c, even.

    Source:
        Yin et al. (2017), "Algorithm and hardware design of discrete-time spiking neural networks
        based on back propagation with binary activations".

    Examples:
        >>> from spikegrad.surrogate import PiecewiseLeakyRelu
        >>> print(PiecewiseLeakyRelu(c=0.01, w=1.0).surrogate_grad(0.0))
        0.5
    """

    c: ArrayLike = parameter(0.01, FINITE)
    w: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        leaks = self.c != 0
        area = math.copysign(math.inf, self.c) if leaks else 1.0
        return Facts(
            peak=max(0.5 / self.w, self.c),
            area=area,
            half_width=self.w if self.c < 0.25 / self.w else math.inf,
            support=REAL if leaks else (-self.w, self.w),
            tail=CONSTANT if leaks else COMPACT,
        )

    def _rest(self, distance: jax.Array) -> jax.Array:
        """How far inside the window: not rounded, so that its edge is where `w` says."""
        return value(total(exact(self.w, distance), Pair(-distance)))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        inside = self._rest(magnitude(x)) >= 0
        return jnp.where(inside, 0.5 / exact(self.w, x).hi, exact(self.c, x).hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        rest = self._rest(magnitude(x))
        slope = jnp.where(rest >= 0, 0.5 / exact(self.w, x).hi, exact(self.c, x).hi)
        tail = rest * slope
        return saturated(jnp.where(x < 0, tail, 1 - tail))


class LeakyRelu(Shape):
    """Two constants: one below the threshold, one from it on.

        grad(x) = alpha    for x < 0,  beta    for x >= 0
        fun(x)  = alpha x  for x < 0,  beta x  for x >= 0

    Args:
        alpha: gradient below the threshold, any finite number, default 0.1.
        beta: gradient from the threshold on, any finite number, default 1.

    Facts:
        Peak max(alpha, beta), area infinite, support all x, constant tails, not even.

    Source:
        Fang et al. (2023), "SpikingJelly: An open-source machine learning infrastructure platform
        for spike-based intelligence".

    Examples:
        >>> from spikegrad.surrogate import LeakyRelu
        >>> print(LeakyRelu(alpha=0.25, beta=1.0).surrogate_grad(-1.0))
        0.25
    """

    alpha: ArrayLike = parameter(0.1, FINITE)
    beta: ArrayLike = parameter(1.0, FINITE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=max(self.alpha, self.beta),
            area=math.inf if min(self.alpha, self.beta) >= 0 else math.nan,
            half_width=math.inf,
            support=(-math.inf if self.alpha != 0 else 0.0, math.inf if self.beta != 0 else 0.0),
            tail=CONSTANT,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return jnp.where(x < 0, exact(self.alpha, x).hi, exact(self.beta, x).hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        slope = jnp.where(x < 0, exact(self.alpha, x).hi, exact(self.beta, x).hi)
        return saturated(jnp.where(slope == 0, jnp.zeros_like(x), slope * x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        return self.surrogate_fun(x) + _offset(exact(self.alpha, x).hi)


class LogTailedRelu(Shape):
    """A rectifier whose gradient decays as 1/x above 1: large potentials are not over-rewarded.

        grad(x) = alpha    for x <= 0,  1  for 0 < x <= 1,  1/x         for x > 1
        fun(x)  = alpha x  for x <= 0,  x  for 0 < x <= 1,  1 + log(x)  for x > 1

    At x = 0 the gradient is alpha, as in braintools and SpikingJelly.

    Args:
        alpha: gradient below the threshold, any finite number, default 0.

    Facts:
        Peak 1 for 0 < x <= 1, area infinite, support x > 0 (all x unless alpha = 0),
        right tail 1/x, not even.

    Source:
        Cai, He, Sun and Vasconcelos (2017), "Deep Learning with Low Precision by Half-wave Gaussian
        Quantization".

    Examples:
        >>> from spikegrad.surrogate import LogTailedRelu
        >>> print(LogTailedRelu(alpha=0.0).surrogate_grad(4.0))
        0.25
    """

    alpha: ArrayLike = parameter(0.0, FINITE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=max(self.alpha, 1.0),
            area=math.inf if self.alpha >= 0 else math.nan,
            half_width=1.0 if self.alpha < 0.5 else math.inf,
            support=(-math.inf if self.alpha != 0 else 0.0, math.inf),
            tail=CONSTANT if self.alpha != 0 else Tail("power", 1.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return jnp.where(x > 0, 1 / jnp.maximum(x, 1), exact(self.alpha, x).hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        above = jnp.minimum(x, 1) + jnp.log(jnp.maximum(x, 1))
        alpha = exact(self.alpha, x).hi
        below = jnp.where(alpha == 0, jnp.zeros_like(x), alpha * x)  # also at minus infinity
        return saturated(jnp.where(x > 0, above, below))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        return self.surrogate_fun(x) + _offset(exact(self.alpha, x).hi)


def sides(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The distances to 0 on the left and on the right, each 0 on the other side."""
    zero = jnp.zeros_like(x)
    return jnp.where(x < 0, -x, zero), jnp.where(x < 0, zero, x)


class S2NN(Shape):
    """A logistic slope below the threshold, a reciprocal above it.

        grad(x) = alpha s(alpha x) s(-alpha x)   for x < 0
                  beta / (1 + x)                 for x >= 0
        fun(x)  = s(alpha x)                     for x < 0
                  1/2 + beta log(1 + x)          for x >= 0
        s(z)    = 1 / (1 + exp(-z))

    Args:
        alpha: sharpness below the threshold, positive, default 4.
        beta: gradient at the threshold, positive, default 1. The gradient jumps there unless
            beta = alpha/4.
        epsilon: taken for braintools' sake and without effect: it guards a logarithm whose
            argument is never below 1, and shifts the relaxation off its derivative.

    Facts:
        Peak beta at 0 (or alpha/4 below it), area infinite, support all x,
        left tail exp(alpha x), right tail 1/x, not even.

    Source:
        Suetake et al. (2022), "S3NN: Time Step Reduction of Spiking Surrogate Gradients for
        Training Energy Efficient Single-Step Spiking Neural Networks".

    Examples:
        >>> from spikegrad.surrogate import S2NN
        >>> print(S2NN(alpha=4.0, beta=1.0).surrogate_grad(1.0))
        0.5
    """

    alpha: ArrayLike = parameter(4.0, POSITIVE)
    beta: ArrayLike = parameter(1.0, POSITIVE)
    epsilon: InitVar[ArrayLike] = 1e-8

    def __post_init__(self, epsilon: ArrayLike) -> None:
        del epsilon

    def facts(self: Any) -> Facts:
        """Closed forms."""
        peak = max(self.beta, self.alpha / 4)
        left = 2 * np.arccosh(np.sqrt(max(self.alpha / (2 * peak), 1.0))) / self.alpha
        right = max(2 * self.beta / peak - 1, 0.0)
        return Facts(
            peak=peak,
            area=math.inf,
            half_width=(left + right) / 2,
            support=REAL,
            tail=Tail("power", 1.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        above = with_slopes(
            lambda beta, d: exact(beta, d).hi / (1 + d),
            (
                lambda beta, d: 1 / (1 + d),
                lambda beta, d: -(exact(beta, d).hi / (1 + d)) / (1 + d),
            ),
            self.beta,
            right,
        )
        return jnp.where(x < 0, logistic_slope(self.alpha, left), above)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        t = decay(self.alpha, left)
        above = 0.5 + exact(self.beta, x).hi * jnp.log1p(right)
        return jnp.where(x < 0, t / (1 + t), above)


class StraightThrough(Shape):
    """The straight-through estimator: the step is taken for the identity.

        grad(x) = 1
        fun(x)  = 1/2 + x

    Facts:
        Peak 1, area infinite, support all x, constant tails, even.
        It is `LeakyRelu(alpha=1, beta=1)` under the name that readers look for.

    Source:
        Bengio, Leonard and Courville (2013), "Estimating or Propagating Gradients Through
        Stochastic Neurons for Conditional Computation".

    Examples:
        >>> from spikegrad.surrogate import StraightThrough
        >>> print(StraightThrough().surrogate_grad(7.0))
        1.0
    """

    def facts(self: Any) -> Facts:
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
        return jnp.ones_like(x)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        return 0.5 + x
