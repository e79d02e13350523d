"""The checker: statements of a program become checked items, with everything that is wrong reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from wsl.data import Dataset
from wsl.diagnostics import Diagnostic, Fix, Severity, Span, Text, WslError, closest, in_reading_order, report
from wsl.graph import CausalGraph, build, compare_with_columns
from wsl.semantics.causal import CausalChecker, missing_graph, requested_variables
from wsl.semantics.checked import (
    Describe,
    Estimate,
    Expect,
    ExplainPlan,
    Figure,
    FigureValue,
    GraphInForce,
    Group,
    Item,
    Program,
    Read,
    Requested,
    Scenario,
    Statistic,
    Step,
    Type,
    Use,
)
from wsl.semantics.environment import Environment, GraphParts, State
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.figures import FigureChecker
from wsl.semantics.graphs import read_block
from wsl.semantics.knobs import DATA_KNOBS, check_knobs
from wsl.semantics.names import mentioned
from wsl.semantics.scope import Scope, listed
from wsl.semantics.selections import check_columns, check_rows, check_update_rows
from wsl.semantics.updates import check_update
from wsl.syntax import Parsed, ast
from wsl.syntax.writer import format_expression

_DEFAULT_QUANTILES = (0.5, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Checked:
    """The items to answer, what is in force afterwards, and all findings in reading order."""

    program: Program
    state: State
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        return not any(finding.is_error for finding in self.diagnostics)


def check(
    text: Text,
    parsed: Parsed,
    environment: Environment,
    state: State | None = None,
    *,
    report_unasked: bool = True,
) -> Checked:
    """Check a program after the statements that left `state`.

    `report_unasked` adds the default report to a scenario that has an update and no request after it.
    """
    return _Checker(text, parsed, environment, state or State(), report_unasked).run()


class _Checker:
    def __init__(
        self, text: Text, parsed: Parsed, environment: Environment, state: State, report_unasked: bool
    ) -> None:
        self.parsed = parsed
        self.text = text
        self.failed_graph = self.failed_use = False
        self.looked_at: set[Dataset] = set()
        self.undefined: set[str] = set()
        self.environment = environment
        self.state = state
        self.report_unasked = report_unasked
        self.mentioned = mentioned(parsed.program)
        self.items: list[Item] = []
        self.findings: list[Diagnostic] = list(parsed.diagnostics)
        self.allowed: frozenset[str] = frozenset()
        self.used_parameters: set[str] = set()

    def run(self) -> Checked:
        self._outside_graph()
        if self.state.scenario is not None:
            done = replace(self.state.scenario, done=len(self.state.scenario.steps), warnings=())
            self.state = replace(self.state, scenario=done)
        handlers: dict[type[ast.Node], Callable[[Any], None]] = {
            ast.Use: self._use,
            ast.Update: self._update,
            ast.Graph: self._graph,
            ast.Estimate: self._estimate,
            ast.Expect: self._expect,
            ast.Describe: self._describe,
            ast.Param: self._param,
            ast.ExplainPlan: self._explain_plan,
        }
        written = (*self.parsed.program.statements, *self.parsed.failed)
        for statement in sorted(written, key=lambda node: node.span.start):
            self.allowed = frozenset()
            if isinstance(statement, ast.Failed):
                self._failed(statement)
            else:
                handlers[type(statement)](statement)
        self.allowed = frozenset()
        self._close_scenario(end_of_text=True)
        self._unused_parameters()
        return Checked(Program(tuple(self.items)), self.state, tuple(in_reading_order(self.findings)))

    def _failed(self, failed: ast.Failed) -> None:
        """Go on as if a statement that did not parse had been right: nothing is reported because of it."""
        names = (failed.scenario, failed.dataset, failed.parameter, *failed.variables)
        self.undefined.update(name for name in names if name is not None)
        if failed.keyword == "USE":
            self._close_scenario()
            self._failed_use()
        elif failed.keyword == "GRAPH":
            self._failed_graph()

    def _failed_use(self) -> None:
        self.failed_use = True
        self.state = replace(self.state, scenario=None, dataset=None)

    def _failed_graph(self) -> None:
        self.failed_graph = True
        scenario = self.state.scenario
        without = replace(scenario, graph=None) if scenario is not None else None
        self.state = replace(self.state, graph=None, scenario=without)

    def _emit(self, finding: Diagnostic) -> None:
        if finding.is_error and finding.code in self.allowed:
            finding = replace(finding, severity=Severity.WARNING, notes=(*finding.notes, "allowed by WITH"))
        elif finding.code in self.allowed:
            return
        finding = finding if finding.file else replace(finding, file=self.text.name)
        self.findings.append(finding)

    def _say(self, code: str, span: Span | None, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        self._emit(report(code, span, fixes=fixes, **fields))

    def _emit_all(self, findings: Iterable[Diagnostic]) -> None:
        for finding in findings:
            self._emit(finding)

    def _knobs(self, statement: ast.Statement) -> dict[str, Any]:
        knobs = check_knobs(statement, self._emit)
        self.allowed = frozenset(knobs.pop("allow", ()))
        return knobs

    def _scope(self) -> Scope:
        scenario = self.state.scenario
        dataset = scenario.use.dataset if scenario is not None else self.state.dataset
        return Scope(
            dataset,
            self.state.graph,
            self.state.declarations,
            self.state.parameters,
            frozenset(self.undefined),
            open_ended=self.failed_graph or self.failed_use,
        )

    def _source(self, span: Span) -> str:
        return self.text.content[span.start : span.end]

    def _outside_graph(self) -> None:
        graph = self.environment.graph
        if graph is None or self.state.graph is not None:
            return
        if self.environment.target is not None:
            graph = self._with_target(graph, self.environment.target, None)
        if graph is not None:
            self.state = replace(self.state, graph=graph)
            self.items.append(GraphInForce(graph, None))

    def _with_target(self, graph: CausalGraph, target: str, span: Span | None) -> CausalGraph | None:
        built, findings = build(graph.edges, graph.nodes, target, origin=graph.origin, target_span=span)
        self._emit_all(findings)
        return built

    # GRAPH

    def _graph(self, statement: ast.Graph) -> None:
        self._knobs(statement)
        scenario = self.state.scenario
        if scenario is not None and scenario.updates:
            self._say("WSL-C012", statement.span, line=scenario.use.span.line)
        parts = self._graph_file(statement)
        block = read_block(statement)
        self.state = replace(self.state, declarations={**self.state.declarations, **block.declarations})
        if parts is None:
            self._failed_graph()
            return
        named = statement.target.name if statement.target else parts.target
        self._overruled(statement, named)
        origin = statement.path.value if statement.path else f"GRAPH at line {statement.span.line}"
        file_edges = [edge.reversed() for edge in parts.edges] if statement.reversed else list(parts.edges)
        graph, findings = build(
            [*file_edges, *block.edges],
            (*parts.nodes, *block.nodes),
            named or self.environment.target,
            origin=origin,
            target_span=statement.target.span if statement.target else statement.span,
        )
        self._emit_all(findings)
        if graph is None:
            self._failed_graph()
            return
        self.state = replace(self.state, graph=graph, graph_line=statement.span.line)
        self.items.append(GraphInForce(graph, statement.span))
        if scenario is not None and not scenario.updates:
            dataset = scenario.use.dataset
            use = replace(scenario.use, dataset=dataset and self._declared(dataset, statement.span))
            self.state = replace(self.state, scenario=replace(scenario, graph=graph, use=use))
            self._compare(graph, use.dataset, statement.span)

    def _graph_file(self, statement: ast.Graph) -> GraphParts | None:
        if statement.path is None:
            return GraphParts((), ())
        try:
            return self.environment.files.graph(statement.path.value, statement.path.span)
        except WslError as error:
            self._emit_all(error.diagnostics)
            return None

    def _overruled(self, statement: ast.Graph, target: str | None) -> None:
        if self.environment.graph is not None:
            self._say("WSL-C014", statement.span, option="--graph", written="GRAPH")
        if statement.target is not None and self.environment.target not in (None, target):
            self._say(
                "WSL-C014",
                statement.target.span,
                option=f"--target {self.environment.target}",
                written=f"TARGET {target}",
            )

    def _compare(self, graph: CausalGraph | None, dataset: Dataset | None, span: Span) -> None:
        if graph is not None and dataset is not None:
            self._emit_all(compare_with_columns(graph, dataset.kinds, span))

    # USE

    def _use(self, statement: ast.Use) -> None:
        self._close_scenario()
        knobs = self._knobs(statement)
        before = self.failed_use
        self.failed_use = False
        dataset = self._dataset(statement, knobs)
        if self.failed_use:
            return
        self.failed_use = before and dataset is None
        graph = self.state.graph
        if dataset is not None:
            self.state = replace(self.state, dataset=dataset)
            if not self._load(dataset, statement.span):
                return
            self._compare(graph, dataset, statement.span)
        self.state = replace(self.state, scenario=None)
        expressions = ExpressionChecker(self._scope(), self._emit)
        where = expressions.condition(statement.where)
        self.used_parameters |= expressions.used
        sample = int(statement.sample.value) if statement.sample else None
        use = Use(
            dataset,
            where,
            sample,
            statement.span,
            self._source(statement.span),
            format_expression(statement.where) if statement.where else None,
            knobs,
        )
        if where is not None and statement.where is not None:
            self._emit_all(check_rows(use, statement.where.span))
        name = self._scenario_name(statement)
        self.state = replace(self.state, scenario=Scenario(name, use, graph))

    def _load(self, dataset: Dataset, span: Span) -> bool:
        """Read what the program mentions, and the graph, in one scan; False where that was reported."""
        graph = self.state.graph
        wanted = self.mentioned | set(graph.nodes if graph else ())
        names = [name for name in dataset.kinds if name in wanted]
        try:
            dataset.load(names)
            if dataset not in self.looked_at:
                self._emit_all(check_columns(dataset, names, span))
        except WslError as error:
            self._emit_all(finding.at(span) for finding in error.diagnostics)
            self._failed_use()
            return False
        self.looked_at.add(dataset)
        return True

    def _dataset(self, statement: ast.Use, knobs: dict[str, Any]) -> Dataset | None:
        """The data a USE reads, or None where there is none or it was reported."""
        named = statement.dataset
        if isinstance(named, ast.String):
            options = {name: knobs[name] for name in DATA_KNOBS if name in knobs}
            try:
                return self.environment.files.dataset(
                    named.value, options, self.state.declarations, named.span
                )
            except WslError as error:
                self._emit_all(error.diagnostics)
                self._failed_use()
                return None
        if isinstance(named, ast.Name):
            bound = self.environment.datasets.get(named.name)
            if bound is None and (self.environment.must_have_data or self.environment.datasets):
                known = sorted(name for name in self.environment.datasets if name)
                near = closest(named.name, known)
                fixes = (Fix(named.span, near),) if near else ()
                self._say(
                    "WSL-N004",
                    named.span,
                    fixes,
                    name=named.name,
                    suggestion=near,
                    known=listed(known) or "none",
                )
                self._failed_use()
            return self._declared(bound, statement.span) if bound is not None else None
        current = self.state.dataset or self.environment.datasets.get("")
        if current is None and len(self.environment.datasets) == 1:
            current = next(iter(self.environment.datasets.values()))
        if current is None and self.environment.must_have_data and not self.failed_use:
            self._say("WSL-N009", statement.span)
            self._failed_use()
        return self._declared(current, statement.span) if current is not None else None

    def _declared(self, dataset: Dataset, span: Span) -> Dataset | None:
        try:
            return dataset.redeclare(self.state.declarations)
        except WslError as error:
            self._emit_all(finding.at(span) for finding in error.diagnostics)
            self._failed_use()
            return None

    def _scenario_name(self, statement: ast.Use) -> str:
        names = dict(self.state.names)
        if statement.alias is None:
            number = len(names) + 1
            while (name := f"scenario{number}") in names:
                number += 1
        else:
            name = statement.alias.name
            if name in names:
                self._say("WSL-N010", statement.alias.span, name=name, line=names[name])
        names.setdefault(name, statement.span.line)
        self.state = replace(self.state, names=names)
        return name

    def _close_scenario(self, *, end_of_text: bool = False) -> None:
        """Add the default report where nothing was asked, and look at the scenario as a whole."""
        scenario = self.state.scenario
        if scenario is None:
            return
        graph = scenario.graph
        last = scenario.steps[-1] if scenario.steps else None
        if scenario.updates and self.report_unasked and not self._answered(scenario):
            if scenario.target is not None and last is not None:
                step = self._default_report(scenario, last.span)
                self._append(step)
                scenario = self.state.scenario or scenario
            elif not self.failed_graph and last is not None and graph is not None:
                self._say("WSL-G009", last.span, example=self._example())
        if graph is not None and len(scenario.steps) > scenario.done:
            CausalChecker(scenario, graph, self._scope(), self._emit).close()
        self.items.append(self.state.scenario or scenario)
        if not end_of_text:
            self.state = replace(self.state, scenario=None)

    @staticmethod
    def _answered(scenario: Scenario) -> bool:
        """Whether a request, or EXPLAIN PLAN alone, follows the last update."""
        for step in reversed(scenario.steps):
            if isinstance(step, Estimate | Expect):
                return True
            if not isinstance(step, ExplainPlan):
                return False
        return False

    def _default_report(self, scenario: Scenario, span: Span) -> Estimate:
        return Estimate(self._default_figures(scenario), False, (), None, None, span, {}, by_itself=True)

    def _default_figures(self, scenario: Scenario) -> tuple[Requested, ...]:
        target = scenario.target
        assert target is not None
        unit = self._scope().unit(target)
        estimated = target if self._changes(target) else None
        argument = Read(target, Type.NUMBER)
        figures = [Figure(Statistic.MEAN, argument, None, estimated, False, unit, f"MEAN({target})")]
        for probability in _DEFAULT_QUANTILES:
            text = f"P{probability * 100:g}({target})"
            figures.append(Figure(Statistic.QUANTILE, argument, probability, estimated, False, unit, text))
        figures.append(Figure(Statistic.CDF, argument, None, estimated, False, unit, f"CDF({target})"))
        return tuple(Requested(FigureValue(figure), figure.text, None, figure.unit) for figure in figures)

    def _changes(self, name: str) -> bool:
        """Whether the updates so far change a variable otherwise than by setting it."""
        scenario = self.state.scenario
        if scenario is None or scenario.graph is None:
            return False
        causal = CausalChecker(scenario, scenario.graph, self._scope(), self._emit)
        return any(name in causal.consequences(update) for update in scenario.updates)

    # Statements of a scenario

    def _open_scenario(self, statement: ast.Statement, words: str) -> Scenario | None:
        scenario = self.state.scenario
        if scenario is None and not self.failed_use:
            self._say("WSL-C013", statement.span, statement=words)
        return scenario

    def _append(self, step: Step) -> None:
        scenario = self.state.scenario
        assert scenario is not None
        self.state = replace(self.state, scenario=replace(scenario, steps=(*scenario.steps, step)))

    def _update(self, statement: ast.Update) -> None:
        knobs = self._knobs(statement)
        scenario = self._open_scenario(statement, statement.keyword)
        scope = self._scope()
        update = check_update(
            statement,
            scope,
            self.environment.files,
            {**knobs, "allow": self.allowed},
            self._source(statement.span),
            self._emit,
        )
        if update is None or scenario is None:
            return
        if scenario.graph is None:
            if not self.failed_graph:
                self._emit(missing_graph(scope, statement.span))
            return
        causal = CausalChecker(scenario, scenario.graph, scope, self._emit)
        causal.update(update)
        self._emit_all(check_update_rows(scenario.use, update, causal.changed()))
        self._append(update)

    def _figures(self) -> FigureChecker:
        expressions = ExpressionChecker(self._scope(), self._emit)
        target = self.state.graph.target if self.state.graph else None
        return FigureChecker(expressions, self._emit, self._changes, target)

    def _estimate(self, statement: ast.Estimate) -> None:
        knobs = self._knobs(statement)
        scenario = self._open_scenario(statement, "ESTIMATE")
        if scenario is None:
            return
        figures = self._figures()
        requested = []
        for item in statement.items:
            typed = figures.formula(item.expression)
            if typed is None:
                continue
            if typed.truth:
                self._say(
                    "WSL-T013",
                    item.span,
                    what="this",
                    kind="a condition",
                    advice="EXPECT judges a condition; SHARE(..) is the share of rows for which one holds",
                )
                continue
            text = format_expression(item.expression)
            alias = item.alias.name if item.alias else None
            requested.append(Requested(typed.formula, text, alias, typed.unit))
        if not statement.items and not statement.rows:
            if scenario.target is None:
                if not self.failed_graph:
                    self._say("WSL-G009", statement.span, example=self._example())
                return
            if self._scope().type(scenario.target) not in (None, Type.NUMBER):
                figures.formula(_call("MEAN", scenario.target, statement.span))
                return
            requested = list(self._default_figures(scenario))
        if statement.rows and scenario.target is None and not self.failed_graph:
            self._say("WSL-G009", statement.span, example=self._example())
            return
        where = figures.expressions.condition(statement.where)
        by = self._by(statement.by, figures.expressions)
        into = None
        if statement.into is not None:
            try:
                into = self.environment.files.output(statement.into.value, statement.into.span)
            except WslError as error:
                self._emit_all(error.diagnostics)
        step = Estimate(tuple(requested), statement.rows, by, where, into, statement.span, knobs)
        if len(requested) == len(statement.items) or not statement.items:
            self._request(scenario, step)

    def _expect(self, statement: ast.Expect) -> None:
        knobs = self._knobs(statement)
        scenario = self._open_scenario(statement, "EXPECT")
        if scenario is None:
            return
        figures = self._figures()
        typed = figures.formula(statement.condition)
        where = figures.expressions.condition(statement.where)
        by = self._by(statement.by, figures.expressions)
        if typed is None:
            return
        text = format_expression(statement.condition)
        if not typed.truth:
            self._say(
                "WSL-T005",
                statement.condition.span,
                what=text,
                kind="a figure",
                example=f"{text} <= 1.05 * BASELINE({text})",
            )
            return
        self._request(scenario, Expect(typed.formula, text, by, where, statement.span, typed.unit, knobs))

    def _request(self, scenario: Scenario, step: Estimate | Expect) -> None:
        if scenario.graph is not None:
            CausalChecker(scenario, scenario.graph, self._scope(), self._emit).request(step)
        elif requested_variables(step, None) and scenario.updates and not self.failed_graph:
            self._emit(missing_graph(self._scope(), step.span))
        self._append(step)

    def _by(self, keys: tuple[ast.GroupKey, ...], expressions: ExpressionChecker) -> tuple[Group, ...]:
        groups = []
        for key in keys:
            if not expressions.scope.is_variable(key.variable.name):
                expressions.unknown_variable(key.variable)
            groups.append(Group(key.variable.name, key.scenario))
        return tuple(groups)

    def _explain_plan(self, statement: ast.ExplainPlan) -> None:
        self._knobs(statement)
        if self._open_scenario(statement, "EXPLAIN PLAN") is not None:
            self._append(ExplainPlan(statement.span))

    # DESCRIBE and PARAM

    def _example(self) -> str:
        graph = self.state.graph
        ends = [name for name in graph.topological_order if not graph.children(name)] if graph else []
        return ends[-1] if ends else "x"

    def _describe(self, statement: ast.Describe) -> None:
        self._knobs(statement)
        scope = self._scope()
        dataset = scope.dataset or self.environment.datasets.get("")
        if dataset is None and len(self.environment.datasets) == 1:
            dataset = next(iter(self.environment.datasets.values()))
        if dataset is None:
            if self.environment.must_have_data and not self.failed_use:
                self._say("WSL-N009", statement.span)
            return
        scope = replace(scope, dataset=self._declared(dataset, statement.span) or dataset)
        expressions = ExpressionChecker(scope, self._emit)
        for name in statement.variables:
            if not scope.is_variable(name.name):
                expressions.unknown_variable(name)
        assert scope.dataset is not None
        names = tuple(n.name for n in statement.variables if scope.is_variable(n.name))
        self.items.append(
            Describe(scope.dataset, names or tuple(scope.dataset.kinds), self.state.graph, statement.span)
        )

    def _param(self, statement: ast.Param) -> None:
        self._knobs(statement)
        name = statement.name.name
        value = self.environment.parameters.get(name, statement.value)
        if self._scope().dataset is not None and self._scope().is_variable(name):
            self._say("WSL-N011", statement.name.span, name=name)
        self.state = replace(self.state, parameters={**self.state.parameters, name: value})

    def _unused_parameters(self) -> None:
        """Parameters given from outside that no PARAM declares."""
        known = sorted({*self.state.parameters, *self.undefined})
        for name in self.environment.parameters:
            if name not in known:
                self._say(
                    "WSL-N012",
                    None,
                    name=name,
                    suggestion=closest(name, known),
                    known=listed(known) or "none",
                )


def _call(function: str, name: str, span: Span) -> ast.Call:
    return ast.Call(function, (ast.Name(name, span=span),), function_span=span, span=span)
