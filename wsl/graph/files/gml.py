"""GML, the Graph Modelling Language (Himsolt, 1997)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import unescape

from lark import Token, Tree

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
from wsl.graph.files.lark_parser import parse, place

GRAMMAR = r"""
start: pair*
pair: WORD (WORD | NUMBER | STRING | list)
list: "[" pair* "]"

WORD: /[A-Za-z_][\w.]*/
NUMBER: /[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
STRING: /"[^"]*"/
%ignore /\s+/
%ignore /#[^\n]*/
"""


def read(text: Text) -> GraphFile:
    """Edges are arrows where the graph says `directed 1`; an edge's `mark` says otherwise.

    Nodes go by their label where every node has its own, else by their id.
    """
    graphs = [tree for key, tree in _lists(parse("gml", GRAMMAR, text)) if key == "graph"]
    if len(graphs) != 1:
        raise UnreadableGraphError(f"it has {len(graphs)} graphs; it must have one")
    head = _values(graphs[0])
    default = Mark.CAUSE if head.get("directed") == "1" else Mark.UNDIRECTED
    nodes = _nodes(graphs[0])
    names = names_of({identifier: values.get("label") for identifier, values in nodes.items()})
    edges = [_edge(tree, names, default, text) for key, tree in _lists(graphs[0]) if key == "edge"]
    hidden = [names[identifier] for identifier, values in nodes.items() if is_hidden(values)]
    targets = [head["target"]] if "target" in head else []
    return graph_file(edges, names.values(), targets, hidden)


def _nodes(graph: Tree[Token]) -> dict[str, dict[str, str]]:
    nodes: dict[str, dict[str, str]] = {}
    for key, tree in _lists(graph):
        if key == "node":
            values = _values(tree)
            if not (identifier := values.get("id", "")):
                raise UnreadableGraphError("a node has no id", *place(tree))
            if identifier in nodes:
                raise UnreadableGraphError(f"two nodes have the id {identifier}", *place(tree))
            nodes[identifier] = values
    return nodes


def _edge(tree: Tree[Token], names: Mapping[str, str], default: Mark, text: Text) -> Edge:
    values = _values(tree)
    for end in ("source", "target"):
        if end not in values:
            raise UnreadableGraphError(f"an edge has no {end}", *place(tree))
        if values[end] not in names:
            raise UnreadableGraphError(f"no node has the id {values[end]}", *place(tree))
    mark, backwards = mark_of(values.get("mark"), default, *place(tree))
    source, target = names[values["source"]], names[values["target"]]
    edge = Edge(source, mark, target, text.span(*place(tree)), text.name)
    return edge.reversed() if backwards else edge


def _pairs(tree: Tree[Token]) -> Iterator[tuple[str, Tree[Token] | Token]]:
    for pair in tree.children:
        if isinstance(pair, Tree):
            key, value = pair.children
            yield str(key), value


def _lists(tree: Tree[Token]) -> Iterator[tuple[str, Tree[Token]]]:
    return ((key, value) for key, value in _pairs(tree) if isinstance(value, Tree))


def _values(tree: Tree[Token]) -> dict[str, str]:
    return {key: unescape(value.strip('"')) for key, value in _pairs(tree) if isinstance(value, Token)}
