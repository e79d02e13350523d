"""Operands as a message names them, and without the brackets around them."""

from __future__ import annotations

from wsl.syntax import ast


def quoted(text: str | None) -> str:
    """A label as a string literal."""
    return "'" + (text or "").replace("'", "''") + "'"


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
            return f"BASELINE({name})"
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
