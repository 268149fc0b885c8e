"""Build the sdist and the wheel into dist/, and try both as a user gets them.

    make release-check               before a release
    make release-check TAG=v1.2.3    the version has to be that of the tag as well

The wheel goes into an environment with the core alone, the sdist into one with the extra `lab`.
Both lie outside of the checkout, and take the newest dependencies that there are, as users do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import NoReturn

from packaging.metadata import Metadata
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

DISAGREE = "the version is not the same everywhere: {}"
OTHER_TAG = "the tag is {}, but that of version {} is v{}"
UNRELEASED = "CHANGELOG.md has entries under Unreleased: give them the version and the date"
LACKS = "{} lacks {}"
HOLDS = "{} holds what does not belong there: {}"
LARGE = "{} has {} bytes, more than the {} that are allowed"
METADATA = "the metadata of {} is not valid: {}"
FAILED = "{} ended with {}:\n{}"
UNLIKE = "{} printed what was not expected, without {!r}:\n{}"

# Where the version stands.
VERSION = {
    "pyproject.toml": r'^version = "(.+)"$',
    "src/spikegrad/__init__.py": r'^__version__ = "(.+)"$',
    "CITATION.cff": r"^version: (\S+)$",
    "CHANGELOG.md": r"^## \[(\d[^]]*)\]",
}
# Type checkers need these two, and no test would miss them.
TYPES = {"spikegrad/py.typed", "spikegrad/surrogate/functional.pyi"}
WHEEL_BESIDE = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
SDIST_BESIDE = {".gitignore", "CHANGELOG.md", "CITATION.cff", "LICENSE", "PKG-INFO", "README.md"}
SDIST_BESIDE |= {"pyproject.toml"}
MOST_BYTES = 1_000_000

# Runs where the core alone is installed; arguments: the README, the names of what is optional.
README_EXAMPLES = """
import doctest, importlib.metadata, pathlib, re, sys

installed = {entry.name.lower() for entry in importlib.metadata.distributions()}
assert not installed & set(sys.argv[2:]), installed
import spikegrad

assert pathlib.Path(spikegrad.__file__).is_relative_to(sys.prefix), spikegrad.__file__
blocks = re.findall(r"^```python\\n(.*?)^```", pathlib.Path(sys.argv[1]).read_text(), re.M | re.S)
assert blocks
names, runner = {}, doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
for block in blocks:
    if block.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(block, names, "README", "README.md", 0)
        test.globs = names
        runner.run(test, clear_globs=False)
    else:
        exec(block, names)
sys.exit(runner.failures)
"""
OWN_SURROGATE = """
import jax.numpy as jnp
from spikegrad.surrogate import Surrogate


class Triangle(Surrogate):
    def __init__(self, width=1.0):
        super().__init__()
        self.width = width

    def surrogate_grad(self, x):
        return jnp.maximum(0.0, 1.0 - jnp.abs(x) / self.width)
"""


def fail(message: str, *values: object) -> NoReturn:
    """End with one of the messages."""
    sys.exit("release-check: " + message.format(*values))


def versions() -> dict[str, str | None]:
    """The version that each file has which names one."""
    found = {
        name: re.search(pattern, (ROOT / name).read_text(), re.MULTILINE)
        for name, pattern in VERSION.items()
    }
    return {name: match and match[1] for name, match in found.items()}


def check_version(tag: str) -> str | None:
    """All files agree, and where there is a tag, so does it, and the changelog is closed."""
    found = versions()
    if len(set(found.values())) != 1:
        fail(DISAGREE, ", ".join(f"{name} {version}" for name, version in found.items()))
    version = found["pyproject.toml"]
    if tag and tag != f"v{version}":
        fail(OTHER_TAG, tag, version, version)
    changelog = (ROOT / "CHANGELOG.md").read_text()
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)^## ", changelog, re.MULTILINE | re.DOTALL)
    if tag and unreleased and unreleased[1].strip():
        fail(UNRELEASED)
    return version


def build(folder: Path) -> tuple[Path, Path]:
    """The sdist and the wheel, built with the locked hatchling."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, where=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def files(archive: Path) -> dict[str, bytes]:
    """What a wheel holds, or an sdist below its one folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            return {name: opened.read(name) for name in opened.namelist()}
    with tarfile.open(archive) as opened:
        members = {entry.name.partition("/")[2]: entry for entry in opened if entry.isfile()}
        return {name: opened.extractfile(entry).read() for name, entry in members.items()}


def look_inside(archive: Path) -> None:
    """Nothing is missing, nothing too much, and the registry will take the metadata."""
    held = files(archive)
    sources = (path for path in (ROOT / "src").rglob("*") if path.is_file())
    package = TYPES | {
        path.relative_to(ROOT / "src").as_posix()
        for path in sources
        if "__pycache__" not in path.parts
    }
    if archive.suffix == ".whl":
        beside = f"spikegrad-{PROJECT['version']}.dist-info/"
        wanted = package | {beside + name for name in WHEEL_BESIDE}
        metadata = held.get(beside + "METADATA", b"")
    else:
        wanted = {"src/" + name for name in package} | SDIST_BESIDE
        metadata = held.get("PKG-INFO", b"")
    for message, names in ((LACKS, wanted - held.keys()), (HOLDS, held.keys() - wanted)):
        if names:
            first, *others = sorted(names)
            rest = f" and {len(others)} more files" if others else ""
            fail(message, archive.name, first + rest)
    if (size := archive.stat().st_size) > MOST_BYTES:
        fail(LARGE, archive.name, size, MOST_BYTES)
    try:
        read = Metadata.from_email(metadata)
    except ExceptionGroup as wrong:
        fail(METADATA, archive.name, "; ".join(map(str, wrong.exceptions)))
    if not read.description or read.description_content_type != "text/markdown":
        fail(METADATA, archive.name, "no description in Markdown")


def run(*command: str | Path, where: Path, status: int = 0, prints: str = "") -> None:
    """Run it with no source of ours in reach; it has to end and to speak as expected."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=where,
        env=clean,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    shown = " ".join(str(part) if len(str(part)) < 200 else "..." for part in command)
    if done.returncode != status:
        fail(FAILED, shown, done.returncode, done.stdout)
    if prints not in done.stdout:
        fail(UNLIKE, shown, prints, done.stdout)


def install(folder: Path, archive: Path, extra: str = "") -> tuple[Path, Path]:
    """A fresh environment with this in it: its Python, and the command."""
    uv = Path(sys.executable).with_name("uv")
    python = folder / "bin/python"
    run(uv, "venv", "--quiet", "--python", sys.executable, folder, where=archive.parent)
    what = f"spikegrad{extra} @ {archive.as_uri()}"
    run(uv, "pip", "install", "--quiet", "--python", python, what, where=folder)
    return python, folder / "bin/spikegrad"


def try_core(folder: Path, wheel: Path) -> None:
    """Without extras: the README's examples run, and the command says what it needs."""
    python, spikegrad = install(folder, wheel)
    extras = PROJECT["optional-dependencies"].values()
    optional = {Requirement(line).name for lines in extras for line in lines} - {"spikegrad"}
    examples = (python, "-I", "-c", README_EXAMPLES, ROOT / "README.md", *sorted(optional))
    run(*examples, where=folder)
    run(spikegrad, "shapes", where=folder, prints="Arctan")
    run(spikegrad, "train", "digits", where=folder, status=2, prints="pip install '.[lab]'")


def try_lab(folder: Path, sdist: Path) -> None:
    """With the extra `lab`: every command does its work once."""
    _, spikegrad = install(folder, sdist, "[lab]")
    run(spikegrad, "--version", where=folder, prints=PROJECT["version"])
    run(spikegrad, "--help", where=folder, prints="train")
    run(spikegrad, "shapes", where=folder, prints="Arctan")
    run(spikegrad, "train", "digits", "--epochs", "1", "--out", folder / "run", where=folder)
    if not (folder / "run/config.json").exists():
        fail(LACKS, "the folder of the run", "config.json")
    (folder / "own.py").write_text(OWN_SURROGATE)
    run(spikegrad, "check", "own:Triangle", "--width", "2", where=folder)


def main() -> None:
    """The whole check, with what was found on the way."""
    start = time.monotonic()
    version = check_version(os.environ.get("TAG", ""))
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    archives = build(dist)
    for archive in archives:
        look_inside(archive)
        print(f"{archive.name}: {archive.stat().st_size:,} bytes, {len(files(archive))} files")
    sdist, wheel = archives
    with tempfile.TemporaryDirectory(prefix="spikegrad-release-") as folder:
        try_core(Path(folder) / "core", wheel)
        print(f"{wheel.name}: installed without extras, and tried")
        try_lab(Path(folder) / "lab", sdist)
        print(f"{sdist.name}: built, installed with [lab], and tried")
    print(f"spikegrad {version} can be released from dist/ ({time.monotonic() - start:.0f} s)")


if __name__ == "__main__":
    main()
