"""Questions about random binary models, answered by enumeration: exactly, and as redraws would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    def program(self) -> str:
        """The question in the language; all that is set is FIXED, as the enumeration has it."""
        lines = [
            f"GRAPH {{ {'; '.join([*map(str, self.graph.edges), *self.graph.nodes])} }} TARGET {self.target}"
        ]
        lines.append(
            (f"USE WHERE {self.selected} == 1" if self.selected else "USE *") + " WITH (nmax = 1000)"
        )
        values = {"one": "1", "zero": "0", "flip": "1 - {}"}
        for step in self.statements:
            sets = ", ".join(f"FIXED {n} = {values[policy].format(n)}" for n, policy in step.sets.items())
            where = f" WHERE {step.where} == 1" if step.where else ""
            lines.append(f"{'ASSUME' if step.assume else 'INTERVENE'} SET {sets}{where}")
        return "\n".join([*lines, f"ESTIMATE MEAN({self.target})"])

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

    def sample(self, rows: int, draws: np.random.Generator) -> dict[str, Bits]:
        """A log of so many rows."""
        world, weight = self.world((), "")
        chosen = draws.choice(len(weight), rows, p=weight / weight.sum())
        return {name: bits[chosen] for name, bits in world["natural"].items()}

    def effect(self, question: Question) -> float:
        """What the statements do to the target's mean among the selected."""
        means = []
        for statements in ((), question.statements):
            world, weight = self.world(statements, question.target)
            if question.selected:
                weight = weight * (world["natural"][question.selected] == 1)
            means.append(float(np.average(world["natural"][question.target], weights=weight)))
        return means[1] - means[0]


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
