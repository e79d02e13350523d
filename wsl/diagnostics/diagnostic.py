"""What the language has to say about a program, as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from wsl.diagnostics.span import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement of the text at a span that would mend the fault."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a code of the catalogue, its message, its place, and what to do about it."""

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()
    file: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def at(self, span: Span | None) -> Diagnostic:
        """The same finding, placed where the caller knows it belongs."""
        return replace(self, span=span)

    def to_json(self) -> dict[str, Any]:
        place = self.span
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "file": self.file,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "end_line": place.end_line if place else None,
            "end_column": place.end_column if place else None,
            "notes": list(self.notes),
            "help": self.help,
            "fixes": [
                {
                    "start": [fix.span.line, fix.span.column],
                    "end": [fix.span.end_line, fix.span.end_column],
                    "text": fix.text,
                }
                for fix in self.fixes
            ],
        }


class WslError(Exception):
    """Raised with everything that is wrong; the message names the first finding and counts the others."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        errors = [finding for finding in self.diagnostics if finding.is_error] or list(self.diagnostics)
        super().__init__(_summary(errors) if errors else "no diagnostics")


def _summary(findings: Sequence[Diagnostic]) -> str:
    first, more = findings[0], len(findings) - 1
    place = f" (line {first.span.line}, column {first.span.column})" if first.span else ""
    return f"{first.code}: {first.message}{place}" + (f", and {more} more" if more else "")


def in_reading_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings without repetition, sorted by place; those without a place come first."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.span.start if d.span else -1, not d.is_error, d.code))
