"""Every shape, declared once; tests, function forms, documentation and commands derive from it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from spikegrad.surrogate import shapes
from spikegrad.surrogate.catalogue._row import Paper, Row

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
_STORK = Paper(
    "Rossbroich, Gygax and Zenke",
    2022,
    "Fluctuation-driven initialization for spiking neural network training",
    "https://doi.org/10.1088/2634-4386/ac97bb",
)
_STRAIGHT_THROUGH = Paper(
    "Bengio, Leonard and Courville",
    2013,
    "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation",
    "https://arxiv.org/abs/1308.3432",
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
        shapes.Sigmoid,
        Paper(
            "Zenke and Vogels",
            2021,
            "The remarkable robustness of surrogate gradient learning for instilling complex "
            "function in spiking neural networks",
            "https://doi.org/10.1162/neco_a_01367",
        ),
        _SHARPNESS,
    ),
    Row(shapes.PiecewiseExp, _SLAYER, _SHARPNESS),
    Row(shapes.SlayerGrad, _SLAYER, _SHARPNESS),
    Row(shapes.SoftSign, _SUPERSPIKE, _SHARPNESS),
    Row(shapes.InvSquareGrad, _SUPERSPIKE, _SHARPNESS),
    Row(
        shapes.Arctan,
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
        shapes.QPseudoSpike,
        Paper(
            "Herranz-Celotti and Rouat",
            2022,
            "Stabilizing Spiking Neuron Training",
            "https://arxiv.org/abs/2202.00282",
        ),
        (
            {"alpha": 0.0},
            {"alpha": 0.5},
            {"alpha": 1.0},
            {"alpha": 1.001},
            {"alpha": 10.3},
            {"alpha": 1.56, "scale": 3.5},
        ),
    ),
    Row(shapes.NonzeroSignLog, _SPIKINGJELLY, _SHARPNESS),
    Row(
        shapes.ERF,
        Paper(
            "Esser et al.",
            2015,
            "Backpropagation for Energy-Efficient Neuromorphic Computing",
            "https://papers.nips.cc/paper/2015/hash/10a5ab2db37feedfdeaab192ead4ac0e-Abstract.html",
        ),
        _SHARPNESS,
    ),
    Row(
        shapes.GaussianGrad,
        _ADAPTIVE,
        ({"sigma": 0.1, "alpha": 1.0}, {"sigma": 0.01, "alpha": 0.3}, {"sigma": 7.0, "alpha": 2.0}),
    ),
    Row(
        shapes.MultiGaussianGrad,
        _ADAPTIVE,
        (
            {"h": 0.0},
            {"h": 0.3, "s": 2.5, "sigma": 0.1, "scale": 1.0},
            {"h": -0.2, "s": 0.7, "sigma": 3.0, "scale": -1.0},
        ),
    ),
    Row(
        shapes.PiecewiseQuadratic,
        Paper(
            "Esser et al.",
            2016,
            "Convolutional networks for fast, energy-efficient neuromorphic computing",
            "https://doi.org/10.1073/pnas.1604850113",
        ),
        _SHARPNESS,
    ),
    Row(
        shapes.ReluGrad,
        Paper(
            "Bellec et al.",
            2018,
            "Long short-term memory and learning-to-learn in networks of spiking neurons",
            "https://arxiv.org/abs/1803.09574",
        ),
        ({"alpha": 1.0, "width": 0.1}, {"alpha": 0.01, "width": 30.0}),
    ),
    Row(
        shapes.PiecewiseLeakyRelu,
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
        shapes.LeakyRelu,
        _SPIKINGJELLY,
        ({"alpha": 0.0, "beta": 1.0}, {"alpha": -0.3, "beta": 0.7}, {"alpha": 1.0, "beta": 5.0}),
    ),
    Row(
        shapes.LogTailedRelu,
        Paper(
            "Cai, He, Sun and Vasconcelos",
            2017,
            "Deep Learning with Low Precision by Half-wave Gaussian Quantization",
            "https://arxiv.org/abs/1702.00953",
        ),
        ({"alpha": 0.1}, {"alpha": -0.5}),
    ),
    Row(
        shapes.S2NN,
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
        shapes.SquarewaveFourierSeries,
        _SPIKINGJELLY,
        ({"n": 1, "t_period": 2.0}, {"n": 5, "t_period": 0.75}, {"n": 12, "t_period": 100.0}),
    ),
    Row(
        shapes.SignSwish,
        Paper(
            "Darabi, Belbahri, Courbariaux and Partovi Nia",
            2018,
            "BNN+: Improved Binary Network Training",
            "https://arxiv.org/abs/1812.11800",
        ),
        ({"beta": 0.5}, {"beta": 60.0}),
    ),
    Row(
        shapes.AlgebraicSigmoid,
        Paper(
            "Pehle and Pedersen",
            2021,
            "Norse - A deep learning library for spiking neural networks",
            "https://doi.org/10.5281/zenodo.4422025",
        ),
        _SHARPNESS,
    ),
    Row(shapes.ClippedReciprocal, _SPIKINGJELLY, _SHARPNESS),
    Row(
        shapes.Rect,
        Paper(
            "Wu, Deng, Li, Zhu and Shi",
            2018,
            "Spatio-Temporal Backpropagation for Training High-Performance Spiking Neural Networks",
            "https://doi.org/10.3389/fnins.2018.00331",
        ),
        _SHARPNESS,
    ),
    Row(
        shapes.Dspike,
        Paper(
            "Li et al.",
            2021,
            "Differentiable Spike: Rethinking Gradient-Descent for Training Spiking Neural "
            "Networks",
            "https://openreview.net/forum?id=H4e7mBnC9f0",
        ),
        ({"b": 0.1}, {"b": 10.0, "r": 1.0}, {"b": 100.0, "r": 0.3}),
    ),
    Row(
        shapes.WindowedInvSquare,
        Paper(
            "Perez-Nieves and Goodman",
            2021,
            "Sparse Spiking Gradient Descent",
            "https://arxiv.org/abs/2105.08810",
        ),
        (
            {"alpha": 25.0, "lo": 1.0, "hi": math.inf},
            {"alpha": 2.5, "lo": -math.inf, "hi": 0.75},
            {"alpha": 10.0, "lo": -3.0, "hi": -0.125},
        ),
    ),
    Row(shapes.StraightThrough, _STRAIGHT_THROUGH, ()),
    Row(shapes.GradedExp, _SLAYER, ({"tau": 0.1, "scale": 2.0}, {"tau": 12.0, "scale": 0.3})),
    Row(
        shapes.ExponentialEscape,
        Paper(
            "Gardner, Sporea and Gruning",
            2015,
            "Learning Spatiotemporally Encoded Pattern Transformations in Structured Spiking "
            "Neural Networks",
            "https://doi.org/10.1162/NECO_a_00790",
        ),
        ({"p0": 0.1, "delta_u": 1.5}, {"p0": 0.01, "delta_u": 0.133, "cap": 2.0}),
    ),
    Row(shapes.ClampedInvSquare, _SUPERSPIKE, ({"beta": 0.1}, {"beta": 100.0})),
    Row(shapes.HardTanhOffset, _STORK, ({"beta": 0.1}, {"beta": 2.5})),
    Row(shapes.TanhOffset, _STORK, ({"beta": 0.1}, {"beta": 2.5})),
    Row(
        shapes.SigmoidRamp,
        Paper(
            "Dugas, Bengio, Belisle, Nadeau and Garcia",
            2000,
            "Incorporating Second-Order Functional Knowledge for Better Option Pricing",
            "https://papers.nips.cc/paper/1920-incorporating-second-order-functional-knowledge-for-"
            "better-option-pricing",
        ),
        ({"shift": 0.5}, {"shift": -3.3}),
    ),
    Row(
        shapes.PeriodicExponential,
        Paper(
            "Weidel and Sheik",
            2021,
            "WaveSense: Efficient Temporal Convolutions with Spiking Neural Networks for Keyword "
            "Spotting",
            "https://arxiv.org/abs/2111.01456",
        ),
        (
            {"width": 0.1, "threshold": 2.0, "rise": 1.0},
            {"width": 3.0, "threshold": 0.75, "rise": 2.0},
        ),
    ),
    Row(shapes.PeriodicInvSquare, _STORK, ({"beta": 1.0}, {"beta": 10.3})),
)
