"""Shapes of compact support: only neurons near the threshold learn, the others cost nothing."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import NUMBER, POSITIVE, require_rising
from spikegrad.surrogate._exact import (
    Pair,
    as_float,
    exact,
    exp_minus,
    exp_minus_scaled,
    magnitude,
    minus,
    one_minus_exp,
    product,
    quotient,
    scaled,
    times,
    total,
    value,
    where,
)
from spikegrad.surrogate._facts import (
    ACOSH_ROOT_2,
    COMPACT,
    Facts,
    Tail,
)
from spikegrad.surrogate.shapes._one_plus import inverse_square, one_plus
from spikegrad.surrogate.shapes._shape import Shape, parameter, rounded_once, with_slopes


def _positive_part(a: Pair) -> jax.Array:
    rest = value(a)
    return jnp.where(rest > 0, rest, jnp.zeros_like(rest))


class PiecewiseQuadratic(Shape):
    """A triangle of area 1: the slope of two parabolas that join at the threshold.

        grad(x) = alpha max(0, 1 - alpha |x|)
        fun(x)  = (1 + u)^2 / 2         for x < 0
                  1 - (1 - u)^2 / 2     for x >= 0
        u       = clip(alpha x, -1, 1)

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

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha,
            area=1.0,
            half_width=0.5 / self.alpha,
            support=(-1 / self.alpha, 1 / self.alpha),
            tail=COMPACT,
        )

    def _rest(self, distance: jax.Array) -> jax.Array:
        z = times(self.alpha, Pair(distance))
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

    alpha: ArrayLike = parameter(0.3, POSITIVE)
    width: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha * self.width,
            area=self.alpha * self.width * self.width,
            half_width=self.width / 2,
            support=(-self.width, self.width),
            tail=COMPACT,
        )

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


class Rect(Shape):
    """A box of area 1: every neuron near the threshold learns alike, the others not at all.

        grad(x) = alpha               for |x| < 1 / (2 alpha),  else 0
        fun(x)  = clip(alpha x + 1/2, 0, 1)

    A box of height h and full width w is `(h * w) * Rect(1 / w)`.

    Args:
        alpha: sharpness, positive, default 1; height and one over the full width.

    Facts:
        Peak alpha, area 1, support |x| < 1 / (2 alpha), no tails, even.

    Source:
        Wu, Deng, Li, Zhu and Shi (2018), "Spatio-Temporal Backpropagation for Training
        High-Performance Spiking Neural Networks".

    Examples:
        >>> from spikegrad.surrogate import Rect
        >>> print(Rect(alpha=1.0).surrogate_grad(0.25))
        1.0
    """

    alpha: ArrayLike = parameter(1.0, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.alpha,
            area=1.0,
            half_width=0.5 / self.alpha,
            support=(-0.5 / self.alpha, 0.5 / self.alpha),
            tail=COMPACT,
        )

    def _rest(self, distance: jax.Array) -> jax.Array:
        z = times(self.alpha, Pair(distance))
        return _positive_part(total(exact(0.5, distance), minus(z)))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        inside = self._rest(magnitude(x)) > 0
        return jnp.where(inside, exact(self.alpha, x).hi, jnp.zeros_like(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        tail = self._rest(magnitude(x))
        return jnp.where(x < 0, tail, 1 - tail)


# The derivative of y / tanh(y) as a series in y^2, less a factor of y: enough for y < 1/2.
_COTH = (
    2 / 3, -4 / 45, 4 / 315, -0.001693121693121693122, 0.0002137779915557693335,
    -2.59728513696767665e-5, 3.069632699262328892e-6, -3.554337406396748652e-7,
    4.051412373025618714e-8, -4.561030240918436573e-9, 5.083415171780577301e-10,
)  # fmt: skip


class Dspike(Shape):
    """Slope of a hyperbolic tangent cut to a window and stretched to area 1.

        grad(x) = b / (2 tanh(b r) cosh(b x)^2)  for |x| <= r,  else 0
        fun(x)  = 1/2 + tanh(b u) / (2 tanh(b r)),  u = clip(x, -r, r)

    Towards b = 0 it is a box of width 2 r, towards infinity the step itself.

    Args:
        b: temperature (sharpness), positive, default 3.
        r: half the width of the window, in units of x, positive, default 0.5, as in the paper.
            Copies of its code in circulation have 1.

    Facts:
        Peak b / (2 tanh(b r)) at 0, area 1, support |x| <= r with a jump at its edges, even.

    Source:
        Li et al. (2021), "Differentiable Spike: Rethinking Gradient-Descent for Training Spiking
        Neural Networks".

    Examples:
        >>> from spikegrad.surrogate import Dspike
        >>> print(f"{Dspike(b=3.0, r=0.5).surrogate_grad(0.0):.4f}")
        1.6572
    """

    b: ArrayLike = parameter(3.0, POSITIVE)
    r: ArrayLike = parameter(0.5, POSITIVE)

    def facts(self: Any) -> Facts:
        """Closed forms."""
        return Facts(
            peak=self.b / (2 * np.tanh(self.b * self.r)),
            area=1.0,
            half_width=min(ACOSH_ROOT_2 / self.b, self.r),
            support=(-self.r, self.r),
            tail=COMPACT,
        )

    def _parts(self, distance: jax.Array) -> tuple[Pair, Pair, Pair]:
        """`2 b`, the distance to the edge, and `1 - exp(-2 b r)`."""
        twice_b, r = scaled(exact(self.b, distance), 2.0), exact(self.r, distance)
        return twice_b, total(r, Pair(-distance)), one_minus_exp(product(twice_b, r))

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        def bell(b: ArrayLike, r: ArrayLike, d: jax.Array) -> jax.Array:
            """`1 / cosh(b d)^2 / 4` in the window."""
            t, scale = exp_minus_scaled(product(scaled(exact(b, d), 2.0), Pair(d)))
            inside = total(exact(r, d), Pair(-d)).hi >= 0
            return jnp.where(inside, scale * t / jnp.square(1 + t), jnp.zeros_like(d))

        def edge(b: ArrayLike, r: ArrayLike, d: jax.Array) -> tuple[Pair, Pair, jax.Array]:
            """`b r`, `1 - exp(-2 b r)` and `exp(-2 b r)`."""
            y = product(exact(b, d), exact(r, d))
            twice = scaled(y, 2.0)
            return y, one_minus_exp(twice), exp_minus(twice)

        def slope(b: ArrayLike, r: ArrayLike, d: jax.Array) -> jax.Array:
            _, whole, t_edge = edge(b, r, d)
            # tanh(b r) = (1 - t_edge) / (1 + t_edge).
            above = product(scaled(exact(b, d), 2.0), total(exact(1.0, d), Pair(t_edge)))
            return value(quotient(above, whole)) * bell(b, r, d)

        def by_b(b: ArrayLike, r: ArrayLike, d: jax.Array) -> jax.Array:
            y, whole, t_edge = edge(b, r, d)
            # The derivative of y / tanh(y), whose two terms cancel where y is small.
            near = y.hi < 0.5
            small = jnp.where(near, y.hi, jnp.zeros_like(d))
            series = jnp.zeros_like(d)
            for coefficient in _COTH[::-1]:
                series = series * small * small + coefficient
            over_whole = 1 / jnp.where(near, jnp.ones_like(d), value(whole))
            far = over_whole * (1 + t_edge - 4 * y.hi * t_edge * over_whole)
            along = -2 * jnp.tanh(exact(b, d).hi * d) * (slope(b, r, d) * d)
            return 2 * jnp.where(near, small * series, far) * bell(b, r, d) + along

        def by_r(b: ArrayLike, r: ArrayLike, d: jax.Array) -> jax.Array:
            y, whole, _ = edge(b, r, d)
            # b / sinh(b r)
            ratio = value(quotient(scaled(exact(b, d), 2.0), whole)) * exp_minus(y)
            return -2 * (ratio * (ratio * bell(b, r, d)))

        def by_distance(b: ArrayLike, r: ArrayLike, d: jax.Array) -> jax.Array:
            steep = exact(b, d).hi
            return -2 * steep * jnp.tanh(steep * d) * slope(b, r, d)

        return with_slopes(slope, (by_b, by_r, by_distance), self.b, self.r, magnitude(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        twice_b, rest, whole = self._parts(magnitude(x))
        t = exp_minus(product(twice_b, Pair(magnitude(x))))
        inside = rest.hi > 0
        gap = product(twice_b, where(inside, rest, exact(0.0, x)))
        tail = t / (1 + t) * value(quotient(one_minus_exp(gap), whole))
        tail = jnp.where(inside, tail, jnp.zeros_like(x))
        return jnp.where(x < 0, tail, 1 - tail)


class WindowedInvSquare(Shape):
    """The fast sigmoid's slope in a window: the sparse backward pass of few active neurons.

        grad(x) = 1 / (1 + alpha |x|)^2    for lo < x < hi,  else 0
        fun(x)  = J(u) - J(lo),  J(x) = x / (1 + alpha |x|),  u = clip(x, lo, hi)

    Args:
        alpha: sharpness, positive, default 100.
        lo: lower edge, in units of x, default -0.2; may be minus infinity.
        hi: upper edge, in units of x, above lo, default 0.2; may be infinity.

    Facts:
        Peak 1 at 0 (if inside), area J(hi) - J(lo), support lo < x < hi, no tails,
        even for lo = -hi.

    Source:
        Perez-Nieves and Goodman (2021), "Sparse Spiking Gradient Descent".

    Examples:
        >>> from spikegrad.surrogate import WindowedInvSquare
        >>> print(WindowedInvSquare(alpha=10.0).surrogate_grad(0.1))
        0.25
    """

    alpha: ArrayLike = parameter(100.0, POSITIVE)
    lo: ArrayLike = parameter(-0.2, NUMBER)
    hi: ArrayLike = parameter(0.2, NUMBER)

    def __post_init__(self) -> None:
        self.require_whole()

    def require_whole(self) -> None:
        """Refuse a window that is none."""
        require_rising(type(self).__name__, ("lo", self.lo), ("hi", self.hi))

    def facts(self: Any) -> Facts:
        """Closed forms."""

        def integral(edge: Any) -> Any:
            return np.sign(edge) / (self.alpha + (0.0 if edge == 0 else 1 / abs(edge)))

        nearest = 1 + self.alpha * max(self.lo, -self.hi, 0)
        half = (math.sqrt(2) * nearest - 1) / self.alpha
        bounded = max(-self.lo, self.hi) < math.inf
        return Facts(
            peak=1 / nearest**2,
            area=integral(self.hi) - integral(self.lo),
            half_width=(min(self.hi, half) - max(self.lo, -half)) / 2,
            support=(self.lo, self.hi),
            tail=COMPACT if bounded else Tail("power", 2.0),
        )

    @rounded_once
    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        slope = inverse_square(self.alpha, magnitude(x))
        inside = (as_float(self.lo, x) < x) & (x < as_float(self.hi, x))
        return jnp.where(inside, slope, jnp.zeros_like(x))

    @rounded_once
    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        lo, hi = as_float(self.lo, x), as_float(self.hi, x)
        u = jnp.clip(x, lo, hi)
        bounded = jnp.isfinite(lo)
        lo = jnp.where(bounded, lo, jnp.zeros_like(lo))
        at_u = value(one_plus(self.alpha, magnitude(u)))
        at_lo = value(one_plus(self.alpha, magnitude(lo)))
        # On one side of 0 the difference of the two fractions is one fraction; (u - lo) / at_lo is
        # 1 / alpha for lo = -infinity.
        per_alpha = 1 / exact(self.alpha, x).hi
        from_edge = jnp.maximum(value(total(Pair(u), minus(exact(self.lo, x)))), 0)
        one_side = jnp.where(bounded, from_edge / at_lo, per_alpha) / at_u
        two_sides = jnp.where(bounded, -lo / at_lo, per_alpha) + u / at_u
        far = at_u > jnp.finfo(x.dtype).max / 2
        return jnp.where(
            (u < 0) | (lo > 0),
            jnp.where(far & (lo > 0), per_alpha / at_lo, one_side),
            jnp.where(far, two_sides + per_alpha, two_sides),
        )
