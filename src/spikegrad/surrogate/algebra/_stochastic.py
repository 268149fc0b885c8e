"""Surrogates that draw: spikes from escape noise, or a gradient at random.

A draw takes an explicit key, as everything random in JAX does: `s(x, key=key)`, or a surrogate that
carries its key, `with_key(s, key)`.
"""

from __future__ import annotations

import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, KEY, KEY_OR_NONE, Checked
from spikegrad.surrogate._base import SURROGATE, Surrogate
from spikegrad.surrogate._exact import in_float32
from spikegrad.surrogate._facts import Facts
from spikegrad.surrogate.algebra._wrapping import Delegating, meeting
from spikegrad.surrogate.shapes._relu import LeakyRelu

NO_KEY = "{name} draws {what} and takes a key: s(x, key=jax.random.key(0))."
NO_AREA = (
    "Stochastic: the surrogate has to have a positive finite area, which its noise is the density "
    "of, but {surrogate!r} has {area}."
)


class Drawing(Checked, Surrogate):
    """Base of the surrogates that draw; `key` is None until one is given."""

    admissible = {"key": KEY_OR_NONE}
    key: jax.Array | None
    draws = "its spikes"

    def __call__(self, x: ArrayLike, *, key: jax.Array | None = None) -> jax.Array:
        """The spikes.

        Args:
            x: membrane potential minus threshold, any shape and floating dtype.
            key: of `jax.random`; the one that the surrogate carries by default.

        Raises:
            ValueError: there is no key.
        """
        return Surrogate.__call__(self if key is None else with_key(self, key), x)

    def _require_key(self) -> jax.Array:
        if self.key is None:
            raise ValueError(NO_KEY.format(name=type(self).__name__, what=self.draws))
        return self.key


def with_key(surrogate: Any, key: jax.Array) -> Any:
    """The same surrogate with a key to draw from, wherever in it something draws.

    Several that draw get keys of their own.

    Raises:
        TypeError: it is no surrogate, or no key.
    """
    SURROGATE.require("with_key", "surrogate", surrogate)
    KEY.require("with_key", "key", key)
    new = copy.copy(surrogate)
    if isinstance(new, Drawing):
        new.key = key
    for number, (name, value) in enumerate(sorted(vars(new).items())):
        own = jax.random.fold_in(key, number)
        if isinstance(value, Surrogate):
            setattr(new, name, with_key(value, own))
        elif isinstance(value, tuple) and any(isinstance(part, Surrogate) for part in value):
            keys = jax.random.split(own, len(value))
            setattr(new, name, tuple(map(with_key, value, keys)))
    return new


class Stochastic(Drawing, Delegating):
    """Escape noise: spikes drawn with a probability that rises as the relaxation does.

        P(s(x) = 1) = A(x) / area,  A(x) = integral of g up to x

    The gradient stays that of the surrogate; where its area is 1 it is that of the expected spike:
    `normalised(surrogate, by="area")` has that area. The noise has the surrogate's own shape as its
    density: `Sigmoid` makes it logistic, `ERF` normal, `Arctan` Cauchy, `PiecewiseQuadratic`
    triangular. A probability below 0 or above 1, which a gradient with negative lobes has,
    counts as 0 or 1.

    In a time loop the state carries the key: `neurons.Noisy`.

    Args:
        surrogate: any of positive, finite area.
        key: to draw from; None to give one with each call.

    Raises:
        ValueError: the area is infinite or not positive; no key was given to draw from.

    Source:
        Gygax and Zenke (2025), "Elucidating the Theoretical Underpinnings of Surrogate Gradient
        Learning in Spiking Neural Networks".

    Examples:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> from spikegrad.surrogate import Sigmoid, Stochastic
        >>> s = Stochastic(Sigmoid(4.0))
        >>> spikes = s(jnp.zeros(1000), key=jax.random.key(0))
        >>> print(f"{spikes.mean():.1f}")
        0.5
    """

    def __init__(self, surrogate: Surrogate, key: jax.Array | None = None) -> None:
        super().__init__()
        SURROGATE.require(type(self).__name__, "surrogate", surrogate)
        area = surrogate.area
        if not isinstance(area, jax.core.Tracer) and not _positive_and_finite(area):
            raise ValueError(NO_AREA.format(surrogate=surrogate, area=area))
        self.surrogate = surrogate
        self.key = key

    def probability(self, x: jax.Array) -> jax.Array:
        """The probability of a spike at `x`."""

        def share(x: jax.Array) -> jax.Array:
            area = meeting(self.surrogate.area, x)
            return jnp.clip(self.surrogate.antiderivative(x) / area, 0, 1)

        return in_float32(share, jnp.asarray(x))

    def _forward(self, x: jax.Array) -> jax.Array:
        # In 16 bits a uniform number and a probability near 1 would be too coarse.
        wide = x if x.dtype.itemsize >= 4 else x.astype(jnp.float32)
        drawn = jax.random.uniform(self._require_key(), x.shape, wide.dtype)
        return (drawn < self.probability(wide)).astype(x.dtype)


def _positive_and_finite(area: Any) -> bool:
    # In NumPy, since under jit even what is known would become a tracer.
    values = np.asarray(area)
    return bool(np.all((values > 0) & np.isfinite(values)))


class StochasticSpikeOperator(Drawing):
    """A gradient of 1 above the threshold, and a small one drawn at random below.

        grad(x) = 1                               for x >= 0
                  (U - 1/2 + mean) variance       for x < 0,  U uniform in [0, 1)

    Its mean over keys is the gradient of `LeakyRelu(alpha=mean * variance, beta=1)`, which is also
    what its antiderivative and facts are of. The `variance` is a width, as in snnTorch.

    Args:
        mean: in units of `variance`, default 0.
        variance: the width of the interval that is drawn from, default 0.2.
        key: to draw from; None to give one with each call.

    Raises:
        ValueError: no key was given to draw from.

    Elsewhere:
        snnTorch `SSO(mean, variance)`, whose spike is 1 above the threshold alone.

    Source:
        Eshraghian et al. (2023), "Training Spiking Neural Networks Using Lessons From Deep
        Learning".
    """

    admissible = {"mean": FINITE, "variance": FINITE}
    draws = "its gradient"

    def __init__(
        self, mean: ArrayLike = 0.0, variance: ArrayLike = 0.2, key: jax.Array | None = None
    ) -> None:
        super().__init__()
        self.mean = mean
        self.variance = variance
        self.key = key

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """A new draw for every element; the same for the same key."""
        x = jnp.asarray(x)
        mean, variance = (meeting(p, x) for p in (self.mean, self.variance))
        drawn = jax.random.uniform(self._require_key(), x.shape, x.dtype)
        return jnp.where(x < 0, (drawn - 0.5 + mean) * variance, jnp.ones_like(x))

    def _mean(self) -> LeakyRelu:
        return LeakyRelu(self.mean * self.variance, 1.0)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """That of the mean over keys."""
        return self._mean().antiderivative(x)

    def facts(self) -> Facts:
        """Those of the mean over keys."""
        return self._mean().facts()
