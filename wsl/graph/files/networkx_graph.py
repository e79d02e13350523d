"""Graphs of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsl.diagnostics import WslError, report
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError, graph_file, is_hidden, mark_of

if TYPE_CHECKING:
    import networkx


def from_networkx(graph: networkx.Graph[Any]) -> GraphFile:
    """A networkx graph of any kind: an arrow is a cause, an edge without direction a `--`.

    An edge attribute `mark` says otherwise; a node attribute `observed="no"` makes a variable hidden, and the
    graph attribute `target` names the target. Names are texts. Raises WslError with one finding.
    """
    names = {node: str(node) for node in graph.nodes}
    try:
        if len(set(names.values())) < len(names):
            repeated = next(n for n in names.values() if list(names.values()).count(n) > 1)
            raise UnreadableGraphError(f"two nodes are called {repeated}")
        default = Mark.CAUSE if graph.is_directed() else Mark.UNDIRECTED
        edges = []
        for source, target, values in graph.edges(data=True):
            mark, backwards = mark_of(_texts(values).get("mark"), default)
            edge = Edge(names[source], mark, names[target])
            edges.append(edge.reversed() if backwards else edge)
        hidden = [names[node] for node, values in graph.nodes(data=True) if is_hidden(_texts(values))]
        targets = [str(graph.graph["target"])] if "target" in graph.graph else []
        found = graph_file(edges, names.values(), targets, hidden)
    except UnreadableGraphError as error:
        raise WslError(
            [report("WSL-G023", file="the graph", format="networkx", reason=error.reason)]
        ) from None
    if not found.edges:
        raise WslError([report("WSL-G024", file="the graph")])
    return found


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in values.items()}
