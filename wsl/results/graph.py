"""The causal graph as a result shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScenarioGraph:
    """The graph a scenario ran on: edges as (from, mark, to) among the variables that matter to it."""

    origin: str
    target: str | None
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class GraphView:
    """A graph that came into force."""

    line: int | None
    origin: str
    target: str | None
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str, str], ...]
