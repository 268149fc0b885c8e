"""Formulas typeset as MathML, which browsers draw themselves: no script, no font to fetch."""

from __future__ import annotations

import ast
import re
import unicodedata
from html import escape

from derived.formulas import Definition, Formulas

_GREEK = {
    name: unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}")
    for name in ("alpha", "beta", "delta", "pi", "sigma", "tau")
}
_SIGNS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "\N{MINUS SIGN}",
    ast.Lt: "&lt;",
    ast.LtE: "≤",
    ast.Gt: "&gt;",
    ast.GtE: "≥",
    ast.Eq: "=",
    ast.NotEq: "≠",
}
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_MINUS = '<mo form="prefix">\N{MINUS SIGN}</mo>'
_THIN = '<mspace width="0.2em"></mspace>'


def typeset(formulas: Formulas) -> str:
    """All definitions, one below the other."""
    rows = "".join(
        f"<mtr><mtd>{_head(d)}</mtd><mtd><mo>=</mo></mtd><mtd>{_pieces(d)}</mtd></mtr>"
        for d in formulas.definitions.values()
    )
    table = f'<mtable class="definitions" displaystyle="true">{rows}</mtable>'
    return f'<math display="block">{table}</math>'


def _head(definition: Definition) -> str:
    arguments = "<mo>,</mo>".join(_name(a) for a in definition.arguments or ())
    return _name(definition.name) + (f"<mo>(</mo>{arguments}<mo>)</mo>" if arguments else "")


def _pieces(definition: Definition) -> str:
    if len(definition.pieces) == 1 and definition.pieces[0].condition is None:
        return _show(definition.pieces[0].value)
    rows = []
    for piece in definition.pieces:
        where = "<mtext>otherwise</mtext>"
        if piece.condition is not None:
            where = f"<mtext>for&nbsp;</mtext>{_show(piece.condition)}"
        rows.append(f"<mtr><mtd>{_show(piece.value)}</mtd><mtd>{where}</mtd></mtr>")
    table = f'<mtable class="pieces" displaystyle="true">{"".join(rows)}</mtable>'
    return f'<mrow><mo stretchy="true" symmetric="true">{{</mo>{table}</mrow>'


def _name(name: str) -> str:
    """A name: Greek if it is a Greek letter's, with what follows `_` or a digit as its index."""
    match = re.fullmatch(r"([A-Za-z]+?)(?:_(\w+)|(\d+))", name)
    if match:
        index = match[2] or match[3]
        return f"<msub>{_name(match[1])}<mrow>{_name(index)}</mrow></msub>"
    if name.isdigit():
        return f"<mn>{name}</mn>"
    return f"<mi>{_GREEK.get(name, escape(name))}</mi>"


def _level(node: ast.expr) -> int:
    """How tightly an expression holds together."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()) | ast.Compare():
            return _SUM
        case ast.BinOp(op=ast.Mult()):
            return _PRODUCT
        case ast.UnaryOp():
            return _SIGN
        case ast.BinOp(op=ast.Pow()):
            return _POWER
        case ast.Call(func=ast.Name(id="sum_over")):
            return _PRODUCT
    return _ATOM


def _show(node: ast.expr, least: int = _SUM) -> str:
    """An expression, in parentheses if it holds together less than is asked for."""
    shown = _bare(node)
    if _level(node) < least:
        return f"<mrow><mo>(</mo>{shown}<mo>)</mo></mrow>"
    return shown


def _bare(node: ast.expr) -> str:
    match node:
        case ast.Constant():
            return f"<mn>{node.value}</mn>" if node.value is not None else "<mtext>None</mtext>"
        case ast.Name():
            return _name(node.id)
        case ast.UnaryOp():
            return f"<mrow>{_MINUS}{_show(node.operand, _PRODUCT)}</mrow>"
        case ast.Compare():
            rest = zip(node.ops, node.comparators, strict=True)
            signs = (f"<mo>{_SIGNS[type(sign)]}</mo>{_linear(n)}" for sign, n in rest)
            return _linear(node.left) + "".join(signs)
        case ast.BinOp(op=ast.Pow()):
            base = _show(node.left, _ATOM)
            if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Div):
                base = f"<mrow><mo>(</mo>{_linear(node.left)}<mo>)</mo></mrow>"
            return f"<msup>{base}<mrow>{_linear(node.right)}</mrow></msup>"
        case ast.BinOp(op=ast.Div()):
            above, below = _linear(node.left), _linear(node.right)
            return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"
        case ast.BinOp(op=ast.Mult()):
            space = _THIN if _wide(node.left) or _wide(node.right) else ""
            ends = isinstance(node.right, ast.Call)  # a sum goes on to the end of the product
            right = _show(node.right, _SUM if ends else _POWER)
            return f"<mrow>{_show(node.left, _PRODUCT)}<mo>&#8290;</mo>{space}{right}</mrow>"
        case ast.BinOp():
            right = _PRODUCT if isinstance(node.op, ast.Sub) else _SUM
            sign = f"<mo>{_SIGNS[type(node.op)]}</mo>"
            return f"<mrow>{_show(node.left)}{sign}{_show(node.right, right)}</mrow>"
        case ast.Call(func=ast.Name(id="sum_over"), args=[first, last, ast.Lambda() as term]):
            below = f"<mrow>{_name(term.args.args[0].arg)}<mo>=</mo>{_show(first)}</mrow>"
            above = f"<mrow>{_show(last)}</mrow>"
            return f"<munderover><mo>∑</mo>{below}{above}</munderover>{_show(term.body, _PRODUCT)}"
        case ast.Call(func=ast.Name(id="abs"), args=[inner]):
            return f"<mrow><mo>|</mo>{_show(inner)}<mo>|</mo></mrow>"
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
            return f"<msqrt>{_show(inner)}</msqrt>"
        case ast.Call(func=ast.Name(id=name)):
            arguments = "<mo>,</mo>".join(_linear(argument) for argument in node.args)
            return f"<mrow>{_name(name)}<mo>&#8289;</mo><mo>(</mo>{arguments}<mo>)</mo></mrow>"
    raise TypeError(f"no formula has a {type(node).__name__}")


def _linear(node: ast.expr) -> str:
    """An expression that is small, or stands in something small: a fraction in one line."""
    match node:
        case ast.UnaryOp():
            return f"{_MINUS}{_linear(node.operand)}"
        case ast.BinOp(op=ast.Div(), right=ast.Name() | ast.Constant()):
            return f"{_show(node.left, _PRODUCT)}<mo>/</mo>{_show(node.right)}"
    return _show(node)


def _wide(node: ast.expr) -> bool:
    """Whether a factor is a word or a function, which a product sets apart."""
    match node:
        case ast.Name():
            return len(_GREEK.get(node.id, node.id.partition("_")[0])) > 1
        case ast.BinOp(op=ast.Mult()):
            return _wide(node.right)
        case ast.BinOp(op=ast.Pow()):
            return _wide(node.left)
        case ast.Call():
            return True
    return False
