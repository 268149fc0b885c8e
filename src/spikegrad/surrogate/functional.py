"""The function form of every shape, derived from the catalogue.

`sigmoid(x, alpha)` is `Sigmoid(alpha)(x)`, for numbers, arrays and traced values alike. The stub
beside this file tells type checkers what is made here; `python scripts/stubs.py` writes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import jax

from spikegrad.surrogate.catalogue import CATALOGUE, Row

PACKAGE = "spikegrad.surrogate"
__all__ = [row.function_name for row in CATALOGUE]


def _function_form(row: Row) -> Callable[..., jax.Array]:
    shape = row.shape

    def function(x, *args, **kwargs):  # type: ignore[no-untyped-def]
        return shape(*args, **kwargs)(x)

    parameters = inspect.signature(shape).parameters.values()
    x = inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="ArrayLike")
    function.__name__ = function.__qualname__ = row.function_name
    function.__module__ = PACKAGE
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [x, *parameters], return_annotation="jax.Array"
    )
    function.__doc__ = f"Spikes with the gradient of [`{row.name}`][{PACKAGE}.{row.name}]."
    return function


globals().update({row.function_name: _function_form(row) for row in CATALOGUE})
