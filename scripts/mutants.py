"""Put faults into the code, one at a time, and see which the tests do not notice.

    make mutants                      a sample of every package
    make mutants PACKAGES=neurons     of one, or of several

cosmic-ray makes the faults, in a copy of the checkout. Of each package a sample is drawn, the same
for the same code and seed, and run until its share of the hour is over. Printed are the faults that
no test noticed, and at the end of a package how many were: kill each with a test, or know why it
changes nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).parents[1]
SOURCE = Path("src/spikegrad")
# Seconds; a fault with which the tests take this long hangs, and is noticed.
LONGEST = 900.0
# A union in an annotation, which nobody evaluates.
NO_FAULTS = "core/ReplaceBinaryOperator_BitOr"
BROKEN = "{} do not pass as they are:\n{}"


class Package(NamedTuple):
    """Code to put faults into, and the tests that should notice, the quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PACKAGES = {
    "neurons": Package(
        ("neurons",),
        (
            "neurons/test_equations.py",
            "neurons/test_refusals.py",
            "neurons/test_dtypes.py",
            "neurons/test_memory.py",
            "neurons",
        ),
    ),
    "checking": Package(("checking",), ("checking",)),
    "health": Package(("health",), ("health",)),
    "surrogate": Package(
        (
            "surrogate/_base.py",
            "surrogate/_exact.py",
            "surrogate/_facts.py",
            "surrogate/_numeric.py",
            "surrogate/algebra",
            "surrogate/catalogue",
        ),
        ("surrogate/algebra", "surrogate/catalogue", "surrogate"),
    ),
    "lab": Package(
        ("lab/data", "lab/networks", "lab/training", "lab/study"),
        ("lab/data", "lab/training", "lab/networks", "lab/study"),
    ),
}


def copied(folder: Path) -> None:
    """Copy what git tracks."""
    listing = subprocess.run(
        ("git", "ls-files", "-z"), cwd=ROOT, text=True, capture_output=True, check=True
    )
    for name in filter(None, listing.stdout.split("\0")):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)


def drawn(package: Package, size: int, seed: int) -> list[MutationSpec]:
    """A sample of the faults that can be put into a package."""
    paths = [SOURCE / module for module in package.modules]
    files = [f for path in paths for f in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    with use_db(":memory:", WorkDB.Mode.create) as db:
        init(files, db, {})
        faults = [item.mutations[0] for item in db.work_items]
    real = [fault for fault in faults if not fault.operator_name.startswith(NO_FAULTS)]
    real.sort(key=lambda f: (str(f.module_path), f.start_pos, f.operator_name, f.occurrence))
    return random.Random(seed).sample(real, min(size, len(real)))


def examine(package: Package, size: int, seed: int, minutes: float) -> tuple[int, list[str]]:
    """How many faults were tried, and what those changed that nobody noticed."""
    tests = [f"tests/{test}" for test in package.tests]
    command = f"{sys.executable} -m pytest -q -x -p no:cacheprovider {' '.join(tests)}"
    first, output = run_tests(command, LONGEST)
    if first is not TestOutcome.SURVIVED:
        sys.exit(BROKEN.format(" ".join(tests), output[-2000:]))
    tried, unnoticed, end = 0, [], time.monotonic() + 60 * minutes
    for fault in drawn(package, size, seed):
        if time.monotonic() > end:
            break
        result = mutate_and_test([fault], command, LONGEST)
        tried += 1
        if result.test_outcome is TestOutcome.SURVIVED:
            unnoticed.append(str(result.diff))
            print(result.diff, flush=True)
    return tried, unnoticed


def main() -> None:
    """Examine the packages one after another, and print what was noticed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("packages", nargs="*", default=[*PACKAGES], choices=[*PACKAGES])
    parser.add_argument("--size", type=int, default=60, help="faults a package, at most")
    parser.add_argument("--minutes", type=float, default=12, help="for each package, at most")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        copied(checkout)
        os.chdir(checkout)
        os.environ["PYTHONPATH"] = str(checkout / "src")
        # Python takes a file that was changed twice in a second for unchanged.
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        # Most of what the tests compile is the same for all faults.
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(Path(folder) / "compiled")
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        for name in given.packages:
            tried, unnoticed = examine(PACKAGES[name], given.size, given.seed, given.minutes)
            print(f"{name}: {tried - len(unnoticed)} of {tried} faults noticed", flush=True)


if __name__ == "__main__":
    main()
