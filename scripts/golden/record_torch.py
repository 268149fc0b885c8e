"""Record forward values and gradients of the surrogates of the PyTorch libraries."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
from recording import Library, Peer, Runtime, Spike, X, load_file, record, sets

INPUT = "x is the argument itself: no threshold is subtracted."


def snntorch() -> Library:
    """All factories of snntorch.surrogate."""
    from snntorch import surrogate

    return Library(
        "snntorch",
        "snntorch",
        (
            Peer("fast_sigmoid", surrogate.fast_sigmoid, sets("slope", 25.0, 1.0, 100.0)),
            Peer("atan", surrogate.atan, sets("alpha", 2.0, 0.5, 4.0)),
            Peer("sigmoid", surrogate.sigmoid, sets("slope", 25.0, 1.0, 4.0)),
            Peer("straight_through_estimator", surrogate.straight_through_estimator),
            Peer("triangular", surrogate.triangular, sets("threshold", 1.0, 0.5, 2.0)),
            Peer("heaviside", surrogate.heaviside),
            Peer(
                "spike_rate_escape",
                surrogate.spike_rate_escape,
                (
                    {"beta": 1.0, "slope": 25.0},
                    {"beta": 0.5, "slope": 1.0},
                    {"beta": 4.0, "slope": 2.0},
                ),
            ),
            Peer(
                "SFS",
                surrogate.SFS,
                ({"slope": 25.0, "B": 1.0}, {"slope": 1.0, "B": 0.5}, {"slope": 4.0, "B": -0.25}),
            ),
        ),
        unusable=(Peer("LSO", surrogate.LSO, sets("slope", 0.1)),),
        left_out={
            "SSO": "Its gradient is drawn at random for x <= 0.",
            "custom_surrogate": "The gradient is the caller's.",
        },
    )


def spikingjelly() -> Library:
    """All classes of surrogate.py, and DSpike; with `spiking=False` for the smooth function."""
    from spikingjelly.activation_based import surrogate
    from spikingjelly.activation_based.model.spike_dhs import DSpike

    def smooth(shape: Any, given: dict[str, Any]) -> Spike:
        made = shape(**given)
        made.set_spiking_mode(False)
        return made

    def peer(name: str, *parameters: dict[str, Any], **more: Any) -> Peer:
        shape = DSpike if name == "DSpike" else getattr(surrogate, name)
        return Peer(name, shape, parameters or ({},), lambda **given: smooth(shape, given), **more)

    return Library(
        "spikingjelly",
        "spikingjelly",
        (
            peer("PiecewiseQuadratic", *sets("alpha", 1.0, 0.5, 4.0)),
            peer("PiecewiseExp", *sets("alpha", 1.0, 0.5, 4.0)),
            peer("Sigmoid", *sets("alpha", 4.0, 1.0, 25.0)),
            peer("SoftSign", *sets("alpha", 2.0, 0.5, 4.0)),
            peer("SuperSpike", *sets("alpha", 1.0, 0.5, 100.0)),
            peer("ATan", *sets("alpha", 2.0, 0.5, 4.0)),
            peer("NonzeroSignLogAbs", *sets("alpha", 1.0, 0.5, 4.0)),
            peer("Erf", *sets("alpha", 2.0, 0.5, 4.0)),
            peer(
                "PiecewiseLeakyReLU",
                {"w": 1.0, "c": 0.01},
                {"w": 0.5, "c": 0.0},
                {"w": 2.0, "c": 0.125},
            ),
            peer(
                "SquarewaveFourierSeries",
                {"n": 2, "T_period": 8.0},
                {"n": 3, "T_period": 4.0},
                {"n": 5, "T_period": 16.0},
                {"n": 1, "T_period": 8.0},
            ),
            peer(
                "S2NN",
                {"alpha": 4.0, "beta": 1.0},
                {"alpha": 2.0, "beta": 0.5},
                {"alpha": 8.0, "beta": 2.0},
            ),
            peer("QPseudoSpike", *sets("alpha", 2.0, 1.5, 4.0)),
            peer(
                "LeakyKReLU",
                {"leak": 0.0, "k": 1.0},
                {"leak": 0.125, "k": 2.0},
                {"leak": 0.25, "k": 0.5},
            ),
            peer("FakeNumericalGradient", *sets("alpha", 0.3, 0.125, 2.0)),
            peer("LogTailedReLU", *sets("alpha", 0.0, 0.25, 1.0)),
            peer("Rect", *sets("alpha", 1.0, 0.25, 2.0)),
            peer("DeterministicPass"),
            peer(
                "MultiLevelSpikeCount",
                {"max_spike_count": 4},
                {"max_spike_count": 1},
                {"max_spike_count": 4, "grad_window": [-0.5, 2.5]},
                note=INPUT,
            ),
            peer("DSpike", *sets("alpha", 3.0, 1.0, 8.0)),
        ),
        left_out={
            "PoissonPass": "It draws Bernoulli(x) and raises unless 0 <= x <= 1; gradient 1.",
            "quantize": "The module's quantisers are straight-through and no spike functions.",
        },
    )


def norse() -> Library:
    """The methods of threshold(), and the two sampling functions that it does not offer."""
    from norse.torch.functional import threshold as module

    def method(name: str, *alphas: float, **more: Any) -> Peer:
        return Peer(
            name,
            lambda alpha: lambda x: module.threshold(x, name, alpha),
            sets("alpha", *alphas),
            **more,
        )

    def sampling(name: str, *ks: float) -> Peer:
        function = getattr(module, name)
        return Peer(name, lambda k: lambda x: function(x, k), sets("k", *ks), sampled=True)

    return Library(
        "norse",
        "norse",
        (
            method("super", 100.0, 1.0, 2.0, note="In this version alpha has no effect."),
            method("triangle", 0.3, 1.0, 0.5),
            method("tanh", 100.0, 1.0, 4.0),
            method("circ", 100.0, 1.0, 0.25),
            method("heavi_erfc", 100.0, 1.0, 4.0),
            sampling("logistic_fn", 100.0, 1.0, 4.0),
            sampling("circ_dist_fn", 100.0, 1.0, 0.25),
        ),
        unusable=(method("heaviside", 100.0),),
        left_out={"sign": "2 * threshold - 1, whose gradient is twice that of threshold."},
    )


def sinabs() -> Library:
    """All surrogate gradient functions, with the spike function that each is meant for."""
    import sinabs.activation as sa

    def peer(name: str, *parameters: dict[str, Any], spike_fn: Any = sa.SingleSpike) -> Peer:
        def build(spike_threshold: float = 1.0, **given: Any) -> Spike:
            shape = getattr(sa, name)(**given)
            return lambda x: spike_fn.apply(x + spike_threshold, spike_threshold, shape)

        parameters = (*parameters, {**parameters[0], "spike_threshold": 2.0})
        return Peer(name, build, parameters, note=f"The forward value is {spike_fn.__name__}'s.")

    return Library(
        "sinabs",
        "sinabs",
        (
            peer("Heaviside", *sets("window", 1.0, 0.5, 2.0)),
            peer(
                "Gaussian",
                {"mu": 0.0, "sigma": 0.5, "grad_scale": 1.0},
                {"mu": 0.0, "sigma": 1.0, "grad_scale": 2.0},
                {"mu": 0.25, "sigma": 0.25, "grad_scale": 0.5},
            ),
            peer(
                "MultiGaussian",
                {"mu": 0.0, "sigma": 0.5, "h": 0.15, "s": 6.0, "grad_scale": 1.0},
                {"mu": 0.0, "sigma": 0.25, "h": 0.25, "s": 3.0, "grad_scale": 2.0},
                {"mu": 0.25, "sigma": 0.5, "h": 0.15, "s": 6.0, "grad_scale": 1.0},
            ),
            peer(
                "SingleExponential",
                {"grad_width": 0.5, "grad_scale": 1.0},
                {"grad_width": 1.0, "grad_scale": 2.0},
                {"grad_width": 0.25, "grad_scale": 0.5},
            ),
            peer(
                "PeriodicExponential",
                {"grad_width": 0.5, "grad_scale": 1.0},
                {"grad_width": 1.0, "grad_scale": 2.0},
                {"grad_width": 0.25, "grad_scale": 0.5},
                spike_fn=sa.MultiSpike,
            ),
            Peer("Quantize", lambda: sa.Quantize.apply, note=INPUT),
            Peer(
                "StochasticRounding", lambda: sa.StochasticRounding.apply, note=INPUT, sampled=True
            ),
        ),
    )


def rockpool() -> Library:
    """The surrogates of rockpool's PyTorch back end."""
    import torch
    from rockpool.nn.modules.sinabs import lif_sinabs
    from rockpool.nn.modules.torch import lif_torch, updown_torch

    windows = sets("window", 0.5, 0.25, 2.0)
    limited = {"window": 0.5, "max_spikes_per_dt": 2.0}
    above_two = {"window": 0.5, "threshold": 2.0}

    def lif(name: str, note: str = "") -> Peer:
        def build(
            threshold: float = 1.0, window: float = 0.5, max_spikes_per_dt: float = 2.0**16
        ) -> Spike:
            given = torch.tensor([threshold, window, max_spikes_per_dt])
            return lambda x: getattr(lif_torch, name).apply(x + threshold, *given)

        return Peer(name, build, (*windows, limited, above_two), note=note)

    def lif_of_sinabs(name: str) -> Peer:
        def build(threshold: float = 1.0, window: float = 0.5) -> Spike:
            return lambda x: getattr(lif_sinabs, name).apply(x + threshold, threshold, window)

        return Peer(f"lif_sinabs.{name}", build, (*windows, above_two))

    return Library(
        "rockpool",
        "rockpool",
        (
            lif("StepPWL"),
            lif(
                "PeriodicExponential",
                note="threshold has to be a tensor: with its default, a float, the backward pass "
                "raises.",
            ),
            Peer(
                "updown_torch.StepPWL",
                lambda: lambda x: updown_torch.StepPWL.apply(x + 1.0),
                note="The argument is in units of the threshold: x + 1.",
            ),
            lif_of_sinabs("StepPWL"),
            lif_of_sinabs("PeriodicExponential"),
        ),
        left_out={
            "lif_neuron_torch.StepPWL": "The same code as StepPWL.",
            "step_pwl": "JAX: see rockpool_jax.json.",
        },
    )


def snetx() -> Library:
    """The only shape that needs no CUDA."""
    module = load_file("snetx", "snn/algorithm.py", "snetx_algorithm")
    return Library(
        "snetx",
        "snetx",
        (
            Peer(
                "arc_tan",
                lambda alpha: lambda x: module.arc_tan.apply(x, alpha),
                sets("alpha", 4.0, 1.0, 0.5),
            ),
        ),
        left_out={"cuend": "CUDA kernels."},
        note="Only the file snetx/snn/algorithm.py was loaded: the package imports torchvision.",
    )


def braincog() -> Library:
    """All classes of base/strategy/surrogate.py."""
    module = load_file("braincog", "base/strategy/surrogate.py", "braincog_surrogate")

    def peer(name: str, *alphas: float, **more: Any) -> Peer:
        return Peer(name, getattr(module, name), sets("alpha", *alphas), **more)

    constant = "alpha has no effect."
    return Library(
        "braincog",
        "braincog",
        (
            peer("SigmoidGrad", 1.0, 4.0, 0.5),
            peer("AtanGrad", 2.0, 1.0, 0.5),
            peer("GateGrad", 2.0, 1.0, 0.25),
            peer("QGateGrad", 2.0, 1.0, 0.25),
            peer("ReLUGrad", 2.0, 1.0, 0.25),
            peer("STDPGrad", 2.0, 1.0, note=constant),
            peer("BackEIGateGrad", 2.0, 1.0, note=constant),
            peer("EIGrad", 2.0, 1.0, note=f"{constant} The forward value is sign(x)."),
            Peer("straight_through_estimator", lambda: module.straight_through_estimator.apply),
            Peer("RoundGrad", module.RoundGrad, note=INPUT),
        ),
        note="Only the file braincog/base/strategy/surrogate.py was loaded.",
    )


def lava_dl() -> Library:
    """The spike function of slayer, binary and graded."""
    # The file imports a CUDA helper from a sibling package, which needs the whole of lava.
    delay = ModuleType("lava_dl.axon.delay")
    delay.delay = None
    sys.modules[delay.__name__] = delay
    module = load_file("lava-dl", "slayer/spike/spike.py", "lava_dl.spike.spike")

    def spike(
        tau_rho: float, scale_rho: float, graded_spike: bool, threshold: float = 1.0
    ) -> Spike:
        return lambda x: module.Spike.apply(
            x + threshold, threshold, tau_rho, scale_rho, graded_spike, 0, 1
        )

    scales = ((1.0, 1.0, 1.0), (0.5, 2.0, 1.0), (4.0, 0.5, 1.0), (0.5, 2.0, 2.0))
    return Library(
        "lava-dl",
        "lava-dl",
        (
            Peer(
                "Spike",
                spike,
                tuple(
                    {
                        "tau_rho": tau_rho,
                        "scale_rho": scale_rho,
                        "graded_spike": graded_spike,
                        "threshold": threshold,
                    }
                    for graded_spike in (False, True)
                    for tau_rho, scale_rho, threshold in scales
                ),
            ),
        ),
        left_out={
            "complex.Spike": "Two inputs, the real and the imaginary part.",
            "bootstrap": "Slopes fitted to data.",
        },
        note="Only the file lava/lib/dl/slayer/spike/spike.py was loaded: the package is for "
        "Python 3.10 and imports lava-nc.",
    )


def runtime() -> Runtime:
    """PyTorch on the CPU at float32."""
    import torch

    def pair(spike: Spike) -> tuple[np.ndarray, np.ndarray]:
        x = torch.tensor(X, requires_grad=True)
        value = spike(x)
        (gradient,) = torch.autograd.grad(value, x, torch.ones_like(value))
        return value.detach().numpy(), gradient.numpy()

    return Runtime("torch", pair, lambda spike: spike(torch.tensor(X)).numpy())


LIBRARIES = {
    function.__name__: function
    for function in (snntorch, spikingjelly, norse, sinabs, rockpool, snetx, braincog, lava_dl)
}

if __name__ == "__main__":
    record(LIBRARIES, runtime, "record_torch.py")
