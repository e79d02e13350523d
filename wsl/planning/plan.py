"""The plan of a scenario: what is done, in which order, reading what."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from wsl.data import Kind
from wsl.semantics.checked import Estimate, Expect, ExplainPlan, Scenario, Update
from wsl.semantics.requested import figures


@dataclass(frozen=True)
class Mechanism:
    """What a tile index is learned for: children that share one conditioning set, and that set.

    `natural` are those of the set that are read at their natural value: the one a set variable has without
    having been set. What is learned from the record does not depend on it, so that it makes no other index.
    """

    children: tuple[str, ...]
    conditioning: tuple[str, ...]
    natural: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Redraw:
    """Variables that take one donor row, on the rows where a variable of the conditioning set changed.

    `drawn` are those of the mechanism's children whose values anything needs. With coupled ranks a variable
    stands alone, and each row keeps its own rank instead of taking a donor's value.
    """

    level: int
    mechanism: Mechanism
    drawn: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Updates that run as one: their assignments, then the redraws level by level.

    `reached` are the variables an estimator answers for that the updates reach, with what they are
    conditioned on.
    """

    updates: tuple[Update, ...]
    redraws: tuple[Redraw, ...]
    reached: tuple[Mechanism, ...]

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """The set variables, then what is redrawn, in the order executed."""
        set_variables = tuple(dict.fromkeys(name for update in self.updates for name in update.variables))
        depth = max((redraw.level for redraw in self.redraws), default=0)
        redrawn = (
            tuple(name for redraw in self.redraws if redraw.level == level for name in redraw.drawn)
            for level in range(1, depth + 1)
        )
        return (set_variables, *redrawn)


@dataclass(frozen=True)
class Refresh:
    """A fresh population with the causes of the selected rows: all that the updates reach is redrawn there.

    `redraws` are from recorded causes, on every row; `estimated` are variables an estimator answers for.
    """

    redraws: tuple[Redraw, ...]
    estimated: tuple[Mechanism, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """What is no longer as recorded, in the order drawn."""
        drawn = (name for redraw in self.redraws for name in redraw.drawn)
        return tuple(dict.fromkeys((*drawn, *(name for m in self.estimated for name in m.children))))


@dataclass(frozen=True)
class Adjustment:
    """Ways to regress the target on the `variables` that are set, by the sets adjusted for, the best first.

    Where there is none, `why_not` says why.
    """

    target: str
    variables: tuple[str, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()
    why_not: str = ""

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """One for each set."""
        return tuple(Mechanism((self.target,), (*self.variables, *adjusted)) for adjusted in self.sets)


@dataclass(frozen=True)
class Answer:
    """A request, with the mechanisms that its estimators need, and other ways to the effect on the target."""

    request: Estimate | Expect
    mechanisms: tuple[Mechanism, ...]
    adjustment: Adjustment | None = None


PlanStep: TypeAlias = Refresh | Block | Answer | ExplainPlan


@dataclass(frozen=True)
class Plan:
    """A scenario's steps; `columns` are all it reads, `pruned` what follows from an update unread."""

    scenario: Scenario
    steps: tuple[PlanStep, ...]
    columns: tuple[str, ...]
    pruned: tuple[str, ...]

    @property
    def compares_with_baseline(self) -> bool:
        """Whether a figure compares rows with their own recorded values."""
        requests = [step.request for step in self.steps if isinstance(step, Answer)]
        return any(figure.coupled for request in requests for figure in figures(request))

    @cached_property
    def checked(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What the updates redraw or have estimated, each with its causes: what is asked to hold."""
        found: list[tuple[str, tuple[str, ...]]] = []
        for step in self.steps:
            if isinstance(step, Block | Refresh):
                for redraw in step.redraws:
                    found += [(name, redraw.mechanism.conditioning) for name in redraw.drawn]
                estimated = step.reached if isinstance(step, Block) else step.estimated
                found += [(mechanism.children[0], mechanism.conditioning) for mechanism in estimated]
        return tuple(dict.fromkeys(found))

    @cached_property
    def time(self) -> str | None:
        """The time at which that is asked to hold: the first of the graph, or else of the data."""
        dataset, graph = self.scenario.use.dataset, self.scenario.graph
        if dataset is None or not self.checked:
            return None
        times = [name for name, kind in dataset.kinds.items() if kind is Kind.TIME]
        nodes = graph.nodes if graph is not None else ()
        return next((name for name in times if name in nodes), times[0] if times else None)

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """Every index the plan needs, in the order of first use."""
        found: dict[Mechanism, None] = {}
        for step in self.steps:
            if isinstance(step, Block | Refresh):
                found.update(dict.fromkeys(redraw.mechanism for redraw in step.redraws))
            elif isinstance(step, Answer):
                found.update(dict.fromkeys(step.mechanisms))
        return tuple(found)
