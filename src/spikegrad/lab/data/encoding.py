"""How an image becomes the input of a spiking network: `(time, batch, pixels)` over time steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp


def latency(images: jax.Array, time_steps: int, key: jax.Array) -> jax.Array:
    """One spike a pixel, the earlier the brighter; a black pixel never fires.

    The brightness from 0 to 1 is cut into `time_steps` equal levels, the brightest first.

    Args:
        images: brightness from 0 to 1, `(batch, pixels)`.
        time_steps: the length of the spike trains.
        key: not used, nothing is drawn.

    Returns:
        Spikes, 0 or 1, `(time, batch, pixels)`.
    """
    del key
    level = jnp.floor((1 - images) * time_steps).astype(jnp.int32)
    moment = jnp.minimum(level, time_steps - 1)[None]
    steps = jnp.arange(time_steps, dtype=jnp.int32)[:, None, None]
    return ((steps == moment) & (images > 0)[None]).astype(images.dtype)


def current(images: jax.Array, time_steps: int, key: jax.Array) -> jax.Array:
    """The brightness itself, as a constant current; arguments as for [`latency`][]."""
    del key
    return jnp.broadcast_to(images[None], (time_steps, *images.shape))


def rate(images: jax.Array, time_steps: int, key: jax.Array) -> jax.Array:
    """Spikes drawn afresh at every step, with the brightness as their probability.

    Args:
        images: brightness from 0 to 1, `(batch, pixels)`.
        time_steps: the length of the spike trains.
        key: the random key; the same key draws the same spikes.

    Returns:
        Spikes, 0 or 1, `(time, batch, pixels)`.
    """
    probability = current(images, time_steps, key)
    return jax.random.bernoulli(key, probability).astype(images.dtype)


class Encoding(NamedTuple):
    """An encoding, a line about it, and whether it makes spikes (or a current)."""

    encode: Callable[[jax.Array, int, jax.Array], jax.Array]
    text: str
    spiking: bool


ENCODINGS = {
    "latency": Encoding(latency, "one spike a pixel, the earlier the brighter", True),
    "current": Encoding(current, "the brightness as a constant current", False),
    "rate": Encoding(rate, "Poisson spikes, drawn afresh each time", True),
}
