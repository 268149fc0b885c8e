"""A surrogate by its name, ours or another library's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from spikegrad._domains import Kind
from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.catalogue._peers import PEERS
from spikegrad.surrogate.catalogue._row import Row
from spikegrad.surrogate.catalogue._rows import CATALOGUE

NAME = Kind("the name of a surrogate", lambda value: isinstance(value, str), TypeError)
UNKNOWN_NAME = "There is no surrogate {name!r}. The nearest names are {nearest}."
NOT_BUILT = "{name} cannot have {given}: {error}"
UNKNOWN_PARAMETER = "{name} takes no parameter {parameter!r}. It takes {accepted}."

_ROWS = {name.lower(): row for row in CATALOGUE for name in (row.name, row.function_name)}
_PEERS = {peer.full_name.lower(): peer for peer in PEERS}


def named(name: str) -> Row | Peer | None:
    """The shape or the other library's surrogate of that name, in any case; None if none has it."""
    key = name.lower()
    return _ROWS.get(key) or _PEERS.get(key)


def get(name: str, **parameters: Any) -> Surrogate:
    """The surrogate of that name.

    Args:
        name: a class name (`"Arctan"`) or function name (`"arctan"`), or the name of another
            library's surrogate (`"snntorch.fast_sigmoid"`), in any case.
        **parameters: parameters of the shape, or of the other library's surrogate, as they are
            called there; the others keep their defaults.

    Raises:
        ValueError: there is no such name, it takes no such parameter, or a Python number lies
            outside the parameter's admissible range.

    Examples:
        >>> from spikegrad import surrogate
        >>> surrogate.get("arctan", alpha=2.0)
        Arctan(alpha=2.0)
        >>> surrogate.get("snntorch.fast_sigmoid", slope=25.0)
        InvSquareGrad(alpha=25.0)
    """
    NAME.require("get", "name", name)
    found = named(name)
    if isinstance(found, Row):
        _require_known(found.name, parameters, found.parameters)
        return found.shape(**parameters)
    if found is not None:
        _require_known(found.full_name, parameters, found.parameters)
        try:
            return found.build(*(dict(found.parameters) | parameters).values())
        except (ArithmeticError, ValueError) as error:
            # The error is about the shape inside, which has other parameters than were given.
            given = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
            message = NOT_BUILT.format(name=found.full_name, given=given, error=error)
            raise ValueError(message) from None
    raise ValueError(UNKNOWN_NAME.format(name=name, nearest=", ".join(nearest(name.lower()))))


def _require_known(name: str, given: Mapping[str, Any], accepted: Mapping[str, Any]) -> None:
    for parameter in given:
        if parameter not in accepted:
            names = ", ".join(accepted) or "none"
            message = UNKNOWN_PARAMETER.format(name=name, parameter=parameter, accepted=names)
            raise ValueError(message)


def nearest(key: str) -> list[str]:
    """The three names most like it; among ours alone, unless it names a library."""
    shown = {k: row.name for k, row in _ROWS.items()}
    if "." in key:
        shown = {k: peer.full_name for k, peer in _PEERS.items()}
    close = difflib.get_close_matches(key, shown, n=6, cutoff=0.0)
    return list(dict.fromkeys(shown[k] for k in close))[:3]
