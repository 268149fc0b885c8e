"""What a person gets who installs spikegrad: names, versions, dependencies, lock files."""

import ast
import importlib.metadata
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import spikegrad

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = CONFIGURATION["project"]
BASH = shutil.which("bash")
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PEERS = [Requirement(line) for line in CONFIGURATION["dependency-groups"]["peers"]]

CORE = [
    path
    for path in sorted((ROOT / "src/spikegrad").rglob("*.py"))
    if not {"lab", "plotting", "__main__.py"} & set(path.parts)
]

# Runs in a fresh interpreter, with the forbidden names as arguments.
IMPORT_ALONE = """
import sys
import jax, jax.numpy, jax.export, jax.ad_checkpoint, numpy

class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in forbidden or name.startswith("spikegrad.lab"):
            raise RuntimeError(f"the core imports {name}")

forbidden = set(sys.argv[1:])
sys.meta_path.insert(0, Forbid())
import spikegrad
"""


def pins(lock: str) -> set[tuple[str, Version]]:
    """What a lock file pins: a name may have a second version for other Pythons."""
    text = (ROOT / "requirements" / lock).read_text()
    found = re.findall(r"^([a-z0-9-]+)==([^ \n]+)", text, flags=re.MULTILINE)
    return {(name, Version(version)) for name, version in found}


def declared() -> list[Requirement]:
    """What the core and the extras ask for, but for an extra that names another of our own."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    requirements = [Requirement(line) for lines in lists for line in lines]
    return [requirement for requirement in requirements if requirement.name != PROJECT["name"]]


def test_the_version_is_the_same_everywhere():
    named = runpy.run_path(str(ROOT / "scripts/release_check.py"))["versions"]()
    installed = importlib.metadata.version("spikegrad")
    assert {*named.values(), spikegrad.__version__, installed} == {PROJECT["version"]}


def test_the_core_depends_on_jax_and_numpy_alone():
    assert {Requirement(line).name for line in PROJECT["dependencies"]} == {"jax", "numpy"}


def imported(source: str) -> Iterator[str]:
    """Every module that the source names in an import."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            yield f"{node.module}.{node.names[0].name}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_the_core_names_only_public_jax_and_numpy_in_its_imports(path):
    for module in imported(path.read_text()):
        top = module.partition(".")[0]
        assert top in {"jax", "numpy", "spikegrad"} | sys.stdlib_module_names, module
        assert not module.startswith(("jax._src", "spikegrad.lab")), module


def test_the_core_works_where_nothing_but_jax_and_numpy_is_installed():
    installed = set(importlib.metadata.packages_distributions())
    forbidden = sorted(installed - {"jax", "jaxlib", "numpy", "spikegrad"})
    assert "pytest" in forbidden
    command = [sys.executable, "-c", IMPORT_ALONE, *forbidden]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_holds_versions_and_hashes_and_no_address(lock):
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}", entry), entry


def test_demo_and_tests_run_with_the_same_versions():
    assert pins("demo.txt") < pins("test.txt")


def test_the_newest_versions_are_no_older_than_those_of_the_tests():
    newest = dict(sorted(pins("newest.txt")))
    for name, version in pins("test.txt"):
        assert name not in newest or newest[name] >= version, name


def test_both_contracts_of_braintools_are_tested():
    assert ("braintools", Version("0.3.0")) in pins("test.txt")
    assert dict(pins("newest.txt"))["braintools"] >= Version("0.4")


def newest_python(folder, **commands):
    """What the script says where these are the only commands, with what each returns."""
    for name, status in commands.items():
        command = folder / name.replace("_", ".")
        command.write_text(f"#!{BASH}\nexit {status}\n")
        command.chmod(0o755)
    return subprocess.run(
        [BASH, ROOT / "scripts/newest-python"],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_python_is_the_first_that_starts(tmp_path):
    found = newest_python(tmp_path, python3_14=127, python3_13=0, python3_12=0)
    assert found.stdout == f"{tmp_path}/python3.13\n"
    assert found.returncode == 0


def test_where_no_python_is_new_enough_one_line_says_so(tmp_path):
    found = newest_python(tmp_path, python3_14=127)
    assert found.returncode == 1
    assert re.fullmatch("The newest versions are not tested: .*\n", found.stderr)


@pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
def test_every_lower_bound_is_a_version_that_the_lowest_lock_tests(requirement):
    (bound,) = [s for s in requirement.specifier if s.operator == ">="]
    assert (requirement.name, Version(bound.version)) in pins("lowest.txt")


@pytest.mark.skipif(
    "SPIKEGRAD_LOWEST" in os.environ,
    reason="the oldest versions are tested without the peers, which need a newer jax",
)
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_no_comparison_with_a_peer_is_skipped_for_want_of_it(peer):
    assert importlib.metadata.version(peer.name) in peer.specifier
