"""ESTIMATE and EXPECT: statistics, and formulas over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wsl_grammar.terminals import written_name

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.semantics import units
from wsl.semantics.checked import (
    Expression,
    Figure,
    FigureValue,
    Formula,
    FormulaConstant,
    FormulaOperation,
    Statistic,
    Type,
    figures_of,
    reads,
)
from wsl.semantics.expressions import (
    FUNCTIONS,
    PERCENTILE,
    STATISTIC_WORDS,
    ExpressionChecker,
    Typed,
)
from wsl.semantics.quantities import Algebra, Quantity
from wsl.semantics.scope import TYPE_WORDS, listed
from wsl.semantics.shown import advice_on_units, bare, flattened, quoted, show
from wsl.syntax import ast
from wsl.syntax.writer import format_expression

_COMPARISONS = frozenset(("==", "<>", "<", "<=", ">", ">="))
_LOGIC = frozenset(("AND", "OR"))
_ALGEBRA: Algebra[Formula] = Algebra(
    FormulaConstant, lambda operator, a, b: FormulaOperation(operator, (a, b))
)


@dataclass(frozen=True, slots=True)
class TypedFormula:
    """A formula with its unit; `truth` tells a condition from a number."""

    quantity: Quantity[Formula]
    truth: bool = False

    @property
    def formula(self) -> Formula:
        return self.quantity.node


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

    def condition(self, node: ast.Expression) -> TypedFormula | None:
        """A formula that holds or does not."""
        checked = self.formula(node)
        if checked is None or checked.truth:
            return checked
        text = format_expression(node)
        example = (
            f"{text} <= 1.05 * BASELINE({text})" if isinstance(bare(node), ast.Call) else f"{text} <= 100"
        )
        self._say("WSL-T005", node, what=text, kind="a number", example=example)
        return None

    def formula(self, node: ast.Expression) -> TypedFormula | None:
        """Arithmetic, comparison and logic over statistics, or None where something was reported."""
        node = bare(node)
        match node:
            case ast.Number(value, unit):
                return TypedFormula(_ALGEBRA.number(value, unit))
            case ast.Unary("NOT", operand):
                checked = self.condition(operand)
                return _truth("NOT", checked.formula) if checked is not None else None
            case ast.Unary(_, operand):
                number = self._number(operand)
                return TypedFormula(_ALGEBRA.negative(number)) if number is not None else None
            case ast.Binary(operator) if operator in _LOGIC:
                conditions = [self.condition(part) for part in flattened(node, operator)]
                known = [part.formula for part in conditions if part is not None]
                return _joined(operator, known) if len(known) == len(conditions) else None
            case ast.Binary(operator, left, right) if operator in _COMPARISONS:
                return self._comparison(operator, left, right)
            case ast.Binary(operator, left, right):
                return self._arithmetic(node, operator, left, right)
            case ast.Between(operand, low, high, negated):
                lower, upper = self._comparison(">=", operand, low), self._comparison("<=", operand, high)
                if lower is None or upper is None:
                    return None
                both = _truth("AND", lower.formula, upper.formula)
                return _truth("NOT", both.formula) if negated else both
            case ast.Call("BASELINE", arguments):
                return self._recorded(node, arguments)
            case ast.Call():
                figure = self.figure(node)
                return TypedFormula(Quantity(FigureValue(figure), figure.unit)) if figure else None
        self._outside(node)
        return None

    def _outside(self, node: ast.Expression) -> None:
        """Report what is neither a figure nor made of figures."""
        example = self.target or "x"
        if isinstance(node, ast.Name):
            if self.expressions.unknown_variable(node):
                return
            example = node.name
        what = show(node) if isinstance(node, ast.Name | ast.String) else "this"
        self._say("WSL-T017", node, what=what, example=example)

    def _number(self, node: ast.Expression) -> Quantity[Formula] | None:
        """A formula that arithmetic can be done with: no condition, and no whole distribution."""
        checked = self.formula(node)
        if checked is None:
            return None
        formula = checked.formula
        if checked.truth or (isinstance(formula, FigureValue) and formula.figure.statistic is Statistic.CDF):
            kind = "a condition" if checked.truth else "a whole distribution"
            advice = "compare two figures" if checked.truth else "a figure of it is P95(x) or SHARE(x <= 100)"
            self._say("WSL-T013", node, what="this", kind=kind, wanted="a number", advice=advice)
            return None
        return checked.quantity

    def _arithmetic(
        self, node: ast.Binary, operator: str, left: ast.Expression, right: ast.Expression
    ) -> TypedFormula | None:
        a, b = self._number(left), self._number(right)
        if a is None or b is None:
            return None
        if operator == "*":
            result = _ALGEBRA.product(a, b)
        else:
            result = _ALGEBRA.ratio(a, b) if operator == "/" else _ALGEBRA.sum(operator, a, b)
        if result is not None:
            return TypedFormula(result)
        words = {"*": "product", "/": "ratio", "+": "sum", "-": "difference"}
        self._misfit(node.span, left, a, right, b, words[operator])
        return None

    def _comparison(self, operator: str, left: ast.Expression, right: ast.Expression) -> TypedFormula | None:
        a, b = self._number(left), self._number(right)
        if a is None or b is None:
            return None
        both = _ALGEBRA.aligned(a, b)
        if both is not None:
            return _truth(operator, both[0].node, both[1].node)
        self._misfit(left.span.to(right.span), left, a, right, b, "comparison")
        return None

    def _misfit(
        self,
        place: Span,
        left: ast.Expression,
        a: Quantity[Formula],
        right: ast.Expression,
        b: Quantity[Formula],
        operation: str,
    ) -> None:
        """Report two quantities whose units do not go together."""
        if b.literal is None and a.literal is not None:
            left, a, right, b = right, b, left, a
        shown, unit = f"`{format_expression(left)}`", b.unit_words
        if b.literal is not None and a.unit is None and operation not in ("product", "ratio"):
            name = next(iter(_variables(a.node)), None) if b.unit else None
            self._say("WSL-T003", right, what=shown, name=name, written=show(right), unit=unit)
        elif b.literal is not None and operation == "comparison":
            measure = units.dimension(a.unit or "")
            known = listed(units.DIMENSIONS[measure]) if measure else a.unit
            self._say("WSL-T002", right, unit=unit, what=shown, expected=a.unit, known=known)
        else:
            self._say(
                "WSL-T012",
                place,
                left=shown,
                left_unit=a.unit_words,
                right=f"`{format_expression(right)}`",
                right_unit=unit,
                operation=operation,
                advice=advice_on_units(operation, (left, a), (right, b)),
            )

    def figure(self, node: ast.Call) -> Figure | None:
        """A statistic of the rows."""
        name, arguments = node.function, node.arguments
        percentile = PERCENTILE.fullmatch(name)
        if name == "COUNT":
            return self._count(node)
        if name == "SHARE":
            return self._share(node)
        if name == "QUANTILE":
            return self._quantile(node)
        if percentile or name in ("MEAN", "CDF"):
            if len(arguments) != 1:
                self._arguments(node, "one argument", f"{name}({written_name(self.target or 'x')})")
                return None
            probability = float(percentile[1]) / 100 if percentile else None
            if probability is not None and not 0 < probability < 1:
                self._impossible(node.function_span, f"{probability:g}", arguments[0])
                return None
            statistic = Statistic.QUANTILE if percentile else Statistic[name]
            return self._of_value(node, statistic, arguments[0], probability)
        if name in FUNCTIONS:
            self._say("WSL-T017", node, what=f"{name}(..)", example=_text(node))
            return None
        near = closest(name, STATISTIC_WORDS)
        fixes = (Fix(node.function_span, near),) if near else ()
        known = listed(("MEAN", "P50", "P99.9", "QUANTILE", "CDF", "SHARE", "COUNT(*)"))
        self._say("WSL-N006", node.function_span, fixes, name=name, suggestion=near, known=known)
        return None

    def _say(self, code: str, node: ast.Node | Span, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        span = node if isinstance(node, Span) else node.span
        self.emit(report(code, span, fixes=fixes, **fields))

    def _recorded(self, node: ast.Call, arguments: tuple[ast.Expression, ...]) -> TypedFormula | None:
        inner = bare(arguments[0]) if len(arguments) == 1 else None
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
        return TypedFormula(Quantity(FigureValue(figure, recorded=True), figure.unit))

    def _count(self, node: ast.Call) -> Figure | None:
        if len(node.arguments) != 1 or not isinstance(node.arguments[0], ast.Star):
            self._arguments(node, "`*`", "COUNT(*), or SHARE(condition)")
            return None
        return Figure(Statistic.COUNT, None, None, None, False, None, "COUNT(*)")

    def _quantile(self, node: ast.Call) -> Figure | None:
        name = written_name(self.target or "x")
        if len(node.arguments) != 2:
            self._arguments(node, "a value and a probability", f"QUANTILE({name}, 0.95)")
            return None
        typed = self.expressions.number(node.arguments[1], "QUANTILE")
        if typed is None:
            return None
        probability = typed.literal
        if probability is None or not 0 < probability < 1 or typed.unit is not None:
            self._impossible(node.arguments[1].span, _text(node.arguments[1]), node.arguments[0])
            return None
        return self._of_value(node, Statistic.QUANTILE, node.arguments[0], probability)

    def _impossible(self, place: Span, written: str, variable: ast.Expression) -> None:
        self._say("WSL-T014", place, written=written, variable=_text(variable))

    def _share(self, node: ast.Call) -> Figure | None:
        if len(node.arguments) != 1:
            self._arguments(node, "one condition", f"SHARE({written_name(self.target or 'x')} > 0)")
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
        if typed.node.type is not Type.NUMBER:
            self._of_wrong_type(node, typed, argument)
            return None
        if recorded := reads(typed.node, recorded=True):
            advice = (
                "compare figures, as MEAN(x) - BASELINE(MEAN(x)), or rows, as SHARE(x <= BASELINE(x)); "
                "the report's difference is the effect"
            )
            self._say("WSL-T018", node, what=recorded[0], advice=advice)
            return None
        if statistic is Statistic.CDF and not isinstance(bare(argument), ast.Name):
            self._arguments(node, "one variable", f"CDF({self.target or 'x'})")
            return None
        estimated = self._estimated(node, typed.node)
        if estimated is None:
            return None
        return Figure(statistic, typed.node, probability, estimated.variable, False, typed.unit, _text(node))

    def _of_wrong_type(self, node: ast.Call, typed: Typed, argument: ast.Expression) -> None:
        name = _text(argument)
        labels = self.expressions.scope.categories(name) or ("label",)
        condition = {
            Type.CATEGORY: f"{name} == {quoted(labels[0])}",
            Type.TIME: f"{name} >= '2024-03-01'",
        }.get(typed.node.type, name)
        self._say(
            "WSL-T010",
            node,
            statistic=node.function,
            variable=name,
            kind=TYPE_WORDS[typed.node.type],
            condition=condition,
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
            example=example,
        )


def _truth(operator: str, *operands: Formula) -> TypedFormula:
    return TypedFormula(Quantity(FormulaOperation(operator, operands)), True)


def _joined(operator: str, formulas: list[Formula]) -> TypedFormula:
    """Many conditions under one operator, as a tree that is no deeper than it must be."""
    while len(formulas) > 1:
        pairs = [formulas[at : at + 2] for at in range(0, len(formulas), 2)]
        formulas = [FormulaOperation(operator, tuple(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return TypedFormula(Quantity(formulas[0]), True)


def _variables(formula: Formula) -> tuple[str, ...]:
    return tuple(name for value in figures_of(formula) for name in reads(value.figure.argument))


def _text(node: ast.Expression) -> str:
    """An expression as the formatter writes it."""
    return format_expression(node)
