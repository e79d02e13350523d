"""The rule of redrawing against exact enumeration: right where it says so, a plain redraw wrong elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from tests.graph.enumeration import EXACT, Model, Question, asked, error, random_assumption, random_question
from tests.graph.published import BOW, FRONT_DOOR, M_BIAS, NAPKIN, graph_of
from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.redrawing import Conditioning, Redrawing


@dataclass
class Counts:
    """Questions that the rule allows, on which it is exact, and a plain redraw is not; and refused ones on
    which a plain one is exact all the same."""

    allowed: int = 0
    exact: int = 0
    beaten: int = 0
    refused: int = 0
    refused_but_exact: int = 0


def compared(questions: Iterator[tuple[Question, Model]]) -> Counts:
    counts = Counts()
    for question, model in questions:
        plain_is_exact = error(model, question, plain=True) < EXACT
        if question.rule.obstacles:
            counts.refused += 1
            counts.refused_but_exact += plain_is_exact
            continue
        counts.allowed += 1
        errors = [error(model, question, plain=False, estimate=estimate) for estimate in (False, True)]
        counts.exact += max(errors) < EXACT
        counts.beaten += not plain_is_exact
    return counts


def test_a_redraw_is_exact_where_the_rule_allows_it_and_a_plain_one_never_where_it_does_not() -> None:
    counts = compared(asked(1_000, 11, random_question))
    assert counts.exact == counts.allowed
    assert counts.refused_but_exact == 0
    assert min(counts.allowed, counts.refused) > 400
    assert counts.beaten > 100


def test_assumed_values_are_felt_by_the_target_alone() -> None:
    counts = compared(asked(500, 12, random_assumption))
    assert counts.exact == counts.allowed
    assert min(counts.allowed, counts.refused) > 200
    assert counts.beaten > 10


@pytest.mark.slow
def test_many_more_questions() -> None:
    counts = compared(asked(20_000, 13, random_question))
    assert counts.exact == counts.allowed
    assert counts.refused_but_exact == 0
    counts = compared(asked(20_000, 14, random_assumption))
    assert counts.exact == counts.allowed


# Known verdicts, and words for them


def asking(text: str, changed: str, target: str, read: str = "") -> Redrawing:
    return Redrawing(graph_of(text, target), frozenset(changed), frozenset(target), frozenset(read))


BACK_DOOR = "z -> x; z -> y; x -> y; z <-> x"


@pytest.mark.parametrize(
    ("text", "read", "path"),
    [
        (BOW, "", ("x", "y")),
        (FRONT_DOOR, "", None),
        ("x -> z; z -> y; x <-> z", "", ("x", "z")),
        (M_BIAS, "", None),
        (M_BIAS, "z", ("x", "z", "y")),
        (BACK_DOOR, "", None),
        (NAPKIN, "", ("x", "w", "y")),
        ("x -> y; y <-> z", "z", None),
        ("x -> y; x <-> y; y -> z; x -> x2", "", ("x", "y")),
    ],
)
def test_verdicts(text: str, read: str, path: tuple[str, ...] | None) -> None:
    found = asking(text, "x", "y", read).obstacles
    assert [obstacle.path for obstacle in found] == ([path] if path else [])


@pytest.mark.parametrize(
    ("text", "changed", "target", "given"),
    [
        (FRONT_DOOR, "x", "m", Conditioning(("x",))),
        (FRONT_DOOR, "x", "y", Conditioning(("m", "x"), ("x",))),
        (FRONT_DOOR, "m", "y", Conditioning(("m", "x"))),
        (BACK_DOOR, "x", "y", Conditioning(("x", "z"))),
        (M_BIAS, "x", "y", Conditioning(("x",))),
        ("z -> x; x -> y; z <-> y", "x", "y", Conditioning(("x", "z"))),
        ("z -> w; w -> x; x -> y; z <-> y; z <-> w", "x", "y", Conditioning(("w", "x", "z"))),
        # What is not redrawn comes first, whatever the names; what is not asked for does not matter.
        ("x -> b; b <-> c; c -> d; b -> d", "x", "d", Conditioning(("b", "c"))),
        ("x -> b; b <-> c; c -> d; b -> d", "x", "b", Conditioning(("x",))),
    ],
)
def test_what_a_variable_is_drawn_from(text: str, changed: str, target: str, given: Conditioning) -> None:
    rule = asking(text, changed, target)
    assert rule.obstacles == ()
    assert rule.conditioning(target) == given


def test_what_is_known_comes_first_and_what_is_estimated_last() -> None:
    rule = asking("x -> b; b <-> c; c -> d; b -> d", "x", "d")
    assert rule.conditioning("b") == Conditioning(("c", "x"))
    rule = asking("x -> a; x -> b; a <-> b", "x", "a", "b")
    assert rule.conditioning("a") == Conditioning(("b", "x"))
    assert rule.conditioning("b") == Conditioning(("x",))


def test_without_hidden_causes_it_is_the_parents() -> None:
    for question, _ in asked(200, 15, random_question):
        edges = tuple(edge for edge in question.graph.edges if edge.mark is Mark.CAUSE)
        graph = CausalGraph(question.graph.nodes, edges)
        rule = Redrawing(graph, question.rule.intervened, frozenset((question.target,)))
        assert rule.obstacles == ()
        for name in graph.nodes:
            assert rule.conditioning(name) == Conditioning(graph.parents(name))


def test_every_way_out_leads_out() -> None:
    """A known cause in the place of a `<->`, a carrier in the place of an arrow, or no reading."""
    measured = carried = unread = 0
    for question, _ in asked(600, 16, random_question):
        rule, graph = question.rule, question.graph
        for obstacle in rule.obstacles:
            for edges in rule.enough(obstacle):
                known = [Edge(f"known {n}", Mark.CAUSE, end) for n, e in enumerate(edges) for end in e.ends]
                left = [edge for edge in graph.edges if edge not in edges]
                assert replace(rule, whole=CausalGraph((), (*left, *known))).allows(obstacle.cause)
                some = [edge for edge in graph.edges if edge not in edges[1:]]
                assert not replace(rule, whole=CausalGraph((), tuple(some))).allows(obstacle.cause)
                measured += 1
            if rule.effects(obstacle) == (obstacle.effect,):
                arrow = Edge(obstacle.cause, Mark.CAUSE, obstacle.effect)
                chain = Edge(arrow.source, Mark.CAUSE, "carrier"), Edge("carrier", Mark.CAUSE, arrow.target)
                left = [edge for edge in graph.edges if edge != arrow]
                assert replace(rule, whole=CausalGraph((), (*left, *chain))).allows(obstacle.cause)
                carried += 1
            for name in rule.unread(obstacle):
                assert replace(rule, read=rule.read - {name}).allows(obstacle.cause)
                unread += 1
        assert rule.without_obstacles().obstacles == ()
    assert min(measured, carried) > 100
    assert unread > 0


def test_where_very_many_hidden_causes_are_tied_those_of_the_set_variable_are_named() -> None:
    names = [f"v{number}" for number in range(40)]
    edges = [Edge(a, Mark.LATENT, b) for a, b in combinations(names, 2)]
    graph = CausalGraph(
        (), (*edges, Edge("v0", Mark.CAUSE, "v1"), *(Edge(v, Mark.CAUSE, "y") for v in names))
    )
    rule = Redrawing(graph, frozenset(("v0",)), frozenset("y"))
    (obstacle,) = rule.obstacles
    (named,) = rule.enough(obstacle)
    assert set(named) == {edge for edge in edges if "v0" in edge.ends}
