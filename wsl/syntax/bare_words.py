"""Words written without quotes that read as arithmetic, as `us-west-2` does."""

from __future__ import annotations

from wsl.syntax import ast


def bare_word(expression: ast.Expression) -> str | None:
    """The word that an expression spells if it is names and numbers joined by `-` or `/` without spaces."""
    match expression:
        case ast.Name(name, quoted) if not quoted:
            return name
        case ast.Number(written=written):
            return written or None
        case ast.Binary("-" | "/" as operator, left, right) if _adjacent(expression):
            first, second = bare_word(left), bare_word(right)
            return f"{first}{operator}{second}" if first and second else None
    return None


def names_in(word: ast.Expression) -> tuple[str, ...]:
    """The names in what spells a word."""
    match word:
        case ast.Name(name):
            return (name,)
        case ast.Binary(_, left, right):
            return names_in(left) + names_in(right)
    return ()


def _adjacent(node: ast.Binary) -> bool:
    place = node.operator_span
    return place is not None and node.left.span.end == place.start and place.end == node.right.span.start
