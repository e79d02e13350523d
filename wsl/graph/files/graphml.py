"""GraphML (http://graphml.graphdrawing.org), with the labels that yEd writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from wsl.diagnostics import Text
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import (
    GraphFile,
    UnreadableGraphError,
    graph_file,
    is_hidden,
    mark_of,
    names_of,
)


def read(text: Text) -> GraphFile:
    """Edges are arrows where `edgedefault`, or the edge's `directed`, says so; its data `mark` goes first.

    Nodes go by their id, or by their label where ids are numbers. A DOCTYPE is refused: with it go external
    files and entities that expand without end.
    """
    reader = _Reader(text)
    reader.parse()
    names = names_of({identifier: values.get("label") for identifier, values in reader.nodes.items()})
    edges = []
    for element in reader.edges:
        for end in (element.source, element.target):
            if end not in names:
                raise UnreadableGraphError(f"no node has the id {end}", *element.place)
        mark, backwards = mark_of(element.values.get("mark"), element.default, *element.place)
        span = text.span(*element.place)
        edge = Edge(names[element.source], mark, names[element.target], span, text.name)
        edges.append(edge.reversed() if backwards else edge)
    hidden = [names[identifier] for identifier, values in reader.nodes.items() if is_hidden(values)]
    targets = [reader.graph["target"]] if "target" in reader.graph else []
    return graph_file(edges, names.values(), targets, hidden)


@dataclass(frozen=True)
class _EdgeElement:
    source: str
    target: str
    default: Mark
    place: tuple[int, int]
    values: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Collects nodes and edges while the parser walks the elements."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[_EdgeElement] = []
        self.graph: dict[str, str] = {}
        self.graphs = 0
        self.defaults: list[Mark] = []
        self.owners: list[dict[str, str]] = []
        self.names_of_keys: dict[str, str] = {}
        self.key: str | None = None
        self.words: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")

    def parse(self) -> None:
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.words.append
        try:
            self.parser.Parse(self.text.content, True)
        except expat.ExpatError as error:
            start = min(self.text.line_starts[error.lineno - 1] + error.offset, len(self.text.content))
            raise UnreadableGraphError(expat.ErrorString(error.code), start, start) from None
        if self.graphs != 1:
            raise UnreadableGraphError(f"it has {self.graphs} elements <graph>; it must have one")

    def doctype(self, *_: object) -> NoReturn:
        end = self.place()[1]
        start = self.text.content.rfind("<!DOCTYPE", 0, end)
        raise UnreadableGraphError("it has a DOCTYPE", start, start + len("<!DOCTYPE"), code="WSL-G025")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "graph":
                self.start_graph(attributes)
            case "node":
                values = self.nodes.setdefault(self.required(attributes, "id"), {})
                self.owners.append(values)
            case "edge":
                self.start_edge(attributes)
            case "hyperedge":
                raise UnreadableGraphError("a hyperedge is no edge of a causal graph", *self.place())
            case "key":
                self.names_of_keys[self.required(attributes, "id")] = attributes.get("attr.name", "")
            case "data":
                self.key = attributes.get("key")
                self.words.clear()
            case "NodeLabel":
                self.words.clear()

    def start_graph(self, attributes: dict[str, str]) -> None:
        self.graphs += not self.owners
        self.owners.append({} if self.owners else self.graph)
        directed = self.required(attributes, "edgedefault") == "directed"
        self.defaults.append(Mark.CAUSE if directed else Mark.UNDIRECTED)

    def start_edge(self, attributes: dict[str, str]) -> None:
        source, target = self.required(attributes, "source"), self.required(attributes, "target")
        own = {"true": Mark.CAUSE, "false": Mark.UNDIRECTED}.get(attributes.get("directed", ""))
        default = own or (self.defaults[-1] if self.defaults else Mark.UNDIRECTED)
        edge = _EdgeElement(source, target, default, self.place())
        self.edges.append(edge)
        self.owners.append(edge.values)

    def end(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "graph":
                self.defaults.pop()
                self.owners.pop()
            case "node" | "edge":
                self.owners.pop()
            case "NodeLabel" if self.owners:
                self.owners[-1]["label"] = "".join(self.words).strip()
            case "data" if self.owners and (key := self.names_of_keys.get(self.key or "")):
                self.owners[-1].setdefault(key, "".join(self.words).strip())

    def required(self, attributes: dict[str, str], name: str) -> str:
        if not attributes.get(name):
            raise UnreadableGraphError(f"this element has no {name}", *self.place())
        return attributes[name]

    def place(self) -> tuple[int, int]:
        """The offsets of the tag that the parser is at."""
        row, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber
        start = self.text.line_starts[row - 1] + column
        end = self.text.content.find(">", start) + 1
        return start, end or len(self.text.content)
