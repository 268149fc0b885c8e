"""What several test files need: strict comparison, compilation counts, peers, older JAX."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np
import pytest

FLOATS = ("float64", "float32", "bfloat16", "float16")


def x64() -> AbstractContextManager[Any]:
    """A context in which float64 exists."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return importlib.import_module("jax.experimental").enable_x64()


def precision(dtype: str) -> AbstractContextManager[Any]:
    """A context in which `dtype` exists."""
    return x64() if dtype == "float64" else nullcontext()


def shard_map(*args: Any, **options: Any) -> Any:
    """`jax.shard_map`, wherever the installed JAX has it."""
    if hasattr(jax, "shard_map"):
        return jax.shard_map(*args, **options)
    # That JAX cannot check replication through a named value, and says to switch the check off.
    old = importlib.import_module("jax.experimental.shard_map").shard_map
    return old(*args, **options, check_rep=False)


def peer(name: str) -> ModuleType:
    """Another library, imported without what it does to JAX's settings and to our warnings.

    brainstate switches float64 off for everyone. The oldest versions that spikegrad allows are
    tested without peers (they need newer ones), so there, and only there, their tests are skipped.
    """
    if name in sys.modules:
        return sys.modules[name]
    had_x64 = jax.config.jax_enable_x64
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            if not os.environ.get("SPIKEGRAD_LOWEST"):
                raise
            reason = f"{name} is not installed with the oldest versions"
            pytest.skip(reason, allow_module_level=True)
        finally:
            jax.config.update("jax_enable_x64", had_x64)


def loaded(path: Path) -> ModuleType:
    """A script, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spread(tests: list[str], each: int) -> set[str]:
    """Of every test as many of its parameters, at even distances that begin elsewhere each time."""
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(test.partition("[")[0], []).append(test)
    kept = set()
    for number, group in enumerate(groups.values()):
        count = min(each, len(group))
        kept |= {group[int((k + number % 7 / 7) * len(group) / count)] for k in range(count)}
    return kept


class _Compilations(logging.Handler):
    """Notes the functions that JAX says it has compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        found = re.match(r"Finished XLA compilation of (?:jit\()?([^() ]+)", record.getMessage())
        if found:
            self.functions.append(found[1])


@contextmanager
def log_compilations() -> Iterator[list[str]]:
    """The functions that XLA compiles inside the `with` block, one entry a compilation."""
    compilations, logger = _Compilations(), logging.getLogger("jax")
    logger.addHandler(compilations)
    try:
        with jax.log_compiles(True):
            yield compilations.functions
    finally:
        logger.removeHandler(compilations)


def assert_close(actual: Any, expected: Any, ulp: float = 16, message: str = "") -> None:
    """Equal dtype and shape, and equal to a few units in the last place of the largest value.

    Compiled code contracts and reorders, so the last digits of two paths to one number differ.
    """
    assert jax.tree.structure(actual) == jax.tree.structure(expected), message
    for got, want in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert got.dtype == want.dtype, message
        assert got.shape == want.shape, message
        unit = float(jax.numpy.finfo(got.dtype).eps) * ulp
        got64, want64 = np.asarray(got, np.float64), np.asarray(want, np.float64)
        largest = np.max(np.abs(want64), initial=0.0, where=np.isfinite(want64))
        np.testing.assert_allclose(
            got64, want64, rtol=unit, atol=unit * largest, equal_nan=True, err_msg=message
        )
