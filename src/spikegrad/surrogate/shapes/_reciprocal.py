"""Shapes whose tails fall as 1/|x|: the area is infinite, and every neuron learns."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import POSITIVE
from spikegrad.surrogate._exact import (
    Pair,
    exact,
    magnitude,
    minus,
    reciprocal,
    times,
    total,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    REAL,
    Facts,
    Tail,
)
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once, with_slopes


class NonzeroSignLog(Shape):
    """Reciprocal of the distance: the heaviest tails, an infinite area.

        grad(x) = alpha / (1 + alpha |x|)
        fun(x)  = sign(x) log(1 + alpha |x|)

    Args:
        alpha: sharpness, positive, default 1; a larger one raises the peak, not the tails.

    Facts:
        Peak alpha at 0, area infinite, support all x, tails |x|^-1, even.

    Source:
        Fang et al. (2023), "SpikingJelly: An open-source machine learning infrastructure platform
        for spike-based intelligence".

    Examples:
        >>> from spikegrad.surrogate import NonzeroSignLog
        >>> print(NonzeroSignLog(alpha=1.0).surrogate_grad(1.0))
        0.5
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha,
            area=math.inf,
            half_width=1 / self.alpha,
            support=REAL,
            tail=Tail("power", 1.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def slope(alpha: ArrayLike, d: jax.Array) -> jax.Array:
            # Not alpha / (1 + alpha d), whose denominator overflows where the gradient is not 0.
            return 1 / value(total(reciprocal(exact(alpha, d)), Pair(d)))

        return with_slopes(
            slope,
            (
                lambda alpha, d: jnp.square(slope(alpha, d) / exact(alpha, d).hi),
                lambda alpha, d: -jnp.square(slope(alpha, d)),
            ),
            self.alpha,
            magnitude(x),
        )

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        distance = magnitude(x)
        alpha = exact(self.alpha, x).hi
        z = alpha * distance
        overflow = z == jnp.inf
        near = jnp.log1p(jnp.where(overflow, jnp.zeros_like(z), z))
        far = jnp.log(alpha) + jnp.log(jnp.where(overflow, distance, jnp.ones_like(x)))
        log = jnp.where(overflow, far, near)
        return jnp.where(x < 0, -log, log)

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        return self.surrogate_fun(x) + 0.5


class ClippedReciprocal(Shape):
    """The slope of the chord from the spike to 0, cut off at alpha: the heaviest tails.

        grad(x) = min(alpha, 1 / |x|)
        fun(x)  = 1/2 + alpha x                          for |x| <= 1/alpha
                  1/2 + sign(x) (1 + log(alpha |x|))     for |x| > 1/alpha

    Args:
        alpha: the cap, positive, default 0.3.

    Facts:
        Peak alpha for |x| <= 1/alpha, area infinite, support all x, tails 1/|x|, even.

    Source:
        Fang et al. (2023), "SpikingJelly: An open-source machine learning infrastructure platform
        for spike-based intelligence".

    Examples:
        >>> from spikegrad.surrogate import ClippedReciprocal
        >>> print(ClippedReciprocal(alpha=0.5).surrogate_grad(4.0))
        0.25
    """

    alpha: ArrayLike = parameter(0.3, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha,
            area=math.inf,
            half_width=2 / self.alpha,
            support=REAL,
            tail=Tail("power", 1.0),
        )

    def _near(self, distance: jax.Array) -> tuple[jax.Array, Pair]:
        """Whether `alpha distance <= 1`, and that product."""
        z = times(self.alpha, Pair(distance))
        return value(total(z, exact(-1.0, distance))) <= 0, z

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        near, _ = self._near(magnitude(x))
        return jnp.where(
            near, exact(self.alpha, x).hi, 1 / jnp.where(near, jnp.ones_like(x), magnitude(x))
        )

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        near, z = self._near(magnitude(x))
        one = jnp.ones_like(x)
        overflow = z.hi > jnp.finfo(x.dtype).max / 2
        log = jnp.log1p(value(total(where(near | overflow, Pair(one), z), Pair(-one))))
        beyond = jnp.log(exact(self.alpha, x).hi) + jnp.log(jnp.where(overflow, magnitude(x), one))
        far = -0.5 - jnp.where(overflow, beyond, log)
        tail = jnp.where(near, value(total(exact(0.5, x), minus(z))), far)
        return jnp.where(x < 0, tail, 1 - tail)
