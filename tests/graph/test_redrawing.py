"""The rule of redrawing against exact enumeration: right where it says so, a plain redraw wrong elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graph.published import BOW, FRONT_DOOR, M_BIAS, NAPKIN, graph_of
from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.redrawing import Conditioning, Redrawing

Bits = NDArray[np.int8]
Weights = NDArray[np.float64]
Policy = Callable[[Bits], Bits]
POLICIES: dict[str, Policy] = {
    "one": np.ones_like,
    "zero": np.zeros_like,
    "flip": lambda bits: (1 - bits).astype(np.int8),
}
EXACT = 1e-9


@dataclass(frozen=True)
class Statement:
    """INTERVENE, or ASSUME, on the rows where `where` is 1 (all if None): variable -> policy."""

    sets: dict[str, str]
    where: str | None = None
    assume: bool = False

    def after(self, name: str, now: Bits, condition: Bits | None) -> Bits:
        """The values of a set variable."""
        new = POLICIES[self.sets[name]](now)
        return new if condition is None else np.where(condition == 1, new, now).astype(np.int8)


@dataclass(frozen=True)
class Question:
    graph: CausalGraph
    statements: tuple[Statement, ...]
    target: str
    selected: str | None  # USE WHERE selected = 1

    @property
    def rule(self) -> Redrawing:
        set_by = {
            assume: frozenset(name for s in self.statements if s.assume is assume for name in s.sets)
            for assume in (False, True)
        }
        wheres = {s.where for s in self.statements} | {self.selected}
        return Redrawing(
            self.graph,
            set_by[False],
            frozenset((self.target,)),
            frozenset(name for name in wheres if name),
            set_by[True],
            frozenset((self.target,)) if set_by[True] else frozenset(),
        )


# The exact answer


@dataclass(frozen=True)
class Model:
    """A structural causal model of binary variables, with one binary hidden cause for each `<->`."""

    graph: CausalGraph
    hidden: dict[Edge, float]
    one: dict[str, NDArray[np.float64]]  # of each variable: P(1 | parents, then its hidden causes)

    @classmethod
    def random(cls, graph: CausalGraph, draws: np.random.Generator) -> Model:
        hidden = {e: draws.uniform(0.25, 0.75) for e in graph.edges if e.mark is Mark.LATENT}
        causes = {v: len(graph.parents(v)) + sum(v in e.ends for e in hidden) for v in graph.nodes}
        return cls(graph, hidden, {v: draws.uniform(0.05, 0.95, 2**n) for v, n in causes.items()})

    def world(
        self, statements: tuple[Statement, ...], target: str
    ) -> tuple[dict[str, dict[str, Bits]], Weights]:
        """Every state, natural and current, and its probability; the target alone feels what ASSUME sets."""
        nodes = self.graph.topological_order
        table = states(len(self.hidden) + len(nodes))
        hidden = dict(zip(self.hidden, table, strict=False))
        natural = dict(zip(nodes, table[len(self.hidden) :], strict=True))
        weight = np.ones(table.shape[1])
        for edge, share in self.hidden.items():
            weight *= np.where(hidden[edge] == 1, share, 1 - share)
        current: dict[str, Bits] = {}
        felt: dict[str, Bits] = {}
        for name in nodes:
            seen = felt if name == target else current
            causes = [seen[p] for p in self.graph.parents(name)]
            causes += [hidden[e] for e in self.hidden if name in e.ends]
            one = self.one[name][code(causes, len(weight))]
            weight *= np.where(natural[name] == 1, one, 1 - one)
            current[name] = felt[name] = natural[name]
            for step in statements:
                if name in step.sets:
                    condition = natural[step.where] if step.where else None
                    felt[name] = step.after(name, felt[name], condition)
                    current[name] = current[name] if step.assume else felt[name]
        return {"natural": natural, "current": current}, weight


def states(count: int) -> Bits:
    """All values of so many bits, one a row, shape (count, 2**count)."""
    return np.array(list(product((0, 1), repeat=count)), np.int8).T.reshape(count, -1)


def code(bits: list[Bits], length: int) -> NDArray[np.int64]:
    found = np.zeros(length, np.int64)
    for column in bits:
        found = 2 * found + column
    return found


def distribution(bits: list[Bits], weight: Weights) -> Weights:
    return np.bincount(code(bits, len(weight)), weight, 2 ** len(bits)) / weight.sum()


# The redraw, row by row, on the exact distribution of the record


class Rows:
    """All rows a log could have, with their weights, changed as an engine does it: by their values alone."""

    def __init__(self, model: Model, question: Question, plain: bool) -> None:
        self.question, self.rule, self.plain = question, question.rule, plain
        world, self.observed = model.world((), question.target)
        self.record = world["natural"]
        self.natural, self.current = dict(self.record), dict(self.record)
        self.weight = self.observed.copy()
        if question.selected:
            self.weight = self.weight * (self.record[question.selected] == 1)
        self.held = {name: np.zeros_like(bits, bool) for name, bits in self.record.items()}

    def run(self) -> None:
        for statement in self.question.statements:
            self._statement(statement)

    def estimate(self) -> None:
        """The target anew on every row, as an estimator has it, from what all statements left."""
        given = self.conditioning(self.question.target, None)
        sides = (self.natural, self.current)
        other = tuple({name: (1 - bits).astype(np.int8) for name, bits in side.items()} for side in sides)
        self._draw(self.question.target, given, (other[0], other[1]))

    def conditioning(self, name: str, after: tuple[str, ...] | None) -> Conditioning:
        if self.plain:
            return Conditioning(self.question.graph.parents(name))
        return self.rule.conditioning(name, after)

    def read(self, given: Conditioning, side: tuple[dict[str, Bits], dict[str, Bits]]) -> list[Bits]:
        natural, current = side
        return [(natural if name in given.natural else current)[name] for name in given.variables]

    def _statement(self, statement: Statement) -> None:
        before = dict(self.natural), dict(self.current)
        for name in statement.sets:
            condition = self.current[statement.where] if statement.where else None
            self.current[name] = statement.after(name, before[1][name], condition)
            self.held[name] |= True if condition is None else condition == 1
        target = self.question.target
        if statement.assume:
            self._draw(target, self.conditioning(target, None), before)
            return
        stale = self.rule.graph.descendants(*statement.sets)
        waiting = {name: self.conditioning(name, tuple(statement.sets)) for name in stale}
        while waiting:
            name = min(n for n, given in waiting.items() if waiting.keys().isdisjoint(given.variables))
            before = self._draw(name, waiting.pop(name), before)

    def _draw(
        self, name: str, given: Conditioning, before: tuple[dict[str, Bits], dict[str, Bits]]
    ) -> tuple[dict[str, Bits], dict[str, Bits]]:
        """Each row becomes two, one for each value: as likely as the record says for what it reads now."""
        was, now = self.read(given, before), self.read(given, (self.natural, self.current))
        changed = np.zeros(len(self.weight), bool)
        for a, b in zip(was, now, strict=True):
            changed |= a != b
        one = self._share_of_ones(name, given)[code(now, len(self.weight))]
        old = self.natural[name]
        chance = np.where(changed, one, old)
        self.weight = np.concatenate((self.weight * (1 - chance), self.weight * chance))
        new = np.repeat(np.array([0, 1], np.int8), len(old))
        sides: tuple[dict[str, Any], ...] = (self.natural, self.current, *before, self.held)
        for side in sides:
            side.update({variable: np.tile(bits, 2) for variable, bits in side.items()})
        self.current[name] = np.where(self.held[name], self.current[name], new)
        self.natural[name] = new
        return before

    def _share_of_ones(self, name: str, given: Conditioning) -> Weights:
        read = [self.record[v] for v in given.variables]
        total = np.bincount(code(read, len(self.observed)), self.observed, 2 ** len(read))
        ones = np.bincount(code(read, len(self.observed)), self.observed * self.record[name], 2 ** len(read))
        return ones / total


def error(model: Model, question: Question, *, plain: bool, estimate: bool = False) -> float:
    """How far the redraw's joint distribution of all that matters is from the exact one, at most.

    `estimate` replaces the target by an estimator's draw, and leaves out what follows from it.
    """
    rows = Rows(model, question, plain)
    rows.run()
    if estimate:
        rows.estimate()
    world, weight = model.world(question.statements, question.target)
    if question.selected:
        weight = weight * (world["natural"][question.selected] == 1)
    names = question.rule.graph.nodes
    sides: tuple[str, ...] = ("natural", "current")
    assumed = any(statement.assume for statement in question.statements)
    if assumed or estimate:
        # Neither ASSUME nor an estimate changes what follows from the target.
        names = tuple(sorted(set(names) - question.graph.descendants(question.target)))
    if assumed:
        # What it sets is felt by the target alone.
        sides = ("natural",)
    after = {"natural": rows.natural, "current": rows.current}
    drawn = [after[side][name] for side in sides for name in names]
    exact = [world[side][name] for side in sides for name in names]
    return float(np.abs(distribution(drawn, rows.weight) - distribution(exact, weight)).max())


# Random questions


def random_graph(draws: np.random.Generator) -> CausalGraph:
    """Three to five variables in an order that is not that of their names."""
    nodes = draws.permutation(list("abcde"))[: draws.integers(3, 6)].tolist()
    pairs = list(combinations(nodes, 2))
    edges = [Edge(a, Mark.CAUSE, b) for a, b in pairs if draws.random() < 0.55]
    edges += [Edge(a, Mark.LATENT, b) for a, b in pairs if draws.random() < 0.3]
    return CausalGraph(tuple(nodes), tuple(edges))


def random_question(draws: np.random.Generator) -> Question:
    """One or two variables set, at once or in turn, with or without conditions on what they leave alone.

    In turn, the lower one may come first: it is FIXED then. What is below another is set to a constant.
    """
    while True:
        graph = random_graph(draws)
        names = draws.permutation(graph.nodes).tolist()
        changed, target = names[: draws.integers(1, 3)], names[-1]
        below = graph.descendants(*changed)
        if target not in below:
            continue
        untouched = sorted(set(graph.nodes) - below - set(changed))
        where, where_later, selected = (
            str(draws.choice(untouched)) if untouched and draws.random() < 0.4 else None for _ in range(3)
        )
        sets = {name: "one" if name in below else str(draws.choice(list(POLICIES))) for name in changed}
        statements: tuple[Statement, ...] = (Statement(sets, where),)
        if len(changed) == 2 and draws.random() < 0.6:
            one, other = changed
            statements = (Statement({one: sets[one]}, where), Statement({other: sets[other]}, where_later))
        return Question(graph, statements, target, selected)


def random_assumption(draws: np.random.Generator) -> Question:
    """ASSUME of a parent of the target, perhaps after an INTERVENE."""
    while True:
        question = random_question(draws)
        graph, target = question.graph, question.target
        first = question.statements[:1] if draws.random() < 0.5 else ()
        taken = {name for statement in first for name in statement.sets}
        parents = sorted(set(graph.parents(target)) - taken)
        if parents:
            assumed = Statement({str(draws.choice(parents)): str(draws.choice(list(POLICIES)))}, assume=True)
            selected = question.selected if first else None
            return Question(graph, (*first, assumed), target, selected)


def asked(
    count: int, seed: int, question: Callable[[np.random.Generator], Question]
) -> Iterator[tuple[Question, Model]]:
    draws = np.random.default_rng(seed)
    for _ in range(count):
        found = question(draws)
        yield found, Model.random(found.graph, draws)


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
