"""The causal graph as a result shows it."""

from __future__ import annotations

from dataclasses import dataclass

from wsl.graph import CausalGraph


@dataclass(frozen=True)
class ScenarioGraph:
    """The graph a scenario ran on: edges as (from, mark, to) among the variables that matter to it."""

    origin: str
    target: str | None
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str, str], ...]


def scenario_graph(graph: CausalGraph | None) -> ScenarioGraph | None:
    """A causal graph as a result shows it."""
    if graph is None:
        return None
    return ScenarioGraph(graph.origin, graph.target, graph.nodes, edges_of(graph))


def edges_of(graph: CausalGraph) -> tuple[tuple[str, str, str], ...]:
    """The edges of a causal graph as (from, mark, to)."""
    return tuple((edge.source, str(edge.mark.value), edge.target) for edge in graph.edges)


@dataclass(frozen=True)
class GraphView:
    """A graph that came into force."""

    line: int | None
    origin: str
    target: str | None
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str, str], ...]
