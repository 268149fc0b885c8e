"""Numerical helpers that keep the last digits.

A number is carried as a `Pair`, the unevaluated sum of a float and the small rest that its rounding
left out (Dekker 1971, "A floating-point technique for extending the available precision"). The
rounding of `alpha * x` alone would cost an exponential 60 units in the last place, that of
`(alpha * x)**2` more than 150; the rest, applied to first order, takes both away.

The rests are constants to automatic differentiation: derivatives flow through the first part.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_derivatives import SymbolicZero
from numpy.polynomial import chebyshev


class Pair(NamedTuple):
    """The number `hi + lo`, with `lo` far below the last digit of `hi` (None: exactly 0)."""

    hi: jax.Array
    lo: jax.Array | None = None


def as_float(value: Any, like: jax.Array) -> jax.Array:
    """A parameter that may be infinite, in the dtype of `like`."""
    if isinstance(value, int | float | np.number):
        return jnp.full_like(like, float(value))
    return exact(value, like).hi


def saturated(y: jax.Array, dtype: Any = None) -> jax.Array:
    """The largest number of a dtype (that of `y`) in place of one beyond it or an infinity."""
    largest = jnp.finfo(y.dtype if dtype is None else dtype).max.astype(y.dtype)
    return jnp.clip(y, -largest, largest)


def in_float32(function: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """`function(x)`, computed in float32 for an `x` of 16 bits and rounded once.

    A result beyond the largest number of the dtype of `x` becomes that number, not infinity.
    """
    if x.dtype.itemsize >= 4:
        return function(x)
    return saturated(function(x.astype(np.float32)), x.dtype).astype(x.dtype)


def exact(value: Any, like: jax.Array) -> Pair:
    """A parameter as a Pair in the dtype of `like`: a Python number keeps all of its digits."""
    if isinstance(value, int | float | np.number):
        largest = float(jnp.finfo(like.dtype).max)
        number = min(max(float(value), -largest), largest)
        rest = number - float(np.asarray(number, like.dtype))
        # Full arrays, since a kernel for a GPU cannot take the bits of a literal apart.
        return Pair(jnp.full_like(like, number), jnp.full_like(like, rest) if rest else None)
    array = jnp.asarray(value).astype(like.dtype)
    return Pair(array if array.ndim in (0, like.ndim) else jnp.broadcast_to(array, like.shape))


def half_pi(like: jax.Array) -> Pair:
    """`pi / 2` in the dtype of `like`, with digits that float64 alone does not have."""
    return total(exact(math.pi / 2, like), exact(6.123233995736766e-17, like))


def magnitude(x: jax.Array) -> jax.Array:
    """`abs(x)` with the derivative from the right at 0, whatever convention JAX's own has there.

    A relaxation made of it has its slope at 0; a gradient with a kink there, its right derivative.
    """
    return jnp.where(x < 0, -x, x)


def _without_last_bits(x: jax.Array, bits: int) -> jax.Array:
    kind: Any = {4: np.uint32, 8: np.uint64}[x.dtype.itemsize]
    ones = np.iinfo(kind).max
    kept = lax.bitcast_convert_type(x, kind) & kind(ones << bits & ones)
    return lax.bitcast_convert_type(kept, x.dtype)


def halves(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Split so that products of halves are exact (mask: a multiplication could overflow)."""
    top = _without_last_bits(x, (jnp.finfo(x.dtype).nmant + 2) // 2)
    return top, x - top


@jax.custom_jvp
def _opaque(x: jax.Array) -> jax.Array:
    """`x` less its last bit: a value that a compiler cannot see through.

    A fused multiply-add in `a * b - hi`, or the rewriting of `(1 + b) - 1` to `b`, would cancel the
    very rounding error that is to be measured.
    """
    return _without_last_bits(x, 1)


@_opaque.defjvp
def _opaque_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    return _opaque(*primals), tangents[0]


def _rest(lo: jax.Array) -> jax.Array:
    """Take a rest out of differentiation, and take 0 where the first part overflowed."""
    return lax.stop_gradient(jnp.where(jnp.abs(lo) < jnp.inf, lo, jnp.zeros_like(lo)))


def _minus_product(start: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """`start - a * b` without rounding, for a `start` that is close to the product."""
    a_top, a_rest = halves(a)
    b_top, b_rest = halves(b)
    return ((start - a_top * b_top) - a_top * b_rest - a_rest * b_top) - a_rest * b_rest


def _finite(product: jax.Array, of: jax.Array) -> jax.Array:
    """The largest number in place of an infinity that a finite factor has made.

    The derivative of that would be NaN.
    """
    largest = jnp.finfo(product.dtype).max
    return jnp.where(jnp.isinf(of), product, lax.clamp(-largest, product, largest))


def product(a: Pair, b: Pair) -> Pair:
    """`a * b`, and the largest number where that would be infinite for a finite `b`."""
    hi = _opaque(_finite(a.hi * b.hi, b.hi))
    lo = -_minus_product(hi, a.hi, b.hi)
    if a.lo is not None:
        lo += a.lo * b.hi
    if b.lo is not None:
        lo += a.hi * b.lo
    return Pair(hi, _rest(lo))


def times(factor: Any, b: Pair, *, may_overflow: bool = False) -> Pair:
    """`factor * b` of a parameter: one multiplication where that is a power of 2.

    Where a limit follows anyway, `may_overflow` saves to keep a finite `b` finite.
    """
    if not _is_power_of_2(factor):
        return product(exact(factor, b.hi), b)
    plain = b.hi * float(factor)
    hi = plain if may_overflow or abs(factor) <= 1 else _finite(plain, b.hi)
    return Pair(hi, None if b.lo is None else b.lo * float(factor))


def over(b: Pair, divisor: Any, like: jax.Array | None = None) -> Pair:
    """`b / divisor` of a parameter, for a `b` that is a parameter too with the `x` it is for."""
    if _is_power_of_2(divisor):
        return times(1 / divisor, b)
    a = exact(divisor, b.hi if like is None else like)
    # Of a constant nothing goes through the derivative of `1 / a`, which overflows for a small one.
    return product(reciprocal(a), b) if isinstance(divisor, int | float) else _over(b, a.hi)


@jax.custom_jvp
def _over(b: Pair, a: jax.Array) -> Pair:
    return product(reciprocal(Pair(a)), b)


@functools.partial(_over.defjvp, symbolic_zeros=True)
def _over_jvp(primals: Any, tangents: Any) -> tuple[Pair, Pair]:
    b, a = primals
    z = _over(b, a)
    dots = []
    if not isinstance(tangents[0].hi, SymbolicZero):
        dots.append(tangents[0].hi / a)
    if not isinstance(tangents[1], SymbolicZero):
        # Far from infinite, since `a` may be a multiple of what is differentiated by.
        largest = jnp.finfo(a.dtype).max / 4
        dots.append(jnp.clip(z.hi / -a, -largest, largest) * tangents[1])
    dot = sum(dots[1:], dots[0]) if dots else jnp.zeros_like(z.hi)
    return z, Pair(dot, None if z.lo is None else jnp.zeros_like(z.lo))


def _is_power_of_2(value: Any) -> bool:
    is_number = isinstance(value, int | float | np.number)
    # Within float32, and its reciprocal too.
    return is_number and abs(math.frexp(value)[0]) == 0.5 and 2.0**-100 < abs(value) < 2.0**100


def quotient(a: Pair, b: Pair) -> Pair:
    """`a / b`."""
    hi = _opaque(a.hi / b.hi)
    remainder = _minus_product(a.hi, hi, b.hi)
    if a.lo is not None:
        remainder += a.lo
    if b.lo is not None:
        remainder -= hi * b.lo
    return Pair(hi, _rest(remainder / b.hi))


def reciprocal(a: Pair) -> Pair:
    """`1 / a`: of a parameter, so that its product with `x` does for a quotient, and is cheaper."""
    return quotient(Pair(jnp.ones_like(a.hi)), a)


def total(a: Pair, b: Pair) -> Pair:
    """`a + b` (Dekker's fast two-sum)."""
    hi = _opaque(a.hi + b.hi)
    a_larger = jnp.abs(a.hi) >= jnp.abs(b.hi)
    large, small = jnp.where(a_larger, a.hi, b.hi), jnp.where(a_larger, b.hi, a.hi)
    lo = (large - hi) + small
    if a.lo is None and b.lo is None:
        return Pair(hi, _rest(lo))
    for part in (a.lo, b.lo):
        if part is not None:
            lo += part
    # Where `a` and `b` cancel, what is left of `hi` can be as small as the rest.
    rest = _rest(lo)
    hi, top = hi + rest, hi
    return Pair(hi, _rest(rest - (hi - top)))


def one_plus_share(t: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`1 + t` for `0 <= t <= 1`, and the rest that it leaves out."""
    hi = _opaque(1 + t)
    return hi, lax.stop_gradient((1 - hi) + t)


def minus(a: Pair) -> Pair:
    """`-a`."""
    return Pair(-a.hi, None if a.lo is None else -a.lo)


def scaled(a: Pair, factor: float | jax.Array) -> Pair:
    """`factor * a`, exactly where the factor is a power of 2."""
    return Pair(a.hi * factor, None if a.lo is None else a.lo * factor)


def where(condition: jax.Array, a: Pair, b: Pair) -> Pair:
    """`a` where the condition holds, else `b`."""
    a_lo, b_lo = (jnp.zeros_like(c.hi) if c.lo is None else c.lo for c in (a, b))
    return Pair(jnp.where(condition, a.hi, b.hi), jnp.where(condition, a_lo, b_lo))


def value(a: Pair) -> jax.Array:
    """The Pair rounded to one float."""
    return a.hi if a.lo is None else a.hi + a.lo


def over_square(factor: Any, a: jax.Array, more: float = 0.0) -> jax.Array:
    """`factor / (a**2 + more**2)` of a parameter, also where the square overflows.

    There the quotient of a number up to 4 is no longer a normal one, and becomes 0. Of a larger one
    it is formed in a small unit. (`factor / a / a` would not do: XLA makes it `factor / (a * a)`,
    and it also joins constants that are factors; through a choice it cannot.)
    """
    half_range = jnp.finfo(a.dtype).maxexp // 2

    def squares(change: Callable[[jax.Array], jax.Array]) -> jax.Array:
        square = jnp.square(change(a))
        return square + jnp.square(change(jnp.full_like(a, more))) if more else square

    if isinstance(factor, int | float) and abs(factor) <= 4:
        return factor / squares(lambda y: jnp.clip(y, -(2.0**half_range), 2.0**half_range))
    numerator = exact(factor, a).hi
    far = jnp.abs(a) > 2.0 ** (half_range - 4)

    def small(y: jax.Array) -> jax.Array:
        return jnp.where(far, saturated(y) * 2.0 ** (-half_range - 2), y)

    return small(small(numerator) / squares(small))


# By the bytes of a float: from which exponent on, and by how much, an exponential is shifted.
_SHIFTS = {4: (64.0, 32.0), 8: (512.0, 64.0)}


def exp_minus(a: Pair, factor: Pair | None = None) -> jax.Array:
    """`factor * exp(-a)` for `a >= 0`, in full also where `exp(-a)` alone underflows."""
    decay, relative, scale = _shifted_exp(a)
    if factor is not None:
        scale = factor.hi * scale
        if factor.lo is not None:
            rest = _rest(factor.lo / factor.hi)
            relative = rest if relative is None else relative + rest
    return decay * (scale if relative is None else scale + scale * relative)


def exp_minus_scaled(a: Pair) -> tuple[jax.Array, jax.Array]:
    """`exp(-a)` for `a >= 0` as a product: the second factor is 1 but where the whole is tiny."""
    decay, relative, scale = _shifted_exp(a)
    return decay if relative is None else decay + decay * relative, scale


def _shifted_exp(a: Pair) -> tuple[jax.Array, jax.Array | None, jax.Array]:
    """`exp(-a)` as a product of a float, 1 plus a small rest (None: exactly 0), and a scale."""
    threshold, shift = _SHIFTS[a.hi.dtype.itemsize]
    far = a.hi >= threshold
    zero = jnp.zeros_like(a.hi)
    scale = jnp.where(far, zero + math.exp(-shift), zero + 1)
    # Beyond this the exponential is 0 whatever the factor, and a rest or a derivative can be huge.
    limit = 2.0 * jnp.finfo(zero.dtype).maxexp
    beyond = a.hi >= limit
    relative = None if a.lo is None else jnp.where(beyond, zero, -a.lo)
    exponent = jnp.where(far, zero + shift, zero) - jnp.where(beyond, zero + limit, a.hi)
    return jnp.exp(exponent), relative, scale


def exp_plus(a: Pair, factor: Pair) -> jax.Array:
    """`factor * exp(a)` for any `a`, in full also where `exp(a)` alone over- or underflows."""
    threshold, shift = _SHIFTS[a.hi.dtype.itemsize]
    far = a.hi >= threshold
    moved = Pair(a.hi - jnp.where(far, jnp.full_like(a.hi, shift), jnp.zeros_like(a.hi)), a.lo)
    growth = jnp.where(far, jnp.full_like(a.hi, math.exp(shift)), jnp.ones_like(a.hi))
    return exp_minus(minus(moved), scaled(factor, growth))


def one_minus_exp(a: Pair) -> Pair:
    """`1 - exp(-a)` for `a >= 0`, in full also where `a` is small."""
    one = jnp.ones_like(a.hi)
    near = a.hi < 0.5
    small = where(near, a, Pair(0 * one))
    return where(
        near, product(small, expm1_ratio(-small.hi)), total(Pair(one), Pair(-exp_minus(a)))
    )


def power(unit: jax.Array, u: Pair, exponent: Pair) -> tuple[jax.Array, jax.Array]:
    """`(unit + u) ** exponent`, as a float and the relative rest that it left out.

    `u` is 0 or more, and `unit` is 1, or else far below `u`.
    """
    near = u.hi < math.sqrt(jnp.finfo(unit.dtype).eps)
    zero = Pair(jnp.zeros_like(unit))
    base = total(Pair(unit), where(near, zero, u))
    relative = exponent.hi * jnp.log1p((0.0 if base.lo is None else base.lo) / base.hi)
    if exponent.lo is not None:
        relative += exponent.lo * jnp.log(base.hi)
    # There the exponent can be so large that what the sum leaves out of `u` is all that counts.
    small = where(near, u, zero)
    first, w = product(exponent, small), small.hi
    log = total(first, Pair(-first.hi * (w / 2 - w * w / 3 + w * w * w / 4)))
    plain = jnp.where(near, exp_minus(minus(log)), jnp.power(base.hi, exponent.hi))
    return plain, _rest(jnp.expm1(relative))


def expm1_ratio(u: jax.Array) -> Pair:
    """`(exp(u) - 1) / u` for `|u| <= 1/2`, smooth through 0."""
    series = jnp.ones_like(u)
    for n in range(16, 2, -1):
        series = 1 + series * u / n
    return total(Pair(jnp.ones_like(u)), Pair(series * u / 2))


# Chebyshev coefficients of (1 + 2 z) exp(z^2) erfc(z) in t = (z - 3.75) / (z + 3.75), the variable
# of Shepherd and Laframboise 1981, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in
# 0 <= x < infinity"; computed here with 60 digits. The same function as a plain polynomial in t is
# as well conditioned (its coefficients' magnitudes sum to 1.8).
_ERFCX = (
    1.1775789345674017541, -0.0045900545806464773309, -0.084249133366517915584,
    0.059209939998191890498, -0.026658668435305752277, 0.0090749976707052650939,
    -0.0024131635404176081909, 0.00049077583652580863229, -0.000069169733025012063671,
    4.1390279860730101675e-6, 7.7403830661984906686e-7, -2.1886401049234395661e-7,
    1.0764999465670910377e-8, 4.5219598112182868979e-9, -7.7544002088313511065e-10,
    -6.3180883408866844944e-11, 2.8687950109306698981e-11, 1.945586854577734723e-13,
    -9.6546967484334389059e-13, 3.2525481481487398415e-14, 3.3478119482868053878e-14,
    -1.8645628804193131015e-15, -1.2507950530688647085e-15, 7.418235256624043463e-17,
    5.0681489047961113168e-17,
)  # fmt: skip
_ERFCX_TERMS = {4: 13, 8: 25}


@jax.custom_jvp
def half_erfc(z: Pair, square: Pair, factor: jax.Array) -> jax.Array:
    """`factor * erfc(z) / 2` for `z >= 0`, given `z**2` to the last digits."""
    t = 1 - 7.5 / (z.hi + 3.75)
    first, *others = chebyshev.cheb2poly(_ERFCX[: _ERFCX_TERMS[t.dtype.itemsize]])
    series = jnp.zeros_like(t)
    for coefficient in others[::-1]:
        series = (series + float(coefficient)) * t
    numerator = total(exact(float(first), t), Pair(series))
    denominator = total(exact(2.0, t), scaled(z, 4.0))
    far = exp_minus(square, scaled(quotient(numerator, denominator), factor))
    return jnp.where(z.hi < 0.3, factor * (0.5 - lax.erf(value(z)) / 2), far)


@half_erfc.defjvp
def _half_erfc_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    z, square, factor = primals
    z_dot, _, factor_dot = tangents
    slope = exp_minus(square, Pair(factor / -math.sqrt(math.pi)))
    by_factor = half_erfc(z, square, jnp.ones_like(factor))
    return half_erfc(z, square, factor), slope * z_dot.hi + by_factor * factor_dot
