"""PARAM: its values put where its name stands, before anything else looks at a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from wsl.semantics.scope import ParameterValue
from wsl.syntax import ast

S = TypeVar("S", bound=ast.Node)

_VALUES = frozenset(
    {"left", "right", "operand", "items", "low", "high", "inner", "value", "where", "condition", "sample"}
    | {"arguments", "expression", "assignments", "options"}
)
"""Fields that hold values, or what holds values; a name in any other field is the name of something."""


def with_parameters(node: S, parameters: Mapping[str, ParameterValue]) -> S:
    """The node with each parameter's value in its place; the node itself where there is none."""
    if not parameters:
        return node
    changes = {}
    for field in fields(node):
        if field.name in _VALUES:
            old = getattr(node, field.name)
            new = _replaced(old, parameters, labels=getattr(node, "name", "") == "CATEGORICAL")
            if new is not old:
                changes[field.name] = new
    return replace(node, **changes) if changes else node


def _replaced(value: Any, parameters: Mapping[str, ParameterValue], *, labels: bool) -> Any:
    if isinstance(value, ast.Name):
        if value.quoted or value.name not in parameters:
            return value
        return replace(parameters[value.name], span=value.span)
    if isinstance(value, ast.Binary):
        return _chain(value, parameters)
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[1], ast.Node) and isinstance(value[0], ast.Name | None):
            label = _label(value[0], parameters) if labels else value[0]
            new = (label, _replaced(value[1], parameters, labels=False))
        else:
            new = tuple(_replaced(item, parameters, labels=labels) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    return with_parameters(value, parameters) if isinstance(value, ast.Node) else value


def _chain(node: ast.Binary, parameters: Mapping[str, ParameterValue]) -> ast.Expression:
    """A chain of operators, however long, from its first operand to its last."""
    spine = [node]
    while isinstance(spine[-1].left, ast.Binary):
        spine.append(spine[-1].left)
    left: ast.Expression = _replaced(spine[-1].left, parameters, labels=False)
    for binary in reversed(spine):
        right = _replaced(binary.right, parameters, labels=False)
        same = left is binary.left and right is binary.right
        left = binary if same else replace(binary, left=left, right=right)
    return left


def _label(label: ast.Name | None, parameters: Mapping[str, ParameterValue]) -> ast.Name | ast.String | None:
    value = _replaced(label, parameters, labels=False)
    return ast.String(number_text(value), span=value.span) if isinstance(value, ast.Number) else value


def number_text(number: ast.Number) -> str:
    """A number as it is written, unit and all."""
    value = int(number.value) if number.value.is_integer() else number.value
    return f"{value}{number.unit or ''}"


def fitting(declared: ParameterValue, given: ParameterValue) -> ParameterValue | None:
    """A value given from outside as the program's own default would be read, or None if it cannot be."""
    if isinstance(declared, ast.Number):
        return given if isinstance(given, ast.Number) else None
    if isinstance(given, ast.Number):
        return ast.String(number_text(given), span=given.span)
    return given
