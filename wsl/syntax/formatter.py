"""Programs in canonical form: order of clauses, spelling, line breaks; comments keep their places."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from wsl_grammar.keywords import CLAUSES, WORDS

from wsl.diagnostics import Text
from wsl.syntax import ast
from wsl.syntax.grammar import attempt
from wsl.syntax.parser import parse
from wsl.syntax.scanner import Token
from wsl.syntax.splitter import Piece, split
from wsl.syntax.writer import Part, Writer, format_expression

__all__ = ["format_expression", "format_program", "format_statement"]

WIDTH = 100
_CLAUSE_INDENT = "    "
_ITEM_INDENT = "  "
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")


def format_program(content: str) -> str:
    """A program in canonical form; statements with errors are left as they are."""
    return _Program(content).formatted()


def format_statement(statement: ast.Statement) -> str:
    """A statement in canonical form, without comments."""
    return "\n".join(_lines(statement, _reserved(statement)).lines)


@dataclass(slots=True)
class _Slot:
    """Lines that stay together, the offsets they come from, and the comments that go with them."""

    lines: list[str]
    start: int
    end: int
    indent: str = ""
    above: list[str] = field(default_factory=list)
    trailing: str = ""
    spaced: bool = False  # a blank line stands before it

    def written(self) -> list[str]:
        last = f"{self.lines[-1]}  {self.trailing}" if self.trailing else self.lines[-1]
        above = [self.indent + comment for comment in self.above]
        return [""] * self.spaced + above + self.lines[:-1] + [last]


@dataclass(frozen=True, slots=True)
class _Written:
    """The lines of a statement, and the comments that can only stand above it."""

    above: list[str]
    lines: list[str]


def _lines(
    statement: ast.Statement,
    reserved: set[str],
    content: str = "",
    tokens: Sequence[Token] = (),
    comments: Sequence[Token] = (),
) -> _Written:
    parts = Writer(reserved).parts(statement)
    line = " ".join(part.text for part in parts)
    if isinstance(statement, ast.Graph) and statement.has_block:
        items = [Writer(reserved).item(item) for item in statement.items]
        slots = _graph_slots(statement, parts, items)
        line = " ".join([slots[0].lines[0], *items, slots[-1].lines[0]])
        breaks = len(items) > 1
    else:
        slots = [
            _Slot(_wrapped(part, _CLAUSE_INDENT if number else ""), part.start, part.end, _CLAUSE_INDENT)
            for number, part in enumerate(parts)
        ]
        breaks = False
    if not comments and not breaks and len(line) <= WIDTH:
        return _Written([], [line])
    slots[0].end = max((token.end for token in tokens if token.end <= slots[0].end), default=0)
    _attach(comments, slots, content)
    for before, slot in pairwise(slots[:-1] if isinstance(statement, ast.Graph) else ()):
        slot.spaced = bool(_BLANK_LINE.search(content, before.end, slot.start)) and before is not slots[0]
    above, slots[0].above = slots[0].above, []
    inside = any(slot.above for slot in slots) or any(slot.trailing for slot in slots[:-1])
    if not inside and not breaks and len(line) <= WIDTH:
        return _Written(above, [f"{line}  {slots[-1].trailing}" if slots[-1].trailing else line])
    return _Written(above, [line for slot in slots for line in slot.written()])


def _graph_slots(statement: ast.Graph, parts: list[Part], items: list[str]) -> list[_Slot]:
    """`GRAPH {`, its items, and `}` with the clauses, which stand before the block if a file is amended.

    So does REVERSED, which says how the block is read.
    """
    options = [part.text for part in parts[1:] if part.text.startswith("WITH")]
    clauses = [part.text for part in parts[1:] if part.text not in options]
    before = clauses if statement.path else [clause for clause in clauses if clause == "REVERSED"]
    opening = ["GRAPH", *before, "{"]
    closing = ["}", *(clause for clause in clauses if clause not in before)]
    block = statement.places.get("{", statement.span)
    start, end = statement.span.start, statement.span.end
    return [
        _Slot([" ".join(opening)], start, block.start + 1),
        *(
            _Slot([_ITEM_INDENT + line], item.span.start, item.span.end, _ITEM_INDENT)
            for line, item in zip(items, statement.items, strict=True)
        ),
        _Slot([" ".join([*closing, *options])], block.end - 1, end, _ITEM_INDENT),
    ]


def _wrapped(part: Part, indent: str) -> list[str]:
    """A part on as few lines as fit, broken between its words."""
    lines = [indent + part.words[0]]
    for word in part.words[1:]:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(indent + _CLAUSE_INDENT + word)
        else:
            lines[-1] += f" {word}"
    return lines


def _attach(comments: Sequence[Token], slots: list[_Slot], content: str) -> None:
    """Gives every comment to the slot that it follows on a line, or else to the next one."""
    in_order = sorted(slots, key=lambda slot: slot.start)
    for comment in comments:
        following = next((slot for slot in in_order if slot.end > comment.start), in_order[-1])
        before = [slot for slot in in_order if slot.end <= comment.start]
        ends_line = before and "\n" not in content[before[-1].end : comment.start]
        if ends_line and following.start > comment.start and not before[-1].trailing:
            before[-1].trailing = comment.text.rstrip()
        else:
            following.above.append(comment.text.rstrip())


def _reserved(statement: ast.Statement) -> set[str]:
    """The words among the names of a statement that are keywords where they stand.

    Found by trial: a name has backticks only if the statement reads differently without them.
    """
    needed = {name.name.upper() for name in _names(statement)} & WORDS
    for word in sorted(needed):
        written = "\n".join(_lines(statement, needed - {word}).lines)
        if _reads_as(written, statement):
            needed.discard(word)
    return needed


def _reads_as(written: str, statement: ast.Statement) -> bool:
    pieces = split(written).pieces
    return len(pieces) == 1 and attempt(Text(written), 0, len(written)).statement == statement


def _names(node: object) -> Iterator[ast.Name]:
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, tuple):
        for inner in node:
            yield from _names(inner)
    elif isinstance(node, ast.Node):
        for attribute in node.__dataclass_fields__:
            yield from _names(getattr(node, attribute))


class _Program:
    """A program's statements and the comments between them, one after the other."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.layout = split(content)
        parsed = parse(Text(content))
        self.statements = {statement.span.start: statement for statement in parsed.program.statements}
        self.errors = [d.span.start for d in parsed.diagnostics if d.is_error and d.span]
        self.lines: list[str] = []
        self.end = 0  # of what is written, in the text

    def formatted(self) -> str:
        pieces = self.layout.pieces
        inside: dict[int, list[Token]] = {}
        starts = [piece.start for piece in pieces]
        comments = [*self.layout.comments, *self.layout.near_comments]
        units: list[tuple[int, int | Token]] = [(start, number) for number, start in enumerate(starts)]
        for comment in sorted(comments, key=lambda token: token.start):
            number = bisect(starts, comment.start) - 1
            if number >= 0 and comment.start < pieces[number].end:
                inside.setdefault(number, []).append(comment)
            else:
                units.append((comment.start, comment))
        for _, unit in sorted(units, key=lambda unit: unit[0]):
            if isinstance(unit, int):
                self._piece(pieces[unit], inside.get(unit, []), pieces[unit + 1 : unit + 2])
            else:
                self._comment(unit)
        return "".join(f"{line}\n" for line in self.lines)

    def _comment(self, comment: Token) -> None:
        text = comment.text.rstrip()
        if self.lines and "\n" not in self.content[self.end : comment.start]:
            self.lines[-1] += f"  {text}"
            self.end = comment.end
        else:
            self._write([text], comment.start, comment.end)

    def _piece(self, piece: Piece, comments: list[Token], following: Sequence[Piece]) -> None:
        if self._has_errors(piece):
            lines = self.content[piece.start : piece.end].split("\n")
        else:
            statement = self.statements[piece.start]
            written = _lines(statement, _reserved(statement), self.content, piece.tokens, comments)
            lines = written.above + written.lines
        goes_on = piece.ended_by_semicolon or lines[-1].split()[-1].upper() in CLAUSES
        if goes_on and any(map(self._has_errors, [piece, *following])):
            lines[-1] += ";"  # before or after what is left as it is, a line need not end a statement
        self._write(lines, piece.start, piece.end)

    def _has_errors(self, piece: Piece) -> bool:
        return any(piece.start <= error <= piece.end for error in self.errors)

    def _write(self, lines: list[str], start: int, end: int) -> None:
        if self.lines and _BLANK_LINE.search(self.content, self.end, start):
            self.lines.append("")
        self.lines += lines
        self.end = end
