"""How the surrogate changes during a training: on a schedule, by learning, or by drawing spikes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp

from spikegrad._pytree import replaced
from spikegrad.neurons import Neuron, Noisy
from spikegrad.surrogate import Annealed, Learned, Stochastic, Surrogate
from spikegrad.surrogate.algebra._changing import SIGNALS

NONE = "none"

# From a start, an end, both positive, and the share of the training that is done, to a value. Those
# of optax subtract the end and add it again, or divide by the start, by which the lesser of the two
# may round to 0.
SCHEDULES: Mapping[str, Callable[[float, float, jax.Array], jax.Array]] = {
    "linear": lambda start, end, share: start * (1 - share) + end * share,
    "cosine": lambda start, end, share: (
        start * jnp.cos(jnp.pi / 2 * share) ** 2 + end * jnp.sin(jnp.pi / 2 * share) ** 2
    ),
    "exponential": lambda start, end, share: start ** (1 - share) * end**share,
}


ANNEALING_WORDS = (
    f"PARAMETER:START:END:SCHEDULE with two positive numbers that float32 holds and a SCHEDULE of "
    f"{', '.join(SCHEDULES)}, or {NONE}"
)
LEARNING_WORDS = f"PARAMETER, PARAMETER:SIGNAL with a SIGNAL of {', '.join(SIGNALS)}, or {NONE}"


class Annealing(NamedTuple):
    """A parameter that goes from one positive number to another over the training."""

    parameter: str
    start: float
    end: float
    schedule: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """From `alpha:2:20:cosine`; None if it is not like that."""
        parameter, *others = text.split(":")
        if len(others) != 3 or others[2] not in SCHEDULES:
            return None
        try:
            start, end = map(float, others[:2])
        except ValueError:
            return None
        positive = all(0 < value < math.inf for value in (start, end))
        return cls(parameter, start, end, others[2]) if parameter and positive else None

    def of(self, surrogate: Surrogate, steps: int) -> Annealed:
        """The surrogate, annealed over a number of steps.

        Raises:
            ValueError: it has no such parameter, or one that cannot start or end there.
        """

        def schedule(step: Any) -> jax.Array:
            share = jnp.clip(jnp.asarray(step, jnp.float32) / steps, 0, 1)
            return SCHEDULES[self.schedule](self.start, self.end, share)

        annealed = Annealed(surrogate, self.parameter, schedule)
        # What a schedule gives is an array, which is taken as it is.
        for value in (self.start, self.end):
            replaced(surrogate, **{self.parameter: value})
        return annealed


class Learning(NamedTuple):
    """A parameter that is learned, and from which signal."""

    parameter: str
    signal: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """From `alpha` or `alpha:mixed`; None if it is not like that."""
        parameter, _, signal = text.partition(":")
        signal = signal or SIGNALS[0]
        return cls(parameter, signal) if parameter and signal in SIGNALS else None

    def of(self, surrogate: Surrogate, steps: int) -> Learned:
        """The surrogate, learned."""
        del steps
        return Learned(surrogate, self.parameter, self.signal)


class Moment(NamedTuple):
    """Where a training is.

    Attributes:
        step: of the optimizer.
        progress: the share of the training that is done, from 0 to 1.
        key: what this step draws from.
    """

    step: jax.Array
    progress: jax.Array
    key: jax.Array


def raw_parameters(neuron: Neuron) -> dict[str, jax.Array]:
    """What is trained of a neuron's surrogate, by name."""
    surrogate = getattr(neuron, "surrogate", None)
    return dict(surrogate.raw) if isinstance(surrogate, Learned) else {}


def at(neuron: Any, raw: Mapping[str, jax.Array], moment: Moment) -> Neuron:
    """The neuron with its surrogate as it is at a moment.

    A surrogate that learns from a mixture starts relaxed and ends with spikes.

    Args:
        neuron: with a surrogate that may change.
        raw: what is trained of it.
        moment: where the training is.
    """
    surrogate = neuron.surrogate
    if isinstance(surrogate, Annealed):
        neuron = replaced(neuron, surrogate=surrogate.at(moment.step))
    if isinstance(surrogate, Learned):
        now = learned(surrogate, raw).mixing(1 - moment.progress)
        neuron = replaced(neuron, surrogate=now)
    draws = isinstance(surrogate, Stochastic) or getattr(surrogate, "signal", "") == "mixed"
    return Noisy(neuron, moment.key) if draws else neuron


def learned(surrogate: Learned, raw: Mapping[str, jax.Array]) -> Learned:
    """The surrogate with what was trained of it."""
    return replaced(surrogate, raw=dict(raw))


def at_the_end(neuron: Any, values: Mapping[str, float], step: int) -> Surrogate | None:
    """What a neuron's surrogate had become when the training ended; None if it does not change.

    Args:
        neuron: with the surrogate.
        values: the parameters that were learned.
        step: the last of the optimizer.
    """
    surrogate = neuron.surrogate
    if isinstance(surrogate, Annealed):
        now = surrogate.at(step).now
        return replaced(now, **{surrogate.parameter: float(getattr(now, surrogate.parameter))})
    if isinstance(surrogate, Learned):
        return replaced(surrogate.surrogate, **values)
    return None


def the_end(key: jax.Array) -> Moment:
    """The moment of an evaluation: the gradient no longer counts, and a mixture is all spikes."""
    return Moment(jnp.asarray(0), jnp.asarray(1.0), key)
