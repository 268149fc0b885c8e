"""What the surrogates of other libraries are made of."""

from __future__ import annotations

import dataclasses
from typing import Any

from spikegrad.surrogate import shapes
from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.shapes._shape import Shape


def box(lo: float, hi: float) -> Surrogate:
    """Height 1 between `lo` and `hi`."""
    width = hi - lo
    return (width * shapes.Rect(1 / width)).shifted((lo + hi) / 2)


def step_from(lo: float, height: float = 1.0) -> Surrogate:
    """A constant from `lo` on."""
    return shapes.LeakyRelu(0.0, height).shifted(lo)


def sech_squared(k: float) -> Surrogate:
    """`1 / cosh(k x)**2`."""
    return (2 / k) * shapes.Sigmoid(2 * k)


def multi_gaussian(mu: float, sigma: float, h: float, s: float, grad_scale: float) -> Surrogate:
    """A Gaussian around `mu` with a rim around 0."""
    if mu == 0:
        return shapes.MultiGaussianGrad(h=h, s=s, sigma=sigma, scale=grad_scale)
    middle = ((1 + h) * shapes.GaussianGrad(sigma, grad_scale)).shifted(mu)
    side = -h * shapes.GaussianGrad(s * sigma, grad_scale)
    return middle + side.shifted(sigma) + side.shifted(-sigma)


def same(library: str, *of: type[Shape]) -> tuple[Peer, ...]:
    """The surrogates that a library has under our names and parameters."""
    return tuple(Peer(library, shape.__name__, shape, _defaults(shape)) for shape in of)


def _defaults(shape: type[Shape]) -> dict[str, Any]:
    """The parameters that a shape has there as well: those whose default is a value."""
    fields = dataclasses.fields(shape)
    return {field.name: field.default for field in fields if field.default is not None}
