"""ESTIMATE and EXPECT: statistics, and formulas over them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.semantics import units
from wsl.semantics.checked import (
    Constant,
    Expression,
    Figure,
    FigureValue,
    Formula,
    FormulaConstant,
    FormulaOperation,
    Statistic,
    Type,
    reads,
)
from wsl.semantics.expressions import FUNCTIONS, STATISTIC_WORDS, ExpressionChecker, Typed, quoted
from wsl.semantics.scope import TYPE_WORDS, listed
from wsl.syntax import ast
from wsl.syntax.writer import format_expression

_PERCENTILE = re.compile(r"P(\d{1,2}(?:\.\d+)?)")
_COMPARISONS = frozenset(("==", "<>", "<", "<=", ">", ">="))


@dataclass(frozen=True, slots=True)
class TypedFormula:
    formula: Formula
    unit: str | None
    truth: bool = False
    literal: ast.Number | None = None


@dataclass(frozen=True, slots=True)
class _Estimated:
    """What an estimator answers for in a figure, and whether it is compared with the row's own record."""

    variable: str | None
    coupled: bool


@dataclass
class FigureChecker:
    """Checks formulas over statistics; `changing` are the variables that an estimator answers for."""

    expressions: ExpressionChecker
    emit: Callable[[Diagnostic], None]
    changing: Callable[[str], bool]
    target: str | None

    def formula(self, node: ast.Expression) -> TypedFormula | None:
        """Arithmetic, comparison and logic over statistics, or None where something was reported."""
        match node:
            case ast.Parenthesised(inner):
                return self.formula(inner)
            case ast.Number(value, unit):
                return TypedFormula(
                    FormulaConstant(value / 100 if unit == "%" else value), unit, literal=node
                )
            case ast.Unary(operator, operand):
                checked = self.formula(operand)
                if checked is None:
                    return None
                if operator == "NOT":
                    return TypedFormula(FormulaOperation("NOT", (checked.formula,)), None, True)
                negative = FormulaOperation("-", (FormulaConstant(0.0), checked.formula))
                return TypedFormula(negative, checked.unit)
            case ast.Binary(operator, left, right):
                return self._operation(node, operator, left, right)
            case ast.Between(operand, low, high, negated):
                lower = self._operation(node, ">=", operand, low)
                upper = self._operation(node, "<=", operand, high)
                if lower is None or upper is None:
                    return None
                both: Formula = FormulaOperation("AND", (lower.formula, upper.formula))
                return TypedFormula(FormulaOperation("NOT", (both,)) if negated else both, None, True)
            case ast.Call("BASELINE", arguments):
                return self._recorded(node, arguments)
            case ast.Call():
                figure = self.figure(node)
                return TypedFormula(FigureValue(figure), figure.unit) if figure else None
        example = node.name if isinstance(node, ast.Name) else (self.target or "x")
        what = f"`{node.name}`" if isinstance(node, ast.Name) else "this"
        if isinstance(node, ast.Name) and not self.expressions.scope.is_variable(node.name):
            self.expressions.unknown_variable(node)
            if self.expressions.scope.exhaustive:
                return None
        self._say("WSL-T017", node, what=what, example=example)
        return None

    def figure(self, node: ast.Call) -> Figure | None:
        """A statistic of the rows."""
        name, arguments = node.function, node.arguments
        percentile = _PERCENTILE.fullmatch(name)
        if name == "COUNT":
            return self._count(node)
        if name == "SHARE":
            return self._share(node)
        if name == "QUANTILE":
            return self._quantile(node)
        if percentile or name in ("MEAN", "CDF"):
            if len(arguments) != 1:
                self._arguments(node, "one argument", f"{name}({self.target or 'x'})")
                return None
            probability = float(percentile[1]) / 100 if percentile else None
            statistic = Statistic.QUANTILE if percentile else Statistic[name]
            return self._of_value(node, statistic, arguments[0], probability)
        if name in FUNCTIONS:
            self._say("WSL-T017", node, what=f"{name}(..)", example=f"{name}(x)")
            return None
        near = closest(name, STATISTIC_WORDS)
        fixes = (Fix(node.function_span, near),) if near else ()
        known = listed(("MEAN", "P50", "P99.9", "QUANTILE", "CDF", "SHARE", "COUNT(*)"))
        self._say("WSL-N006", node.function_span, fixes, name=name, suggestion=near, known=known)
        return None

    def _say(self, code: str, node: ast.Node | Span, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        span = node if isinstance(node, Span) else node.span
        self.emit(report(code, span, fixes=fixes, **fields))

    def _operation(
        self, node: ast.Expression, operator: str, left: ast.Expression, right: ast.Expression
    ) -> TypedFormula | None:
        a, b = self.formula(left), self.formula(right)
        if a is None or b is None:
            return None
        truth = operator in _COMPARISONS or operator in ("AND", "OR")
        if a.truth != b.truth or a.truth != (operator in ("AND", "OR")):
            wrong = left if a.truth != (operator in ("AND", "OR")) else right
            if operator in ("AND", "OR"):
                self._say("WSL-T005", wrong, what="this figure", kind="a number", example="MEAN(rt) <= 100")
            else:
                self._say("WSL-T013", wrong, what="this", kind="a condition", advice="compare two figures")
            return None
        if truth or operator in "+-":
            b = self._brought(b, a.unit, node) if b.literal or not a.literal else b
            a = self._brought(a, b.unit, node) if a is not None and b is not None and a.literal else a
            if a is None or b is None:
                return None
            unit = None if truth else (a.unit or b.unit)
        else:
            unit = (
                a.unit
                if b.unit in (None, "%")
                else (b.unit if operator == "*" and a.unit in (None, "%") else None)
            )
            unit = None if operator == "/" and a.unit == b.unit else unit
        return TypedFormula(FormulaOperation(operator, (a.formula, b.formula)), unit, truth)

    def _brought(self, value: TypedFormula, unit: str | None, node: ast.Expression) -> TypedFormula | None:
        """A literal in the unit of what it stands beside; figures must be of one unit already."""
        if value.unit in (None, unit, "%") or (unit is None and value.literal is None):
            return value
        if value.literal is not None and unit is not None:
            converted = units.convert(value.literal.value, value.unit, unit)
            if converted is not None:
                return TypedFormula(FormulaConstant(converted), unit)
        if value.literal is not None:
            self._say(
                "WSL-T003",
                value.literal,
                what="this figure",
                name=self.target or "x",
                written=f"{value.literal.value:g}{value.unit}",
                unit=value.unit,
            )
            return None
        if unit is not None and (factor := units.convert(1.0, value.unit, unit)) is not None:
            scaled = FormulaOperation("*", (value.formula, FormulaConstant(factor)))
            return TypedFormula(scaled, unit)
        self._say(
            "WSL-T012",
            node,
            left="the left side",
            left_unit=unit or "no unit",
            right="the right side",
            right_unit=value.unit,
            operation="comparison",
        )
        return None

    def _recorded(self, node: ast.Call, arguments: tuple[ast.Expression, ...]) -> TypedFormula | None:
        inner = arguments[0] if len(arguments) == 1 else None
        while isinstance(inner, ast.Parenthesised):
            inner = inner.inner
        if not isinstance(inner, ast.Call):
            advice = "here BASELINE takes a figure, as BASELINE(P95(rt)); per row it stands in SHARE(..)"
            self._say("WSL-T018", node, what=_text(inner) if inner else "", advice=advice)
            return None
        figure = self.figure(inner)
        if figure is None:
            return None
        if figure.coupled or figure.statistic is Statistic.CDF:
            self._say("WSL-T018", node, what=figure.text, advice="it is no figure of the recorded rows alone")
            return None
        return TypedFormula(FigureValue(figure, recorded=True), figure.unit)

    def _count(self, node: ast.Call) -> Figure | None:
        if len(node.arguments) != 1 or not isinstance(node.arguments[0], ast.Star):
            self._arguments(node, "`*`", "COUNT(*), or SHARE(condition)")
            return None
        return Figure(Statistic.COUNT, None, None, None, False, None, "COUNT(*)")

    def _quantile(self, node: ast.Call) -> Figure | None:
        name = self.target or "x"
        if len(node.arguments) != 2:
            self._arguments(node, "a value and a probability", f"QUANTILE({name}, 0.95)")
            return None
        typed = self.expressions.value(node.arguments[1])
        if typed is None:
            return None
        percent = typed.literal is not None and typed.unit == "%"
        probability = typed.node.value if isinstance(typed.node, Constant) else -1.0
        probability = probability / 100 if percent else probability
        if not 0 < probability < 1 or (typed.unit is not None and not percent):
            written = _text(node.arguments[1])
            self._say("WSL-T014", node.arguments[1], written=written, variable=_text(node.arguments[0]))
            return None
        return self._of_value(node, Statistic.QUANTILE, node.arguments[0], probability)

    def _share(self, node: ast.Call) -> Figure | None:
        if len(node.arguments) != 1:
            self._arguments(node, "one condition", f"SHARE({self.target or 'x'} > 0)")
            return None
        condition = self.expressions.condition(node.arguments[0])
        if condition is None:
            return None
        estimated = self._estimated(node, condition)
        if estimated is None:
            return None
        variable, coupled = estimated.variable, estimated.coupled
        return Figure(Statistic.SHARE, condition, None, variable, coupled, None, _text(node))

    def _of_value(
        self, node: ast.Call, statistic: Statistic, argument: ast.Expression, probability: float | None
    ) -> Figure | None:
        typed = self.expressions.value(argument)
        if typed is None:
            return None
        if typed.type is not Type.NUMBER:
            self._of_wrong_type(node, typed, argument)
            return None
        if recorded := reads(typed.node, recorded=True):
            advice = (
                "compare figures, as MEAN(x) - BASELINE(MEAN(x)), or rows, as SHARE(x <= BASELINE(x)); "
                "the report's difference is the effect"
            )
            self._say("WSL-T018", node, what=recorded[0], advice=advice)
            return None
        if statistic is Statistic.CDF and not isinstance(_bare(argument), ast.Name):
            self._arguments(node, "one variable", f"CDF({self.target or 'x'})")
            return None
        estimated = self._estimated(node, typed.node)
        if estimated is None:
            return None
        return Figure(statistic, typed.node, probability, estimated.variable, False, typed.unit, _text(node))

    def _of_wrong_type(self, node: ast.Call, typed: Typed, argument: ast.Expression) -> None:
        name = _text(argument)
        labels = self.expressions.scope.categories(name) or ("label",)
        label = {Type.CATEGORY: quoted(labels[0]), Type.TRUTH: "true"}.get(typed.type, "'2024-03-01'")
        self._say(
            "WSL-T010",
            node,
            statistic=node.function,
            variable=name,
            kind=TYPE_WORDS[typed.type],
            label=label,
        )

    def _estimated(self, node: ast.Call, expression: Expression) -> _Estimated | None:
        """The one variable an estimator answers for; None, and reported, if there are several."""
        current = [name for name in reads(expression, recorded=False) if self.changing(name)]
        recorded = [name for name in reads(expression, recorded=True) if self.changing(name)]
        both = tuple(dict.fromkeys((*current, *recorded)))
        if len(both) > 1:
            names = listed(f"`{name}`" for name in both)
            self._say("WSL-T020", node, figure=_text(node), variables=names)
            return None
        return _Estimated(current[0] if current else None, bool(current and recorded))

    def _arguments(self, node: ast.Call, expected: str, example: str) -> None:
        self._say(
            "WSL-T008",
            node,
            name=node.function,
            expected=expected,
            given=len(node.arguments),
            example=example,
        )


def _bare(node: ast.Expression) -> ast.Expression:
    while isinstance(node, ast.Parenthesised):
        node = node.inner
    return node


def _text(node: ast.Expression) -> str:
    """An expression as the formatter writes it."""
    return format_expression(node)
