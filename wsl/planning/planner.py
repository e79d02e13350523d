"""The planner: from a checked scenario to blocks of updates, level by level, and the requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.redrawing import Conditioning
from wsl.planning.adjustment import adjustment_of
from wsl.planning.plan import Answer, Block, Mechanism, Plan, PlanStep, Redraw, Refresh
from wsl.semantics.checked import (
    Estimate,
    Expect,
    ExplainPlan,
    Scenario,
    Update,
    figures_of,
    reads,
)
from wsl.semantics.question import Question, all_consequences, consequences, question_of
from wsl.semantics.redraws import redrawing
from wsl.semantics.requested import requested_variables

_NO_GRAPH = CausalGraph((), ())


def plan(scenario: Scenario) -> Plan:
    """The steps that answer a scenario's new requests, after all its updates.

    Levels are longest-path levels of what an update makes stale; what neither an estimate nor a later
    statement needs is not redrawn; consecutive updates run as one block where the answer is the same.
    """
    return _Planner(scenario).run()


@dataclass
class _Planner:
    scenario: Scenario
    needed: set[str] = field(default_factory=set)
    natural: set[str] = field(default_factory=set)
    estimated: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    drawn: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        scenario = self.scenario
        self.graph = scenario.graph or _NO_GRAPH
        self.question = question_of(scenario.use.knobs)
        rule = redrawing(self.graph, scenario.use, *_asked(scenario))
        # What is left in the way was let pass by the program, and is answered as if it were not there.
        self.rule = rule.without_obstacles()

    def run(self) -> Plan:
        """Walk the steps from the last to the first, so that each knows what is needed after it."""
        steps: list[PlanStep] = []
        for place, step in reversed(list(enumerate(self.scenario.steps))):
            match step:
                case Update():
                    steps.append(self._block(step))
                case Estimate() | Expect() if place >= self.scenario.done:
                    steps.append(self._answer(step, place))
                case ExplainPlan() if place >= self.scenario.done:
                    steps.append(step)
        merged = _merged(reversed(steps))
        if self.question is Question.CAUSES:
            merged.insert(0, self._refresh())
        pruned = sorted(self.stale - self.drawn - self.estimated)
        return Plan(self.scenario, tuple(merged), self._columns(merged), tuple(pruned))

    def _refresh(self) -> Refresh:
        """The redraws that give the rows a baseline of their own, for all that the updates reach."""
        reached = all_consequences(self.scenario)
        given = {name: self.rule.conditioning(name) for name in reached | self._redrawn_below()}
        drawn: set[str] = set()
        for name in reversed(_in_order(given)):
            if name in (self.needed | self.natural if name in reached else self.natural):
                drawn.add(name)
                self._need(given[name].variables, given[name].natural)
        mechanisms = tuple(self._estimated(name) for name in sorted(self.estimated & reached))
        return Refresh(self._redraws(reached, drawn, given), mechanisms)

    def _redrawn_below(self) -> set[str]:
        """All that any INTERVENE redraws: also what it sets itself, below another variable that it sets."""
        updates = (update for update in self.scenario.updates if update.intervene)
        return {name for update in updates for name in self.graph.descendants(*update.variables)}

    def _answer(self, step: Estimate | Expect, place: int) -> Answer:
        formulas = [item.formula for item in step.requested] if isinstance(step, Estimate) else [step.formula]
        names = requested_variables(step, self.scenario.target)
        mechanisms = tuple(self._estimated(name) for name in names)
        self.estimated.update(names)
        for mechanism in mechanisms:
            self._need(mechanism.conditioning, mechanism.natural)
        for formula in formulas:
            for value in figures_of(formula):
                self.needed.update(set(reads(value.figure.argument, recorded=False)) - set(names))
        self.needed.update(reads(step.where, recorded=False))
        self.needed.update(group.variable for group in step.by if group.scenario)
        if isinstance(step, Estimate) and step.rows:
            self.needed.update(changed(self.scenario) - set(names))
        so_far = replace(self.scenario, steps=self.scenario.steps[:place])
        return Answer(step, mechanisms, adjustment_of(so_far, step))

    def _estimated(self, name: str) -> Mechanism:
        given = self.rule.conditioning(name)
        return Mechanism((name,), given.variables, given.natural)

    def _need(self, names: Iterable[str], natural: Iterable[str]) -> None:
        self.needed.update(names)
        self.natural.update(natural)

    def _block(self, update: Update) -> Block:
        """The redraws of one update; what it reads is needed before it.

        Of a variable that it sets below another one, the natural value is redrawn, if anything reads that.
        """
        stale = self._stale(update)
        below = self.graph.descendants(*update.variables) if update.intervene else frozenset[str]()
        given = {name: self.rule.conditioning(name, update.variables) for name in below}
        drawn: set[str] = set()
        for name in reversed(_in_order(given)):
            if name in (self.needed if name in stale else self.natural):
                drawn.add(name)
                self._need(given[name].variables, given[name].natural)
        self.stale |= stale
        self.drawn |= drawn
        redraws = self._redraws(stale, drawn, given)
        reached = tuple(
            self._estimated(name)
            for name in sorted(self.estimated)
            if name in stale or (not update.intervene and self._is_assumed(name, update))
        )
        self.needed.update(name for name in update.reads)
        return Block((update,), redraws, reached)

    def _stale(self, update: Update) -> set[str]:
        """What follows from an INTERVENE; an ASSUME makes nothing stale."""
        if not update.intervene:
            return set()
        return set(self.graph.descendants(*update.variables)) - set(update.variables)

    def _is_assumed(self, name: str, update: Update) -> bool:
        return name == self.scenario.target and not set(update.variables).isdisjoint(self.graph.parents(name))

    def _redraws(
        self, stale: set[str], drawn: set[str], given: Mapping[str, Conditioning]
    ) -> tuple[Redraw, ...]:
        """Siblings with one conditioning set take one donor, whichever of them are needed."""
        redraws = []
        for level, names in enumerate(_levels(drawn, given), 1):
            for name in names:
                siblings = self._siblings(name, stale, given)
                wanted = tuple(sibling for sibling in siblings if sibling in drawn)
                if name == wanted[0]:
                    mechanism = Mechanism(siblings, given[name].variables, given[name].natural)
                    redraws.append(Redraw(level, mechanism, wanted))
        return tuple(redraws)

    def _siblings(self, name: str, stale: set[str], given: Mapping[str, Conditioning]) -> tuple[str, ...]:
        """Variables drawn from the same values, which are never above one another; the target, and a variable
        that is set itself, stand alone."""
        target = self.scenario.target
        if name == target or name not in stale or self.question is Question.THESE:
            return (name,)
        return tuple(sorted(other for other in stale if other != target and given[other] == given[name]))

    def _columns(self, steps: Iterable[PlanStep]) -> tuple[str, ...]:
        """Every column that is read, in the order of the data."""
        use = self.scenario.use
        names: set[str] = {*reads(use.where), *self.needed, *self.estimated}
        if "cluster" in use.knobs:
            names.add(use.knobs["cluster"].variable)
        for step in steps:
            if isinstance(step, Block):
                names.update(name for update in step.updates for name in (*update.variables, *update.reads))
            if isinstance(step, Block | Refresh):
                for redraw in step.redraws:
                    names.update((*redraw.mechanism.children, *redraw.mechanism.conditioning))
            elif isinstance(step, Answer):
                names.update(_answer_columns(step, self.scenario))
        dataset = self.scenario.use.dataset
        if dataset is None:
            return tuple(sorted(names))
        return tuple(name for name in dataset.kinds if name in names)


def _asked(scenario: Scenario) -> tuple[list[Update], list[Estimate | Expect]]:
    """The requests that are to be answered, and the updates before the last of them."""
    updates: list[Update] = []
    before: list[Update] = []
    requests: list[Estimate | Expect] = []
    for place, step in enumerate(scenario.steps):
        if isinstance(step, Update):
            updates.append(step)
        elif isinstance(step, Estimate | Expect) and place >= scenario.done:
            requests.append(step)
            before = list(updates)
    return before, requests


def _in_order(given: Mapping[str, Conditioning]) -> list[str]:
    """What is drawn, each after what it is drawn from."""
    return [name for level in _levels(given, given) for name in level]


def _levels(drawn: Collection[str], given: Mapping[str, Conditioning]) -> list[list[str]]:
    """Variables by the longest chain of draws that leads to each, sorted in each level."""
    before = (Edge(a, Mark.CAUSE, b) for b in drawn for a in given[b].variables if a in drawn)
    return CausalGraph((), tuple(before)).levels(drawn)


def shared_causes(scenario: Scenario, name: str) -> tuple[str, ...] | None:
    """All that decides about a variable in both worlds: what is set, and what is kept.

    They are the causes of what responds on the way to it, without these. None where the two worlds share
    less: a variable that is set responds itself, or an edge of what responds is not known to be a cause.
    """
    graph = scenario.graph or _NO_GRAPH
    reached = all_consequences(scenario)
    if any(not reached.isdisjoint(update.variables) for update in scenario.updates):
        return None
    responding = reached & {name, *graph.ancestors(name)}
    unsure = (edge for edge in graph.edges if edge.mark is not Mark.CAUSE)
    if any(not responding.isdisjoint(edge.ends) for edge in unsure):
        return None
    causes = {parent for child in responding for parent in graph.parents(child)} - responding
    return tuple(other for other in graph.topological_order if other in causes)


def changed(scenario: Scenario) -> set[str]:
    """Every variable that the updates of a scenario set or reach."""
    graph = scenario.graph or _NO_GRAPH
    names: set[str] = set()
    for update in scenario.updates:
        names.update(update.variables)
        names.update(consequences(update, graph))
    return names


def _answer_columns(step: Answer, scenario: Scenario) -> set[str]:
    request = step.request
    formulas = (
        [item.formula for item in request.requested] if isinstance(request, Estimate) else [request.formula]
    )
    names = {
        name for formula in formulas for value in figures_of(formula) for name in reads(value.figure.argument)
    }
    names.update(group.variable for group in request.by)
    names.update(reads(request.where))
    if step.adjustment is not None:
        names.update(step.adjustment.variables, *step.adjustment.sets)
    for mechanism in step.mechanisms:
        names.update((*mechanism.children, *mechanism.conditioning))
    if isinstance(request, Estimate) and request.rows and scenario.use.dataset is not None:
        names.update(scenario.use.dataset.kinds)
    return names


def _merged(steps: Iterable[PlanStep]) -> list[PlanStep]:
    """Consecutive blocks as one where no statement can tell the difference."""
    result: list[PlanStep] = []
    for step in steps:
        before = result[-1] if result else None
        if isinstance(step, Block) and isinstance(before, Block) and _independent(before, step):
            redraws = sorted((*before.redraws, *step.redraws), key=lambda redraw: redraw.level)
            reached = tuple(dict.fromkeys((*before.reached, *step.reached)))
            result[-1] = replace(
                before, updates=(*before.updates, *step.updates), redraws=tuple(redraws), reached=reached
            )
        else:
            result.append(step)
    return result


def _independent(first: Block, second: Block) -> bool:
    """Whether neither block sets, redraws or reads what the other changes.

    A variable that both redraw would be drawn once instead of twice, and one that the first reaches and the
    second sets would be taken for reached. One that both merely reach may be estimated from the values both
    left; one that only one of them reaches, from what that one left.
    """
    changed_first, changed_second = _touched(first), _touched(second)
    reached_first = {name for mechanism in first.reached for name in mechanism.children}
    read = {name for update in second.updates for name in update.reads}
    return (
        changed_first.isdisjoint(changed_second)
        and reached_first.isdisjoint(second.levels[0])
        and changed_first.isdisjoint(read | _conditioning(second, first))
        and changed_second.isdisjoint(_conditioning(first, second))
    )


def _touched(block: Block) -> set[str]:
    names = {name for update in block.updates for name in update.variables}
    return names.union(*(redraw.mechanism.children for redraw in block.redraws))


def _conditioning(block: Block, other: Block) -> set[str]:
    """What the block's redraws, and its estimators that the other block leaves alone, are conditioned on."""
    mechanisms = [redraw.mechanism for redraw in block.redraws]
    mechanisms += [mechanism for mechanism in block.reached if mechanism not in other.reached]
    return {name for mechanism in mechanisms for name in mechanism.conditioning}
