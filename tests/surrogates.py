"""The surrogates that the contract is tested with: a user's own, and every shipped shape."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from spikegrad.surrogate import Surrogate
from spikegrad.surrogate.catalogue import CATALOGUE, Row

X = np.float32([-100, -3, -1.25, -0.4, -1e-3, -0.0, 0.0, 1e-3, 0.4, 1.25, 3, 100])
"""Both signs, both zeros, near and far; no corner of a shape but 0."""


class Tanh(Surrogate):
    """A subclass as the contract's example has it."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def surrogate_fun(self, x):
        return jnp.tanh(x * self.alpha) * 0.5 + 0.5

    def surrogate_grad(self, x):
        return self.alpha * 0.5 * (1 - jnp.tanh(x * self.alpha) ** 2)


class Bumps(Surrogate):
    """A subclass whose attribute is a nested pytree of arrays, numbers, strings and None."""

    def __init__(self, heights, kind="gauss"):
        super().__init__()
        self.parts = {
            "heights": tuple(heights),
            "widths": [jnp.asarray(0.5, jnp.float32), 2.0],
            "kind": kind,
            "note": None,
        }

    def surrogate_grad(self, x):
        narrow, wide = self.parts["widths"]
        first, second = self.parts["heights"]
        bump = {"gauss": lambda z: jnp.exp(-z * z), "cosh": lambda z: 1 / jnp.cosh(z)}
        of = bump[self.parts["kind"]]
        return first * of(x / narrow.astype(x.dtype)) + second * of(x / wide)


class Scaled(Surrogate):
    """A subclass that holds another surrogate."""

    def __init__(self, inner, factor):
        super().__init__()
        self.inner = inner
        self.factor = factor

    def surrogate_grad(self, x):
        return self.factor * self.inner.surrogate_grad(x)


def array(value: Any) -> jax.Array:
    return jnp.asarray(value, jnp.float32)


OWN: Mapping[str, Surrogate] = {
    "Tanh-static": Tanh(1.5),
    "Tanh-array": Tanh(array(1.5)),
    "Bumps": Bumps((1.0, array(0.25))),
    "Scaled-static": Scaled(Tanh(2.0), 3.0),
    "Scaled-array": Scaled(Tanh(array(2.0)), array(3.0)),
}


def label(parameters: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in parameters.items()) or "defaults"


def complete(row: Row, sample: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All parameters of a shape that have a value: a sample's, and defaults for the others."""
    defaults = {name: parameter.default for name, parameter in row.parameters.items()}
    values = defaults | dict(sample or {})
    return {name: value for name, value in values.items() if value is not None}


def with_arrays(row: Row, parameters: Mapping[str, Any] | None = None, dtype: Any = None) -> Any:
    """The shape with array parameters (whole numbers stay static), defaults where none is given."""
    values = complete(row, parameters)
    fixed = {name: value for name, value in values.items() if row.parameters[name].integer}
    moving = {name: jnp.asarray(value, dtype or jnp.float32) for name, value in values.items()}
    return row.shape(**moving | fixed)


def _params(surrogates: Mapping[str, Surrogate]) -> list[Any]:
    return [pytest.param(surrogate, id=name) for name, surrogate in surrogates.items()]


ROWS = [pytest.param(row, id=row.name) for row in CATALOGUE]
"""Every shape, as its row of the catalogue."""

PARAMETRISED = [param for param in ROWS if param.values[0].parameters]
"""Every shape that has a parameter."""

SAMPLED = [
    pytest.param(row, sample, id=f"{row.name}-{label(sample)}")
    for row in CATALOGUE
    for sample in ({}, *row.samples)
    if not sample or row.shape(**sample) != row.shape()
]
"""Every shape at every sample of its parameters, as row and sample."""

TWO_EACH = [
    param
    for _, params in itertools.groupby(SAMPLED, key=lambda param: param.values[0].name)
    for param in itertools.islice(params, 2)
]
"""Every shape at its defaults and at one sample: for what takes long."""

EVERY = _params({**OWN, **{p.id: p.values[0].shape(**p.values[1]) for p in SAMPLED}})
"""Own surrogates, and every shape at every sample."""

_DEFAULTS = {row.name: row.shape() for row in CATALOGUE}

ONE_EACH = _params({**OWN, **_DEFAULTS})
"""Own surrogates, and every shape once: for what takes long to compile."""

WITHOUT_ARRAYS = _params({"Tanh-static": OWN["Tanh-static"], **_DEFAULTS})
"""Surrogates that fit an `x` of any dtype: an own surrogate's float32 array fits float32 alone."""
