from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.published import BOW, FRONT_DOOR, edges_of, graph_of, graphs
from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.latent import latent_projection, unresolved_edges


@pytest.mark.parametrize(
    ("text", "changed", "read", "unresolved"),
    [
        (BOW, "x", "y", []),
        (FRONT_DOOR, "x", "y", []),
        ("a -> b; b <-> c; c -- d", "a", "b", []),
        ("a -> b; b <-> c; c -- d", "a", "bc", ["c -- d"]),
        ("a -> b; b <-> c; d ?-> c; c -> b", "a", "b", ["d ?-> c"]),
        ("a -> b; d ?-> c; c -> b", "a", "b", []),
        ("a -> b; a -- c; c -> b", "a", "b", ["a -- c"]),
        ("a -> b; c -- d", "a", "b", []),
        ("a -> b; c -- b", "a", "b", ["b -- c"]),
        ("a -> b; b -> c; b <-> d", "a", "c", []),
        ("a -- b; b -- c", "a", "c", ["a -- b", "b -- c"]),
        ("c -- a; a -> b", "a", "b", ["a -- c"]),
        ("a -> b; c <-> d; c -> b; d -> b", "a", "b", []),
    ],
)
def test_edges_that_touch_what_is_redrawn(text: str, changed: str, read: str, unresolved: list[str]) -> None:
    assert [str(edge) for edge in unresolved_edges(graph_of(text), changed, read)] == unresolved


@pytest.mark.parametrize(
    ("text", "hidden", "visible"),
    [
        ("u -> a; u -> b", "u", "a <-> b"),
        ("p -> u; u -> a", "u", "p -> a"),
        ("p ?-> u; u -> a", "u", "p ?-> a"),
        ("p <-> u; u -> a; u -> b", "u", "a <-> p; b <-> p; a <-> b"),
        ("u -> v; v -> a; u -> b", "uv", "a <-> b"),
        ("u -> a; a -> b", "u", "a -> b"),
    ],
)
def test_hidden_variables_leave_their_marks(text: str, hidden: str, visible: str) -> None:
    assert set(latent_projection(edges_of(text), hidden)) == set(edges_of(visible))


@given(graphs(marks=(Mark.CAUSE, Mark.LATENT)), st.data())
def test_projection_keeps_every_separation(graph: CausalGraph, data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(graph.nodes), max_size=3))
    shown = sorted(set(graph.nodes) - hidden)
    if len(shown) < 2:
        return
    a, b = data.draw(st.lists(st.sampled_from(shown), min_size=2, max_size=2, unique=True))
    given_these = data.draw(st.sets(st.sampled_from(shown))) - {a, b}
    projected = CausalGraph(tuple(shown), tuple(latent_projection(graph.edges, hidden)))
    before, after = with_hidden_causes(graph.edges, graph.nodes), with_hidden_causes(projected.edges, shown)
    assert nx.is_d_separator(before, {a}, {b}, given_these) == nx.is_d_separator(after, {a}, {b}, given_these)
    for node in shown:
        assert projected.descendants(node) == graph.descendants(node) - hidden


def with_hidden_causes(edges: tuple[Edge, ...], nodes: Iterable[str]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    for number, edge in enumerate(edges):
        if edge.mark is Mark.LATENT:
            graph.add_edges_from((f"hidden {number}", end) for end in edge.ends)
        else:
            graph.add_edge(*edge.ends)
    return graph
