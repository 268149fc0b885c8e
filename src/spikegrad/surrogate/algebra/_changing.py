"""Surrogates that change during training: on a schedule, or because they learn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, NUMBER, SHARE, Checked, Domain, one_of
from spikegrad._pytree import is_array, replaced
from spikegrad.surrogate._base import SURROGATE, Surrogate, as_input
from spikegrad.surrogate.algebra._smooth import relaxed, spikes_alone, spikes_by_relaxation
from spikegrad.surrogate.algebra._stochastic import Drawing
from spikegrad.surrogate.algebra._wrapping import Delegating

UNKNOWN = "{name}: {surrogate} has no parameter {parameter!r}. It has {accepted}."
NO_SCHEDULE = "Annealed: schedule has to be a function of a step count, but got {value!r}."
NOT_LEARNABLE = "Learned: {surrogate} has no parameter that can be learned."
NO_NUMBER = (
    "Learned: {parameter} has to be a finite number or a floating array, no count and no share, "
    "but got {value!r}."
)
NOT_POSITIVE = "Learned: {parameter} has to start from a positive number, but got {value!r}."
NO_MIX = 'Learned with signal="mixed" needs how much to mix: learned.mixing(probability).'


def _require_parameter(name: str, surrogate: Surrogate, parameter: str) -> None:
    if parameter not in vars(surrogate):
        accepted = ", ".join(sorted(vars(surrogate))) or "none"
        kind = type(surrogate).__name__
        message = UNKNOWN.format(name=name, surrogate=kind, parameter=parameter, accepted=accepted)
        raise ValueError(message)


class Annealed(Delegating):
    """A parameter that follows a schedule, so that the gradient sharpens during training.

    The step count is data: `annealed.at(step)` with a traced step compiles once for all steps.

    Args:
        surrogate: any surrogate.
        parameter: the name of one of its parameters.
        schedule: from a step count to a value, such as any schedule of optax.
        step: where the schedule is, default 0.

    Raises:
        ValueError: the surrogate has no such parameter.
        TypeError: the schedule is no function.

    Examples:
        >>> from spikegrad.surrogate import Annealed, Sigmoid
        >>> s = Annealed(Sigmoid(), "alpha", lambda step: 2.0 + 0.1 * step)
        >>> print(f"{s.at(60).surrogate_grad(0.0):.2f}")
        2.00
    """

    def __init__(
        self,
        surrogate: Surrogate,
        parameter: str,
        schedule: Callable[[Any], ArrayLike],
        step: Any = 0,
    ) -> None:
        super().__init__()
        SURROGATE.require(type(self).__name__, "surrogate", surrogate)
        _require_parameter("Annealed", surrogate, parameter)
        if not callable(schedule):
            raise TypeError(NO_SCHEDULE.format(value=schedule))
        self.surrogate = surrogate
        self.parameter = parameter
        self.schedule = schedule
        self.step = step

    def at(self, step: ArrayLike) -> Self:
        """The same at a step of the schedule.

        Args:
            step: a count, traced or not.
        """
        return replaced(self, step=jnp.asarray(step))

    @property
    def now(self) -> Surrogate:
        """The surrogate with its parameter where the schedule is."""
        # A schedule may count in a dtype of its own, which strict promotion would refuse.
        with jax.numpy_dtype_promotion("standard"):
            value = self.schedule(self.step)
        return replaced(self.surrogate, **{self.parameter: value})

    def __call__(self, x: ArrayLike) -> jax.Array:
        """That of the surrogate as it is now: what is annealed may be in the forward pass."""
        return self.now(x)

    def _stepper(self) -> Surrogate:
        return self.now._stepper()


class Map(NamedTuple):
    """A map from the real line onto the admissible values of a parameter, and its inverse."""

    there: Callable[[jax.Array], jax.Array]
    back: Callable[[jax.Array], jax.Array]


def _softplus(raw: jax.Array) -> jax.Array:
    # Far below 0 it would round to 0, which is not positive.
    return jnp.maximum(jax.nn.softplus(raw), jnp.finfo(raw.dtype).tiny)


FREE = Map(lambda raw: raw, lambda value: value)
# The inverse in a form that neither overflows nor cancels.
SOFTPLUS = Map(_softplus, lambda value: value + jnp.log(-jnp.expm1(-value)))


def _map_of(domain: Domain | None) -> Map:
    return FREE if domain in (FINITE, NUMBER) else SOFTPLUS


SIGNALS = ("relaxation", "mixed", "documented", "none")


class Learned(Drawing, Delegating):
    """A surrogate whose parameters are learned with the network's.

    A parameter is kept as an array `raw`, which an optimizer moves freely:

        alpha = softplus(raw) = log(1 + exp(raw))

    stays positive. A parameter that may be any finite number is its own `raw`. Those of a user's
    own class are taken to be positive.

    The step does not depend on the parameters, so its own derivative by them is 0. What they learn
    from instead is the `signal`; each but the last is biased in its own way:

    - `"relaxation"`: the derivative of `surrogate_fun` by the parameter, as if the relaxation had
      been passed on. It says how to lower the loss of the relaxed network, which is another one.
      jaxpike and BrainCog have it.
    - `"mixed"`: each element passes its relaxation with a probability, `mixing(probability)`, and
      else its spike. The elements that pass it give an honest derivative of the loss of this mixed
      network; take the probability to 0 to end with spikes. Wang et al. (2023), "Adaptive Smoothing
      Gradient Learning for Spiking Neural Networks".
    - `"documented"`: the derivative of `surrogate_grad`, the contract's side effect of the
      derivative rule. It moves the height of the gradient, and follows no loss. braintools 0.3
      has it.
    - `"none"`: nothing but what an optimizer adds, weight decay say. braintools 0.4 has it.

    By `x`, the derivative is `surrogate_grad` always, and its derivative by a parameter is that of
    `surrogate_grad`: gradients through an update of the weights are right with every signal.
    Another surrogate around this one knows its `surrogate_grad` alone, which is the signal
    `"documented"`: combine first, then learn, as in `Learned(Sigmoid(4.0).widened(2.0))`.

    Args:
        surrogate: a shape, or a user's own. A number becomes one learned number, an array one a
            layer or a neuron, whatever its shape. What has no relaxation takes its
            `antiderivative`.
        parameters: the names of those to learn, default all that can be.
        signal: one of the four.
        mix: of `"mixed"`, the probability of the relaxation, 0 to 1.
        key: of `"mixed"`, what to draw from.

    Raises:
        ValueError: there is no such parameter or signal, a parameter is a count, a share or no
            number, one that has to be positive starts elsewhere, or, when called, `"mixed"` was
            given no probability or no key.

    Examples:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> from spikegrad.surrogate import Learned, Sigmoid
        >>> s = Learned(Sigmoid(4.0))
        >>> gradient = jax.grad(lambda s, x: s(x).sum())(s, jnp.asarray([0.25]))
        >>> print(f"{gradient.raw['alpha']:.3f}")
        0.048
    """

    admissible = {
        "signal": one_of(*SIGNALS),
        "mix": Domain(f"{SHARE.words}, or None", SHARE.contains, optional=True),
    }
    draws = "which elements are relaxed"

    def __init__(
        self,
        surrogate: Surrogate,
        parameters: Iterable[str] | str | None = None,
        signal: str = "relaxation",
        mix: ArrayLike | None = None,
        key: jax.Array | None = None,
    ) -> None:
        super().__init__()
        SURROGATE.require(type(self).__name__, "surrogate", surrogate)
        if parameters is None:
            parameters = [name for name in vars(surrogate) if _can_learn(surrogate, name)]
            if not parameters:
                raise ValueError(NOT_LEARNABLE.format(surrogate=repr(surrogate)))
        names = [parameters] if isinstance(parameters, str) else list(parameters)
        for name in names:
            _require_parameter("Learned", surrogate, name)
            if not _is_free(surrogate, name):
                raise ValueError(NO_NUMBER.format(parameter=name, value=vars(surrogate)[name]))
        self.raw = {name: _start(surrogate, name) for name in names}
        # What is learned lives in `raw` alone: two copies could part.
        self.surrogate = replaced(surrogate, **dict.fromkeys(names, 1.0))
        self.signal = signal
        self.mix = mix
        self.key = key

    @property
    def values(self) -> dict[str, jax.Array]:
        """The parameters as they are now, by name."""
        return {
            name: _map_of(_domain(self.surrogate, name)).there(raw)
            for name, raw in self.raw.items()
        }

    @property
    def now(self) -> Surrogate:
        """The surrogate with the parameters as they are now."""
        return replaced(self.surrogate, **self.values)

    def mixing(self, probability: ArrayLike, key: jax.Array | None = None) -> Self:
        """The same with so many of its elements relaxed, in the mean.

        Args:
            probability: 0 to 1, traced or not.
            key: what to draw from, default the one that it carries.
        """
        return replaced(self, mix=probability, key=self.key if key is None else key)

    def __call__(self, x: ArrayLike, *, key: jax.Array | None = None) -> jax.Array:
        """The spikes, of which `"mixed"` replaces some by the relaxation.

        Args:
            x: membrane potential minus threshold, any shape and floating dtype.
            key: of `"mixed"`, what to draw from, default the one that it carries.
        """
        x = as_input(x, type(self).__name__)
        now = self.now
        if self.signal == "documented":
            return now(x)
        if self.signal == "relaxation":
            return spikes_by_relaxation(now, x)
        spikes = spikes_alone(now, x)
        if self.signal == "none":
            return spikes
        if self.mix is None:
            raise ValueError(NO_MIX)
        drawn_from = self._require_key() if key is None else key
        smooth = jax.random.bernoulli(drawn_from, jnp.asarray(self.mix), x.shape)
        return jnp.where(smooth, relaxed(now, x), spikes)

    def _stepper(self) -> Surrogate:
        return self.now._stepper()

    def __repr__(self) -> str:
        if not all(isinstance(raw, jax.Array | np.ndarray) for raw in self.raw.values()):
            return super().__repr__()  # What takes trees apart may leave a None in its place.
        return f"Learned({self.now!r}, signal={self.signal!r})"


def _domain(surrogate: Surrogate, name: str) -> Domain | None:
    return getattr(surrogate, "admissible", {}).get(name)


def _is_free(surrogate: Surrogate, name: str) -> bool:
    value = vars(surrogate)[name]
    if is_array(value):
        is_number = bool(jnp.issubdtype(value.dtype, jnp.floating))
    else:
        is_bool = isinstance(value, bool)
        is_number = isinstance(value, int | float) and not is_bool and math.isfinite(value)
    domain = _domain(surrogate, name)
    return is_number and not (domain is SHARE or (domain is not None and domain.whole))


def _can_learn(surrogate: Surrogate, name: str) -> bool:
    # Of a shape, what it declares to be a number; of a user's own, what is no whole number, since
    # that may be a count.
    if isinstance(surrogate, Checked):
        return _domain(surrogate, name) is not None and _is_free(surrogate, name)
    return not isinstance(vars(surrogate)[name], int) and _is_free(surrogate, name)


def _start(surrogate: Surrogate, name: str) -> jax.Array:
    value = jnp.asarray(vars(surrogate)[name])
    if not jnp.issubdtype(value.dtype, jnp.floating):
        value = value.astype(float)
    chosen = _map_of(_domain(surrogate, name))
    # In NumPy, since under jit even what is known would become a tracer.
    known = not isinstance(vars(surrogate)[name], jax.core.Tracer)
    if chosen is SOFTPLUS and known and not np.all(np.asarray(vars(surrogate)[name]) > 0):
        raise ValueError(NOT_POSITIVE.format(parameter=name, value=vars(surrogate)[name]))
    # A strong type, or the first update of an optimizer would change it and compile anew.
    return jnp.asarray(chosen.back(value), value.dtype)
