"""Shapes with Gaussian tails: smooth, and as good as zero a few widths away."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE
from spikegrad.surrogate._exact import (
    Pair,
    exact,
    exp_minus,
    half_erfc,
    magnitude,
    minus,
    over,
    product,
    saturated,
    scaled,
    times,
    total,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    GAUSSIAN,
    REAL,
    Facts,
)
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once, with_slopes

_ROOT_TWO_PI = math.sqrt(2 * math.pi)
# A sum of terms is formed this much larger: a term may underflow where the sum does not yet.
_ABOVE_UNDERFLOW = 2.0**64


def _upper_tail(deviations: Pair, factor: jax.Array) -> jax.Array:
    """`factor` times the normal distribution beyond that many (0 or more) deviations."""
    square = scaled(product(deviations, deviations), 0.5)
    half_root = exact(math.sqrt(0.5), deviations.hi)
    return half_erfc(product(deviations, half_root), square, factor)


def _normal(deviations: Pair, factor: Pair) -> jax.Array:
    """`factor * exp(-deviations**2 / 2)`."""
    return exp_minus(scaled(product(deviations, deviations), 0.5), factor)


def _distribution(deviations: Pair, factor: jax.Array) -> jax.Array:
    """`factor` times the normal distribution function."""
    below = deviations.hi < 0
    tail = _upper_tail(where(below, minus(deviations), deviations), factor)
    return jnp.where(below, tail, factor - tail)


class ERF(Shape):
    """Slope of the error function: a Gaussian of area 1, parametrised by its sharpness.

        grad(x) = alpha / sqrt(pi) exp(-(alpha x)^2)
        fun(x)  = erfc(-alpha x) / 2

    Args:
        alpha: sharpness, positive, default 1; a larger one narrows and raises the peak.

    Facts:
        Peak alpha/sqrt(pi) at 0, area 1, support all x, tails exp(-(alpha x)^2), even.
        `ERF(alpha)` is `GaussianGrad(sigma=1 / (alpha sqrt(2)), alpha=1)`.

    Source:
        Esser et al. (2015), "Backpropagation for Energy-Efficient Neuromorphic Computing".

    Examples:
        >>> from spikegrad.surrogate import ERF
        >>> print(ERF(alpha=1.0).surrogate_fun(0.0))
        0.5
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / math.sqrt(math.pi),
            area=1.0,
            half_width=math.sqrt(math.log(2)) / self.alpha,
            support=REAL,
            tail=GAUSSIAN,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        z = times(self.alpha, Pair(magnitude(x)))
        return exp_minus(product(z, z), exact(self.alpha / math.sqrt(math.pi), x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        z = times(self.alpha, Pair(magnitude(x)))
        tail = half_erfc(z, product(z, z), jnp.ones_like(x))
        return jnp.where(x < 0, tail, 1 - tail)


class GaussianGrad(Shape):
    """A Gaussian, parametrised by its standard deviation; defined by its gradient alone.

        grad(x) = alpha / (sigma sqrt(2 pi)) exp(-(x/sigma)^2 / 2)

    Args:
        sigma: standard deviation, in units of x, positive, default 0.5.
        alpha: area under the gradient, positive, default 0.5.

    Facts:
        Peak alpha / (sigma sqrt(2 pi)) at 0, area alpha, support all x,
        tails exp(-x^2 / (2 sigma^2)), even.

    Source:
        Yin, Corradi and Bohte (2021), "Accurate and efficient time-domain classification with
        adaptive spiking recurrent neural networks".

    Examples:
        >>> from spikegrad.surrogate import GaussianGrad
        >>> print(f"{GaussianGrad(sigma=0.5, alpha=0.5).surrogate_grad(0.0):.4f}")
        0.3989
    """

    sigma: ArrayLike = parameter(0.5, POSITIVE)
    alpha: ArrayLike = parameter(0.5, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha / (self.sigma * _ROOT_TWO_PI),
            area=self.alpha,
            half_width=math.sqrt(2 * math.log(2)) * self.sigma,
            support=REAL,
            tail=GAUSSIAN,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        deviations = over(Pair(magnitude(x)), self.sigma)
        return _normal(deviations, over(exact(self.alpha, x), self.sigma * _ROOT_TWO_PI, x))

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        return _distribution(over(Pair(x), self.sigma), exact(self.alpha, x).hi)


class MultiGaussianGrad(Shape):
    """A Gaussian with a negative rim; defined by its gradient alone.

        grad(x) = scale ((1 + h) N(x, 0, sigma) - h N(x, sigma, s sigma) - h N(x, -sigma, s sigma))
        N(x, m, d) = exp(-((x - m)/d)^2 / 2) / (d sqrt(2 pi))

    N(x, m, d) is the normal density of mean m and standard deviation d.

    Args:
        h: height of the two wide Gaussians that are taken away, any finite number, default 0.15.
        s: their width relative to the middle one, positive, default 6.
        sigma: standard deviation of the middle Gaussian, in units of x, positive, default 0.5.
        scale: factor of the whole, any finite number, default 0.5.

    Facts:
        Peak (at 0) scale ((1 + h) - 2 h / s exp(-1 / (2 s^2))) / (sigma sqrt(2 pi)),
        area scale (1 - h), support all x, tails negative and Gaussian of width s sigma, even.

    Source:
        Yin, Corradi and Bohte (2021), "Accurate and efficient time-domain classification with
        adaptive spiking recurrent neural networks".

    Examples:
        >>> from spikegrad.surrogate import MultiGaussianGrad
        >>> print(f"{MultiGaussianGrad().surrogate_grad(0.0):.4f}")
        0.4391
    """

    h: ArrayLike = parameter(0.15, FINITE)
    s: ArrayLike = parameter(6.0, POSITIVE)
    sigma: ArrayLike = parameter(0.5, POSITIVE)
    scale: ArrayLike = parameter(0.5, FINITE)

    def facts(self) -> Facts:
        """The area in closed form, the rest from values: the peak need not be at 0."""
        return super().facts()._replace(area=self.scale * (1 - self.h), tail=GAUSSIAN)

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def slope(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            middle, right, left = _three(s, sigma, d)
            one = exact(_ABOVE_UNDERFLOW, d)
            side = product(one, over(exact(h, d), s, d))
            sides = _normal(right, side) + _normal(left, side)
            terms = _normal(middle, product(one, exact(1.0 + h, d))) - sides
            return _times(_peak(sigma, scale, d), terms)

        def by_h(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            (_, middle), (_, right), (_, left) = _bells(s, sigma, d)
            return _times(_peak(sigma, scale, d), middle - (right + left) / exact(s, d).hi)

        def by_s(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            _, *sides = _bells(s, sigma, d)
            wide = exact(s, d).hi
            bent = sum((n / wide * (1 - u * u) for u, n in sides), jnp.zeros_like(d))
            return _times(_peak(sigma, scale, d), exact(h, d).hi * (bent / wide))

        def by_sigma(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            (z, middle), *sides = _bells(s, sigma, d)
            factor, wide = exact(h, d).hi, exact(s, d).hi
            far = saturated(_three(s, sigma, d)[0].hi)
            # In this order what is far out is 0 times a finite number.
            bent = sum(
                (n / wide - n / wide * far * (u / wide) for u, n in sides), jnp.zeros_like(d)
            )
            terms = (1 + factor) * middle * (1 - z * z) - factor * bent
            return -_times(saturated(_peak(sigma, scale, d) / exact(sigma, d).hi), terms)

        def by_scale(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            return slope(h, s, sigma, 1.0, d)

        def by_distance(h: Any, s: Any, sigma: Any, scale: Any, d: jax.Array) -> jax.Array:
            (z, middle), *sides = _bells(s, sigma, d)
            factor, wide = exact(h, d).hi, exact(s, d).hi
            bent = sum((n / wide * (u / wide) for u, n in sides), jnp.zeros_like(d))
            terms = factor * bent - (1 + factor) * middle * z
            return _times(saturated(_peak(sigma, scale, d) / exact(sigma, d).hi), terms)

        # By its distance to 0: the two sides would swap places with the sign of x, and a fused
        # multiply-add rounds only one of two terms.
        arguments = (self.h, self.s, self.sigma, self.scale, magnitude(x))
        slopes = (by_h, by_s, by_sigma, by_scale, by_distance)
        return with_slopes(slope, slopes, *arguments)

    @rounded_once
    def antiderivative(self, x: jax.Array) -> jax.Array:
        middle, right, left = _three(self.s, self.sigma, x)
        side = exact(self.h, x).hi * _ABOVE_UNDERFLOW
        sides = _distribution(right, side) + _distribution(left, side)
        whole = exact(1.0 + self.h, x).hi * _ABOVE_UNDERFLOW
        return _times(exact(self.scale, x).hi, _distribution(middle, whole) - sides)


def _three(s: ArrayLike, sigma: ArrayLike, x: jax.Array) -> tuple[Pair, Pair, Pair]:
    """How many deviations `x` is off the middle, the right and the left Gaussian."""
    middle = over(Pair(x), sigma)
    right, left = (over(total(middle, exact(c, x)), s) for c in (-1.0, 1.0))
    return middle, right, left


def _bells(s: ArrayLike, sigma: ArrayLike, x: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    """These deviations, no more than count, and `exp(-deviations**2 / 2)` above underflow."""
    one = exact(_ABOVE_UNDERFLOW, x)
    return [(jnp.clip(u.hi, -64, 64), _normal(u, one)) for u in _three(s, sigma, x)]


def _peak(sigma: ArrayLike, scale: ArrayLike, x: jax.Array) -> jax.Array:
    return value(over(exact(scale, x), sigma * _ROOT_TWO_PI, x))


def _times(factor: jax.Array, terms: jax.Array) -> jax.Array:
    """`factor * terms`, for terms that were formed above underflow."""
    large = jnp.abs(terms) > 1
    before, after = (
        jnp.where(large == first, 1 / _ABOVE_UNDERFLOW, jnp.ones_like(terms))
        for first in (True, False)
    )
    return terms * before * factor * after
