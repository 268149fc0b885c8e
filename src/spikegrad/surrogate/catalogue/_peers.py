"""The surrogates of other libraries under the names they have there, as combinations of ours.

`surrogate.get("snntorch.fast_sigmoid", slope=25)` looks a name up here. Gradients equal those of
the version named, in `x = membrane potential - threshold`; where the original spikes at the
threshold, and what else differs, is said beside it.
"""

from __future__ import annotations

import math

from spikegrad.surrogate import shapes
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.catalogue._peers_in_torch import PEERS_IN_TORCH
from spikegrad.surrogate.catalogue._recipes import box, same, sech_squared

_BRAINTOOLS = (
    shapes.Sigmoid,
    shapes.PiecewiseQuadratic,
    shapes.PiecewiseExp,
    shapes.SoftSign,
    shapes.Arctan,
    shapes.NonzeroSignLog,
    shapes.ERF,
    shapes.PiecewiseLeakyRelu,
    shapes.SquarewaveFourierSeries,
    shapes.S2NN,
    shapes.QPseudoSpike,
    shapes.LeakyRelu,
    shapes.LogTailedRelu,
    shapes.ReluGrad,
    shapes.GaussianGrad,
    shapes.InvSquareGrad,
    shapes.MultiGaussianGrad,
    shapes.SlayerGrad,
)
_SAMPLES = "It draws its spikes at random."
_LOWER = "At x = 0 it takes the gradient from below the threshold."

PEERS: tuple[Peer, ...] = (
    *same("braintools", *_BRAINTOOLS),
    *same("brainpy", *_BRAINTOOLS),
    *PEERS_IN_TORCH,
    Peer("spyx", "tanh", lambda k: sech_squared(k), {"k": 1.0}),
    Peer(
        "spyx",
        "boxcar",
        lambda width, height: (height * width) * shapes.Rect(1 / width),
        {"width": 2.0, "height": 0.5},
    ),
    Peer("spyx", "triangular", lambda k: shapes.ReluGrad(k, 1 / k), {"k": 2.0}),
    Peer(
        "spyx",
        "arctan",
        lambda k: (1 / (math.pi * k)) * shapes.Arctan(2 * k),
        {"k": 2.0},
        "Its peak is 1/pi for every k.",
    ),
    Peer("spyx", "superspike", shapes.InvSquareGrad, {"k": 25.0}),
    Peer("jaxpike", "FastSigmoid", shapes.InvSquareGrad, {"slope": 25.0}),
    Peer("jaxpike", "ATan", shapes.Arctan, {"alpha": 2.0}),
    Peer(
        "jaxpike", "Triangular", lambda width: shapes.PiecewiseQuadratic(1 / width), {"width": 1.0}
    ),
    Peer(
        "jaxpike",
        "Boxcar",
        lambda width: shapes.Rect(1 / width),
        {"width": 1.0},
        "At |x| = width/2 it gives half of the height.",
    ),
    Peer(
        "snnax",
        "superspike_surrogate",
        lambda beta: (1 / beta) * shapes.NonzeroSignLog(beta),
        {"beta": 10.0},
        "Without the square of the other SuperSpikes.",
    ),
    Peer("snnax", "piecewise_surrogate", lambda beta: box(-beta, beta), {"beta": 0.5}),
    Peer("snetx", "arc_tan", shapes.Arctan, {"alpha": 4.0}),
    Peer("braincog", "SigmoidGrad", shapes.Sigmoid, {"alpha": 1.0}),
    Peer("braincog", "AtanGrad", shapes.Arctan, {"alpha": 2.0}),
    Peer("braincog", "GateGrad", lambda alpha: box(-1 / alpha, 1 / alpha), {"alpha": 2.0}),
    Peer("braincog", "QGateGrad", shapes.PiecewiseQuadratic, {"alpha": 2.0}),
    Peer(
        "braincog", "ReLUGrad", lambda alpha: shapes.LeakyRelu(0.0, alpha), {"alpha": 2.0}, _LOWER
    ),
    Peer(
        "braincog",
        "STDPGrad",
        lambda alpha: shapes.LeakyRelu(0.0, 1.0),
        {"alpha": 2.0},
        "alpha has no effect. " + _LOWER,
    ),
    Peer(
        "braincog",
        "BackEIGateGrad",
        lambda alpha: shapes.Rect(1.0),
        {"alpha": 2.0},
        "alpha has no effect.",
    ),
    Peer(
        "braincog",
        "EIGrad",
        lambda alpha: shapes.Rect(1.0),
        {"alpha": 2.0},
        "alpha has no effect. The forward value is sign(x).",
    ),
    Peer("braincog", "straight_through_estimator", shapes.StraightThrough),
    Peer(
        "braincog",
        "RoundGrad",
        lambda: box(-0.5, 4.5),
        differs="It counts spikes: x is its argument, and the forward value ceil(x), limited.",
    ),
    Peer(
        "lava",
        "Spike",
        lambda tau_rho, scale_rho, graded_spike, threshold: (
            shapes.GradedExp(tau_rho, scale_rho)
            if graded_spike
            else scale_rho * shapes.PiecewiseExp(1 / tau_rho)
        ),
        {"tau_rho": 1.0, "scale_rho": 1.0, "graded_spike": False, "threshold": 1.0},
        "A graded spike has the membrane potential as its value.",
    ),
    Peer("stork", "SuperSpike", shapes.InvSquareGrad, {"beta": 20.0}),
    Peer("stork", "SuperSpike_MemClamp", shapes.ClampedInvSquare, {"beta": 20.0}),
    Peer(
        "stork",
        "SuperSpike_rescaled",
        lambda beta: (beta + 1) ** 2 * shapes.InvSquareGrad(beta),
        {"beta": 20.0},
    ),
    Peer(
        "stork",
        "SuperSpike_asymptote",
        lambda beta: beta * shapes.InvSquareGrad(beta),
        {"beta": 100.0},
    ),
    Peer("stork", "TanhSpike", shapes.TanhOffset, {"beta": 100.0}),
    Peer("stork", "EsserSpike", lambda beta: shapes.ReluGrad(beta, 1 / beta), {"beta": 1.0}),
    Peer(
        "stork",
        "HardTanhSpike",
        shapes.HardTanhOffset,
        {"beta": 100.0},
        "Almost surely meant as a triangle.",
    ),
    Peer("stork", "MultiSpike", shapes.PeriodicInvSquare, {"beta": 100.0}, "x counts thresholds."),
    Peer("stork", "CustomSpike.sigmoid", shapes.Sigmoid, {"beta": 10.0}, _SAMPLES),
    Peer(
        "stork",
        "CustomSpike.exponential",
        shapes.ExponentialEscape,
        {"p0": 0.01, "delta_u": 0.133},
        _SAMPLES,
    ),
    Peer(
        "slayer",
        "Spike",
        lambda tauRho, scaleRho, theta: (2 * scaleRho) * shapes.PiecewiseExp(1 / (tauRho * theta)),
        {"tauRho": 1.0, "scaleRho": 1.0, "theta": 1.0},
        "Twice the area that lava-dl has.",
    ),
    Peer(
        "nest",
        "piecewise_linear",
        lambda height, width: shapes.ReluGrad(height / width, width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "exponential",
        lambda height, width: height * shapes.SlayerGrad(1 / width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "fast_sigmoid_derivative",
        lambda height, width: height * shapes.InvSquareGrad(1 / width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "arctan_derivative",
        lambda height, width: (math.pi * height * width) * shapes.Arctan(2 / (math.pi * width)),
        {"height": 0.3, "width": 1.0},
    ),
    Peer("decolle", "FastSigmoid", lambda: shapes.InvSquareGrad(10.0)),
    Peer("decolle", "SmoothStep", lambda: shapes.Rect(1.0), differs="The edge at 1/2 is inside."),
    Peer("decolle", "SigmoidStep", lambda: shapes.Sigmoid(1.0)),
    Peer("matterhorn", "Rectangular", lambda a: shapes.Rect(1 / a), {"a": 1.0}),
    Peer(
        "matterhorn",
        "Polynomial",
        lambda a: shapes.PiecewiseQuadratic(math.sqrt(a) / 2),
        {"a": 4.0},
    ),
    Peer("matterhorn", "Sigmoid", lambda a: shapes.Sigmoid(1 / a), {"a": 0.25}),
    Peer(
        "matterhorn",
        "Gaussian",
        lambda a: shapes.GaussianGrad(math.sqrt(a), 1.0),
        {"a": 0.16},
        "a is the variance.",
    ),
    Peer("hxtorch", "SuperSpike", shapes.InvSquareGrad, {"alpha": 50.0}),
)

NOT_EXPRESSED: dict[str, str] = {
    "snntorch.SSO": "Its gradient is drawn at random: take StochasticSpikeOperator.",
    "spyx.custom": "With its default arguments the gradient is x itself.",
    "stork.SuperSpike_norm": "Its gradient depends on the whole batch: take BatchNormalised.",
    "stork.CustomSpike.MultilayerSpiker": "Its gradient is the input.",
    "norse.heaviside": "It has no gradient.",
    "rockpool.dynapse.step_pwl_ae": "Its gradient is max(x, 0), which grows without bound.",
    "lava.complex.Spike": "It takes two inputs: a rule of a neuron.",
    "lava.ann_sampler": "Its gradient is a table measured during training: take Tabulated.",
    "pyaromatics.eppseudod": "Eleven fitted parameters, and no paper.",
    "pyaromatics.deltadirac": "0 in practice.",
}
