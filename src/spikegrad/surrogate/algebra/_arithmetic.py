"""Gradients scaled, moved, widened and added: what the operators of a surrogate give.

The forward pass stays what it is: for a shape, the step at 0.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE, Checked, Kind
from spikegrad.surrogate._base import SURROGATE, Surrogate
from spikegrad.surrogate._exact import in_float32
from spikegrad.surrogate._facts import Facts
from spikegrad.surrogate.algebra._wrapping import GradientOf, input_of, meeting

SURROGATES = Kind(
    "surrogates, one or more",
    lambda value: isinstance(value, tuple) and value != () and all(map(SURROGATE.contains, value)),
    TypeError,
)


class Scaled(GradientOf):
    """`factor * surrogate`: the same gradient, times a constant. Write it `2.0 * Sigmoid(4.0)`.

    Args:
        factor: a number or an array, of either sign.
        surrogate: any surrogate.
    """

    admissible = {"factor": FINITE}

    def __init__(self, factor: ArrayLike, surrogate: Surrogate) -> None:
        super().__init__()
        self.factor = factor
        self.surrogate = surrogate

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """`factor` times the gradient of the surrogate."""
        return _times(self.factor, self.surrogate.surrogate_grad(x))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """`factor` times the relaxation of the surrogate, where it has one."""
        return _times(self.factor, self.surrogate.surrogate_fun(x))

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """`factor` times that of the surrogate, or what keeps it 0.5 at 0."""
        scaled = _times(self.factor, self.surrogate.antiderivative(x))
        at_0 = _times(self.factor, self.surrogate.antiderivative(jnp.zeros_like(scaled)))
        return scaled + _offset(self.surrogate, at_0)

    def facts(self) -> Facts:
        """Those of the surrogate, height and area scaled."""
        if not isinstance(self.factor, jax.core.Tracer) and np.any(np.asarray(self.factor) < 0):
            # The largest value is that of the smallest, which only the values tell.
            return super().facts()
        inner = self.surrogate.facts()
        return inner._replace(peak=self.factor * inner.peak, area=self.factor * inner.area)

    def __repr__(self) -> str:
        if isinstance(self.surrogate, Scaled):  # `2 * (3 * s)` would make one constant of them.
            return super().__repr__()
        return f"{self.factor!r} * {_operand(self.surrogate)}"


class Shifted(GradientOf):
    """The same gradient around `x0` instead of 0. Write it `SlayerGrad(1.0).shifted(1.0)`.

    Args:
        surrogate: any surrogate.
        x0: a number or an array, in units of x; positive moves the gradient above the threshold.
    """

    admissible = {"x0": FINITE}

    def __init__(self, surrogate: Surrogate, x0: ArrayLike) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.x0 = x0

    def _moved(self, x: jax.Array) -> jax.Array:
        return x - meeting(self.x0, x)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The gradient of the surrogate at `x - x0`."""
        return in_float32(
            lambda x: self.surrogate.surrogate_grad(self._moved(x)), input_of(self, x)
        )

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The relaxation of the surrogate at `x - x0`, where it has one."""
        return in_float32(lambda x: self.surrogate.surrogate_fun(self._moved(x)), input_of(self, x))

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """That of the surrogate at `x - x0`, or what keeps it 0.5 at 0."""

        def moved(x: jax.Array) -> jax.Array:
            at_0 = self.surrogate.antiderivative(self._moved(jnp.zeros_like(x)))
            return self.surrogate.antiderivative(self._moved(x)) + _offset(self.surrogate, at_0)

        return in_float32(moved, input_of(self, x))

    def facts(self) -> Facts:
        """Those of the surrogate, its support moved."""
        inner = self.surrogate.facts()
        lo, hi = inner.support
        return inner._replace(support=(lo + self.x0, hi + self.x0))

    def __repr__(self) -> str:
        return f"{_operand(self.surrogate)}.shifted({self.x0!r})"


class Widened(GradientOf):
    """The gradient at `x / factor`: as high, and `factor` times as wide.

    Write it `Sigmoid(4.0).widened(2.0)`. `x / factor` is rounded once, so the last digits of a far
    tail hold where the factor is a power of 2.

    Args:
        surrogate: any surrogate.
        factor: positive, or an array; below 1 it narrows.

    Source:
        Herranz-Celotti and Rouat (2022), "Stabilizing Spiking Neuron Training": their sharpness is
        `1 / factor`.
    """

    admissible = {"factor": POSITIVE}

    def __init__(self, surrogate: Surrogate, factor: ArrayLike) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.factor = factor

    def _narrowed(self, x: jax.Array) -> jax.Array:
        return x / meeting(self.factor, x)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The gradient of the surrogate at `x / factor`."""
        return in_float32(
            lambda x: self.surrogate.surrogate_grad(self._narrowed(x)), input_of(self, x)
        )

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """`factor` times the relaxation of the surrogate at `x / factor`, where it has one."""
        return in_float32(
            lambda x: _times(self.factor, self.surrogate.surrogate_fun(self._narrowed(x))),
            input_of(self, x),
        )

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """`factor` times that of the surrogate at `x / factor`, or what keeps it 0.5 at 0."""

        def wide(x: jax.Array) -> jax.Array:
            value = _times(self.factor, self.surrogate.antiderivative(self._narrowed(x)))
            at_0 = _times(self.factor, self.surrogate.antiderivative(jnp.zeros_like(x)))
            return value + _offset(self.surrogate, at_0)

        return in_float32(wide, input_of(self, x))

    def facts(self) -> Facts:
        """Those of the surrogate, area and widths times `factor`."""
        inner = self.surrogate.facts()
        lo, hi = inner.support
        return inner._replace(
            area=inner.area * self.factor,
            half_width=inner.half_width * self.factor,
            support=(lo * self.factor, hi * self.factor),
        )

    def __repr__(self) -> str:
        return f"{_operand(self.surrogate)}.widened({self.factor!r})"


class Summed(Checked, Surrogate):
    """The sum of the gradients. Write it `Sigmoid(4.0) + 0.1 * StraightThrough()`.

    Args:
        surrogates: any surrogates, two or more; the forward pass is that of the first.
    """

    admissible = {"surrogates": SURROGATES}

    def __init__(self, *surrogates: Surrogate) -> None:
        super().__init__()
        self.surrogates = surrogates

    def _stepper(self) -> Surrogate:
        return self.surrogates[0]._stepper()

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The sum of the gradients."""
        first, *others = (s.surrogate_grad(x) for s in self.surrogates)
        return sum(others, first)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The sum of the relaxations, where all have one."""
        first, *others = (s.surrogate_fun(x) for s in self.surrogates)
        return sum(others, first)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """The sum of the antiderivatives, or what keeps it 0.5 at 0."""
        first, *others = (s.antiderivative(x) for s in self.surrogates)
        at_0 = jnp.zeros_like(first)
        at_0 = sum((s.antiderivative(at_0) for s in self.surrogates), at_0)
        start = jnp.full_like(first, -jnp.inf)
        starts_at_0 = sum((abs(s.antiderivative(start)) for s in self.surrogates), 0 * first) == 0
        return sum(others, first) + jnp.where(starts_at_0, 0 * at_0, 0.5 - at_0)

    def __repr__(self) -> str:
        terms = list(map(repr, self.surrogates))
        # `a + (b + c)` would make one sum of them.
        nested = any(isinstance(term, Summed) for term in self.surrogates)
        return f"Summed({', '.join(terms)})" if nested or len(terms) < 2 else " + ".join(terms)


def _times(factor: ArrayLike, value: jax.Array) -> jax.Array:
    return meeting(factor, value) * value


def _offset(surrogate: Surrogate, at_0: jax.Array) -> jax.Array:
    """What to add to an antiderivative that is `at_0` at 0, so that it is normalised again.

    Nothing where it starts from 0 at minus infinity.
    """
    starts_at_0 = surrogate.antiderivative(jnp.full_like(at_0, -jnp.inf)) == 0
    return jnp.where(starts_at_0, jnp.zeros_like(at_0), 0.5 - at_0)


def _operand(surrogate: Surrogate) -> str:
    """As one writes it before a method or after a factor."""
    text = repr(surrogate)
    compound = isinstance(surrogate, Scaled | Summed) and not text.startswith(
        f"{type(surrogate).__name__}("
    )
    return f"({text})" if compound else text


def add(first: Surrogate, second: Surrogate) -> Surrogate:
    """`first + second`, with sums in a row made one."""
    parts: list[Surrogate] = []
    for term in (first, second):
        parts += term.surrogates if isinstance(term, Summed) else (term,)
    return Summed(*parts)


def scale(factor: Any, surrogate: Surrogate) -> Surrogate:
    """`factor * surrogate`, with constants in a row made one."""
    if isinstance(surrogate, Scaled):
        return Scaled(factor * surrogate.factor, surrogate.surrogate)
    return Scaled(factor, surrogate)
