"""A function of JAX as a function of JavaScript: the page computes what the library computes.

JAX traces the library's own code in float64, which is the type of JavaScript's numbers, and every
elementary operation becomes one line. Operations that occur twice are computed once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import Literal

UNKNOWN = "JavaScript has no {primitive} yet: add it to docs/derived/javascript.py."

_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "===", "ne": "!==", "or": "||",
}  # fmt: skip
_MATH = {
    "abs": "Math.abs", "atan": "Math.atan", "cos": "Math.cos", "cosh": "Math.cosh",
    "erf": "erf", "exp": "Math.exp", "expm1": "Math.expm1", "floor": "Math.floor",
    "is_finite": "Number.isFinite",
    "log": "Math.log", "log1p": "Math.log1p", "max": "Math.max", "min": "Math.min",
    "pow": "Math.pow", "sign": "Math.sign", "sin": "Math.sin", "sqrt": "Math.sqrt",
    "tanh": "Math.tanh",
}  # fmt: skip
# On one number they change nothing; the bits of a number are only ever masked.
_SAME = {"bitcast_convert_type", "broadcast_in_dim", "copy", "reshape", "squeeze", "stop_gradient"}
_CALLS = {"jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call"}


def translate(function: Callable[..., Any], arguments: Sequence[str]) -> str:
    """An arrow function of those arguments, all of them single numbers."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        traced = jax.make_jaxpr(function)(*(np.float64(0.5) for _ in arguments))
    lines = _Lines()
    (result,) = lines.follow(traced.jaxpr, traced.consts, arguments)
    body = lines.needed_for(result)
    return f"({', '.join(arguments)}) => {{ {body}return {result}; }}"


class _Lines:
    """The lines of a function, one an operation."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by right-hand side
        self._needs: dict[str, list[str]] = {}  # by name
        self._count = itertools.count()

    def _line(self, right: str, needs: Sequence[str]) -> str:
        if right not in self._names:
            name = f"v{next(self._count)}"
            self._names[right], self._needs[name] = name, list(needs)
        return self._names[right]

    def needed_for(self, result: str) -> str:
        """The lines on which a result depends."""
        needed, waiting = set(), [result]
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += self._needs.get(name, [])
        return "".join(f"const {n} = {r}; " for r, n in self._names.items() if n in needed)

    def follow(self, jaxpr: Any, consts: Sequence[Any], arguments: Sequence[str]) -> list[str]:
        """Go through the operations; the names of what comes out."""
        known: dict[Any, str] = dict(zip(jaxpr.constvars, map(_number, consts), strict=True))
        known.update(zip(jaxpr.invars, arguments, strict=True))

        def read(atom: Any) -> str:
            return _number(atom.val) if isinstance(atom, Literal) else known[atom]

        for equation in jaxpr.eqns:
            operands = [read(atom) for atom in equation.invars]
            name = equation.primitive.name
            if name in _CALLS:
                inner = equation.params.get("jaxpr") or equation.params["call_jaxpr"]
                results = self.follow(inner.jaxpr, inner.consts, operands)
            else:
                results = [self._operation(name, equation, operands)]
            known.update(zip(equation.outvars, results, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _operation(self, name: str, equation: Any, operands: list[str]) -> str:
        if name in _SAME:
            return operands[0]
        if name == "convert_element_type":
            if equation.invars[0].aval.dtype == np.bool_:
                return self._line(f"+{operands[0]}", operands)
            return operands[0]
        return self._line(_right(name, equation, operands), operands)


def _right(name: str, equation: Any, operands: list[str]) -> str:
    kind = equation.outvars[0].aval.dtype
    if name in _INFIX:
        return f" {_INFIX[name]} ".join(operands)
    if name == "and":
        return " && ".join(operands) if kind == np.bool_ else f"masked({', '.join(operands)})"
    if name in _MATH:
        return f"{_MATH[name]}({', '.join(operands)})"
    if name == "neg":
        return f"-{operands[0]}"
    if name == "not":
        return f"!{operands[0]}"
    if name == "select_n":
        which, otherwise, then = operands
        return f"{which} ? {then} : {otherwise}"
    if name == "clamp":
        low, value, high = operands
        return f"Math.min(Math.max({value}, {low}), {high})"
    if name == "integer_pow":
        return f"Math.pow({operands[0]}, {equation.params['y']})"
    if name == "square":
        return f"{operands[0]} * {operands[0]}"
    raise NotImplementedError(UNKNOWN.format(primitive=name))


def _number(value: Any) -> str:
    """A constant; a mask of bits as its upper and its lower half."""
    number = np.asarray(value)
    if number.dtype == np.uint64:
        high, low = divmod(int(number), 2**32)
        return f"{high}, {low}"
    return literal(number.item())


def literal(value: float | bool | None) -> str:
    """A number, true, false or null."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    shown = "NaN" if math.isnan(value) else repr(value)
    return f"({shown})" if shown.startswith("-") else shown
