"""Checks of how a surrogate fares in JAX: as a pytree, and in its transformations."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef

from spikegrad.checking._report import Finding, error, note, warning
from spikegrad.checking._subject import (
    GRADIENT,
    MOVED,
    RELAXATION,
    Subject,
    evaluating,
    in_dtype,
    numbers,
    rebuilt,
    with_arrays,
)
from spikegrad.surrogate import Surrogate

BRANCH = "Choose between values with jnp.where or jax.lax.select, not with a Python if or min."
ADVICE: tuple[tuple[type[Exception], str, str], ...] = (
    (NotImplementedError, "", "Write the method."),
    (jax.errors.UnexpectedTracerError, "", "Make the surrogate inside the function that uses it."),
    (jax.errors.TracerBoolConversionError, "", BRANCH),
    (ValueError, "truth value", BRANCH),
    (
        jax.errors.TracerArrayConversionError,
        "",
        "Use jax.numpy in place of numpy, and jnp.asarray in place of np.asarray.",
    ),
    (
        jax.errors.ConcretizationTypeError,
        "",
        "Use jax.numpy in place of math and float(), which need a number and get a traced value.",
    ),
    (TypeError, "hashable", "Hold numbers, strings, arrays, and tuples, lists or dicts of them."),
)


def advice_on(problem: BaseException) -> str:
    """What to do about an exception that a method of a user's raised."""
    for kind, words, advice in ADVICE:
        if isinstance(problem, kind) and words in str(problem):
            return advice
    return "Make the method work on an array of that dtype, by jax.numpy alone."


def one_line(problem: BaseException) -> str:
    """The kind of an exception, and the first line of what it says."""
    line = (_text(str, problem).splitlines() or [""])[0].strip()
    return f"{type(problem).__name__}: {line}"


def shown(surrogate: Surrogate) -> str:
    """The `repr` of a surrogate, which may raise whatever it does."""
    return _text(repr, surrogate)


def _text(function: Callable[[object], str], value: object) -> str:
    try:
        return function(value)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        name, raised = type(value).__name__, type(problem).__name__
        return f"{name}, whose {function.__name__} raises {raised}"


def is_pytree(subject: Subject) -> Iterator[Finding]:
    """It is hashable, and comes back equal from flattening and from a copy."""
    surrogate = subject.surrogate
    structure: PyTreeDef
    leaves, structure = jax.tree.flatten(surrogate)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        yield error(
            "an attribute holds a tracer, which is of no use outside the function it is from.",
            "Make the surrogate inside the function that uses it, or return it from there.",
        )
        return
    hash(surrogate)
    advice = "Hold parameters as attributes that compare by value, and leave __eq__ to Surrogate."
    for how, other in (
        ("flattened and rebuilt", structure.unflatten(leaves)),
        ("copied", copy.deepcopy(surrogate)),
    ):
        if other != surrogate or hash(other) != hash(surrogate):
            yield error(f"{how}, it is not equal to itself.", advice)


def closes_over_nothing(subject: Subject) -> Iterator[Finding]:
    """No array or tracer is in it that JAX cannot see: all are attributes."""
    cls = type(subject.surrogate)
    functions = {name: getattr(cls, name) for name in subject.methods()}
    functions |= {n: v for n, v in vars(subject.surrogate).items() if inspect.isfunction(v)}
    for name, function in functions.items():
        held = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
        for variable, value in held.items():
            advice = f"Make {variable} an attribute: self.{variable}."
            if isinstance(value, jax.core.Tracer):
                yield error(f"{name} closes over the tracer {variable}.", advice)
            elif isinstance(value, jax.Array):
                yield warning(
                    f"{name} closes over the array {variable}, which is a constant to JAX: no "
                    "derivative, no vmap over it.",
                    advice,
                )


def pickles(subject: Subject) -> Iterator[Finding]:
    """It pickles, so that a model that holds it can be saved."""
    cls = type(subject.surrogate)
    hash(subject.surrogate)  # Without that, it is no value, and another check has said so.
    try:
        same = pickle.loads(pickle.dumps(subject.surrogate)) == subject.surrogate
    except Exception as problem:
        # A class from a test or a page of documentation is not meant to be saved.
        importable = getattr(sys.modules.get(cls.__module__), cls.__qualname__, None) is cls
        yield (warning if importable else note)(
            f"it does not pickle: {one_line(problem)}.",
            "To save a model that holds it, define the class, and the functions that it holds, at "
            "the top level of a module.",
        )
        return
    if not same:
        yield warning(
            "pickled and loaded, it is not equal to itself.",
            "Hold parameters as attributes that compare by value.",
        )


def _spikes_and_gradient(surrogate: Any) -> Callable[[Any], Any]:
    def both(x: Any) -> Any:
        spikes, pull = jax.vjp(surrogate, x)
        return spikes, pull(jnp.ones_like(x))[0]

    return both


def _jit(surrogate: Surrogate, x: jax.Array) -> Any:
    return jax.jit(_spikes_and_gradient(surrogate))(x)[1]


def _vmap(surrogate: Surrogate, x: jax.Array) -> None:
    jax.eval_shape(jax.vmap(_spikes_and_gradient(surrogate)), x)


def _scan(surrogate: Surrogate, x: jax.Array) -> None:
    def total(x: jax.Array) -> jax.Array:
        def step(carry: jax.Array, x: jax.Array) -> tuple[jax.Array, None]:
            return carry + surrogate(x), None

        return jax.lax.scan(step, jnp.zeros_like(x[0]), x)[0]

    jax.eval_shape(jax.grad(total), x)


def _grad(surrogate: Surrogate, x: jax.Array) -> Any:
    with evaluating("float32"):
        return _spikes_and_gradient(surrogate)(x)[1]


def _export(surrogate: Surrogate, x: jax.Array) -> None:
    from jax import export

    export.export(jax.jit(_spikes_and_gradient(surrogate)))(x)


# Each is tried on a float32 array, and gives the gradient if it was computed and not traced alone.
TRANSFORMATIONS: Mapping[str, tuple[str, Callable[[Surrogate, jax.Array], Any]]] = {
    "jit": ("jax.jit compiles it, and the result is the same.", _jit),
    "vmap": ("jax.vmap maps it over scalars.", _vmap),
    "scan": ("jax.grad goes through a jax.lax.scan over it.", _scan),
    "grad": ("jax.vjp gives surrogate_grad.", _grad),
    "export": ("jax.export exports it.", _export),
}


def transforms(name: str) -> Callable[[Subject], Iterator[Finding]]:
    """The check of one transformation."""
    _, transformation = TRANSFORMATIONS[name]

    def check(subject: Subject) -> Iterator[Finding]:
        x = subject.inputs("float32")
        expected = subject.values(GRADIENT, "float32").y
        got = transformation(in_dtype(subject.surrogate, "float32"), jnp.asarray(x))
        if got is None:
            return
        scale = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
        same = np.isclose(got, expected, rtol=1e-4, atol=1e-5 * min(scale, 1e30), equal_nan=True)
        if not same.all():
            worst = int(np.argmin(same))
            yield error(
                f"under jax.{'vjp' if name == 'grad' else name} the gradient at x = "
                f"{x[worst]:.4g} is {float(got[worst]):.4g}, but surrogate_grad gives "
                f"{expected[worst]:.4g}.",
                "Leave __call__ to Surrogate, and compute with jax.numpy from x and self alone.",
                float(x[worst]),
            )

    return check


def no_retrace(subject: Subject) -> Iterator[Finding]:
    """A parameter held as an array can change without the code being traced again."""
    subject.values(GRADIENT, "float32")  # What fails without any tracing is another check's.
    values = numbers(subject.surrogate)
    traces = 0

    def methods(surrogate: Surrogate, x: jax.Array) -> Any:
        nonlocal traces
        traces += 1
        gradient = surrogate.surrogate_grad(x)
        relaxed = surrogate.surrogate_fun(x) if RELAXATION in subject.methods() else None
        return gradient, relaxed

    compiled, x = jax.jit(methods), jnp.asarray(subject.inputs("float32"))
    # With Python numbers for parameters it works as it is, and is traced once for each of them.
    held = any(isinstance(value, jax.Array | np.ndarray) for value in values.values())
    report = error if held else warning
    try:
        # Tracing is enough, and is what jax.jit remembers.
        jax.eval_shape(compiled, with_arrays(subject.surrogate), x)
        for name in values:
            before = traces
            jax.eval_shape(compiled, with_arrays(subject.surrogate, {name: MOVED}), x)
            if traces > before:
                yield report(
                    f"another value of {name} is traced and compiled anew, even as an array.",
                    f"Keep {name} as it was given: no float(), math or np on it in __init__, and "
                    "no function made there.",
                )
    except Exception as problem:
        if held or not values:
            raise
        yield warning(
            f"with arrays for {', '.join(values)} it cannot be traced: {one_line(problem)}",
            f"{advice_on(problem)} Until then each new value of a parameter compiles anew.",
        )
        return
    try:
        again = rebuilt(subject.surrogate, {})
    except Exception:  # It takes something else than it holds.
        return
    if again != subject.surrogate:
        yield warning(
            "made twice with the same parameters, it is not equal to itself, so each new one is "
            "traced and compiled anew.",
            "Make functions that it holds once, at the top level of a module, and not in __init__.",
        )
