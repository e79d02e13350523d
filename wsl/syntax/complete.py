"""Whether what was typed so far is a whole program, or the next line belongs to it."""

from __future__ import annotations

from wsl_grammar.keywords import STATEMENTS

from wsl.diagnostics import Text
from wsl.syntax.grammar import attempt
from wsl.syntax.near_misses import readable
from wsl.syntax.splitter import split


def is_complete(content: str) -> bool:
    """Whether Enter at the end of a text runs it: not while its last statement still lacks something."""
    layout = split(content)
    if not layout.pieces:
        return True
    last = layout.pieces[-1]
    if last.ended_by_semicolon or last.keyword not in STATEMENTS:
        return True
    if last.open_brackets:
        return False
    tried = attempt(Text(content), last.start, last.end, readable(content, layout))
    return tried.stop is None or not tried.stop.at_end
