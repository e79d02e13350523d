"""What an engine returns and a report shows; field names are those of the JSON interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics import Diagnostic
from wsl.results.explanation import Explanation
from wsl.results.graph import GraphView, ScenarioGraph
from wsl.results.second_answer import SecondAnswer
from wsl.results.support import Support
from wsl.results.transport import Transport
from wsl.semantics.question import Question

if TYPE_CHECKING:
    import pyarrow as pa

Group = Mapping[str, str | float | bool | None]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class DataInfo:
    name: str
    rows: int
    fingerprint: str


@dataclass(frozen=True)
class Estimate:
    """One figure: recorded, as the estimator replays it, in the scenario, and what the updates change.

    `share_bounds` of a SHARE against BASELINE hold whatever couples a row's two values; where there are none,
    `without_bounds` says why. `second` is the effect on the target's mean once more, by direct adjustment;
    where it is not found so, `without_second` says why.
    """

    expression: str
    group: Group
    alias: str | None
    line: int
    unit: str | None
    estimator: str
    baseline: float | None
    replayed: float | None
    scenario: float | None
    difference: float | None
    rows: int
    interval: tuple[float, float] | None = None
    difference_interval: tuple[float, float] | None = None
    level: float | None = None
    where: str | None = None
    share_bounds: tuple[float, float] | None = None
    without_bounds: str | None = None
    second: SecondAnswer | None = None
    without_second: str | None = None


@dataclass(frozen=True)
class Expectation:
    """The verdict on an EXPECT: pass, fail or undecided."""

    expression: str
    group: Group
    line: int
    verdict: str
    left: float | None
    right: float | None
    unit: str | None = None
    where: str | None = None


@dataclass(frozen=True, eq=False)
class Cdf:
    """Two distribution functions at the same values: at most 1,001 points."""

    variable: str
    group: Group
    unit: str | None
    line: int
    value: Numbers
    baseline: Numbers
    scenario: Numbers
    where: str | None = None


@dataclass(frozen=True)
class Variable:
    """What became of a variable in a scenario: rows set, redrawn and pinned, and what a redraw read.

    `irrelevant` are categories it is conditioned on that make no difference beyond its numeric causes.
    """

    name: str
    set_rows: int = 0
    redrawn_rows: int = 0
    pinned_rows: int = 0
    borrowed_rows: int = 0
    conditioned_on: tuple[str, ...] = ()
    training_rows: int = 0
    training_rows_left_out: int = 0
    irrelevant: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scenario:
    """A USE with its updates, and all that was asked of it.

    `updated` are the levels in the order executed, and `order` says of each whether it was set or redrawn;
    `statements` are the texts of the updates. `table` makes the
    scenario's rows, with recorded and estimated values side by side. `question` is whom the answer is about:
    new requests, these requests, or new requests with the causes of these, where `refreshed` are the
    variables whose baseline is redrawn. `allowed` are the codes of findings that the program lets pass.
    """

    name: str
    line: int
    rows: int
    loaded_rows: int
    target: str | None
    dataset: str
    selection: str | None
    knobs: Mapping[str, Any]
    updated: tuple[tuple[str, ...], ...]
    statements: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    expectations: tuple[Expectation, ...]
    cdfs: tuple[Cdf, ...]
    variables: tuple[Variable, ...]
    graph: ScenarioGraph | None
    warnings: tuple[Diagnostic, ...] = ()
    missing_target_rows: int = 0
    changed_rows: int = 0
    support: Support | None = None
    table: Any = field(default=None, repr=False)
    outputs: tuple[str, ...] = ()
    order: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    question: str = Question.NEW.value
    refreshed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    transport: tuple[Transport, ...] = ()

    def estimate(self, expression: str, **group: str | float | bool) -> Estimate:
        """The figure with this expression (or alias), in this group if there are several.

        Raises KeyError, naming the figures there are, where none or several fit.
        """
        wanted = "".join(expression.split())
        found = [
            e
            for e in self.estimates
            if wanted in ("".join(e.expression.split()), e.alias)
            and all(e.group.get(name) == value for name, value in group.items())
        ]
        if len(found) != 1:
            known = ", ".join(dict.fromkeys(e.expression for e in self.estimates)) or "none"
            raise KeyError(f"{len(found)} figures fit {expression} {group or ''}; there are: {known}")
        return found[0]

    def to_arrow(self) -> pa.Table:
        """The scenario's rows: recorded and scenario values, and the target's estimate, side by side."""
        return self.table()


@dataclass(frozen=True)
class ColumnDescription:
    """A line of DESCRIBE."""

    variable: str
    kind: str
    unit: str | None
    role: str
    rows: int
    missing: int
    minimum: float | str | None = None
    median: float | str | None = None
    maximum: float | str | None = None
    distinct: int | None = None
    categories: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    dataset: str
    line: int
    columns: tuple[ColumnDescription, ...]


@dataclass(frozen=True)
class PlanStep:
    """A step of a plan as it is shown: what is done, to which variables, reading what, and why."""

    action: str
    variables: tuple[str, ...]
    reads: tuple[str, ...]
    level: int | None
    detail: str
    line: int | None = None


@dataclass(frozen=True)
class PlanView:
    """A plan as it is shown: that of a scenario, by its name, or of an EXPLAIN."""

    scenario: str
    line: int
    target: str | None
    columns: tuple[str, ...]
    pruned: tuple[str, ...]
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True)
class Result:
    """Everything a run has to say; `status` is ok, invalid, failed, expectation failed or interrupted."""

    seed: int
    status: str
    exit: int
    program: str = ""
    file: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    data: tuple[DataInfo, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    plans: tuple[PlanView, ...] = ()
    outputs: tuple[str, ...] = ()
    descriptions: tuple[Description, ...] = ()
    graphs: tuple[GraphView, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    explanations: tuple[Explanation, ...] = ()
