"""Shapes that oscillate in the membrane potential."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike

from spikegrad._domains import POSITIVE, TERMS
from spikegrad.surrogate._exact import (
    Pair,
    exact,
    exp_minus,
    halves,
    one_minus_exp,
    product,
    quotient,
    reciprocal,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    PERIODIC,
    REAL,
    Facts,
)
from spikegrad.surrogate.shapes._one_plus import inverse_square, one_plus
from spikegrad.surrogate.shapes._relu import sides
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once


class SquarewaveFourierSeries(Shape):
    """Slope of a square wave's first Fourier terms: positive and negative in turns.

        grad(x) = 4/T sum_{i=1..n} cos((2 i - 1) w x),  w = 2 pi / T,  T = t_period
        fun(x)  = 1/2 + 2/pi sum_{i=1..n} sin((2 i - 1) w x) / (2 i - 1)

    SpikingJelly counts one term less: its `SquarewaveFourierSeries(n)` is ours with `n - 1`.

    Args:
        n: number of terms, a whole number, 1 or more, default 2.
        t_period: the period T, in units of x, positive, default 8. It counts as rounded to the
            dtype of x (float32 for 16-bit x), since a far x has no other phase.

    Facts:
        Peak 4 n / T at multiples of T, area 0 a period, support all x, no tails, even.

    Source:
        Fang et al. (2023), "SpikingJelly: An open-source machine learning infrastructure platform
        for spike-based intelligence".

    Examples:
        >>> from spikegrad.surrogate import SquarewaveFourierSeries
        >>> print(SquarewaveFourierSeries(n=2, t_period=8.0).surrogate_grad(0.0))
        1.0
    """

    n: int = parameter(2, TERMS)
    t_period: ArrayLike = parameter(8.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=4 * self.n / self.t_period,
            area=math.nan,
            half_width=math.nan,
            support=REAL,
            tail=PERIODIC,
        )

    def _harmonics(self, x: jax.Array) -> Iterator[tuple[int, jax.Array, jax.Array]]:
        """Each odd `k`, with `k x` less the nearest multiple of the period, and the period.

        `k w x` rounded as it stands would be off by a whole period from |x| = 1e8 on; a remainder
        is exact, and so is the product of `k` with half of the digits.
        """
        period = jnp.broadcast_to(exact(self.t_period, x).hi, x.shape)
        top, rest = halves(lax.rem(x, period))
        for k in range(1, 2 * int(self.n), 2):
            phase = lax.rem(k * top, period)
            phase = phase - jnp.where(jnp.abs(phase) > period / 2, jnp.sign(phase) * period, 0)
            yield k, phase + k * rest, period

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        terms = jnp.zeros_like(x)
        for _, phase, period in self._harmonics(x):
            # The cosine is the sine of a quarter period less: small angles round less.
            terms += _sine(period / 4 - jnp.abs(phase), period)
        return terms * (4 / exact(self.t_period, x).hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        terms = jnp.zeros_like(x)
        for k, phase, period in self._harmonics(x):
            folded = jnp.sign(phase) * period / 2 - phase
            terms += _sine(jnp.where(jnp.abs(phase) > period / 4, folded, phase), period) / k
        return 0.5 + terms * (2 / math.pi)


def _sine(phase: jax.Array, period: jax.Array) -> jax.Array:
    return jnp.sin(phase * (2 * math.pi) / period)


class PeriodicExponential(Shape):
    """Exponential below the threshold, and a cusp at every multiple of it above.

        grad(x) = exp(x / width)                               for x < 0
                  exp(-rise |d| / width)                       for x >= 0
        fun(x)  = width exp(x / width)                         for x < 0
                  width + 2 n R(threshold/2) + sign(d) R(|d|)  for x >= 0
        d       = x - n threshold,  n = round(x / threshold)
        R(y)    = width/rise (1 - exp(-rise y / width))

    d is the way from the nearest multiple of the threshold, R the integral over the first y of it.

    For neurons that spike several times a step: sinabs' falls twice as fast above the threshold as
    below (`rise=2`), rockpool's does not (`rise=1`, and times 1/threshold).

    Args:
        width: width of the left tail, in units of x, positive, default 0.5.
        threshold: the period, in units of x, positive, default 1, as rounded to the dtype of x.
        rise: how much faster it falls above the threshold, positive, default 2.

    Facts:
        Peak 1 at multiples of the threshold from 0 on, area infinite, support all x,
        left tail exp(x / width), right periodic, not even.

    Source:
        Weidel and Sheik (2021), "WaveSense: Efficient Temporal Convolutions with Spiking Neural
        Networks for Keyword Spotting".

    Examples:
        >>> from spikegrad.surrogate import PeriodicExponential
        >>> print(PeriodicExponential().surrogate_grad(2.0))
        1.0
    """

    width: ArrayLike = parameter(0.5, POSITIVE)
    threshold: ArrayLike = parameter(1.0, POSITIVE)
    rise: ArrayLike = parameter(2.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=math.inf,
            half_width=math.nan,
            support=REAL,
            tail=PERIODIC,
        )

    def _rates(self, x: jax.Array) -> tuple[Pair, Pair]:
        """One over the width, below and above the threshold."""
        below = reciprocal(exact(self.width, x))
        return below, product(below, exact(self.rise, x))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        below, above = self._rates(x)
        left, right = sides(x)
        _, distance, _ = fold(right, exact(self.threshold, x).hi)
        rate = where(x < 0, below, above)
        return exp_minus(product(rate, Pair(jnp.where(x < 0, left, distance))))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        below, above = self._rates(x)
        left, right = sides(x)
        period = exact(self.threshold, x).hi

        def rise(distance: jax.Array) -> jax.Array:
            return value(quotient(one_minus_exp(product(above, Pair(distance))), above))

        width = exact(self.width, x)
        tail = exp_minus(product(below, Pair(left)), width)
        periods = integral_of_periods(rise, right, period)
        return jnp.where(x < 0, tail, width.hi + periods)


class PeriodicInvSquare(Shape):
    """The fast sigmoid's slope below the threshold, and around every whole number above.

        grad(x) = 1 / (1 + beta |d|)^2
        fun(x)  = 1 / (beta (1 + beta |x|))                for x < 0
                  1/beta + 2 n R(1/2) + sign(d) R(|d|)     for x >= 0
        d       = x - n,  n = 0  for x < 0,  else round(x)
        R(y)    = y / (1 + beta y)

    d is the way from the nearest peak, R the integral over the first y of it. Here x counts
    thresholds: (membrane potential - threshold) / threshold.

    Args:
        beta: sharpness, positive, default 100.

    Facts:
        Peak 1 at 0, 1, 2, ..., area infinite, support all x, left tail |x|^-2, right periodic,
        not even.

    Source:
        Rossbroich, Gygax and Zenke (2022), "Fluctuation-driven initialization for spiking neural
        network training" (its library, stork, calls it MultiSpike).

    Examples:
        >>> from spikegrad.surrogate import PeriodicInvSquare
        >>> print(PeriodicInvSquare(beta=2.0).surrogate_grad(1.5))
        0.25
    """

    beta: ArrayLike = parameter(100.0, POSITIVE)

    def facts(self) -> Facts:
        """Closed forms."""
        return Facts(
            peak=1.0,
            area=math.inf,
            half_width=math.nan,
            support=REAL,
            tail=PERIODIC,
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        _, distance, _ = fold(right, 1.0)
        distance = jnp.where(x < 0, left, distance)
        return inverse_square(self.beta, distance)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        left, right = sides(x)
        per_beta = 1 / exact(self.beta, x).hi

        def rise(distance: jax.Array) -> jax.Array:
            return distance / value(one_plus(self.beta, distance))

        tail = per_beta / value(one_plus(self.beta, left))
        periods = integral_of_periods(rise, right, 1.0)
        return jnp.where(x < 0, tail, per_beta + periods)


def fold(x: jax.Array, period: ArrayLike) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Of an `x >= 0`: the multiple below, the distance to the nearest, and whether that is above.

    The remainder is exact, however far out `x` is.
    """
    if isinstance(period, float) and period == 1:  # which takes no division
        rest = x - jnp.floor(x)
    else:
        rest = lax.rem(x, jnp.broadcast_to(period, x.shape))
    above = rest > period / 2
    distance = jnp.where(above, period - rest, rest)
    return x - rest, distance, above


def integral_of_periods(
    rise: Callable[[jax.Array], jax.Array], x: jax.Array, period: ArrayLike
) -> jax.Array:
    """From 0 to `x`, of a gradient that in each period depends on the distance to its ends alone.

    `rise(d)` is the integral over the first `d` of a period.
    """
    below, distance, above = fold(x, period)
    half = rise(jnp.broadcast_to(jnp.asarray(period / 2, x.dtype), x.shape))
    partial = rise(distance)
    return 2 * half / period * below + jnp.where(above, 2 * half - partial, partial)
