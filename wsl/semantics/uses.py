"""USE: which rows a scenario begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wsl_grammar.terminals import written_name

from wsl.data import Dataset, Kind
from wsl.diagnostics import Diagnostic, Fix, Span, WslError, closest
from wsl.semantics.checked import Cluster, Policy, Scenario, Unsupported, Use
from wsl.semantics.context import Context, span_of
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.graphs import GraphChecker
from wsl.semantics.knobs import DATA_KNOBS
from wsl.semantics.question import AT_ODDS_WITH_COUPLING
from wsl.semantics.scope import listed
from wsl.semantics.selections import no_rows, too_few_donors, without_hints
from wsl.semantics.shown import show
from wsl.syntax import ast
from wsl.syntax.writer import format_expression


class UseChecker:
    """Opens scenarios; `mentioned` are all names of the program, so that their columns are read at once."""

    def __init__(self, context: Context, graphs: GraphChecker, mentioned: frozenset[str]) -> None:
        self.context = context
        self.graphs = graphs
        self.mentioned = mentioned
        self._lines: dict[str, int] = {}

    def statement(self, statement: ast.Use) -> None:
        """A USE that parsed."""
        knobs = self.context.knobs(statement)
        self._at_odds(statement)
        name = self._name(statement)
        dataset = self._dataset(statement, knobs)
        if dataset is None and self.context.no_data:
            self.context.fail_data()
        else:
            self._open(statement, name, dataset, knobs)

    def failed(self, statement: ast.Failed) -> None:
        """A USE that did not parse: its data is known where it names none, or a bound one."""
        environment = self.context.environment
        names_file = "from" in self.context.source(statement.span).lower().split()
        dataset = None
        if statement.dataset is not None:
            dataset = environment.datasets.get(statement.dataset)
        elif not names_file:
            dataset = self.known()
        declared = self.context.declared(dataset, statement.span) if dataset is not None else None
        if declared is None:
            self.context.fail_data()
            return
        self.context.no_rows = True
        self._begin(declared)
        if not self.load(declared, statement.span):
            self.context.fail_data()
            return
        use = Use(declared, None, None, statement.span, "", None)
        self.context.open(Scenario(statement.scenario or "", use, self.context.state.graph))

    def in_force(self, span: Span) -> Dataset | None:
        """The data that DESCRIBE and EXPLAIN read, or None where that there is none was reported."""
        scenario = self.context.state.scenario
        dataset = scenario.use.dataset if scenario is not None else self.known()
        if dataset is None:
            if self.context.environment.must_have_data and not self.context.no_data:
                self.context.say("WSL-N009", span)
            return None
        return self.context.declared(dataset, span)

    def _open(self, statement: ast.Use, name: str, dataset: Dataset | None, knobs: dict[str, Any]) -> None:
        graph = self.context.state.graph
        self._begin(dataset)
        if dataset is not None and not self.load(dataset, statement.span):
            self.context.fail_data()
            return
        if dataset is not None and "cluster" in knobs:
            self._cluster(statement, dataset, knobs["cluster"])
        found: list[Diagnostic] = []
        where = ExpressionChecker(self.context.scope(), found.append).condition(statement.where)
        self.context.no_rows = where is None and statement.where is not None
        use = Use(
            dataset,
            where,
            self.context.count(statement.sample, "SAMPLE", "rows"),
            statement.span,
            self.context.source(statement.span),
            format_expression(statement.where) if statement.where else None,
            knobs,
            self._unsupported(statement.unsupported),
            self.context.allowed,
            bool(statement.options),
        )
        if statement.where is not None and (empty := no_rows(use, statement.where.span, found)) is not None:
            self.context.no_rows = True
            found = [*without_hints(found), empty]
        elif (few := too_few_donors(use, span_of(statement, "donors"))) is not None:
            found.append(few)
        self.context.emit_all(found)
        scenario = Scenario(name, use, graph)
        self.context.open(scenario)
        self.graphs.compare(graph, scenario, statement.span)

    def _cluster(self, statement: ast.Use, dataset: Dataset, cluster: Cluster) -> None:
        """Report a cluster that rows have no value of, or no time."""
        span = span_of(statement, "cluster")
        name = cluster.variable
        if name not in dataset.kinds:
            near, known = closest(name, dataset.kinds), listed(map(written_name, dataset.kinds))
            self.context.say("WSL-N001", span, name=name, suggestion=near, known=known)
        elif cluster.microseconds is not None and dataset.kinds[name] is not Kind.TIME:
            expected = f"block(TIME, LENGTH) with a time, which `{name}` is none of"
            self.context.say("WSL-T015", span, name="cluster", expected=expected, written=str(cluster))

    def _at_odds(self, statement: ast.Use) -> None:
        """Report an option that means nothing beside another."""
        spans = {option.key.lower(): option.span for option in statement.options}
        for name, why in AT_ODDS_WITH_COUPLING.items():
            if "coupling" in spans and name in spans:
                self.context.say("WSL-C022", spans[name], option=name, why=why)

    def _begin(self, dataset: Dataset | None) -> None:
        """Forget the scenario before."""
        self.context.no_data = False
        self.context.state = replace(self.context.state, scenario=None, dataset=dataset)

    def _unsupported(self, clause: ast.Unsupported | None) -> Unsupported:
        if clause is None or self.context.is_unknown(clause.value):
            return Unsupported()
        policy, value = Policy[clause.policy], clause.value
        if value is None:
            return Unsupported(policy)
        limit = -1.0
        if isinstance(value, ast.Number) and value.unit in (None, "%"):
            limit = value.value / 100 if value.unit else value.value
        if not 0 <= limit <= 1:
            expected = "a share from 0% to 100%"
            self.context.say("WSL-T015", value.span, name="ABOVE", expected=expected, written=show(value))
            return Unsupported(policy)
        return Unsupported(policy, limit)

    def load(self, dataset: Dataset, span: Span) -> bool:
        """Read what the program mentions, and the graph, in one scan; False where that was reported."""
        graph = self.context.state.graph
        wanted = self.mentioned | set(graph.nodes if graph else ())
        names = [name for name in dataset.kinds if name in wanted]
        seen = self.context.state.looked_at
        try:
            dataset.load(names)
            new = [name for name in names if (dataset.store, name) not in seen]
            self.context.wait(finding.at(span) for finding in dataset.findings(*new))
        except WslError as error:
            self.context.emit_all(error.diagnostics, span)
            return False
        looked_at = seen | {(dataset.store, name) for name in names}
        self.context.state = replace(self.context.state, looked_at=looked_at)
        return True

    def _dataset(self, statement: ast.Use, knobs: dict[str, Any]) -> Dataset | None:
        """The data a USE reads, or None where there is none, or it was reported."""
        named = statement.dataset
        self.context.no_data &= named is None
        if isinstance(named, ast.String):
            dataset = self._file(named, knobs)
        elif isinstance(named, ast.Name):
            dataset = self._bound(named)
        else:
            dataset = self.known()
            if dataset is None and self.context.environment.must_have_data and not self.context.no_data:
                self.context.say("WSL-N009", statement.span)
                self.context.no_data = True
        if dataset is None:
            return None
        declared = self.context.declared(dataset, statement.span)
        self.context.no_data = declared is None
        return declared

    def known(self) -> Dataset | None:
        """The data last named, else the unnamed, else the only one; none where the last could not be had."""
        if self.context.no_data:
            return None
        bound = self.context.environment.datasets
        only = next(iter(bound.values())) if len(bound) == 1 else None
        return self.context.state.dataset or bound.get("") or only

    def _file(self, path: ast.String, knobs: dict[str, Any]) -> Dataset | None:
        options = {name: knobs[name] for name in DATA_KNOBS if name in knobs}
        try:
            return self.context.environment.files.dataset(
                path.value, options, self.context.state.declarations, path.span
            )
        except WslError as error:
            self.context.emit_all(error.diagnostics)
            self.context.no_data = True
            return None

    def _bound(self, named: ast.Name) -> Dataset | None:
        datasets = self.context.environment.datasets
        dataset = datasets.get(named.name)
        if dataset is None and (self.context.environment.must_have_data or datasets):
            self.context.no_data = True
            known = sorted(name for name in datasets if name)
            near = closest(named.name, known)
            fixes = (Fix(named.span, written_name(near)),) if near else ()
            self.context.say(
                "WSL-N004", named.span, fixes, name=named.name, suggestion=near, known=listed(known)
            )
        return dataset

    def _name(self, statement: ast.Use) -> str:
        names = self.context.state.names
        if statement.alias is not None:
            name = statement.alias.name
            if name in self._lines:
                line = self._lines[name]
                self.context.say("WSL-N010", statement.alias.span, things="scenarios", name=name, line=line)
        else:
            number = len(names) + 1
            while (name := f"scenario{number}") in names:
                number += 1
        self._lines.setdefault(name, statement.span.line)
        self.context.state = replace(self.context.state, names=names | {name})
        return name
