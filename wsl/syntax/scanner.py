"""A whole text as tokens, without loss: what is no token of the language becomes one of a faulty kind."""

from __future__ import annotations

import re
from typing import NamedTuple

from wsl_grammar import terminals

_KINDS: dict[str, str] = {
    "space": terminals.SPACE,
    "word": terminals.NAME,
    "newline": r"\n",
    "comma": ",",
    "unit": terminals.UNIT,
    "open": r"[({\[]",
    "close": r"[)}\]]",
    "string": terminals.STRING,
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9:.]++(?:Z|[+-][0-9:]++)?)?(?!\w)",
    "number": terminals.NUMBER,
    "comment": terminals.COMMENT,
    "edge": terminals.EDGE,
    "slashes": r"(?<!:)//[^\n]*+",
    "near_operator": r"===|!==|=>|=<|&&?|\|\|?|:=|\*\*|\^|=~|!(?!=)",
    "operator": rf"{terminals.COMPARISON}|{terminals.ASSIGNMENT}|[-=+*/]",
    "colon": ":",
    "semicolon": ";",
    "quoted": terminals.QUOTED_NAME,
    "dots": r"\.\.",
    "curly_string": r'["“”„‟«»][^"“”„‟«»\n]*+["“”„‟«»]' r"|['‘’‚‛‹›][^'‘’‚‛‹›\n]*+['‘’‚‛‹›]",
    "open_string": r"'(?:[^'\n]|'')*+|\"(?:[^\"\n]|\"\")*+",
    "open_name": r"`(?:[^`\n]|``)*+`?",
    "bare": r"\.?[0-9][\w.]*+%?",
    "foreign": r"[^\W\d][\w.]*+",
    "stray": r"(?s:.)",
}
_TOKEN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
BYTE_ORDER_MARK = "\ufeff"

# Kinds that are no part of the language.
FAULTY = frozenset(
    {"date", "near_operator", "open_string", "open_name", "curly_string", "bare", "foreign", "stray"}
    | {"unprintable"}
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The word in upper case, as the table of keywords has it; of other tokens nothing."""
        return self.text.upper() if self.kind == "word" else ""


def scan(content: str) -> list[Token]:
    """Every token of a text but the spaces between them."""
    found: list[Token] = []
    append = found.append
    for match in _TOKEN.finditer(content, int(content.startswith(BYTE_ORDER_MARK))):
        kind = match.lastgroup or ""
        if kind != "space":
            append(Token(kind, match[0], match.start(), match.end()))
    if _UNPRINTABLE.search(content):
        return [_without_unprintable(token) for token in found]
    return found


def _without_unprintable(token: Token) -> Token:
    """A token that hides an unprintable character is faulty; comments may hold any."""
    if token.kind != "comment" and _UNPRINTABLE.search(token.text):
        return token._replace(kind="unprintable")
    return token


def unprintable(token: Token) -> int:
    """Where the first unprintable character of a token is."""
    match = _UNPRINTABLE.search(token.text)
    return token.start + match.start() if match else token.start
