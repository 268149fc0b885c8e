"""What the interactive page needs: a script with the shapes' functions, and the peers' names."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from derived.javascript import literal, translate
from derived.names import signature
from derived.tables import first_line
from spikegrad.plotting._curves import points
from spikegrad.surrogate import Scaled, Shifted
from spikegrad.surrogate.catalogue import CATALOGUE, LIBRARIES, PEERS, Peer, Row

ROWS = {row.name: row for row in CATALOGUE}
RUNTIME = Path(__file__).with_name("runtime.js")
METHODS = {"gradient": "surrogate_grad", "relaxation": "antiderivative"}


def script() -> str:
    """The text of `assets/surrogates.js`."""
    text = RUNTIME.read_text()
    for place, entries in (("SHAPES", map(_shape, CATALOGUE)), ("PEERS", map(_peer, PEERS))):
        text = text.replace(place, "[\n" + ",\n".join(entries) + "\n]", 1)
    return text


def _shape(row: Row) -> str:
    parameters = ", ".join(_parameter(row, name) for name in row.parameters)
    functions = ",\n".join(
        f"    {json.dumps(key)}: {{\n      gradient: {forms['gradient']},\n"
        f"      relaxation: {forms['relaxation']} }}"
        for key, forms in _functions(row)
    )
    oscillates = literal(math.isnan(row.shape().facts().area))
    return (
        f"  {{ name: {json.dumps(row.name)}, family: {json.dumps(row.family)}, "
        f"oscillates: {oscillates}, reach: {literal(float(points([row.shape()])[-1]))},\n"
        f"    summary: {json.dumps(first_line(row.shape))},\n"
        f"    parameters: [{parameters}],\n    functions: {{\n{functions}\n    }} }}"
    )


def _peer(peer: Peer) -> str:
    """Another library's surrogate at its defaults, as one of our shapes, scaled and shifted."""
    made: Any = peer.build(*peer.parameters.values())
    factor, shift = 1.0, 0.0
    while isinstance(made, Scaled | Shifted):
        if isinstance(made, Scaled):
            factor *= float(made.factor)
        else:
            shift += float(made.x0)
        made = made.surrogate
    library = LIBRARIES[peer.library]
    values = {name: getattr(made, name) for name in ROWS[type(made).__name__].parameters}
    given = ", ".join(f"{name}: {literal(value)}" for name, value in values.items())
    words = {
        "name": peer.full_name,
        "library": f"{library.title} {library.version}",
        "there": signature(peer),
        "differs": " ".join(filter(None, (peer.differs, library.differs))),
        "shape": type(made).__name__,
    }
    entries = [f"{key}: {json.dumps(value)}" for key, value in words.items()]
    return (
        f"  {{ {', '.join(entries)}, values: {{ {given} }}, "
        f"factor: {literal(factor)}, shift: {literal(shift)} }}"
    )


def _functions(row: Row) -> Iterator[tuple[str, dict[str, str]]]:
    """The functions of a shape, once for every way to fix what cannot be an argument."""
    for fixed in _fixed(row):
        free = [name for name in row.parameters if name not in fixed]
        forms = {}
        for kind, method in METHODS.items():

            def function(
                x: Any, *values: Any, free: Any = free, fixed: Any = fixed, method: str = method
            ) -> Any:
                surrogate = row.shape(**dict(zip(free, values, strict=True)), **fixed)
                return getattr(surrogate, method)(x)

            forms[kind] = translate(function, ["x", *free])
        yield ",".join(f"{name}={value}" for name, value in fixed.items()), forms


def _fixed(row: Row) -> Iterator[Mapping[str, Any]]:
    ways: list[dict[str, Any]] = [{}]
    for name, parameter in row.parameters.items():
        if parameter.integer:
            ways = [way | {name: n} for way in ways for n in range(1, most(row, name) + 1)]
        elif row.shape.admissible[name].optional:
            ways = [way | value for way in ways for value in ({}, {name: None})]
    yield from ways


def most(row: Row, name: str) -> int:
    """The largest whole number that the page offers: the largest that the tests run at."""
    defaults = {name: row.parameters[name].default}
    return max(int((defaults | dict(sample))[name] or 0) for sample in ({}, *row.samples))


def _parameter(row: Row, name: str) -> str:
    """What a slider needs: where it starts and ends, and what may be typed beside it."""
    parameter, domain = row.parameters[name], row.shape.admissible[name]
    default = parameter.default
    samples = [sample[name] for sample in row.samples if name in sample]
    finite = [v for v in (default, *samples, 1.0) if v is not None and math.isfinite(v)]
    special: Any = math.nan  # a value that no slider has
    if domain.optional:
        special = None
    elif not parameter.integer and domain.contains(math.inf):
        special = -math.inf if (default or 0) < 0 else math.inf
    start, logarithmic = finite[0], True
    # Of an interval: on the page each edge stays on its side of the threshold.
    edge = not parameter.integer and domain.contains(-math.inf)
    if parameter.integer:
        low, high, logarithmic = 1.0, float(most(row, name)), False
    elif not domain.contains(0.0):
        low, high = start / 30, start * 30
    elif edge:
        low, high = sorted((start / 30, start * 30), key=abs)
    else:
        reach = 3 * max(abs(start), 1.0)
        low, high, logarithmic = -reach if domain.contains(-1.0) else 0.0, reach, False
    numbers = {
        "default": default, "start": start, "low": low, "high": high, "special": special,
        "logarithmic": logarithmic, "integer": parameter.integer,
        "zero": domain.contains(0.0), "negative": domain.contains(-1.0), "positive": True,
    }  # fmt: skip
    if edge:
        numbers |= {"zero": False, "negative": low < 0, "positive": low > 0}
    entries = [f"{key}: {literal(value)}" for key, value in numbers.items()]
    words = domain.words
    if edge:
        words = f"{'below' if low < 0 else 'above'} 0 on this page"
    elif parameter.integer:
        words += f", on this page up to {high:g}"
    return f"{{ name: {json.dumps(name)}, words: {json.dumps(words)}, {', '.join(entries)} }}"
