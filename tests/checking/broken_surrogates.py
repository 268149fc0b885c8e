"""Surrogates with one fault each: what has to be found, and where the fault was really seen."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad.surrogate import Surrogate


class Broken(NamedTuple):
    """A surrogate with a fault.

    Attributes:
        surrogate: the faulty one.
        finding: the name of the check that has to find it.
        grade: that the finding has to have.
        words: what it has to speak of.
        seen: where the fault was.
    """

    surrogate: Surrogate
    finding: str
    grade: str
    words: str
    seen: str


BROKEN: dict[str, Broken] = {}


def broken(finding: str, grade: str, words: str, seen: str, *parameters: Any) -> Any:
    """Declare what the class below has to be found out for, at these parameters."""

    def declare(cls: type[Surrogate]) -> type[Surrogate]:
        BROKEN[cls.__name__] = Broken(cls(*parameters), finding, grade, words, seen)
        return cls

    return declare


class Sharp(Surrogate):
    """A right pair to break one of: the logistic function and its slope."""

    def __init__(self, alpha=2.0):
        super().__init__()
        self.alpha = alpha

    def surrogate_fun(self, x):
        return jax.nn.sigmoid(self.alpha * x)

    def surrogate_grad(self, x):
        t = jnp.exp(-jnp.abs(self.alpha * x))
        return self.alpha * t / (1 + t) ** 2


@broken("gradient-is-derivative", "error", "alpha", "snnax 0.0.1: s(bx)(1 - b s(bx))", 1.0)
class RightAtOneOnly(Sharp):
    def surrogate_grad(self, x):
        s = jax.nn.sigmoid(self.alpha * x)
        return s * (1 - self.alpha * s)


@broken("parameters", "warning", "alpha", "norse 1.1.0 super: alpha ignored")
class ParameterIgnored(Surrogate):
    def __init__(self, alpha=100.0):
        super().__init__()
        self.alpha = alpha

    def surrogate_grad(self, x):
        return 1 / (1 + jnp.abs(x)) ** 2


@broken("parameters", "error", "surrogate_fun", "brainpy <= 2.7: alpha - 1 against alpha + 1", 1.0)
class ParameterInOneOfThePair(Sharp):
    def surrogate_fun(self, x):
        return jax.nn.sigmoid(x)


@broken("gradient-is-derivative", "error", "by 0.5", "slayerPytorch: no 1/2 in the exponential")
class WrongFactor(Sharp):
    def surrogate_grad(self, x):
        return 2 * super().surrogate_grad(x)


@broken("gradient-is-derivative", "error", "sign", "brainpy <= 2.7: QPseudoSpike for x < 0")
class WrongSign(Sharp):
    def surrogate_grad(self, x):
        return -super().surrogate_grad(x)


@broken("gradient-is-derivative", "error", "jax.grad", "brainpy <= 2.7: QPseudoSpike for x < 0")
class WrongOnOneSide(Sharp):
    def surrogate_grad(self, x):
        return jnp.where(x < 0, -1.0, 1.0).astype(x.dtype) * super().surrogate_grad(x)


@broken("gradient-is-derivative", "warning", "jax.grad", "spikingjelly: S2NN's epsilon of 1e-5")
class EpsilonInLogarithm(Surrogate):
    def surrogate_fun(self, x):
        return 0.5 + jnp.where(x < 0, x, jnp.log(jnp.abs(x + 1) + 1e-5))

    def surrogate_grad(self, x):
        return jnp.where(x < 0, 1.0, 1 / (1 + jnp.maximum(x, 0)))


@broken("relaxation-limits", "warning", "from -0.5 on the left to 0.5", "spikingjelly: no 1/2 in G")
class NotFromZeroToOne(Sharp):
    def surrogate_fun(self, x):
        return super().surrogate_fun(x) - 0.5


@broken("finite", "error", "nan", "snnTorch 1.0.0 and Matterhorn sigmoid: inf / inf")
class OverflowOnTheLeft(Sharp):
    def surrogate_grad(self, x):
        t = jnp.exp(-self.alpha * x)
        return self.alpha * t / (1 + t) ** 2


@broken("finite", "error", "at x = -0", "spikingjelly: FakeNumericalGradient is -inf at -0.0")
class DivisionByZero(Surrogate):
    def surrogate_grad(self, x):
        return jnp.minimum(0.3, jnp.sign(x) / x)


@broken("finite", "error", "inf", "stork CustomSpike: exponential escape", 0.133)
class Unbounded(Surrogate):
    def __init__(self, delta):
        super().__init__()
        self.delta = delta

    def surrogate_grad(self, x):
        return 0.01 / self.delta * jnp.exp(x / self.delta)


@broken("dtype", "error", "float32 for bfloat16", "constants by np.sqrt, as users write them")
class NumpyConstant(Surrogate):
    def surrogate_grad(self, x):
        return jnp.exp(-x * x) * (1 / np.sqrt(np.pi)).astype(np.float32)


@broken("dtype", "error", "float32 for float64", "snnTorch 1.0.0: .float() in the forward pass")
class CastsToFloat32(Sharp):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x.astype(jnp.float32))


@broken("lost-tail", "warning", "is 0", "braintools, spikingjelly Sigmoid: s (1 - s)")
class LostRightTail(Sharp):
    def surrogate_grad(self, x):
        s = jax.nn.sigmoid(self.alpha * x)
        return self.alpha * s * (1 - s)


@broken("lost-tail", "warning", "surrogate_fun is", "braintools ERF: 1 - erf(-z)")
class LostTailOfRelaxation(Surrogate):
    def surrogate_fun(self, x):
        return (1 - jax.lax.erf(-x)) / 2

    def surrogate_grad(self, x):
        return jnp.exp(-x * x) / math.sqrt(math.pi)


@broken("lost-tail", "warning", "float16", "braintools InvSquareGrad: the square overflows", 100.0)
class SquareOverflows(Surrogate):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def surrogate_grad(self, x):
        return 1 / (1 + self.alpha * jnp.abs(x)) ** 2


@broken("accuracy", "warning", "units in the last place", "norse circ: 1/(2r) - x^2/(2 r^3)")
class Cancels(Surrogate):
    def surrogate_grad(self, x):
        x = jnp.clip(x, -30, 30)
        r = jnp.sqrt(x * x + 1)
        return 1 / r - x * x / r**3


@broken("differentiates", "warning", "surrogate_fun is nan", "braintools: PiecewiseExp")
class BranchNotTaken(Surrogate):
    def surrogate_fun(self, x):
        return jnp.where(x < 0, jnp.exp(x) / 2, 1 - jnp.exp(-x) / 2)

    def surrogate_grad(self, x):
        return jnp.exp(-jnp.abs(x)) / 2


@broken("threshold", "warning", "is 0 at the threshold", "snnTorch SFS: zero for all x <= B")
class ZeroAtThreshold(Surrogate):
    def surrogate_grad(self, x):
        return jnp.where(x > 1, 1 / (1 + jnp.abs(x)), 0.0)


@broken("threshold", "warning", "is 0 at the threshold", "spyx.custom, stork: g = x")
class GradientIsInput(Surrogate):
    def surrogate_grad(self, x):
        return x


@broken("threshold", "warning", "is -1 at the threshold", "snnTorch triangular, as shipped")
class NegativeAtThreshold(Surrogate):
    def surrogate_grad(self, x):
        return jnp.where(x < 0, 1.0, -1.0).astype(x.dtype)


@broken("threshold", "error", "0 everywhere", "spikingjelly SquarewaveFourierSeries(n=1): no terms")
class ZeroEverywhere(Surrogate):
    def surrogate_grad(self, x):
        return jnp.zeros_like(x)


@broken("symmetric", "note", "not symmetric", "snnTorch spike_rate_escape: one unit off centre")
class OffCentre(Sharp):
    def surrogate_fun(self, x):
        return super().surrogate_fun(x - 1)

    def surrogate_grad(self, x):
        return super().surrogate_grad(x - 1)


@broken("elementwise", "error", "other elements", "stork SuperSpike_norm, taken for a surrogate")
class Normalised(Surrogate):
    def surrogate_grad(self, x):
        g = 1 / (1 + jnp.abs(x))
        return g / jnp.mean(g)


@broken("evaluates", "error", "jnp.where", "users: a Python if on x")
class BranchOnInput(Surrogate):
    def surrogate_grad(self, x):
        if x > 0:
            return jnp.exp(-x)
        return jnp.exp(x)


@broken("jit", "error", "jax.numpy in place of numpy", "users: numpy in a method")
class Numpy(Surrogate):
    def surrogate_grad(self, x):
        return jnp.asarray(np.exp(-np.abs(np.asarray(x))))


@broken("no-retrace", "warning", "jnp.where", "users: a Python if on a parameter")
class BranchOnParameter(Sharp):
    def surrogate_grad(self, x):
        return super().surrogate_grad(x) if self.alpha > 1 else jnp.exp(-jnp.abs(x))

    surrogate_fun = Surrogate.surrogate_fun


@broken("jit", "error", "jnp.where", "the same, on an array to anneal", jnp.float32(2))
class BranchOnArray(BranchOnParameter):
    pass


@broken("no-retrace", "warning", "another value of alpha", "users: math on a parameter in __init__")
class NumberInInit(Sharp):
    def __init__(self, alpha=2.0):
        super().__init__(float(alpha))


@broken("no-retrace", "warning", "made twice", "braintools 0.3.0: Sigmoid() == Sigmoid() is False")
class FunctionMadeInInit(Sharp):
    def __init__(self, alpha=2.0):
        super().__init__(alpha)
        self.of = lambda z: jnp.exp(-jnp.abs(z))


@broken("pickle", "warning", "does not pickle", "snnTorch: closures, its issue 420")
class HoldsLambda(FunctionMadeInInit):
    pass


@broken("pytree", "error", "HoldsSet.tags", "users: a set or another unhashable attribute")
class HoldsSet(Sharp):
    def __init__(self):
        super().__init__()
        self.tags = {"a", "set"}


@broken("grad", "error", "surrogate_grad", "users: an own derivative rule beside the class's")
class OwnCall(Sharp):
    def __call__(self, x):
        return (x >= 0).astype(x.dtype) + 0 * jnp.asarray(x)


@broken("forward-is-step", "error", "gives 0", "snnTorch, norse, spyx, stork: 0 at 0")
class NoSpikeAtThreshold(Sharp):
    def __call__(self, x):
        return super().__call__(-super().__call__(-x) + 0.5)


@broken("evaluates", "error", "Write the method", "users: the method's name misspelt")
class Forgotten(Surrogate):
    def surrogate_gradient(self, x):
        return x


def closing_over(alpha: jax.Array) -> Surrogate:
    class Closing(Surrogate):
        def surrogate_grad(self, x):
            return jnp.exp(-jnp.abs(x)) * alpha.astype(x.dtype)

    return Closing()


def leaked() -> Surrogate:
    """One that closes over a tracer which its function has left."""
    kept = []
    jax.make_jaxpr(lambda alpha: kept.append(closing_over(alpha)) or alpha)(1.0)
    return kept[0]


def holding_tracer() -> Surrogate:
    kept = []
    jax.make_jaxpr(lambda alpha: kept.append(Sharp(alpha)) or alpha)(1.0)
    return kept[0]


BROKEN |= {
    "ClosesOverArray": Broken(
        closing_over(jnp.float32(2.0)), "closure", "warning", "array alpha",
        "snnTorch, spyx: surrogates are closures",
    ),
    "ClosesOverTracer": Broken(
        leaked(), "closure", "error", "tracer alpha", "users: a class made inside jax.jit"
    ),
    "HoldsTracer": Broken(
        holding_tracer(), "pytree", "error", "holds a tracer", "users: kept from inside jax.jit"
    ),
}  # fmt: skip
