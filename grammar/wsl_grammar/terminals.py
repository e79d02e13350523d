"""The terminals of the language: one source for the parser and for the scanner of whole texts."""

from __future__ import annotations

import re
from importlib.resources import files

from wsl_grammar.keywords import IN_GRAMMAR

UNITS = (
    *("ns", "us", "ms", "s", "min", "h", "d"),
    *("B", "KB", "MB", "GB", "KiB", "MiB", "GiB"),
    *("bps", "kbps", "Mbps", "Gbps", "pps", "%"),
)

# Possessive repeats, so that a name is never cut short to make what follows fit.
NAME = r"[A-Za-z_][A-Za-z0-9_]*+(?:\.[A-Za-z0-9_]++)*+(?!\w)"
QUOTED_NAME = r"`(?:[^`\n]|``)++`"
PLAIN_NUMBER = r"(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
NUMBER = (
    rf"{PLAIN_NUMBER}(?:{'|'.join(sorted(UNITS, key=len, reverse=True))})?(?![A-Za-z0-9_%]|\.[A-Za-z0-9_])"
)
STRING = r"'(?:[^'\n]|'')*+'" + r'|"(?:[^"\n]|"")*+"'
COMMENT = r"#[^\n]*+"
SPACE = r"[^\S\n]++"
UNIT = r"\[[^\[\]\n]*+\]"
EDGE = r"<->|\?->|->|--"
COMPARISON = r"==|<>|!=|<=|>=|<|>"
ASSIGNMENT = r"[-+*/\\]="

_NOT_A_NAME = "(?![A-Za-z0-9_.])"
# Words that are names unless what follows makes them keywords.
_FOLLOWED_BY = {"WITH": r"(?=\s*+\()", "ON": r"(?=\s++uns)"}

_TERMINALS = {
    "NAME": NAME,
    "QUOTED_NAME": QUOTED_NAME,
    "NUMBER": NUMBER,
    "STRING": STRING,
    "EDGE": EDGE,
    "COMPARISON": COMPARISON,
    "ASSIGNMENT": ASSIGNMENT,
    "EQUALS": "=",
    "PLUS": r"\+",
    "MINUS": "-(?!-)",
    "STAR": r"\*",
    "SLASH": "/",
    "COMMA": ",",
    "COLON": ":",
    "SEMICOLON": ";",
    "LEFT": r"\(",
    "RIGHT": r"\)",
    "LEFT_BRACE": r"\{",
    "RIGHT_BRACE": r"\}",
    "UNIT": UNIT,
    # A line of a GRAPH block goes on where the next begins with an edge.
    "NEWLINE.1": rf"(?:{SPACE}|{COMMENT})*+\n(?:{SPACE}|{COMMENT}|\n)*+(?!{EDGE})",
}


def written_name(name: str) -> str:
    """A name as a program has to write it: in backticks unless it is a plain one."""
    return name if re.fullmatch(NAME, name) else "`{}`".format(name.replace("`", "``"))


def written_string(text: str) -> str:
    """A text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def written_label(label: str) -> str:
    """A category as a program has to write it: bare where that reads as one word."""
    return label if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", label) else written_string(label)


def grammar() -> str:
    """The grammar as Lark reads it: the rules of wsl.lark, keywords, and the terminals of this module."""
    rules = files("wsl_grammar").joinpath("wsl.lark").read_text(encoding="utf-8")
    keywords = (
        f"{word}.2: /{word}{_NOT_A_NAME}{_FOLLOWED_BY.get(word, '')}/i" for word in sorted(IN_GRAMMAR)
    )
    terminals = (f"{name}: /{pattern.replace('/', chr(92) + '/')}/" for name, pattern in _TERMINALS.items())
    ignored = (f"IGNORED: /(?:{SPACE}|{COMMENT}|\\n)++/", "%ignore IGNORED")
    return "\n".join([rules, *keywords, *terminals, *ignored, ""])
