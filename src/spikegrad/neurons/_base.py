"""What a neuron is, and how it fires and resets."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from spikegrad._domains import FINITE, FLAG, Checked, one_of
from spikegrad.neurons._parameters import require_parameters
from spikegrad.surrogate import Arctan, Surrogate
from spikegrad.surrogate._base import SURROGATE

NO_STEP = "{name} defines no {method}. A neuron needs two methods: {methods}."
METHODS = "initial_state(shape, dtype) and step(state, current), which returns (state, spikes)"
RESETS = ("subtract", "zero", None)
ONE_CURRENT = (
    "currents has to be one array, but got {got}: a step of this neuron takes no other inputs."
)
DEFAULT_SURROGATE = Arctan(2.0)


def _fires(value: Any) -> bool:
    # Another library's will do, too: braintools' has the same contract.
    return not isinstance(value, type) and callable(getattr(value, "surrogate_grad", None))


FIRING = SURROGATE._replace(contains=_fires)


class Neuron(Checked):
    """One time step of a neuron: parameters, and an elementwise `step`.

    To make your own, subclass, set plain attributes, and write two methods:

    ```python
    import jax.numpy as jnp
    from spikegrad.neurons import Neuron
    from spikegrad.surrogate import Arctan

    class Noisy(Neuron):
        def __init__(self, decay=0.9, surrogate=Arctan(2.0)):
            self.decay = decay
            self.surrogate = surrogate

        def initial_state(self, shape, dtype=jnp.float32):
            return jnp.zeros(shape, dtype)

        def step(self, v, current):
            u = self.decay * v + current
            spikes = self.surrogate(u - 1)
            return u - spikes, spikes
    ```

    It is a pytree as a surrogate is: attributes that hold arrays, one for all neurons or one a
    neuron, are leaves and can be trained; everything else is static and has to be hashable.

    What is assumed of a subclass and not checked: `step` works elementwise and keeps nothing to
    itself. The state is an argument and a return value. Its dtype decides what a step computes in;
    currents may be narrower.
    """

    def __new__(cls, *args: Any, **parameters: Any) -> Self:
        """Refuse a parameter that there is not, with what it is called here."""
        if args or parameters:
            require_parameters(cls, args, parameters)
        return super().__new__(cls)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
        """The state at rest.

        Args:
            shape: that of the current of one time step, `(batch, neurons)`.
            dtype: a floating dtype. The loops ask for float32 where currents are narrower.
        """
        name = type(self).__name__
        raise NotImplementedError(
            NO_STEP.format(name=name, method="initial_state", methods=METHODS)
        )

    def step(self, state: Any, current: jax.Array) -> tuple[Any, Any]:
        """Go on by one time step.

        Args:
            state: the state before the step.
            current: input current, `(batch, neurons)`; it is computed in the dtype of the state.

        Returns:
            The state after the step, in the dtype that it had, and the spikes, in that of the
            current.
        """
        raise NotImplementedError(
            NO_STEP.format(name=type(self).__name__, method="step", methods=METHODS)
        )


class Membrane(NamedTuple):
    """A state that is the membrane potential `v` alone."""

    v: jax.Array


class Firing(Neuron):
    """A neuron that fires at a threshold and is reset.

    Attributes:
        threshold: where it fires.
        reset: `"subtract"` the threshold from the membrane potential, set it to `"zero"`, or None.
        detach_reset: whether the gradient leaves the reset out.
        surrogate: the step, with its gradient.
    """

    admissible = {
        "threshold": FINITE,
        "reset": one_of(*RESETS),
        "detach_reset": FLAG,
        "surrogate": FIRING,
    }
    threshold: ArrayLike
    reset: str | None
    detach_reset: bool
    surrogate: Surrogate

    def __init__(
        self,
        threshold: ArrayLike,
        reset: str | None,
        detach_reset: bool,
        surrogate: Surrogate,
    ) -> None:
        self.threshold = threshold
        self.reset = reset
        self.detach_reset = detach_reset
        self.surrogate = surrogate

    def fire(self, u: jax.Array, threshold: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The membrane potential after the reset, and the spikes.

        Args:
            u: the membrane potential before the reset.
            threshold: where it fires; what `reset="subtract"` takes off is `self.threshold`.
        """
        spikes = self.surrogate(u - threshold)
        took = jax.lax.stop_gradient(spikes) if self.detach_reset else spikes
        if self.reset == "zero":
            return u * (1 - took), spikes
        if self.reset == "subtract":
            return u - took * like(u, self.threshold), spikes
        return u, spikes


def like(v: jax.Array, value: ArrayLike) -> jax.Array:
    """A parameter or a current in the dtype of the state `v`, which so keeps its own.

    An array that holds a number a neuron gets the axes in front of it, batch and others, for those
    who forbid JAX to add them.

    Raises:
        TypeError: it is several inputs.
    """
    if isinstance(value, tuple | list | dict):
        raise TypeError(ONE_CURRENT.format(got=len(value)))
    array = jnp.asarray(value, v.dtype)
    missing = v.ndim - array.ndim if array.ndim else 0
    return jax.lax.expand_dims(array, range(missing)) if missing > 0 else array


def zeros(shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """A state variable at rest, refused if its dtype is not a floating one."""
    if not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(f"dtype has to be a floating one, but got {jnp.dtype(dtype)}.")
    return jnp.zeros(shape, dtype)
