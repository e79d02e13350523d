"""The syntax tree: what was written, with its places; positions do not count in comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wsl.diagnostics import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number, in the unit written after it: `5ms` is 5 and "ms", `5%` is 5 and "%".

    `written` is what stands in the text, for words that it is a part of.
    """

    value: float
    unit: str | None = None
    written: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class String(Node):
    value: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a bare word that the checker reads as a category."""

    name: str
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Star(Node):
    """The `*` of `COUNT(*)`."""


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`-x` or `NOT x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`+ - * /`, `== <> <= >= < >`, `AND`, `OR`; `!=` and a single `=` are kept as the meant operator.

    `written` is what stands in the text, for lints.
    """

    operator: str
    left: Expression
    right: Expression
    written: str = field(default="", compare=False)
    operator_span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class In(Node):
    operand: Expression
    items: tuple[Expression, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between(Node):
    operand: Expression
    low: Expression
    high: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsMissing(Node):
    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Node):
    operand: Expression
    pattern: String
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`MIN(a, b)`, `BASELINE(x)`, `P95(rt)`; the function is in upper case, `P99.9` as one word."""

    function: str
    arguments: tuple[Expression, ...]
    function_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parenthesised(Node):
    """Brackets the writer chose: kept for the formatter and for the lint on mixed AND and OR."""

    inner: Expression


Expression: TypeAlias = (
    Number | String | Name | Star | Unary | Binary | In | Between | IsMissing | Like | Call | Parenthesised
)


@dataclass(frozen=True, slots=True)
class Option(Node):
    """`key = value` of a WITH: a number, string, bare word, call such as `block(ts, 5min)`, or a tuple."""

    key: str
    value: Expression | tuple[Expression, ...]
    key_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """A statement; `places` tells where each of its clauses stands, by keyword, with that keyword."""

    options: tuple[Option, ...] = field(default=(), kw_only=True)
    places: dict[str, Span] = field(default_factory=dict, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unsupported(Node):
    """`ON UNSUPPORTED FAIL [ABOVE 5%] | DROP | NEAREST`; `value` may be the Name of a parameter."""

    policy: str
    value: Number | Name | None = None


@dataclass(frozen=True, slots=True)
class Use(Statement):
    """`USE * | [name] [FROM path] [WHERE ..] [SAMPLE n] [ON UNSUPPORTED ..] [AS name]`.

    `dataset` is the Name of a bound dataset or the String of a path; None is the dataset last named.
    `starred` tells whether `*` was written; `sample` may be the Name of a parameter.
    """

    dataset: Name | String | None
    starred: bool = False
    where: Expression | None = None
    sample: Number | Name | None = None
    unsupported: Unsupported | None = None
    alias: Name | None = None


@dataclass(frozen=True, slots=True)
class Distribution(Node):
    """A named distribution; an argument is (name or None, value). CATEGORICAL labels stand as names."""

    name: str
    arguments: tuple[tuple[Name | String | None, Expression], ...]
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FileValues(Node):
    """`FILE "sizes.csv"`: values, or values and weights, in a file."""

    path: String


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """One item after SET or SETDIST.

    `operator` is `=`, `+=`, `-=`, `*=` or `/=` and `value` an expression for SET; for SETDIST the operator
    is `~` and the value a Distribution or FileValues.
    """

    variable: Name
    operator: str
    value: Expression | Distribution | FileValues
    fixed: bool = False
    radial: bool = False


@dataclass(frozen=True, slots=True)
class Update(Statement):
    """`INTERVENE` or `ASSUME`, with its assignments: one joint do()."""

    keyword: str
    assignments: tuple[Assignment, ...]
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class EdgeItem(Node):
    """`a, b -> c -> d`: lists of names joined by one kind of mark (`->`, `<->` or `--`)."""

    mark: str
    sides: tuple[tuple[Name, ...], ...]


@dataclass(frozen=True, slots=True)
class DeclarationItem(Node):
    """`rtt : NUMBER [ms]`; the kind is NUMBER, CATEGORY, TIME or BOOLEAN."""

    variables: tuple[Name, ...]
    kind: str
    unit: str | None = None
    unit_span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NodeItem(Node):
    """Variables on a line of their own: in the graph, with or without edges."""

    variables: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Graph(Statement):
    """`GRAPH { .. }` or `GRAPH FROM "file" [REVERSED] [TARGET x] [{ .. }]`."""

    path: String | None
    items: tuple[EdgeItem | DeclarationItem | NodeItem, ...]
    target: Name | None = None
    reversed: bool = False
    has_block: bool = False


@dataclass(frozen=True, slots=True)
class EstimateItem(Node):
    expression: Expression
    alias: Name | None = None


@dataclass(frozen=True, slots=True)
class GroupKey(Node):
    """A variable of BY: by its recorded value, or `SCENARIO(v)` by the scenario's."""

    variable: Name
    scenario: bool = False


@dataclass(frozen=True, slots=True)
class Estimate(Statement):
    """`ESTIMATE [items | ROWS] [BY ..] [WHERE ..] [INTO "file"]`; no items is the default report."""

    items: tuple[EstimateItem, ...] = ()
    rows: bool = False
    by: tuple[GroupKey, ...] = ()
    where: Expression | None = None
    into: String | None = None


@dataclass(frozen=True, slots=True)
class Expect(Statement):
    condition: Expression
    by: tuple[GroupKey, ...] = ()
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Describe(Statement):
    variables: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Param(Statement):
    name: Name
    value: Number | String | Name


@dataclass(frozen=True, slots=True)
class ExplainPlan(Statement):
    """`EXPLAIN PLAN`: the plan of the scenario so far."""


@dataclass(frozen=True, slots=True)
class Method(Node):
    """`TRAVERSAL(threshold = 3)`: a method of USING, its name in upper case."""

    name: str
    options: tuple[Option, ...]
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    """`EXPLAIN target AT .. | WHERE .. [AGAINST WHERE ..] [USING method, ..] [TOP n]`.

    Exactly one of `at` and `where` is there; `top` may be the Name of a parameter.
    """

    target: Name
    at: Expression | None = None
    where: Expression | None = None
    against: Expression | None = None
    methods: tuple[Method, ...] = ()
    top: Number | Name | None = None


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`# ...` with the text as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Program:
    """The statements that parsed, in order, and every comment of the text."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed(Node):
    """A statement that did not parse, and what it would have defined had it been right.

    `keyword` is what it began with, in upper case, or the statement keyword that was meant; None if unknown.
    """

    keyword: str | None
    scenario: str | None = None
    dataset: str | None = None
    parameter: str | None = None
    target: str | None = None
    variables: tuple[str, ...] = ()
