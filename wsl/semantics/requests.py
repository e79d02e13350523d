"""ESTIMATE and EXPECT: what is asked of a scenario."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wsl.diagnostics import Diagnostic, Span, WslError, report
from wsl.semantics.checked import (
    Estimate,
    Expect,
    Expression,
    Figure,
    FigureValue,
    Group,
    Read,
    Requested,
    Scenario,
    Statistic,
    Type,
    figures_of,
    labels_of,
)
from wsl.semantics.context import Context
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.figures import FigureChecker, TypedFormula
from wsl.semantics.question import AT_ODDS_WITH_COUPLING
from wsl.semantics.requested import requested_variables
from wsl.semantics.selections import explained, without_hints
from wsl.syntax import ast
from wsl.syntax.writer import format_expression

_DEFAULT_QUANTILES = (0.5, 0.9, 0.95, 0.99)


class RequestChecker:
    """Adds requests to the scenario in force."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._outputs: set[Path] = set()

    def estimate(self, statement: ast.Estimate) -> None:
        """ESTIMATE with its figures, ROWS, or the default report."""
        knobs = self.context.knobs(statement)
        scenario = self.context.scenario(statement, "ESTIMATE")
        if scenario is None:
            return
        figures = self._figures()
        requested = [self._requested(item, figures) for item in statement.items]
        self._aliases(statement.items)
        usual = () if statement.items or statement.rows else self.usual(scenario, statement.span)
        where, whole = self._where(statement.where, figures.expressions)
        by = self._by(statement.by, figures.expressions)
        if statement.rows and by:
            self.context.say("WSL-T026", by[0].span)
        into = self._into(statement.into) if statement.into is not None else None
        known = tuple(item for item in requested if item is not None)
        complete = len(known) == len(requested) and whole
        if not complete or usual is None:
            self.context.fail_request(statement)
            return
        asked, words = (*known, *usual), _words(statement.where)
        step = Estimate(asked, statement.rows, by, where, into, statement.span, knobs, where_text=words)
        self._add(step, statement.where)

    def expect(self, statement: ast.Expect) -> None:
        """EXPECT with its condition over figures."""
        knobs = self.context.knobs(statement)
        if self.context.scenario(statement, "EXPECT") is None:
            return
        figures = self._figures()
        typed = figures.condition(statement.condition)
        if typed is not None and not self._asks(typed, statement.condition):
            typed = None
        where, whole = self._where(statement.where, figures.expressions)
        by = self._by(statement.by, figures.expressions)
        if typed is None or not whole:
            self.context.fail_request(statement)
            return
        text = format_expression(statement.condition)
        unit = next((value.figure.unit for value in figures_of(typed.formula)), None)
        words = _words(statement.where)
        step = Expect(typed.formula, text, by, where, statement.span, unit, knobs, words)
        self._add(step, statement.where)

    def unasked(self, scenario: Scenario) -> None:
        """The default report of a scenario with an update and no request after it."""
        step = self.default_report(scenario, scenario.steps[-1].span)
        if step is not None:
            self._add(step, None)

    def default_report(self, scenario: Scenario, span: Span) -> Estimate | None:
        """The report where nothing is asked, or None where it was said that there can be none."""
        usual = self.usual(scenario, span)
        return Estimate(usual, False, (), None, None, span, {}, by_itself=True) if usual is not None else None

    def usual(self, scenario: Scenario, span: Span) -> tuple[Requested, ...] | None:
        """The figures of the default report, or None where it was reported that there can be none."""
        target = scenario.target
        if target is None or scenario.graph is None:
            self._no_target(scenario, span)
            return None
        figures = self._figures()
        if self.context.scope().type(target) not in (None, Type.NUMBER):
            figures.formula(_call("MEAN", target, span))
            return None
        unit = self.context.scope().unit(target)
        estimated = target if figures.changing(target) else None
        argument = Read(target, Type.NUMBER)
        found = [Figure(Statistic.MEAN, argument, None, estimated, False, unit, f"MEAN({target})")]
        for probability in _DEFAULT_QUANTILES:
            text = f"P{probability * 100:g}({target})"
            found.append(Figure(Statistic.QUANTILE, argument, probability, estimated, False, unit, text))
        found.append(Figure(Statistic.CDF, argument, None, estimated, False, unit, f"CDF({target})"))
        return tuple(Requested(FigureValue(figure), figure.text, None, figure.unit) for figure in found)

    def _no_target(self, scenario: Scenario, span: Span) -> None:
        graph = scenario.graph
        if graph is None:
            self.context.need_graph(span)
        else:
            ends = [name for name in graph.topological_order if not graph.children(name)]
            example = ends[-1] if ends else "x"
            file = next((edge.file for edge in graph.edges if edge.file), None)
            advice = f"write TARGET after the closing brace of GRAPH, as in `}} TARGET {example}`"
            if graph is self.context.environment.graph:
                advice = f"name it beside the graph: --target {example}, or target='{example}' in Python"
            elif file is not None:
                advice = f'write TARGET after the file, as in GRAPH FROM "{file}" TARGET {example}'
            self.context.say("WSL-G009", span, advice=advice)

    def _figures(self) -> FigureChecker:
        causal = self.context.causal
        target = self.context.state.graph.target if self.context.state.graph else None
        return FigureChecker(
            ExpressionChecker(self.context.scope(), self.context.emit),
            self.context.emit,
            causal.changes if causal is not None else lambda name: False,
            target,
        )

    def _requested(self, item: ast.EstimateItem, figures: FigureChecker) -> Requested | None:
        typed = figures.formula(item.expression)
        if typed is None or not self._asks(typed, item.expression):
            return None
        if typed.truth:
            advice = "EXPECT judges a condition; SHARE(..) is the share of rows for which one holds"
            self.context.say(
                "WSL-T013", item.span, what="this", kind="a condition", wanted="a figure", advice=advice
            )
            return None
        text = format_expression(item.expression)
        return Requested(typed.formula, text, item.alias.name if item.alias else None, typed.quantity.unit)

    def _aliases(self, items: tuple[ast.EstimateItem, ...]) -> None:
        """Report names that two figures of one statement go by."""
        lines: dict[str, int] = {}
        for alias in (item.alias for item in items if item.alias is not None):
            if alias.name in lines:
                line = lines[alias.name]
                self.context.say("WSL-N010", alias.span, things="figures", name=alias.name, line=line)
            lines.setdefault(alias.name, alias.span.line)

    def _asks(self, typed: TypedFormula, node: ast.Expression) -> bool:
        """Whether a formula has a figure at all."""
        if any(True for _ in figures_of(typed.formula)):
            return True
        target = self.context.state.graph.target if self.context.state.graph else None
        self.context.say("WSL-T017", node.span, what="this", example=target or "x")
        return False

    def _where(
        self, node: ast.Expression | None, expressions: ExpressionChecker
    ) -> tuple[Expression | None, bool]:
        """The condition, and whether it is what was written; that no row satisfies it is reported."""
        if node is None:
            return None, True
        found: list[Diagnostic] = []
        where = replace(expressions, emit=found.append).condition(node)
        if where is not None and self.context.causal is not None:
            history = self.context.causal.history
            rows = history.rows(where, history.changed)
            guessed = not labels_of(where).isdisjoint(self.context.failed_words)
            if rows is not None and not rows.any() and not guessed:
                found = [*without_hints(found), explained(report("WSL-D102", node.span), found)]
        self.context.emit_all(found)
        return where, where is not None

    def _by(self, keys: tuple[ast.GroupKey, ...], expressions: ExpressionChecker) -> tuple[Group, ...]:
        for key in keys:
            if not expressions.scope.is_variable(key.variable.name):
                expressions.unknown_variable(key.variable)
        return tuple(Group(key.variable.name, key.scenario, key.span) for key in keys)

    def _into(self, path: ast.String) -> Path | None:
        try:
            into = self.context.environment.files.output(path.value, path.span)
        except WslError as error:
            self.context.emit_all(error.diagnostics)
            return None
        if into in self._outputs:
            self.context.say("WSL-T027", path.span, path=path.value)
        self._outputs.add(into)
        return into

    def _add(self, step: Estimate | Expect, where: ast.Expression | None) -> None:
        scenario = self.context.state.scenario
        if scenario is not None and "coupling" in scenario.use.knobs and "estimator" in step.knobs:
            why = AT_ODDS_WITH_COUPLING["estimator"]
            self.context.say("WSL-C022", step.span, option="estimator", why=why)
        if self.context.causal is not None:
            self.context.causal.request(step, where.span if where is not None else step.span)
        elif scenario is not None and requested_variables(step, None) and scenario.updates:
            self.context.need_graph(step.span)
        self.context.append(step)


def _words(where: ast.Expression | None) -> str | None:
    return format_expression(where) if where is not None else None


def _call(function: str, name: str, span: Span) -> ast.Call:
    return ast.Call(function, (ast.Name(name, span=span),), function_span=span, span=span)
