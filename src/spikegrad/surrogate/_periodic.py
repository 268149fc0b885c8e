"""Shapes that oscillate in the membrane potential."""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike

from spikegrad.surrogate._exact import exact, halves
from spikegrad.surrogate._shape import COUNT, POSITIVE, Shape, rounded_once


class SquarewaveFourierSeries(Shape):
    """Slope of a square wave's first Fourier terms: positive and negative in turns.

        grad(x) = 4/T sum_{i=1..n} cos((2 i - 1) w x),  w = 2 pi / T
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

    admissible = {"n": COUNT, "t_period": POSITIVE}

    def __init__(self, n: int = 2, t_period: ArrayLike = 8.0) -> None:
        super().__init__()
        self.n = n
        self.t_period = t_period

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
