"""The lines of a program that a finding speaks of, with the place marked."""

from __future__ import annotations

from wsl.diagnostics.diagnostic import Fix
from wsl.diagnostics.span import Span, Text
from wsl.diagnostics.terminal import TAB, Painter, cells, visible

_SHOWN = 6  # longer ranges lose their middle


class SourceLine:
    """A line as it is shown: tabs expanded, invisible characters written out, and where each column lies."""

    def __init__(self, text: Text, number: int) -> None:
        lines = text.lines
        source = lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""
        pieces, self._starts, at = [], [0], 0
        for character in source:
            piece = " " * (TAB - at % TAB) if character == "\t" else visible(character)
            pieces.append(piece)
            at += cells(piece)
            self._starts.append(at)
        self.shown = "".join(pieces)
        self.blank_before = len(source) - len(source.lstrip()) + 1
        self.last_column = len(source) + 1

    def cell(self, column: int) -> int:
        """The cell, from 0, where a column (from 1) begins; columns past the end count as one cell each."""
        last = len(self._starts) - 1
        return self._starts[min(column - 1, last)] + max(0, column - 1 - last)


def snippet(text: Text, span: Span, style: str, paint: Painter, width: int) -> list[str]:
    """The lines of a span behind a gutter of line numbers, its first to last character marked."""
    span = _without_final_newline(text, span)
    gutter = _Gutter(len(str(span.end_line)), paint, width)
    if span.line == span.end_line:
        line = SourceLine(text, span.line)
        start, end = _marked_cells(line, span.column, span.end_column)
        return [gutter.empty(), *gutter.marked(span.line, line.shown, start, end, "^", style)]
    return [gutter.empty(), *_several_lines(text, span, style, gutter)]


def corrected(text: Text, fix: Fix, margin: int, paint: Painter, width: int) -> list[str]:
    """The lines of a fix as they would read, what is new underlined."""
    before = text.content[text.line_starts[fix.span.line - 1] : fix.span.start]
    after = text.content[fix.span.end :].split("\n", 1)[0]
    new = Text(before + fix.text + after)
    gutter = _Gutter(margin, paint, width)
    lines = [SourceLine(new, number + 1) for number in range(len(new.lines))]
    if len(lines) > 1 or not fix.text.strip():
        shown = lines[:_SHOWN]
        rows = [gutter.line(fix.span.line + index, line.shown) for index, line in enumerate(shown)]
        return [gutter.empty(), *rows, *([gutter.elision()] if len(lines) > _SHOWN else [])]
    start, end = _marked_cells(lines[0], len(before) + 1, len(before) + len(fix.text) + 1)
    return [gutter.empty(), *gutter.marked(fix.span.line, lines[0].shown, start, end, "~", "green")]


class _Gutter:
    """Line numbers, a bar, and the text beside it, cut at a width so that the marked place stays in sight."""

    def __init__(self, margin: int, paint: Painter, width: int) -> None:
        self.margin, self.paint = margin, paint
        self.room = max(20, width - margin - 3)

    def empty(self) -> str:
        return self.line(None, "")

    def elision(self) -> str:
        return self.paint("blue", "...")

    def line(self, number: int | None, shown: str, bar: str = "") -> str:
        label = str(number) if number is not None else ""
        text = _window(shown, 0, self.room - 2 * bool(bar))
        return (self.paint("blue", f"{label:>{self.margin}} |") + f" {bar}{text}").rstrip()

    def marked(self, number: int, shown: str, start: int, end: int, mark: str, style: str) -> list[str]:
        """A line and, below it, marks under the cells from start to end."""
        first = 0
        if max(cells(shown), end) > self.room:
            first = max(0, min(start - self.room // 3, max(cells(shown), end) - self.room))
        end = max(start + 1, min(end, first + self.room))
        marks = " " * (start - first) + self.paint(style, mark * (end - start))
        return [self.line(number, _window(shown, first, self.room)), self.line(None, "", marks)]


def _several_lines(text: Text, span: Span, style: str, gutter: _Gutter) -> list[str]:
    first, last = SourceLine(text, span.line), SourceLine(text, span.end_line)
    bar = gutter.paint(style, "|") + " "
    if span.column <= first.blank_before:
        rows = [gutter.line(span.line, first.shown, gutter.paint(style, "/") + " ")]
    else:
        reach = "_" * (first.cell(span.column) + 1) + "^"
        rows = [
            gutter.line(span.line, first.shown, "  "),
            gutter.line(None, "", " " + gutter.paint(style, reach)),
        ]
    below = list(range(span.line + 1, span.end_line + 1))
    hidden = range(_SHOWN // 2, len(below) - 2) if len(below) > _SHOWN else range(0)
    for index, number in enumerate(below):
        if index not in hidden:
            rows.append(gutter.line(number, SourceLine(text, number).shown, bar))
        elif index == hidden.start:
            rows.append(gutter.elision())
    reach = "_" * (_marked_cells(last, span.end_column - 1, span.end_column)[0] + 1)
    return [*rows, gutter.line(None, "", gutter.paint(style, f"|{reach}^"))]


def _marked_cells(line: SourceLine, column: int, end_column: int) -> tuple[int, int]:
    """The cells to mark: at least one, and the base character of a mark that stands alone."""
    start, end = line.cell(column), line.cell(max(column, end_column))
    end = max(start, min(end, line.cell(line.last_column)))
    if start == end:
        combining = column < end_column and start > 0
        return (start - 1, start) if combining else (start, start + 1)
    return start, end


def _without_final_newline(text: Text, span: Span) -> Span:
    """A span that ends in front of a line's first character ends with the line above."""
    if span.end_column > 1 or span.end_line == span.line:
        return span
    line = span.end_line - 1
    column = SourceLine(text, line).last_column
    if line == span.line:
        column = max(column, span.column)
    return Span(span.start, span.end, span.line, span.column, line, column)


def _window(shown: str, first: int, room: int) -> str:
    """The cells of a line from `first`, at most `room` of them; what is cut is marked with ellipses."""
    if first == 0 and cells(shown) <= room:
        return shown
    kept, at = [], 0
    for character in shown:
        wide = cells(character)
        if at >= first and at + wide <= first + room:
            kept.append(character)
        at += wide
    if first and kept:
        kept[0] = "…" + " " * (cells(kept[0]) - 1)
    if at > first + room and kept:
        kept[-1] = "…"
    return "".join(kept)
