"""Programs as text and as syntax trees."""

from wsl.diagnostics import Text
from wsl.syntax.parser import Parsed, parse

__all__ = ["Parsed", "Text", "parse"]
