"""What the parameters of a neuron are called, and refusing what it has not."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from spikegrad._pytree import ValueTree, is_array

NO_PARAMETER = "{name} has no parameter {parameter!r}. {hint}It has {accepted}."
BY_NAME = "{name} takes {most} by position, but got {got} so. By name it takes {accepted}."
# What other libraries call it, and what of the parameters here it is.
ELSEWHERE: Mapping[str, str] = {
    "beta": "decay",
    "alpha": "synaptic_decay",
    "v_threshold": "threshold",
    "v_th": "threshold",
    "thr": "threshold",
    "spike_threshold": "threshold",
    "v_reset": "reset",
    "reset_mechanism": "reset",
    "reset_fn": "reset",
    "spike_grad": "surrogate",
    "spike_fn": "surrogate",
    "surrogate_function": "surrogate",
    "surrogate_grad_fn": "surrogate",
    "activation": "surrogate",
    "tau_ref": "refractory",
    "refractory_period": "refractory",
}


def require_parameters(cls: type, args: tuple[Any, ...], given: Mapping[str, Any]) -> None:
    """Refuse what the `__init__` of a class does not take.

    Raises:
        TypeError: there is no parameter of that name, or it is not given by position.
    """
    parameters = _parameters(cls)
    kinds = {parameter.kind for parameter in parameters}
    names = [parameter.name for parameter in parameters]
    values: dict[str, Any] = {"name": cls.__name__, "accepted": ", ".join(names) or "none"}
    for name in given:
        if name not in names and inspect.Parameter.VAR_KEYWORD not in kinds:
            hint = _hint(cls, name, names)
            raise TypeError(NO_PARAMETER.format(parameter=name, hint=hint, **values))
    positional = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if len(args) > len(positional) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        most = f"{', '.join(positional)} alone" if positional else "nothing"
        raise TypeError(BY_NAME.format(most=most, got=len(args), **values))


@functools.cache
def _parameters(cls: Any) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(cls.__init__).parameters.values())[1:]


def _hint(cls: type, name: str, names: list[str]) -> str:
    """What to write for a name that another library has."""
    here = ELSEWHERE.get(name)
    if name.startswith("tau") and hasattr(cls, "from_tau"):
        return f"Time constants go to {cls.__name__}.from_tau. "
    if name == "learn_beta" and "decay" in names:
        return "A decay to learn is a LearnedDecay. "
    return f"What is {name} elsewhere is {here} here. " if here in names else ""


def require_shapes(neuron: Any, shape: tuple[int, ...]) -> None:
    """Refuse arrays of parameters that do not fit the neurons.

    Args:
        neuron: the neuron.
        shape: that of the current of one time step.

    Raises:
        ValueError: one does not broadcast to that shape.
    """
    name = type(neuron).__name__
    for parameter, array in _arrays(neuron):
        if not fits(array.shape, shape):
            words = f"one for all or one a neuron, with currents of {shape} a step"
            got = f"shape {tuple(array.shape)}"
            raise ValueError(f"{name}: {parameter} has to be {words}, but got {got}.")


def _arrays(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The array parameters that are one for all or one a neuron, each with its path."""
    attributes = vars(tree) if isinstance(tree, ValueTree) else {}
    for parameter, value in attributes.items():
        if is_array(value) and parameter in getattr(tree, "admissible", ()):
            yield path + parameter, value
        yield from _arrays(value, f"{path}{parameter}.")


def fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether an array of one shape broadcasts to another shape, and not the other way round."""
    if len(shape) > len(whole):
        return False
    pairs = zip(reversed(shape), reversed(whole), strict=False)
    return all(n in (1, wanted) for n, wanted in pairs)


def is_ours(tree: Any) -> bool:
    """Whether a neuron and all that it holds is of this library, or plain data.

    What a class or a function of a user's own reads beside its attributes may have changed since it
    was compiled.
    """
    if isinstance(tree, ValueTree):
        ours = type(tree).__module__.partition(".")[0] == __package__.partition(".")[0]
        return ours and all(map(is_ours, vars(tree).values()))
    if isinstance(tree, tuple | list):
        return all(map(is_ours, tree))
    if isinstance(tree, dict):
        return all(map(is_ours, tree.values()))
    return is_array(tree) or isinstance(tree, str | int | float | np.number | None)
