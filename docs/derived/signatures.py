"""The signatures of shapes, which follow from their parameters when Python makes the class."""

from __future__ import annotations

import inspect
from typing import Any

import griffe

from spikegrad import surrogate


class ShapeSignatures(griffe.Extension):
    """Gives a shape the `__init__` that a reader of its source does not see."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add it when a class of shapes was read."""
        if "Shape" not in map(str, cls.bases):
            return
        given = inspect.signature(getattr(surrogate, cls.name)).parameters.values()
        parameters = [
            griffe.Parameter(
                parameter.name,
                kind=griffe.ParameterKind.positional_or_keyword,
                default=repr(parameter.default),
            )
            for parameter in given
        ]
        itself = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
        made = griffe.Function("__init__", parameters=griffe.Parameters(itself, *parameters))
        cls.set_member("__init__", made)
