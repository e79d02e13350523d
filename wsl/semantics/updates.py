"""INTERVENE and ASSUME: what is set, to what, on which rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wsl_grammar.terminals import written_name

from wsl.data import Kind
from wsl.data.values import as_truths
from wsl.diagnostics import Diagnostic, WslError, report
from wsl.semantics.checked import (
    Arithmetic,
    Assignment,
    Categorical,
    Distribution,
    Expression,
    FileValues,
    Read,
    Type,
    Update,
)
from wsl.semantics.distributions import check_distribution, no_number
from wsl.semantics.environment import Files
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.scope import KIND_WORDS, TYPE_WORDS, Scope
from wsl.semantics.shown import show
from wsl.semantics.times import looks_like_time
from wsl.syntax import ast

Emit = Callable[[Diagnostic], None]


def check_update(
    statement: ast.Update, scope: Scope, files: Files, knobs: dict[str, Any], text: str, emit: Emit
) -> Update | None:
    """The update with every name and type settled, or None where something in it was reported."""
    expressions = ExpressionChecker(scope, emit)
    where = expressions.condition(statement.where)
    whole = where is not None or statement.where is None
    _bandwidth(statement, scope, emit)
    assignments = []
    seen: set[str] = set()
    for item in statement.assignments:
        if item.variable.name in seen:
            emit(report("WSL-C011", item.variable.span, variable=item.variable.name))
        seen.add(item.variable.name)
        assignments.append(_assignment(item, scope, files, knobs, emit))
    done = tuple(item for item in assignments if item is not None)
    if not whole or len(done) < len(assignments) or len(seen) < len(assignments):
        return None
    return Update(
        statement.keyword == "INTERVENE",
        done,
        where,
        statement.where.span if statement.where else None,
        statement.span,
        text,
    )


def _bandwidth(statement: ast.Update, scope: Scope, emit: Emit) -> None:
    """Report a bandwidth where nothing is drawn near a value."""
    option = next((option for option in statement.options if option.key.lower() == "bandwidth"), None)
    if option is None or any(item.radial for item in statement.assignments):
        return
    numbers = scope.names_of(Type.NUMBER)
    names = (item.variable.name for item in statement.assignments if item.operator == "=")
    name = next((name for name in names if name in numbers), None)
    advice = (
        f"write SET RADIAL {written_name(name)} to draw from values near, or drop it" if name else "drop it"
    )
    emit(report("WSL-N014", option.span, option=option.key, advice=advice))


def _assignment(
    item: ast.Assignment, scope: Scope, files: Files, knobs: dict[str, Any], emit: Emit
) -> Assignment | None:
    name = item.variable.name
    expressions = ExpressionChecker(scope, emit, allow_unseen=True)
    if not scope.is_variable(name) and expressions.unknown_variable(item.variable):
        return None
    value: Expression | Distribution | Categorical | FileValues | None
    if isinstance(item.value, ast.Distribution):
        value = check_distribution(item.value, name, expressions, emit)
    elif isinstance(item.value, ast.FileValues):
        value = _file_values(item.value, name, scope, files, emit)
    else:
        value = _expression(item, item.value, scope, expressions, emit)
    if value is None:
        return None
    kind = scope.type(name)
    if item.radial and kind not in (None, Type.NUMBER):
        emit(no_number("RADIAL", item.variable.span, name, scope))
        return None
    bandwidth = knobs.get("bandwidth") if item.radial else None
    return Assignment(name, value, item.fixed, item.radial, item.span, bandwidth)


def _file_values(
    node: ast.FileValues, name: str, scope: Scope, files: Files, emit: Emit
) -> FileValues | None:
    try:
        values = files.values(node.path.value, node.path.span)
    except WslError as error:
        for finding in error.diagnostics:
            emit(finding)
        return None
    wanted, found = scope.kind(name), values.values.kind
    if wanted in (None, found):
        return values
    if wanted is Kind.BOOLEAN and (truths := as_truths(values.values)) is not None:
        return FileValues(truths, values.weights)
    emit(
        report(
            "WSL-T019",
            node.span,
            variable=name,
            kind=KIND_WORDS[wanted],
            what="what the file holds",
            value_kind=KIND_WORDS[found],
            advice="name a file with values of that kind, one a line",
        )
    )
    return None


def _expression(
    item: ast.Assignment, value: ast.Expression, scope: Scope, expressions: ExpressionChecker, emit: Emit
) -> Expression | None:
    name, operator = item.variable.name, item.operator
    kind = scope.type(name)
    if operator == "=":
        node = expressions.assigned(value, name)
        return _fitting(node, kind, name, value, emit) if node is not None else None
    if kind not in (None, Type.NUMBER):
        emit(
            report(
                "WSL-T001",
                item.span,
                operation=f"`{operator}`",
                what=f"`{name}`",
                kind=TYPE_WORDS[kind],
                advice=f"set it with =, as in {written_name(name)} = ..",
            )
        )
        return None
    typed = expressions.number(value, f"`{operator}`")
    if typed is None:
        return None
    current = Read(name, Type.NUMBER, span=item.variable.span)
    if operator in ("+=", "-="):
        amount = expressions.converted(typed, scope.unit(name), name, value)
        return Arithmetic(operator[0], current, amount.node) if amount is not None else None
    if typed.unit is not None:
        emit(
            report("WSL-T021", value.span, operator=operator, example=f"{written_name(name)} {operator} 1.5")
        )
        return None
    return Arithmetic(operator[0], current, typed.node)


def _fitting(
    node: Expression, kind: Type | None, name: str, written: ast.Expression, emit: Emit
) -> Expression | None:
    """The new value, if it is of the variable's type."""
    if kind is None or node.type is kind:
        return node
    is_time = isinstance(written, ast.String) and looks_like_time(written.value)
    meant, declared = ("a time", "TIME [s]") if is_time else ("a category", "CATEGORY")
    if node.type is Type.TRUTH:
        meant, declared = "a truth value", "BOOLEAN"
    there = f"in the braces of GRAPH, {written_name(name)} :"
    advice = {
        Type.NUMBER: f"write a number; if `{name}` is {meant}, declare it {there} {declared}",
        Type.CATEGORY: f"write a category in quotes; a number is declared {there} NUMBER",
        Type.TIME: "write a time as a string in ISO 8601, for example '2024-03-01T10:05'",
        Type.TRUTH: "write {0} = true or {0} = false".format(written_name(name)),
    }[kind]
    emit(
        report(
            "WSL-T019",
            written.span,
            variable=name,
            kind=TYPE_WORDS[kind],
            what=show(written),
            value_kind=TYPE_WORDS[node.type],
            advice=advice,
        )
    )
    return None
