"""A statement that stops to be one, with what is needed to say why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wsl.diagnostics import Fix, Span, Text
from wsl.syntax.grammar import Attempt, Stop, attempt
from wsl.syntax.scanner import Token
from wsl.syntax.splitter import Piece


@dataclass(frozen=True)
class Situation:
    """A statement that stops at the token `found`, or at its end if that is None."""

    text: Text
    piece: Piece
    stop: Stop

    @cached_property
    def place(self) -> int:
        """The number of the token where the statement stops; past the last one at its end."""
        tokens = self.piece.tokens
        if self.stop.at_end:
            return len(tokens)
        return next((i for i, token in enumerate(tokens) if token.end > self.stop.offset), len(tokens))

    @property
    def found(self) -> Token | None:
        return self.token(0)

    @property
    def previous(self) -> Token:
        return self.piece.tokens[max(0, self.place - 1)]

    @property
    def accepts(self) -> frozenset[str]:
        return self.stop.accepts

    def token(self, ahead: int) -> Token | None:
        """The token so many places after the one found."""
        place = self.place + ahead
        return self.piece.tokens[place] if place < len(self.piece.tokens) else None

    def span(self, token: Token) -> Span:
        return self.text.span(token.start, token.end)

    def fix(self, start: int, end: int, text: str) -> Fix:
        return Fix(self.text.span(start, end), text)

    def mends(self, fix: Fix) -> bool:
        """Whether the statement gets further with a fix than it does without."""
        mended, tried = self._with(fix)
        stop = tried.stop
        grown = len(mended) - (self.piece.end - self.piece.start)
        return stop is None or stop.offset - grown > self.stop.offset - self.piece.start

    def heals(self, fix: Fix) -> bool:
        """Whether the statement parses with a fix, and is right in form."""
        _, tried = self._with(fix)
        return tried.stop is None and not any(finding.is_error for finding in tried.findings)

    def _with(self, fix: Fix) -> tuple[str, Attempt]:
        start, end = self.piece.start, self.piece.end
        content = self.text.content
        mended = content[start : fix.span.start] + fix.text + content[fix.span.end : end]
        return mended, attempt(Text(mended), 0, len(mended))
