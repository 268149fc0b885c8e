"""What the catalogue knows of a shape."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax.numpy as jnp

from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.algebra import Scaled, Shifted
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.catalogue._peers import PEERS
from spikegrad.surrogate.catalogue._written import written
from spikegrad.surrogate.shapes._shape import Shape


class Paper(NamedTuple):
    """Where a shape comes from."""

    authors: str
    year: int
    title: str
    link: str


class Parameter(NamedTuple):
    """One parameter of a shape: its default, and in words the values it may take."""

    default: float | None
    admissible: str
    integer: bool

    @property
    def shown(self) -> str:
        """The default as one writes it."""
        return "None" if self.default is None else written(self.default)


@dataclass(frozen=True)
class Row:
    """One shape of the catalogue.

    Attributes:
        shape: the class.
        paper: who brought the shape.
        samples: parameters that tests run at, beside the defaults; extremes included.
    """

    shape: type[Shape]
    paper: Paper
    samples: tuple[Mapping[str, float], ...]

    def __post_init__(self) -> None:
        """Check cheap identities, so that a slip in a row fails at import."""
        defaults = {name: parameter.default for name, parameter in self.parameters.items()}
        if not set(self.shape.admissible) <= set(self._signature.parameters):
            raise TypeError(f"{self.name}: admissible names what __init__ does not take")
        for sample in (defaults, *self.samples):
            if not set(sample) <= set(self.parameters):
                raise TypeError(f"{self.name}: a sample names an unknown parameter: {sample}")
            self.shape(**sample)

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.shape.__name__

    @property
    def function_name(self) -> str:
        """The name of the function form, in snake case."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", self.name).lower()

    @property
    def family(self) -> str:
        """The family by which shapes are grouped: that of their tails."""
        return self.shape.family

    @property
    def defaults(self) -> list[str]:
        """Each parameter with its default, as one writes them: `alpha=1`."""
        return [f"{name}={parameter.shown}" for name, parameter in self.parameters.items()]

    @cached_property
    def even(self) -> bool:
        """Whether the gradient is the same on both sides of the threshold, at its defaults."""
        x = jnp.asarray([0.013, 0.31, 2.7])
        right, left = map(self.shape().surrogate_grad, (x, -x))
        return bool((right == left).all())

    @cached_property
    def peers(self) -> tuple[Peer, ...]:
        """The surrogates of other libraries that are this shape, scaled or shifted perhaps."""
        return tuple(
            peer for peer in PEERS if _core(peer.build(*peer.parameters.values())) is self.shape
        )

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.shape)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters that shape the gradient, in the order of the class."""
        return {
            name: Parameter(
                self._signature.parameters[name].default,
                domain.words,
                getattr(domain, "whole", False),
            )
            for name, domain in self.shape.admissible.items()
        }


def _core(surrogate: Surrogate) -> type[Surrogate]:
    """The class of the shape that a surrogate scales or shifts."""
    while isinstance(surrogate, Scaled | Shifted):
        surrogate = surrogate.surrogate
    return type(surrogate)
