"""The surrogates of other libraries under the names they have there, as combinations of ours.

`surrogate.get("snntorch.fast_sigmoid", slope=25)` looks a name up here. Gradients equal those of
the version named, in `x = membrane potential - threshold`; where the original spikes at the
threshold, and what else differs, is said beside it.
"""

from __future__ import annotations

import math
from typing import Any

from spikegrad.surrogate._base import Surrogate
from spikegrad.surrogate.catalogue._libraries import Peer
from spikegrad.surrogate.shapes._compact import (
    Dspike,
    PiecewiseQuadratic,
    Rect,
    ReluGrad,
    WindowedInvSquare,
)
from spikegrad.surrogate.shapes._exponential import PiecewiseExp, Sigmoid, SlayerGrad
from spikegrad.surrogate.shapes._gaussian import ERF, GaussianGrad, MultiGaussianGrad
from spikegrad.surrogate.shapes._periodic import (
    PeriodicExponential,
    PeriodicInvSquare,
    SquarewaveFourierSeries,
)
from spikegrad.surrogate.shapes._power import (
    AlgebraicSigmoid,
    Arctan,
    InvSquareGrad,
    QPseudoSpike,
    SoftSign,
)
from spikegrad.surrogate.shapes._reciprocal import ClippedReciprocal, NonzeroSignLog
from spikegrad.surrogate.shapes._relu import (
    S2NN,
    LeakyRelu,
    LogTailedRelu,
    PiecewiseLeakyRelu,
    StraightThrough,
)
from spikegrad.surrogate.shapes._saturating import (
    ClampedInvSquare,
    ExponentialEscape,
    GradedExp,
    HardTanhOffset,
    TanhOffset,
)


def _box(lo: float, hi: float) -> Surrogate:
    """Height 1 between `lo` and `hi`."""
    width = hi - lo
    return (width * Rect(1 / width)).shifted((lo + hi) / 2)


def _step_from(lo: float, height: float = 1.0) -> Surrogate:
    """A constant from `lo` on."""
    return LeakyRelu(0.0, height).shifted(lo)


def _sech_squared(k: float) -> Surrogate:
    """`1 / cosh(k x)**2`."""
    return (2 / k) * Sigmoid(2 * k)


def _multi_gaussian(mu: float, sigma: float, h: float, s: float, grad_scale: float) -> Surrogate:
    if mu == 0:
        return MultiGaussianGrad(h=h, s=s, sigma=sigma, scale=grad_scale)
    middle = ((1 + h) * GaussianGrad(sigma, grad_scale)).shifted(mu)
    side = -h * GaussianGrad(s * sigma, grad_scale)
    return middle + side.shifted(sigma) + side.shifted(-sigma)


def _same(library: str, *shapes: type) -> tuple[Peer, ...]:
    """The surrogates that a library has under our names and parameters."""
    return tuple(Peer(library, shape.__name__, shape, _defaults(shape)) for shape in shapes)


def _defaults(shape: Any) -> dict[str, Any]:
    values = shape.__init__.__defaults__ or ()
    names = shape.__init__.__code__.co_varnames[1 : 1 + len(values)]
    return {
        name: value
        for name, value in zip(names, values, strict=True)
        if name != "epsilon" and (shape, name) != (QPseudoSpike, "scale")
    }


_BRAINTOOLS = (
    Sigmoid,
    PiecewiseQuadratic,
    PiecewiseExp,
    SoftSign,
    Arctan,
    NonzeroSignLog,
    ERF,
    PiecewiseLeakyRelu,
    SquarewaveFourierSeries,
    S2NN,
    QPseudoSpike,
    LeakyRelu,
    LogTailedRelu,
    ReluGrad,
    GaussianGrad,
    InvSquareGrad,
    MultiGaussianGrad,
    SlayerGrad,
)
_THETA = {"spike_threshold": 1.0}
_SAMPLES = "It draws its spikes at random."
_LOWER = "At x = 0 it takes the gradient from below the threshold."

PEERS: tuple[Peer, ...] = (
    *_same("braintools", *_BRAINTOOLS),
    *_same("brainpy", *_BRAINTOOLS),
    *_same("spikingjelly", PiecewiseQuadratic, PiecewiseExp, Sigmoid, S2NN, Rect),
    Peer("spikingjelly", "SoftSign", SoftSign, {"alpha": 2.0}),
    Peer(
        "spikingjelly",
        "SuperSpike",
        lambda alpha: alpha * InvSquareGrad(1.0),
        {"alpha": 1.0},
        "alpha is the height, not the sharpness.",
    ),
    Peer("spikingjelly", "ATan", Arctan, {"alpha": 2.0}),
    Peer("spikingjelly", "NonzeroSignLogAbs", NonzeroSignLog, {"alpha": 1.0}),
    Peer("spikingjelly", "Erf", ERF, {"alpha": 2.0}),
    Peer(
        "spikingjelly",
        "PiecewiseLeakyReLU",
        lambda w, c: PiecewiseLeakyRelu(c=c, w=w),
        {"w": 1.0, "c": 0.01},
        "At |x| = w it gives c.",
    ),
    Peer(
        "spikingjelly",
        "SquarewaveFourierSeries",
        lambda n, T_period: (
            SquarewaveFourierSeries(n - 1, T_period) if n > 1 else 0.0 * StraightThrough()
        ),
        {"n": 2, "T_period": 8.0},
        "It has n - 1 terms, so none for n = 1.",
    ),
    Peer(
        "spikingjelly",
        "QPseudoSpike",
        lambda alpha: QPseudoSpike(alpha, scale=2 / (alpha - 1)),
        {"alpha": 2.0},
        "c = 2 / (alpha - 1), as in the paper; braintools has 2 / (alpha + 1).",
    ),
    Peer("spikingjelly", "LeakyKReLU", LeakyRelu, {"leak": 0.0, "k": 1.0}),
    Peer(
        "spikingjelly",
        "FakeNumericalGradient",
        ClippedReciprocal,
        {"alpha": 0.3},
        "At -0.0 it gives minus infinity.",
    ),
    Peer("spikingjelly", "LogTailedReLU", LogTailedRelu, {"alpha": 0.0}),
    Peer("spikingjelly", "DeterministicPass", StraightThrough),
    Peer("spikingjelly", "PoissonPass", StraightThrough, differs=_SAMPLES),
    Peer(
        "spikingjelly",
        "MultiLevelSpikeCount",
        lambda max_spike_count, grad_window: _box(*(grad_window or (0.0, max_spike_count))),
        {"max_spike_count": 4, "grad_window": None},
        "It counts spikes: x is its argument, and the forward value round(x), limited. The edges "
        "of the window are inside.",
    ),
    Peer(
        "spikingjelly",
        "DSpike",
        lambda alpha: Dspike(b=alpha, r=0.5),
        {"alpha": 3.0},
        "In model.spike_dhs.",
    ),
    Peer("snntorch", "fast_sigmoid", InvSquareGrad, {"slope": 25.0}),
    Peer("snntorch", "atan", Arctan, {"alpha": 2.0}),
    Peer(
        "snntorch",
        "sigmoid",
        Sigmoid,
        {"slope": 25.0},
        "It gives NaN for slope * x below -88.7, and loses the left tail before.",
    ),
    Peer("snntorch", "straight_through_estimator", StraightThrough),
    Peer(
        "snntorch",
        "triangular",
        lambda threshold: LeakyRelu(threshold, -threshold),
        {"threshold": 1.0},
        "Not a triangle, as its name has it: a step from threshold to -threshold.",
    ),
    Peer("snntorch", "heaviside", lambda: LeakyRelu(0.0, 1.0), differs=_LOWER),
    Peer(
        "snntorch",
        "spike_rate_escape",
        lambda beta, slope: (slope * SlayerGrad(beta)).shifted(1.0),
        {"beta": 1.0, "slope": 25.0},
        "Its maximum is one unit above the threshold.",
    ),
    Peer(
        "snntorch",
        "LSO",
        lambda slope: LeakyRelu(slope, 1.0),
        {"slope": 0.1},
        "As it is meant: in this version it raises a TypeError. " + _LOWER,
    ),
    Peer(
        "snntorch",
        "SFS",
        lambda slope, B: WindowedInvSquare(slope, B, math.inf),
        {"slope": 25.0, "B": 1.0},
        "The paper has a window around the threshold; this is 0 up to x = B.",
    ),
    Peer(
        "norse",
        "super",
        lambda alpha: InvSquareGrad(1.0),
        {"alpha": 100.0},
        "In this version alpha has no effect; since then it is InvSquareGrad(alpha).",
    ),
    Peer("norse", "triangle", lambda alpha: ReluGrad(alpha, 1.0), {"alpha": 0.3}),
    Peer("norse", "tanh", lambda alpha: _sech_squared(alpha), {"alpha": 100.0}),
    Peer("norse", "circ", AlgebraicSigmoid, {"alpha": 100.0}),
    Peer("norse", "heavi_erfc", lambda alpha: (2 / alpha) * ERF(alpha), {"alpha": 100.0}),
    Peer("norse", "logistic_fn", lambda k: _sech_squared(k), {"k": 100.0}, _SAMPLES),
    Peer("norse", "circ_dist_fn", AlgebraicSigmoid, {"k": 100.0}, _SAMPLES),
    Peer(
        "sinabs",
        "Heaviside",
        lambda window, spike_threshold: _step_from(-window, 1 / spike_threshold),
        {"window": 1.0} | _THETA,
    ),
    Peer(
        "sinabs",
        "Gaussian",
        lambda mu, sigma, grad_scale, spike_threshold: GaussianGrad(sigma, grad_scale).shifted(mu),
        {"mu": 0.0, "sigma": 0.5, "grad_scale": 1.0} | _THETA,
    ),
    Peer(
        "sinabs",
        "MultiGaussian",
        lambda mu, sigma, h, s, grad_scale, spike_threshold: _multi_gaussian(
            mu, sigma, h, s, grad_scale
        ),
        {"mu": 0.0, "sigma": 0.5, "h": 0.15, "s": 6.0, "grad_scale": 1.0} | _THETA,
        "mu moves the middle bump only.",
    ),
    Peer(
        "sinabs",
        "SingleExponential",
        lambda grad_width, grad_scale, spike_threshold: (
            (2 * grad_scale) * PiecewiseExp(1 / (spike_threshold * grad_width))
        ),
        {"grad_width": 0.5, "grad_scale": 1.0} | _THETA,
        "Its width is in units of the threshold.",
    ),
    Peer(
        "sinabs",
        "PeriodicExponential",
        lambda grad_width, grad_scale, spike_threshold: (
            grad_scale * PeriodicExponential(grad_width, spike_threshold, rise=2.0)
        ),
        {"grad_width": 0.5, "grad_scale": 1.0} | _THETA,
        "Above the threshold it falls twice as fast as below.",
    ),
    Peer("sinabs", "Quantize", StraightThrough, differs="The forward value is round(x)."),
    Peer("sinabs", "StochasticRounding", StraightThrough, differs=_SAMPLES),
    Peer(
        "rockpool",
        "StepPWL",
        lambda window, threshold: _step_from(-window, 1 / threshold),
        {"window": 0.5, "threshold": 1.0},
    ),
    Peer(
        "rockpool",
        "PeriodicExponential",
        lambda window, threshold: (
            (1 / threshold) * PeriodicExponential(window, threshold, rise=1.0)
        ),
        {"window": 0.5, "threshold": 1.0},
        "No longer periodic above max_spikes_per_dt thresholds.",
    ),
    Peer("spyx", "tanh", lambda k: _sech_squared(k), {"k": 1.0}),
    Peer(
        "spyx",
        "boxcar",
        lambda width, height: (height * width) * Rect(1 / width),
        {"width": 2.0, "height": 0.5},
    ),
    Peer("spyx", "triangular", lambda k: ReluGrad(k, 1 / k), {"k": 2.0}),
    Peer(
        "spyx",
        "arctan",
        lambda k: (1 / (math.pi * k)) * Arctan(2 * k),
        {"k": 2.0},
        "Its peak is 1/pi for every k.",
    ),
    Peer("spyx", "superspike", InvSquareGrad, {"k": 25.0}),
    Peer("jaxpike", "FastSigmoid", InvSquareGrad, {"slope": 25.0}),
    Peer("jaxpike", "ATan", Arctan, {"alpha": 2.0}),
    Peer("jaxpike", "Triangular", lambda width: PiecewiseQuadratic(1 / width), {"width": 1.0}),
    Peer(
        "jaxpike",
        "Boxcar",
        lambda width: Rect(1 / width),
        {"width": 1.0},
        "At |x| = width/2 it gives half of the height.",
    ),
    Peer(
        "snnax",
        "superspike_surrogate",
        lambda beta: (1 / beta) * NonzeroSignLog(beta),
        {"beta": 10.0},
        "Without the square of the other SuperSpikes.",
    ),
    Peer("snnax", "piecewise_surrogate", lambda beta: _box(-beta, beta), {"beta": 0.5}),
    Peer("snetx", "arc_tan", Arctan, {"alpha": 4.0}),
    Peer("braincog", "SigmoidGrad", Sigmoid, {"alpha": 1.0}),
    Peer("braincog", "AtanGrad", Arctan, {"alpha": 2.0}),
    Peer("braincog", "GateGrad", lambda alpha: _box(-1 / alpha, 1 / alpha), {"alpha": 2.0}),
    Peer("braincog", "QGateGrad", PiecewiseQuadratic, {"alpha": 2.0}),
    Peer("braincog", "ReLUGrad", lambda alpha: LeakyRelu(0.0, alpha), {"alpha": 2.0}, _LOWER),
    Peer(
        "braincog",
        "STDPGrad",
        lambda alpha: LeakyRelu(0.0, 1.0),
        {"alpha": 2.0},
        "alpha has no effect. " + _LOWER,
    ),
    Peer(
        "braincog",
        "BackEIGateGrad",
        lambda alpha: Rect(1.0),
        {"alpha": 2.0},
        "alpha has no effect.",
    ),
    Peer(
        "braincog",
        "EIGrad",
        lambda alpha: Rect(1.0),
        {"alpha": 2.0},
        "alpha has no effect. The forward value is sign(x).",
    ),
    Peer("braincog", "straight_through_estimator", StraightThrough),
    Peer(
        "braincog",
        "RoundGrad",
        lambda: _box(-0.5, 4.5),
        differs="It counts spikes: x is its argument, and the forward value ceil(x), limited.",
    ),
    Peer(
        "lava",
        "Spike",
        lambda tau_rho, scale_rho, graded_spike, threshold: (
            GradedExp(tau_rho, scale_rho) if graded_spike else scale_rho * PiecewiseExp(1 / tau_rho)
        ),
        {"tau_rho": 1.0, "scale_rho": 1.0, "graded_spike": False, "threshold": 1.0},
        "A graded spike has the membrane potential as its value.",
    ),
    Peer("stork", "SuperSpike", InvSquareGrad, {"beta": 20.0}),
    Peer("stork", "SuperSpike_MemClamp", ClampedInvSquare, {"beta": 20.0}),
    Peer(
        "stork",
        "SuperSpike_rescaled",
        lambda beta: (beta + 1) ** 2 * InvSquareGrad(beta),
        {"beta": 20.0},
    ),
    Peer("stork", "SuperSpike_asymptote", lambda beta: beta * InvSquareGrad(beta), {"beta": 100.0}),
    Peer("stork", "TanhSpike", TanhOffset, {"beta": 100.0}),
    Peer("stork", "EsserSpike", lambda beta: ReluGrad(beta, 1 / beta), {"beta": 1.0}),
    Peer(
        "stork",
        "HardTanhSpike",
        HardTanhOffset,
        {"beta": 100.0},
        "Almost surely meant as a triangle.",
    ),
    Peer("stork", "MultiSpike", PeriodicInvSquare, {"beta": 100.0}, "x counts thresholds."),
    Peer("stork", "CustomSpike.sigmoid", Sigmoid, {"beta": 10.0}, _SAMPLES),
    Peer(
        "stork",
        "CustomSpike.exponential",
        ExponentialEscape,
        {"p0": 0.01, "delta_u": 0.133},
        _SAMPLES,
    ),
    Peer(
        "slayer",
        "Spike",
        lambda tauRho, scaleRho, theta: (2 * scaleRho) * PiecewiseExp(1 / (tauRho * theta)),
        {"tauRho": 1.0, "scaleRho": 1.0, "theta": 1.0},
        "Twice the area that lava-dl has.",
    ),
    Peer(
        "nest",
        "piecewise_linear",
        lambda height, width: ReluGrad(height / width, width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "exponential",
        lambda height, width: height * SlayerGrad(1 / width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "fast_sigmoid_derivative",
        lambda height, width: height * InvSquareGrad(1 / width),
        {"height": 0.3, "width": 1.0},
    ),
    Peer(
        "nest",
        "arctan_derivative",
        lambda height, width: (math.pi * height * width) * Arctan(2 / (math.pi * width)),
        {"height": 0.3, "width": 1.0},
    ),
    Peer("decolle", "FastSigmoid", lambda: InvSquareGrad(10.0)),
    Peer("decolle", "SmoothStep", lambda: Rect(1.0), differs="The edge at 1/2 is inside."),
    Peer("decolle", "SigmoidStep", lambda: Sigmoid(1.0)),
    Peer("matterhorn", "Rectangular", lambda a: Rect(1 / a), {"a": 1.0}),
    Peer("matterhorn", "Polynomial", lambda a: PiecewiseQuadratic(math.sqrt(a) / 2), {"a": 4.0}),
    Peer("matterhorn", "Sigmoid", lambda a: Sigmoid(1 / a), {"a": 0.25}),
    Peer(
        "matterhorn",
        "Gaussian",
        lambda a: GaussianGrad(math.sqrt(a), 1.0),
        {"a": 0.16},
        "a is the variance.",
    ),
    Peer("hxtorch", "SuperSpike", InvSquareGrad, {"alpha": 50.0}),
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
