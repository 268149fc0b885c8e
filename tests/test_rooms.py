"""The map in CONTRIBUTING is the house as it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import spikegrad

SOURCE = Path(spikegrad.__file__).parent
ROOT = Path(__file__).parents[1]
MAP = re.findall(
    r"^\| `(\S+)` \| [^|]+ \|([^|]*)\|$", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE
)
IMPORTS = {room: {name.strip() for name in names.split(",")} - {""} for room, names in MAP}
LONGEST = 400


def room(dotted: list[str]) -> str:
    """The room that `spikegrad.<dotted>` is in."""
    folders = []
    for name in dotted:
        if not (SOURCE / "/".join([*folders, name])).is_dir():
            break
        folders.append(name)
    return "/".join(folders) or "."


def imported(path: Path) -> Iterator[str]:
    """The rooms that a module imports from, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (room(name.split(".")[1:]) for name in names if name.startswith("spikegrad."))


def modules(of: str) -> list[Path]:
    return [path for path in (SOURCE / of).glob("*.py") if path != SOURCE / "__init__.py"]


def test_every_room_is_on_the_map():
    folders = {path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    assert set(IMPORTS) == folders


@pytest.mark.parametrize("of", IMPORTS)
def test_a_room_imports_what_the_map_says(of):
    assert {name for path in modules(of) for name in imported(path)} - {of} == IMPORTS[of]


def test_no_file_is_longer_than_one_reads_at_once():
    written = [
        path
        for folder in ("src", "tests", "docs", "benchmarks", "scripts")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [
        path.relative_to(ROOT).as_posix()
        for path in written
        if len(path.read_text().splitlines()) > LONGEST
    ] == []
