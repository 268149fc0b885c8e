"""Shapes with exponential tails: the gradient never vanishes, yet far neurons hardly count."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad.surrogate._exact import (
    Pair,
    exact,
    exp_minus,
    magnitude,
    over_square,
    product,
    reciprocal,
    scaled,
    total,
    value,
)
from spikegrad.surrogate._shape import POSITIVE, Shape, rounded_once


def decay(alpha: ArrayLike, distance: jax.Array, factor: Pair | None = None) -> jax.Array:
    """`factor * exp(-alpha * distance)`."""
    return exp_minus(product(exact(alpha, distance), Pair(distance)), factor)


def logistic_slope(alpha: ArrayLike, distance: jax.Array) -> jax.Array:
    """`alpha s(alpha d) s(-alpha d)` at a distance `d >= 0`, with no digit lost in the tail."""
    one_plus_t = total(Pair(jnp.ones_like(distance)), Pair(decay(alpha, distance)))
    return over_square(decay(alpha, distance, exact(alpha, distance)), one_plus_t)


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

    admissible = {"alpha": POSITIVE}

    def __init__(self, alpha: ArrayLike = 4.0) -> None:
        super().__init__()
        self.alpha = alpha

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return logistic_slope(self.alpha, magnitude(x))

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

    admissible = {"alpha": POSITIVE}

    def __init__(self, alpha: ArrayLike = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

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

    admissible = {"alpha": POSITIVE}

    def __init__(self, alpha: ArrayLike = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return decay(self.alpha, magnitude(x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        per_alpha = reciprocal(exact(self.alpha, x))
        tail = decay(self.alpha, magnitude(x), per_alpha)
        return jnp.where(x < 0, tail, 2 * value(per_alpha) - tail)
