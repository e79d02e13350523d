"""From text to syntax tree, with every error of a program in one run and at most one stop a statement."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wsl_grammar.keywords import STATEMENTS

from wsl.diagnostics import Diagnostic, Text, in_reading_order
from wsl.syntax import ast
from wsl.syntax.errors import explain, joining_comma
from wsl.syntax.failed import failed
from wsl.syntax.faulty import explain_faulty, near_comment
from wsl.syntax.grammar import Stop, attempt
from wsl.syntax.near_misses import is_readable, readable
from wsl.syntax.scanner import Token
from wsl.syntax.situation import Situation
from wsl.syntax.splitter import Piece, split
from wsl.syntax.statements import misspelt_statement, not_yet, unknown_statement


@dataclass(frozen=True, slots=True)
class Parsed:
    """The statements of a text that parsed, all that is wrong with its form, and what did not parse."""

    program: ast.Program
    diagnostics: tuple[Diagnostic, ...]
    failed: tuple[ast.Failed, ...]


def parse(text: Text) -> Parsed:
    """Parses a program; whatever the text, what is wrong is reported, not raised."""
    layout = split(text.content)
    parser = _Parser(text, Text(readable(text.content, layout), text.name))
    for piece in layout.pieces:
        parser.read(piece)
    parser.findings += [near_comment(text, token) for token in layout.near_comments]
    comments = tuple(ast.Comment(c.text.rstrip(), span=text.span(c.start, c.end)) for c in layout.comments)
    program = ast.Program(tuple(parser.statements), comments)
    return Parsed(program, tuple(in_reading_order(parser.findings)), tuple(parser.failed))


class _Parser:
    """Collects what the pieces of a text are; `readable` is the text without its near misses."""

    def __init__(self, text: Text, readable: Text) -> None:
        self.text = text
        self.readable = readable
        self.statements: list[ast.Statement] = []
        self.findings: list[Diagnostic] = []
        self.failed: list[ast.Failed] = []

    def read(self, piece: Piece) -> None:
        if piece.keyword not in STATEMENTS:
            self._fail(piece, self._first_fault(piece) or unknown_statement(self.text, piece.tokens[0]))
        elif finding := not_yet(self.text, piece):
            self._fail(piece, finding)
        else:
            self._parse(piece)

    def _parse(self, piece: Piece) -> None:
        tried = attempt(self.text, piece.start, piece.end, self.readable.content)
        stop = tried.stop
        fatal = [token for token in piece.faulty if not is_readable(token)]
        self.findings += [explain_faulty(self.text, token) for token in piece.faulty if is_readable(token)]
        if fatal and (stop is None or fatal[0].start <= stop.offset):
            self._fail(piece, *self._explain_faulty(piece, fatal))
        elif comma := joining_comma(self.text, piece):
            self._fail(piece, comma)
        elif stop is None:
            self.findings += tried.findings
            if tried.statement is not None:
                self.statements.append(tried.statement)
            else:
                self.failed.append(failed(self.text, piece))
        elif place := misspelt_statement(piece, stop):
            self._parse(piece.up_to(place))
            self._fail(piece.after(place), unknown_statement(self.text, piece.tokens[place]))
        else:
            self._fail(piece, explain(self.readable, piece, stop))

    def _explain_faulty(self, piece: Piece, tokens: list[Token]) -> list[Diagnostic]:
        """A finding for each place; one that covers the next tokens too, such as a word, speaks for them."""
        findings: list[Diagnostic] = []
        done = 0
        for token in tokens:
            if token.start >= done:
                findings.append(self._with_what_mends(piece, explain_faulty(self.text, token)))
                done = findings[-1].span.end if findings[-1].span else token.end
        return findings

    def _with_what_mends(self, piece: Piece, finding: Diagnostic) -> Diagnostic:
        """The finding with those of several fixes that its place takes: in GRAPH no quotes, for one."""
        if len(finding.fixes) < 2:
            return finding
        situation = Situation(self.readable, piece, Stop(finding.fixes[0].span.start, False, None))
        mending = tuple(fix for fix in finding.fixes if situation.mends(fix))
        return replace(finding, fixes=mending or finding.fixes)

    def _first_fault(self, piece: Piece) -> Diagnostic | None:
        first = piece.tokens[0]
        return explain_faulty(self.text, first) if first in piece.faulty else None

    def _fail(self, piece: Piece, *findings: Diagnostic) -> None:
        self.findings += findings
        self.failed.append(failed(self.text, piece))
