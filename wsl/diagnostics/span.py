"""Places in a program text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of a text: character offsets, and lines and columns that count from 1."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of another."""
        return Span(self.start, other.end, self.line, self.column, other.end_line, other.end_column)


@dataclass(frozen=True)
class Text:
    """A program text with its name; it turns offsets into places."""

    content: str
    name: str = "<input>"

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        for index, character in enumerate(self.content):
            if character == "\n":
                starts.append(index + 1)
        return starts

    @property
    def lines(self) -> list[str]:
        return self.content.split("\n")

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(start, end, *self.position(start), *self.position(end))
