"""Surrogates that are right almost everywhere, and in almost every use."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import stop_gradient
from tests.checking.broken_surrogates import Sharp, broken

from spikegrad.surrogate import Surrogate


class Bell(Surrogate):
    """A right gradient without a relaxation: the logistic slope, as users write it."""

    def __init__(self, alpha=2.0):
        super().__init__()
        self.alpha = alpha

    def surrogate_grad(self, x):
        return self.alpha / 4 * (1 - jnp.tanh(self.alpha * x / 2) ** 2)


class Cauchy(Surrogate):
    """The slope of the arctangent, with a constant to round."""

    pi: Any = math.pi

    def __init__(self, alpha=2.0):
        super().__init__()
        self.alpha = alpha

    def surrogate_fun(self, x):
        return 0.5 + jnp.arctan(math.pi / 2 * self.alpha * x) / math.pi

    def surrogate_grad(self, x):
        return self.alpha / 2 / (1 + (self.pi / 2 * self.alpha * x) ** 2)


@broken("lone-value", "error", "x = 0 in", "a comparison x > 0 and x < 0")
class ZeroAtZero(Bell):
    def surrogate_grad(self, x):
        return jnp.where(x == 0, 0.0, super().surrogate_grad(x)).astype(x.dtype)


@broken("lone-value", "error", "x = -0 in", "a comparison of sign bits")
class ZeroAtMinusZero(Sharp):
    def surrogate_grad(self, x):
        lone = (x == 0) & jnp.signbit(x)
        return jnp.where(lone, 0.0, super().surrogate_grad(x)).astype(x.dtype)


@broken("lone-value", "error", "1 alone", "two branches that leave out where they meet")
class ZeroAtOne(Bell):
    def surrogate_grad(self, x):
        return jnp.where(jnp.abs(x) == 1, 0.0, super().surrogate_grad(x)).astype(x.dtype)


@broken("lone-value", "error", "surrogate_fun is 0.6 at x = 0", "a limit put in by hand")
class RelaxationOffAtZero(Sharp):
    def surrogate_fun(self, x):
        return jnp.where(x == 0, 0.6, super().surrogate_fun(x)).astype(x.dtype)


@broken("elementwise", "error", "of 2 axes", "a mean over the last axis but one")
class OffInBatches(Bell):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) * (1.05 if x.ndim > 1 else 1.0)


@broken("elementwise", "error", "of 0 axes", "x.mean() of what is taken for a batch")
class OffForScalars(Sharp):
    def surrogate_fun(self, x):
        return super().surrogate_fun(x) * (0.95 if x.ndim == 0 else 1.0)


@broken("elementwise", "error", "surrogate_fun at", "a relaxation normalised over the batch")
class RelaxationNormalised(Sharp):
    def surrogate_fun(self, x):
        y = super().surrogate_fun(x)
        return y / jnp.max(y)


@broken("differentiates", "warning", "is 0 at", "the whole under stop_gradient")
class CutOff(Bell):
    def surrogate_grad(self, x):
        return stop_gradient(super().surrogate_grad(x))


@broken("differentiates", "error", "values rise by", "one factor under stop_gradient")
class HalfCutOff(Sharp):
    def surrogate_grad(self, x):
        t = jnp.exp(-jnp.abs(self.alpha * x))
        return self.alpha * t / stop_gradient((1 + t) ** 2)


@broken("differentiates", "warning", "training on the relaxation", "the relaxation's slope cut")
class RelaxationCutOff(Sharp):
    def surrogate_fun(self, x):
        return stop_gradient(super().surrogate_fun(x))


@broken("derivative-by-parameter", "warning", "by alpha is 0", "alpha under stop_gradient")
class ParameterCutOff(Bell):
    def surrogate_grad(self, x):
        alpha = stop_gradient(jnp.asarray(self.alpha, x.dtype))
        return alpha / 4 * (1 - jnp.tanh(alpha * x / 2) ** 2)


@broken("derivative-by-parameter", "error", "by alpha", "alpha under stop_gradient in one place")
class ParameterHalfCutOff(Bell):
    def surrogate_grad(self, x):
        alpha = stop_gradient(jnp.asarray(self.alpha, x.dtype))
        return self.alpha / 4 * (1 - jnp.tanh(alpha * x / 2) ** 2)


@broken("systematic", "error", "digits of float32", "float64 computed in float32")
class Float64InFloat32(Sharp):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x.astype(jnp.float32)).astype(x.dtype)


@broken("systematic", "error", "bfloat16", "a constant for one dtype")
class OffInBfloat16(Bell):
    def surrogate_grad(self, x):
        y = super().surrogate_grad(x.astype(jnp.float32))
        return (y * (1.02 if x.dtype == jnp.bfloat16 else 1.0)).astype(x.dtype)


@broken("rounded-constants", "warning", "rounded", "pi as float32")
class RoundedPi(Cauchy):
    pi = np.float32(math.pi)
    surrogate_fun = Surrogate.surrogate_fun


@broken("rounded-constants", "warning", "rounded", "the same, in what is compiled")
class RoundedPiInJit(RoundedPi):
    def surrogate_grad(self, x):
        return jax.jit(super().surrogate_grad)(x)


@broken("gradient-is-derivative", "warning", "they differ", "pi as float32 in one of the pair")
class RoundedPiInOne(Cauchy):
    pi = float(np.float32(math.pi))


@broken("symmetric", "warning", "almost symmetric", "1 % off on one side, with no relaxation")
class OffOnTheRight(Bell):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) * jnp.where(x > 0, 1.01, 1.0).astype(x.dtype)


def bump(x: jax.Array) -> jax.Array:
    return jnp.where(jnp.abs(x - 1.23456) < 1e-4, 0.2, 0.0).astype(x.dtype)


@broken("gradient-is-derivative", "error", "at x = 1.23", "a needle 0.2 high and 2e-4 wide")
class NeedleInPair(Sharp):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) + bump(x)


@broken("features", "warning", "a needle 0.2 high", "the same with no relaxation")
class Needle(Bell):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) + bump(x)


@broken("gradient-is-derivative", "error", "differ most at x = ", "a factor of 1.5 far out")
class OffFarOut(Cauchy):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) * jnp.where(jnp.abs(x) > 10, 1.5, 1.0).astype(x.dtype)


@broken("features", "warning", "jumps from", "the same with no relaxation")
class JumpFarOut(OffFarOut):
    surrogate_fun = Surrogate.surrogate_fun
