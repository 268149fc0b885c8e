"""The surrogate under check, and its values where the checks look; each is computed once."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from spikegrad._pytree import replaced
from spikegrad.checking._narrow import Jump, Needle, jumps, needles
from spikegrad.surrogate import Surrogate
from spikegrad.surrogate._numeric import _x64

GRADIENT, RELAXATION = "surrogate_grad", "surrogate_fun"
POINTS = 512  # places in a dtype
SHIFTS = (0.0, 8.0, -8.0)  # how far beside a place to look as well, in units in its last place
# Values in float64 are computed this many at a time: one shape, so that no operation is compiled
# twice, and enough for all places where they are asked for, so that each is carried out once.
CHUNK = 12288
DENSE = 14 * CHUNK  # places where the gradient is looked at for what is narrow
FINE = 2.0**-17 * np.arange(-2.0, 3.0)  # five places in a row, close enough to be on a line
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
FAR = 2.0 ** np.array([45.0, 60.0])
BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# A parameter is moved by this factor to see what depends on it; exact in every dtype.
MOVED = 1.25


class Values(NamedTuple):
    """Values of a method, as float64, and the dtype they were given in (None: a Python number)."""

    y: np.ndarray
    dtype: Any


def once(method: Callable[..., Any]) -> Callable[..., Any]:
    """Remember what a method of a `Subject` gave for each argument, or the error it raised."""

    @functools.wraps(method)
    def wrapper(self: Subject, *arguments: Any) -> Any:
        key = (method.__name__, arguments)
        if key not in self.known:
            try:
                self.known[key] = (method(self, *arguments), None)
            except Exception as problem:
                self.known[key] = (None, problem)
        result, raised = self.known[key]
        if raised is not None:
            raise raised
        return result

    return wrapper


class Subject:
    """A surrogate, and where to look at it."""

    def __init__(
        self,
        surrogate: Surrogate,
        domain: tuple[float, float],
        dtypes: tuple[str, ...],
        beyond: bool = False,
    ) -> None:
        self.surrogate = surrogate
        self.domain = domain
        self.beyond = beyond
        self.dtypes = dtypes
        self.facts: dict[str, Any] = {}
        self.known: dict[Any, tuple[Any, Exception | None]] = {}

    @once
    def methods(self) -> tuple[str, ...]:
        """`surrogate_grad`, and `surrogate_fun` where there is one."""
        try:
            self.values(RELAXATION, "float32")
        except NotImplementedError:
            return (GRADIENT,)
        except Exception:  # There is one, and it is for the checks to say what is wrong with it.
            pass
        return (GRADIENT, RELAXATION)

    @once
    def inputs(self, dtype: str) -> np.ndarray:
        """Places over the whole range of a dtype, close together in and around the domain.

        Of both signs and in order, both zeros in the middle. None of them is a round number, where
        a shape would have its corner, whose side is a matter of rounding.
        """
        limits = jnp.finfo(dtype)
        reach = max(map(abs, self.domain))
        least, most = float(limits.tiny), float(limits.max)
        count = POINTS // 2 - 1
        everywhere = np.exp2(np.linspace(limits.minexp, limits.maxexp - 0.01, count // 4))
        around = reach * np.exp2(np.linspace(-16.1, 5.9, count // 3))
        rest = count - everywhere.size - around.size - 1
        inside = reach * (np.arange(rest) + 0.618) / rest
        x = np.sort(np.concatenate([everywhere, around, inside, [most]])).clip(least, most)
        zero = np.zeros(1)
        return np.concatenate([-x[::-1], -zero, zero, x]).astype(jnp.dtype(dtype))

    @once
    def values(self, method: str, dtype: str) -> Values:
        """The values of a method at the places of a dtype, computed in it."""
        return evaluate(in_dtype(self.surrogate, dtype), method, self.inputs(dtype))

    @once
    def spikes(self, dtype: str) -> Any:
        """What it gives when it is called."""
        with evaluating(dtype):
            return in_dtype(self.surrogate, dtype)(jnp.asarray(self.inputs(dtype)))

    @once
    def edges(self, moved: bool) -> np.ndarray:
        """Of cells: evenly spaced, and closer where a sharp gradient is, at 0 and at needles."""
        lo, hi = self.domain
        octaves = 2.0 ** np.arange(-30, 10)
        edges = np.concatenate([np.linspace(lo, hi, 129), octaves, -octaves, [0.0]])
        edges = edges[(edges >= lo) & (edges <= hi)]
        if self.beyond:
            far = 2.0 ** (np.arange(1, 41) / 8)
            edges = np.concatenate([edges, lo * far, hi * far])
        for x, _, width in self.needles(moved):
            inside = width * np.linspace(-2, 2, 33)
            around = width * 2.0 ** np.arange(1.5, 12, 0.5)
            edges = np.concatenate([edges, x + inside, x - around, x + around])
        edges = np.unique(edges)
        if not self.beyond:
            edges = edges[(edges >= lo) & (edges <= hi)]
        apart = np.append(True, np.diff(edges) > 2.0**-32)
        return np.asarray(edges[apart])

    @once
    def nodes(self, moved: bool) -> np.ndarray:
        """Where to take the gradient to integrate it: in each cell, and in both of its halves."""
        lo, hi = self.edges(moved)[:-1, None], self.edges(moved)[1:, None]
        middle, width = (lo + hi) / 2, hi - lo
        pieces = [(middle, width), (middle - width / 4, width / 2), (middle + width / 4, width / 2)]
        return np.stack([center + size / 2 * NODES for center, size in pieces])

    @once
    def round_numbers(self) -> np.ndarray:
        """Where the branches of a formula are likely to meet."""
        values = [abs(v) for v in map(_as_number, numbers(self.surrogate).values()) if v]
        own = [value for v in values for value in (v, 1 / v)]
        places = np.array([0.25, 0.5, 1.5, *range(1, 11), *own])
        places = places[(places > 2.0**-30) & (places < 2.0**30)]
        return np.concatenate([-places, places])

    @once
    def fine(self, method: str) -> np.ndarray:
        """The values of a method in float64 at five places in a row, about a hundred times."""
        lo, hi = self.domain
        even = lo + (hi - lo) * (np.arange(POINTS // 10) + 0.618) / (POINTS // 10)
        sharp = max(-lo, hi) * 2.0 ** -np.linspace(3.1, 12.3, POINTS // 20)
        x = np.concatenate([even, sharp, -sharp]) * (1 + FINE[:, None])
        # As many as in `inputs`, so that nothing is compiled for it.
        values = evaluate(in_dtype(self.surrogate, "float64"), method, np.resize(x, POINTS))
        return values.y[: x.size].reshape(x.shape)

    @once
    def dense(self, moved: bool) -> tuple[np.ndarray, np.ndarray]:
        """Places close together in the domain, and ever wider apart beyond; the gradient there."""
        lo, hi = self.domain
        inside = lo + (hi - lo) * (np.arange(DENSE) + 0.618) / DENSE
        far = 2.0 ** (20 * (np.arange(CHUNK // 2) + 0.618) / (CHUNK // 2))
        reach = max(-lo, hi)
        x = np.concatenate([-reach * far[::-1], inside, reach * far])
        return x, in_chunks(self.doubled(moved), GRADIENT, x)

    @once
    def needles(self, moved: bool) -> list[Needle]:
        """What is narrow in the gradient away from 0; none if there are many, as in a texture."""
        if moved and not self.needles(False):
            return []  # Moved parameters make none where there was none.
        with contextlib.suppress(Exception):  # which is for another check to say
            x, y = self.dense(moved)
            edge = CHUNK // 2
            return needles(x[edge:-edge], y[edge:-edge])
        return []

    @once
    def jumps(self) -> list[Jump]:
        """Where the gradient jumps between two slopes."""
        return jumps(functools.partial(in_chunks, self.doubled(), GRADIENT), *self.dense(False))

    def double(self, method: str, places: str, moved: bool = False) -> np.ndarray:
        """The values of a method in float64.

        Args:
            method: the name of it.
            places: `"nodes"`, `"edges"`, `"far"` on both sides; `"round"`: just below round
                numbers, there, and just above; or a dtype: its places, and those beside them, a
                row for each of `SHIFTS`.
            moved: whether to move all parameters by the factor `MOVED`.
        """
        values: dict[str, np.ndarray] = self.doubles(method, moved)
        return values[places]

    @once
    def doubles(self, method: str, moved: bool) -> dict[str, np.ndarray]:
        """Those of all places."""
        x = {"nodes": self.nodes(moved), "edges": self.edges(moved), "far": np.stack([-FAR, FAR])}
        x["round"] = self.round_numbers() + 2.0**-40 * np.array([[-1.0], [0.0], [1.0]])
        for dtype in dict.fromkeys(("float32", *self.dtypes)):
            if dtype != "float64":
                shifts = np.array(SHIFTS)[:, None] * float(jnp.finfo(dtype).eps)
                x[dtype] = self.inputs(dtype).astype(np.float64) * (1 + shifts)
        flat = np.concatenate([places.ravel() for places in x.values()])
        y = np.split(
            in_chunks(self.doubled(moved), method, flat),
            np.cumsum([places.size for places in x.values()])[:-1],
        )
        return {name: part.reshape(x[name].shape) for name, part in zip(x, y, strict=True)}

    @once
    def doubled(self, moved: bool = False) -> Surrogate:
        """The surrogate with parameters in float64, which is how moved ones are compiled once."""
        values = numbers(self.surrogate)
        factor = MOVED if moved else 1.0
        with _x64(), contextlib.suppress(Exception):
            arrays = {name: jnp.asarray(v, np.float64) * factor for name, v in values.items()}
            return in_dtype(rebuilt(self.surrogate, arrays), "float64")
        if moved:
            raise LookupError
        return in_dtype(self.surrogate, "float64")

    @once
    def slopes(self, method: str) -> np.ndarray:
        """The derivative of a method at the places of float32, by JAX."""
        if method == GRADIENT:  # The derivative by the parameters comes with it.
            with contextlib.suppress(Exception):  # With arrays for them it may not work.
                return np.asarray(self._slopes(method, True)[0])
        return np.asarray(self._slopes(method, False)[0])

    @once
    def parameter_slopes(self) -> dict[str, float]:
        """The derivative of the gradient by each single parameter, summed over the domain."""
        slopes = self._slopes(GRADIENT, True)[1]
        names = numbers(self.surrogate)
        return {n: float(getattr(slopes, n)) for n in names if np.ndim(names[n]) == 0}

    @once
    def _slopes(self, method: str, arrays: bool) -> tuple[np.ndarray, Any]:
        x = jnp.asarray(self.inputs("float32"))
        with evaluating("float32"):
            surrogate = in_dtype(self.surrogate, "float32")
            if arrays:
                surrogate = with_arrays(surrogate)
            # In reverse mode, where the branch that a jnp.where does not take can turn up as NaN.
            y, pull = jax.vjp(lambda s, x: getattr(s, method)(x), surrogate, x)
            by_x = np.asarray(pull(jnp.ones_like(y))[1], np.float64)
            inside = np.abs(x) <= max(map(abs, self.domain))
            by_parameters = pull(jnp.asarray(inside, y.dtype))[0] if arrays else None
            return by_x, by_parameters


@contextlib.contextmanager
def evaluating(dtype: str) -> Iterator[None]:
    """A context in which a method is evaluated step by step, so that nothing large is compiled."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(jax.disable_jit())
        if dtype == "float64":
            stack.enter_context(_x64())
        yield


def evaluate(surrogate: Surrogate, method: str, x: np.ndarray) -> Values:
    """The values of a method at places of the dtype to compute in."""
    with evaluating(x.dtype.name):
        result = getattr(surrogate, method)(jnp.asarray(x))
        values = np.broadcast_to(np.asarray(result, np.float64), x.shape)
    return Values(values, getattr(result, "dtype", None))


def in_chunks(surrogate: Surrogate, method: str, x: np.ndarray) -> np.ndarray:
    """The values of a method at any number of places in float64."""
    chunks = np.resize(x, (-(-x.size // CHUNK), CHUNK))
    return np.concatenate([evaluate(surrogate, method, chunk).y for chunk in chunks])[: x.size]


def in_dtype(surrogate: Surrogate, dtype: str) -> Surrogate:
    """The surrogate with its arrays in a dtype, as those of a model in that dtype are."""

    def cast(leaf: Any) -> Any:
        floating = jnp.issubdtype(leaf.dtype, jnp.floating)
        return jnp.asarray(leaf, dtype) if floating else leaf

    with _x64() if dtype == "float64" else contextlib.nullcontext():
        cast_surrogate: Surrogate = jax.tree.map(cast, surrogate)
        return cast_surrogate


def shipped(surrogate: Surrogate) -> bool:
    """Whether its class is one of spikegrad's own."""
    return type(surrogate).__module__.partition(".")[0] == "spikegrad"


def _as_number(value: Any) -> float:
    return float(value) if np.ndim(value) == 0 else 0.0


def numbers(surrogate: Surrogate) -> dict[str, Any]:
    """The parameters of `__init__` that are real numbers or arrays of them, by name."""
    attributes = vars(surrogate)
    names = inspect.signature(type(surrogate)).parameters
    return {name: attributes[name] for name in names if _is_real(attributes.get(name))}


def _is_real(value: Any) -> bool:
    if isinstance(value, jax.Array | np.ndarray):
        return jnp.issubdtype(value.dtype, jnp.floating)
    return isinstance(value, float | np.floating)


def rebuilt(surrogate: Surrogate, changed: Mapping[str, Any]) -> Surrogate:
    """Made anew by `__init__`, so that what it derives from its parameters follows them.

    Raises:
        LookupError: `__init__` takes what no attribute of that name holds.
    """
    attributes = vars(surrogate)
    arguments = {}
    for name, parameter in inspect.signature(type(surrogate)).parameters.items():
        if name not in attributes or parameter.kind not in BY_NAME:
            raise LookupError(name)
        arguments[name] = changed.get(name, attributes[name])
    return type(surrogate)(**arguments)


def with_arrays(surrogate: Surrogate, factors: Mapping[str, float] | None = None) -> Surrogate:
    """The surrogate with float32 arrays in place of the numbers that its parameters are.

    Args:
        surrogate: is left as it is.
        factors: by what to multiply which of them.
    """
    factors = factors or {}
    arrays = {}
    for name, value in numbers(surrogate).items():
        array = jnp.asarray(value, np.float32)
        arrays[name] = _moved(array, factors[name]) if name in factors else array
    try:
        return rebuilt(surrogate, arrays)
    except LookupError:
        return replaced(surrogate, **arrays)


def _moved(array: jax.Array, factor: float) -> jax.Array:
    """Times the factor, where that makes a difference."""
    return jnp.where(jnp.isinf(array) | (array == 0), factor - 1, array * factor)
