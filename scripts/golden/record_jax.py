"""Record forward values and gradients of the surrogates of the JAX libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
from recording import Library, Peer, Runtime, Spike, X, load_file, record, sets

SHAPES: dict[str, tuple[dict[str, Any], ...]] = {
    "Sigmoid": sets("alpha", 4.0, 1.0, 25.0),
    "PiecewiseQuadratic": sets("alpha", 1.0, 0.5, 4.0),
    "PiecewiseExp": sets("alpha", 1.0, 0.5, 4.0),
    "SoftSign": sets("alpha", 1.0, 0.5, 4.0),
    "Arctan": sets("alpha", 1.0, 0.5, 4.0),
    "NonzeroSignLog": sets("alpha", 1.0, 0.5, 4.0),
    "ERF": sets("alpha", 1.0, 0.5, 4.0),
    "PiecewiseLeakyRelu": ({"c": 0.01, "w": 1.0}, {"c": 0.0, "w": 0.5}, {"c": 0.125, "w": 2.0}),
    "SquarewaveFourierSeries": (
        {"n": 2, "t_period": 8.0},
        {"n": 1, "t_period": 4.0},
        {"n": 4, "t_period": 16.0},
    ),
    "S2NN": (
        {"alpha": 4.0, "beta": 1.0},
        {"alpha": 2.0, "beta": 0.5},
        {"alpha": 8.0, "beta": 2.0},
    ),
    "QPseudoSpike": sets("alpha", 2.0, 1.5, 4.0),
    "LeakyRelu": (
        {"alpha": 0.1, "beta": 1.0},
        {"alpha": 0.0, "beta": 2.0},
        {"alpha": 0.25, "beta": 0.5},
    ),
    "LogTailedRelu": sets("alpha", 0.0, 0.25, 1.0),
    "ReluGrad": (
        {"alpha": 0.3, "width": 1.0},
        {"alpha": 1.0, "width": 0.5},
        {"alpha": 0.5, "width": 2.0},
    ),
    "GaussianGrad": (
        {"sigma": 0.5, "alpha": 0.5},
        {"sigma": 1.0, "alpha": 1.0},
        {"sigma": 0.25, "alpha": 2.0},
    ),
    "InvSquareGrad": sets("alpha", 100.0, 1.0, 10.0),
    "MultiGaussianGrad": (
        {"h": 0.15, "s": 6.0, "sigma": 0.5, "scale": 0.5},
        {"h": 0.0, "s": 2.0, "sigma": 1.0, "scale": 1.0},
        {"h": 0.25, "s": 3.0, "sigma": 0.25, "scale": 2.0},
    ),
    "SlayerGrad": sets("alpha", 1.0, 0.5, 4.0),
}
"""The classes of braintools.surrogate, which brainpy.math.surrogate has as well."""


def _eighteen(module: Any) -> tuple[Peer, ...]:
    def peer(name: str, parameters: tuple[dict[str, Any], ...]) -> Peer:
        shape = getattr(module, name)
        return Peer(name, shape, parameters, smooth=lambda **given: shape(**given).surrogate_fun)

    return tuple(peer(name, parameters) for name, parameters in SHAPES.items())


def braintools() -> Library:
    """All classes; the functions in snake case give the same numbers."""
    from braintools import surrogate

    return Library("braintools", "braintools", _eighteen(surrogate))


def brainpy() -> Library:
    """The surrogates that brainpy offers, under the path that brainpy gives them."""
    import brainpy.math as bm
    from braintools import surrogate

    note = "brainpy.math.surrogate is the module braintools.surrogate."
    if bm.surrogate is not surrogate:
        raise RuntimeError(f"no longer true: {note}")
    return Library("brainpy", "brainpy", _eighteen(bm.surrogate), note=note)


def spyx() -> Library:
    """The factories of spyx.axn, and the two sampling ones of spyx.experimental."""
    import jax
    from spyx import axn
    from spyx.experimental import stochastic

    def sampling(factory: Any, threshold: float, **given: float) -> Spike:
        spike = factory(threshold=threshold, **given)
        return lambda x: spike(x + threshold, jax.random.key(0))

    return Library(
        "spyx",
        "spyx",
        (
            Peer("tanh", axn.tanh, sets("k", 1.0, 0.5, 4.0)),
            Peer(
                "boxcar",
                axn.boxcar,
                (
                    {"width": 2.0, "height": 0.5},
                    {"width": 1.0, "height": 1.0},
                    {"width": 4.0, "height": 0.25},
                ),
            ),
            Peer("triangular", axn.triangular, sets("k", 2.0, 0.5, 1.0)),
            Peer("arctan", axn.arctan, sets("k", 2.0, 0.5, 4.0)),
            Peer("superspike", axn.superspike, sets("k", 25.0, 1.0, 100.0)),
            Peer("custom", axn.custom, note="Default arguments: the gradient is x itself."),
            Peer(
                "experimental.stochastic.sigmoid_bernoulli",
                lambda **given: sampling(stochastic.sigmoid_bernoulli, **given),
                (
                    {"k": 10.0, "threshold": 1.0, "max_prob": 0.8},
                    {"k": 2.0, "threshold": 1.0, "max_prob": 1.0},
                    {"k": 10.0, "threshold": 2.0, "max_prob": 0.5},
                ),
                note="The gradient is the probability of a spike, not its derivative.",
                sampled=True,
            ),
            Peer(
                "experimental.stochastic.refractory_sigmoid_bernoulli",
                lambda **given: sampling(stochastic.refractory_sigmoid_bernoulli, **given),
                (
                    {"k": 50.0, "threshold": 1.0},
                    {"k": 4.0, "threshold": 1.0},
                    {"k": 4.0, "threshold": 2.0},
                ),
                note="The gradient is the probability of a spike, not its derivative.",
                sampled=True,
            ),
        ),
    )


def jaxpike() -> Library:
    """All classes; the smooth function is the relaxation they are derived from."""
    from jaxpike import surrogate

    def peer(name: str, parameter: str, *values: float) -> Peer:
        shape = getattr(surrogate, name)
        return Peer(
            name,
            shape,
            sets(parameter, *values),
            smooth=lambda **given: shape(**given).relaxation,
        )

    return Library(
        "jaxpike",
        "jaxpike",
        (
            peer("FastSigmoid", "slope", 25.0, 1.0, 100.0),
            peer("ATan", "alpha", 2.0, 0.5, 4.0),
            peer("Triangular", "width", 1.0, 0.5, 4.0),
            peer("Boxcar", "width", 1.0, 0.5, 4.0),
        ),
    )


def snnax() -> Library:
    """The three factories; the package itself does not import with current JAX."""
    module = load_file("snnax", "functional/surrogate.py", "snnax_surrogate")
    return Library(
        "snnax",
        "snnax",
        (
            Peer("superspike_surrogate", module.superspike_surrogate, sets("beta", 10.0, 1.0, 4.0)),
            Peer("piecewise_surrogate", module.piecewise_surrogate, sets("beta", 0.5, 0.25, 2.0)),
        ),
        unusable=(Peer("sigmoid_surrogate", module.sigmoid_surrogate, sets("beta", 1.0)),),
        note="Only the file snnax/functional/surrogate.py was loaded: importing the package fails.",
    )


def rockpool_jax() -> Library:
    """The surrogates of rockpool's JAX back end."""
    from rockpool.devices.dynapse.quantization.autoencoder.gradient import step_pwl_ae
    from rockpool.devices.dynapse.simulation.surrogate import step_pwl as dynapse_step_pwl
    from rockpool.nn.modules.jax.lif_jax import step_pwl

    def lif(threshold: float = 1.0, window: float = 0.5, **given: float) -> Spike:
        limit = given.get("max_spikes_per_dt", 2.0**16)
        return lambda x: step_pwl(x + threshold, threshold, window, limit)

    def dynapse(Ireset: float, Ispkthr: float = 1.0) -> Spike:
        return lambda x: dynapse_step_pwl(x + Ispkthr, Ispkthr, Ireset, np.inf)

    return Library(
        "rockpool",
        "rockpool",
        (
            Peer(
                "step_pwl",
                lif,
                (
                    *sets("window", 0.5, 0.25, 2.0),
                    {"window": 0.5, "max_spikes_per_dt": 2.0},
                    {"window": 0.5, "threshold": 2.0},
                ),
            ),
            Peer(
                "dynapse.step_pwl",
                dynapse,
                (*sets("Ireset", 0.5, 0.25, 0.0), {"Ireset": 0.5, "Ispkthr": 2.0}),
                note="x is imem - Ispkthr. The forward value is nan for a negative imem.",
            ),
            Peer("dynapse.step_pwl_ae", lambda: step_pwl_ae, note="x is the argument itself."),
        ),
        file="rockpool_jax",
    )


def runtime() -> Runtime:
    """JAX on the CPU at float32."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")

    def pair(spike: Spike) -> tuple[np.ndarray, np.ndarray]:
        value, pull = jax.vjp(spike, jnp.asarray(X))
        return np.asarray(value), np.asarray(pull(jnp.ones_like(value))[0])

    return Runtime("jax", pair, lambda spike: np.asarray(spike(jnp.asarray(X))))


LIBRARIES = {
    function.__name__: function
    for function in (braintools, brainpy, spyx, jaxpike, snnax, rockpool_jax)
}

if __name__ == "__main__":
    record(LIBRARIES, runtime, "record_jax.py")
