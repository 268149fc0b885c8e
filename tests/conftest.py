"""Conditions that every test runs under: CPU, eight devices, no silent promotion."""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import pytest
from hypothesis import settings
from tests.helpers import spread

jax.config.update("jax_num_cpu_devices", 8)

# The same examples on every run, so that a red run can be repeated; another profile explores.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--each N`, for a look at everything in little time: `.ci/run` has one at the newest JAX."""
    parser.addoption("--each", type=int, help="of every test, that many of its parameters only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `--each` does not keep."""
    if each := config.getoption("--each"):
        kept = spread([item.nodeid for item in items], each)
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = [item for item in items if item.nodeid in kept]


@pytest.fixture(autouse=True)
def _strict_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture
def any_rank() -> Iterator[None]:
    """For parameters that have one value a neuron, which is of lower rank than a batch."""
    with jax.numpy_rank_promotion("allow"):
        yield


@pytest.fixture
def getkey() -> Callable[[], jax.Array]:
    """A source of new random keys, the same ones on every run."""
    seeds = itertools.count()
    return lambda: jax.random.key(next(seeds))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation's site, built anew and strictly, once for all of pytest's processes."""
    if "SPIKEGRAD_LOWEST" in os.environ:
        pytest.skip("the site is built with the newest versions only")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _build_site(tmp_path_factory.mktemp("site"))
    shared = tmp_path_factory.getbasetemp().parent
    with open(shared / "site.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "site"
        return folder if (folder / "index.html").exists() else _build_site(folder)


def _build_site(folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder
