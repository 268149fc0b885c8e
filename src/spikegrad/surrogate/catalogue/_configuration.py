"""A surrogate as plain data, and back."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad._domains import Checked
from spikegrad._pytree import brief, is_array
from spikegrad.surrogate import algebra
from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue._naming import UNKNOWN_NAME, nearest
from spikegrad.surrogate.catalogue._rows import CATALOGUE

NOT_SHIPPED = "to_config takes surrogates that spikegrad ships, but got {name}."
MOST_NESTED = 100
TOO_DEEP = f"{{name}} has to be nested {MOST_NESTED} levels deep or less."
NO_MAPPING = "{name} has to be a dict with the keys {known}, but got {got}."
WRONG_KEYS = "{name} has to have the keys {known}, but {what} is {names}."
BAD_VALUE = "from_config: {name} has to be what to_config makes, but got {got}."
NOT_PLAIN = "to_config: {name}.{attribute} holds {what}, which plain data cannot."


def to_config(surrogate: Surrogate) -> dict[str, Any]:
    """A surrogate as plain data that JSON can hold.

    Raises:
        TypeError: the surrogate, or one inside it, is not of those that spikegrad ships, or it
            holds a key to draw from; `Annealed`, which holds a function, is none of them.
        ValueError: surrogates are nested too deeply in each other.
    """
    return _to_config(surrogate, MOST_NESTED)


def _to_config(surrogate: Surrogate, levels: int) -> dict[str, Any]:
    name = type(surrogate).__name__
    if type(surrogate) not in _SHIPPED.values():
        raise TypeError(NOT_SHIPPED.format(name=name))
    parameters = {}
    for attribute, value in vars(surrogate).items():
        try:
            parameters[attribute] = _encode(f"to_config: {name}", value, levels - 1)
        except _NotPlainError:
            what = f"an array of {value.dtype}" if is_array(value) else repr(value)
            message = NOT_PLAIN.format(name=name, attribute=attribute, what=what)
            raise TypeError(message) from None
    return {"surrogate": name, "parameters": parameters}


def from_config(config: Mapping[str, Any]) -> Surrogate:
    """The surrogate that `to_config` made `config` of.

    Raises:
        ValueError: there is no shipped surrogate of that name; a key is unknown or missing, in the
            whole or among the parameters; a value is none that the parameter may have, or the whole
            is nested too deeply.
        TypeError: a part is of another kind than it has to be.
    """
    return _from_config(config, MOST_NESTED)


def _from_config(config: Any, levels: int) -> Surrogate:
    _require_keys("from_config", config, ("surrogate", "parameters"))
    name, parameters = config["surrogate"], config["parameters"]
    if not isinstance(name, str) or name not in _SHIPPED:
        near = ", ".join(nearest(name.lower())) if isinstance(name, str) else "Sigmoid"
        raise ValueError(UNKNOWN_NAME.format(name=name, nearest=near))
    shape = _SHIPPED[name]
    _require_keys(f"from_config: {name}", parameters, _attributes(shape))
    surrogate: Surrogate = object.__new__(shape)
    for attribute, value in parameters.items():
        setattr(surrogate, attribute, _decode(f"{name}.{attribute}", value, levels - 1))
    if isinstance(surrogate, Checked):
        surrogate.require_whole()
    return surrogate


def _attributes(shape: type[Surrogate]) -> tuple[str, ...]:
    """The attributes that hold what a surrogate is."""
    if dataclasses.is_dataclass(shape):
        # Not those that are taken for another library's sake alone, and not kept.
        return tuple(field.name for field in dataclasses.fields(shape))
    # What is learned starts from a surrogate's parameters, and lives on without them.
    return tuple("raw" if p == "parameters" else p for p in inspect.signature(shape).parameters)


def _require_keys(name: str, found: Any, known: tuple[str, ...]) -> None:
    if not isinstance(found, Mapping):
        raise TypeError(NO_MAPPING.format(name=name, known=", ".join(known), got=brief(found)))
    for what, keys in (("unknown", set(found) - set(known)), ("missing", set(known) - set(found))):
        if keys:
            names = ", ".join(sorted(map(repr, keys)))
            raise ValueError(
                WRONG_KEYS.format(name=name, known=", ".join(known), what=what, names=names)
            )


_NOT_IN_JSON = ("inf", "-inf", "nan")
MADE_OF_OTHERS: dict[str, type[Surrogate]] = {
    name: made
    for name, made in vars(algebra).items()
    if isinstance(made, type) and made is not algebra.Annealed
}
_SHIPPED: dict[str, type[Surrogate]] = {row.name: row.shape for row in CATALOGUE} | MADE_OF_OTHERS


class _NotPlainError(Exception):
    """A value that JSON cannot hold."""


def _require_levels(name: str, levels: int) -> None:
    if levels < 0:
        raise ValueError(TOO_DEEP.format(name=name))


def _encode(name: str, value: Any, levels: int) -> Any:
    _require_levels(name, levels)
    if isinstance(value, Surrogate):
        return _to_config(value, levels)
    if isinstance(value, tuple):
        return [_encode(name, item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {key: _encode(name, item, levels - 1) for key, item in value.items()}
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


def _decode(name: str, value: Any, levels: int) -> Any:
    _require_levels(f"from_config: {name}", levels)
    if isinstance(value, list | tuple):
        return tuple(_decode(name, item, levels - 1) for item in value)
    if isinstance(value, dict):
        if "array" in value:
            return _array(name, value)
        if "surrogate" in value:
            return _from_config(value, levels)
        return {key: _decode(name, item, levels - 1) for key, item in value.items()}
    return float(value) if isinstance(value, str) and value in _NOT_IN_JSON else value


def _array(name: str, value: dict[str, Any]) -> jax.Array:
    _require_keys(f"from_config: {name}", value, ("array", "dtype"))
    try:
        return jnp.asarray(value["array"], value["dtype"])
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise ValueError(BAD_VALUE.format(name=name, got=brief(value))) from None
