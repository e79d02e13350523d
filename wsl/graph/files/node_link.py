"""Node-link JSON, as networkx and D3 write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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
    """An object of `nodes` and `edges` (or `links`), directed unless `directed` is false.

    A node without id has its position for one, and goes by its label or name if ids are numbers.
    """
    content = _parsed(text)
    if not isinstance(content, dict):
        raise UnreadableGraphError("it must be an object with `nodes` and `edges`")
    key = "links" if "links" in content and "edges" not in content else "edges"
    nodes: dict[str, Mapping[str, Any]] = {}
    for number, node in enumerate(_objects(content, "nodes")):
        identifier = _identifier(node.get("id", number), f"nodes[{number}]")
        if identifier in nodes:
            raise UnreadableGraphError(f"two nodes are called {identifier}")
        nodes[identifier] = node
    attributes = {identifier: _texts(node) for identifier, node in nodes.items()}
    labels = {identifier: node.get("label", node.get("name")) for identifier, node in attributes.items()}
    names = names_of(labels)
    default = Mark.UNDIRECTED if content.get("directed") is False else Mark.CAUSE
    edges = [
        _edge(edge, f"{key}[{number}]", names, default, text.name)
        for number, edge in enumerate(_objects(content, key))
    ]
    hidden = [names[identifier] for identifier, values in attributes.items() if is_hidden(values)]
    head = content.get("graph")
    target = head.get("target") if isinstance(head, dict) else None
    return graph_file(edges, names.values(), [target] if isinstance(target, str) else [], hidden)


def _parsed(text: Text) -> object:
    try:
        return json.loads(text.content)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise UnreadableGraphError(reason, error.pos, min(error.pos + 1, len(text.content))) from None
    except RecursionError:
        raise UnreadableGraphError("it is nested too deeply") from None


def _objects(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    objects = content.get(key)
    if not isinstance(objects, list):
        raise UnreadableGraphError(f"it has no list `{key}`")
    for number, item in enumerate(objects):
        if not isinstance(item, dict):
            raise UnreadableGraphError(f"{key}[{number}] is no object")
    return objects


def _edge(edge: Mapping[str, Any], where: str, names: Mapping[str, str], default: Mark, file: str) -> Edge:
    ends = []
    for end in ("source", "target"):
        if end not in edge:
            raise UnreadableGraphError(f"{where} has no `{end}`")
        identifier = _identifier(edge[end], f"{where}.{end}")
        if identifier not in names:
            raise UnreadableGraphError(f"{where}.{end} is {identifier}, and no node has that id")
        ends.append(names[identifier])
    mark, backwards = mark_of(_texts(edge).get("mark"), default)
    found = Edge(ends[0], mark, ends[1], file=file)
    return found.reversed() if backwards else found


def _identifier(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise UnreadableGraphError(f"{where} is no name of a variable")
    return str(value)


def _texts(item: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in item.items() if isinstance(value, str | int | float)}
