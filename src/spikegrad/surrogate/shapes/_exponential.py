"""Shapes with exponential tails: the gradient never vanishes, yet far neurons hardly count."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import POSITIVE
from spikegrad.surrogate._exact import (
    Pair,
    exact,
    exp_minus,
    exp_minus_scaled,
    magnitude,
    one_plus_share,
    reciprocal,
    scaled,
    times,
    value,
)
from spikegrad.surrogate._facts import (
    ACOSH_ROOT_2,
    EXPONENTIAL,
    REAL,
    Facts,
)
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once


def decay(alpha: ArrayLike, distance: jax.Array, factor: Pair | None = None) -> jax.Array:
    """`factor * exp(-alpha * distance)`."""
    return exp_minus(times(alpha, Pair(distance), may_overflow=True), factor)


def logistic_slope(alpha: ArrayLike, distance: jax.Array) -> jax.Array:
    """`alpha s(alpha d) s(-alpha d)` at a distance `d >= 0`, with no digit lost in the tail."""
    # Where the scale is not 1, the decay is far below the last digit of 1.
    t, scale = exp_minus_scaled(times(alpha, Pair(distance), may_overflow=True))
    return exact(alpha, distance).hi * scale * t / jnp.square(1 + t)


class Sigmoid(Shape):
    """Slope of the logistic function: smooth, with exponential tails.

        grad(x) = alpha s(alpha x) s(-alpha x),  s(z) = 1 / (1 + exp(-z))
        fun(x)  = s(alpha x)

    Args:
        alpha: sharpness, positive, default 4; a larger one narrows and raises the peak.

    Facts:
        Peak alpha/4 at 0, area 1, support all x, tails exp(-alpha |x|), even.

    Source:
        Zenke and Vogels (2021), "The remarkable robustness of surrogate gradient learning for
        instilling complex function in spiking neural networks".

    Examples:
        >>> from spikegrad.surrogate import Sigmoid
        >>> print(Sigmoid(alpha=4.0).surrogate_grad(0.0))
        1.0
    """

    alpha: ArrayLike = parameter(4.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / 4,
            area=1.0,
            half_width=2 * ACOSH_ROOT_2 / self.alpha,
            support=REAL,
            tail=EXPONENTIAL,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return logistic_slope(self.alpha, jnp.abs(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        t = decay(self.alpha, magnitude(x))
        return jnp.where(x < 0, t, jnp.ones_like(t)) / (1 + t)


class PiecewiseExp(Shape):
    """Two-sided exponential: a cusp at the threshold, area 1.

        grad(x) = alpha/2 exp(-alpha |x|)
        fun(x)  = exp(alpha x) / 2          for x < 0
                  1 - exp(-alpha x) / 2     for x >= 0

    Args:
        alpha: sharpness, positive, default 1; a larger one narrows and raises the peak.

    Facts:
        Peak alpha/2 at 0, area 1, support all x, tails exp(-alpha |x|), even.
        `PiecewiseExp(alpha)` is `alpha/2` times `SlayerGrad(alpha)`.

    Source:
        Shrestha and Orchard (2018), "SLAYER: Spike Layer Error Reassignment in Time".

    Examples:
        >>> from spikegrad.surrogate import PiecewiseExp
        >>> print(PiecewiseExp(alpha=1.0).surrogate_grad(0.0))
        0.5
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / 2,
            area=1.0,
            half_width=math.log(2) / self.alpha,
            support=REAL,
            tail=EXPONENTIAL,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return decay(self.alpha, magnitude(x), scaled(exact(self.alpha, x), 0.5))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        tail = decay(self.alpha, magnitude(x)) / 2
        return jnp.where(x < 0, tail, 1 - tail)


class SlayerGrad(Shape):
    """Two-sided exponential of peak 1, as SLAYER has it; defined by its gradient alone.

        grad(x) = exp(-alpha |x|)

    Args:
        alpha: sharpness, positive, default 1; a larger one narrows at the same peak.

    Facts:
        Peak 1 at 0, area 2/alpha, support all x, tails exp(-alpha |x|), even.
        `SlayerGrad(alpha)` is `2/alpha` times `PiecewiseExp(alpha)`.

    Source:
        Shrestha and Orchard (2018), "SLAYER: Spike Layer Error Reassignment in Time".

    Examples:
        >>> from spikegrad.surrogate import SlayerGrad
        >>> print(SlayerGrad(alpha=1.0).surrogate_grad(0.0))
        1.0
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=2 / self.alpha,
            half_width=math.log(2) / self.alpha,
            support=REAL,
            tail=EXPONENTIAL,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return decay(self.alpha, magnitude(x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        per_alpha = reciprocal(exact(self.alpha, x))
        tail = decay(self.alpha, magnitude(x), per_alpha)
        return jnp.where(x < 0, tail, 2 * value(per_alpha) - tail)


class SignSwish(Shape):
    """Slope of the sign-swish: a peak with a shallow negative rim on either side.

        grad(x) = beta (2 - z tanh(z/2)) / (1 + cosh(z)),  z = beta x
        fun(x)  = 2 s(z) (1 + z s(-z)),                    s(z) = 1 / (1 + exp(-z))

    Take half of it for a step from 0 to 1: it was made for a sign, from -1 to 1.

    Args:
        beta: sharpness, positive, default 5; a larger one narrows and raises the peak.

    Facts:
        Peak beta at 0, area 2, support all x, tails negative, |x| exp(-beta |x|), even.

    Source:
        Darabi, Belbahri, Courbariaux and Partovi Nia (2018), "BNN+: Improved Binary Network
        Training".

    Examples:
        >>> from spikegrad.surrogate import SignSwish
        >>> print(SignSwish(beta=5.0).surrogate_grad(0.0))
        5.0
    """

    beta: ArrayLike = parameter(5.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.beta,
            area=2.0,
            half_width=1.17068594592942 / self.beta,
            support=REAL,
            tail=EXPONENTIAL,
        )

    def _parts(self, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """`z = beta |x|`, no further than where the exponential is 0; `exp(-z)` as a product."""
        z = times(self.beta, Pair(magnitude(x)))
        return jnp.minimum(z.hi, jnp.finfo(x.dtype).maxexp), *exp_minus_scaled(z)

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        z, t, scale = self._parts(x)
        one_plus_t, rest = one_plus_share(t)
        factor = 2 * exact(self.beta, x).hi * (2 - z * (1 - t) / one_plus_t)
        return factor * scale * t / (one_plus_t * (one_plus_t + 2 * rest))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z, t, scale = self._parts(x)
        below = scale * (2 / (1 + t) * (1 - z / (1 + t))) * t
        above = 2 / (1 + t) * (1 + z * t / (1 + t))
        return jnp.where(x < 0, below, above)
