"""One statement through the parser: its tree, or where and why it stops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

from wsl_grammar.parsers import parser
from wsl_grammar.terminals import grammar

from wsl.diagnostics import Diagnostic, Text
from wsl.syntax import ast
from wsl.syntax.build import Builder

OPTIONS: dict[str, Any] = {
    "lexer": "contextual",
    "start": "statement",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}


@dataclass(frozen=True)
class Stop:
    """Where a statement stops to be one, an offset, and the terminals that could have stood there."""

    offset: int
    at_end: bool
    interactive: Any

    @cached_property
    def accepts(self) -> frozenset[str]:
        return frozenset(self.interactive.accepts())


@dataclass(frozen=True)
class Attempt:
    statement: ast.Statement | None
    findings: tuple[Diagnostic, ...]
    stop: Stop | None


def attempt(text: Text, start: int, end: int, readable: str = "") -> Attempt:
    """Parses the statement between two offsets of a text.

    `readable` is the text with near misses written properly, character by character.
    """
    from lark import UnexpectedInput

    # A copy, because Lark counts the lines before a TextSlice anew for every statement.
    source = (readable or text.content)[start:end]
    with _LOCK:
        lark, builder = _parser()
        builder.begin(text, start)
        try:
            statement = lark.parse(source)
        except UnexpectedInput as stop:
            at_end = getattr(getattr(stop, "token", None), "type", "") == "$END"
            offset = end if at_end else start + stop.pos_in_stream
            return Attempt(None, tuple(builder.findings), Stop(offset, at_end, stop.interactive_parser))
        return Attempt(statement if builder.usable else None, tuple(builder.findings), None)


_LOCK = Lock()


@lru_cache(maxsize=1)
def _parser() -> tuple[Any, Builder]:
    builder = Builder()
    return parser("wsl", grammar(), builder, **OPTIONS), builder
