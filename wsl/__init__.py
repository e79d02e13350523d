"""WSL, the WISE Scenario Language: causal what-if questions of the telemetry one already has."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wsl.version import __version__

if TYPE_CHECKING:
    from wsl.diagnostics import Diagnostic, WslError
    from wsl.session import Session
    from wsl.session.execution import Result
    from wsl.syntax import format_program as format  # the name of the public interface
    from wsl.syntax.program import parse_program as parse

__all__ = ["Diagnostic", "Result", "Session", "WslError", "__version__", "format", "parse"]

_HOMES = {
    "Diagnostic": ("wsl.diagnostics", "Diagnostic"),
    "Result": ("wsl.session.execution", "Result"),
    "Session": ("wsl.session", "Session"),
    "WslError": ("wsl.diagnostics", "WslError"),
    "format": ("wsl.syntax", "format_program"),
    "parse": ("wsl.syntax.program", "parse_program"),
}


def __getattr__(name: str) -> Any:
    """Public names are imported on first use, so that `wslang --help` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'wsl' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
