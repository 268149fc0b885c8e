"""`1 + c d` of a parameter and a distance, what powers of it are, and how these change."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad.surrogate._exact import (
    Pair,
    exact,
    minus,
    over_square,
    power,
    product,
    quotient,
    reciprocal,
    times,
    total,
    value,
)
from spikegrad.surrogate.shapes._shape import with_slopes


def one_plus(alpha: ArrayLike, distance: jax.Array) -> Pair:
    """`1 + alpha * distance`, rounded twice."""
    return Pair(1 + value(times(alpha, Pair(distance))))


def share(alpha: ArrayLike, distance: jax.Array) -> jax.Array:
    """`1 / (1 + alpha * distance)`."""
    return 1 / value(one_plus(alpha, distance))


def inverse_square(alpha: ArrayLike, distance: jax.Array) -> jax.Array:
    """`1 / (1 + alpha * distance)**2`."""

    def cubed(factor: jax.Array, r: jax.Array) -> jax.Array:
        return -2 * (factor * r * r * r)

    return with_slopes(
        lambda alpha, d: over_square(1.0, value(one_plus(alpha, d))),
        (
            lambda alpha, d: cubed(d, share(alpha, d)),
            lambda alpha, d: cubed(exact(alpha, d).hi, share(alpha, d)),
        ),
        alpha,
        distance,
    )


def unit_and_product(
    alpha: ArrayLike, scale: ArrayLike | None, distance: jax.Array
) -> tuple[Pair, jax.Array, Pair]:
    """`c`; a unit, which is 1 but where `c d` could overflow; and `c d` in that unit."""
    if scale is None:
        c = quotient(exact(2.0, distance), total(exact(alpha, distance), exact(1.0, distance)))
    else:
        c = exact(scale, distance)
    limits = jnp.finfo(distance.dtype)
    far = c.hi * distance > limits.max / 4
    tiny = 2.0 ** -(limits.maxexp - 27)
    unit = jnp.where(far, tiny * jnp.ones_like(distance), jnp.ones_like(distance))
    return c, unit, product(c, Pair(distance * unit))


def log_one_plus(unit: jax.Array, u: Pair) -> jax.Array:
    """`log(1 + c d)`."""
    return jnp.log1p(value(total(total(Pair(unit), u), Pair(-jnp.ones_like(unit))))) - jnp.log(unit)


def over_one_plus(c: Pair, unit: jax.Array, distance: jax.Array) -> jax.Array:
    """`d / (1 + c d)`."""
    far = unit < 1
    near = jnp.where(far, jnp.zeros_like(distance), distance)
    return jnp.where(far, 1 / value(c), near / (1 + value(c) * near))


def falling_power(alpha: ArrayLike, scale: ArrayLike | None, distance: jax.Array) -> jax.Array:
    """`(1 + c d)**-alpha`, of `c = scale`, or without one `2 / (alpha + 1)`."""

    def slope(alpha: ArrayLike, scale: ArrayLike | None, d: jax.Array) -> jax.Array:
        exponent = minus(exact(alpha, d))
        _, unit, u = unit_and_product(alpha, scale, d)
        plain, rest = power(unit, u, exponent)
        return plain * (1 + rest) * jnp.power(unit, -exponent.hi)

    def by_alpha(alpha: ArrayLike, scale: ArrayLike | None, d: jax.Array) -> jax.Array:
        c, unit, u = unit_and_product(alpha, scale, d)
        share = over_one_plus(c, unit, d)
        if scale is not None:
            return slope(alpha, scale, d) * -log_one_plus(unit, u)
        # c follows alpha, and most of what the logarithm says cancels.
        v = value(c) * share
        series = jnp.zeros_like(v)
        for n in range(16, 1, -1):
            series = v * (1 / n + series)
        excess = jnp.where(v < 0.1, v * series, log_one_plus(unit, u) - v)
        return slope(alpha, scale, d) * -(excess + v / (1 + exact(alpha, d).hi))

    def along(alpha: ArrayLike, scale: ArrayLike | None, d: jax.Array) -> jax.Array:
        return slope(alpha, scale, d) * -exact(alpha, d).hi

    def by_scale(alpha: ArrayLike, scale: ArrayLike | None, d: jax.Array) -> jax.Array:
        c, unit, _ = unit_and_product(alpha, scale, d)
        return along(alpha, scale, d) * over_one_plus(c, unit, d)

    def by_distance(alpha: ArrayLike, scale: ArrayLike | None, d: jax.Array) -> jax.Array:
        c, _, _ = unit_and_product(alpha, scale, d)
        return along(alpha, scale, d) / value(total(reciprocal(c), Pair(d)))

    return with_slopes(slope, (by_alpha, by_scale, by_distance), alpha, scale, distance)
