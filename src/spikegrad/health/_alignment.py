"""Is the gradient of a network good for anything?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.typing import ArrayLike

from spikegrad._domains import KEY, POSITIVE
from spikegrad._pytree import brief

NO_WEIGHTS = "weights has to hold floating arrays alone, and one or more, but got {got}."
NOT_PER_SAMPLE = (
    "loss has to give a floating number for each of two samples or more, (batch,), but gave {got}."
)
BAD_COORDINATES = (
    "coordinates has to be a count from 1 to {size}, the number of weights, or an array of whole "
    "numbers from 0 to {last}, but got {coordinates}."
)
NO_KEY = "coordinates={count} are drawn, which takes a key: key=jax.random.key(0)."


class Alignment(NamedTuple):
    """How well a surrogate's gradient agrees with finite differences.

    Attributes:
        cosine: of the angle between `gradient` and `reference`: 1 where both point the same way, 0
            at a right angle. NaN where one of them is 0 throughout, as the reference is where no
            step made a spike come or go.
        noise: the standard error of `reference` over its length: 0 for a smooth loss, and near 1
            where nothing but chance is in it. A gradient without any fault has a cosine of about
            `sqrt(1 - noise**2)`, so that a lower one tells something.
        gradient: the surrogate's, `(coordinates,)`.
        reference: the finite differences, `(coordinates,)`.
        coordinates: which of the weights, in the order of `jax.flatten_util.ravel_pytree`.
    """

    cosine: jax.Array
    noise: jax.Array
    gradient: jax.Array
    reference: jax.Array
    coordinates: jax.Array


def finite_difference_alignment(
    loss: Callable[[Any], jax.Array],
    weights: Any,
    *,
    step: float = 1e-2,
    coordinates: ArrayLike | None = None,
    key: jax.Array | None = None,
) -> Alignment:
    """Compare the surrogate's gradient with finite differences of the loss itself.

        reference[i] = mean of (loss(w + step e_i) - loss(w - step e_i)) / (2 step)

    That is the derivative of the loss smoothed over `w[i] - step` to `w[i] + step`, and it sees the
    spikes as they are. A spiking loss is constant between jumps, so the step has to be long enough
    for spikes to come and go, and no longer than what the loss may be smoothed over: take one at
    which `noise` is small. Noise falls as `1 / sqrt(step)`, and as `1 / sqrt(batch)`.

    How `noise` is had: which spikes a step up changes, and which a step down, is chance, so a
    sample's one-sided differences `up` and `down` differ. The reference is the mean of `(up +
    down) / 2`, and its variance that of `up - down` over the batch, divided by `4 batch`. What all
    samples have in common, curvature, is no noise. The batch is taken as given: that another one
    has another gradient is not in it.

    A coordinate costs two evaluations of the loss, one after the other, so the memory is that of
    one. To compare surrogates, compile `jax.jit(lambda surrogate: ...)` once, or map over them.

    Args:
        loss: from weights to a loss per sample, `(batch,)`. Spikes that are drawn have to be drawn
            with the same key each time.
        weights: any pytree of floating arrays. Those of the first layer alone, say, where `loss`
            closes over the rest.
        step: in units of the weights, positive.
        coordinates: which weights to move: None for all, a count to draw so many without
            repetition, or an array of their places in the order of `ravel_pytree`.
        key: to draw the coordinates with.

    Returns:
        The two gradients and how well they agree.

    Raises:
        ValueError: `step` or `coordinates` is not of those, or a count was given no key.
        TypeError: the weights are no floating arrays, or the loss is not one per sample.

    Source:
        Li et al. (2021), "Differentiable Spike: Rethinking Gradient-Descent for Training Spiking
        Neural Networks": once an epoch they compare the gradients of the first layer at the
        temperatures b - db, b and b + db of `Dspike`, and keep the one of the highest cosine.

    Examples:
        >>> import jax, jax.numpy as jnp
        >>> from spikegrad.health import finite_difference_alignment
        >>> from spikegrad.surrogate import Sigmoid
        >>> inputs = jax.random.normal(jax.random.key(0), (4000, 2))
        >>> def alignment(surrogate):
        ...     def loss(weights):
        ...         return inputs.sum(1) * surrogate(inputs @ weights)
        ...     return finite_difference_alignment(loss, jnp.array([1.0, 0.0]), step=0.1)
        >>> for alpha in (1.0, 20.0):
        ...     print(f"{alignment(Sigmoid(alpha)).cosine:.2f}")
        0.83
        1.00
    """
    POSITIVE.require("finite_difference_alignment", "step", step)
    leaves = jax.tree.leaves(weights)
    kinds = [getattr(leaf, "dtype", type(leaf).__name__) for leaf in leaves]
    if not (kinds and all(hasattr(leaf, "dtype") for leaf in leaves) and _floating(*kinds)):
        raise TypeError(NO_WEIGHTS.format(got=", ".join(map(str, kinds)) or "none"))
    flat, rebuilt = ravel_pytree(weights)
    chosen = _chosen(coordinates, flat.size, key)

    def per_sample(flat: jax.Array) -> jax.Array:
        return loss(rebuilt(flat))

    kind = jax.eval_shape(per_sample, flat)
    if not isinstance(kind, jax.ShapeDtypeStruct):
        raise TypeError(NOT_PER_SAMPLE.format(got=type(kind).__name__))
    if not _floating(kind.dtype) or kind.ndim != 1 or kind.size < 2:
        raise TypeError(NOT_PER_SAMPLE.format(got=f"{kind.dtype}{list(kind.shape)}"))
    batch = kind.size

    def values(*points: jax.Array) -> jax.Array:
        # Always as the same loop, or the same numbers would be rounded in another way.
        each: jax.Array = jax.lax.map(per_sample, jnp.stack(points))
        return each

    here, _ = values(flat, flat)

    def difference(i: jax.Array) -> tuple[jax.Array, jax.Array]:
        above, below = flat.at[i].add(step), flat.at[i].add(-step)
        # What the step is once it is rounded to the dtype of the weights.
        length = ((above[i] - below[i]) / 2).astype(here.dtype)
        high, low = values(above, below)
        up, down = (high - here) / length, (here - low) / length
        return jnp.mean(up + down) / 2, jnp.var(up - down, ddof=1) / (4 * batch)

    reference, variance = jax.lax.map(difference, chosen)
    gradient = jax.grad(lambda flat: jnp.mean(per_sample(flat)))(flat)[chosen]
    gradient = gradient.astype(reference.dtype)
    length = jnp.linalg.norm(reference)
    return Alignment(
        cosine=gradient @ reference / (jnp.linalg.norm(gradient) * length),
        noise=jnp.sqrt(jnp.sum(variance)) / length,
        gradient=gradient,
        reference=reference,
        coordinates=chosen,
    )


def _floating(*kinds: Any) -> bool:
    return all(jnp.issubdtype(kind, jnp.floating) for kind in kinds)


def _chosen(coordinates: Any, size: int, key: jax.Array | None) -> jax.Array:
    """Where the weights are that are to be moved."""
    if coordinates is None:
        return jnp.arange(size)
    message = BAD_COORDINATES.format(size=size, last=size - 1, coordinates=brief(coordinates))
    if isinstance(coordinates, int | np.integer):
        if not 1 <= coordinates <= size or isinstance(coordinates, bool):
            raise ValueError(message)
        if key is None:
            raise ValueError(NO_KEY.format(count=coordinates))
        KEY.require("finite_difference_alignment", "key", key)
        return jax.random.choice(key, size, (int(coordinates),), replace=False)
    try:
        chosen = jnp.asarray(coordinates)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(message) from None
    known = not isinstance(chosen, jax.core.Tracer)
    is_whole = chosen.ndim == 1 and chosen.size and jnp.issubdtype(chosen.dtype, jnp.integer)
    if not is_whole or (known and not bool(((chosen >= 0) & (chosen < size)).all())):
        raise ValueError(message)
    return chosen
