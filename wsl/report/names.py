"""Long names where there is little room: broken where their words end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from wsl.diagnostics.terminal import cells, crop, visible

_WORD_ENDS = re.compile(r"(?<=[\s_.,:;/@=\\-])(?=[^\s_.,:;/@=\\-])|(?<=[a-z])(?=[A-Z])")


def name_lines(name: str, width: int, most: int) -> list[str]:
    """The whole name on lines of at most `width` cells; what `most` lines do not hold is cut and marked."""
    lines = [""]
    for word in _words(visible(name), width):
        if lines[-1] and cells((lines[-1] + word).rstrip()) > width:
            lines.append("")
        lines[-1] += word
    if len(lines) > most:
        lines[most - 1 :] = [crop("".join(lines[most - 1 :]), width)]
    return [line.strip() for line in lines]


def breakable(text: str) -> Markup:
    """The text, escaped, which a page may break where the words of a name end."""
    return Markup("<wbr>").join(map(escape, _WORD_ENDS.split(text)))


def _words(name: str, width: int) -> Iterator[str]:
    """Pieces of a name that are not longer than a line."""
    for word in _WORD_ENDS.split(name):
        piece = ""
        for character in word:
            if piece and cells(piece + character) > width:
                yield piece
                piece = ""
            piece += character
        yield piece
