"""Hidden common causes and unknown directions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from wsl.graph.causal_graph import CausalGraph, Edge, Mark, reached


def unresolved_edges(graph: CausalGraph, changed: Iterable[str], read: Iterable[str]) -> tuple[Edge, ...]:
    """The `--` and `?->` edges that touch what an update of `changed` would redraw, or what that is redrawn
    from because a `<->` links the two; sorted.

    `read` is what is estimated, and what USE, WHERE, BY and right sides read. Redrawn are the proper
    descendants of `changed` among the ancestors of either; since a `--` may lead either way, it is taken both
    ways. Edges to a variable that is above nothing of interest do not count.
    """
    changed = set(changed)
    of_interest = changed.union(read)
    ancestral = of_interest | _reachable(graph, of_interest, upwards=True)
    relevant = graph.restricted_to(ancestral)
    redrawn = _reachable(relevant, changed, upwards=False)
    linked = [district for district in relevant.districts if not district.isdisjoint(redrawn)]
    return relevant.touching([Mark.UNDIRECTED, Mark.POSSIBLE], redrawn.union(*linked))


def latent_projection(edges: Sequence[Edge], hidden: Iterable[str]) -> list[Edge]:
    """The edges that say the same of the other variables when the hidden ones are gone.

    One after the other, the causes of a hidden variable become causes of its effects, and its effects share a
    hidden cause with each other and with all that shared one with it (Tian and Pearl, UAI 2002, after Verma).
    An edge that comes to be keeps the place of one it replaces. A `--` at a hidden variable is dropped.
    """
    left = list(edges)
    for node in sorted(set(hidden)):
        around = [edge for edge in left if node in edge.ends]
        left = [edge for edge in left if node not in edge.ends]
        causes = [edge for edge in around if edge.mark.is_directed and edge.source != node]
        effects = [edge for edge in around if edge.mark.is_directed and edge.target != node]
        shared = [edge for edge in around if edge.mark is Mark.LATENT and edge.source != edge.target]
        new = [_through(cause, effect) for cause in causes for effect in effects]
        tied = [edge.target for edge in effects]
        new += [Edge(a, Mark.LATENT, b, effects[0].span, effects[0].file) for a, b in combinations(tied, 2)]
        for edge in shared:
            other = edge.target if edge.source == node else edge.source
            new += [Edge(other, Mark.LATENT, end, edge.span, edge.file) for end in tied if end != other]
        known = set(left)
        left += [edge for edge in dict.fromkeys(new) if edge not in known]
    return left


def _through(cause: Edge, effect: Edge) -> Edge:
    mark = Mark.POSSIBLE if Mark.POSSIBLE in (cause.mark, effect.mark) else Mark.CAUSE
    return Edge(cause.source, mark, effect.target, effect.span, effect.file)


def _reachable(graph: CausalGraph, starts: Iterable[str], *, upwards: bool) -> frozenset[str]:
    """What directed edges, all followed up or all down, and undirected ones lead to from `starts`."""
    neighbours: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.mark.is_directed:
            here, there = edge.reversed().ends if upwards else edge.ends
            neighbours[here].append(there)
        elif edge.mark is Mark.UNDIRECTED:
            neighbours[edge.source].append(edge.target)
            neighbours[edge.target].append(edge.source)
    return reached(neighbours, starts)
