"""Reading a graph file: which format it has, its reader, and what is wrong with it as one finding."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from wsl.diagnostics import Diagnostic, Span, Text, WslError, closest, report
from wsl.graph.files.formats import SUFFIXES, Format, by_content, by_suffix
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError

LARGEST_FILE = 16 * 1024 * 1024

_READERS = {
    Format.DOT: "dot",
    Format.GML: "gml",
    Format.GRAPHML: "graphml",
    Format.NODE_LINK: "node_link",
    Format.CSV: "csv_table",
    Format.BIF: "bif",
    Format.DAGITTY: "dagitty",
}

_EDGES = {
    Format.DOT: "an edge reads `a -> b`",
    Format.GML: "an edge reads `edge [ source 1 target 2 ]`, where 1 and 2 are ids of nodes",
    Format.GRAPHML: 'an edge reads `<edge source="a" target="b"/>`',
    Format.NODE_LINK: 'an edge reads `{"source": "a", "target": "b"}`, in the list `edges`',
    Format.CSV: "under the header `source,target` each row is an edge",
    Format.BIF: "`probability (b | a) { }` says that a causes b",
    Format.DAGITTY: "an edge reads `a -> b`",
}


def read_graph(
    path: Path, *, name: str | None = None, format: Format | None = None, span: Span | None = None
) -> GraphFile:
    """The graph of a file, by its suffix or else by its content.

    `name` is what findings call the file, and `span` where the program names it. Raises WslError with one
    finding, placed in the file where the fault has a place there.
    """
    text = load(path, name=name, span=span)
    return parse_graph(text, format=format or by_suffix(path), span=span)


def read_graph_text(content: str, *, name: str = "graph text", span: Span | None = None) -> GraphFile:
    """The graph of a text in any of the formats, told by its content; otherwise as `read_graph`."""
    return parse_graph(Text(content, name), span=span)


def load(path: Path, *, name: str | None = None, span: Span | None = None) -> Text:
    """The text of a graph file, under the name it goes by. Raises WslError with one finding."""
    name = name or str(path)
    try:
        if not path.is_file():
            raise WslError([_cannot_open(path, name, _why_no_file(path), span)])
        if path.stat().st_size > LARGEST_FILE:
            limit = f"it is larger than {LARGEST_FILE // 2**20} MiB"
            raise WslError([_cannot_open(path, name, limit, span)])
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WslError([_cannot_open(path, name, reason, span)]) from None
    return Text(_decoded(content, name, span), name)


def parse_graph(text: Text, *, format: Format | None = None, span: Span | None = None) -> GraphFile:
    """The graph of a text that `load` gave; raises as `read_graph` does."""
    chosen = format or by_content(text.content)
    if not text.content.strip():
        raise WslError([_without_edges(text, chosen, span)])
    if chosen is None:
        raise WslError([report("WSL-G022", span, file=text.name)])
    try:
        # Each format is loaded when it is needed.
        graph: GraphFile = import_module(f"wsl.graph.files.{_READERS[chosen]}").read(text)
    except UnreadableGraphError as error:
        raise WslError([_unreadable(error, text, chosen, span)]) from None
    if not graph.edges:
        raise WslError([_without_edges(text, chosen, span)])
    return graph


def _decoded(content: bytes, name: str, span: Span | None) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        read, reason = content[: error.start].decode(), f"byte 0x{content[error.start]:02x}"
    else:
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
        read, reason = text[: text.index("\0")], "a NUL character"
    place = Text(read + "?").span(len(read), len(read) + 1)
    raise WslError([replace(report("WSL-G021", place, file=name, reason=reason), file=name)])


def _why_no_file(path: Path) -> str:
    if path.is_dir():
        return "it is a folder"
    return "it is not a regular file" if path.exists() else "there is no such file"


def _cannot_open(path: Path, name: str, reason: str, span: Span | None) -> Diagnostic:
    try:
        beside = [] if path.exists() else [other.name for other in path.parent.iterdir() if by_suffix(other)]
    except OSError:
        beside = []
    return report("WSL-G020", span, file=name, reason=reason, suggestion=closest(path.name, beside))


def _without_edges(text: Text, format: Format | None, span: Span | None) -> Diagnostic:
    return report("WSL-G024", span, file=text.name, expected=_EDGES[format] if format else None)


def _unreadable(error: UnreadableGraphError, text: Text, format: Format, span: Span | None) -> Diagnostic:
    other = by_content(text.content)
    looks_like = other if other not in (format, Format.CSV) else None
    suffix = next((suffix for suffix, known in SUFFIXES.items() if known is looks_like), None)
    finding = report(
        error.code,
        span,
        file=text.name,
        format=format,
        reason=error.reason,
        looks_like=looks_like,
        suffix=suffix,
    )
    if error.start is None:
        return finding if span else replace(finding, file=text.name)
    place = text.span(error.start, error.start if error.end is None else error.end)
    return replace(finding, span=place, file=text.name)
