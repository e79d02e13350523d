"""From the parser's reductions to the syntax tree; what the grammar lets pass wrongly becomes a finding."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from wsl_grammar.terminals import PLAIN_NUMBER

from wsl.diagnostics import Diagnostic, Fix, Span, Text, closest, report
from wsl.syntax import ast

MOST_NESTED = 100
_KINDS = ("NUMBER", "CATEGORY", "TIME", "BOOLEAN")
_CALLED_HERE = {"AVG": "MEAN", "AVERAGE": "MEAN", "MEDIAN": "P50"}
_MEANT = {"!=": "<>", "=": "=="}
_COMPARISONS = frozenset({"==", "<>", "<=", ">=", "<", ">"})
_PLAIN_NUMBER = re.compile(PLAIN_NUMBER)

# Tokens of Lark, nodes, clauses: what Lark hands over is not typed.
Children: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a statement, until the statement is complete."""

    keyword: str
    value: Any
    span: Span
    keyword_span: Span


class _Values(NamedTuple):
    """The values of an option in brackets."""

    items: tuple[ast.Expression, ...]
    span: Span


class Builder:
    """One method a rule of wsl.lark, called bottom-up with the rule's tokens and nodes; none raises.

    It serves one statement at a time: `begin`, parse, then read `findings` and `usable`.
    """

    def __init__(self) -> None:
        self.begin(Text(""), 0)

    def begin(self, text: Text, start: int) -> None:
        self.text = text
        self.findings: list[Diagnostic] = []
        self.usable = True
        self._offset = start
        self._depth: dict[int, int] = {}
        self._turn_to_line(text.position(start)[0])

    # Places

    def _turn_to_line(self, line: int) -> None:
        starts = self.text.line_starts
        self._line = line
        self._line_start = starts[line - 1]
        self._line_end = starts[line] if line < len(starts) else len(self.text.content) + 1

    def _position(self, offset: int) -> tuple[int, int]:
        if not self._line_start <= offset < self._line_end:
            self._turn_to_line(self.text.position(offset)[0])
        return self._line, offset - self._line_start + 1

    def _span(self, children: Children) -> Span:
        """From the first of some tokens and nodes to the last."""
        first, last = children[0], children[-1]
        start = first.span.start if hasattr(first, "span") else first.start_pos + self._offset
        end = last.span.end if hasattr(last, "span") else last.end_pos + self._offset
        return Span(start, end, *self._position(start), *self._position(end))

    def _source(self, node: ast.Node) -> str:
        return self.text.content[node.span.start : node.span.end]

    def _report(self, code: str, span: Span, fix: str | None = None, **fields: object) -> None:
        fixes = () if fix is None else (Fix(span, fix),)
        self.findings.append(report(code, span, fixes=fixes, **fields))

    def _refuse(self, code: str, span: Span, fix: str | None = None, **fields: object) -> None:
        """Reports what makes the statement unusable."""
        self._report(code, span, fix, **fields)
        self.usable = False

    # Expressions

    def _nested(self, node: ast.Expression, *inside: ast.Expression) -> ast.Expression:
        """Notes how deep a node is; what is too deep is reported once, where it begins to be."""
        depth = 1 + max((self._depth.get(id(inner), 0) for inner in inside), default=0)
        self._depth[id(node)] = depth
        if depth > MOST_NESTED and self.usable:
            self._refuse("WSL-P021", node.span, most=MOST_NESTED)
        return node

    def number(self, children: Children) -> ast.Number:
        return self._number(children, children[0], 1.0)

    def negative(self, children: Children) -> ast.Number:
        return self._number(children, children[1], -1.0)

    def _number(self, children: Children, written: str, sign: float) -> ast.Number:
        match = _PLAIN_NUMBER.match(written)
        digits = match[0] if match else written
        value = sign * float(digits)
        span = self._span(children)
        if math.isinf(value):
            self._refuse("WSL-P029", span, number=digits)
        return ast.Number(value, str(written[len(digits) :]) or None, span=span)

    def string(self, children: Children) -> ast.String:
        quote, inner = children[0][0], children[0][1:-1]
        return ast.String(inner.replace(quote * 2, quote), span=self._span(children))

    def name(self, children: Children) -> ast.Name:
        written = children[0]
        if written[0] == "`":
            return ast.Name(written[1:-1].replace("``", "`"), True, span=self._span(children))
        return ast.Name(str(written), span=self._span(children))

    node = name

    def star(self, children: Children) -> ast.Star:
        return ast.Star(span=self._span(children))

    def unary(self, children: Children) -> ast.Expression:
        operand: ast.Expression = children[1]
        if children[0] == "+":
            return operand
        node = ast.Unary(children[0].upper(), operand, span=self._span(children))
        return self._nested(node, operand)

    def binary(self, children: Children) -> ast.Expression:
        left, written, right = children
        place = self._span([written])
        node = ast.Binary(written.upper(), left, right, str(written), place, span=self._span(children))
        return self._nested(node, left, right)

    def disjunction(self, children: Children) -> ast.Expression:
        for side in (children[0], children[2]):
            if isinstance(side, ast.Binary) and side.operator == "AND":
                self._report("WSL-P023", side.span, f"({self._source(side)})")
        return self.binary(children)

    def compare(self, children: Children) -> ast.Expression:
        left, written, right = children
        place = self._span([written])
        if written == "=":
            self._report("WSL-P022", place, "==")
        operator = _MEANT.get(written, str(written))
        node = ast.Binary(operator, left, right, str(written), place, span=self._span(children))
        if isinstance(left, ast.Binary) and left.operator in _COMPARISONS:
            self._refuse("WSL-P012", node.span, self._unchained(left, node))
        return self._nested(node, left, right)

    def _unchained(self, left: ast.Binary, whole: ast.Binary) -> str:
        low, middle, high = self._source(left.left), self._source(left.right), self._source(whole.right)
        if left.operator == whole.operator == "<=":
            return f"{middle} BETWEEN {low} AND {high}"
        if left.operator == whole.operator == ">=":
            return f"{middle} BETWEEN {high} AND {low}"
        return f"{self._source(left)} AND {middle} {whole.written} {high}"

    def membership(self, children: Children) -> ast.Expression:
        operand, *items = _nodes(children)
        node = ast.In(operand, tuple(items), _negated(children), span=self._span(children))
        return self._nested(node, operand, *items)

    def between(self, children: Children) -> ast.Expression:
        operand, low, high = _nodes(children)
        node = ast.Between(operand, low, high, _negated(children), span=self._span(children))
        return self._nested(node, operand, low, high)

    def is_missing(self, children: Children) -> ast.Expression:
        node = ast.IsMissing(children[0], len(children) == 4, span=self._span(children))
        return self._nested(node, children[0])

    def like(self, children: Children) -> ast.Expression:
        node = ast.Like(children[0], children[-1], _negated(children), span=self._span(children))
        return self._nested(node, children[0])

    def parenthesised(self, children: Children) -> ast.Expression:
        node = ast.Parenthesised(children[1], span=self._span(children))
        return self._nested(node, children[1])

    def call(self, children: Children) -> ast.Expression:
        place, function = self._span(children[:1]), children[0].upper()
        if meant := _CALLED_HERE.get(function):
            self._report("WSL-P017", place, meant, written=children[0], meant=meant)
            function = meant
        arguments = _nodes(children)
        node = ast.Call(function, tuple(arguments), place, span=self._span(children))
        return self._nested(node, *arguments)

    # Clauses

    def _clause(self, children: Children, value: object) -> Clause:
        return Clause(children[0].upper(), value, self._span(children), self._span(children[:1]))

    def _with_last(self, children: Children) -> Clause:
        return self._clause(children, children[-1])

    where_clause = as_clause = target_clause = _with_last

    def _with_nodes(self, children: Children) -> Clause:
        return self._clause(children, tuple(_nodes(children)))

    set_clause = setdist_clause = by_clause = with_clause = block = _with_nodes

    def _with_path(self, children: Children) -> Clause:
        return self._clause(children, self.string(children[1:]))

    from_clause = into_clause = _with_path

    def reversed_clause(self, children: Children) -> Clause:
        return self._clause(children, True)

    def sample_clause(self, children: Children) -> Clause:
        return self._clause(children, self.number(children[1:]))

    def group(self, children: Children) -> ast.GroupKey:
        if len(children) == 1:
            return ast.GroupKey(children[0], span=self._span(children))
        if children[0].upper() != "SCENARIO":
            self._refuse("WSL-P026", self._span(children[:1]), "SCENARIO", function=children[0])
        return ast.GroupKey(children[2], True, span=self._span(children))

    def option(self, children: Children) -> ast.Option:
        key, _, value = children
        items = value.items if isinstance(value, _Values) else value
        return ast.Option(str(key), items, self._span([key]), span=self._span(children))

    def values(self, children: Children) -> _Values:
        return _Values(tuple(_nodes(children)), self._span(children))

    # Parts of statements

    def edges(self, children: Children) -> ast.EdgeItem:
        sides, marks = children[::2], children[1::2]
        for mark in marks[1:]:
            if mark != marks[0]:
                self._refuse("WSL-P025", self._span([mark]), first=marks[0], mark=mark)
                break
        names = tuple(side.value for side in sides)
        return ast.EdgeItem(str(marks[0]), names, span=self._span(children))

    def nodes(self, children: Children) -> Clause:
        return Clause("", tuple(_nodes(children)), self._span(children), self._span(children[:1]))

    names = nodes

    def lone_nodes(self, children: Children) -> ast.NodeItem:
        return ast.NodeItem(children[0].value, span=self._span(children))

    def declaration(self, children: Children) -> ast.DeclarationItem:
        names, _, kind, *unit = children
        if kind.upper() not in _KINDS:
            suggestion = closest(kind.upper(), _KINDS)
            self._refuse("WSL-P027", self._span([kind]), suggestion, kind=kind, suggestion=suggestion)
        return ast.DeclarationItem(
            names.value,
            kind.upper(),
            unit[0][1:-1].strip() or None if unit else None,
            self._span(unit) if unit else None,
            span=self._span(children),
        )

    def assignment(self, children: Children) -> ast.Assignment:
        *modifiers, variable, operator, value = children
        words = [word.upper() for word in modifiers]
        for place, word in enumerate(words):
            if word in words[:place]:
                self._report("WSL-P013", self._span([modifiers[place]]), clause=word, advice=None)
        if operator == "\\=":
            self._report("WSL-L001", self._span([operator]), "/=")
        return ast.Assignment(
            variable,
            "/=" if operator == "\\=" else str(operator),
            value,
            "FIXED" in words,
            "RADIAL" in words,
            span=self._span(children),
        )

    def draw(self, children: Children) -> ast.Assignment:
        *fixed, variable, value = children
        return ast.Assignment(variable, "~", value, bool(fixed), span=self._span(children))

    def distribution(self, children: Children) -> ast.Distribution:
        name, place = children[0].upper(), self._span(children[:1])
        arguments = tuple(child for child in children if isinstance(child, tuple))
        return ast.Distribution(name, arguments, place, span=self._span(children))

    def argument(self, children: Children) -> tuple[ast.Name | ast.String | None, ast.Expression]:
        if len(children) == 1:
            return None, children[0]
        label = children[0]
        if isinstance(label, ast.Number):
            label = ast.String(self._source(label), span=label.span)
        return label, children[2]

    def file_values(self, children: Children) -> ast.FileValues:
        return ast.FileValues(self.string(children[1:]), span=self._span(children))

    def item(self, children: Children) -> ast.EstimateItem:
        alias = children[2] if len(children) == 3 else None
        return ast.EstimateItem(children[0], alias, span=self._span(children))

    # Statements

    def _once(self, children: Children) -> dict[str, Any]:
        """The values of the clauses by keyword; of a clause given twice the first counts."""
        given: dict[str, Any] = {}
        for clause in children:
            if not isinstance(clause, Clause) or not clause.keyword:
                continue
            if clause.keyword in given:
                advice = _TO_MERGE.get(clause.keyword)
                self._report("WSL-P013", clause.keyword_span, clause=clause.keyword, advice=advice)
            given.setdefault(clause.keyword, clause.value)
        return given

    def use(self, children: Children) -> ast.Use:
        head = children[1] if len(children) > 1 else None
        clauses = self._once(children)
        name, path = head if isinstance(head, ast.Name) else None, clauses.get("FROM")
        if name and path:
            self._refuse("WSL-P028", name.span, name=name.name)
        return ast.Use(
            path or name,
            starred=head == "*",
            where=clauses.get("WHERE"),
            sample=clauses.get("SAMPLE"),
            alias=clauses.get("AS"),
            options=clauses.get("WITH", ()),
            span=self._span(children),
        )

    def graph(self, children: Children) -> ast.Graph:
        clauses = self._once(children)
        span = self._span(children)
        if "{" not in clauses and "FROM" not in clauses:
            self._refuse("WSL-P031", self._span(children[:1]))
        return ast.Graph(
            clauses.get("FROM"),
            clauses.get("{", ()),
            clauses.get("TARGET"),
            "REVERSED" in clauses,
            "{" in clauses,
            options=clauses.get("WITH", ()),
            span=span,
        )

    def update(self, children: Children) -> ast.Update:
        clauses = self._once(children)
        # One joint do(), whether its parts are set or drawn: in the order written.
        changes = [clauses[word] for word in clauses if word in ("SET", "SETDIST")]
        return ast.Update(
            children[0].upper(),
            tuple(assignment for change in changes for assignment in change),
            clauses.get("WHERE"),
            options=clauses.get("WITH", ()),
            span=self._span(children),
        )

    def estimate(self, children: Children) -> ast.Estimate:
        clauses = self._once(children)
        return ast.Estimate(
            tuple(child for child in children if isinstance(child, ast.EstimateItem)),
            any(isinstance(child, str) and child.upper() == "ROWS" for child in children),
            clauses.get("BY", ()),
            clauses.get("WHERE"),
            clauses.get("INTO"),
            options=clauses.get("WITH", ()),
            span=self._span(children),
        )

    def expect(self, children: Children) -> ast.Expect:
        clauses = self._once(children)
        return ast.Expect(
            children[1],
            clauses.get("BY", ()),
            clauses.get("WHERE"),
            options=clauses.get("WITH", ()),
            span=self._span(children),
        )

    def describe(self, children: Children) -> ast.Describe:
        variables = next((c.value for c in children if isinstance(c, Clause) and not c.keyword), ())
        return ast.Describe(variables, options=self._options(children), span=self._span(children))

    def param(self, children: Children) -> ast.Param:
        _, name, _, value, *_ = children
        return ast.Param(name, value, options=self._options(children), span=self._span(children))

    def explain_plan(self, children: Children) -> ast.ExplainPlan:
        return ast.ExplainPlan(options=self._options(children), span=self._span(children))

    def _options(self, children: Children) -> tuple[ast.Option, ...]:
        return self._once(children).get("WITH", ())  # type: ignore[no-any-return]  # clauses are untyped


_TO_MERGE = {
    "WHERE": "join the two conditions with AND",
    "SET": "separate the assignments with commas",
    "SETDIST": "separate the draws with commas",
    "BY": "separate the variables with commas",
    "WITH": "put every option into one WITH",
    "{": "put every edge into one block",
}


def _nodes(children: Children) -> Children:
    return [child for child in children if isinstance(child, ast.Node)]


def _negated(children: Children) -> bool:
    return bool(children[1].upper() == "NOT")
