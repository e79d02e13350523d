"""The form of an entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from wsl.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of finding: templates whose `{fields}` the reporter fills.

    A note, or the help, that names a field which was not given (or is empty) is left out.
    """

    code: str
    message: str
    help: str = ""
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


def warning(code: str, message: str, help: str = "", notes: tuple[str, ...] = ()) -> Entry:
    """An entry whose finding does not stop a program."""
    return Entry(code, message, help, notes, Severity.WARNING)
