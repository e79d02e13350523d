from __future__ import annotations

import random

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.published import ASIA, edges_of
from wsl.diagnostics import Text
from wsl.graph import CausalGraph, Edge, Mark, build, compare_with_columns

ARROWS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=20)


def codes(text: str, target: str | None = None) -> list[str]:
    return [finding.code for finding in build(edges_of(text), target=target)[1]]


def test_everything_that_is_wrong_is_said_in_one_go() -> None:
    text = "a -> b; b -> c; c -> a; d -> d; x -> y; y -> x; a -> b; p -- q; p ?-> q"
    assert codes(text, target="z") == [
        *("WSL-G004", "WSL-G002", "WSL-G003", "WSL-G003", "WSL-G001", "WSL-G005"),
    ]


def test_a_hidden_cause_beside_an_arrow_is_no_contradiction() -> None:
    assert codes("a -> b; a <-> b; b -> c", target="c") == []
    assert codes("a -- b; a <-> b") == []


def test_the_cycle_is_the_shortest_and_starts_after_its_last_edge() -> None:
    graph, findings = build(edges_of("b -> c; c -> d; d -> e; e -> b; d -> b"))
    assert graph is None
    assert [finding.message for finding in findings] == [
        "these edges form a cycle: b -> c -> d -> b",
        "these edges form a cycle: b -> c -> d -> e -> b",
    ]


def test_a_duplicate_does_no_harm() -> None:
    graph, findings = build(edges_of("a -> b; b <-> a; a <-> b; a -> b"))
    assert [finding.code for finding in findings] == ["WSL-G004"] * 2
    assert graph == CausalGraph((), tuple(edges_of("a -> b; a <-> b")))


def test_the_target() -> None:
    place = Text("GRAPH { fe -> rt } TARGET rtt").span(26, 29)
    _, [finding] = build(edges_of("fe -> rt"), target="rtt", target_span=place)
    assert (finding.help, finding.span) == ("did you mean rt?", place)
    assert [fix.text for fix in finding.fixes] == ["rt"]
    assert codes("web -> api; api -> db", target="web") == ["WSL-G006"]
    assert codes("web -> api; db -- web", target="web") == []
    assert codes(ASIA, target="dysp") == []


def test_the_graph_against_the_columns() -> None:
    content = "fe -> rt; `r t` -> rt; fe -> lost"
    edges = [Edge("fe", Mark.CAUSE, "lost", Text(content).span(24, 34), "cdn.dot"), *edges_of("fe -> rt")]
    graph, _ = build([*edges, Edge("r t", Mark.CAUSE, "rt", file="cdn.json")])
    assert graph is not None
    findings = compare_with_columns(graph, ["fe", "rt", "r_t", "tod", "ts"])
    assert [(f.code, f.message, f.help, f.file) for f in findings[:2]] == [
        ("WSL-G007", "the graph names lost, but the data has no such column", None, "cdn.dot"),
        ("WSL-G007", "the graph names `r t`, but the data has no such column", "did you mean r_t?", None),
    ]
    assert findings[0].span == Text(content).span(24, 34)
    assert findings[2].message == "not in the graph, so nothing that is set will reach them: r_t, tod, ts"
    assert compare_with_columns(graph, graph.nodes) == []
    (unusable,) = compare_with_columns(graph, ["fe", "rt", "r t"], unusable={"lost": "integer[]"})
    assert (unusable.code, unusable.span) == ("WSL-D009", findings[0].span)


@given(ARROWS, st.randoms(use_true_random=False))
def test_a_graph_comes_of_acyclic_arrows_alone(
    arrows: list[tuple[str, str]], shuffler: random.Random
) -> None:
    edges = [Edge(a, Mark.CAUSE, b) for a, b in arrows]
    graph, findings = build(edges)
    assert (graph is not None) == nx.is_directed_acyclic_graph(nx.DiGraph(arrows))
    assert (graph is None) == any(finding.is_error for finding in findings)
    if graph is not None:
        shuffler.shuffle(edges)
        assert build(edges)[0] == graph


@given(ARROWS)
def test_what_is_reported_is_enough_to_mend(arrows: list[tuple[str, str]]) -> None:
    """Every finding stands at an edge; without those edges nothing is wrong."""
    edges = [Edge(a, Mark.CAUSE, b, Text("x" * 30).span(n, n + 1)) for n, (a, b) in enumerate(arrows)]
    findings = build(edges)[1]
    placed = {finding.span for finding in findings}
    if len(findings) < 10:
        assert build([edge for edge in edges if edge.span not in placed])[1] == []


def test_large_graphs_are_quick_to_judge() -> None:
    size = 3000
    ring = [Edge(f"n{i}", Mark.CAUSE, f"n{(i + 1) % size}") for i in range(size)]
    assert len(build(ring)[1]) == 1
    both_ways = [Edge(f"n{i}", Mark.CAUSE, f"n{j}") for i in range(40) for j in range(40) if i != j]
    assert len(build(both_ways)[1]) == 10
