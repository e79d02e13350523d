"""What a statement that did not parse would have defined, so that nobody misses it because of that."""

from __future__ import annotations

from itertools import pairwise

from wsl_grammar.keywords import CLAUSES, STATEMENTS

from wsl.diagnostics import Text, closest
from wsl.syntax import ast
from wsl.syntax.scanner import Token
from wsl.syntax.splitter import Piece


def failed(text: Text, piece: Piece) -> ast.Failed:
    """The names that a piece of text would define, as far as its words tell."""
    word = piece.keyword
    keyword = word if word in STATEMENTS else closest(word, STATEMENTS) if word else None
    span = text.span(piece.start, piece.end)
    tokens = piece.tokens
    if keyword == "USE":
        return ast.Failed(keyword, scenario=_after(tokens, "AS"), dataset=_dataset(tokens), span=span)
    if keyword == "PARAM":
        return ast.Failed(keyword, parameter=_after(tokens, word), span=span)
    if keyword == "GRAPH":
        target = _after(tokens, "TARGET")
        return ast.Failed(keyword, target=target, variables=_variables(tokens), span=span)
    if keyword == "EXPLAIN":
        return ast.Failed(keyword, target=_after(tokens, word), span=span)
    return ast.Failed(keyword, span=span)


def _after(tokens: list[Token], word: str) -> str | None:
    """The name after a keyword."""
    for keyword, name in pairwise(tokens):
        if keyword.upper == word:
            return _name(name)
    return None


def _dataset(tokens: list[Token]) -> str | None:
    if len(tokens) > 1 and tokens[1].upper not in CLAUSES:
        return _name(tokens[1])
    return None


def _variables(tokens: list[Token]) -> tuple[str, ...]:
    """The names in the block of a GRAPH; words after a colon are types."""
    names: dict[str, None] = {}
    inside = False
    for before, token in pairwise(tokens):
        inside = (inside or before.text == "{") and before.text != "}"
        name = _name(token)
        if inside and name and before.text != ":":
            names[name] = None
    return tuple(names)


def _name(token: Token) -> str | None:
    if token.kind == "quoted":
        return token.text[1:-1].replace("``", "`")
    return token.text if token.kind in ("word", "foreign") else None
