"""Expressions: names become reads, literals take types and units, and what does not fit is reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wsl_grammar.terminals import written_label, written_name

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.diagnostics.terminal import shown_label
from wsl.semantics import mismatches, units
from wsl.semantics.checked import (
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Function,
    Label,
    Logic,
    Matches,
    Missing,
    OneOf,
    Read,
    Type,
)
from wsl.semantics.long_tables import as_long_table
from wsl.semantics.quantities import Algebra, Quantity
from wsl.semantics.scope import TYPE_WORDS, Scope, listed
from wsl.semantics.shown import advice_on_units, bare, flattened, quoted, show
from wsl.semantics.times import Interval, parse_time
from wsl.syntax import ast
from wsl.syntax.bare_words import bare_word, names_in

FUNCTIONS = {"MIN": (2, 99), "MAX": (2, 99), "ABS": (1, 1), "LOG": (1, 1), "EXP": (1, 1), "SQRT": (1, 1)}
FUNCTIONS["ROUND"] = (1, 2)
STATISTIC_WORDS = ("MEAN", "P50", "P95", "P99", "QUANTILE", "CDF", "SHARE", "COUNT")
PERCENTILE = re.compile(r"P(\d+(?:\.\d+)?)")
_COMPARISONS = frozenset(("==", "<>", "<", "<=", ">", ">="))
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CALLED_TIME = ("time", "timestamp", "ts", "date", "datetime", "when")
_TRUTHS = ("false", "true")

Typed: TypeAlias = Quantity[Expression]
"""A checked expression with its unit; its type is that of its node."""

ALGEBRA: Algebra[Expression] = Algebra(Constant, Arithmetic)


@dataclass
class ExpressionChecker:
    """Checks the expressions of one statement; None is returned for what was reported.

    `allow_unseen` lets a quoted category pass that no row has, as the new value of a variable may be.
    """

    scope: Scope
    emit: Callable[[Diagnostic], None]
    allow_unseen: bool = False

    def condition(self, node: ast.Expression | None) -> Expression | None:
        """A truth; a boolean variable is one."""
        if node is None:
            return None
        inner = bare(node)
        match inner:
            case ast.Binary("AND" | "OR" as operator):
                parts = [self.condition(part) for part in flattened(inner, operator)]
                done = tuple(part for part in parts if part is not None)
                return Logic(operator, done) if len(done) == len(parts) else None
            case ast.Unary("NOT", operand):
                return _negated(self.condition(operand), True)
            case ast.Binary(operator, left, right) if operator in _COMPARISONS:
                return self._comparison(inner.operator_span or inner.span, operator, left, right)
            case ast.In(operand, items, negated):
                return _negated(self._in(operand, items), negated)
            case ast.Between(operand, low, high, negated):
                return _negated(self._between(inner, operand, low, high), negated)
            case ast.IsMissing(operand, negated):
                typed = self.value(operand)
                return _negated(Missing(typed.node), negated) if typed else None
            case ast.Like(operand, pattern, negated):
                return _negated(self._like(operand, pattern), negated)
        typed = self.value(inner)
        if typed is None or typed.node.type is Type.TRUTH:
            return typed.node if typed else None
        if self._is_open(typed):
            return self._retyped(typed, Type.TRUTH).node
        name = written_name(inner.name) if isinstance(inner, ast.Name) else "x"
        example = f"{name} == 'label'" if typed.node.type is Type.CATEGORY else f"{name} > 0"
        self._say("WSL-T005", node, what=show(inner), kind=TYPE_WORDS[typed.node.type], example=example)
        return None

    def number(self, node: ast.Expression, purpose: str) -> Typed | None:
        """A value that arithmetic can be done with."""
        typed = self.value(node)
        if typed is None or typed.node.type is Type.NUMBER:
            return typed
        kind = typed.node.type
        advice = {
            Type.CATEGORY: "a category can be compared with == and IN, and set with =",
            Type.TIME: "a time can be compared with another, as a string in ISO 8601, and set with =",
        }.get(kind, "a truth value can be combined with AND, OR and NOT, and set with =")
        self._say("WSL-T001", node, operation=purpose, what=show(node), kind=TYPE_WORDS[kind], advice=advice)
        return None

    def value(self, node: ast.Expression, beside: str | None = None) -> Typed | None:
        """A value of any type; bare words may be categories of the variable `beside`."""
        node = bare(node)
        match node:
            case ast.Number(value, unit):
                return ALGEBRA.number(value, unit)
            case ast.String():
                return self._label(node, beside)
            case ast.Name():
                return self._name(node, beside)
            case ast.Unary("-", operand):
                inner = self.number(operand, "a minus sign")
                return ALGEBRA.negative(inner) if inner else None
            case ast.Binary(operator, left, right) if operator in "+-*/":
                if beside is not None and self._lacks_quotes(node, beside):
                    return None
                return self._arithmetic(node, operator, left, right)
            case ast.Call():
                return self._call(node)
            case ast.Star():
                self._say(
                    "WSL-T013", node, what="`*`", kind="no value", wanted="a number", advice="name a variable"
                )
                return None
        checked = self.condition(node)
        return Quantity(checked) if checked is not None else None

    def converted(self, typed: Typed, unit: str | None, name: str, node: ast.Expression) -> Typed | None:
        """A number in the unit of the variable `name` it is compared with or set to."""
        done = ALGEBRA.converted(typed, unit)
        if done is None:
            self._unit_error(typed.unit_words, unit, name, node)
        return done

    def assigned(self, node: ast.Expression, name: str) -> Expression | None:
        """A value for the variable `name`, in its unit; whether its type fits is the caller's to say."""
        typed = self.value(node, beside=name)
        if (
            typed is not None
            and typed.node.type is Type.NUMBER
            and self.scope.type(name) in (None, Type.NUMBER)
        ):
            typed = self.converted(typed, self.scope.unit(name), name, node)
        return typed.node if typed is not None else None

    def _say(self, code: str, node: ast.Node | Span, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        self.emit(report(code, node if isinstance(node, Span) else node.span, fixes=fixes, **fields))

    def _is_open(self, typed: Typed) -> bool:
        """Whether the type of a variable is not known, so that it is what it is used as."""
        return isinstance(typed.node, Read) and self.scope.type(typed.node.variable) is None

    @staticmethod
    def _retyped(typed: Typed, wanted: Type) -> Typed:
        assert isinstance(typed.node, Read)
        return replace(typed, node=replace(typed.node, type=wanted))

    def _name(self, node: ast.Name, beside: str | None) -> Typed | None:
        name = node.name
        if name in self.scope.undefined and not self.scope.is_variable(name):
            return None
        labels = self.scope.categories(beside) if beside else None
        if self.scope.is_variable(name):
            if labels and name in labels and not node.quoted:
                self._say("WSL-N008", node, name=name, variable=beside)
                return None
            return Quantity(
                Read(name, self.scope.type(name) or Type.NUMBER, span=node.span), self.scope.unit(name)
            )
        if beside and not node.quoted and self.scope.type(beside) in (None, Type.CATEGORY, Type.TRUTH):
            return self._label(ast.String(name, span=node.span), beside, word=True)
        if not node.quoted and name.lower() in _TRUTHS:
            return Quantity(Constant(float(name.lower() == "true"), Type.TRUTH))
        self.unknown_variable(node)
        return None

    def unknown_variable(self, node: ast.Name) -> bool:
        """Report a name that is no variable, unless what would have defined it did not parse."""
        if not self.scope.is_unknown(node.name):
            return False
        unusable = self.scope.dataset.unusable if self.scope.dataset is not None else {}
        if node.name in unusable:
            self._say("WSL-D009", node, column=node.name, type=unusable[node.name])
            return True
        near = closest(node.name, {*self.scope.variables, *self.scope.parameters} - {node.name})
        near = near or self._meant_time(node.name)
        fixes = (Fix(node.span, written_name(near)),) if near else ()
        self._say(
            "WSL-N001",
            node,
            fixes,
            name=node.name,
            suggestion=near,
            known=listed(map(written_name, self.scope.variables)),
            long=as_long_table(self.scope.dataset, node.name),
        )
        return True

    def _meant_time(self, name: str) -> str | None:
        """The only time there is, for a name that many logs have for it."""
        times = [name for name in self.scope.variables if self.scope.type(name) is Type.TIME]
        return times[0] if len(times) == 1 and name.casefold() in _CALLED_TIME else None

    def _lacks_quotes(self, node: ast.Binary, beside: str) -> bool:
        """Report a category that reads as arithmetic without its quotes, as us-west-2 does."""
        word = bare_word(node) if self.scope.type(beside) is Type.CATEGORY else None
        names = [name for name in names_in(node) if name not in self.scope.undefined] if word else []
        if all(self.scope.is_variable(name) for name in names):
            return False
        advice = "a category or a time stands in quotes"
        self._say("WSL-P016", node, (Fix(node.span, quoted(word)),), written=word, advice=advice)
        return True

    def _label(self, node: ast.String, beside: str | None, *, word: bool = False) -> Typed | None:
        """A category, time or truth written as a string or bare word."""
        text = node.value
        kind = self.scope.type(beside) if beside else None
        if kind is Type.TIME:
            interval = self._time(node)
            return Quantity(Constant(float(interval.start), Type.TIME)) if interval else None
        if kind is Type.TRUTH:
            if text.lower() in _TRUTHS:
                return Quantity(Constant(float(text.lower() == "true"), Type.TRUTH))
            return Quantity(Label(text))
        labels = self.scope.categories(beside) if beside else None
        if labels is None or text in labels or (self.allow_unseen and not word):
            return Quantity(Label(text))
        others = set(self.scope.names_of(Type.CATEGORY)) - {text} if word else set()
        near = closest(text, {*labels, *others})
        if self.allow_unseen:
            written = near and (written_label if near in labels else written_name)(near)
            self._say(
                "WSL-N002",
                node,
                (Fix(node.span, written),) if written else (),
                name=text,
                variable=beside,
                suggestion=written,
                known=listed(map(shown_label, labels)),
            )
            return None
        if text not in self.scope.failed_words:
            shown = near and (quoted if near in labels else written_name)(near)
            self._say(
                "WSL-N003",
                node,
                (Fix(node.span, shown),) if shown else (),
                variable=beside,
                label=quoted(text),
                suggestion=shown,
                known=listed(map(shown_label, labels)),
            )
        return Quantity(Label(text))

    def _call(self, node: ast.Call) -> Typed | None:
        name = node.function
        if name == "BASELINE":
            return self._recorded(node)
        if name not in FUNCTIONS:
            self._unknown_function(node)
            return None
        least, most = FUNCTIONS[name]
        if not least <= len(node.arguments) <= most:
            expected = {1: "one argument", 2: "one or two arguments"}.get(most, "two or more arguments")
            example = f"{name}(x)" if least == 1 else f"{name}(x, y)"
            self._say("WSL-T008", node, name=name, expected=expected, example=example)
            return None
        arguments = [self.number(argument, name) for argument in node.arguments]
        known = [argument for argument in arguments if argument is not None]
        if len(known) < len(arguments):
            return None
        unit = known[0].unit if name in ("ABS", "ROUND") else None
        if name in ("MIN", "MAX"):
            same = ALGEBRA.aligned(*known)
            if same is None:
                self._mixed(node, node.arguments, known, name)
                return None
            known, unit = list(same), same[0].unit
        return Quantity(Function(name, tuple(typed.node for typed in known)), unit)

    def _unknown_function(self, node: ast.Call) -> None:
        name = node.function
        if name in STATISTIC_WORDS or PERCENTILE.fullmatch(name):
            self._say("WSL-T022", node.function_span, name=name)
            return
        begin = f"{name} (".casefold()  # a column, as load (req/s)
        column = next((v for v in self.scope.variables if v.casefold().startswith(begin)), None)
        near = written_name(column) if column else closest(name, (*FUNCTIONS, "BASELINE"))
        fixes = (Fix(node.span if column else node.function_span, near),) if near else ()
        known = listed((*FUNCTIONS, "BASELINE"))
        self._say("WSL-N006", node.function_span, fixes, name=name, suggestion=near, known=known)

    def _recorded(self, node: ast.Call) -> Typed | None:
        inner = bare(node.arguments[0]) if len(node.arguments) == 1 else None
        if not isinstance(inner, ast.Name):
            what = ", ".join(show(argument) for argument in node.arguments)
            self._say(
                "WSL-T018", node, what=what, advice="name one variable: BASELINE(x) is its recorded value"
            )
            return None
        typed = self._name(inner, None)
        if typed is None or not isinstance(typed.node, Read):
            return typed
        return replace(typed, node=replace(typed.node, recorded=True))

    def _arithmetic(
        self, node: ast.Binary, operator: str, left: ast.Expression, right: ast.Expression
    ) -> Typed | None:
        a, b = self.number(left, f"`{operator}`"), self.number(right, f"`{operator}`")
        if a is None or b is None:
            return None
        if operator == "*":
            result = ALGEBRA.product(a, b)
        else:
            result = ALGEBRA.ratio(a, b) if operator == "/" else ALGEBRA.sum(operator, a, b)
        if result is None:
            words = {"*": "product", "/": "ratio", "+": "sum", "-": "difference"}
            self._mixed(node, (left, right), (a, b), words[operator])
        return result

    def _mixed(
        self,
        node: ast.Node | Span,
        operands: Sequence[ast.Expression],
        known: Sequence[Typed],
        operation: str,
    ) -> None:
        """Report two quantities whose units do not go together; a missing declaration is named as such."""
        pairs = list(zip(operands, known, strict=True))
        bare_reads = [(a, b) for a, b in pairs if b.unit is None and b.literal is None and not b.percent]
        if (
            operation not in ("product", "ratio")
            and bare_reads
            and not any(b.unit for _, b in pairs if b.literal is None)
        ):
            written, typed = next((a, b) for a, b in pairs if b.unit is not None)
            variable = bare_reads[0][0]
            name = self.variable(variable)
            self._say(
                "WSL-T003",
                written,
                what=show(variable),
                name=name and written_name(name),
                written=show(written),
                unit=typed.unit,
            )
            return
        first = pairs[0]
        other = next((pair for pair in pairs if pair[1].unit_words != first[1].unit_words), pairs[1])
        self._say(
            "WSL-T012",
            node,
            left=show(first[0]),
            left_unit=first[1].unit_words,
            right=show(other[0]),
            right_unit=other[1].unit_words,
            operation=operation,
            advice=advice_on_units(operation, first, other),
        )

    def _between(
        self, node: ast.Between, operand: ast.Expression, low: ast.Expression, high: ast.Expression
    ) -> Expression | None:
        """Two comparisons; a fault of the operand shows in the first, and is not said again of the second."""
        said: list[Diagnostic] = []
        again: list[Diagnostic] = []
        lower = replace(self, emit=said.append)._comparison(node.span, ">=", operand, low, "BETWEEN")
        upper = replace(self, emit=again.append)._comparison(node.span, "<=", operand, high, "BETWEEN")
        codes = {finding.code for finding in said if not finding.code.startswith("WSL-N")}
        for finding in (*said, *(finding for finding in again if finding.code not in codes)):
            self.emit(finding)
        return Logic("AND", (lower, upper)) if lower is not None and upper is not None else None

    def _like(self, operand: ast.Expression, pattern: ast.String) -> Expression | None:
        typed = self.value(operand)
        if typed is None:
            return None
        if self._is_open(typed):
            typed = self._retyped(typed, Type.CATEGORY)
        if typed.node.type is not Type.CATEGORY:
            self._incomparable(operand, typed.node.type, pattern, Type.CATEGORY)
            return None
        if not isinstance(typed.node, Read):
            advice = "write the variable before LIKE, and the pattern after it"
            self._say(
                "WSL-T013", operand, what=show(operand), kind="no variable", wanted="one", advice=advice
            )
            return None
        return Matches(typed.node, pattern.value)

    def _comparison(
        self,
        place: Span,
        operator: str,
        left: ast.Expression,
        right: ast.Expression,
        written: str | None = None,
    ) -> Expression | None:
        left_name, right_name = self.variable(left), self.variable(right)
        ordered = operator not in ("==", "<>")
        a = self.value(left, self._beside(right_name if left_name is None else None, left, ordered))
        if a is None and isinstance(bare(right), ast.Name):
            return None  # a bare word beside a name that is unknown may be anything
        b = self.value(right, self._beside(left_name, right, ordered))
        if a is None or b is None:
            return None
        a, b = self._agreed(a, b, ordered), self._agreed(b, a, ordered)
        kinds = {a.node.type, b.node.type}
        if kinds == {Type.TIME}:
            return self._time_comparison(operator, left, a, right, b)
        if kinds == {Type.TRUTH} and operator in ("==", "<>"):
            return _same_truth(operator, a.node, b.node)
        if kinds == {Type.NUMBER}:
            return self._number_comparison(operator, left, a, right, b)
        if kinds != {Type.CATEGORY}:
            self._incomparable(left, a.node.type, right, b.node.type, ordered)
            return None
        if ordered:
            variable = left_name or right_name or "x"
            advice = mismatches.without_order(self.scope, variable, right if left_name else left)
            self._say("WSL-T016", place, operator=written or operator, variable=variable, advice=advice)
            return None
        return Compare(operator, a.node, b.node)

    def _beside(self, name: str | None, operand: ast.Expression, ordered: bool) -> str | None:
        """The variable whose value an operand is; of what has no order, a string need not be one."""
        free = ordered and isinstance(bare(operand), ast.String)
        return None if free and name and self.scope.type(name) is Type.CATEGORY else name

    def _agreed(self, typed: Typed, other: Typed, ordered: bool) -> Typed:
        """A variable of unknown type is of the type it is compared with; strings have an order as times."""
        if not self._is_open(typed):
            open_time = ordered and self._is_open(other) and isinstance(typed.node, Label)
            return Quantity(Constant(0.0, Type.TIME)) if open_time else typed
        as_time = ordered and isinstance(other.node, Label)
        return self._retyped(typed, Type.TIME if as_time else other.node.type)

    def _number_comparison(
        self, operator: str, left: ast.Expression, a: Typed, right: ast.Expression, b: Typed
    ) -> Expression | None:
        both = ALGEBRA.aligned(a, b)
        if both is not None:
            return Compare(operator, both[0].node, both[1].node)
        if b.literal is None and a.literal is not None:
            left, a, right, b = right, b, left, a
        if b.literal is None:
            self._mixed(left.span.to(right.span), (left, right), (a, b), "comparison")
        else:
            self._unit_error(b.unit_words, a.unit, self.variable(left) or show(left), right)
        return None

    def _time_comparison(
        self, operator: str, left: ast.Expression, a: Typed, right: ast.Expression, b: Typed
    ) -> Expression | None:
        """A shortened literal is an interval: equal is inside, later is after its end."""
        if isinstance(bare(left), ast.String):
            left, a, right, b, operator = right, b, left, a, _SWAPPED.get(operator, operator)
        literal = bare(right)
        if not isinstance(literal, ast.String):
            return Compare(operator, a.node, b.node)
        interval = self._time(literal)
        if interval is None:
            return None
        start, end = Constant(float(interval.start), Type.TIME), Constant(float(interval.end), Type.TIME)
        if operator in ("==", "<>"):
            inside = Logic("AND", (Compare(">=", a.node, start), Compare("<", a.node, end)))
            return _negated(inside, operator == "<>")
        if operator in ("<=", ">"):
            return Compare("<" if operator == "<=" else ">=", a.node, end)
        return Compare(operator, a.node, start)

    def _time(self, literal: ast.String) -> Interval | None:
        try:
            return parse_time(literal.value)
        except (ValueError, OverflowError) as error:
            self._say("WSL-T007", literal, written=quoted(literal.value), reason=str(error))
            return None

    def _in(self, operand: ast.Expression, items: tuple[ast.Expression, ...]) -> Expression | None:
        name = self.variable(operand)
        typed = self.value(operand)
        if typed is None:
            return None
        if typed.node.type in (Type.TIME, Type.TRUTH):
            parts = [self._comparison(item.span, "==", operand, item) for item in items]
            known = tuple(part for part in parts if part is not None)
            return Logic("OR", known) if len(known) == len(parts) else None
        values = [self._item(item, typed, name or show(operand), name) for item in items]
        constants = tuple(value for value in values if value is not None)
        if len(constants) < len(values):
            return None
        kinds = list(dict.fromkeys(constant.type for constant in constants))
        if len(kinds) > 1:
            words = " and ".join(TYPE_WORDS[kind] for kind in kinds)
            span = items[0].span.to(items[-1].span)
            self._say("WSL-T006", span, kinds=words, variable=name or show(operand))
            return None
        if self._is_open(typed):
            typed = self._retyped(typed, kinds[0])
        if typed.node.type is not kinds[0]:
            self._incomparable(operand, typed.node.type, items[0], kinds[0])
            return None
        return OneOf(typed.node, constants)

    def _item(
        self, item: ast.Expression, operand: Typed, what: str, beside: str | None
    ) -> Constant | Label | None:
        value = self.value(item, beside=beside)
        if value is not None and Type.NUMBER is value.node.type is operand.node.type:
            value = self.converted(value, operand.unit, what, item)
        if value is None:
            return None
        if isinstance(value.node, Constant | Label):
            return value.node
        advice = "compare with == and join with OR"
        self._say("WSL-T013", item, what=show(item), kind="no constant", wanted="one", advice=advice)
        return None

    def _incomparable(
        self, left: ast.Expression, a: Type, right: ast.Expression, b: Type, ordered: bool = False
    ) -> None:
        names = (self.variable(left), self.variable(right))
        name = next((name for name, other in (names, names[::-1]) if name and not other), None)
        literal = right if names[0] else left
        fixes: tuple[Fix, ...] = ()
        advice = mismatches.advice(self.scope, name, literal, {a, b}, ordered) if name else None
        for operand in (left, right):
            if (column := mismatches.quoted_column(operand, self.scope)) is not None:
                fixes, advice = (
                    (Fix(operand.span, column),),
                    f"the column is written {column}, without quotes",
                )
        self._say(
            "WSL-T004",
            left.span.to(right.span),
            fixes,
            left=show(left),
            left_kind=mismatches.kind_words(left, a),
            right=show(right),
            right_kind=mismatches.kind_words(right, b),
            advice=advice,
        )

    def _unit_error(self, written: str, unit: str | None, name: str, node: ast.Expression) -> None:
        variable = written_name(name) if self.scope.is_variable(name) else None
        what = f"`{name}`" if variable else name
        if unit is None:
            self._say("WSL-T003", node, what=what, name=variable, written=show(node), unit=written)
            return
        measure = units.dimension(unit)
        known = listed(units.DIMENSIONS[measure]) if measure else unit
        self._say("WSL-T002", node, unit=written, what=what, expected=unit, known=known)

    def variable(self, node: ast.Expression) -> str | None:
        """The variable an operand is, where it is one."""
        node = bare(node)
        if isinstance(node, ast.Call) and node.function == "BASELINE" and len(node.arguments) == 1:
            node = bare(node.arguments[0])
        return node.name if isinstance(node, ast.Name) and self.scope.is_variable(node.name) else None


def _negated(node: Expression | None, negated: bool) -> Expression | None:
    return Logic("NOT", (node,)) if node is not None and negated else node


def _same_truth(operator: str, a: Expression, b: Expression) -> Expression:
    """Whether two truths are the same; beside `true` or `false` it is one of them, or its opposite."""
    if isinstance(a, Constant):
        a, b = b, a
    if isinstance(b, Constant):
        return Logic("NOT", (a,)) if (b.value == 0) == (operator == "==") else a
    same = Logic("OR", (Logic("AND", (a, b)), Logic("AND", (Logic("NOT", (a,)), Logic("NOT", (b,))))))
    return Logic("NOT", (same,)) if operator == "<>" else same
