"""How text looks on a terminal: its width in cells, what must be escaped, colours."""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

from wsl_grammar.terminals import written_string

TAB = 4

# Control, format (bidirectional overrides, zero-width joiners), surrogate, line and paragraph separators.
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "green": "32",
    "yellow": "1;33",
    "blue": "1;34",
    "cyan": "1;36",
}


def visible(text: str) -> str:
    """The text with control and other invisible characters written out, as in `\\x1b` and `\\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if category(c) in _ESCAPED else c for c in text)


def shown_label(label: str) -> str:
    """A category among others: in quotes where one would not see where it begins and ends."""
    return label if label and label == label.strip() else written_string(label)


def cells(text: str) -> int:
    """The number of terminal cells of a text without control characters: wide ones take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def pad(text: str, width: int, right: bool = False) -> str:
    """The text filled with spaces to a width in cells, flush left or right."""
    space = " " * max(0, width - cells(text))
    return space + text if right else text + space


def crop(text: str, width: int) -> str:
    """The text, cut to a width in cells; a cut is marked with an ellipsis."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _cells(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def wrap(text: str, width: int) -> list[str]:
    """The lines of a text, broken between words at a width in cells; a longer word stands alone.

    Line breaks and the indentation after them are kept, other control characters are escaped.
    """
    lines = []
    for line in text.expandtabs(TAB).split("\n"):
        shown = visible(line.rstrip())
        indent = shown[: len(shown) - len(shown.lstrip())]
        current, *words = shown.split() or [""]
        current = indent + current
        for word in words:
            if cells(current) + 1 + cells(word) <= width:
                current = f"{current} {word}"
            else:
                lines.append(current)
                current = indent + word
        lines.append(current)
    return lines


class Painter:
    """Paints text, or leaves it as it is where colour is off."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text else text


def _cells(character: str) -> int:
    if combining(character) or category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def _escape(character: str) -> str:
    code = ord(character)
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
