"""Hypothesis strategies for the parameters and inputs of a shape, derived from the catalogue."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from tests.surrogates import complete

from spikegrad.surrogate.catalogue import Row

SIZE = 8
"""Inputs have one length, so that a compiled function serves every example."""


def _log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    exponents = st.floats(np.log10(low), np.log10(high))
    return exponents.map(lambda exponent: float(np.float32(10.0**exponent)))


def parameter(row: Row, name: str, low: float = 0.01, high: float = 100.0) -> st.SearchStrategy:
    """Admissible values of one parameter, exact in float32, up to `high` in magnitude."""
    if row.parameters[name].integer:
        return st.sampled_from((1, 2, 5))
    values = _log_uniform(low, high)
    contains = row.shape.admissible[name].contains
    if contains(0.0):
        values |= st.just(0.0)
    if contains(-1.0):
        values |= _log_uniform(low, high).map(lambda value: -value)
    return values


def parameters(row: Row, low: float = 0.01, high: float = 100.0) -> st.SearchStrategy[dict]:
    """Admissible parameters of a shape, all of them given, and admissible together."""
    each = {name: parameter(row, name, low, high) for name in complete(row)}
    return st.fixed_dictionaries(each).filter(lambda values: _can_be(row, values))


def _can_be(row: Row, values: dict) -> bool:
    try:
        row.shape(**values)
    except ValueError:
        return False
    return True


def inputs(largest: float = 1e4) -> st.SearchStrategy[np.ndarray]:
    """`SIZE` float32 numbers of both signs and every magnitude up to `largest`; zeros too."""
    magnitudes = st.just(0.0) | _log_uniform(1e-6, largest)
    numbers = st.tuples(magnitudes, st.sampled_from((-1.0, 1.0))).map(np.prod)
    return st.lists(numbers, min_size=SIZE, max_size=SIZE).map(np.float32)


def cotangents() -> st.SearchStrategy[np.ndarray]:
    """`SIZE` float32 numbers to weigh outputs with."""
    numbers = st.floats(-100.0, 100.0, width=32)
    return st.lists(numbers, min_size=SIZE, max_size=SIZE).map(np.float32)
