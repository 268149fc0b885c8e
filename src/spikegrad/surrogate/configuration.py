"""A surrogate as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE
from spikegrad.surrogate.compose import Scaled, Shifted, Summed
from spikegrad.surrogate.naming import UNKNOWN_NAME, nearest


def to_config(surrogate: Surrogate) -> dict[str, Any]:
    """A surrogate as plain data that JSON can hold.

    Raises:
        TypeError: the surrogate, or one inside it, is not of those that spikegrad ships.
    """
    name = type(surrogate).__name__
    if type(surrogate) not in _SHIPPED.values():
        raise TypeError(f"to_config takes surrogates that spikegrad ships, but got {name}.")
    parameters = {key: _encode(value) for key, value in vars(surrogate).items()}
    return {"surrogate": name, "parameters": parameters}


def from_config(config: Mapping[str, Any]) -> Surrogate:
    """The surrogate that `to_config` made `config` of.

    Raises:
        ValueError: there is no shipped surrogate of that name.
    """
    name = config["surrogate"]
    if name not in _SHIPPED:
        raise ValueError(UNKNOWN_NAME.format(name=name, nearest=", ".join(nearest(name.lower()))))
    parameters = {key: _decode(value) for key, value in config["parameters"].items()}
    if _SHIPPED[name] is Summed:
        return Summed(*parameters["surrogates"])
    surrogate: Surrogate = _SHIPPED[name](**parameters)
    return surrogate


_SHIPPED: dict[str, Any] = {row.name: row.shape for row in CATALOGUE} | {
    wrapper.__name__: wrapper for wrapper in (Scaled, Shifted, Summed)
}


def _encode(value: Any) -> Any:
    if isinstance(value, Surrogate):
        return to_config(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, jax.Array | np.ndarray):
        return {"array": np.asarray(value, np.float64).tolist(), "dtype": str(value.dtype)}
    if isinstance(value, float | np.number) and not np.isfinite(value):
        return str(float(value))  # JSON has no infinity
    return value.item() if isinstance(value, np.number) else value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if isinstance(value, dict):
        if "array" in value:
            return jnp.asarray(value["array"], value["dtype"])
        return from_config(value)
    return float(value) if isinstance(value, str) else value
