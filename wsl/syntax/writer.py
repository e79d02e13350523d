"""From syntax tree to text: expressions on one line, statements as parts that the formatter lays out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from wsl_grammar.terminals import NAME

from wsl.syntax import ast

_PLAIN_NAME = re.compile(NAME)
_EXACT_INTEGERS = 1e15


def format_expression(expression: ast.Expression) -> str:
    """An expression in canonical form, on one line."""
    return Writer({"NOT"}).expression(expression)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a statement: words that a line may break between, and the offsets they come from."""

    words: tuple[str, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Writer:
    """Writes nodes; `reserved` are the words, in upper case, that need backticks to be names."""

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self.reserved = reserved

    def name(self, name: ast.Name) -> str:
        if _PLAIN_NAME.fullmatch(name.name) and name.name.upper() not in self.reserved:
            return name.name
        return "`" + name.name.replace("`", "``") + "`"

    def expression(self, node: ast.Expression) -> str:
        match node:
            case ast.Number():
                return number(node)
            case ast.String():
                return string(node)
            case ast.Name():
                return self.name(node)
            case ast.Star():
                return "*"
            case ast.Unary("-", ast.Unary("-")):
                return f"- {self.expression(node.operand)}"  # two in a row would look like a comment
            case ast.Unary("-", operand):
                return f"-{self.expression(operand)}"
            case ast.Unary(operator, operand):
                return f"{operator} {self.expression(operand)}"
            case ast.Binary(operator, left, right):
                return f"{self.expression(left)} {operator} {self.expression(right)}"
            case ast.Call(function, arguments):
                return f"{function}({self._list(arguments)})"
            case ast.Parenthesised(inner):
                return f"({self.expression(inner)})"
            case _:
                return self._test(node)

    def _test(self, node: ast.In | ast.Between | ast.IsMissing | ast.Like) -> str:
        operand, negation = self.expression(node.operand), "NOT " * node.negated
        match node:
            case ast.In(_, items):
                return f"{operand} {negation}IN ({self._list(items)})"
            case ast.Between(_, low, high):
                return f"{operand} {negation}BETWEEN {self.expression(low)} AND {self.expression(high)}"
            case ast.IsMissing():
                return f"{operand} IS {negation}MISSING"
            case ast.Like(_, pattern):
                return f"{operand} {negation}LIKE {string(pattern)}"

    def _list(self, nodes: Iterable[ast.Expression]) -> str:
        return ", ".join(map(self.expression, nodes))

    def _joined(self, node: ast.Expression) -> list[str]:
        """A condition as its terms, each but the first with the AND or OR before it."""
        if isinstance(node, ast.Binary) and node.operator in ("AND", "OR"):
            first, *rest = self._joined(node.right)
            return [*self._joined(node.left), f"{node.operator} {first}", *rest]
        return [self.expression(node)]

    def _assignment(self, item: ast.Assignment) -> str:
        modifiers = "FIXED " * item.fixed + "RADIAL " * item.radial
        variable = modifiers + self.name(item.variable)
        match item.value:
            case ast.Distribution(name, arguments):
                mark = ":" if name == "CATEGORICAL" else " ="
                written = (self._argument(label, value, mark) for label, value in arguments)
                return f"{variable} {name}({', '.join(written)})"
            case ast.FileValues(path):
                return f"{variable} FILE {_path(path)}"
            case value:
                return f"{variable} {item.operator} {self.expression(value)}"

    def _argument(self, label: ast.Name | ast.String | None, value: ast.Expression, mark: str) -> str:
        match label:
            case None:
                return self.expression(value)
            case ast.String():
                return f"{string(label)}: {self.expression(value)}"
            case _:
                return f"{self.name(label)}{mark} {self.expression(value)}"

    def _option(self, option: ast.Option) -> str:
        if isinstance(option.value, tuple):
            return f"{option.key} = ({self._list(option.value)})"
        written = self.expression(option.value)
        if isinstance(option.value, ast.Call):
            function = option.value.function
            written = function.lower() + written.removeprefix(function)
        return f"{option.key} = {written}"

    def _key(self, key: ast.GroupKey) -> str:
        return f"SCENARIO({self.name(key.variable)})" if key.scenario else self.name(key.variable)

    def _names(self, names: Iterable[ast.Name]) -> str:
        return ", ".join(map(self.name, names))

    def item(self, item: ast.EdgeItem | ast.DeclarationItem | ast.NodeItem) -> str:
        """A line of a GRAPH block."""
        match item:
            case ast.EdgeItem(mark, sides):
                return f" {mark} ".join(map(self._names, sides))
            case ast.DeclarationItem(variables, kind, unit):
                return f"{self._names(variables)} : {kind}" + (f" [{unit}]" if unit else "")
            case ast.NodeItem(variables):
                return self._names(variables)

    def parts(self, statement: ast.Statement) -> list[Part]:
        """The head of a statement and its clauses, in canonical order; of a GRAPH all but its block."""
        match statement:
            case ast.Use():
                return self._use(statement)
            case ast.Update():
                return self._update(statement)
            case ast.Graph():
                return self._graph(statement)
            case ast.Estimate():
                return self._estimate(statement)
            case ast.Expect(condition, by, where):
                head = self._head(statement, ["EXPECT", *self._joined(condition)])
                return [head, *self._clauses(statement, by=by, where=where)]
            case ast.Explain():
                return self._explain(statement)
            case ast.Describe(variables):
                words = _commas(map(self.name, variables))
            case ast.Param(name, value):
                words = [f"{self.name(name)} = {self.expression(value)}"]
            case _:
                words = ["PLAN"]
        keyword = type(statement).__name__.upper().removesuffix("PLAN")
        return [self._head(statement, [keyword, *words]), *self._clauses(statement)]

    def _use(self, statement: ast.Use) -> list[Part]:
        dataset = statement.dataset
        words = ["USE"] + ["*"] * statement.starred
        if isinstance(dataset, ast.Name):
            words.append(self.name(dataset))
        parts = [self._head(statement, words)]
        if isinstance(dataset, ast.String):
            parts.append(self._clause(statement, "FROM", [_path(dataset)]))
        if statement.where:
            parts.append(self._clause(statement, "WHERE", self._joined(statement.where)))
        if statement.sample:
            parts.append(self._clause(statement, "SAMPLE", [self.expression(statement.sample)]))
        if statement.unsupported:
            policy, value = statement.unsupported.policy, statement.unsupported.value
            words = ["UNSUPPORTED", policy] + (["ABOVE", self.expression(value)] if value else [])
            parts.append(self._clause(statement, "ON", words))
        if statement.alias:
            parts.append(self._clause(statement, "AS", [self.name(statement.alias)]))
        return parts + self._clauses(statement)

    def _update(self, statement: ast.Update) -> list[Part]:
        parts = []
        for drawn, items in groupby(statement.assignments, lambda item: item.operator == "~"):
            words = _commas(map(self._assignment, items))
            parts.append(self._clause(statement, "SETDIST" if drawn else "SET", words))
        first, *rest = parts
        opening = f"{statement.keyword} {first.words[0]}"
        head = Part((opening, *first.words[1:]), statement.span.start, first.end)
        return [head, *rest, *self._clauses(statement, where=statement.where)]

    def _estimate(self, statement: ast.Estimate) -> list[Part]:
        items = (
            self.expression(item.expression) + (f" AS {self.name(item.alias)}" if item.alias else "")
            for item in statement.items
        )
        words = ["ROWS"] if statement.rows else _commas(items)
        parts = [self._head(statement, ["ESTIMATE", *words])]
        parts += self._clauses(statement, by=statement.by, where=statement.where, options=False)
        if statement.into:
            parts.append(self._clause(statement, "INTO", [_path(statement.into)]))
        return parts + self._clauses(statement)

    def _graph(self, statement: ast.Graph) -> list[Part]:
        parts = [self._head(statement, ["GRAPH"])]
        if statement.path:
            parts.append(self._clause(statement, "FROM", [_path(statement.path)]))
        if statement.reversed:
            parts.append(self._clause(statement, "REVERSED", []))
        if statement.target:
            parts.append(self._clause(statement, "TARGET", [self.name(statement.target)]))
        return parts + self._clauses(statement)

    def _explain(self, statement: ast.Explain) -> list[Part]:
        parts = [self._head(statement, ["EXPLAIN", self.name(statement.target)])]
        if statement.at:
            parts.append(self._clause(statement, "AT", self._joined(statement.at)))
        parts += self._clauses(statement, where=statement.where, options=False)
        if statement.against:
            first, *rest = self._joined(statement.against)
            parts.append(self._clause(statement, "AGAINST", [f"WHERE {first}", *rest]))
        if statement.methods:
            parts.append(self._clause(statement, "USING", _commas(map(self._method, statement.methods))))
        if statement.top:
            parts.append(self._clause(statement, "TOP", [self.expression(statement.top)]))
        return parts + self._clauses(statement)

    def _method(self, method: ast.Method) -> str:
        return method.name + (f"({', '.join(map(self._option, method.options))})" if method.options else "")

    def _clauses(
        self,
        statement: ast.Statement,
        by: Sequence[ast.GroupKey] = (),
        where: ast.Expression | None = None,
        options: bool = True,
    ) -> list[Part]:
        parts = []
        if by:
            parts.append(self._clause(statement, "BY", _commas(map(self._key, by))))
        if where:
            parts.append(self._clause(statement, "WHERE", self._joined(where)))
        if options and statement.options:
            first, *rest = _commas(map(self._option, statement.options))
            words = [f"({first}", *rest]
            parts.append(self._clause(statement, "WITH", [*words[:-1], f"{words[-1]})"]))
        return parts

    def _clause(self, statement: ast.Statement, keyword: str, words: Sequence[str]) -> Part:
        place = statement.places.get(keyword, statement.span)
        return Part((" ".join([keyword, *words[:1]]), *words[1:]), place.start, place.end)

    def _head(self, statement: ast.Statement, words: Sequence[str]) -> Part:
        clauses = (place.start for place in statement.places.values())
        end = min(clauses, default=statement.span.end)
        return Part((" ".join(words[:2]), *words[2:]), statement.span.start, end)


def _commas(items: Iterable[str]) -> list[str]:
    """Items with a comma after each but the last."""
    written = list(items)
    return [f"{item}," for item in written[:-1]] + written[-1:]


def number(node: ast.Number) -> str:
    """A number in its shortest form, with its unit."""
    value = node.value
    digits = str(int(value)) if value.is_integer() and abs(value) < _EXACT_INTEGERS else repr(value)
    return digits + (node.unit or "")


def string(node: ast.String, quote: str = "'") -> str:
    """A string in the quotes that are wanted, or in the others if that saves doubling one."""
    other = "'" if quote == '"' else '"'
    if quote in node.value and other not in node.value:
        quote = other
    return quote + node.value.replace(quote, quote * 2) + quote


def _path(node: ast.String) -> str:
    return string(node, '"')
