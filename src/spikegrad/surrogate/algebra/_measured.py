"""Gradients that come out of data: tabulated, or measured by the batch that they are used in."""

from __future__ import annotations

from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import POSITIVE
from spikegrad._pytree import is_array
from spikegrad.surrogate._base import Integrated, Surrogate, as_input
from spikegrad.surrogate._exact import in_float32
from spikegrad.surrogate._facts import COMPACT, Area, Facts
from spikegrad.surrogate._numeric import require_numbers
from spikegrad.surrogate.algebra._wrapping import GradientOf, closed_form, meeting

BAD_TABLE = "Tabulated: {what}."
NO_BATCH = (
    "BatchNormalised takes an x of (batch, ..., neurons), two dimensions or more, but got one of "
    "shape {shape}."
)
NOT_OF_X = (
    "The gradient of {name} depends on the batch, so it is not the derivative of any function of x."
)


class Tabulated(Integrated):
    """A gradient by table: one slope from each point to the next, and 0 outside.

        grad(x) = slopes[i]  for points[i] <= x < points[i + 1]

    The relaxation is the broken line with these slopes. `Tabulated.from_curve` takes a measured
    curve, such as the firing rate of a real neuron against its input.

    Args:
        points: n + 1 rising numbers, or an array.
        slopes: n numbers, or an array; an array is a leaf, and can be trained.

    Raises:
        ValueError: the numbers do not rise, or are not one more than the slopes.

    Elsewhere:
        lava-dl `bootstrap.ann_sampler`.

    Examples:
        >>> from spikegrad.surrogate import Tabulated
        >>> print(Tabulated((-1.0, 0.0, 1.0), (0.25, 0.75)).surrogate_grad(0.5))
        0.75
    """

    def __init__(self, points: Any, slopes: Any) -> None:
        super().__init__()
        self.points = points if is_array(points) else tuple(map(float, points))
        self.slopes = slopes if is_array(slopes) else tuple(map(float, slopes))
        if len(self.points) != len(self.slopes) + 1 or len(self.points) < 2:
            what = f"points has to be one more than slopes, {len(self.slopes)}, but got"
            raise ValueError(BAD_TABLE.format(what=f"{what} {len(self.points)}"))
        known = not isinstance(points, jax.core.Tracer)
        if known and not bool(np.all(np.diff(np.asarray(self.points)) > 0)):
            raise ValueError(BAD_TABLE.format(what=f"points has to rise, but got {points!r}"))

    @classmethod
    def from_curve(cls, x: Any, y: Any) -> Self:
        """From a measured curve: its slopes from each point to the next.

        Args:
            x: rising numbers.
            y: what was measured there.
        """
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if x.shape != y.shape or x.ndim != 1:
            what = f"x and y have to be as long as each other, but got {x.shape} and {y.shape}"
            raise ValueError(BAD_TABLE.format(what=what))
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(x.tolist(), (np.diff(y) / np.diff(x)).tolist())

    def _table(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.asarray(self.points, x.dtype), jnp.asarray(self.slopes, x.dtype)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The slope of the piece that x falls in."""

        def slope(x: jax.Array) -> jax.Array:
            points, slopes = self._table(x)
            piece = jnp.searchsorted(points, x, side="right") - 1
            inside = (piece >= 0) & (piece < len(slopes))
            return jnp.where(inside, slopes[jnp.clip(piece, 0, len(slopes) - 1)], 0)

        return in_float32(slope, as_input(x, type(self).__name__))

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """The broken line through 0 at the first point."""

        def line(x: jax.Array) -> jax.Array:
            points, slopes = self._table(x)
            heights = jnp.concatenate([points[:1] * 0, jnp.cumsum(slopes * jnp.diff(points))])
            return jnp.interp(x, points, heights)

        return in_float32(line, as_input(x, type(self).__name__))

    area = Area()

    def closed_area(self) -> Any:
        """The sum over the pieces."""
        if not is_array(self.points) and not is_array(self.slopes):
            return float(np.asarray(self.slopes) @ np.diff(np.asarray(self.points)))
        kind = jnp.result_type(float)

        def summed() -> jax.Array:
            points, slopes = (jnp.asarray(part, kind) for part in (self.points, self.slopes))
            return slopes @ jnp.diff(points)

        return closed_form(self, summed)

    def facts(self) -> Facts:
        """From the table; the half width spans all pieces of at least half of the peak."""
        require_numbers(self)
        points, slopes = np.asarray(self.points), np.asarray(self.slopes)
        peak = max(slopes.max(), 0.0)
        high = np.flatnonzero(slopes >= peak / 2)
        half_width = (points[high[-1] + 1] - points[high[0]]) / 2 if len(high) else 0.0
        return Facts(
            peak=float(peak),
            area=self.closed_area(),
            half_width=float(half_width),
            support=(float(points[0]), float(points[-1])),
            tail=COMPACT,
        )


class BatchNormalised(GradientOf):
    """The gradient over how large it is in the batch: a layer far below threshold still learns.

        grad(x) = g(x) / (xi + ||mean over the batch of g(x)||)

    The mean is over the leading axis, the norm over the others. So an element's gradient depends on
    the others', and there is no relaxation. In a time loop it is one step that is normalised.

    Args:
        surrogate: any surrogate, of gradient g.
        xi: positive, default 0.01; it bounds the gradient where all of the batch is silent.

    Elsewhere:
        stork `SuperSpike_norm` is `BatchNormalised(InvSquareGrad(100.0), xi=0.01)`.

    Source:
        Rossbroich, Gygax and Zenke (2022), "Fluctuation-driven initialization for spiking neural
        network training".
    """

    admissible = {"xi": POSITIVE}

    def __init__(self, surrogate: Surrogate, xi: ArrayLike = 0.01) -> None:
        super().__init__()
        self.surrogate = surrogate
        self.xi = xi

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """The gradient of the surrogate, normalised.

        Raises:
            ValueError: x has less than two dimensions.
        """
        x = as_input(x, type(self).__name__)
        if x.ndim < 2:
            raise ValueError(NO_BATCH.format(shape=x.shape))

        def normalised(x: jax.Array) -> jax.Array:
            gradient = self.surrogate.surrogate_grad(x)
            norm = jnp.sqrt(jnp.sum(jnp.square(gradient.mean(0))))
            return gradient / (meeting(self.xi, x) + norm)

        return in_float32(normalised, x)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """There is none."""
        raise NotImplementedError(NOT_OF_X.format(name=type(self).__name__))

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """There is none."""
        return self.surrogate_fun(x)

    def facts(self) -> Facts:
        """There are none."""
        raise NotImplementedError(NOT_OF_X.format(name=type(self).__name__))
