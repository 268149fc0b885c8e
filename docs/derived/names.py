"""Tables of other libraries' names, conventions and differences, derived from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spikegrad.surrogate import Scaled, Shifted
from spikegrad.surrogate.catalogue import LIBRARIES, NOT_EXPRESSED, PEERS, Peer, Row, readable

AT_THRESHOLD = {0: "0", 1: "1", None: "depends on the surrogate"}

# Words that mean several shapes, and which names are meant by them.
WORDS = {
    "SuperSpike": "super",
    "fast sigmoid": "fast_?sigmoid",
    "arctangent": "a(rc)?_?tan",
    "tanh": "tanh",
    "triangle": "triang",
    "box, gate, rectangle": "^(rect|box|gate|piecewise_surrogate|smoothstep)",
    "Gaussian, erfc": "^gaussian|erf",
    "Heaviside": "^heaviside|steppwl",
    "exponential": "^(slayergrad|spike|singleexponential|exponential)$",
    "periodic exponential": "periodicexp",
    "q pseudo spike": "qpseudo",
    "square wave": "squarewave",
}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a `|` in a cell would end it, so it is escaped."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _code(text: str) -> str:
    return f"`{text}`"


def signature(peer: Peer) -> str:
    """The name there, with its parameters and defaults as one writes them."""
    return f"{peer.name}({', '.join(_given(peer))})"


def _call(peer: Peer) -> str:
    """How to get it here."""
    return f'surrogate.get("{peer.full_name}"{"".join(f", {one}" for one in _given(peer))})'


def _given(peer: Peer) -> list[str]:
    return [f"{name}={value!r}" for name, value in peer.parameters.items()]


def _built(peer: Peer) -> Any:
    return peer.build(*peer.parameters.values())


def peers_of(library: str) -> list[Peer]:
    """The surrogates of a library that have a name here.

    Raises:
        ValueError: there is no such library.
    """
    if library not in LIBRARIES:
        raise ValueError(f"library has to be one of {', '.join(LIBRARIES)}, but got {library!r}.")
    return [peer for peer in PEERS if peer.library == library]


def unnamed(library: str) -> dict[str, str]:
    """What a library has and this one does not, each with the reason."""
    start = f"{library}."
    return {
        name.removeprefix(start): reason
        for name, reason in NOT_EXPRESSED.items()
        if name.startswith(start)
    }


def names(library: str) -> str:
    """Every surrogate of a library: its name and parameters there, and what it is here.

    Args:
        library: key of `LIBRARIES`.
    """
    peers = peers_of(library)
    of = LIBRARIES[library]
    differ = ["differs"] if any(peer.differs for peer in peers) else []
    rows = (
        [
            _code(peer.name),
            ", ".join(map(_code, _given(peer))),
            _code(readable(repr(_built(peer)))),
            *([peer.differs] if differ else []),
        ]
        for peer in peers
    )
    parts = [
        f"`{_call(peers[0])}` gives the first of these, and so for every name; what you leave out "
        f"has the default of {of.title}.",
        _table([f"{of.title} {of.version}", "parameters", "here", *differ], rows),
    ]
    if left := unnamed(library):
        reasons = "\n".join(f"- `{name}`: {reason}" for name, reason in left.items())
        parts.append(f"Without a name here:\n\n{reasons}")
    return "\n\n".join(parts)


def conventions() -> str:
    """Every library: its version, its step at 0, and what holds for all of its surrogates."""
    ours = ["**spikegrad**", "", "1", ""]
    rows = (
        [of.title, of.version, AT_THRESHOLD[of.at_threshold], of.differs]
        for of in LIBRARIES.values()
    )
    head = ["library", "version", "step at x = 0", "for all of its surrogates"]
    return _table(head, [ours, *rows])


def _number(fact: Any) -> str:
    """A fact as one says it: an area may be infinite, or not exist."""
    return {"inf": "infinite", "nan": "undefined"}.get(str(float(fact)), f"{float(fact):.3g}")


def same_words() -> str:
    """Words that name several shapes: which one it is in every library, at its defaults there."""
    rows = []
    for word, pattern in WORDS.items():
        # BrainPy's are those of braintools, so that they would say everything twice.
        peers = [p for p in PEERS if p.library != "brainpy" and re.search(pattern, p.name.lower())]
        for number, peer in enumerate(peers):
            made = _built(peer)
            there = f"{LIBRARIES[peer.library].title} {_code(signature(peer))}"
            facts = map(_number, (made.peak, made.area))
            rows.append(
                [f"**{word}**" if not number else "", there, _code(readable(repr(made))), *facts]
            )
    return _table(["word", "there", "which is, at its defaults", "peak", "area"], rows)


def differences() -> str:
    """Every name whose original does otherwise than ours, or than its own documentation."""
    rows = (
        [LIBRARIES[peer.library].title, _code(peer.name), peer.differs]
        for peer in PEERS
        if peer.differs
    )
    return _table(["library", "name", "there"], rows)


def not_expressed() -> str:
    """What other libraries have and this one does not give a name."""
    return _table(
        ["name", "why it has none here"],
        ([_code(name), reason] for name, reason in NOT_EXPRESSED.items()),
    )


def elsewhere(row: Row) -> str:
    """One line on where else a shape is found, and under which names; nothing if nowhere.

    Args:
        row: the shape's row of the catalogue.
    """
    by_library: dict[str, list[str]] = {}
    for peer in row.peers:
        by_library.setdefault(LIBRARIES[peer.library].title, []).append(_mention(peer))
    if not by_library:
        return ""
    found = (f"{title} {', '.join(mentions)}" for title, mentions in by_library.items())
    return f"Elsewhere: {'; '.join(found)}."


def _mention(peer: Peer) -> str:
    name = _code(f"{peer.name}({', '.join(peer.parameters)})")
    changes = ", ".join(sorted(_changes(_built(peer))))
    return f"{name} ({changes})" if changes else name


def _changes(made: Any) -> Iterator[str]:
    """What the other library does to a shape, in words."""
    while isinstance(made, Scaled | Shifted):
        if isinstance(made, Scaled):
            yield "scaled"
        elif made.x0 != 0:
            yield "shifted"
        made = made.surrogate
