"""Program text in lines of (class, text) pieces, lightly coloured."""

from __future__ import annotations

import re

from wsl_grammar.keywords import STATEMENTS, WORDS

from wsl.diagnostics.terminal import TAB, visible

_TOKEN = re.compile(
    r"""(?P<comment>\#.*)
      | (?P<string>'(?:[^']|'')*'?|"(?:[^"]|"")*"?)
      | (?P<name>`[^`]*`?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?%?)
      | (?P<space>\s+)
      | (?P<other>.)""",
    re.VERBOSE,
)


def highlight(program: str) -> list[list[tuple[str, str]]]:
    """The lines of a program; the pieces of a line, put together, are the line."""
    lines = program.rstrip("\n").split("\n") if program else []
    return [_pieces(visible(line.rstrip("\r").expandtabs(TAB))) for line in lines]


def _pieces(line: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    for token in _TOKEN.finditer(line):
        text, kind = token.group(), token.lastgroup or ""
        first = not line[: token.start()].strip()
        style = ("keyword" if _is_keyword(text, first) else "") if kind == "word" else kind
        style = style if style in ("comment", "string", "number", "keyword") else ""
        if pieces and pieces[-1][0] == style:
            pieces[-1] = (style, pieces[-1][1] + text)
        else:
            pieces.append((style, text))
    return pieces


def _is_keyword(word: str, first: bool) -> bool:
    """Keywords are soft: one is coloured where it opens a line or is written in capitals."""
    return word.upper() in STATEMENTS if first else word.isupper() and word in WORDS
