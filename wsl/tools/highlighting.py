"""Highlighting at the prompt."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from wsl.syntax import tokens

STYLE = Style.from_dict(
    {
        "keyword": "bold ansiblue",
        "function": "ansimagenta",
        "number": "ansicyan",
        "string": "ansigreen",
        "comment": "italic ansibrightblack",
        "operator": "",
        "punctuation": "",
        "name": "",
        "error": "ansired",
    }
)


class WslLexer(Lexer):
    """Classes of tokens, line by line; text between them has none."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = fragments(document.text)
        return lambda number: lines[number] if number < len(lines) else []


def fragments(content: str) -> list[StyleAndTextTuples]:
    """The lines of a text, each as (style, text) pairs that make it up again."""
    pairs: list[tuple[str, str]] = []
    place = 0
    for token in tokens(content):
        pairs.append(("", content[place : token.start]))
        pairs.append((f"class:{token.token_class}", content[token.start : token.end]))
        place = token.end
    pairs.append(("", content[place:]))
    lines: list[StyleAndTextTuples] = [[]]
    for style, text in pairs:
        first, *rest = text.split("\n")
        lines[-1].append((style, first))
        for line in rest:
            lines.append([(style, line)])
    return lines
