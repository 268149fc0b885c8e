"""Every shape, declared once; tests, function forms, documentation and commands derive from it."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from spikegrad.surrogate._compact import PiecewiseQuadratic, ReluGrad
from spikegrad.surrogate._exponential import PiecewiseExp, Sigmoid, SlayerGrad
from spikegrad.surrogate._gaussian import ERF, GaussianGrad, MultiGaussianGrad
from spikegrad.surrogate._periodic import SquarewaveFourierSeries
from spikegrad.surrogate._power import Arctan, InvSquareGrad, NonzeroSignLog, QPseudoSpike, SoftSign
from spikegrad.surrogate._relu import S2NN, LeakyRelu, LogTailedRelu, PiecewiseLeakyRelu
from spikegrad.surrogate._shape import COUNT, Shape

UNKNOWN_NAME = "There is no surrogate {name!r}. The nearest names are {nearest}."
UNKNOWN_PARAMETER = "{name} takes no parameter {parameter!r}. It takes {accepted}."


class Paper(NamedTuple):
    """Where a shape comes from."""

    authors: str
    year: int
    title: str
    link: str


class Parameter(NamedTuple):
    """One parameter of a shape: its default, and in words the values it may take."""

    default: float
    admissible: str
    integer: bool


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

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.shape)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters that shape the gradient, in the order of the class."""
        return {
            name: Parameter(self._signature.parameters[name].default, domain.words, domain is COUNT)
            for name, domain in self.shape.admissible.items()
        }


_SUPERSPIKE = Paper(
    "Zenke and Ganguli",
    2018,
    "SuperSpike: Supervised Learning in Multilayer Spiking Neural Networks",
    "https://doi.org/10.1162/neco_a_01086",
)
_SLAYER = Paper(
    "Shrestha and Orchard",
    2018,
    "SLAYER: Spike Layer Error Reassignment in Time",
    "https://arxiv.org/abs/1810.08646",
)
_SPIKINGJELLY = Paper(
    "Fang et al.",
    2023,
    "SpikingJelly: An open-source machine learning infrastructure platform for spike-based "
    "intelligence",
    "https://doi.org/10.1126/sciadv.adi1480",
)
_ADAPTIVE = Paper(
    "Yin, Corradi and Bohte",
    2021,
    "Accurate and efficient time-domain classification with adaptive spiking recurrent neural "
    "networks",
    "https://doi.org/10.1038/s42256-021-00397-w",
)

_SHARPNESS: tuple[Mapping[str, float], ...] = ({"alpha": 0.1}, {"alpha": 2.5}, {"alpha": 100.0})

CATALOGUE: tuple[Row, ...] = (
    Row(
        Sigmoid,
        Paper(
            "Zenke and Vogels",
            2021,
            "The remarkable robustness of surrogate gradient learning for instilling complex "
            "function in spiking neural networks",
            "https://doi.org/10.1162/neco_a_01367",
        ),
        _SHARPNESS,
    ),
    Row(PiecewiseExp, _SLAYER, _SHARPNESS),
    Row(SlayerGrad, _SLAYER, _SHARPNESS),
    Row(SoftSign, _SUPERSPIKE, _SHARPNESS),
    Row(InvSquareGrad, _SUPERSPIKE, _SHARPNESS),
    Row(
        Arctan,
        Paper(
            "Fang et al.",
            2021,
            "Incorporating Learnable Membrane Time Constant to Enhance Learning of Spiking Neural "
            "Networks",
            "https://arxiv.org/abs/2007.05785",
        ),
        _SHARPNESS,
    ),
    Row(
        QPseudoSpike,
        Paper(
            "Herranz-Celotti and Rouat",
            2022,
            "Stabilizing Spiking Neuron Training",
            "https://arxiv.org/abs/2202.00282",
        ),
        ({"alpha": 0.0}, {"alpha": 0.5}, {"alpha": 1.0}, {"alpha": 1.001}, {"alpha": 10.3}),
    ),
    Row(NonzeroSignLog, _SPIKINGJELLY, _SHARPNESS),
    Row(
        ERF,
        Paper(
            "Esser et al.",
            2015,
            "Backpropagation for Energy-Efficient Neuromorphic Computing",
            "https://papers.nips.cc/paper/2015/hash/10a5ab2db37feedfdeaab192ead4ac0e-Abstract.html",
        ),
        _SHARPNESS,
    ),
    Row(
        GaussianGrad,
        _ADAPTIVE,
        ({"sigma": 0.1, "alpha": 1.0}, {"sigma": 0.01, "alpha": 0.3}, {"sigma": 7.0, "alpha": 2.0}),
    ),
    Row(
        MultiGaussianGrad,
        _ADAPTIVE,
        (
            {"h": 0.0},
            {"h": 0.3, "s": 2.5, "sigma": 0.1, "scale": 1.0},
            {"h": -0.2, "s": 0.7, "sigma": 3.0, "scale": -1.0},
        ),
    ),
    Row(
        PiecewiseQuadratic,
        Paper(
            "Esser et al.",
            2016,
            "Convolutional networks for fast, energy-efficient neuromorphic computing",
            "https://doi.org/10.1073/pnas.1604850113",
        ),
        _SHARPNESS,
    ),
    Row(
        ReluGrad,
        Paper(
            "Bellec et al.",
            2018,
            "Long short-term memory and learning-to-learn in networks of spiking neurons",
            "https://arxiv.org/abs/1803.09574",
        ),
        ({"alpha": 1.0, "width": 0.1}, {"alpha": 0.01, "width": 30.0}),
    ),
    Row(
        PiecewiseLeakyRelu,
        Paper(
            "Yin et al.",
            2017,
            "Algorithm and hardware design of discrete-time spiking neural networks based on back "
            "propagation with binary activations",
            "https://arxiv.org/abs/1709.06206",
        ),
        ({"c": 0.0, "w": 0.1}, {"c": -0.2, "w": 2.0}, {"c": 3.0, "w": 50.0}),
    ),
    Row(
        LeakyRelu,
        _SPIKINGJELLY,
        ({"alpha": 0.0, "beta": 1.0}, {"alpha": -0.3, "beta": 0.7}, {"alpha": 1.0, "beta": 5.0}),
    ),
    Row(
        LogTailedRelu,
        Paper(
            "Cai, He, Sun and Vasconcelos",
            2017,
            "Deep Learning with Low Precision by Half-wave Gaussian Quantization",
            "https://arxiv.org/abs/1702.00953",
        ),
        ({"alpha": 0.1}, {"alpha": -0.5}),
    ),
    Row(
        S2NN,
        Paper(
            "Suetake et al.",
            2022,
            "S3NN: Time Step Reduction of Spiking Surrogate Gradients for Training Energy "
            "Efficient Single-Step Spiking Neural Networks",
            "https://arxiv.org/abs/2201.10879",
        ),
        ({"alpha": 0.1, "beta": 0.025}, {"alpha": 50.0, "beta": 3.0}),
    ),
    Row(
        SquarewaveFourierSeries,
        _SPIKINGJELLY,
        ({"n": 1, "t_period": 2.0}, {"n": 5, "t_period": 0.75}, {"n": 12, "t_period": 100.0}),
    ),
)

_BY_NAME = {name.lower(): row for row in CATALOGUE for name in (row.name, row.function_name)}


def get(name: str, **parameters: Any) -> Shape:
    """The surrogate of that name.

    Args:
        name: a class name (`"Arctan"`) or function name (`"arctan"`), in any case.
        **parameters: parameters of the shape; the others keep their defaults.

    Raises:
        ValueError: there is no such name, the shape takes no such parameter, or a Python number
            lies outside the parameter's admissible range.

    Examples:
        >>> from spikegrad import surrogate
        >>> surrogate.get("arctan", alpha=2.0)
        Arctan(alpha=2.0)
    """
    row = _BY_NAME.get(name.lower())
    if row is None:
        nearest = difflib.get_close_matches(name.lower(), _BY_NAME, n=6, cutoff=0.0)
        names = list(dict.fromkeys(_BY_NAME[near].name for near in nearest))
        raise ValueError(UNKNOWN_NAME.format(name=name, nearest=", ".join(names[:3])))
    for parameter in parameters:
        if parameter not in row.parameters:
            message = UNKNOWN_PARAMETER.format(
                name=row.name, parameter=parameter, accepted=", ".join(row.parameters)
            )
            raise ValueError(message)
    return row.shape(**parameters)
