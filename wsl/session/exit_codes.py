"""Exit codes of findings (INTERFACES, command line)."""

from __future__ import annotations

from wsl.diagnostics import Diagnostic


def exit_code(errors: list[Diagnostic], *, while_running: bool = False) -> int:
    """2 for what cannot be opened or written, 1 for what a check reports, 3 for what only a run finds."""
    if any(_is_file_error(error.code) for error in errors):
        return 2
    if not errors:
        return 0
    found_by_running = all(error.code[4] == "R" for error in errors) or while_running
    return 3 if found_by_running and not any(error.code == "WSL-D101" for error in errors) else 1


def _is_file_error(code: str) -> bool:
    family, number = code[4], int(code[5:])
    return (family == "R" and number < 100) or (family == "G" and number >= 20)
