"""From the parser's reductions to the syntax tree; what the grammar lets pass wrongly becomes a finding."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from wsl_grammar.terminals import PLAIN_NUMBER

from wsl.diagnostics import Diagnostic, Fix, Span, Text, closest, report
from wsl.syntax import ast
from wsl.syntax.moments import example_of_moment

MOST_NESTED = 100
_KINDS = ("NUMBER", "CATEGORY", "TIME", "BOOLEAN")
_CALLED_HERE = {"AVG": "MEAN", "AVERAGE": "MEAN", "MEDIAN": "P50"}
_MEANT = {"!=": "<>", "=": "=="}
_PLAIN_NUMBER = re.compile(PLAIN_NUMBER)

# Tokens of Lark, nodes, clauses: what Lark hands over is not typed.
Children: TypeAlias = list[Any]


class Clause(NamedTuple):
    """A clause of a statement until the statement is complete, placed as Lark places its tokens."""

    keyword: str
    value: Any
    start_pos: int
    end_pos: int


class _Values(NamedTuple):
    """The values of an option in brackets, placed likewise."""

    items: tuple[ast.Expression, ...]
    start_pos: int
    end_pos: int


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

    def _turn_to_line(self, line: int) -> None:
        starts = self.text.line_starts
        self._line = line
        self._line_start = starts[line - 1]
        self._line_end = starts[line] if line < len(starts) else len(self.text.content) + 1

    def _position(self, offset: int) -> tuple[int, int]:
        if not self._line_start <= offset < self._line_end:
            self._turn_to_line(self.text.position(offset)[0])
        return self._line, offset - self._line_start + 1

    def _end(self, child: Any) -> int:
        return child.span.end if isinstance(child, ast.Node) else child.end_pos + self._offset

    def _span(self, children: Children) -> Span:
        """From the first of some tokens, nodes and clauses to the last."""
        first = children[0]
        start = first.span.start if isinstance(first, ast.Node) else first.start_pos + self._offset
        end = self._end(children[-1])
        return Span(start, end, *self._position(start), *self._position(end))

    def _place(self, token: Any) -> Span:
        return self._span([token])

    def _keyword(self, clause: Clause) -> Span:
        return self._place(clause._replace(end_pos=clause.start_pos + len(clause.keyword)))

    def _source(self, node: ast.Node) -> str:
        return self.text.content[node.span.start : node.span.end]

    def _report(self, code: str, span: Span, fix: str | None = None, **fields: object) -> None:
        fixes = () if fix is None else (Fix(span, fix),)
        self.findings.append(report(code, span, fixes=fixes, **fields))

    def _refuse(self, code: str, span: Span, fix: str | None = None, **fields: object) -> None:
        """Reports what makes the statement unusable."""
        self._report(code, span, fix, **fields)
        self.usable = False

    def _nested(self, node: ast.Expression, *inside: ast.Expression) -> ast.Expression:
        """Notes how deep a node is; what is too deep is reported once, where it begins to be."""
        depth = 1 + max((self._depth.get(id(inner), 0) for inner in inside), default=0)
        self._depth[id(node)] = depth
        if depth > MOST_NESTED and self.usable:
            what = f"is nested more than {MOST_NESTED} levels deep"
            advice = "write it with fewer brackets and NOTs"
            if (terms := _terms(node)) > MOST_NESTED // 2:
                what = f"chain of + - * / has more than {terms - 1} terms"
                advice = "put brackets around groups of its terms"
            self._refuse("WSL-P021", node.span, what=what, advice=advice)
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
        return ast.Number(value, str(written[len(digits) :]) or None, str(written), span=span)

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
        place = self._place(written)
        node = ast.Binary(written.upper(), left, right, str(written), place, span=self._span(children))
        deepest = max(self._depth.get(id(side), 0) for side in (left, right))
        if node.operator in ("AND", "OR") and deepest >= MOST_NESTED and self.usable:
            return self._balanced(node)
        return self._nested(node, left, right)

    def _balanced(self, chain: ast.Binary) -> ast.Expression:
        """A long chain of AND or OR as a shallow tree, which means the same: a flat chain is not nested."""
        terms: list[ast.Expression] = []
        joints: list[ast.Binary] = []
        pending: list[tuple[ast.Expression, ast.Binary | None]] = [(chain, None)]
        while pending:
            node, joint = pending.pop()
            if isinstance(node, ast.Binary) and node.operator == chain.operator:
                self._depth.pop(id(node), None)  # another node may come to stand where this one stood
                pending += [(node.right, node), (node.left, joint)]
            else:
                terms.append(node)
                joints += [joint] if joint is not None else []

        def joined(first: int, end: int) -> ast.Expression:
            if end - first == 1:
                return terms[first]
            middle = (first + end) // 2
            left, right = joined(first, middle), joined(middle, end)
            span = left.span.to(right.span)
            return self._nested(replace(joints[middle - 1], left=left, right=right, span=span), left, right)

        return joined(0, len(terms))

    def disjunction(self, children: Children) -> ast.Expression:
        for side in (children[0], children[2]):
            if isinstance(side, ast.Binary) and side.operator == "AND":
                self._report("WSL-P023", side.span, f"({self._source(side)})")
        return self.binary(children)

    def compare(self, children: Children) -> ast.Expression:
        left, written, right = children
        place = self._place(written)
        if written == "=":
            self._report("WSL-P022", place, "==")
        operator = _MEANT.get(written, str(written))
        node = ast.Binary(operator, left, right, str(written), place, span=self._span(children))
        return self._nested(node, left, right)

    def chained(self, children: Children) -> ast.Expression:
        operands, operators = [self._source(operand) for operand in children[::2]], children[1::2]
        if operators == ["<=", "<="]:
            fix = f"{operands[1]} BETWEEN {operands[0]} AND {operands[2]}"
        elif operators == [">=", ">="]:
            fix = f"{operands[1]} BETWEEN {operands[2]} AND {operands[0]}"
        else:
            pairs = zip(operands, operators, operands[1:], strict=False)
            fix = " AND ".join(" ".join(pair) for pair in pairs)
        self._refuse("WSL-P012", self._span(children), fix)
        return self.compare(children[:3])

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
        place, function = self._place(children[0]), children[0].upper()
        if meant := _CALLED_HERE.get(function):
            self._report("WSL-P017", place, meant, written=children[0], meant=meant)
            function = meant
        arguments = _nodes(children)
        node = ast.Call(function, tuple(arguments), place, span=self._span(children))
        return self._nested(node, *arguments)

    def _clause(self, children: Children, value: object) -> Clause:
        keyword = children[0]
        return Clause(keyword.upper(), value, keyword.start_pos, self._end(children[-1]) - self._offset)

    def _with_last(self, children: Children) -> Clause:
        return self._clause(children, children[-1])

    where_clause = sample_clause = as_clause = target_clause = _with_last
    at_clause = against_clause = top_clause = _with_last

    def on_clause(self, children: Children) -> Clause:
        policy = children[2]
        value = children[4] if len(children) > 4 else None
        span = self._span(children[2:])
        return self._clause(children, ast.Unsupported(policy.upper(), value, span=span))

    def _with_nodes(self, children: Children) -> Clause:
        return self._clause(children, tuple(_nodes(children)))

    set_clause = setdist_clause = by_clause = using_clause = block = _with_nodes

    def with_clause(self, children: Children) -> Clause:
        self._distinct(_nodes(children))
        return self._with_nodes(children)

    def _distinct(self, options: list[ast.Option]) -> None:
        for place, option in enumerate(options):
            key = option.key.lower()
            # The codes that several `allow` name are let pass together.
            if key != "allow" and any(key == before.key.lower() for before in options[:place]):
                self._report("WSL-P013", option.key_span, clause=option.key, advice="keep one of the two")

    def _with_path(self, children: Children) -> Clause:
        return self._clause(children, self.string(children[1:]))

    from_clause = into_clause = _with_path

    def reversed_clause(self, children: Children) -> Clause:
        return self._clause(children, True)

    def group(self, children: Children) -> ast.GroupKey:
        if len(children) == 1:
            return ast.GroupKey(children[0], span=self._span(children))
        if children[0].upper() != "SCENARIO":
            self._function_of_a_group(children)
        return ast.GroupKey(children[2], True, span=self._span(children))

    def _function_of_a_group(self, children: Children) -> None:
        function, variable, place = children[0], children[2], self._place(children[0])
        fix, advice = None, "SCENARIO(x) groups by the scenario's value of x instead of the recorded one"
        if function.upper() == "BASELINE":
            fix, place = self._source(variable), self._span(children)
            advice = f"BY {fix} alone groups by the recorded value"
        elif closest(function.upper(), ("SCENARIO",)):
            fix = "SCENARIO"
        self._refuse("WSL-P026", place, fix, function=function, advice=advice)

    def option(self, children: Children) -> ast.Option:
        key, _, value = children
        items = value.items if isinstance(value, _Values) else value
        return ast.Option(str(key), items, self._place(key), span=self._span(children))

    def values(self, children: Children) -> _Values:
        return _Values(tuple(_nodes(children)), children[0].start_pos, children[-1].end_pos)

    def edges(self, children: Children) -> ast.EdgeItem:
        sides, marks = children[::2], children[1::2]
        for mark in marks[1:]:
            if mark != marks[0]:
                self._refuse("WSL-P025", self._place(mark), first=marks[0], mark=mark)
                break
        names = tuple(side.value for side in sides)
        return ast.EdgeItem(str(marks[0]), names, span=self._span(children))

    def nodes(self, children: Children) -> Clause:
        span = self._span(children)
        return Clause("", tuple(_nodes(children)), span.start - self._offset, span.end - self._offset)

    names = nodes

    def lone_nodes(self, children: Children) -> ast.NodeItem:
        return ast.NodeItem(children[0].value, span=self._span(children))

    def declaration(self, children: Children) -> ast.DeclarationItem:
        names, _, kind, *unit = children
        if kind.upper() not in _KINDS:
            suggestion = closest(kind.upper(), _KINDS)
            self._refuse("WSL-P027", self._place(kind), suggestion, kind=kind, suggestion=suggestion)
        return ast.DeclarationItem(
            names.value,
            kind.upper(),
            unit[0][1:-1].strip() or None if unit else None,
            self._place(unit[0]) if unit else None,
            span=self._span(children),
        )

    def assignment(self, children: Children) -> ast.Assignment:
        *modifiers, variable, operator, value = children
        words = [word.upper() for word in modifiers]
        for place, word in enumerate(words):
            if word in words[:place]:
                self._report("WSL-P013", self._place(modifiers[place]), clause=word, advice=None)
        if operator == "\\=":
            self._report("WSL-L001", self._place(operator), "/=")
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
        name, place = children[0].upper(), self._place(children[0])
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

    def _once(self, children: Children) -> dict[str, Any]:
        """The values of the clauses by keyword; of a clause given twice the first counts."""
        given: dict[str, Any] = {}
        for clause in children:
            if not isinstance(clause, Clause) or not clause.keyword:
                continue
            if clause.keyword in given:
                advice = _TO_MERGE.get(clause.keyword)
                self._report("WSL-P013", self._keyword(clause), clause=clause.keyword, advice=advice)
            given.setdefault(clause.keyword, clause.value)
        return given

    def _common(self, children: Children) -> dict[str, Any]:
        """What every statement has: its place, its options, the places of its clauses."""
        clauses = [child for child in children if isinstance(child, Clause) and child.keyword]
        return {
            "options": next((clause.value for clause in clauses if clause.keyword == "WITH"), ()),
            "places": {clause.keyword: self._place(clause) for clause in reversed(clauses)},
            "span": self._span(children),
        }

    def use(self, children: Children) -> ast.Use:
        head = children[1] if len(children) > 1 else None
        clauses = self._once(children)
        name, path = head if isinstance(head, ast.Name) else None, clauses.get("FROM")
        if name and path:
            self._refuse("WSL-P028", name.span, name=name.name)
        return ast.Use(
            path or name,
            head == "*",
            clauses.get("WHERE"),
            clauses.get("SAMPLE"),
            clauses.get("ON"),
            clauses.get("AS"),
            **self._common(children),
        )

    def graph(self, children: Children) -> ast.Graph:
        clauses = self._once(children)
        if "{" not in clauses and "FROM" not in clauses:
            self._refuse("WSL-P031", self._place(children[0]))
        return ast.Graph(
            clauses.get("FROM"),
            clauses.get("{", ()),
            clauses.get("TARGET"),
            "REVERSED" in clauses,
            "{" in clauses,
            **self._common(children),
        )

    def update(self, children: Children) -> ast.Update:
        clauses = self._once(children)
        # One joint do(), whether its parts are set or drawn: in the order written.
        changes = [clauses[word] for word in clauses if word in ("SET", "SETDIST")]
        assignments = tuple(assignment for change in changes for assignment in change)
        return ast.Update(children[0].upper(), assignments, clauses.get("WHERE"), **self._common(children))

    def estimate(self, children: Children) -> ast.Estimate:
        clauses = self._once(children)
        return ast.Estimate(
            tuple(child for child in children if isinstance(child, ast.EstimateItem)),
            any(isinstance(child, str) and child.upper() == "ROWS" for child in children),
            clauses.get("BY", ()),
            clauses.get("WHERE"),
            clauses.get("INTO"),
            **self._common(children),
        )

    def expect(self, children: Children) -> ast.Expect:
        clauses = self._once(children)
        return ast.Expect(children[1], clauses.get("BY", ()), clauses.get("WHERE"), **self._common(children))

    def describe(self, children: Children) -> ast.Describe:
        self._once(children)
        variables = next((c.value for c in children if isinstance(c, Clause) and not c.keyword), ())
        return ast.Describe(variables, **self._common(children))

    def param(self, children: Children) -> ast.Param:
        self._once(children)
        _, name, _, value, *_ = children
        return ast.Param(name, value, **self._common(children))

    def method(self, children: Children) -> ast.Method:
        name, options = children[0], _nodes(children)
        self._distinct(options)
        return ast.Method(name.upper(), tuple(options), self._place(name), span=self._span(children))

    def explain(self, children: Children) -> ast.Explain:
        clauses = self._once(children)
        target, common = children[1], self._common(children)
        if "AT" in clauses and "WHERE" in clauses:
            later = max((common["places"][word] for word in ("AT", "WHERE")), key=lambda place: place.start)
            self._refuse("WSL-P035", later)
        elif "AT" not in clauses and "WHERE" not in clauses:
            example = example_of_moment(target.name)
            self._refuse("WSL-P034", self._span(children[:2]), target=target.name, example=example)
        return ast.Explain(
            target,
            clauses.get("AT"),
            clauses.get("WHERE"),
            clauses.get("AGAINST"),
            clauses.get("USING", ()),
            clauses.get("TOP"),
            **common,
        )

    def explain_plan(self, children: Children) -> ast.ExplainPlan:
        self._once(children)
        return ast.ExplainPlan(**self._common(children))


_TO_MERGE = {
    "WHERE": "join the two conditions with AND",
    "SET": "separate the assignments with commas",
    "SETDIST": "separate the draws with commas",
    "BY": "separate the variables with commas",
    "AT": "join the two conditions with AND",
    "AGAINST": "join the two conditions with AND",
    "USING": "separate the methods with commas",
    "WITH": "put every option into one WITH",
    "{": "put every edge into one block",
}


def _terms(node: ast.Expression) -> int:
    """How many terms a chain of arithmetic joins, from left to right."""
    terms = 1
    while isinstance(node, ast.Binary) and node.operator in "+-*/":
        node = node.left
        terms += 1
    return terms


def _nodes(children: Children) -> Children:
    return [child for child in children if isinstance(child, ast.Node)]


def _negated(children: Children) -> bool:
    return bool(children[1].upper() == "NOT")
