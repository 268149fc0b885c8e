"""Surrogates that change during training: on a schedule, or because they learn."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, NUMBER, Checked, Domain
from spikegrad._pytree import is_array
from spikegrad.surrogate._base import Surrogate, as_input
from spikegrad.surrogate._facts import Facts
from spikegrad.surrogate.compose import GradientOf
from spikegrad.surrogate.smooth import SHARE, relaxed
from spikegrad.surrogate.stochastic import Drawing

UNKNOWN = "{name}: {surrogate} has no parameter {parameter!r}. It has {accepted}."
NOT_LEARNABLE = "Learned: {surrogate} has no parameter that can be learned."
NOT_POSITIVE = "Learned: {parameter} has to start from a positive number, but got {value!r}."
BAD_SIGNAL = "Learned: signal has to be one of {allowed}, but got {value!r}."
NO_MIX = 'Learned with signal="mixed" needs how much to mix: learned.mixing(probability).'


def _replaced(surrogate: Any, values: dict[str, Any]) -> Any:
    new = copy.copy(surrogate)
    for name, value in values.items():
        setattr(new, name, value)
    return new


def _require_parameter(name: str, surrogate: Surrogate, parameter: str) -> None:
    if parameter not in vars(surrogate):
        accepted = ", ".join(sorted(vars(surrogate))) or "none"
        kind = type(surrogate).__name__
        message = UNKNOWN.format(name=name, surrogate=kind, parameter=parameter, accepted=accepted)
        raise ValueError(message)


class Annealed(GradientOf):
    """A parameter that follows a schedule, so that the gradient sharpens during training.

    The step count is data: `annealed.at(step)` with a traced step compiles once for all steps.

    Args:
        surrogate: any surrogate.
        parameter: the name of one of its parameters.
        schedule: from a step count to a value, such as any schedule of optax.
        step: where the schedule is, default 0.

    Raises:
        ValueError: the surrogate has no such parameter.

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
        _require_parameter("Annealed", surrogate, parameter)
        self.surrogate = surrogate
        self.parameter = parameter
        self.schedule = schedule
        self.step = step

    def at(self, step: ArrayLike) -> Self:
        """The same at a step of the schedule.

        Args:
            step: a count, traced or not.
        """
        moved: Self = _replaced(self, {"step": jnp.asarray(step)})
        return moved

    @property
    def now(self) -> Surrogate:
        """The surrogate with its parameter where the schedule is."""
        # A schedule may count in a dtype of its own, which strict promotion would refuse.
        with jax.numpy_dtype_promotion("standard"):
            value = self.schedule(self.step)
        now: Surrogate = _replaced(self.surrogate, {self.parameter: value})
        return now

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.surrogate_grad(x)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.surrogate_fun(x)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.antiderivative(x)

    def facts(self) -> Facts:
        """Those of the surrogate as it is now."""
        return self.now.facts()


class Map(NamedTuple):
    """A map from the real line onto the admissible values of a parameter, and its inverse."""

    there: Callable[[jax.Array], jax.Array]
    back: Callable[[jax.Array], jax.Array]


FREE = Map(lambda raw: raw, lambda value: value)
# log(1 + exp(raw)); its inverse in a form that neither overflows nor cancels.
SOFTPLUS = Map(jax.nn.softplus, lambda value: value + jnp.log(-jnp.expm1(-value)))


def _map_of(domain: Domain | None) -> Map:
    return FREE if domain in (FINITE, NUMBER) else SOFTPLUS


SIGNALS = ("relaxation", "mixed", "documented", "none")


class Learned(Checked, Drawing):
    """A surrogate whose parameters are learned with the network's.

    A parameter is kept as an array `raw`, which an optimizer moves freely:

        alpha = softplus(raw) = log(1 + exp(raw))

    stays positive. A parameter that may be any finite number is its own `raw`.

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
      derivative rule. It moves the height of the gradient, and follows no loss. braintools has it.
    - `"none"`: nothing but what an optimizer adds, weight decay say.

    By `x`, the derivative is `surrogate_grad` always.

    Args:
        surrogate: a shape, or a user's own. A number becomes one learned number, an array one a
            layer or a neuron, whatever its shape. What has no relaxation takes its
            `antiderivative`.
        parameters: the names of those to learn, default all that can be.
        signal: one of the four.
        mix: of `"mixed"`, the probability of the relaxation, 0 to 1.
        key: of `"mixed"`, what to draw from.

    Raises:
        ValueError: there is no such parameter or signal, a parameter that has to be positive starts
            elsewhere, or, when called, `"mixed"` was given no probability or no key.

    Examples:
        >>> import jax
        >>> import jax.numpy as jnp
        >>> from spikegrad.surrogate import Learned, Sigmoid
        >>> s = Learned(Sigmoid(4.0))
        >>> gradient = jax.grad(lambda s, x: s(x).sum())(s, jnp.asarray([0.25]))
        >>> print(f"{gradient.raw['alpha']:.3f}")
        0.048
    """

    admissible = {"mix": Domain(f"{SHARE.words}, or None", SHARE.contains, optional=True)}
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
        if signal not in SIGNALS:
            allowed = ", ".join(map(repr, SIGNALS))
            raise ValueError(BAD_SIGNAL.format(allowed=allowed, value=signal))
        if parameters is None:
            parameters = [name for name in vars(surrogate) if _can_learn(surrogate, name)]
            if not parameters:
                raise ValueError(NOT_LEARNABLE.format(surrogate=repr(surrogate)))
        names = [parameters] if isinstance(parameters, str) else list(parameters)
        for name in names:
            _require_parameter("Learned", surrogate, name)
        self.raw = {name: _start(surrogate, name) for name in names}
        # What is learned lives in `raw` alone: two copies could part.
        self.surrogate = _replaced(surrogate, dict.fromkeys(names, 1.0))
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
        now: Surrogate = _replaced(self.surrogate, self.values)
        return now

    def mixing(self, probability: ArrayLike, key: jax.Array | None = None) -> Self:
        """The same with so many of its elements relaxed, in the mean.

        Args:
            probability: 0 to 1, traced or not.
            key: what to draw from, default the one that it carries.
        """
        changed = {"mix": probability, "key": self.key if key is None else key}
        mixing: Self = _replaced(self, changed)
        return mixing

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
        frozen = jax.lax.stop_gradient(now)
        spikes = frozen(x)
        if self.signal == "none":
            return spikes
        if self.signal == "relaxation":
            return _with_signal(spikes, relaxed(now, jax.lax.stop_gradient(x)))
        if self.mix is None:
            raise ValueError(NO_MIX)
        drawn_from = self._require_key() if key is None else key
        smooth = jax.random.bernoulli(drawn_from, jnp.asarray(self.mix), x.shape)
        return jnp.where(smooth, relaxed(now, x), spikes)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.surrogate_grad(x)

    def surrogate_fun(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.surrogate_fun(x)

    def antiderivative(self, x: jax.Array) -> jax.Array:
        """That of the surrogate as it is now."""
        return self.now.antiderivative(x)

    def facts(self) -> Facts:
        """Those of the surrogate as it is now."""
        return self.now.facts()

    def __repr__(self) -> str:
        return f"Learned({self.now!r}, signal={self.signal!r})"


@jax.custom_jvp
def _with_signal(spikes: jax.Array, source: jax.Array) -> jax.Array:
    """The spikes, with what `source` would pass back added to their derivative."""
    del source
    return spikes


@_with_signal.defjvp
def _with_signal_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    return _with_signal(*primals), tangents[0] + tangents[1]


def _domain(surrogate: Surrogate, name: str) -> Domain | None:
    return getattr(surrogate, "admissible", {}).get(name)


def _can_learn(surrogate: Surrogate, name: str) -> bool:
    value, domain = vars(surrogate)[name], _domain(surrogate, name)
    is_float = (isinstance(value, float) and math.isfinite(value)) or (
        is_array(value) and bool(jnp.issubdtype(value.dtype, jnp.floating))
    )
    # Of a shape, only what it declares to be a number; of a user's own, every floating number.
    return is_float and (domain is not None or not isinstance(surrogate, Checked))


def _start(surrogate: Surrogate, name: str) -> jax.Array:
    value = jnp.asarray(vars(surrogate)[name], dtype=None)
    if not jnp.issubdtype(value.dtype, jnp.floating):
        value = value.astype(jnp.float32)
    chosen = _map_of(_domain(surrogate, name))
    known = not isinstance(value, jax.core.Tracer)
    if chosen is SOFTPLUS and known and not bool(jnp.all(value > 0)):
        raise ValueError(NOT_POSITIVE.format(parameter=name, value=vars(surrogate)[name]))
    # A strong type, or the first update of an optimizer would change it and compile anew.
    return jnp.asarray(chosen.back(value), value.dtype)
