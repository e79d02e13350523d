from __future__ import annotations

import os
import random
import subprocess
import sys

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.published import ASIA, BOW, FRONT_DOOR, M_BIAS, NAPKIN, graph_of, graphs
from wsl.graph import CausalGraph, Edge, Mark, Role


def test_asia_up_and_down() -> None:
    asia = graph_of(ASIA, target="dysp")
    assert asia.parents("either") == ("lung", "tub")
    assert asia.children("smoke") == ("bronc", "lung")
    assert asia.ancestors("xray") == {"either", "lung", "tub", "smoke", "asia"}
    assert asia.descendants("tub", "bronc") == {"either", "xray", "dysp"}
    assert asia.descendants("smoke", "lung") == {"lung", "bronc", "either", "xray", "dysp"}
    assert asia.path("smoke", "dysp") == ["smoke", "bronc", "dysp"]
    assert asia.path("dysp", "smoke") == []
    assert asia.path("dysp", "dysp") == ["dysp"]
    assert asia.is_ancestor("asia", "xray")
    assert not asia.is_ancestor("xray", "xray")
    roles = {node: asia.role(node) for node in asia.nodes}
    assert roles.pop("dysp") is Role.TARGET
    assert roles.pop("xray") is Role.OTHER
    assert set(roles.values()) == {Role.ANCESTOR}
    assert graph_of(ASIA, target="either").role("dysp") is Role.DESCENDANT


def test_levels_wait_for_all_ancestors_where_breadth_first_does_not() -> None:
    paper = graph_of("fe -> rtt; fe -> srP; rtt -> febe; febe -> srP; srP -> rt")
    assert paper.levels(paper.descendants("fe")) == [["rtt"], ["febe"], ["srP"], ["rt"]]
    assert paper.levels({"rtt", "srP"}) == [["rtt", "srP"]], "what is not redrawn is not waited for"
    assert paper.levels([]) == []


@pytest.mark.parametrize(
    ("text", "districts"),
    [
        (FRONT_DOOR, [{"m"}, {"x", "y"}]),
        (BOW, [{"x", "y"}]),
        (M_BIAS, [{"x", "y", "z"}]),
        (NAPKIN, [{"w", "x", "y"}, {"z"}]),
    ],
)
def test_districts(text: str, districts: list[set[str]]) -> None:
    assert list(map(set, graph_of(text).districts)) == districts


def test_a_variable_outside_the_graph_has_empty_answers() -> None:
    graph = graph_of("a -> b", target="b")
    assert graph.parents("z") == graph.children("z") == ()
    assert graph.descendants("z") == graph.ancestors("z") == frozenset()
    assert graph.role("z") is Role.OTHER
    assert graph.levels({"b", "z"}) == [["b", "z"]]
    assert graph.restricted_to({"a", "z"}).nodes == ("a",)


def test_a_call_graph_turns_round() -> None:
    calls = graph_of("web -> api; api -> db; web <-> db; p ?-> q", target="web").reversed()
    assert calls.path("db", "web") == ["db", "api", "web"]
    assert Edge("db", Mark.LATENT, "web") in calls.edges
    assert calls.parents("p") == ("q",)


def test_a_cycle_is_no_graph() -> None:
    with pytest.raises(ValueError, match="no cycles"):
        graph_of("a -> b; b -> c; c -> a")


@given(graphs(), st.randoms(use_true_random=False))
def test_order_of_construction_does_not_matter(graph: CausalGraph, shuffler: random.Random) -> None:
    nodes, edges = list(graph.nodes), list(graph.edges)
    shuffler.shuffle(nodes)
    shuffler.shuffle(edges)
    again = CausalGraph(tuple(nodes), tuple(edges), graph.target)
    assert again == graph
    assert again.topological_order == graph.topological_order
    assert again.levels(nodes) == graph.levels(graph.nodes)
    assert again.districts == graph.districts


@given(graphs(), st.data())
def test_as_networkx_says(graph: CausalGraph, data: st.DataObject) -> None:
    arrows: nx.DiGraph[str] = nx.DiGraph()
    arrows.add_nodes_from(graph.nodes)
    arrows.add_edges_from(edge.ends for edge in graph.edges if edge.mark.is_directed)
    hidden: nx.Graph[str] = nx.Graph()
    hidden.add_nodes_from(graph.nodes)
    hidden.add_edges_from(edge.ends for edge in graph.edges if edge.mark is Mark.LATENT)
    assert list(graph.topological_order) == list(nx.lexicographical_topological_sort(arrows))
    assert sorted(graph.districts, key=min) == sorted(
        map(frozenset, nx.connected_components(hidden)), key=min
    )
    for node in graph.nodes:
        assert graph.ancestors(node) == nx.ancestors(arrows, node)
        assert graph.descendants(node) == nx.descendants(arrows, node)
        for other in nx.descendants(arrows, node):
            path = graph.path(node, other)
            assert nx.is_path(arrows, path)
            assert len(path) == nx.shortest_path_length(arrows, node, other) + 1
    chosen = data.draw(st.sets(st.sampled_from(graph.nodes)))
    assert graph.levels(chosen) == longest_path_levels(nx.DiGraph(arrows.subgraph(chosen)))
    kept = graph.ancestral(*chosen)
    assert set(kept.nodes) == chosen.union(*(nx.ancestors(arrows, node) for node in chosen))
    assert set(kept.edges) == {edge for edge in graph.edges if set(edge.ends) <= set(kept.nodes)}


def longest_path_levels(graph: nx.DiGraph[str]) -> list[list[str]]:
    """The naive twin: the longest of all paths that end in each node."""

    def depth(node: str) -> int:
        return max((depth(parent) + 1 for parent in graph.predecessors(node)), default=0)

    depths = {node: depth(node) for node in graph}
    return [sorted(n for n in graph if depths[n] == rank) for rank in sorted(set(depths.values()))]


def test_networkx_is_loaded_only_where_it_is_used() -> None:
    command = (
        "import sys, wsl.graph, wsl.graph.files, wsl.graph.skeleton; sys.exit('networkx' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", command], env=environment).returncode == 0
