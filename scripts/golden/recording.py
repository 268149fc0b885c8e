"""What the recording scripts share: the inputs, the rows of the tables, and the writer."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import math
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"

# Odd multiples of 2**-12: x + threshold is exact in float32 for small whole thresholds, so that x
# really is v - threshold, and no x is the edge of a compact shape at the parameters recorded.
_STEP = 2.0**-12
_ODD = (1, 9, 41, 123, 287, 533, 819, 1229, 1721, 2663, 3359, 4301, 5329, 6963, 9421)
_FAR = (12699, 17613, 24575, 122881, 4096001)
_POSITIVE = [_STEP * k for k in _ODD + _FAR]
X = np.float32([-x for x in reversed(_POSITIVE)] + [-0.0, 0.0, *_POSITIVE])

Spike = Callable[[Any], Any]


@dataclass(frozen=True)
class Peer:
    """A surrogate of a library, and the parameters to record it with.

    Attributes:
        name: its name as the library has it.
        build: makes the function of `x` from parameters named as in the library.
        parameters: the sets of parameters to record, the library's defaults first.
        smooth: makes the library's own smooth function, if it has any.
        note: what a reader of the numbers has to know.
        sampled: whether the forward value is drawn at random; then it is not recorded.
    """

    name: str
    build: Callable[..., Spike]
    parameters: tuple[Mapping[str, Any], ...] = ({},)
    smooth: Callable[..., Spike] | None = None
    note: str = ""
    sampled: bool = False


@dataclass(frozen=True)
class Library:
    """One golden file.

    Attributes:
        name: the library's name.
        distribution: the name of the installed package, which has the version.
        peers: the surrogates to record.
        unusable: surrogates that raise when they are called or differentiated.
        left_out: what is not recorded, and why.
        note: how the library was loaded, if it was not by a plain import.
        file: the golden file's name, if one library needs two.
    """

    name: str
    distribution: str
    peers: tuple[Peer, ...]
    unusable: tuple[Peer, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    file: str = ""


@dataclass(frozen=True)
class Runtime:
    """How one array library evaluates: `pair` gives value and gradient at X, `value` the value."""

    name: str
    pair: Callable[[Spike], tuple[np.ndarray, np.ndarray]]
    value: Callable[[Spike], np.ndarray]


def sets(name: str, *values: Any) -> tuple[dict[str, Any], ...]:
    """Sets of parameters that differ in one parameter."""
    return tuple({name: value} for value in values)


def load_file(distribution: str, ending: str, name: str) -> ModuleType:
    """Load one module of an installed package without importing the package."""
    (found,) = [
        file for file in metadata.files(distribution) or () if str(file).endswith("/" + ending)
    ]
    spec = importlib.util.spec_from_file_location(name, found.locate())
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _numbers(values: np.ndarray) -> list[float | str]:
    if values.dtype != np.float32 or values.shape != X.shape:
        raise TypeError(f"expected float32 of shape {X.shape}: {values.dtype} {values.shape}")
    return [value if math.isfinite(value) else str(value) for value in values.tolist()]


def _entry(peer: Peer, parameters: Mapping[str, Any], runtime: Runtime) -> dict[str, Any]:
    forward, gradient = runtime.pair(peer.build(**parameters))
    entry: dict[str, Any] = {"name": peer.name, "parameters": dict(parameters)}
    if not peer.sampled:
        entry["forward"] = _numbers(forward)
    entry["gradient"] = _numbers(gradient)
    if peer.smooth is not None:
        with contextlib.suppress(NotImplementedError):
            entry["smooth"] = _numbers(runtime.value(peer.smooth(**parameters)))
    sampled = "The forward value is drawn at random and so left out." if peer.sampled else ""
    if note := " ".join(filter(None, (peer.note, sampled))):
        entry["note"] = note
    return entry


def _reason(peer: Peer, runtime: Runtime) -> str:
    try:
        runtime.pair(peer.build(**peer.parameters[0]))
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    raise RuntimeError(f"{peer.name} is listed as unusable, but it works: record it")


def _text(document: Mapping[str, Any]) -> str:
    """JSON with a line for each key, and one for each item of a list of objects."""

    def shown(value: Any) -> str:
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return "[\n  " + ",\n  ".join(map(shown, value)) + "\n ]"
        return json.dumps(value, allow_nan=False)

    lines = [f" {json.dumps(key)}: {shown(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _write(library: Library, runtime: Runtime, script: str) -> None:
    recorded = [(peer, parameters) for peer in library.peers for parameters in peer.parameters]
    document: dict[str, Any] = {
        "library": library.name,
        "version": metadata.version(library.distribution),
        "environment": {
            "python": platform.python_version(),
            runtime.name: metadata.version(runtime.name),
        },
        "script": f"scripts/golden/{script}",
    }
    if library.note:
        document["note"] = library.note
    document["x"] = _numbers(X)
    document["entries"] = [_entry(peer, parameters, runtime) for peer, parameters in recorded]
    if library.unusable:
        document["unusable"] = [
            {"name": peer.name, "reason": _reason(peer, runtime)} for peer in library.unusable
        ]
    if library.left_out:
        document["left_out"] = [
            {"name": name, "reason": reason} for name, reason in library.left_out.items()
        ]
    path = GOLDEN / f"{library.file or library.name}.json"
    path.write_text(_text(document))
    names = len({peer.name for peer in library.peers})
    print(f"{path.name}: {names} names, {len(recorded)} entries")


def record(
    libraries: Mapping[str, Callable[[], Library]], runtime: Callable[[], Runtime], script: str
) -> None:
    """Record the libraries named on the command line, or all of them.

    Args:
        libraries: for each name, the function that imports the library and gives its table.
        runtime: imports the array library.
        script: the name of the script that calls this.

    Raises:
        SystemExit: the package `samna` is importable.
    """
    parser = argparse.ArgumentParser(description=f"Write golden files to tests/{GOLDEN.name}/.")
    parser.add_argument("library", nargs="*", help=f"some of {', '.join(libraries)}; default all")
    chosen = parser.parse_args().library or list(libraries)
    if unknown := set(chosen) - set(libraries):
        parser.error(f"unknown library {sorted(unknown)}: take some of {', '.join(libraries)}")
    # On import, samna's registry package runs an installer; rockpool and sinabs import it.
    if importlib.util.find_spec("samna") is not None:
        sys.exit("The package samna is importable: uninstall it (see scripts/golden/README.md).")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    running = runtime()
    for name in chosen:
        _write(libraries[name](), running, script)
