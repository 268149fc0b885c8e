"""Run the "before" of the pages on coming from other libraries, in those libraries.

A page `docs/coming-from/LIBRARY.md` has one training step in the other library (its ```py block)
and here (its last ```python block), on the same weights and inputs (its first ```python block).
Loss, gradients and weights after the step go to `tests/golden/steps/LIBRARY.json`, with what
identifies the code that was run; the tests compare them with what our block gives.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import platform
import re
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "coming-from"
STEPS = ROOT / "tests" / "golden" / "steps"
LAYERS = ("hidden", "readout")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page that are marked with a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)


def before(page: str) -> str:
    """Data and one training step, as the other library's user has them."""
    (step,) = blocks(page, "py")
    return blocks(page, "python")[0] + "\n" + step


def identity(code: str) -> str:
    """What a recording and a page have to agree on."""
    return hashlib.sha256(code.encode()).hexdigest()


def of_torch(names: Mapping[str, Any]) -> dict[str, Any]:
    """Loss, gradients and new weights, from linear layers that keep them as (outputs, inputs)."""
    weights = {name: names[f"{name}_layer"].weight for name in LAYERS}
    return {
        "loss": names["loss"].item(),
        "gradients": {name: weight.grad.T.tolist() for name, weight in weights.items()},
        "weights": {name: weight.detach().T.tolist() for name, weight in weights.items()},
    }


def of_jax(names: Mapping[str, Any]) -> dict[str, Any]:
    """Loss, gradients and new weights, from dictionaries of arrays."""
    return {
        "loss": float(names["loss"]),
        "gradients": {name: names["gradients"][name].tolist() for name in LAYERS},
        "weights": {name: names["weights"][name].tolist() for name in LAYERS},
    }


def of_flax(names: Mapping[str, Any]) -> dict[str, Any]:
    """Loss, gradients and new weights, from a network whose linear layers are the first and third.

    The gradients are a state, the network a module; both are indexed alike.
    """
    layers = dict(zip(LAYERS, (0, 2), strict=True))
    gradients, network = names["gradients"], names["network"]
    return {
        "loss": float(names["loss"]),
        "gradients": {n: gradients.layers[i].kernel[...].tolist() for n, i in layers.items()},
        "weights": {n: network.layers[i].kernel[...].tolist() for n, i in layers.items()},
    }


LIBRARIES: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "snntorch": ("torch", of_torch),
    "spikingjelly": ("torch", of_torch),
    "norse": ("torch", of_torch),
    "sinabs": ("torch", of_torch),
    "braintools": ("jax", of_jax),
    "spyx": ("jax", of_flax),
}
"""The arrays that a library works with, and how to read what its block leaves behind."""


def run(library: str) -> dict[str, Any]:
    """What the block of a page gives, and in which versions."""
    runtime, read = LIBRARIES[library]
    code = before((PAGES / f"{library}.md").read_text())
    names: dict[str, Any] = {}
    exec(code, names)
    return {
        "library": library,
        "version": metadata.version(library),
        "environment": {
            "python": platform.python_version(),
            runtime: metadata.version(runtime),
        },
        "script": "scripts/golden/record_steps.py",
        "before": identity(code),
        **read(names),
    }


def main() -> None:
    """Record the libraries named on the command line."""
    parser = argparse.ArgumentParser(description="Write recordings to tests/golden/steps/.")
    parser.add_argument("library", nargs="*", help="default: those that are installed")
    chosen = parser.parse_args().library or [name for name in LIBRARIES if _installed(name)]
    if unknown := set(chosen) - set(LIBRARIES):
        parser.error(f"unknown library {sorted(unknown)}: take some of {', '.join(LIBRARIES)}")
    if importlib.util.find_spec("samna") is not None:
        parser.error("the package samna is importable: uninstall it (README.md says why)")
    STEPS.mkdir(parents=True, exist_ok=True)
    for library in chosen:
        document = run(library)
        lines = [f" {json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in document.items()]
        (STEPS / f"{library}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print(f"{library} {document['version']}: loss {document['loss']:.6f}")


def _installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


if __name__ == "__main__":
    main()
