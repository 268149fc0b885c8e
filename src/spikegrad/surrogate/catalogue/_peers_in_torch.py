"""The surrogates of the large libraries for PyTorch under the names they have there."""

from __future__ import annotations

import math

from spikegrad.surrogate import shapes
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.catalogue._recipes import (
    box,
    multi_gaussian,
    same,
    sech_squared,
    step_from,
)

_THETA = {"spike_threshold": 1.0}
_SAMPLES = "It draws its spikes at random."
_LOWER = "At x = 0 it takes the gradient from below the threshold."

PEERS_IN_TORCH: tuple[Peer, ...] = (
    *same(
        "spikingjelly",
        shapes.PiecewiseQuadratic,
        shapes.PiecewiseExp,
        shapes.Sigmoid,
        shapes.S2NN,
        shapes.Rect,
    ),
    Peer("spikingjelly", "SoftSign", shapes.SoftSign, {"alpha": 2.0}),
    Peer(
        "spikingjelly",
        "SuperSpike",
        lambda alpha: alpha * shapes.InvSquareGrad(1.0),
        {"alpha": 1.0},
        "alpha is the height, not the sharpness.",
    ),
    Peer("spikingjelly", "ATan", shapes.Arctan, {"alpha": 2.0}),
    Peer("spikingjelly", "NonzeroSignLogAbs", shapes.NonzeroSignLog, {"alpha": 1.0}),
    Peer("spikingjelly", "Erf", shapes.ERF, {"alpha": 2.0}),
    Peer(
        "spikingjelly",
        "PiecewiseLeakyReLU",
        lambda w, c: shapes.PiecewiseLeakyRelu(c=c, w=w),
        {"w": 1.0, "c": 0.01},
        "At |x| = w it gives c.",
    ),
    Peer(
        "spikingjelly",
        "SquarewaveFourierSeries",
        lambda n, T_period: (
            shapes.SquarewaveFourierSeries(n - 1, T_period)
            if n > 1
            else 0.0 * shapes.StraightThrough()
        ),
        {"n": 2, "T_period": 8.0},
        "It has n - 1 terms, so none for n = 1.",
    ),
    Peer(
        "spikingjelly",
        "QPseudoSpike",
        lambda alpha: shapes.QPseudoSpike(alpha, scale=2 / (alpha - 1)),
        {"alpha": 2.0},
        "c = 2 / (alpha - 1), as in the paper; braintools has 2 / (alpha + 1).",
    ),
    Peer("spikingjelly", "LeakyKReLU", shapes.LeakyRelu, {"leak": 0.0, "k": 1.0}),
    Peer(
        "spikingjelly",
        "FakeNumericalGradient",
        shapes.ClippedReciprocal,
        {"alpha": 0.3},
        "At -0.0 it gives minus infinity.",
    ),
    Peer("spikingjelly", "LogTailedReLU", shapes.LogTailedRelu, {"alpha": 0.0}),
    Peer("spikingjelly", "DeterministicPass", shapes.StraightThrough),
    Peer("spikingjelly", "PoissonPass", shapes.StraightThrough, differs=_SAMPLES),
    Peer(
        "spikingjelly",
        "MultiLevelSpikeCount",
        lambda max_spike_count, grad_window: box(*(grad_window or (0.0, max_spike_count))),
        {"max_spike_count": 4, "grad_window": None},
        "It counts spikes: x is its argument, and the forward value round(x), limited. The edges "
        "of the window are inside.",
    ),
    Peer(
        "spikingjelly",
        "DSpike",
        lambda alpha: shapes.Dspike(b=alpha, r=0.5),
        {"alpha": 3.0},
        "In model.spike_dhs.",
    ),
    Peer("snntorch", "fast_sigmoid", shapes.InvSquareGrad, {"slope": 25.0}),
    Peer("snntorch", "atan", shapes.Arctan, {"alpha": 2.0}),
    Peer(
        "snntorch",
        "sigmoid",
        shapes.Sigmoid,
        {"slope": 25.0},
        "It gives NaN for slope * x below -88.7, and loses the left tail before.",
    ),
    Peer("snntorch", "straight_through_estimator", shapes.StraightThrough),
    Peer(
        "snntorch",
        "triangular",
        lambda threshold: shapes.LeakyRelu(threshold, -threshold),
        {"threshold": 1.0},
        "Not a triangle, as its name has it: a step from threshold to -threshold.",
    ),
    Peer("snntorch", "heaviside", lambda: shapes.LeakyRelu(0.0, 1.0), differs=_LOWER),
    Peer(
        "snntorch",
        "spike_rate_escape",
        lambda beta, slope: (slope * shapes.SlayerGrad(beta)).shifted(1.0),
        {"beta": 1.0, "slope": 25.0},
        "Its maximum is one unit above the threshold.",
    ),
    Peer(
        "snntorch",
        "LSO",
        lambda slope: shapes.LeakyRelu(slope, 1.0),
        {"slope": 0.1},
        "As it is meant: in this version it raises a TypeError. " + _LOWER,
    ),
    Peer(
        "snntorch",
        "SFS",
        lambda slope, B: shapes.WindowedInvSquare(slope, B, math.inf),
        {"slope": 25.0, "B": 1.0},
        "The paper has a window around the threshold; this is 0 up to x = B.",
    ),
    Peer(
        "norse",
        "super",
        lambda alpha: shapes.InvSquareGrad(1.0),
        {"alpha": 100.0},
        "In this version alpha has no effect; since then it is InvSquareGrad(alpha).",
    ),
    Peer("norse", "triangle", lambda alpha: shapes.ReluGrad(alpha, 1.0), {"alpha": 0.3}),
    Peer("norse", "tanh", lambda alpha: sech_squared(alpha), {"alpha": 100.0}),
    Peer("norse", "circ", shapes.AlgebraicSigmoid, {"alpha": 100.0}),
    Peer("norse", "heavi_erfc", lambda alpha: (2 / alpha) * shapes.ERF(alpha), {"alpha": 100.0}),
    Peer("norse", "logistic_fn", lambda k: sech_squared(k), {"k": 100.0}, _SAMPLES),
    Peer("norse", "circ_dist_fn", shapes.AlgebraicSigmoid, {"k": 100.0}, _SAMPLES),
    Peer(
        "sinabs",
        "Heaviside",
        lambda window, spike_threshold: step_from(-window, 1 / spike_threshold),
        {"window": 1.0} | _THETA,
    ),
    Peer(
        "sinabs",
        "Gaussian",
        lambda mu, sigma, grad_scale, spike_threshold: shapes.GaussianGrad(
            sigma, grad_scale
        ).shifted(mu),
        {"mu": 0.0, "sigma": 0.5, "grad_scale": 1.0} | _THETA,
    ),
    Peer(
        "sinabs",
        "MultiGaussian",
        lambda mu, sigma, h, s, grad_scale, spike_threshold: multi_gaussian(
            mu, sigma, h, s, grad_scale
        ),
        {"mu": 0.0, "sigma": 0.5, "h": 0.15, "s": 6.0, "grad_scale": 1.0} | _THETA,
        "mu moves the middle bump only.",
    ),
    Peer(
        "sinabs",
        "SingleExponential",
        lambda grad_width, grad_scale, spike_threshold: (
            (2 * grad_scale) * shapes.PiecewiseExp(1 / (spike_threshold * grad_width))
        ),
        {"grad_width": 0.5, "grad_scale": 1.0} | _THETA,
        "Its width is in units of the threshold.",
    ),
    Peer(
        "sinabs",
        "PeriodicExponential",
        lambda grad_width, grad_scale, spike_threshold: (
            grad_scale * shapes.PeriodicExponential(grad_width, spike_threshold, rise=2.0)
        ),
        {"grad_width": 0.5, "grad_scale": 1.0} | _THETA,
        "Above the threshold it falls twice as fast as below.",
    ),
    Peer("sinabs", "Quantize", shapes.StraightThrough, differs="The forward value is round(x)."),
    Peer("sinabs", "StochasticRounding", shapes.StraightThrough, differs=_SAMPLES),
    Peer(
        "rockpool",
        "StepPWL",
        lambda window, threshold: step_from(-window, 1 / threshold),
        {"window": 0.5, "threshold": 1.0},
    ),
    Peer(
        "rockpool",
        "PeriodicExponential",
        lambda window, threshold: (
            (1 / threshold) * shapes.PeriodicExponential(window, threshold, rise=1.0)
        ),
        {"window": 0.5, "threshold": 1.0},
        "No longer periodic above max_spikes_per_dt thresholds.",
    ),
)
