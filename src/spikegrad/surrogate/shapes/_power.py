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
    quotient,
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
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once


def one_plus(alpha: ArrayLike, distance: jax.Array) -> Pair:
    """`1 + alpha * distance`, rounded twice."""
    return Pair(1 + value(times(alpha, Pair(distance))))


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
        return over_square(_half(self.alpha), one_plus(self.alpha, magnitude(x)))

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
        return over_square(1.0, one_plus(self.alpha, magnitude(x)))

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
        # Rounded twice, its square still has the digits that the gradient needs.
        angle = value(times(self.alpha, half_pi(x))) * x
        return over_square(_half(self.alpha), Pair(angle), exact(1.0, x))

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

    def _base(self, distance: jax.Array) -> tuple[Pair, Pair, jax.Array]:
        """`c` and `1 + c d`, the latter over 4 where it could overflow, and that 4 (else 1)."""
        far = distance > jnp.finfo(distance.dtype).max / 4
        scale = jnp.where(far, 4 * jnp.ones_like(distance), jnp.ones_like(distance))
        if self.scale is None:
            alpha = exact(self.alpha, distance)
            c = quotient(exact(2.0, distance), total(alpha, exact(1.0, distance)))
        else:
            c = exact(self.scale, distance)
        return c, total(exact(1.0, distance), product(c, Pair(distance / scale))), scale

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        _, base, scale = self._base(magnitude(x))
        exponent = minus(exact(self.alpha, x))
        plain, rest = power(base, exponent)
        return plain * (1 + rest) * jnp.power(scale, exponent.hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        c, base, scale = self._base(magnitude(x))
        k = total(exact(1.0, x), minus(exact(self.alpha, x)))
        log = jnp.log1p(value(total(base, exact(-1.0, x)))) + jnp.log(scale)
        smooth = jnp.abs(k.hi * log) < 0.5
        ratio = expm1_ratio(jnp.where(smooth, k.hi * log, jnp.zeros_like(log)))
        near = log * value(ratio) / value(c)
        plain, rest = power(base, k)
        kc = jnp.where(smooth, jnp.ones_like(log), value(product(k, c)))
        scaled = jnp.power(scale, k.hi)
        far = ((plain - 1 / scaled) + plain * rest) * (scaled / kc)
        rise = jnp.where(smooth, near, far)
        return saturated(jnp.where(x < 0, 0.5 - rise, 0.5 + rise))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        alpha = exact(self.alpha, x)
        excess = total(alpha, exact(-1.0, x))
        finite = excess.hi > 0
        excess_or_1 = jnp.where(finite, excess.hi, jnp.ones_like(excess.hi))
        c, base, _ = self._base(magnitude(x))
        half_area = 1 / (value(c) * excess_or_1)
        plain, rest = power(base, minus(excess))
        tail = half_area * plain * (1 + rest)
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
        z = self._deviations(magnitude(x))
        # There z^-3 is no longer a normal number, and z^3, whose derivative counts, would overflow.
        far = z.hi > 2.0 ** (jnp.finfo(x.dtype).maxexp // 3)
        near = where(far, exact(1.0, x), z)
        square = value(total(exact(1.0, x), product(near, near)))
        return jnp.where(far, jnp.zeros_like(x), 1 / (square * jnp.sqrt(square)))

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
