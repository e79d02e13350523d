"""Operands as a message names them, and without the brackets around them."""

from __future__ import annotations

from typing import Any

from wsl_grammar.terminals import written_name, written_string

from wsl.semantics.quantities import Quantity
from wsl.semantics.units import UNITS
from wsl.syntax import ast
from wsl.syntax.writer import format_expression


def quoted(text: str | None) -> str:
    """A label as a string literal."""
    return written_string(text or "")


def show(node: ast.Expression) -> str:
    """A short description of an operand for a message."""
    node = bare(node)
    match node:
        case ast.Name(name):
            return f"`{name}`"
        case ast.Number(value, unit):
            return f"{value:g}{unit or ''}"
        case ast.String(value):
            return quoted(value)
        case ast.Call("BASELINE", (ast.Name(name),)):
            return f"BASELINE({written_name(name)})"
        case ast.Call(function):
            return f"{function}(..)"
        case ast.Star():
            return "`*`"
    return "this expression"


def bare(node: ast.Expression) -> ast.Expression:
    """The node without the brackets around it."""
    while isinstance(node, ast.Parenthesised):
        node = node.inner
    return node


def flattened(node: ast.Expression, operator: str) -> list[ast.Expression]:
    """The operands of a chain of one operator, however long, from left to right."""
    parts: list[ast.Expression] = []
    pending = [node]
    while pending:
        current = bare(pending.pop())
        if isinstance(current, ast.Binary) and current.operator == operator:
            pending += [current.right, current.left]
        else:
            parts.append(current)
    return parts


def advice_on_units(operation: str, *operands: tuple[ast.Expression, Quantity[Any]]) -> str:
    """What to write in place of operands whose units do not go together in an operation."""
    (first, _), (second, share) = operands[0], operands[-1]
    if operation in ("sum", "difference") and share.percent:
        return f"a share of it is a product: {_factor(first)} * {_factor(second)}"
    # A bare number is the least change where one is written; what else has a unit of the language is divided.
    for node, typed in operands:
        if typed.literal is not None:
            return f"a bare number goes with any unit: write {typed.literal:g} in place of {show(node)}"
    for node, typed in reversed(operands):
        if typed.unit in UNITS and typed.unit != "%":
            text = _factor(node)
            return f"a bare number goes with any unit: write ({text} / 1{typed.unit}) in place of {text}"
    return "a bare number goes with any unit: declare one of them without its unit"


def _factor(node: ast.Expression) -> str:
    node = bare(node)
    text = format_expression(node)
    return f"({text})" if isinstance(node, ast.Binary | ast.Unary) else text
