"""Shapes with power-law tails: neurons far from the threshold still learn."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import NON_NEGATIVE, POSITIVE, POSITIVE_OR_NONE
from spikegrad.surrogate._exact import (
    Pair,
    exact,
    expm1_ratio,
    half_pi,
    magnitude,
    minus,
    over,
    over_square,
    power,
    product,
    reciprocal,
    saturated,
    times,
    total,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    CONSTANT,
    REAL,
    Facts,
    Tail,
)
from spikegrad.surrogate.shapes._one_plus import (
    falling_power,
    inverse_square,
    log_one_plus,
    one_plus,
    share,
    unit_and_product,
)
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once, with_slopes


def _half(alpha: ArrayLike) -> Any:
    return alpha / 2


class SoftSign(Shape):
    """Slope of the soft sign, the fast sigmoid of area 1: tails fall as the square.

        grad(x) = alpha/2 / (1 + alpha |x|)^2
        fun(x)  = 1/2 + alpha x / (2 (1 + alpha |x|))

    Args:
        alpha: sharpness, positive, default 1; a larger one narrows and raises the peak.

    Facts:
        Peak alpha/2 at 0, area 1, support all x, tails |x|^-2, even.
        `SoftSign(alpha)` is `alpha/2` times `InvSquareGrad(alpha)`.

    Source:
        Zenke and Ganguli (2018), "SuperSpike: Supervised Learning in Multilayer Spiking Neural
        Networks".

    Examples:
        >>> from spikegrad.surrogate import SoftSign
        >>> print(SoftSign(alpha=1.0).surrogate_grad(1.0))
        0.125
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / 2,
            area=1.0,
            half_width=(math.sqrt(2) - 1) / self.alpha,
            support=REAL,
            tail=Tail("power", 2.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def by_distance(alpha: ArrayLike, d: jax.Array) -> jax.Array:
            r = share(alpha, d)
            steep = exact(alpha, d).hi * r
            return -(steep * (steep * r))

        return with_slopes(
            lambda alpha, d: over_square(_half(alpha), value(one_plus(alpha, d))),
            (lambda alpha, d: jnp.square(share(alpha, d)) * (share(alpha, d) - 0.5), by_distance),
            self.alpha,
            magnitude(x),
        )

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        tail = 0.5 / value(one_plus(self.alpha, magnitude(x)))
        return jnp.where(x < 0, tail, 1 - tail)


class InvSquareGrad(Shape):
    """The fast sigmoid's slope at peak 1 (SuperSpike); defined by its gradient alone.

        grad(x) = 1 / (1 + alpha |x|)^2

    Args:
        alpha: sharpness, positive, default 100; a larger one narrows at the same peak.

    Facts:
        Peak 1 at 0, area 2/alpha, support all x, tails |x|^-2, even.
        `InvSquareGrad(alpha)` is `2/alpha` times `SoftSign(alpha)`.

    Source:
        Zenke and Ganguli (2018), "SuperSpike: Supervised Learning in Multilayer Spiking Neural
        Networks".

    Examples:
        >>> from spikegrad.surrogate import InvSquareGrad
        >>> print(InvSquareGrad(alpha=1.0).surrogate_grad(1.0))
        0.25
    """

    alpha: ArrayLike = parameter(100.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=2 / self.alpha,
            half_width=(math.sqrt(2) - 1) / self.alpha,
            support=REAL,
            tail=Tail("power", 2.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return inverse_square(self.alpha, magnitude(x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        r = 1 / value(one_plus(self.alpha, magnitude(x)))
        return jnp.where(x < 0, r, 2 - r) / exact(self.alpha, x).hi


class Arctan(Shape):
    """Slope of the arctangent, the Cauchy density: smooth, tails fall as the square.

        grad(x) = alpha/2 / (1 + (pi/2 alpha x)^2)
        fun(x)  = 1/2 + arctan(pi/2 alpha x) / pi

    Args:
        alpha: sharpness, positive, default 1; a larger one narrows and raises the peak.

    Facts:
        Peak alpha/2 at 0, area 1, support all x, tails x^-2, even.

    Source:
        Fang et al. (2021), "Incorporating Learnable Membrane Time Constant to Enhance Learning of
        Spiking Neural Networks".

    Examples:
        >>> from spikegrad.surrogate import Arctan
        >>> print(Arctan(alpha=2.0).surrogate_grad(0.0))
        1.0
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / 2,
            area=1.0,
            half_width=2 / (math.pi * self.alpha),
            support=REAL,
            tail=Tail("power", 2.0),
        )

    def _angle(self, distance: jax.Array) -> Pair:
        """`pi/2 alpha distance`."""
        return product(times(self.alpha, half_pi(distance)), Pair(distance))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def angle(alpha: ArrayLike, x: jax.Array) -> jax.Array:
            # Rounded twice, its square still has the digits that the gradient needs.
            return value(times(alpha, half_pi(x))) * x

        def density(factor: ArrayLike, alpha: ArrayLike, x: jax.Array) -> jax.Array:
            return over_square(factor, angle(alpha, x), 1.0)

        def by_alpha(alpha: ArrayLike, x: jax.Array) -> jax.Array:
            q = density(1.0, alpha, x)
            return q * (q - 0.5)

        def by_x(alpha: ArrayLike, x: jax.Array) -> jax.Array:
            z = angle(alpha, x)
            far = jnp.abs(z) > 1
            beyond, within = (jnp.where(far == side, z, 0 * z + 1) for side in (True, False))
            # z / (1 + z^2), whose square could overflow.
            share = jnp.where(far, 1 / (beyond + 1 / beyond), within / (1 + within * within))
            sharpness = exact(alpha, x).hi
            return -math.pi / 2 * ((sharpness * share) * (sharpness * density(1.0, alpha, x)))

        return with_slopes(
            lambda alpha, x: density(_half(alpha), alpha, x), (by_alpha, by_x), self.alpha, x
        )

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z = self._angle(magnitude(x))
        far = z.hi > 1
        inverse = reciprocal(where(far, z, exact(1.0, x)))
        angle = jnp.arctan(value(where(far, inverse, z))) / math.pi
        tail = jnp.where(far, angle, 0.5 - angle)
        return jnp.where(x < 0, tail, 1 - tail)


class QPseudoSpike(Shape):
    """Power law of free exponent, from fat tails (small alpha) to nearly exponential ones.

        grad(x) = (1 + c |x|)^-alpha
        fun(x)  = 1/2 + sign(x) ((1 + c |x|)^(1 - alpha) - 1) / (c (1 - alpha))  for alpha != 1
                  1/2 + sign(x) log(1 + c |x|) / c                               for alpha = 1
        c       = 2 / (alpha + 1)  for scale = None,  else scale

    The paper and SpikingJelly have c = 2 / (alpha - 1), which needs alpha > 1; braintools has the c
    that is the default here.

    Args:
        alpha: exponent of the tail, 0 or more, default 2.
        scale: c, positive, default None for 2 / (alpha + 1).

    Facts:
        Peak 1 at 0, area 2 / (c (alpha - 1)) for alpha > 1, else infinite,
        support all x, tails |x|^-alpha, even.

    Source:
        Herranz-Celotti and Rouat (2022), "Stabilizing Spiking Neuron Training".

    Examples:
        >>> from spikegrad.surrogate import QPseudoSpike
        >>> print(QPseudoSpike(alpha=2.0).surrogate_grad(1.5))
        0.25
    """

    alpha: ArrayLike = parameter(2.0, NON_NEGATIVE)
    scale: ArrayLike | None = parameter(None, POSITIVE_OR_NONE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        alpha = self.alpha
        c = 2 / (alpha + 1) if self.scale is None else self.scale
        area = 2 / (c * (alpha - 1)) if alpha > 1 else math.inf
        return Facts(
            peak=1.0,
            area=area,
            half_width=(2.0 ** (1 / alpha) - 1) / c if alpha > 0 else math.inf,
            support=REAL,
            tail=Tail("power", alpha) if alpha > 0 else CONSTANT,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        return falling_power(self.alpha, self.scale, magnitude(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        c, unit, u = unit_and_product(self.alpha, self.scale, magnitude(x))
        k = total(exact(1.0, x), minus(exact(self.alpha, x)))
        log = log_one_plus(unit, u)
        smooth = jnp.abs(k.hi * log) < 0.5
        ratio = expm1_ratio(jnp.where(smooth, k.hi * log, jnp.zeros_like(log)))
        near = log * value(ratio) / value(c)
        plain, rest = power(unit, u, k)
        kc = jnp.where(smooth, jnp.ones_like(log), value(product(k, c)))
        # Times `unit**-k`, which may overflow where the whole does not, or else underflow.
        grows = k.hi > 0
        growth = jnp.power(unit, -jnp.where(grows, k.hi, jnp.zeros_like(k.hi)))
        decay = jnp.power(unit, -jnp.where(grows, jnp.zeros_like(k.hi), k.hi))
        far = ((plain * decay - 1 / growth) + plain * decay * rest) * (growth / kc)
        rise = jnp.where(smooth, near, far)
        return saturated(jnp.where(x < 0, 0.5 - rise, 0.5 + rise))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        alpha = exact(self.alpha, x)
        excess = total(alpha, exact(-1.0, x))
        finite = excess.hi > 0
        excess_or_1 = jnp.where(finite, excess.hi, jnp.ones_like(excess.hi))
        c, unit, u = unit_and_product(self.alpha, self.scale, magnitude(x))
        half_area = 1 / (value(c) * excess_or_1)
        plain, rest = power(unit, u, minus(excess))
        tail = half_area * plain * (1 + rest) * jnp.power(unit, excess_or_1)
        return jnp.where(
            finite, jnp.where(x < 0, tail, 2 * half_area - tail), self.surrogate_fun(x)
        )


class AlgebraicSigmoid(Shape):
    """Slope of x / hypot(x, alpha): Student's t with 2 degrees of freedom at peak 1.

        grad(x) = (1 + (x/alpha)^2)^(-3/2)
        fun(x)  = alpha (1 + x / hypot(x, alpha))

    Args:
        alpha: width, in units of x, positive, default 1.

    Facts:
        Peak 1 at 0, area 2 alpha, support all x, tails |x|^-3, even.

    Source:
        Pehle and Pedersen (2021), "Norse - A deep learning library for spiking neural networks".

    Examples:
        >>> from spikegrad.surrogate import AlgebraicSigmoid
        >>> print(AlgebraicSigmoid(alpha=1.0).surrogate_grad(0.0))
        1.0
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=2 * self.alpha,
            half_width=math.sqrt(2 ** (2 / 3) - 1) * self.alpha,
            support=REAL,
            tail=Tail("power", 3.0),
        )

    def _deviations(self, distance: jax.Array) -> Pair:
        return over(Pair(distance), self.alpha)

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def slope(alpha: ArrayLike, d: jax.Array) -> jax.Array:
            z = over(Pair(d), alpha)
            far = z.hi > 2.0 ** (jnp.finfo(d.dtype).maxexp // 3)  # from where on it underflows
            near = where(far, exact(1.0, d), z)
            square = value(total(exact(1.0, d), product(near, near)))
            return jnp.where(far, jnp.zeros_like(d), 1 / (square * jnp.sqrt(square)))

        def parts(alpha: ArrayLike, d: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            """`z h` and `h` of `h = 1 / hypot(1, z)`, and `h / alpha`."""
            z = jnp.minimum(
                value(over(Pair(d), alpha)), 2.0 ** (jnp.finfo(d.dtype).maxexp // 2 - 1)
            )
            h = 1 / jnp.sqrt(1 + z * z)
            return z * h, h, h / exact(alpha, d).hi

        def by_alpha(alpha: ArrayLike, d: jax.Array) -> jax.Array:
            t, h, steep = parts(alpha, d)
            return 3 * (t * t * (steep * h * h))

        def by_distance(alpha: ArrayLike, d: jax.Array) -> jax.Array:
            t, h, steep = parts(alpha, d)
            return -3 * (t * (steep * h * h * h))

        return with_slopes(slope, (by_alpha, by_distance), self.alpha, magnitude(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z = self._deviations(magnitude(x))
        far = z.hi > 1 / jnp.finfo(x.dtype).eps  # where z^2 could overflow, and the 1 is lost
        near = where(far, exact(1.0, x), z)
        square = value(total(exact(1.0, x), product(near, near)))
        alpha = exact(self.alpha, x).hi
        # 1 - z / sqrt(1 + z^2), without taking nearly equal numbers from each other.
        tail = alpha / (square + jnp.sqrt(square) * value(near))
        distance = jnp.where(far, value(z), jnp.ones_like(x))
        tail = jnp.where(far, 1 / distance * (alpha / 2 / distance), tail)
        return jnp.where(x < 0, tail, 2 * alpha - tail)
