"""Record what the installed braintools promises of its surrogates, which its versions do apart.

    .venv/bin/python scripts/golden/record_contract.py
    .venv-newest/bin/python scripts/golden/record_contract.py

The versions 0.3.0 and 0.4.0 are in the environments of `make test` and `make test-newest`. Each
writes `tests/golden/contract/braintools-VERSION.json`: of every class at its defaults, at the `x`
of the other golden files, the step, its first and second derivative and those by its parameters;
and the answers to `QUESTIONS`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np

CONTRACT = Path(__file__).parents[2] / "tests" / "golden" / "contract"

QUESTIONS = (
    "jax.hessian(Sigmoid(1.0))(1.0)",
    "jax.grad(lambda alpha: Sigmoid(alpha)(0.3))(4.0)",
    "jax.grad(lambda alpha: jax.grad(Sigmoid(alpha))(0.3))(4.0)",
    "Sigmoid() == Sigmoid()",
    "Sigmoid(jnp.ones(2)) == Sigmoid(jnp.ones(2))",
    "jax.jit(lambda s, x: s(x))(Sigmoid(), 0.3)",
    "Sigmoid()(jnp.arange(3)).dtype",
    "Sigmoid()([-1.0, 1.0])",
    "jax.grad(LeakyRelu())(jnp.nan)",
    "Sigmoid(-1.0)",
    "Sigmoid(jnp.float32(4.0)).surrogate_grad(jnp.ones(2, jnp.bfloat16)).dtype",
    "LeakyRelu(0.1, 5.0).surrogate_fun(jnp.float32(1e38))",
)
"""Code, with the names of the library; the answer is its value, or what it raises."""


def answer(code: str, surrogate: ModuleType) -> str:
    """What the code gives with the classes of a library, in words."""
    try:
        value = eval(code, {"jax": jax, "jnp": jnp, **vars(surrogate)})
    except Exception as error:
        return type(error).__name__
    if isinstance(value, jax.Array):
        return str(value) if value.ndim else f"{float(value):.4g}"
    return str(value)


def curves(make: Callable[..., Any], parameters: Mapping[str, Any], x: Any) -> dict[str, Any]:
    """The step at `x`, its derivatives by `x`, and those by every parameter that is real."""

    def moved(name: str) -> Callable[[Any], Any]:
        return lambda value: make(**{**parameters, name: value})(x)

    slope = jax.grad(make(**parameters))
    return {
        "forward": make(**parameters)(x),
        "first": jax.vmap(slope)(x),
        "second": jax.vmap(jax.grad(slope))(x),
        **{
            f"by {name}": jax.jacfwd(moved(name))(jnp.float32(value))
            for name, value in parameters.items()
            if isinstance(value, float)
        },
    }


def shapes(surrogate: ModuleType) -> dict[str, dict[str, Any]]:
    """The classes of a library, with the names and defaults of their parameters."""
    classes = inspect.getmembers(surrogate, inspect.isclass)
    return {
        name: {key: one.default for key, one in inspect.signature(shape).parameters.items()}
        for name, shape in classes
        if name != "Surrogate"
    }


def main() -> None:
    """Record the version that is installed."""
    from recording import X

    surrogate = importlib.import_module("braintools.surrogate")
    version = metadata.version("braintools")
    document = {
        "library": "braintools",
        "version": version,
        "environment": {"python": platform.python_version(), "jax": metadata.version("jax")},
        "script": "scripts/golden/record_contract.py",
        "x": X.tolist(),
        "answers": {code: answer(code, surrogate) for code in QUESTIONS},
        "curves": {
            name: {
                what: np.asarray(values, np.float32).tolist()
                for what, values in curves(
                    getattr(surrogate, name), parameters, jnp.asarray(X)
                ).items()
            }
            for name, parameters in shapes(surrogate).items()
        },
    }
    CONTRACT.mkdir(parents=True, exist_ok=True)
    path = CONTRACT / f"braintools-{version}.json"
    lines = [f" {json.dumps(key)}: {_shown(value)}" for key, value in document.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path.name}: {len(document['curves'])} classes, {len(QUESTIONS)} answers")


def _shown(value: Any) -> str:
    """JSON, with a line for each entry of a dictionary."""
    if not isinstance(value, dict):
        return json.dumps(value, allow_nan=False)
    lines = [f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in value.items()]
    return "{\n  " + ",\n  ".join(lines) + "\n }"


if __name__ == "__main__":
    main()
