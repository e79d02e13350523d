"""EXPLAIN: what was unusual, when, compared with what, and by which methods its causes are ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from wsl_grammar.terminals import written_name

from wsl.data import Column, Dataset, Kind
from wsl.data.facts import present
from wsl.diagnostics import Diagnostic, Fix, Span, closest
from wsl.graph import CausalGraph, Mark, turn_round
from wsl.semantics.checked import Explain, Expression, Method, Use, Using
from wsl.semantics.context import Context, span_of
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.knobs import check_parameters, methods_that_take
from wsl.semantics.long_tables import as_long_table
from wsl.semantics.regimes import Regimes
from wsl.semantics.scope import KIND_WORDS, Scope, listed
from wsl.semantics.selections import without_hints
from wsl.semantics.shown import show
from wsl.semantics.times import looks_like_time
from wsl.semantics.uses import UseChecker
from wsl.syntax import ast
from wsl.syntax.moments import clause_of, example_of_moment
from wsl.syntax.writer import format_expression

_METHODS = tuple(method.value for method in Method)
# What the methods are called elsewhere, or for short.
_CALLED_HERE = {
    "SHAPLEY": Method.COUNTERFACTUAL,
    "SMOOTH": Method.SMOOTH_TRAVERSAL,
    "SCORE": Method.SCORE_ORDERING,
    "SCORES": Method.SCORE_ORDERING,
    "ORDERING": Method.SCORE_ORDERING,
}
_WITHOUT_GRAPH = "without a graph there is SCORE_ORDERING, which ranks every variable by how unusual it was"


class ExplanationChecker:
    """Checks EXPLAIN, which reads recorded rows: no update of the scenario it stands in touches it."""

    def __init__(self, context: Context, uses: UseChecker) -> None:
        self.context = context
        self.uses = uses

    def statement(self, statement: ast.Explain) -> None:
        knobs = self.context.knobs(statement)
        dataset = self.uses.in_force(statement.span)
        if dataset is not None and not self.uses.load(dataset, statement.span):
            return
        graph = self.context.state.graph
        if graph is not None and not graph.edges:
            graph = None  # it only declares what columns are
        scope = replace(self.context.scope(), dataset=dataset, added={}, failed_words=frozenset())
        target = self._target(statement.target, scope, graph)
        methods = self._methods(statement, knobs, graph)
        top = self.context.count(statement.top, "TOP", "causes")
        use = self._use(dataset, statement.span)
        window, against = self._regimes(statement, scope, use, target)
        if target is None or methods is None or window is None or (dataset is None and self._needs_data()):
            return
        if "seed" in use.knobs:
            knobs.setdefault("seed", use.knobs["seed"])
        moment = statement.at or statement.where
        assert moment is not None, "the parser lets no EXPLAIN without a moment through"
        self.context.items.append(
            Explain(
                use,
                graph,
                target,
                window,
                format_expression(moment),
                statement.at is not None,
                against,
                format_expression(statement.against) if statement.against is not None else None,
                methods,
                top,
                statement.span,
                moment.span,
                knobs,
                self.context.allowed,
            )
        )

    def failed(self, statement: ast.Failed) -> None:
        """Name the data's own time in what is said of an EXPLAIN without its moment."""
        scenario, span, target = self.context.state.scenario, statement.span, statement.target
        dataset = scenario.use.dataset if scenario is not None else self.uses.known()
        times = [name for name, kind in dataset.kinds.items() if kind is Kind.TIME] if dataset else []
        if dataset is None or target is None or not times:
            return
        for place, finding in enumerate(self.context.findings):
            where = finding.span
            if finding.code != "WSL-P034" or where is None or not span.start <= where.start < span.end:
                continue
            fixes: tuple[Fix, ...] = ()
            moment = f">= '{_late(dataset.column(times[0]))}'"
            if where.start > span.start:
                moment = self.context.source(where)
                before = self.context.text.span(where.start, where.start)
                fixes = (Fix(before, clause_of(moment, times[0])),)
            example = example_of_moment(target, times[0], moment)
            self.context.findings[place] = replace(finding, notes=(f"for example {example}",), fixes=fixes)

    def _needs_data(self) -> bool:
        return self.context.environment.must_have_data or self.context.no_data

    def _use(self, dataset: Dataset | None, span: Span) -> Use:
        """The USE in force, all of its rows; without one, all rows of the data."""
        scenario = self.context.state.scenario
        if scenario is None:
            return Use(dataset, None, None, span, "USE *", None)
        return replace(scenario.use, dataset=dataset, sample=None)

    # The target

    def _target(self, node: ast.Name, scope: Scope, graph: CausalGraph | None) -> str | None:
        name, dataset = node.name, scope.dataset
        in_graph = graph is not None and name in graph.nodes
        if in_graph and dataset is not None and name not in {*dataset.kinds, *dataset.unusable}:
            self._unobserved(node, graph, dataset)
            return None
        if not scope.is_variable(name):
            reported = ExpressionChecker(scope, self.context.emit).unknown_variable(node)
            return None if reported or dataset is not None else name
        kind = scope.kind(name)
        if kind not in (None, Kind.NUMBER):
            self._no_number(node, kind, scope, graph)
            return None
        if graph is not None and not in_graph:
            near, known = closest(name, graph.nodes), listed(map(written_name, graph.nodes))
            self.context.say("WSL-G012", node.span, target=name, suggestion=near, known=known)
            return None
        if graph is not None and not graph.ancestors(name):
            self._alone(node, graph)
        elif graph is not None:
            self._of_unknown_direction(node, graph)
        return name

    def _unobserved(self, node: ast.Name, graph: CausalGraph | None, dataset: Dataset) -> None:
        """Report a target without data, unless that was said of the graph."""
        if graph is None or any(finding.code == "WSL-G007" for finding in self.context.findings):
            return
        observed = listed(written_name(name) for name in graph.nodes if name in dataset.kinds)
        others = [name for name in dataset.kinds if name not in graph.nodes]
        self.context.say(
            "WSL-G011",
            node.span,
            target=node.name,
            observed=observed,
            columns=listed(map(written_name, dataset.kinds)) if others else None,
            advice=as_long_table(dataset, node.name) or self._meant(node.name, others),
        )

    def _meant(self, name: str, columns: Sequence[str]) -> str:
        """Which column a variable without data may be; of a table of metrics, how it is called so."""
        scenario = self.context.state.scenario
        knobs = scenario.use.knobs if scenario is not None else {}
        longer = [column for column in columns if column.startswith(f"{name}.")]
        if longer and knobs.keys() & {"header", "long"}:
            levels = zip(("metric", "statistic"), longer[0].removeprefix(f"{name}.").split("."), strict=False)
            option = ", ".join(f"{level} = {value}" for level, value in levels)
            return f"{option} beside the options of USE calls the columns by service alone, as the graph does"
        near = closest(name, columns)
        if near is not None:
            return f"did you mean {written_name(near)}? The graph has to call it so too"
        return "explain a variable that was, or read the data that have it"

    def _no_number(self, node: ast.Name, kind: Kind | None, scope: Scope, graph: CausalGraph | None) -> None:
        candidates = graph.nodes if graph is not None else scope.variables
        numbers = [written_name(name) for name in candidates if scope.kind(name) is Kind.NUMBER]
        advice = {
            Kind.CATEGORY: "how often a category occurs is a number: that of its rows in each minute, say",
            Kind.BOOLEAN: f"{written_name(node.name)} : NUMBER in the braces of GRAPH reads it as 0 and 1",
        }
        self.context.say(
            "WSL-T029",
            node.span,
            variable=node.name,
            kind=KIND_WORDS[kind] if kind is not None else "",
            numbers=listed(numbers, 6),
            advice=advice.get(kind) if kind is not None else None,
        )

    def _alone(self, node: ast.Name, graph: CausalGraph) -> None:
        """Warn that there is no candidate but the target, unless GRAPH has said so of its TARGET."""
        name = node.name
        said = any(finding.code == "WSL-G006" for finding in self.context.findings)
        if said and name == graph.target:
            return
        turned = self._turned_round(name, graph)
        below = [other for other in graph.topological_order if other in graph.descendants(name)]
        unsure = [str(edge) for edge in graph.touching([Mark.UNDIRECTED], [name])]
        self.context.say(
            "WSL-G013",
            node.span,
            target=name,
            advice=turned or "where it has causes, draw the edges that lead to it",
            reversed=listed(map(written_name, below)) if turned and not self.context.state.reversed else None,
            undirected=f"the direction of {listed(unsure)} is not known, so it makes no candidate"
            if unsure
            else None,
        )

    def _of_unknown_direction(self, node: ast.Name, graph: CausalGraph) -> None:
        """Warn of edges that may lead to a candidate, from variables that are none."""
        above = {node.name, *graph.ancestors(node.name)}
        edges = [e for e in graph.touching([Mark.UNDIRECTED], above) if not above.issuperset(e.ends)]
        if not edges:
            return
        arrows = [
            (written_name(a), written_name(b)) for e in edges for a, b in (e.ends, e.ends[::-1]) if b in above
        ]
        outside = list(dict.fromkeys(cause for cause, _ in arrows))
        self.context.say(
            "WSL-G014",
            node.span,
            edges=listed(map(str, edges)),
            variables=listed(outside),
            none="is no candidate" if len(outside) == 1 else "are no candidates",
            example=" -> ".join(arrows[0]),
        )

    def _turned_round(self, name: str, graph: CausalGraph) -> str | None:
        """How the arrows of a graph are turned round, unless its target has causes as they are."""
        if not graph.children(name) or (graph.target is not None and graph.ancestors(graph.target)):
            return None
        return turn_round(graph, name, self.context.state.reversed)

    # The methods

    def _methods(
        self, statement: ast.Explain, knobs: dict[str, Any], graph: CausalGraph | None
    ) -> tuple[Using, ...] | None:
        """The methods with their parameters, which are taken out of the options of WITH; None if reported."""
        shared = {name: knobs.pop(name) for name in tuple(knobs) if methods_that_take(name)}
        found = [self._method(written, shared) for written in statement.methods]
        methods = [using for using in found if using is not None]
        if len(methods) < len(found):
            return None
        complete = self._distinct(statement.methods, methods)
        methods = methods or [_using(Method.SCORE_ORDERING, {}, shared)]
        complete &= self._are_taken(statement, shared, methods)
        for written, using in zip(statement.methods, methods, strict=False):
            if graph is None and using.method is not Method.SCORE_ORDERING:
                self.context.need_graph(written.name_span, _WITHOUT_GRAPH)
                return None
        return tuple(methods) if complete else None

    def _method(self, written: ast.Method, shared: dict[str, Any]) -> Using | None:
        if written.name not in _METHODS:
            meant = _CALLED_HERE.get(written.name)
            near = meant.value if meant is not None else closest(written.name, _METHODS)
            fixes = (Fix(written.name_span, near),) if near else ()
            name, known = self.context.source(written.name_span), listed(_METHODS)
            self.context.say("WSL-N015", written.name_span, fixes, name=name, suggestion=near, known=known)
            return None
        method = Method[written.name]
        return _using(method, check_parameters(method, written.options, self.context.emit), shared)

    def _distinct(self, written: Sequence[ast.Method], methods: Sequence[Using]) -> bool:
        """Whether no method is there twice, which is reported."""
        distinct = True
        for place, using in enumerate(methods):
            if using in methods[:place]:
                self.context.say("WSL-N017", written[place].span, method=using.method.value)
                distinct = False
        return distinct

    def _are_taken(self, statement: ast.Explain, shared: dict[str, Any], methods: Sequence[Using]) -> bool:
        """Whether some method takes each option of WITH that is one of methods; else it is reported."""
        names = [using.method.value for using in methods]
        used = f"USING names {listed(names)}" if statement.methods else f"without USING it is {names[0]}"
        idle = [name for name in shared if not set(names) & set(methods_that_take(name))]
        for name in idle:
            takers = listed(methods_that_take(name))
            self.context.say("WSL-N016", span_of(statement, name), name=name, takers=takers, used=used)
        return not idle

    # The rows

    def _regimes(
        self, statement: ast.Explain, scope: Scope, use: Use, target: str | None
    ) -> tuple[Expression | None, Expression | None]:
        """The conditions of the window and of AGAINST; None, and reported, where one cannot be used."""
        clause, moment = ("AT", statement.at) if statement.at is not None else ("WHERE", statement.where)
        assert moment is not None, "the parser lets no EXPLAIN without a moment through"
        if self._is_bare_time(moment, scope):
            return None, None
        of_window: list[Diagnostic] = []
        of_against: list[Diagnostic] = []
        window = ExpressionChecker(scope, of_window.append).condition(moment)
        against = ExpressionChecker(scope, of_against.append).condition(statement.against)
        unreadable = statement.against is not None and against is None
        guessed = self.context.no_rows and self.context.state.scenario is not None
        if window is None or unreadable or scope.dataset is None or guessed:
            self.context.emit_all([*of_window, *of_against])
            return (None if unreadable else window), against
        regimes = Regimes(scope.dataset, use, window, format_expression(moment), against, target)
        start = statement.places[clause].start
        keyword = self.context.text.span(start, start + len(clause))
        wrong = regimes.moment(clause, keyword, moment.span, of_window)
        if wrong is None:
            wrong = regimes.unobserved(statement.target.span)
        if wrong is not None:
            self.context.emit_all([*without_hints(of_window), wrong, *of_against])
            return None, against
        place = statement.against.span if statement.against is not None else moment.span
        beside = regimes.normal(place, of_against) if target is not None else None
        self.context.emit_all(of_window)
        self.context.emit_all([*without_hints(of_against), beside] if beside is not None else of_against)
        return (None if beside is not None and beside.is_error else window), against

    def _is_bare_time(self, moment: ast.Expression, scope: Scope) -> bool:
        """Whether the moment is a time that is compared with nothing, which is reported."""
        if not isinstance(moment, ast.String) or not looks_like_time(moment.value):
            return False
        times = [written_name(name) for name in scope.variables if scope.kind(name) is Kind.TIME]
        example = f"{times[0] if times else 'time'} == {show(moment)}"
        fixes = (Fix(moment.span, example),) if times else ()
        kind = "a time"
        self.context.say("WSL-T005", moment.span, fixes, what=show(moment), kind=kind, example=example)
        return True


def _late(column: Column) -> str:
    """The time of the last rows of some data: of about as many as an example needs."""
    values = np.unique(present(column))
    moment = values[-min(10, len(values))] if len(values) else 0
    return str(np.datetime_as_string(np.datetime64(int(moment), "us"), unit="auto"))


def _using(method: Method, own: dict[str, Any], shared: dict[str, Any]) -> Using:
    """A method with its own parameters, and with those of WITH that it takes."""
    taken = {name: value for name, value in shared.items() if method.value in methods_that_take(name)}
    return Using(method, {**taken, **own})
