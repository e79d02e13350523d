"""The tokens of a text with their classes, for editors and the REPL; any text will do."""

from __future__ import annotations

from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from wsl_grammar.keywords import CLAUSES, STATEMENTS, WORDS

from wsl.syntax.scanner import Token, scan


class TokenClass(StrEnum):
    KEYWORD = "keyword"
    FUNCTION = "function"
    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    COMMENT = "comment"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    ERROR = "error"


class ClassifiedToken(NamedTuple):
    start: int
    end: int
    token_class: TokenClass


_CLASSES = {
    "comment": TokenClass.COMMENT,
    "slashes": TokenClass.COMMENT,
    "string": TokenClass.STRING,
    "open_string": TokenClass.STRING,
    "curly_string": TokenClass.STRING,
    "quoted": TokenClass.NAME,
    "open_name": TokenClass.NAME,
    "foreign": TokenClass.NAME,
    "number": TokenClass.NUMBER,
    "unit": TokenClass.NUMBER,
    "edge": TokenClass.OPERATOR,
    "operator": TokenClass.OPERATOR,
    "near_operator": TokenClass.OPERATOR,
    "dots": TokenClass.OPERATOR,
    "comma": TokenClass.PUNCTUATION,
    "colon": TokenClass.PUNCTUATION,
    "semicolon": TokenClass.PUNCTUATION,
    "open": TokenClass.PUNCTUATION,
    "close": TokenClass.PUNCTUATION,
}
# After these a name stands, whatever the word.
_BEFORE_NAMES = frozenset({"AS", "TARGET", "BY", "PARAM"})
# Words that are names unless they follow one of these.
_ONLY_AFTER = {
    "UNSUPPORTED": ("ON",),
    "ABOVE": ("FAIL",),
    **dict.fromkeys(("FAIL", "DROP", "NEAREST"), ("UNSUPPORTED",)),
}


def tokens(content: str) -> list[ClassifiedToken]:
    """The tokens of a text, complete or not, in order; spaces lie between them."""
    found = scan(content)
    classified = []
    previous, first_of_line = None, True
    for token, following in zip_longest(found, found[1:]):
        if token.kind == "newline":
            first_of_line = True
            continue
        if token.kind == "word":
            token_class = _word(token, previous, following, first_of_line)
        else:
            token_class = _CLASSES.get(token.kind, TokenClass.ERROR)
        classified.append(ClassifiedToken(token.start, token.end, token_class))
        if token.kind != "comment":
            previous, first_of_line = token, False
    return classified


def _word(token: Token, previous: Token | None, following: Token | None, first_of_line: bool) -> TokenClass:
    """The class of a word, as far as its neighbours tell: keywords are soft."""
    word = token.upper
    after = following.text if following else ""
    if word not in WORDS or (previous and previous.upper in _BEFORE_NAMES):
        return TokenClass.FUNCTION if after == "(" else TokenClass.NAME
    if word in _ONLY_AFTER and (previous is None or previous.upper not in _ONLY_AFTER[word]):
        return TokenClass.NAME
    if following and (following.kind in ("edge", "colon") or after in ("=", "==", "<", ">", "<=", ">=")):
        return TokenClass.NAME
    if word in STATEMENTS:
        begins = first_of_line or (previous is not None and previous.kind == "semicolon")
        return TokenClass.KEYWORD if begins else TokenClass.NAME
    if word in CLAUSES and previous and previous.kind in ("operator", "edge", "comma"):
        return TokenClass.NAME
    return TokenClass.KEYWORD
