"""Shapes that oscillate in the membrane potential."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

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

    Example:
        >>> from spikegrad.surrogate import SquarewaveFourierSeries
        >>> print(SquarewaveFourierSeries(n=2, t_period=8.0).surrogate_grad(0.0))
        1.0
    """

    admissible = {"n": COUNT, "t_period": POSITIVE}

    def __init__(self, n: int = 2, t_period: ArrayLike = 8.0) -> None:
        super().__init__()
        self.n = n
        self.t_period = t_period

    def _terms(
        self, wave: Callable[[jax.Array], jax.Array], x: jax.Array
    ) -> Iterator[tuple[int, jax.Array]]:
        """Each odd harmonic `k` with `wave(k w x)`, its phase reduced to one period without error.

        `k w x` rounded as it stands would be off by a whole period from |x| = 1e8 on.
        """
        period = jnp.broadcast_to(exact(self.t_period, x).hi, x.shape)
        top, rest = halves(lax.rem(x, period))
        for k in range(1, 2 * int(self.n), 2):
            phase = lax.rem(k * top, period) + k * rest
            yield k, wave(phase * (2 * math.pi / period))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        terms = sum(term for _, term in self._terms(jnp.cos, x))
        return terms * (4 / exact(self.t_period, x).hi)

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        terms = sum(term / k for k, term in self._terms(jnp.sin, x))
        return 0.5 + terms * (2 / math.pi)
