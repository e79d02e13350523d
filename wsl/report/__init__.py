"""Results as text, JSON, tables, pictures and HTML; each writer is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsl.report.html import to_html
    from wsl.report.json import to_json
    from wsl.report.plot import draw_plot, save_plot
    from wsl.report.table import to_csv
    from wsl.report.text import to_text

_MODULES = {
    "draw_plot": "wsl.report.plot",
    "save_plot": "wsl.report.plot",
    "to_csv": "wsl.report.table",
    "to_html": "wsl.report.html",
    "to_json": "wsl.report.json",
    "to_text": "wsl.report.text",
}

__all__ = ["draw_plot", "save_plot", "to_csv", "to_html", "to_json", "to_text"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
