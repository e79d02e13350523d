"""Plain tables: columns padded to their widest cell, figures aligned at the decimal point."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wsl.diagnostics.terminal import Painter, cells, pad

GAP = "   "
BELOW = " " * 7  # under the second of two columns, where the first is short

_FIGURE = re.compile(r"[+-]?[\d,]+")


@dataclass(frozen=True)
class Cell:
    """A cell and the style it is painted in."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its heading, its cells, and how they align: `left`, `right` or `point`.

    Cells that are `below` stand on a line of their own under their row, where long ones have room.
    """

    heading: str
    cells: Sequence[str | Cell]
    align: str = "left"


def grid(columns: Sequence[Column], paint: Painter, indent: str = "  ") -> list[str]:
    """The lines of a table; columns without any text are left out, and headings if none is given."""
    beside = [column for column in columns if column.align != "below"]
    below = [column.cells for column in columns if column.align == "below"]
    shown = [_laid_out(column) for column in beside if column.heading or any(map(_text, column.cells))]
    has_headings = any(heading for heading, _, _ in shown)
    lines = (
        [indent + GAP.join(_painted(Cell(heading, "dim"), paint) for heading, _, _ in shown)]
        if has_headings
        else []
    )
    for index, row in enumerate(zip(*(rows for _, rows, _ in shown), strict=True)):
        lines.append(indent + GAP.join(_painted(cell, paint) for cell in row))
        under = [texts[index] for texts in below if _text(texts[index])]
        lines += [indent + BELOW + paint("dim", _text(cell)) for cell in under]
    return [line.rstrip() for line in lines]


def fitted(columns: Sequence[Column], paint: Painter, width: int) -> list[str]:
    """The lines of a table in a narrow terminal: a record for each row where the columns do not fit."""
    lines = grid(columns, Painter(False))
    if max(map(cells, lines), default=0) <= width:
        return grid(columns, paint)
    margin = max(cells(column.heading) for column in columns)
    records: list[str] = []
    for row in range(len(columns[0].cells)):
        records += [""] if records else []
        for column in columns:
            cell = column.cells[row]
            if _text(cell):
                label = paint("dim", pad(column.heading, margin))
                records.append(
                    f"  {label}  {_painted(cell if isinstance(cell, Cell) else Cell(cell), paint)}"
                )
    return records


def _laid_out(column: Column) -> tuple[str, list[Cell], int]:
    texts = [_text(cell) for cell in column.cells]
    if column.align == "point":
        texts = at_the_point(texts)
    width = max([cells(column.heading), *map(cells, texts)])
    right = column.align != "left"
    styles = [cell.style if isinstance(cell, Cell) else "" for cell in column.cells]
    padded = [Cell(pad(text, width, right), style) for text, style in zip(texts, styles, strict=True)]
    return pad(column.heading, width, right), padded, width


def at_the_point(texts: Sequence[str]) -> list[str]:
    """Figures filled with spaces on the right, so that flush right aligns their decimal points."""
    tails = [cells(text) - _whole(text) if text else 0 for text in texts]
    longest = max(tails, default=0)
    return [text + " " * (longest - tail) if text else "" for text, tail in zip(texts, tails, strict=True)]


def _whole(text: str) -> int:
    found = _FIGURE.match(text)
    return found.end() if found else cells(text)


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def _painted(cell: Cell, paint: Painter) -> str:
    figure = cell.text.strip()
    if not cell.style or not figure:
        return cell.text
    before, after = cell.text.split(figure, 1)
    return before + paint(cell.style, figure) + after
