"""The formulas in the docstrings of the shapes: read strictly, and computed.

A block of formulas is a list of definitions, `NAME(ARGUMENTS) = PIECES`, one below the other or
after `,  ` (a comma and two spaces). A piece is `EXPRESSION`, `EXPRESSION  for CONDITION` or `else
EXPRESSION`; pieces are separated as definitions are, or stand on lines of their own, indented.
Expressions are written as on paper: `a b` is a product, taken from left to right like `*` and `/`,
`^` a power, `|x|` a magnitude, `sum_{i=1..n} t` the sum of the terms up to the next `+` or `-`.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

UNREADABLE = "The formula {text!r} cannot be read: {reason}."

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "arctan": np.arctan,
    "clip": np.clip,
    "cos": np.cos,
    "cosh": np.cosh,
    "erfc": np.vectorize(math.erfc),
    "exp": np.exp,
    "hypot": np.hypot,
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "round": np.round,
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
}
OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: lambda a, b: a is b if b is None else np.equal(a, b),
    ast.NotEq: np.not_equal,
}

_HEAD = re.compile(r"([A-Za-z]\w*)(?:\(([\w, ]+)\))?\s+= (.+)")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<sum>sum_\{(\w+)=(\w+)\.\.(\w+)\})"
    r"|(?P<name>[A-Za-z]\w*)|(?P<sign><=|>=|!=|[-+*/^()|,<>=]))"
)
_PYTHON = {"^": "**", "=": "=="}


@dataclass(frozen=True)
class Piece:
    """A value, and the condition under which it holds; None where it is for all that is left."""

    value: ast.expr
    condition: ast.expr | None


@dataclass
class Definition:
    """What one name stands for."""

    name: str
    arguments: tuple[str, ...] | None
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True)
class Formulas:
    """The definitions of a block, by name."""

    definitions: Mapping[str, Definition]

    def __contains__(self, name: str) -> bool:
        return name in self.definitions

    def compute(self, name: str, x: Any, parameters: Mapping[str, Any]) -> np.ndarray:
        """The function of that name at the points `x`, in float64."""
        scope = {"x": x, "pi": math.pi, **parameters}
        numbers = {k: v if v is None else np.asarray(v, np.float64) for k, v in scope.items()}
        with np.errstate(all="ignore"):  # a piece is computed where it does not hold as well
            value = self._pieces(self.definitions[name], {**numbers, "None": None})
        return np.broadcast_to(value, np.shape(x))

    def _pieces(self, definition: Definition, scope: Mapping[str, Any]) -> Any:
        result: Any = math.nan
        for piece in reversed(definition.pieces):
            holds = piece.condition is None or self._value(piece.condition, scope)
            value = self._value(piece.value, scope) if np.any(holds) else math.nan
            result = np.where(holds, math.nan if value is None else value, result)
        return result

    def _value(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant():
                return scope["None"] if node.value is None else np.float64(node.value)
            case ast.Name() if node.id in scope:
                return scope[node.id]
            case ast.Name():
                return self._pieces(self.definitions[node.id], scope)
            case ast.UnaryOp():
                return OPERATIONS[type(node.op)](self._value(node.operand, scope))
            case ast.BinOp():
                left, right = self._value(node.left, scope), self._value(node.right, scope)
                return OPERATIONS[type(node.op)](left, right)
            case ast.Compare():
                sides = [self._value(n, scope) for n in (node.left, *node.comparators)]
                pairs = zip(node.ops, sides[:-1], sides[1:], strict=True)
                return np.logical_and.reduce([OPERATIONS[type(op)](a, b) for op, a, b in pairs])
            case ast.Call(func=ast.Name(id="sum_over"), args=[first, last, ast.Lambda() as term]):
                index, whole = term.args.args[0].arg, int(self._value(last, scope))
                start = int(self._value(first, scope))
                terms = (
                    self._value(term.body, {**scope, index: np.float64(i)})
                    for i in range(start, whole + 1)
                )
                return sum(terms)
            case ast.Call(func=ast.Name(id=name)):
                values = [self._value(argument, scope) for argument in node.args]
                if name in FUNCTIONS:
                    return FUNCTIONS[name](*values)
                definition = self.definitions[name]
                bound = dict(zip(definition.arguments or (), values, strict=True))
                return self._pieces(definition, {**scope, **bound})
        raise TypeError(f"no formula has a {type(node).__name__}")


def block(documented: object) -> str:
    """The block of formulas in a docstring: what is indented below the summary."""
    paragraphs = (inspect.getdoc(documented) or "").split("\n\n")
    return next((inspect.cleandoc(p) for p in paragraphs if p.startswith("    ")), "")


def read(text: str) -> Formulas:
    """Read a block of formulas.

    Raises:
        ValueError: the text does not keep to the grammar.
    """
    chunks = []
    for line in text.splitlines():
        continues = line.startswith(" ")
        for part in re.split(r",\s{2,}", line.strip()):
            head = None if continues else _HEAD.fullmatch(part)
            continues = False
            chunks.append((head, part))
    if not chunks or chunks[0][0] is None:
        raise ValueError(UNREADABLE.format(text=text, reason="it defines nothing"))
    functions = set(FUNCTIONS) | {head[1] for head, _ in chunks if head and head[2]}
    definitions: dict[str, Definition] = {}
    for head, part in chunks:
        if head:
            arguments = tuple(re.split(r",\s*", head[2])) if head[2] else None
            current = definitions[head[1]] = Definition(head[1], arguments)
            part = head[3]
        current.pieces.append(_piece(part.strip(), functions))
    formulas = Formulas(definitions)
    for definition in definitions.values():
        if any(piece.condition is None for piece in definition.pieces[:-1]):
            reason = f"a piece of {definition.name} says not where it holds"
            raise ValueError(UNREADABLE.format(text=text, reason=reason))
    return formulas


def _piece(text: str, functions: set[str]) -> Piece:
    text = text.removeprefix("else ")
    value, _, condition = text.partition("  for ")
    where = _expression(condition, functions) if condition else None
    return Piece(_expression(value, functions), where)


def _expression(text: str, functions: set[str]) -> ast.expr:
    python = " ".join(_python(text, functions))
    try:
        return ast.parse(python, mode="eval").body
    except SyntaxError as error:
        raise ValueError(UNREADABLE.format(text=text, reason=error.msg)) from error


def _python(text: str, functions: set[str]) -> list[str]:
    """The expression in the words of Python."""
    words: list[str] = []
    opened: list[str] = []  # what is waiting to be closed: "(", "|" or "sum"
    position, operand = 0, False  # whether an operand has just ended

    def close_sums() -> None:
        while opened and opened[-1] == "sum":
            opened.pop()
            words.append(")")

    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(UNREADABLE.format(text=text, reason=f"at {text[position:]!r}"))
        token, position = match[0].strip(), match.end()
        closes = token == ")" or (token == "|" and opened[-1:] == ["|"])
        starts = match["number"] or match["name"] or match["sum"] or token == "(" or token == "|"
        if operand and starts and not closes and words[-1] not in functions:
            words.append("*")
        if match["sum"]:
            words.append(f"sum_over({match[4]}, {match[5]}, lambda {match[3]}: ")
            opened.append("sum")
        elif closes:
            close_sums()
            if opened:
                opened.pop()
            words.append(")")
        elif token in "(|":
            words.append("abs(" if token == "|" else "(")
            opened.append(token)
        else:
            if operand and token in ("+", "-", ","):
                close_sums()
            words.append(_PYTHON.get(token, token))
        operand = bool(closes or match["number"] or match["name"])
    close_sums()
    return words
