"""Where braintools gives another number than spikegrad, and which of the two is right.

Measured in 0.3.0 and 0.4.0, whichever is installed: all that 0.3.0 loses, 0.4.0 loses too, but for
the derivatives by a parameter, which are 0 in 0.4.0.

`python -m tests.surrogate.braintools_differences` prints the table with measured values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from tests.helpers import peer, precision
from tests.surrogate.references import REFERENCES

from spikegrad import surrogate as spikegrad_surrogate

DIGITS = 150
"""50 that count, after the 38 of the phase of a periodic shape at the largest float32, squared."""


@dataclass(frozen=True)
class Difference:
    """One value that differs, and the inputs around it for which braintools is wrong alike.

    Attributes:
        name: what is lost, as the test is called.
        shape: the class.
        method: `surrogate_grad`, `surrogate_fun`, `slope` (the derivative of `surrogate_fun`) or
            `by PARAMETER` (that of `surrogate_grad`).
        x: the input, rounded to `dtype`.
        why: what loses it.
        parameters: those that are not the defaults.
        dtype: of the input.
        region: of `x` and the parameters: where the same method has lost digits for this reason.
    """

    name: str
    shape: str
    method: str
    x: float
    why: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    dtype: str = "float32"
    region: Callable[..., Any] | None = None


GRAD, FUN, SLOPE = "surrogate_grad", "surrogate_fun", "slope"
SHARP = {"alpha": 100.0}

DIFFERENCES = (
    Difference(
        "sigmoid_loses_its_right_tail",
        *("Sigmoid", GRAD, 5.0, "1 - s(z) cancels for z > 0"),
        region=lambda x, alpha: alpha * x > 1.5,
    ),
    Difference(
        "sigmoid_loses_its_right_tail_in_float16",
        *("Sigmoid", GRAD, 2.0, "1 - s(z) cancels for z > 0"),
        dtype="float16",
    ),
    Difference(
        "soft_sign_relaxation_loses_its_left_tail",
        *("SoftSign", FUN, -1e8, "1/2 + a negative number cancels"),
        region=lambda x, alpha: alpha * x < -1,
    ),
    Difference(
        "arctan_relaxation_loses_its_left_tail",
        *("Arctan", FUN, -1e8, "1/2 + a negative number cancels"),
        region=lambda x, alpha: alpha * x < -0.5,
    ),
    Difference(
        "erf_relaxation_loses_its_left_tail",
        *("ERF", FUN, -4.0, "1 - erf cancels"),
        region=lambda x, alpha: alpha * x < -0.5,
    ),
    Difference(
        "piecewise_quadratic_relaxation_loses_its_left_edge",
        *("PiecewiseQuadratic", FUN, -0.999, "a sum of three terms cancels"),
        region=lambda x, alpha: (alpha * x < -0.5) & (alpha * x > -1.01),
    ),
    Difference(
        "nonzero_sign_log_relaxation_loses_small_inputs",
        *("NonzeroSignLog", FUN, 1e-10, "1 + z rounds z away before the logarithm"),
        region=lambda x, alpha: alpha * abs(x) < 1,
    ),
    Difference(
        "nonzero_sign_log_relaxation_overflows",
        *("NonzeroSignLog", FUN, 1e38, "alpha x is infinite", SHARP),
    ),
    Difference(
        "q_pseudo_spike_relaxation_cancels_near_exponent_one",
        *("QPseudoSpike", FUN, -0.5, "a difference is divided by alpha - 1", {"alpha": 1.001}),
        region=lambda x, alpha: (abs(alpha - 1) < 0.3) & (x == x),
    ),
    Difference(
        "piecewise_quadratic_gradient_loses_its_edge",
        *("PiecewiseQuadratic", GRAD, 0.01, "alpha^2 |x| is rounded", SHARP),
    ),
    Difference(
        "relu_grad_is_not_zero_at_its_edge",
        *("ReluGrad", GRAD, 30.0, "alpha is rounded twice", {"alpha": 0.01, "width": 30.0}),
    ),
    Difference(
        "piecewise_leaky_relu_window_ends_beyond_w",
        *("PiecewiseLeakyRelu", GRAD, 0.1, "w is rounded to float32", {"c": 0.0, "w": 0.1}),
    ),
    Difference(
        "squarewave_gradient_is_noise_far_out",
        *("SquarewaveFourierSeries", GRAD, 1e7, "the phase is rounded before the cosine"),
    ),
    Difference(
        "squarewave_relaxation_is_noise_far_out",
        *("SquarewaveFourierSeries", FUN, 1e7, "the phase is rounded before the sine"),
    ),
    Difference(
        "squarewave_gradient_is_nan_at_large_numbers",
        *("SquarewaveFourierSeries", GRAD, 1e38, "the phase overflows"),
        parameters={"n": 5, "t_period": 0.75},
    ),
    Difference(
        "s2nn_relaxation_is_shifted_by_epsilon",
        *("S2NN", FUN, 0.0, "epsilon guards a logarithm that needs no guard"),
        dtype="float64",
    ),
    Difference(
        "piecewise_exp_slope_is_nan",
        *("PiecewiseExp", SLOPE, -100.0, "the branch not taken overflows"),
    ),
    Difference(
        "piecewise_quadratic_slope_is_nan",
        *("PiecewiseQuadratic", SLOPE, 1e36, "the branch not taken overflows", SHARP),
    ),
    Difference(
        "q_pseudo_spike_slope_is_zero_at_the_threshold",
        *("QPseudoSpike", SLOPE, 0.0, "sign(x) is 0 at 0"),
    ),
    Difference(
        "soft_sign_slope_cancels",
        *("SoftSign", SLOPE, 1e5, "a difference of two nearly equal terms"),
    ),
    Difference(
        "soft_sign_gradient_overflows_in_float16",
        *("SoftSign", GRAD, 7.0, "(1 + alpha |x|)^2 is infinite", SHARP),
        dtype="float16",
    ),
    Difference(
        "arctan_gradient_overflows_in_float16",
        *("Arctan", GRAD, 3.0, "(pi/2 alpha x)^2 is infinite", SHARP),
        dtype="float16",
    ),
    Difference(
        "gaussian_grad_is_nan_in_float16_when_narrow",
        *("GaussianGrad", GRAD, 0.0, "sigma^2 is 0", {"sigma": 1e-4, "alpha": 1e-4}),
        dtype="float16",
    ),
    Difference(
        "gaussian_grad_is_nan_when_narrow",
        *("GaussianGrad", GRAD, 0.0, "sigma^2 is 0", {"sigma": 1e-23}),
    ),
    Difference(
        "erf_gradient_is_nan_when_sharp",
        *("ERF", GRAD, 0.0, "alpha^2 is infinite", {"alpha": 1e20}),
    ),
    Difference(
        "piecewise_quadratic_gradient_is_nan_when_sharp",
        *("PiecewiseQuadratic", GRAD, 0.0, "alpha^2 is infinite", {"alpha": 1e20}),
    ),
    Difference(
        "soft_sign_derivative_by_alpha_is_nan_far_out",
        *("SoftSign", "by alpha", 1e22, "infinity times 0"),
    ),
    Difference(
        "inv_square_grad_derivative_by_alpha_is_nan_far_out",
        *("InvSquareGrad", "by alpha", 1e22, "infinity times 0"),
    ),
    Difference(
        "arctan_derivative_by_alpha_is_nan_far_out",
        *("Arctan", "by alpha", 1e22, "infinity times 0"),
    ),
)


def version() -> str:
    """That of braintools which is installed; the oldest that spikegrad allows have none."""
    try:
        return metadata.version("braintools")
    except metadata.PackageNotFoundError:
        return ""


VERSION = version()
BY_PARAMETER = VERSION.startswith("0.3.")
"""Whether a spike there has a derivative by the parameters of its surrogate."""


def here() -> list[Difference]:
    """Those of the version that is installed."""
    return [d for d in DIFFERENCES if BY_PARAMETER or not d.method.startswith("by ")]


class Measured(NamedTuple):
    """The two values and the truth, with the errors in units in the last place of the dtype."""

    theirs: float
    ours: float
    truth: mp.mpf
    theirs_ulp: float
    ours_ulp: float


def in_region(
    shape: str, method: str, x: np.ndarray, parameters: Mapping[str, float]
) -> np.ndarray:
    """Which inputs lie where a named difference says that braintools has lost digits."""
    inside = np.zeros(x.shape, bool)
    for difference in DIFFERENCES:
        if (difference.shape, difference.method) == (shape, method) and difference.region:
            inside |= difference.region(np.float64(x), **parameters)
    return inside


def measure(difference: Difference) -> Measured:
    """Run both libraries, and the formula at many digits, on the input of a difference."""
    with precision(difference.dtype):
        x = jnp.asarray(difference.x, difference.dtype)
        theirs = _evaluate(peer("braintools.surrogate"), difference, x)
        ours = _evaluate(spikegrad_surrogate, difference, x)
        finfo = jnp.finfo(difference.dtype)
        truth = _truth(difference, float(x))
    errors = (error_in_ulp(value, truth, finfo) for value in (theirs, ours))
    return Measured(theirs, ours, truth, *errors)


def error_in_ulp(value: float, truth: mp.mpf, finfo: Any) -> float:
    """The error in units in the last place; below the normal numbers, in smallest normal ones."""
    if not np.isfinite(value):
        return float("inf")
    unit = mp.mpf(float(finfo.tiny))
    if abs(truth) >= unit:
        unit = mp.mpf(2) ** (int(mp.floor(mp.log(abs(truth), 2))) - int(finfo.nmant))
    return float(abs(mp.mpf(value) - truth) / unit)


def _evaluate(library: ModuleType, difference: Difference, x: jax.Array) -> float:
    make = getattr(library, difference.shape)
    method = difference.method
    if method == SLOPE:
        return float(jax.grad(make(**difference.parameters).surrogate_fun)(x))
    if method.startswith("by "):
        name = method.removeprefix("by ")
        default = _parameters(difference)[name]
        derivative = jax.jacfwd(lambda value: make(**{**difference.parameters, name: value})(x))
        return float(derivative(jnp.asarray(default, x.dtype)))
    return float(getattr(make(**difference.parameters), method)(x))


def _parameters(difference: Difference) -> dict[str, float]:
    made = getattr(spikegrad_surrogate, difference.shape)(**difference.parameters)
    return {name: value for name, value in vars(made).items() if value is not None}


def _truth(difference: Difference, x: float) -> mp.mpf:
    reference = REFERENCES[difference.shape]
    with mp.workdps(DIGITS):
        parameters = {name: mp.mpf(value) for name, value in _parameters(difference).items()}
        if difference.method == FUN:
            return reference.fun(mp.mpf(x), **parameters)
        if difference.method.startswith("by "):
            name = difference.method.removeprefix("by ")
            return mp.diff(
                lambda value: reference.grad(mp.mpf(x), **parameters | {name: value}),
                parameters[name],
            )
        return reference.grad(mp.mpf(x), **parameters)


def table() -> str:
    """The differences as Markdown, measured now."""
    lines = [
        f"| difference | call | x | braintools {VERSION} | spikegrad | 50 digits (first 9) | why |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for difference in here():
        measured = measure(difference)
        parameters = ", ".join(f"{key}={value:g}" for key, value in difference.parameters.items())
        method = difference.method.replace("slope", "slope of surrogate_fun")
        lines.append(
            f"| {difference.name.replace('_', ' ')} "
            f"| `{difference.shape}({parameters})` {method}, {difference.dtype} | {difference.x:g} "
            f"| {measured.theirs:.9g} | {measured.ours:.9g} | {mp.nstr(measured.truth, 9)} "
            f"| {difference.why} |".replace("|x|", "\\|x\\|")
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
