"""What goes on inside a neuron, beside its spikes."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef
from jax.typing import ArrayLike

from spikegrad._pytree import replaced
from spikegrad.neurons._base import Neuron
from spikegrad.neurons._inputs import require_neuron
from spikegrad.surrogate import Surrogate

NO_SURROGATE = "{name} has no attribute surrogate, and so no excess: name a variable of its state."
NO_VARIABLE = "Recorded: {variable!r} is no variable of {name}. It has {known}."
EXCESS = "excess"


class _Tap(Surrogate):
    """In place of a surrogate, gives what it is given."""

    def __call__(self, x: ArrayLike) -> jax.Array:
        return jnp.asarray(x)

    def surrogate_grad(self, x: jax.Array) -> jax.Array:
        """1, as what is given is handed on."""
        return jnp.ones_like(x)


class Recorded(Neuron):
    """A neuron that also gives what goes on inside it, over time.

    `(spikes, excess)` by default. The excess is what its surrogate was given: how far it was above
    threshold, that is the membrane potential before the reset minus the threshold, in the unit of
    the surrogate; a neuron spikes where it is 0 or more. The compiler computes a step once,
    whatever is asked for.

    Args:
        neuron: any; for the excess one that calls its attribute `surrogate` for its spikes.
        variables: names of what to record, default `"excess"` alone: that, or a variable of the
            neuron's state, such as `"v"`, as it is after the step and its reset; `"state"` for one
            without names.

    State:
        That of the neuron. What a `step` gives is `(spikes, *variables)`, in the order asked for.

    Raises:
        TypeError: the excess is asked for of a neuron without a surrogate.
        ValueError: its state has no such variable.

    Examples:
        >>> import jax.numpy as jnp
        >>> from spikegrad.neurons import LIF, Recorded, rollout
        >>> (spikes, excess), state = rollout(Recorded(LIF(0.5)), jnp.full((3, 1), 0.75))
        >>> print(excess[:, 0])
        [-0.25    0.125  -0.1875]
        >>> (spikes, v), state = rollout(Recorded(LIF(0.5), "v"), jnp.full((3, 1), 0.75))
        >>> print(v[:, 0])
        [0.75   0.125  0.8125]
    """

    variables: tuple[str, ...] = (EXCESS,)

    def __init__(self, neuron: Neuron, *variables: str) -> None:
        require_neuron(neuron)
        if variables:
            self.variables = variables
        if EXCESS in self.variables and not hasattr(neuron, "surrogate"):
            raise TypeError(NO_SURROGATE.format(name=type(neuron).__name__))
        self.neuron: Any = neuron
        if variables:
            state = jax.eval_shape(lambda: neuron.initial_state((1,)))
            for variable in variables:
                self._variable(state, variable)

    @property
    def surrogate(self) -> Surrogate:
        """That of the neuron; one that is set becomes that of a copy of it."""
        surrogate: Surrogate = self.neuron.surrogate
        return surrogate

    @surrogate.setter
    def surrogate(self, surrogate: Surrogate) -> None:
        self.neuron = replaced(self.neuron, surrogate=surrogate)

    def initial_state(self, shape: tuple[int, ...], dtype: Any = jnp.float32) -> Any:
        """That of the neuron."""
        return self.neuron.initial_state(shape, dtype)

    def step(self, state: Any, current: Any) -> tuple[Any, tuple[Any, ...]]:
        """A step of the neuron, which gives `(spikes, *variables)`."""
        new, spikes = self.neuron.step(state, current)
        recorded = [
            self._excess(state, current) if variable == EXCESS else self._variable(new, variable)
            for variable in self.variables
        ]
        return new, (spikes, *recorded)

    def _excess(self, state: Any, current: Any) -> Any:
        # The spikes come in the dtype of the current, and so would this, rounded.
        leaves = jax.tree.leaves(state)
        dtypes = [leaf.dtype for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)]
        structure: PyTreeDef
        (first, *others), structure = jax.tree.flatten(current)
        wide = first.astype(functools.reduce(np.promote_types, dtypes, first.dtype))
        tapped = replaced(self.neuron, surrogate=_Tap())
        return tapped.step(state, structure.unflatten([wide, *others]))[1]

    def _variable(self, state: Any, variable: str) -> Any:
        known = _variables(state) or {"state": state}
        if variable not in known and variable != EXCESS:
            name = type(self.neuron).__name__
            names = ", ".join(map(repr, [EXCESS, *known]))
            raise ValueError(NO_VARIABLE.format(variable=variable, name=name, known=names))
        return known.get(variable)


def _variables(state: Any) -> dict[str, Any]:
    """The variables of a state by name: the fields of a tuple or a dict, also of what is in it."""
    named = state._asdict() if hasattr(state, "_asdict") else state
    if not isinstance(named, dict):
        return {}
    known = dict(named)
    for value in named.values():
        known = _variables(value) | known
    return known
