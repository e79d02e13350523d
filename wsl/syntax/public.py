"""The parser as embedding programs see it."""

from __future__ import annotations

from wsl.diagnostics import Text, WslError
from wsl.syntax import ast
from wsl.syntax.parser import parse as parse_text


def parse(content: str) -> ast.Program:
    """The syntax tree of a program; raises WslError with every finding if one is an error."""
    parsed = parse_text(Text(content))
    if any(finding.is_error for finding in parsed.diagnostics):
        raise WslError(parsed.diagnostics)
    return parsed.program
