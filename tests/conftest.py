"""Conditions that every test runs under: CPU, eight devices, no silent promotion."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import pytest
from hypothesis import settings

jax.config.update("jax_num_cpu_devices", 8)

# The same examples on every run, so that a red run can be repeated; another profile explores.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def _strict_promotion() -> Iterator[None]:
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture
def getkey() -> Callable[[], jax.Array]:
    """A source of new random keys, the same ones on every run."""
    seeds = itertools.count()
    return lambda: jax.random.key(next(seeds))
