"""The causal graph as an immutable value."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from wsl_grammar.terminals import written_name

from wsl.diagnostics import Span

if TYPE_CHECKING:
    import networkx


class Mark(StrEnum):
    """What an edge says."""

    CAUSE = "->"
    LATENT = "<->"  # a hidden common cause
    UNDIRECTED = "--"  # an edge whose direction is not known
    POSSIBLE = "?->"  # a cause or a hidden common cause

    @property
    def is_directed(self) -> bool:
        """Whether the edge counts as an arrow; a possible cause is read as a cause."""
        return self in (Mark.CAUSE, Mark.POSSIBLE)


class Role(Enum):
    """Where a variable stands with respect to the target."""

    TARGET = "target"
    ANCESTOR = "ancestor"
    DESCENDANT = "descendant"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge, and where it was written: a place in `file`, or in the program where `file` is None.

    The ends of an edge without direction are kept in alphabetical order, so that equal means equal.
    """

    source: str
    mark: Mark
    target: str
    span: Span | None = field(default=None, compare=False, repr=False)
    file: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.mark.is_directed and self.target < self.source:
            source = self.source
            object.__setattr__(self, "source", self.target)
            object.__setattr__(self, "target", source)

    @property
    def ends(self) -> tuple[str, str]:
        return self.source, self.target

    def reversed(self) -> Edge:
        return replace(self, source=self.target, target=self.source)

    def __str__(self) -> str:
        return f"{written_name(self.source)} {self.mark} {written_name(self.target)}"


@dataclass(frozen=True)
class CausalGraph:
    """An acyclic graph of variables, in a canonical order whatever the order of construction.

    A variable that is not in the graph is one without edges: questions about it have empty answers.
    Raises ValueError on a cycle; `build` reports cycles, and all else that can be wrong, as findings.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]
    target: str | None = None
    origin: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        ends = (end for edge in self.edges for end in edge.ends)
        ordered = sorted(self.edges, key=lambda edge: (edge.source, edge.target, edge.mark))
        object.__setattr__(self, "nodes", tuple(sorted({*self.nodes, *ends})))
        object.__setattr__(self, "edges", tuple(dict.fromkeys(ordered)))
        if len(self.topological_order) < len(self.nodes):
            raise ValueError("a causal graph has no cycles")

    def parents(self, node: str) -> tuple[str, ...]:
        """The direct causes of a variable, sorted."""
        return self._parents.get(node, ())

    def children(self, node: str) -> tuple[str, ...]:
        """The direct effects of a variable, sorted."""
        return self._children.get(node, ())

    def ancestors(self, *nodes: str) -> frozenset[str]:
        """The proper ancestors: a node of `nodes` is among them only if it is above another."""
        return reached(self._parents, nodes)

    def descendants(self, *nodes: str) -> frozenset[str]:
        """The proper descendants: a node of `nodes` is among them only if it is below another."""
        return reached(self._children, nodes)

    def is_ancestor(self, above: str, below: str) -> bool:
        return above in self.ancestors(below)

    def path(self, start: str, end: str) -> list[str]:
        """A shortest directed path with both its ends; empty where there is none."""
        came_from = {start: start}
        queue = deque([start])
        while queue and end not in came_from:
            node = queue.popleft()
            for child in self.children(node):
                if child not in came_from:
                    came_from[child] = node
                    queue.append(child)
        if end not in came_from:
            return []
        path = [end]
        while path[-1] != start:
            path.append(came_from[path[-1]])
        return path[::-1]

    @cached_property
    def topological_order(self) -> tuple[str, ...]:
        """Causes before effects; of all such orders the alphabetically first."""
        waiting = {node: len(self.parents(node)) for node in self.nodes}
        ready = [node for node, count in waiting.items() if not count]
        heapify(ready)
        order = []
        while ready:
            node = heappop(ready)
            order.append(node)
            for child in self.children(node):
                waiting[child] -= 1
                if not waiting[child]:
                    heappush(ready, child)
        return tuple(order)

    def levels(self, nodes: Iterable[str]) -> list[list[str]]:
        """`nodes` by the length of the longest path that leads to each within them, sorted in each level.

        No variable comes before one of its ancestors, which a breadth-first order does not ensure.
        """
        members = set(nodes)
        level: dict[str, int] = {}
        for node in (*self.topological_order, *sorted(members - set(self.nodes))):
            if node in members:
                level[node] = max((level[p] + 1 for p in self.parents(node) if p in members), default=0)
        depth = max(level.values(), default=-1) + 1
        return [sorted(node for node in level if level[node] == rank) for rank in range(depth)]

    @cached_property
    def districts(self) -> tuple[frozenset[str], ...]:
        """The components of the `<->` edges; a variable without one is a district of its own."""
        neighbours: dict[str, list[str]] = {node: [] for node in self.nodes}
        for edge in self.edges:
            if edge.mark is Mark.LATENT:
                neighbours[edge.source].append(edge.target)
                neighbours[edge.target].append(edge.source)
        found: dict[str, frozenset[str]] = {}
        for node in self.nodes:
            if node not in found:
                district = reached(neighbours, [node]) | {node}
                found.update(dict.fromkeys(district, district))
        return tuple(dict.fromkeys(found.values()))

    def restricted_to(self, nodes: Iterable[str]) -> CausalGraph:
        """The graph on `nodes` alone, with the edges among them."""
        kept = set(nodes) & set(self.nodes)
        target = self.target if self.target in kept else None
        return replace(self, nodes=tuple(kept), edges=self.edges_among(kept), target=target)

    def ancestral(self, *nodes: str) -> CausalGraph:
        """The graph on `nodes` and their ancestors."""
        return self.restricted_to(self.ancestors(*nodes).union(nodes))

    def edges_among(self, nodes: Iterable[str]) -> tuple[Edge, ...]:
        """The edges with both ends in `nodes`."""
        kept = set(nodes)
        return tuple(edge for edge in self.edges if kept.issuperset(edge.ends))

    def touching(self, marks: Iterable[Mark], nodes: Iterable[str]) -> tuple[Edge, ...]:
        """The edges of these marks with an end in `nodes`."""
        wanted, members = set(marks), set(nodes)
        return tuple(e for e in self.edges if e.mark in wanted and not members.isdisjoint(e.ends))

    def role(self, node: str) -> Role:
        if node == self.target:
            return Role.TARGET
        if self.target is not None and node in self.ancestors(self.target):
            return Role.ANCESTOR
        if self.target is not None and node in self.descendants(self.target):
            return Role.DESCENDANT
        return Role.OTHER

    def reversed(self) -> CausalGraph:
        """Every arrow turned round, as a call graph must be: callers wait for what they call."""
        return replace(self, edges=tuple(edge.reversed() for edge in self.edges))

    def with_target(self, target: str | None) -> CausalGraph:
        return replace(self, target=target)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """A networkx graph whose edges are keyed by, and carry, their `mark`; `target` is a graph attribute.

        A multigraph, since a variable may be both a cause of another and share a hidden cause with it.
        """
        from networkx import MultiDiGraph

        graph: MultiDiGraph[str] = MultiDiGraph()
        if self.target is not None:
            graph.graph["target"] = self.target
        graph.add_nodes_from(self.nodes)
        for edge in self.edges:
            graph.add_edge(edge.source, edge.target, key=edge.mark.value, mark=edge.mark.value)
        return graph

    def to_dot(self) -> str:
        """The graph in the DOT language of Graphviz, as `read_graph` reads it."""
        lines = [] if self.target is None else [f"  target={_dot(self.target)};"]
        lines += [f"  {_dot(node)}{_TARGET if node == self.target else ''};" for node in self.nodes]
        lines += [f"  {_dot(e.source)} -> {_dot(e.target)}{_DOT_MARKS[e.mark]};" for e in self.edges]
        return "\n".join(["digraph {", *lines, "}", ""])

    @cached_property
    def _parents(self) -> dict[str, tuple[str, ...]]:
        return self._neighbours({(edge.target, edge.source) for edge in self.edges if edge.mark.is_directed})

    @cached_property
    def _children(self) -> dict[str, tuple[str, ...]]:
        return self._neighbours({(edge.source, edge.target) for edge in self.edges if edge.mark.is_directed})

    def _neighbours(self, pairs: set[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {node: [] for node in self.nodes}
        for node, neighbour in sorted(pairs):
            found[node].append(neighbour)
        return {node: tuple(neighbours) for node, neighbours in found.items()}


_TARGET = " [peripheries=2]"
_DOT_MARKS = {
    Mark.CAUSE: "",
    Mark.LATENT: " [dir=both]",
    Mark.UNDIRECTED: " [dir=none]",
    Mark.POSSIBLE: " [dir=both, arrowtail=odot]",
}


def _dot(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def reached(neighbours: Mapping[str, Iterable[str]], starts: Iterable[str]) -> frozenset[str]:
    """What one or more steps lead to from `starts`."""
    seen: set[str] = set()
    waiting = [neighbour for start in starts for neighbour in neighbours.get(start, ())]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(neighbours.get(node, ()))
    return frozenset(seen)
