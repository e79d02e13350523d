"""Programs as text and as syntax trees."""

from wsl.diagnostics import Text
from wsl.syntax.complete import is_complete
from wsl.syntax.formatter import format_expression, format_program, format_statement
from wsl.syntax.highlight import ClassifiedToken, TokenClass, tokens
from wsl.syntax.parser import Parsed, parse

__all__ = [
    "ClassifiedToken",
    "Parsed",
    "Text",
    "TokenClass",
    "format_expression",
    "format_program",
    "format_statement",
    "is_complete",
    "parse",
    "tokens",
]
