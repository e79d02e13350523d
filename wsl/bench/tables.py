"""Tables of benchmarks as Markdown that is also straight on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A titled table; the first column is text and flush left, the others are figures and flush right."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.heads, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [_line(cells, widths) for cells in (self.heads, rule, *self.rows)]
        return "\n".join([f"### {self.title}", "", *lines, *(["", self.note] if self.note else [])])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join([first, *others]) + " |"


def figure(value: float | None, digits: int = 2) -> str:
    """A number with so many decimals; what does not exist is left empty."""
    return "" if value is None else f"{value:,.{digits}f}"


def millions(value: float | None) -> str:
    """A rate in millions, to three significant digits."""
    if value is None:
        return ""
    digits = max(0, 2 - len(str(int(value / 1e6))) + (value < 1e6))
    return f"{value / 1e6:,.{digits}f} M"


def percent(value: float | None, digits: int = 2) -> str:
    """A share as percent."""
    return "" if value is None else f"{100 * value:.{digits}f} %"
