"""The gradient of every shape as a user would write it: one line of plain jax.numpy.

Where braintools has the shape, the formula is braintools'. A test holds them all against the
library, so that what the benchmark compares with is the same function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def _density(x: jax.Array, mean: float, deviation: float) -> jax.Array:
    return jnp.exp(-((x - mean) ** 2) / (2 * deviation**2)) / (
        jnp.sqrt(2 * jnp.pi).astype(x.dtype) * deviation
    )


def _slope(z: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(z) * (1 - jax.nn.sigmoid(z))


NAIVE: dict[str, Callable[..., jax.Array]] = {
    "Sigmoid": lambda x, alpha: alpha * _slope(alpha * x),
    "PiecewiseExp": lambda x, alpha: alpha / 2 * jnp.exp(-alpha * jnp.abs(x)),
    "SlayerGrad": lambda x, alpha: jnp.exp(-alpha * jnp.abs(x)),
    "SoftSign": lambda x, alpha: alpha * 0.5 / (1 + jnp.abs(alpha * x)) ** 2,
    "InvSquareGrad": lambda x, alpha: 1 / (alpha * jnp.abs(x) + 1) ** 2,
    "NonzeroSignLog": lambda x, alpha: 1 / (1 / alpha + jnp.abs(x)),
    "Arctan": lambda x, alpha: alpha * 0.5 / (1 + (jnp.pi / 2 * alpha * x) ** 2),
    "QPseudoSpike": lambda x, alpha, scale: jnp.power(
        1 + (2 / (alpha + 1) if scale is None else scale) * jnp.abs(x), -alpha
    ),
    "SignSwish": lambda x, beta: (
        beta * (2 - beta * x * jnp.tanh(beta * x / 2)) / (1 + jnp.cosh(beta * x))
    ),
    "AlgebraicSigmoid": lambda x, alpha: (1 + (x / alpha) ** 2) ** -1.5,
    "ClippedReciprocal": lambda x, alpha: jnp.minimum(alpha, 1 / jnp.abs(x)),
    "Rect": lambda x, alpha: alpha * (jnp.abs(x) < 0.5 / alpha).astype(x.dtype),
    "Dspike": lambda x, b, r: jnp.where(
        jnp.abs(x) <= r, b / 2 / jnp.tanh(b * r) / jnp.cosh(b * x) ** 2, 0.0
    ),
    "WindowedInvSquare": lambda x, alpha, lo, hi: jnp.where(
        (x > lo) & (x < hi), 1 / (1 + alpha * jnp.abs(x)) ** 2, 0.0
    ),
    "StraightThrough": lambda x: jnp.ones_like(x),
    "GradedExp": lambda x, tau, scale: scale * jnp.exp(jnp.minimum(x, 0) / tau),
    "ExponentialEscape": lambda x, p0, delta_u, cap: jnp.minimum(
        p0 / delta_u * jnp.exp(x / delta_u), cap
    ),
    "ClampedInvSquare": lambda x, beta: 1 / (1 + beta * jnp.maximum(-x, 0)) ** 2,
    "HardTanhOffset": lambda x, beta: 1 + jnp.clip(beta * x, -1, 1),
    "TanhOffset": lambda x, beta: 2 - jnp.tanh(beta * x) ** 2,
    "SigmoidRamp": lambda x, shift: jax.nn.sigmoid(x - shift),
    "PeriodicExponential": lambda x, width, threshold, rise: jnp.where(
        x < 0,
        jnp.exp(x / width),
        jnp.exp(-rise / width * jnp.abs(x - threshold * jnp.round(x / threshold))),
    ),
    "PeriodicInvSquare": lambda x, beta: (
        1 / (1 + beta * jnp.abs(jnp.where(x < 0, x, x - jnp.round(x)))) ** 2
    ),
    "ERF": lambda x, alpha: alpha / jnp.sqrt(jnp.pi).astype(x.dtype) * jnp.exp(-(alpha**2) * x * x),
    "GaussianGrad": lambda x, sigma, alpha: alpha * _density(x, 0.0, sigma),
    "MultiGaussianGrad": lambda x, h, s, sigma, scale: (
        scale
        * (
            _density(x, 0.0, sigma) * (1 + h)
            - _density(x, sigma, s * sigma) * h
            - _density(x, -sigma, s * sigma) * h
        )
    ),
    "PiecewiseQuadratic": lambda x, alpha: jnp.where(
        jnp.abs(x) > 1 / alpha, 0.0, -(alpha**2) * jnp.abs(x) + alpha
    ),
    "ReluGrad": lambda x, alpha, width: jnp.maximum(alpha * width - jnp.abs(x) * alpha, 0),
    "PiecewiseLeakyRelu": lambda x, c, w: jnp.where(jnp.abs(x) > w, c, 1 / (2 * w)),
    "LeakyRelu": lambda x, alpha, beta: jnp.where(x < 0, alpha, beta),
    "LogTailedRelu": lambda x, alpha: jnp.where(
        x > 1, 1 / jnp.where(x > 1, x, 1.0), jnp.where(x > 0, 1.0, alpha)
    ),
    "S2NN": lambda x, alpha, beta: jnp.where(
        x < 0, alpha * _slope(alpha * x), beta / (jnp.where(x < 0, 1.0, x) + 1)
    ),
    "SquarewaveFourierSeries": lambda x, n, t_period: (
        4
        / t_period
        * sum(jnp.cos((2 * i - 1) * 2 * jnp.pi / t_period * x) for i in range(1, n + 1))
    ),
}
"""The gradient of each class of the catalogue, by `x` and the parameters of the class."""


def spike(shape: str, **parameters: Any) -> Callable[[jax.Array], jax.Array]:
    """The step with a naive gradient, in the ten lines of `jax.custom_jvp` that a user writes."""
    formula = NAIVE[shape]

    @jax.custom_jvp
    def step(x: jax.Array) -> jax.Array:
        return (x >= 0).astype(x.dtype)

    @step.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (x_dot,) = primals, tangents
        return step(x), formula(x, **parameters).astype(x.dtype) * x_dot

    return step
