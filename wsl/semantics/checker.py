"""The checker: statements of a program become checked items, with everything that is wrong reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from wsl.diagnostics import Diagnostic, Span, Text, closest, in_reading_order
from wsl.semantics.checked import Describe, Estimate, Expect, ExplainPlan, Program, Scenario
from wsl.semantics.context import Context
from wsl.semantics.environment import Environment, State
from wsl.semantics.explanations import ExplanationChecker
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.graphs import GraphChecker
from wsl.semantics.names import mentioned
from wsl.semantics.parameters import fitting, with_parameters
from wsl.semantics.requests import RequestChecker
from wsl.semantics.scope import listed
from wsl.semantics.selections import no_update_rows, without_hints
from wsl.semantics.updates import check_update
from wsl.semantics.uses import UseChecker
from wsl.syntax import Parsed, ast


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
    findings = [replace(finding, file=text.name) for finding in parsed.diagnostics]
    context = Context(text, environment, state or State(), report_unasked, findings=findings)
    return _Checker(context, parsed).run()


class _Checker:
    """One method a statement; what belongs to one kind alone is in a module of its own."""

    def __init__(self, context: Context, parsed: Parsed) -> None:
        self.context = context
        self.parsed = parsed
        self.graphs = GraphChecker(context)
        self.uses = UseChecker(context, self.graphs, mentioned(parsed.program))
        self.requests = RequestChecker(context)
        self.explanations = ExplanationChecker(context, self.uses)
        self._places: dict[str, Span] = {}
        self._explained = False

    def run(self) -> Checked:
        self.graphs.outside()
        self._resume()
        handlers: dict[type[ast.Node], Callable[[Any], None]] = {
            ast.Use: self._use,
            ast.Update: self._update,
            ast.Graph: self._graph,
            ast.Estimate: self.requests.estimate,
            ast.Expect: self.requests.expect,
            ast.Describe: self._describe,
            ast.Param: self._param,
            ast.Explain: self._explain,
            ast.ExplainPlan: self._explain_plan,
            ast.Failed: self._failed,
        }
        statements: list[ast.Node] = [*self.parsed.program.statements, *self.parsed.failed]
        for statement in sorted(statements, key=lambda node: node.span.start):
            self.context.begin(statement.span)
            handlers[type(statement)](with_parameters(statement, self.context.state.parameters))
        self._close_scenario()
        self._unused_parameters()
        findings = in_reading_order(self.context.all_findings())
        return Checked(Program(tuple(self.context.all_items())), self.context.state, tuple(findings))

    def _resume(self) -> None:
        """Go on with the scenario that an earlier text left open."""
        scenario = self.context.state.scenario
        if scenario is None:
            return
        self.graphs.recall(scenario)
        scenario = replace(scenario, done=len(scenario.steps), warnings=())
        self.context.state = replace(self.context.state, scenario=scenario)
        self.context.use_is_earlier = True
        self.context.follow(scenario.graph, scenario.use)
        if self.context.causal is not None:
            self.context.causal.recall(scenario)

    def _failed(self, failed: ast.Failed) -> None:
        """Go on as if a statement that did not parse had been right: nothing is reported because of it."""
        names = (failed.scenario, failed.dataset, failed.parameter, *failed.variables)
        self.context.undefined.update(name for name in names if name is not None)
        if failed.keyword == "USE":
            self._close_scenario()
            self.uses.failed(failed)
        elif failed.keyword == "GRAPH":
            self.context.fail_graph(self.context.source(failed.span))
        elif failed.keyword in ("ESTIMATE", "EXPECT"):
            self.context.fail_request(failed)
        elif failed.keyword == "EXPLAIN":
            self._explained = True
            self.explanations.failed(failed)
        else:
            self.context.fail(failed)

    def _use(self, statement: ast.Use) -> None:
        self._close_scenario()
        self._explained = False
        self.context.begin(statement.span)
        self.uses.statement(statement)
        self._parameters_beside_columns()

    def _graph(self, statement: ast.Graph) -> None:
        scenario = self.context.state.scenario
        if scenario is not None and scenario.updates:
            self._close_scenario()
            self.context.end(statement)
            self.context.begin(statement.span)
        self.graphs.statement(statement)

    def _update(self, statement: ast.Update) -> None:
        knobs = self.context.knobs(statement)
        scenario = self.context.scenario(statement, statement.keyword)
        source = self.context.source(statement.span)
        found: list[Diagnostic] = []
        scope, files = self.context.scope(), self.context.environment.files
        update = check_update(statement, scope, files, knobs, source, found.append)
        causal = self.context.causal
        if update is not None and causal is not None:
            empty = no_update_rows(update, causal.history, self.context.failed_words, found)
            found = [*without_hints(found), empty] if empty is not None else found
        self.context.emit_all(found)
        if update is None or scenario is None or causal is None:
            self.context.fail(statement)
            if scenario is not None and scenario.graph is None:
                self.context.need_graph(statement.span)
            return
        update = replace(update, allowed=self.context.allowed)
        causal.update(update)
        self.context.append(update)

    def _explain(self, statement: ast.Explain) -> None:
        self._explained = True
        self.explanations.statement(statement)

    def _explain_plan(self, statement: ast.ExplainPlan) -> None:
        self.context.knobs(statement)
        scenario = self.context.scenario(statement, "EXPLAIN PLAN")
        if scenario is not None:
            asked = _answered(scenario) or self.context.request_failed
            report = None if asked else self.requests.default_report(scenario, statement.span)
            self.context.append(ExplainPlan(statement.span, report))

    def _close_scenario(self) -> None:
        """Add the default report where nothing was asked, and look at the scenario as a whole."""
        scenario = self.context.state.scenario
        if scenario is None:
            return
        self.context.begin((scenario.steps[-1] if scenario.steps else scenario.use).span)
        if not self._explained:
            self.context.learn_from_data(scenario.use.span, at_last=True)
        # Who ends with EXPLAIN PLAN wants to see the plan, not to have it run.
        looked_at = bool(scenario.steps) and isinstance(scenario.steps[-1], ExplainPlan)
        asked = _answered(scenario) or looked_at or self.context.request_failed
        if self.context.report_unasked and not asked:
            self.requests.unasked(scenario)
            scenario = self.context.state.scenario or scenario
        if self.context.causal is not None and len(scenario.steps) > scenario.done:
            self.context.causal.close(scenario)
        self.context.items.append(scenario)

    def _describe(self, statement: ast.Describe) -> None:
        self.context.knobs(statement)
        dataset = self.uses.in_force(statement.span)
        if dataset is None:
            return
        scope = replace(self.context.scope(), dataset=dataset)
        expressions = ExpressionChecker(scope, self.context.emit)
        for name in statement.variables:
            if not scope.is_variable(name.name):
                expressions.unknown_variable(name)
        names = tuple(n.name for n in statement.variables if scope.is_variable(n.name))
        graph = self.context.state.graph
        every = (*dataset.kinds, *dataset.unusable)
        self.context.items.append(Describe(dataset, names or every, graph, statement.span))

    def _param(self, statement: ast.Param) -> None:
        self.context.knobs(statement)
        name = statement.name.name
        given = self.context.environment.parameters.get(name)
        value = statement.value if given is None else fitting(statement.value, given)
        if value is None:
            self.context.say("WSL-T028", statement.name.span, name=name)
        if name in self._places:
            line = self._places[name].line
            self.context.say("WSL-N010", statement.name.span, things="parameters", name=name, line=line)
        self._places[name] = statement.name.span
        parameters = {**self.context.state.parameters, name: value or statement.value}
        self.context.state = replace(self.context.state, parameters=parameters)
        self._parameters_beside_columns()

    def _parameters_beside_columns(self) -> None:
        """Parameters of this text that a column has the name of."""
        dataset = self.context.scope().dataset
        for name, span in self._places.items():
            if dataset is not None and name in dataset.kinds:
                self.context.say("WSL-N011", span, name=name)

    def _unused_parameters(self) -> None:
        """Parameters given from outside that no PARAM declares."""
        known = sorted({*self.context.state.parameters, *self.context.undefined})
        for name in self.context.environment.parameters:
            if name not in known:
                words = listed(known) or "none"
                self.context.say("WSL-N012", None, name=name, suggestion=closest(name, known), known=words)


def _answered(scenario: Scenario) -> bool:
    """Whether nothing is left to ask: no update, or a request after the last one."""
    for step in reversed(scenario.steps):
        if isinstance(step, Estimate | Expect):
            return True
        if not isinstance(step, ExplainPlan):
            return False
    return True
