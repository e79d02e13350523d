"""A checked program is run: what its scenarios say, gathered as one result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wsl import report as reports
from wsl import results
from wsl.diagnostics import Diagnostic, Severity, Span, WslError, in_reading_order, report
from wsl.graph import CausalGraph
from wsl.planning import diagnose
from wsl.planning import plan as plan_scenario
from wsl.results import DataInfo, Explanation, GraphView, PlanView, Scenario, edges_of
from wsl.results.plan_view import view_plan
from wsl.semantics import checked
from wsl.semantics.checker import Checked
from wsl.session.exit_codes import exit_code
from wsl.syntax.writer import format_expression

if TYPE_CHECKING:
    from wsl.session.session import Session


@dataclass(frozen=True)
class Picture:
    """A picture as bytes; a notebook shows it."""

    content: bytes

    def __repr__(self) -> str:
        return f"<PNG picture, {len(self.content):,} bytes>"

    def _repr_png_(self) -> bytes:
        return self.content


class Result(results.Result):
    """What a run has to say, with the ways to show it."""

    def to_text(self, *, whole: bool = False) -> str:
        return reports.to_text(self, whole=whole)

    def to_json(self) -> str:
        return reports.to_json(self)

    def to_csv(self) -> str:
        return reports.to_csv(self)

    def to_html(self) -> str:
        return reports.to_html(self)

    def plot(self, path: str | Path | None = None) -> Picture:
        """Baseline against scenario, else causes over time; written to `path` (.png or .svg) if one is given.

        Raises ValueError where nothing was estimated or explained, OSError where the file cannot be written.
        """
        if path is not None:
            reports.save_plot(self, path)
        return Picture(reports.draw_plot(self))


@dataclass
class Execution:
    """Runs the items of a checked program in order and gathers what they say."""

    session: Session
    found: Checked
    text: str
    name: str
    progress: Callable[[str], None]

    def run(self) -> Result:
        scenarios: list[Scenario] = []
        explanations: list[Explanation] = []
        descriptions = []
        plans = []
        graphs = []
        findings = list(self.found.diagnostics)
        status, code = "ok", 0
        try:
            for item in self.found.program.items:
                match item:
                    case checked.GraphInForce(graph, span):
                        graphs.append(_graph_view(graph, span))
                    case checked.Describe():
                        descriptions.append(self.session.engine.describe(item))
                    case checked.Explain():
                        self._explain(item, explanations, findings)
                    case checked.Scenario():
                        plans += self._plans(item)
                        if any(isinstance(step, _REQUESTS) for step in item.steps[item.done :]):
                            self._scenario(item, scenarios, findings)
        except KeyboardInterrupt:
            findings.append(report("WSL-R102"))
            status, code = "interrupted", 130
        findings += [found for scenario in scenarios for found in scenario.warnings]
        findings += [found for explanation in explanations for found in explanation.warnings]
        certain = {(finding.code, finding.span) for finding in findings if finding.is_error}
        findings = [f for f in findings if f.is_error or (f.code, f.span) not in certain]
        findings = [replace(f, file=f.file or self.name) for f in findings]
        if status == "ok":
            status, code = _status(scenarios, findings)
        return Result(
            self.session.seed,
            status,
            code,
            self.text,
            self.name,
            tuple(in_reading_order(findings)),
            self._data(),
            tuple(scenarios),
            tuple(plans),
            tuple(path for scenario in scenarios for path in scenario.outputs),
            tuple(descriptions),
            tuple(graphs),
            self._parameters(),
            tuple(explanations),
        )

    def _parameters(self) -> dict[str, str]:
        """The values that the program's PARAMs have, as it would write them."""
        return {name: format_expression(value) for name, value in self.found.state.parameters.items()}

    def _scenario(
        self, item: checked.Scenario, scenarios: list[Scenario], findings: list[Diagnostic]
    ) -> None:
        """One scenario; what goes wrong in it leaves the others alone."""
        try:
            done = self.session.engine.run(plan_scenario(item), self.progress)
            outputs = tuple(map(self.session.shown_path, done.outputs))
            scenarios.append(replace(done, parameters=self._parameters(), outputs=outputs))
        except WslError as error:
            findings += error.diagnostics
        except MemoryError:
            findings.append(report("WSL-R101", item.use.span, name=item.name))

    def _explain(
        self, item: checked.Explain, explanations: list[Explanation], findings: list[Diagnostic]
    ) -> None:
        """One EXPLAIN; what goes wrong in it leaves the others alone."""
        try:
            explanations += self.session.engine.explain(diagnose(item), self.progress)
        except WslError as error:
            findings += error.diagnostics
        except MemoryError:
            findings.append(report("WSL-R104", item.span, target=item.target))

    def _plans(self, item: checked.Scenario) -> list[PlanView]:
        views = []
        for place, step in enumerate(item.steps):
            if isinstance(step, checked.ExplainPlan) and place >= item.done:
                asked = (step.report,) if step.report is not None else ()
                views.append(view_plan(plan_scenario(replace(item, steps=(*item.steps[:place], *asked)))))
        return views

    def _data(self) -> tuple[DataInfo, ...]:
        """The data that was read, each once whatever is declared of it."""
        named = (
            item.dataset if isinstance(item, checked.Describe) else item.use.dataset
            for item in self.found.program.items
            if isinstance(item, checked.Describe | checked.Scenario | checked.Explain)
        )
        datasets = {id(dataset.store): dataset for dataset in named if dataset is not None}
        return tuple(DataInfo(d.name, d.rows, d.fingerprint) for d in datasets.values())


_REQUESTS = (checked.Estimate, checked.Expect)


def _graph_view(graph: CausalGraph, span: Span | None) -> GraphView:
    line = span.line if span else None
    return GraphView(line, graph.origin, graph.target, graph.nodes, edges_of(graph))


def _status(scenarios: list[Scenario], findings: list[Diagnostic]) -> tuple[str, int]:
    """Errors that only the run found come before a failed EXPECT."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return "failed", exit_code([f for f in findings if f.is_error], while_running=True)
    if any(e.verdict == "fail" for scenario in scenarios for e in scenario.expectations):
        return "expectation failed", 4
    return "ok", 0
