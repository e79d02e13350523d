"""The formats of graph files, and how to tell which one a file has."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePath

from wsl.graph.files.csv_table import DELIMITERS


class Format(StrEnum):
    DOT = "DOT"
    GML = "GML"
    GRAPHML = "GraphML"
    NODE_LINK = "node-link JSON"
    CSV = "CSV"
    BIF = "BIF"
    DAGITTY = "dagitty"


SUFFIXES = {
    ".dot": Format.DOT,
    ".gv": Format.DOT,
    ".gml": Format.GML,
    ".graphml": Format.GRAPHML,
    ".xml": Format.GRAPHML,
    ".json": Format.NODE_LINK,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".bif": Format.BIF,
    ".dagitty": Format.DAGITTY,
    ".dag": Format.DAGITTY,
}

# How a text of each format begins, after comments.
_OPENINGS = {
    Format.GRAPHML: r"<",
    Format.NODE_LINK: r"\{\s*[\"}]|\[",
    Format.DOT: r"(?i:strict\s+)?((?i:digraph)|graph)\b[^{\[]*\{",
    Format.DAGITTY: r"(dag|pdag|mag|pag)\b[^{\[]*\{",
    Format.BIF: r"(network|variable)\s[^{]*\{",
    Format.GML: r"([A-Za-z]\w*\s+(\d+|\"[^\"]*\")\s+)*graph\s*\[",
}
_COMMENTS = re.compile(r"(\s+|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)


def by_suffix(path: PurePath) -> Format | None:
    return SUFFIXES.get(path.suffix.casefold())


def by_content(content: str) -> Format | None:
    """The format of a text by how it begins; None if it begins like none, as GRAPH { } in capitals does."""
    comments = _COMMENTS.match(content)
    rest = content[comments.end() :] if comments else content
    for found, opening in _OPENINGS.items():
        if re.match(opening, rest):
            return found
    first_line = rest.split("\n", 1)[0]
    return Format.CSV if any(delimiter in first_line for delimiter in DELIMITERS) else None
