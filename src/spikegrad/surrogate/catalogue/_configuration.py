"""A surrogate as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad._pytree import is_array
from spikegrad.surrogate import algebra
from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue._naming import UNKNOWN_NAME, nearest
from spikegrad.surrogate.catalogue._rows import CATALOGUE

NOT_SHIPPED = "to_config takes surrogates that spikegrad ships, but got {name}."
NOT_PLAIN = "to_config: {name}.{attribute} holds {what}, which plain data cannot."


def to_config(surrogate: Surrogate) -> dict[str, Any]:
    """A surrogate as plain data that JSON can hold.

    Raises:
        TypeError: the surrogate, or one inside it, is not of those that spikegrad ships, or it
            holds a key to draw from; `Annealed`, which holds a function, is none of them.
    """
    name = type(surrogate).__name__
    if type(surrogate) not in _SHIPPED.values():
        raise TypeError(NOT_SHIPPED.format(name=name))
    parameters = {}
    for attribute, value in vars(surrogate).items():
        try:
            parameters[attribute] = _encode(value)
        except _NotPlainError:
            what = f"an array of {value.dtype}" if is_array(value) else repr(value)
            message = NOT_PLAIN.format(name=name, attribute=attribute, what=what)
            raise TypeError(message) from None
    return {"surrogate": name, "parameters": parameters}


def from_config(config: Mapping[str, Any]) -> Surrogate:
    """The surrogate that `to_config` made `config` of.

    Raises:
        ValueError: there is no shipped surrogate of that name.
    """
    name = config["surrogate"]
    if name not in _SHIPPED:
        raise ValueError(UNKNOWN_NAME.format(name=name, nearest=", ".join(nearest(name.lower()))))
    surrogate: Surrogate = object.__new__(_SHIPPED[name])
    for attribute, value in config["parameters"].items():
        setattr(surrogate, attribute, _decode(value))
    return surrogate


_NOT_IN_JSON = ("inf", "-inf", "nan")
MADE_OF_OTHERS: dict[str, type[Surrogate]] = {
    name: made
    for name, made in vars(algebra).items()
    if isinstance(made, type) and made is not algebra.Annealed
}
_SHIPPED: dict[str, type[Surrogate]] = {row.name: row.shape for row in CATALOGUE} | MADE_OF_OTHERS


class _NotPlainError(Exception):
    """A value that JSON cannot hold."""


def _encode(value: Any) -> Any:
    if isinstance(value, Surrogate):
        return to_config(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {name: _encode(item) for name, item in value.items()}
    if isinstance(value, jax.Array | np.ndarray):
        if not jnp.issubdtype(value.dtype, jnp.number):
            raise _NotPlainError
        return {"array": np.asarray(value, np.float64).tolist(), "dtype": str(value.dtype)}
    if isinstance(value, float | np.number) and not np.isfinite(value):
        return str(float(value))  # JSON has no infinity
    if isinstance(value, np.number):
        return value.item()
    if value is not None and not isinstance(value, bool | int | float | str):
        raise _NotPlainError
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if isinstance(value, dict):
        if "array" in value:
            return jnp.asarray(value["array"], value["dtype"])
        if "surrogate" in value:
            return from_config(value)
        return {name: _decode(item) for name, item in value.items()}
    return float(value) if value in _NOT_IN_JSON else value
