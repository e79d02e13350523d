"""The names that a program mentions, so that their columns can be read in one scan."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from wsl.syntax import ast


def mentioned(program: ast.Program) -> frozenset[str]:
    """Every name in a program, whatever it stands for."""
    found: set[str] = set()
    pending: list[object] = [program.statements]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending += node
        elif isinstance(node, ast.Name):
            found.add(node.name)
        elif is_dataclass(node) and isinstance(node, ast.Node):
            pending += [getattr(node, field.name) for field in fields(node)]
    return frozenset(found)
