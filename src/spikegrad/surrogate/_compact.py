"""Shapes of compact support: only neurons near the threshold learn, the others cost nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad.surrogate._exact import Pair, exact, magnitude, minus, product, total, value
from spikegrad.surrogate._shape import POSITIVE, Shape, rounded_once


def _positive_part(a: Pair) -> jax.Array:
    rest = value(a)
    return jnp.where(rest > 0, rest, jnp.zeros_like(rest))


class PiecewiseQuadratic(Shape):
    """A triangle of area 1: the slope of two parabolas that join at the threshold.

        grad(x) = alpha max(0, 1 - alpha |x|)
        fun(x)  = (1 + u)^2 / 2         for x < 0,  u = alpha x limited to -1 ... 1
                  1 - (1 - u)^2 / 2     for x >= 0

    Args:
        alpha: sharpness, positive, default 1; the gradient is zero from |x| = 1/alpha on.

    Facts:
        Peak alpha at 0, area 1, support |x| < 1/alpha, no tails, even.
        `PiecewiseQuadratic(alpha)` is `ReluGrad(alpha=alpha**2, width=1 / alpha)`.

    Source:
        Esser et al. (2016), "Convolutional networks for fast, energy-efficient neuromorphic
        computing".

    Examples:
        >>> from spikegrad.surrogate import PiecewiseQuadratic
        >>> print(PiecewiseQuadratic(alpha=1.0).surrogate_grad(0.5))
        0.5
    """

    admissible = {"alpha": POSITIVE}

    def __init__(self, alpha: ArrayLike = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def _rest(self, distance: jax.Array) -> jax.Array:
        z = product(exact(self.alpha, distance), Pair(distance))
        return _positive_part(total(exact(1.0, distance), minus(z)))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return exact(self.alpha, x).hi * self._rest(magnitude(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        rest = self._rest(magnitude(x))
        tail = rest * rest / 2
        return jnp.where(x < 0, tail, 1 - tail)


class ReluGrad(Shape):
    """A triangle of free slope and width; defined by its gradient alone.

        grad(x) = alpha max(0, width - |x|)

    Args:
        alpha: slope of the flanks, positive, default 0.3.
        width: half the base, in units of x, positive, default 1.

    Facts:
        Peak alpha width at 0, area alpha width^2, support |x| < width, no tails, even.

    Source:
        Bellec et al. (2018), "Long short-term memory and learning-to-learn in networks of spiking
        neurons".

    Examples:
        >>> from spikegrad.surrogate import ReluGrad
        >>> print(ReluGrad(alpha=0.5, width=1.0).surrogate_grad(0.5))
        0.25
    """

    admissible = {"alpha": POSITIVE, "width": POSITIVE}

    def __init__(self, alpha: ArrayLike = 0.3, width: ArrayLike = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.width = width

    def _rest(self, distance: jax.Array) -> jax.Array:
        return _positive_part(total(exact(self.width, distance), Pair(-distance)))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return exact(self.alpha, x).hi * self._rest(magnitude(x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        rest, width = self._rest(magnitude(x)), exact(self.width, x).hi
        tail = rest * rest / 2
        return exact(self.alpha, x).hi * jnp.where(x < 0, tail, width * width - tail)
