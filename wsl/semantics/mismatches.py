"""What to do about operands of which one cannot be compared with the other."""

from __future__ import annotations

from wsl_grammar.terminals import written_name

from wsl.data import Kind, dates, epoch_unit
from wsl.semantics.checked import Type
from wsl.semantics.scope import TYPE_WORDS, Scope
from wsl.semantics.shown import bare
from wsl.semantics.times import looks_like_time
from wsl.syntax import ast


def kind_words(operand: ast.Expression, kind: Type) -> str:
    """What an operand is; a string that spells a time is called that, not a category."""
    return "a text that looks like a time" if _is_time(operand) else TYPE_WORDS[kind]


def quoted_column(operand: ast.Expression, scope: Scope) -> str | None:
    """The column that a string names, as SQL would have it, written as a program has to."""
    operand = bare(operand)
    if not isinstance(operand, ast.String) or not scope.is_variable(operand.value):
        return None
    return written_name(operand.value)


def advice(scope: Scope, name: str, literal: ast.Expression, kinds: set[Type], ordered: bool) -> str | None:
    """How to compare a variable with what is no value of its type, or how to have it as another type."""
    kind, written = scope.type(name), written_name(name)
    if kind is Type.CATEGORY:
        return f"write the category in quotes, or declare it in the braces of GRAPH, {written} : NUMBER"
    if kind is Type.TIME:
        return "write the time as a string in ISO 8601, for example '2024-03-01T10:05'"
    if kind is Type.TRUTH:
        return f"write {written}, NOT {written}, or {written} == true"
    if Type.TRUTH in kinds:
        declared = f"declare it in the braces of GRAPH, {written} : BOOLEAN"
        return f"write a number; if `{name}` is 0 and 1, {declared}"
    return _of_number(scope, name, literal, ordered) if Type.CATEGORY in kinds else None


def without_order(scope: Scope, name: str, other: ast.Expression) -> str:
    """How a category can be compared by its order: as a time, if it or the other operand looks like one."""
    written, column = written_name(name), scope.column(name)
    if column is not None and column.kind is Kind.CATEGORY and (form := dates(column.categories)) is not None:
        return f"its values look like dates, but {form.advice}"
    kind = "time" if _is_time(other) else "number"
    declared = f"declare it in the braces of GRAPH, {written} : {kind.upper()}"
    return f"use ==, <> or IN; to have `{name}` as a {kind} {declared}"


def _of_number(scope: Scope, name: str, literal: ast.Expression, ordered: bool) -> str:
    """How to have a number that is compared with a string as what the string is."""
    written = written_name(name)
    if _is_time(literal):
        column = scope.column(name)
        unit = epoch_unit(column) if column is not None else "s"
        if unit is not None:
            units = "with the unit in which its epochs are counted"
            return f"declare it {units}, in the braces of GRAPH: {written} : TIME [{unit}]"
        return f"write a number; the values of `{name}` are no counts of time since 1970"
    if ordered:
        return "write a number; of strings only times have an order, as '2024-03-01'"
    return f"declare it otherwise, if that is what it is, in the braces of GRAPH: {written} : CATEGORY"


def _is_time(operand: ast.Expression) -> bool:
    operand = bare(operand)
    return isinstance(operand, ast.String) and looks_like_time(operand.value)
