"""Findings: places, messages, and how they are shown."""

from wsl.diagnostics.catalogue import CATALOGUE, report
from wsl.diagnostics.catalogue.entry import Entry
from wsl.diagnostics.diagnostic import Diagnostic, Fix, Severity, WslError, in_reading_order
from wsl.diagnostics.span import Span, Text
from wsl.diagnostics.suggest import closest

__all__ = [
    "CATALOGUE",
    "Diagnostic",
    "Entry",
    "Fix",
    "Severity",
    "Span",
    "Text",
    "WslError",
    "closest",
    "in_reading_order",
    "report",
]
