"""A causal graph in layers with few crossings: where each node and each bend of an edge lies.

The method of Sugiyama, Tagawa and Toda (1981): longest-path layers, a bend in every layer that an edge
passes, and the barycentre ordering, down and up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

_SWEEPS = 24

Edge = tuple[str, str, str]
Slot = str | tuple[Edge, int]  # a node, or the bend of an edge in a layer

NOT_LAYERED = ("<->", "--")


@dataclass(frozen=True)
class Layering:
    """Slots from the first layer to the last, each from left to right, and the slots each edge passes."""

    layers: tuple[tuple[Slot, ...], ...]
    routes: Mapping[Edge, tuple[Slot, ...]]


def layer(nodes: Sequence[str], edges: Iterable[Edge]) -> Layering:
    """Every cause above its effects; the same graph gives the same picture."""
    known = list(edges)
    level = _levels(nodes, known)
    layers: list[list[Slot]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in nodes:
        layers[level[node]].append(node)
    routes = {edge: _route(edge, level) for edge in known}
    for route in routes.values():
        for slot in route:
            if not isinstance(slot, str):
                layers[slot[1]].append(slot)
    return Layering(_ordered(layers, routes.values()), routes)


def crossings(layering: Layering) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    place = {slot: i for row in layering.layers for i, slot in enumerate(row)}
    return _crossings(layering.layers, _links(layering.routes.values()), place)


def _levels(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The longest path from a root; a root itself stands right above its first effect."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((a, b) for a, mark, b in edges if mark not in NOT_LAYERED)
    level = {node: i for i, names in enumerate(nx.topological_generations(graph)) for node in names}
    for node in nodes:
        if not graph.pred[node] and graph.succ[node]:
            level[node] = min(level[child] for child in graph.succ[node]) - 1
    return level


def _route(edge: Edge, level: Mapping[str, int]) -> tuple[Slot, ...]:
    """The slots of an edge from its upper end to its lower end."""
    first, last = (edge[0], edge[2]) if level[edge[0]] <= level[edge[2]] else (edge[2], edge[0])
    return (first, *((edge, between) for between in range(level[first] + 1, level[last])), last)


def _links(routes: Iterable[tuple[Slot, ...]]) -> list[tuple[Slot, Slot]]:
    return [pair for route in routes for pair in pairwise(route)]


def _ordered(layers: list[list[Slot]], routes: Iterable[tuple[Slot, ...]]) -> tuple[tuple[Slot, ...], ...]:
    """The layers, each reordered by the mean place of its neighbours until crossings no longer fall."""
    links = _links(routes)
    above: dict[Slot, list[Slot]] = {}
    below: dict[Slot, list[Slot]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    place = {slot: i for row in layers for i, slot in enumerate(row)}
    best = [list(row) for row in layers]
    fewest = _crossings(best, links, place)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in layers if down else reversed(layers):
            _sort(row, above if down else below, place)
        found = _crossings(layers, links, place)
        if found < fewest:
            best, fewest = [list(row) for row in layers], found
    return tuple(map(tuple, best))


def _sort(row: list[Slot], neighbours: Mapping[Slot, list[Slot]], place: dict[Slot, int]) -> None:
    def barycentre(slot: Slot) -> float:
        near = neighbours.get(slot)
        return sum(place[n] for n in near) / len(near) if near else float(place[slot])

    row.sort(key=barycentre)
    place.update({slot: i for i, slot in enumerate(row)})


def _crossings(
    layers: Sequence[Sequence[Slot]], links: list[tuple[Slot, Slot]], place: Mapping[Slot, int]
) -> int:
    of_layer = {slot: i for i, row in enumerate(layers) for slot in row}
    between: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in links:
        between.setdefault(of_layer[upper], []).append((place[upper], place[lower]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for pairs in between.values()
        for i, a in enumerate(pairs)
        for b in pairs[:i]
    )
