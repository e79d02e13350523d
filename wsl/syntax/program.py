"""The public form of parsing: a syntax tree, or everything that is wrong with the text."""

from __future__ import annotations

from wsl.diagnostics import Text, WslError
from wsl.syntax import ast
from wsl.syntax.parser import parse


def parse_program(text: str) -> ast.Program:
    """The syntax tree of a program; raises WslError with every finding if a statement does not parse."""
    parsed = parse(Text(text, "<program>"))
    if any(finding.is_error for finding in parsed.diagnostics):
        raise WslError(parsed.diagnostics)
    return parsed.program
