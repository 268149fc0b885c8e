"""Gradients inside a window, and one on either side of the threshold."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, POSITIVE, Checked, require_rising
from spikegrad.surrogate._base import SURROGATE, Integrated, Surrogate
from spikegrad.surrogate._exact import in_float32
from spikegrad.surrogate._facts import COMPACT, Area, Facts
from spikegrad.surrogate.algebra._wrapping import GradientOf, closed_form, input_of, meeting


class Masked(Integrated, GradientOf):
    """The gradient inside a window, and 0 outside.

        grad(x) = g(x) [low <= x <= high]

    Args:
        surrogate: any surrogate, of gradient g.
        low: the lower edge, in units of x, a finite number.
        high: the upper edge, above `low`.

    Raises:
        ValueError: `high` is not above `low`.
    """

    admissible = {"low": FINITE, "high": FINITE}

    def __init__(self, surrogate: Surrogate, low: ArrayLike, high: ArrayLike) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.low = low
        self.high = high
        self.require_whole()

    def require_whole(self) -> None:
        """Refuse a window that is none."""
        require_rising(type(self).__name__, ("low", self.low), ("high", self.high))

    def _window(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return meeting(self.low, x), meeting(self.high, x)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The gradient of the surrogate, where x is in the window."""
        x = input_of(self, x)
        low, high = self._window(x)
        gradient = self.surrogate.surrogate_grad(x)
        return jnp.where((x >= low) & (x <= high), gradient, jnp.zeros_like(gradient))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """What the relaxation has risen since the lower edge."""

        def risen(x: jax.Array) -> jax.Array:
            low, high = self._window(x)
            start = self.surrogate.antiderivative(low)
            return self.surrogate.antiderivative(jnp.clip(x, low, high)) - start

        return in_float32(risen, input_of(self, x))

    area = Area()

    def closed_area(self) -> Any:
        """What the relaxation rises in the window."""

        def risen() -> jax.Array:
            rises = self.surrogate.antiderivative
            return rises(jnp.asarray(self.high)) - rises(jnp.asarray(self.low))

        return closed_form(self, risen)

    def facts(self) -> Facts:
        """The support is the window's, the area what the relaxation rises in it."""
        facts = super().facts()
        lo, hi = self.surrogate.facts().support
        support = (max(lo, self.low), min(hi, self.high))
        return facts._replace(area=self.closed_area(), support=support, tail=COMPACT)


class Truncated(Masked):
    """The gradient no further than `width` from 0, and 0 beyond.

        grad(x) = g(x) [|x| <= width]

    Args:
        surrogate: any surrogate, of gradient g.
        width: in units of x, a positive finite number.
    """

    admissible = {"width": POSITIVE}

    def __init__(self, surrogate: Surrogate, width: ArrayLike) -> None:
        Surrogate.__init__(self)
        self.surrogate = surrogate
        self.width = width

    @property
    def low(self) -> Any:  # type: ignore[override]
        """The lower edge."""
        return 0 - self.width

    @property
    def high(self) -> ArrayLike:  # type: ignore[override]
        """The upper edge."""
        return self.width


class Asymmetric(Checked, Integrated):
    """One gradient below the threshold, another from it on.

        grad(x) = below(x)  for x < 0
                  above(x)  for x >= 0

    Args:
        below: any surrogate; the forward pass is its.
        above: any surrogate.
    """

    admissible = {"below": SURROGATE, "above": SURROGATE}

    def __init__(self, below: Surrogate, above: Surrogate) -> None:
        super().__init__()
        self.below = below
        self.above = above

    def _stepper(self) -> Surrogate:
        return self.below._stepper()

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """That of the one or the other."""
        x = input_of(self, x)
        return jnp.where(x < 0, self.below.surrogate_grad(x), self.above.surrogate_grad(x))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """That of `below`, and from 0 on what that of `above` rises."""

        def joined(x: jax.Array) -> jax.Array:
            zero = jnp.zeros_like(x)
            below = self.below.antiderivative(jnp.where(x < 0, x, zero))
            above = self.above.antiderivative(jnp.where(x < 0, zero, x))
            risen = self.below.antiderivative(zero) + (above - self.above.antiderivative(zero))
            return jnp.where(x < 0, below, risen)

        return in_float32(joined, input_of(self, x))
