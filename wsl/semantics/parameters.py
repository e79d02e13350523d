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
    | {"unsupported", "arguments", "expression", "assignments", "options"}
    | {"at", "against", "methods", "top"}
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
            if isinstance(node, ast.Distribution):
                new = _drawn(node, parameters)
            else:
                new = _replaced(old, parameters)
            if new is not old:
                changes[field.name] = new
    return replace(node, **changes) if changes else node


def _replaced(value: Any, parameters: Mapping[str, ParameterValue]) -> Any:
    if isinstance(value, ast.Name):
        if value.quoted or value.name not in parameters:
            return value
        return replace(parameters[value.name], span=value.span)
    if isinstance(value, ast.Binary):
        return _chain(value, parameters)
    if isinstance(value, tuple):
        new = tuple(_replaced(item, parameters) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    return with_parameters(value, parameters) if isinstance(value, ast.Node) else value


def _drawn(node: ast.Distribution, parameters: Mapping[str, ParameterValue]) -> Any:
    """The arguments of a distribution; labels are values in CATEGORICAL, else names of its parameters."""
    labels = node.name == "CATEGORICAL"
    return tuple(
        (_label(label, parameters) if labels else label, _replaced(value, parameters))
        for label, value in node.arguments
    )


def _chain(node: ast.Binary, parameters: Mapping[str, ParameterValue]) -> ast.Expression:
    """A chain of operators, however long, from its first operand to its last."""
    spine = [node]
    while isinstance(spine[-1].left, ast.Binary):
        spine.append(spine[-1].left)
    left: ast.Expression = _replaced(spine[-1].left, parameters)
    for binary in reversed(spine):
        right = _replaced(binary.right, parameters)
        same = left is binary.left and right is binary.right
        left = binary if same else replace(binary, left=left, right=right)
    return left


def _label(
    label: ast.Name | ast.String | None, parameters: Mapping[str, ParameterValue]
) -> ast.Name | ast.String | None:
    value = _replaced(label, parameters)
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
