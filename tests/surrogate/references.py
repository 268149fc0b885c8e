"""The formula of every shape in 50-digit arithmetic, straight from its paper or documentation.

Each reference is `(grad, fun)`, functions of `x` and the parameters as mpmath numbers; the third
entry, where there is one, is the magnitude that the error of sign-changing sums is relative to:
the sum of their terms' magnitudes, for `(grad, fun)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import mpmath as mp

Formula = Callable[..., mp.mpf]
HALF = mp.mpf(1) / 2


class Reference(NamedTuple):
    grad: Formula
    fun: Formula
    """The relaxation, or for a shape without one its antiderivative."""
    grad_terms: Formula | None = None
    fun_terms: Formula | None = None


def exp(z: mp.mpf) -> mp.mpf:
    """mpmath's own takes seconds to tell how small `exp(-1e600)` is."""
    return mp.mpf(0) if z < -1e5 else mp.exp(min(z, 1e5))


def logistic(z: mp.mpf) -> mp.mpf:
    return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))


def normal(x: mp.mpf, mean: mp.mpf, deviation: mp.mpf) -> mp.mpf:
    return exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * mp.sqrt(2 * mp.pi))


def erfc(z: mp.mpf) -> mp.mpf:
    """mpmath's own cannot tell how small `erfc(1e200)` is."""
    return mp.erfc(z) if abs(z) < 1e5 else mp.mpf(2 if z < 0 else 0)


def below(x: mp.mpf, mean: mp.mpf, deviation: mp.mpf) -> mp.mpf:
    return erfc(-(x - mean) / (deviation * mp.sqrt(2))) / 2


def rising(tail: Formula, height: Formula = lambda **_: mp.mpf(1)) -> Formula:
    """A function that rises symmetrically to `height`, by its tail at a distance on the left.

    50 digits do not help a formula that takes 1/2 from 1/2 at 1e-200.
    """
    return lambda x, **p: tail(-x, **p) if x < 0 else height(**p) - tail(x, **p)


def multi_gaussian(of: Formula, sign: int) -> Formula:
    def formula(x: mp.mpf, h: mp.mpf, s: mp.mpf, sigma: mp.mpf, scale: mp.mpf) -> mp.mpf:
        middle = (1 + h) * of(x, 0, sigma)
        sides = h * of(x, sigma, s * sigma) + h * of(x, -sigma, s * sigma)
        if sign < 0:
            return scale * (middle - sides)
        return abs(scale) * (abs(middle) + abs(sides))

    return formula


def sech2(z: mp.mpf) -> mp.mpf:
    return 4 * exp(-2 * abs(z)) / (1 + exp(-2 * abs(z))) ** 2


def hypot1(z: mp.mpf) -> mp.mpf:
    return mp.sqrt(1 + z**2)


def sign_swish_slope(z: mp.mpf, sign: int) -> mp.mpf:
    return (2 + sign * z * mp.tanh(z / 2)) * sech2(z / 2) / 2


def windowed_integral(u: mp.mpf, alpha: mp.mpf, lo: mp.mpf) -> mp.mpf:
    if mp.isinf(lo):
        return 1 / (alpha * (1 - alpha * u)) if u < 0 else 1 / alpha + u / (1 + alpha * u)
    return u / (1 + alpha * abs(u)) - lo / (1 + alpha * abs(lo))


def escape_integral(x: mp.mpf, p0: mp.mpf, delta_u: mp.mpf, cap: mp.mpf) -> mp.mpf:
    corner = mp.inf if mp.isinf(cap) else delta_u * mp.log(cap * delta_u / p0)
    if x > corner:
        return cap * delta_u + cap * (x - corner)
    return p0 * exp(x / delta_u)


def to_multiple(x: mp.mpf, period: mp.mpf) -> mp.mpf:
    rest = mp.fmod(x, period)
    return min(rest, period - rest)


def periods(x: mp.mpf, period: mp.mpf, rise: Formula) -> mp.mpf:
    rest = mp.fmod(x, period)
    whole = (x - rest) / period
    partial = rise(rest) if rest <= period / 2 else 2 * rise(period / 2) - rise(period - rest)
    return 2 * whole * rise(period / 2) + partial


def q_pseudo_spike_rise(x: mp.mpf, alpha: mp.mpf, scale: mp.mpf | None = None) -> mp.mpf:
    c = scale or 2 / (alpha + 1)
    if alpha == 1:
        return mp.log1p(c * abs(x)) / c
    return ((1 + c * abs(x)) ** (1 - alpha) - 1) / (c * (1 - alpha))


def triangle_integral(x: mp.mpf, height: mp.mpf, width: mp.mpf) -> mp.mpf:
    rest = max(1 - abs(x) / width, mp.mpf(0))
    return height * width * (rest**2 / 2 if x < 0 else 1 - rest**2 / 2)


def harmonics(n: mp.mpf) -> list[int]:
    return [2 * i - 1 for i in range(1, int(n) + 1)]


REFERENCES: dict[str, Reference] = {
    "Sigmoid": Reference(
        lambda x, alpha: alpha * logistic(alpha * x) * logistic(-alpha * x),
        lambda x, alpha: logistic(alpha * x),
    ),
    "PiecewiseExp": Reference(
        lambda x, alpha: alpha / 2 * exp(-alpha * abs(x)),
        rising(lambda d, alpha: exp(-alpha * d) / 2),
    ),
    "SlayerGrad": Reference(
        lambda x, alpha: exp(-alpha * abs(x)),
        rising(lambda d, alpha: exp(-alpha * d) / alpha, lambda alpha: 2 / alpha),
    ),
    "SoftSign": Reference(
        lambda x, alpha: alpha / 2 / (1 + alpha * abs(x)) ** 2,
        rising(lambda d, alpha: HALF / (1 + alpha * d)),
    ),
    "InvSquareGrad": Reference(
        lambda x, alpha: 1 / (1 + alpha * abs(x)) ** 2,
        rising(lambda d, alpha: 1 / (alpha * (1 + alpha * d)), lambda alpha: 2 / alpha),
    ),
    "NonzeroSignLog": Reference(
        lambda x, alpha: alpha / (1 + alpha * abs(x)),
        lambda x, alpha: (-1 if x < 0 else 1) * mp.log1p(alpha * abs(x)),
    ),
    "Arctan": Reference(
        lambda x, alpha: alpha / 2 / (1 + (mp.pi / 2 * alpha * x) ** 2),
        rising(lambda d, alpha: mp.atan2(1, mp.pi / 2 * alpha * d) / mp.pi),
    ),
    "QPseudoSpike": Reference(
        lambda x, alpha, scale=None: (1 + (scale or 2 / (alpha + 1)) * abs(x)) ** -alpha,
        lambda x, alpha, scale=None: HALF + mp.sign(x) * q_pseudo_spike_rise(x, alpha, scale),
        None,
        lambda x, alpha, scale=None: HALF + q_pseudo_spike_rise(x, alpha, scale),
    ),
    "SignSwish": Reference(
        lambda x, beta: sign_swish_slope(beta * abs(x), -1) * beta,
        lambda x, beta: 2 * logistic(beta * x) * (1 + beta * x * logistic(-beta * x)),
        lambda x, beta: sign_swish_slope(beta * abs(x), 1) * beta,
        lambda x, beta: 2 * logistic(beta * x) * (1 + abs(beta * x) * logistic(-beta * x)),
    ),
    "AlgebraicSigmoid": Reference(
        lambda x, alpha: (1 + (x / alpha) ** 2) ** (-3 * HALF),
        rising(
            lambda d, alpha: alpha / (hypot1(d / alpha) * (hypot1(d / alpha) + d / alpha)),
            lambda alpha: 2 * alpha,
        ),
    ),
    "ClippedReciprocal": Reference(
        lambda x, alpha: min(alpha, 1 / abs(x)) if x else alpha,
        rising(lambda d, alpha: HALF - alpha * d if alpha * d <= 1 else -HALF - mp.log(alpha * d)),
        None,
        lambda x, alpha: (
            HALF + (alpha * abs(x) if alpha * abs(x) <= 1 else 1 + mp.log(alpha * abs(x)))
        ),
    ),
    "Rect": Reference(
        lambda x, alpha: alpha if abs(x) < 1 / (2 * alpha) else 0,
        rising(lambda d, alpha: max(HALF - alpha * d, 0)),
    ),
    "Dspike": Reference(
        lambda x, b, r: b / (2 * mp.tanh(b * r)) * sech2(b * x) if abs(x) <= r else 0,
        rising(
            lambda d, b, r: (
                mp.sinh(b * (r - d)) / (2 * mp.sinh(b * r) * mp.cosh(b * d)) if d < r else 0
            )
        ),
    ),
    "WindowedInvSquare": Reference(
        lambda x, alpha, lo, hi: (1 + alpha * abs(x)) ** -2 if lo < x < hi else 0,
        lambda x, alpha, lo, hi: windowed_integral(min(max(x, lo), hi), alpha, lo),
    ),
    "StraightThrough": Reference(lambda x: 1, lambda x: HALF + x, None, lambda x: HALF + abs(x)),
    "GradedExp": Reference(
        lambda x, tau, scale: scale * exp(min(x, 0) / tau),
        lambda x, tau, scale: scale * tau * exp(min(x, 0) / tau) + scale * max(x, 0),
    ),
    "ExponentialEscape": Reference(
        lambda x, p0, delta_u, cap: min(p0 / delta_u * exp(x / delta_u), cap),
        lambda x, p0, delta_u, cap: escape_integral(x, p0, delta_u, cap),
    ),
    "ClampedInvSquare": Reference(
        lambda x, beta: (1 + beta * max(-x, 0)) ** -2,
        lambda x, beta: 1 / (beta * (1 + beta * max(-x, 0))) + max(x, 0),
    ),
    "HardTanhOffset": Reference(
        lambda x, beta: 1 + min(max(beta * x, -1), 1),
        lambda x, beta: 2 * x if beta * x > 1 else max(1 + beta * x, 0) ** 2 / (2 * beta),
    ),
    "TanhOffset": Reference(
        lambda x, beta: 1 + sech2(beta * x),
        lambda x, beta: HALF + x + mp.tanh(beta * x) / beta,
        None,
        lambda x, beta: HALF + abs(x) + mp.tanh(beta * abs(x)) / beta,
    ),
    "SigmoidRamp": Reference(
        lambda x, shift: logistic(x - shift),
        lambda x, shift: max(x - shift, 0) + mp.log1p(exp(-abs(x - shift))),
    ),
    "PeriodicExponential": Reference(
        lambda x, width, threshold, rise: (
            exp(x / width) if x < 0 else exp(-rise / width * to_multiple(x, threshold))
        ),
        lambda x, width, threshold, rise: (
            width * exp(x / width)
            if x < 0
            else width
            + periods(x, threshold, lambda d: width / rise * (1 - exp(-rise / width * d)))
        ),
    ),
    "PeriodicInvSquare": Reference(
        lambda x, beta: (1 + beta * (-x if x < 0 else to_multiple(x, 1))) ** -2,
        lambda x, beta: (
            1 / (beta * (1 - beta * x))
            if x < 0
            else 1 / beta + periods(x, 1, lambda d: d / (1 + beta * d))
        ),
    ),
    "ERF": Reference(
        lambda x, alpha: alpha / mp.sqrt(mp.pi) * exp(-((alpha * x) ** 2)),
        lambda x, alpha: erfc(-alpha * x) / 2,
    ),
    "GaussianGrad": Reference(
        lambda x, sigma, alpha: alpha * normal(x, 0, sigma),
        lambda x, sigma, alpha: alpha * below(x, 0, sigma),
    ),
    "MultiGaussianGrad": Reference(
        multi_gaussian(normal, -1),
        multi_gaussian(below, -1),
        multi_gaussian(normal, 1),
        multi_gaussian(below, 1),
    ),
    "PiecewiseQuadratic": Reference(
        lambda x, alpha: alpha * max(0, 1 - alpha * abs(x)),
        lambda x, alpha: triangle_integral(x, alpha, 1 / alpha),
    ),
    "ReluGrad": Reference(
        lambda x, alpha, width: alpha * max(0, width - abs(x)),
        lambda x, alpha, width: triangle_integral(x, alpha * width, width),
    ),
    "PiecewiseLeakyRelu": Reference(
        lambda x, c, w: 1 / (2 * w) if abs(x) <= w else c,
        lambda x, c, w: HALF + max(min(x, w), -w) / (2 * w) + c * (x - max(min(x, w), -w)),
        None,
        lambda x, c, w: HALF + min(abs(x), w) / (2 * w) + abs(c) * max(abs(x) - w, 0),
    ),
    "LeakyRelu": Reference(
        lambda x, alpha, beta: alpha if x < 0 else beta,
        lambda x, alpha, beta: alpha * x if x < 0 else beta * x,
    ),
    "LogTailedRelu": Reference(
        lambda x, alpha: alpha if x <= 0 else 1 / max(x, 1),
        lambda x, alpha: alpha * x if x <= 0 else min(x, 1) + mp.log(max(x, 1)),
    ),
    "S2NN": Reference(
        lambda x, alpha, beta: (
            alpha * logistic(alpha * x) * logistic(-alpha * x) if x < 0 else beta / (1 + x)
        ),
        lambda x, alpha, beta: logistic(alpha * x) if x < 0 else HALF + beta * mp.log1p(x),
    ),
    "SquarewaveFourierSeries": Reference(
        lambda x, n, t_period: (
            4 / t_period * mp.fsum(mp.cos(k * 2 * mp.pi / t_period * x) for k in harmonics(n))
        ),
        lambda x, n, t_period: (
            HALF
            + 2 / mp.pi * mp.fsum(mp.sin(k * 2 * mp.pi / t_period * x) / k for k in harmonics(n))
        ),
        lambda x, n, t_period: 4 / t_period * n,
        lambda x, n, t_period: HALF + 2 / mp.pi * mp.fsum(mp.mpf(1) / k for k in harmonics(n)),
    ),
}
