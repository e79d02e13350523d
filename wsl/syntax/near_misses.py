"""What people write who know another language, or whose editor is too clever, and what they mean."""

from __future__ import annotations

from unicodedata import normalize

from wsl.syntax.scanner import Token
from wsl.syntax.splitter import Layout

OPERATORS = {
    "&&": "AND",
    "&": "AND",
    "||": "OR",
    "|": "OR",
    "!": "NOT",
    "===": "==",
    "!==": "<>",
    "=>": ">=",
    "=<": "<=",
    ":=": "=",
    "=~": "LIKE",
}

STATEMENTS = {"SELECT": "ESTIMATE", "SHOW": "DESCRIBE", "LOAD": "USE", "DO": "INTERVENE", "ASSERT": "EXPECT"}

# The first that can stand there is meant.
CLAUSES = {
    "GROUP": ("BY",),
    "FILTER": ("WHERE",),
    "HAVING": ("WHERE",),
    "IF": ("WHERE",),
    "WHEN": ("WHERE",),
    "DURING": ("WHERE",),
    "LIMIT": ("SAMPLE", "TOP"),
    "FIRST": ("TOP",),
    "TO": ("INTO", "AGAINST"),
    "VS": ("AGAINST",),
    "VERSUS": ("AGAINST",),
    "BASELINE": ("AGAINST",),
    "METHOD": ("USING",),
    "VIA": ("USING",),
    "NAMED": ("AS",),
    "OUTCOME": ("TARGET",),
}

UNITS = {
    "m": "min",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "usec": "us",
    "µs": "us",
    "μs": "us",
    "nsec": "ns",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
    "kB": "KB",
    "Kbps": "kbps",
    "percent": "%",
}

_TYPOGRAPHIC = {
    **dict.fromkeys("→⟶⇒➔➜", "->"),
    **dict.fromkeys("↔⟷⇔", "<->"),
    **dict.fromkeys("−–—‐‑‒", "-"),
    **dict.fromkeys("“”„‟«»", '"'),
    **dict.fromkeys("‘’‚‛‹›´", "'"),
    **dict.fromkeys("×∗·", "*"),
    **dict.fromkeys("÷⁄∕", "/"),
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "≪": "<",
    "≫": ">",
}
INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")


def meant(token: Token) -> str | None:
    """What a faulty token stands for, where its characters tell."""
    text = token.text
    if token.kind == "curly_string":
        quote = _TYPOGRAPHIC.get(text[0], text[0])
        inner = text[1:-1]
        if quote in inner:
            quote = "'" if quote == '"' else '"'
        return None if quote in inner else f"{quote}{inner}{quote}"
    if token.kind == "stray":
        return " " if text in INVISIBLE else _TYPOGRAPHIC.get(text) or _plain(text)
    return None


def _plain(character: str) -> str | None:
    """The ASCII form of a full-width character and the like."""
    plain = normalize("NFKC", character)
    if character.isascii() or len(plain) != 1:
        return None
    return plain if plain.isascii() and plain.isprintable() else None


def readable(content: str, layout: Layout) -> str:
    """The text with near misses written properly where that keeps every character's place.

    A program full of typographic quotes is then understood, and its other faults are found as well.
    """
    written = [(token.start, token.end, " " * len(token.text)) for token in layout.near_comments]
    for piece in layout.pieces:
        for token in piece.faulty:
            proper = meant(token)
            if proper is not None and len(proper) == len(token.text):
                written.append((token.start, token.end, proper))
    if not written:
        return content
    parts, done = [], 0
    for start, end, proper in sorted(written):
        parts += [content[done:start], proper]
        done = end
    return "".join([*parts, content[done:]])


def is_readable(token: Token) -> bool:
    proper = meant(token)
    return proper is not None and len(proper) == len(token.text)
