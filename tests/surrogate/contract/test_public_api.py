"""B4: spikegrad stands on public JAX alone, and its core on JAX and numpy alone."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import spikegrad

SOURCE = Path(spikegrad.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
CORE = [path for path in MODULES if path.relative_to(SOURCE).parts[0] == "surrogate"]
PRIVATE = ("jax._src", "jax.interpreters", "jaxlib", "jax.extend")
PUBLIC_OF_CORE = {"Tracer", "ShapedArray"}
"""What of `jax.core` JAX's documentation of its public API lists."""


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def used_names(path: Path) -> Iterator[str]:
    """The dotted names that a module imports or looks up."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield dotted(node)


def is_private(used: str) -> bool:
    if used.startswith("jax.core."):
        return used.split(".")[2] not in PUBLIC_OF_CORE
    if used.startswith("jax.") and re.search(r"\._[^_]", used):
        return True
    return used.startswith(PRIVATE)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_B4_no_module_uses_a_private_part_of_jax(path):
    assert [used for used in used_names(path) if is_private(used)] == []


@pytest.mark.parametrize("path", CORE, ids=name)
def test_B4_the_core_imports_jax_and_numpy_alone(path):
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots.add(node.module.split(".")[0])
    assert roots - sys.stdlib_module_names <= {"jax", "numpy", "spikegrad"}


@pytest.mark.parametrize(
    ("line", "private"),
    [
        ("import jax._src.core", True),
        ("from jax._src import core", True),
        ("from jax.interpreters import ad", True),
        ("from jax.core import Primitive", True),
        ("from jax import _src", True),
        ("import jax\njax.core.Primitive('step')", True),
        ("import jax\njax.core.Tracer", False),
        ("from jax.ad_checkpoint import checkpoint_name", False),
    ],
)
def test_a_private_part_would_be_found(line, private, tmp_path):
    path = tmp_path / "module.py"
    path.write_text(line)
    assert any(map(is_private, used_names(path))) is private
