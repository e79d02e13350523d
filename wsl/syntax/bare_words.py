"""Categories written without quotes that read as arithmetic, as `us-west-2` does."""

from __future__ import annotations

from wsl.syntax import ast


def bare_word(expression: ast.Expression) -> str | None:
    """The word that an expression spells if it is names and numbers joined by `-` or `/` without spaces.

    Numbers are spelled in their shortest form: `fe-01` cannot be told from `fe-1`.
    """
    match expression:
        case ast.Name(name, quoted) if not quoted:
            return name
        case ast.Number(value, unit) if value.is_integer():
            return f"{int(value)}{unit or ''}"
        case ast.Binary("-" | "/" as operator, left, right) if _adjacent(expression):
            first, second = bare_word(left), bare_word(right)
            return f"{first}{operator}{second}" if first and second else None
    return None


def _adjacent(node: ast.Binary) -> bool:
    place = node.operator_span
    return place is not None and node.left.span.end == place.start and place.end == node.right.span.start
