"""The checked program: names resolved, types and units settled, ready to be planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wsl.data import Column, Dataset
from wsl.diagnostics import Diagnostic, Span
from wsl.graph import CausalGraph


class Type(Enum):
    """The type of a value in an expression; TRUTH is a condition's."""

    NUMBER = "number"
    CATEGORY = "category"
    TIME = "time"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, or a time in microseconds UTC."""

    value: float
    type: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class Label:
    """A category, by its label."""

    text: str
    type: Type = Type.CATEGORY


@dataclass(frozen=True, slots=True)
class Read:
    """A variable's value: the current one, or the one recorded right after USE."""

    variable: str
    type: Type
    recorded: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: Expression
    right: Expression
    type: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class Function:
    """MIN, MAX, ABS, LOG, EXP, SQRT or ROUND."""

    name: str
    arguments: tuple[Expression, ...]
    type: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Expression
    right: Expression
    type: Type = Type.TRUTH


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether a value is one of some constants."""

    operand: Expression
    items: tuple[Constant | Label, ...]
    type: Type = Type.TRUTH


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether a category's label matches a LIKE pattern."""

    operand: Expression
    pattern: str
    type: Type = Type.TRUTH


@dataclass(frozen=True, slots=True)
class Missing:
    operand: Expression
    type: Type = Type.TRUTH


@dataclass(frozen=True, slots=True)
class Logic:
    """AND, OR or NOT, three-valued."""

    operator: str
    operands: tuple[Expression, ...]
    type: Type = Type.TRUTH


Expression: TypeAlias = (
    Constant | Label | Read | Arithmetic | Function | Compare | OneOf | Matches | Missing | Logic
)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    pending = [expression]
    while pending:
        node = pending.pop()
        yield node
        match node:
            case Arithmetic(_, left, right) | Compare(_, left, right):
                pending += [right, left]
            case Function(_, inner) | Logic(_, inner):
                pending += reversed(inner)
            case OneOf(operand, _) | Matches(operand, _) | Missing(operand):
                pending.append(operand)


def reads(expression: Expression | None, *, recorded: bool | None = None) -> tuple[str, ...]:
    """The variables an expression reads, in order; only recorded, or only current, values on request."""
    if expression is None:
        return ()
    return tuple(
        dict.fromkeys(
            node.variable
            for node in walk(expression)
            if isinstance(node, Read) and recorded in (None, node.recorded)
        )
    )


def labels_of(expression: Expression) -> frozenset[str]:
    """The categories that an expression names."""
    found: set[str] = set()
    for node in walk(expression):
        if isinstance(node, Label):
            found.add(node.text)
        elif isinstance(node, OneOf):
            found.update(item.text for item in node.items if isinstance(item, Label))
    return frozenset(found)


def place(expression: Expression | None, variable: str) -> Span | None:
    """Where an expression first reads a variable."""
    nodes = walk(expression) if expression is not None else ()
    return next((node.span for node in nodes if isinstance(node, Read) and node.variable == variable), None)


@dataclass(frozen=True)
class Distribution:
    """A named distribution with its parameters in the order of its signature."""

    name: str
    parameters: tuple[float, ...]


@dataclass(frozen=True)
class Categorical:
    """Labels with probabilities that sum to 1."""

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class FileValues:
    """Values with weights, read from a file."""

    values: Column
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class Assignment:
    """A variable and where its new values come from; `radial` draws near the expression's value."""

    variable: str
    value: Expression | Distribution | Categorical | FileValues
    fixed: bool
    radial: bool
    span: Span
    bandwidth: float | None = None

    @property
    def expression(self) -> Expression | None:
        """The value, where it is computed from the row."""
        value = self.value
        return None if isinstance(value, Distribution | Categorical | FileValues) else value

    @property
    def reads(self) -> tuple[str, ...]:
        return reads(self.expression)


@dataclass(frozen=True)
class Update:
    """INTERVENE (descendants respond) or ASSUME (they do not): one joint do()."""

    intervene: bool
    assignments: tuple[Assignment, ...]
    where: Expression | None
    where_span: Span | None
    span: Span
    text: str
    allowed: frozenset[str] = frozenset()
    """Codes of findings that the statement lets pass."""

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(assignment.variable for assignment in self.assignments)

    @property
    def reads(self) -> tuple[str, ...]:
        """All variables whose values the update reads, its conditions included."""
        names = [*reads(self.where), *(name for item in self.assignments for name in item.reads)]
        return tuple(dict.fromkeys(names))

    @property
    def current_reads(self) -> tuple[str, ...]:
        """Those whose values just before the update it reads."""
        expressions = (self.where, *(item.expression for item in self.assignments))
        return tuple(dict.fromkeys(name for e in expressions for name in reads(e, recorded=False)))


class Statistic(Enum):
    MEAN = "MEAN"
    QUANTILE = "QUANTILE"
    CDF = "CDF"
    SHARE = "SHARE"
    COUNT = "COUNT"


@dataclass(frozen=True)
class Figure:
    """A statistic of an expression over rows.

    `estimated` is the one variable of the expression that an estimator answers for; `coupled` tells that the
    expression compares it with the row's own recorded value.
    """

    statistic: Statistic
    argument: Expression | None
    probability: float | None
    estimated: str | None
    coupled: bool
    unit: str | None
    text: str


@dataclass(frozen=True)
class FigureValue:
    """A figure inside a formula; `recorded` is BASELINE(figure)."""

    figure: Figure
    recorded: bool = False


@dataclass(frozen=True)
class FormulaConstant:
    value: float


@dataclass(frozen=True)
class FormulaOperation:
    """Arithmetic, comparison or logic over figures."""

    operator: str
    operands: tuple[Formula, ...]


Formula: TypeAlias = FigureValue | FormulaConstant | FormulaOperation


def figures_of(formula: Formula) -> Iterator[FigureValue]:
    """Every figure of a formula."""
    match formula:
        case FigureValue():
            yield formula
        case FormulaOperation(_, operands):
            for operand in operands:
                yield from figures_of(operand)


@dataclass(frozen=True)
class Requested:
    """A formula to report, with the text and name it goes by."""

    formula: Formula
    text: str
    alias: str | None
    unit: str | None


@dataclass(frozen=True)
class Group:
    """A variable of BY, by its recorded or its scenario's value."""

    variable: str
    scenario: bool
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Estimate:
    requested: tuple[Requested, ...]
    rows: bool
    by: tuple[Group, ...]
    where: Expression | None
    into: Path | None
    span: Span
    knobs: Mapping[str, Any] = field(default_factory=dict)
    by_itself: bool = False
    where_text: str | None = None


@dataclass(frozen=True)
class Expect:
    formula: Formula
    text: str
    by: tuple[Group, ...]
    where: Expression | None
    span: Span
    unit: str | None = None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    where_text: str | None = None


@dataclass(frozen=True)
class ExplainPlan:
    """A look at the plan; `report` is the default report, where nothing else was asked so far."""

    span: Span
    report: Estimate | None = None


Step: TypeAlias = Update | Estimate | Expect | ExplainPlan


class Policy(Enum):
    """What becomes of rows that the data cannot answer for."""

    FAIL = "FAIL"
    DROP = "DROP"
    NEAREST = "NEAREST"


@dataclass(frozen=True)
class Unsupported:
    """What becomes of rows that the data cannot answer for; FAIL if their excess is above `limit`."""

    policy: Policy = Policy.FAIL
    limit: float = 0.01


@dataclass(frozen=True)
class Cluster:
    """Rows that belong together: those of one value of a variable, or of one stretch of time."""

    variable: str
    microseconds: int | None = None
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Use:
    """Where a scenario's rows come from; `allowed` are the findings that its WITH lets pass."""

    dataset: Dataset | None
    where: Expression | None
    sample: int | None
    span: Span
    text: str
    where_text: str | None
    knobs: Mapping[str, Any] = field(default_factory=dict)
    unsupported: Unsupported = Unsupported()
    allowed: frozenset[str] = frozenset()
    has_options: bool = False
    """Whether it ends in WITH."""


@dataclass(frozen=True)
class Scenario:
    """A USE and the statements that follow it; `done` of its steps were answered before this run."""

    name: str
    use: Use
    graph: CausalGraph | None
    steps: tuple[Step, ...] = ()
    done: int = 0
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def target(self) -> str | None:
        return self.graph.target if self.graph else None

    @property
    def updates(self) -> tuple[Update, ...]:
        return tuple(step for step in self.steps if isinstance(step, Update))


@dataclass(frozen=True)
class Describe:
    dataset: Dataset
    variables: tuple[str, ...]
    graph: CausalGraph | None
    span: Span


@dataclass(frozen=True)
class GraphInForce:
    """A graph that came into force at a line of the program, or from outside."""

    graph: CausalGraph
    span: Span | None


class Method(Enum):
    """How EXPLAIN ranks candidates for root causes."""

    SMOOTH_TRAVERSAL = "SMOOTH_TRAVERSAL"
    SCORE_ORDERING = "SCORE_ORDERING"
    TRAVERSAL = "TRAVERSAL"
    TOCA = "TOCA"
    CONDITIONAL = "CONDITIONAL"
    CIRCA = "CIRCA"
    COUNTERFACTUAL = "COUNTERFACTUAL"


@dataclass(frozen=True)
class Using:
    """A method with its parameters: those in its parentheses, and those of WITH that it takes."""

    method: Method
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Explain:
    """Why the target was unusual in a window of recorded rows, against the other rows of `use`.

    `use` is the USE in force, or one of all rows of the dataset last named. With `one_row` (AT) the window is
    exactly one row. Without `against` the normal regime is the rows of `use` outside the window. Without a
    graph every variable is a candidate.
    """

    use: Use
    graph: CausalGraph | None
    target: str
    window: Expression
    window_text: str
    one_row: bool
    against: Expression | None
    against_text: str | None
    methods: tuple[Using, ...]
    top: int | None
    span: Span
    window_span: Span
    knobs: Mapping[str, Any] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()


Item: TypeAlias = Scenario | Describe | GraphInForce | Explain


@dataclass(frozen=True)
class Program:
    """What is to be answered, in order."""

    items: tuple[Item, ...]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(item for item in self.items if isinstance(item, Scenario))
