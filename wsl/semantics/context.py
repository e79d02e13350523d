"""What the checks of the statements share: what is in force, what was found, and what failed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from wsl_grammar.terminals import written_name

from wsl.data import Dataset
from wsl.diagnostics import Diagnostic, Fix, Severity, Span, Text, WslError, closest, report
from wsl.graph import CausalGraph
from wsl.semantics.causal import CausalChecker, missing_graph
from wsl.semantics.checked import Item, Scenario, Step, Use
from wsl.semantics.environment import Environment, State
from wsl.semantics.knobs import allowed_codes, check_knobs
from wsl.semantics.scope import Scope, listed
from wsl.semantics.shown import show
from wsl.syntax import ast

_WORDS = re.compile(r"[\w.-]*\w")
_DECLARED = re.compile(r"([\w.`, ]+?)\s*:\s*(?:NUMBER|CATEGORY|TIME|BOOLEAN)\b", re.IGNORECASE)
_OF_DECLARATIONS = frozenset(f"WSL-T{number:03}" for number in (1, 2, 3, 4, 5, 6, 10, 11, 12, 16, 19))
"""Findings that another type or unit of a variable could have prevented."""
_ON_LEARNING = ("WSL-D030", "WSL-D031", "WSL-D032", "WSL-G008")
"""Warnings of what cannot be learned, or will not respond."""


@dataclass
class Context:
    """One run of the checker over a text.

    `undefined` are names that a statement which did not parse would have defined, `failed_words` all words of
    the statements of this scenario that failed, and `undeclared` variables whose type or unit stood in a
    GRAPH that did not parse. `no_graph`, `no_data`, `no_rows` and `no_use` tell that there is none because of
    something that was reported. `ended_by` is the GRAPH that ended the last scenario. `waiting` are findings
    that matter to whoever learns from the data by the graph, as EXPLAIN can do without.
    """

    text: Text
    environment: Environment
    state: State
    report_unasked: bool
    items: list[Item] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    causal: CausalChecker | None = None
    undefined: set[str] = field(default_factory=set)
    undeclared: set[str] = field(default_factory=set)
    failed_words: set[str] = field(default_factory=set)
    no_graph: bool = False
    no_data: bool = False
    no_rows: bool = False
    no_use: bool = False
    request_failed: bool = False
    ended_by: Span | None = None
    waiting: list[Diagnostic] = field(default_factory=list)
    use_is_earlier: bool = False
    declared_at: dict[str, Span] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    _mentions_undeclared: bool = False
    _allowances: list[tuple[Span, frozenset[str]]] = field(default_factory=list)
    _let_pass: set[int] = field(default_factory=set)

    # Statements

    def begin(self, place: Span) -> None:
        """Turn to the statement at a place: what its WITH allows is allowed until the next."""
        self.allowed = frozenset()
        words = self.words(place) if self.undeclared else frozenset()
        self._mentions_undeclared = not self.undeclared.isdisjoint(words)

    def knobs(self, statement: ast.Statement) -> dict[str, object]:
        """The options of a statement; from here on its `allow` counts."""
        knobs = check_knobs(statement, self.emit)
        self.allowed = allowed_codes(knobs)
        if self.allowed:
            self._allowances.append((statement.span, self.allowed))
        if "seed" in knobs and self.environment.seed not in (None, knobs["seed"]):
            option, written = f"--seed {self.environment.seed}", f"seed = {knobs['seed']}"
            self.say("WSL-C014", span_of(statement, "seed"), option=option, written=written)
        return knobs

    def count(self, value: ast.Number | ast.Name | None, clause: str, things: str) -> int | None:
        """The whole number of a clause, at least 1; None where there is none, or that was reported."""
        if value is None or self.is_unknown(value):
            return None
        number = value.value if isinstance(value, ast.Number) and value.unit is None else 0.0
        if number >= 1 and number == int(number):
            return int(number)
        expected = f"a whole number of {things}, at least 1"
        self.say("WSL-T015", value.span, name=clause, expected=expected, written=show(value))
        return None

    def is_unknown(self, value: ast.Number | ast.Name | None) -> bool:
        """Whether a name stands where a number does that is no parameter's, which is reported.

        It is not, where the PARAM that would have brought it did not parse.
        """
        # A name that is left is no parameter's, or a parameter's whose value is a word.
        if not isinstance(value, ast.Name) or self.source(value.span) in self.state.parameters:
            return False
        if value.name not in self.undefined:
            known = sorted(self.state.parameters)
            near = closest(value.name, known)
            fixes = (Fix(value.span, written_name(near)),) if near else ()
            words = listed(known) or "none"
            self.say("WSL-N012", value.span, fixes, name=value.name, suggestion=near, known=words)
        return True

    def source(self, span: Span) -> str:
        return self.text.content[span.start : span.end]

    def words(self, span: Span) -> frozenset[str]:
        return frozenset(_WORDS.findall(self.source(span)))

    def fail(self, statement: ast.Node) -> None:
        """Note a statement of the scenario that is left out because something in it was reported."""
        self.failed_words.update(self.words(statement.span))

    def fail_request(self, statement: ast.Node) -> None:
        """Note a request that is left out: what it would have asked for is not known."""
        self.fail(statement)
        self.request_failed = True

    def fail_graph(self, source: str = "") -> None:
        """Go on without a graph; `source` is the text of one that did not parse."""
        self.no_graph = True
        for names in _DECLARED.findall(source):
            self.undeclared.update(name.strip(" `") for name in names.split(","))
        scenario = self.state.scenario
        without = replace(scenario, graph=None) if scenario is not None else None
        self.state = replace(self.state, graph=None, scenario=without)
        self.causal = None

    def fail_data(self) -> None:
        """Go on without data, and without a scenario."""
        self.no_data = self.no_use = True
        self.state = replace(self.state, scenario=None, dataset=None)
        self.causal = None

    def need_graph(self, span: Span, besides: str | None = None) -> None:
        """Report that there is no graph, once; `besides` is what there is without one."""
        if not self.no_graph:
            self.emit(missing_graph(self.scope(), span, besides))
            self.no_graph = True

    def wait(self, findings: Iterable[Diagnostic]) -> None:
        """Keep findings on the graph's variables in the data until something learns from these."""
        for finding in findings:
            if finding.is_error or finding.code in _ON_LEARNING:
                self.waiting.append(finding)
            else:
                self.emit(finding)

    def learn_from_data(self, span: Span, *, at_last: bool = False) -> None:
        """Report what has waited, once; `at_last`, when nothing follows, it is no error at the prompt."""
        warned = at_last and not self.report_unasked
        for finding in self.waiting:
            self.emit_all([replace(finding, severity=Severity.WARNING) if warned else finding], span)
        self.waiting = []

    def scope(self) -> Scope:
        """The names in force now."""
        scenario = self.state.scenario
        dataset = scenario.use.dataset if scenario is not None else self.state.dataset
        return Scope(
            dataset,
            self.state.graph,
            self.state.declarations,
            self.state.parameters,
            self.undefined,
            self.no_graph or self.no_data,
            self.causal.history.added if self.causal is not None else {},
            self.failed_words,
        )

    # Scenarios

    def open(self, scenario: Scenario) -> None:
        """Begin a scenario."""
        self.failed_words.clear()
        self.state = replace(self.state, scenario=scenario)
        self.use_is_earlier = self.no_use = self.request_failed = False
        self.ended_by = None
        self.follow(scenario.graph, scenario.use)

    def follow(self, graph: CausalGraph | None, use: Use) -> None:
        """Begin the causal checks of a scenario."""
        self.causal = None
        if graph is not None:
            self.causal = CausalChecker(
                use,
                graph,
                self.emit,
                self.failed_words,
                use_earlier=self.use_is_earlier,
                rows_known=not self.no_rows,
            )

    def scenario(self, statement: ast.Statement, words: str) -> Scenario | None:
        """The scenario that a statement belongs to; that there is none is reported, once."""
        self.learn_from_data(statement.span)
        scenario = self.state.scenario
        if scenario is None and not self.no_use:
            if self.ended_by is not None:
                self.say("WSL-C012", self.ended_by, line=statement.span.line)
            else:
                self.say("WSL-C013", statement.span, statement=words)
            self.no_use = True
        return scenario

    def end(self, graph: ast.Graph) -> None:
        """End the scenario, because its graph changes."""
        self.ended_by = graph.span
        self.state = replace(self.state, scenario=None)
        self.causal = None

    def append(self, step: Step) -> None:
        """Add a step to the scenario."""
        scenario = self.state.scenario
        assert scenario is not None
        self.state = replace(self.state, scenario=replace(scenario, steps=(*scenario.steps, step)))

    def declared(self, dataset: Dataset, span: Span) -> Dataset | None:
        """The dataset with the declarations in force, or None where a value does not fit them."""
        try:
            return dataset.redeclare(self.state.declarations, self.declared_at)
        except WslError as error:
            self.emit_all(error.diagnostics, span)
            return None

    # Findings

    def say(self, code: str, span: Span | None, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        self.emit(report(code, span, fixes=fixes, **fields))

    def emit_all(self, findings: Iterable[Diagnostic], span: Span | None = None) -> None:
        for finding in findings:
            self.emit(finding if finding.span or span is None else finding.at(span))

    def emit(self, finding: Diagnostic) -> None:
        if self._mentions_undeclared and finding.code in _OF_DECLARATIONS:
            return
        finding = finding if finding.file else replace(finding, file=self.text.name)
        self.findings.append(finding)
        if finding.code in self.allowed:
            self._let_pass.add(len(self.findings) - 1)

    def all_findings(self) -> list[Diagnostic]:
        """What was found, less what is allowed: by the statement that saw it, or the one it stands in."""
        found: list[Diagnostic] = []
        for place, finding in enumerate(self.findings):
            allowed = place in self._let_pass or self._allowed_inside(finding)
            found += _passed(finding) if allowed else [finding]
        return found

    def all_items(self) -> list[Item]:
        """The items to answer; a scenario carries what was let pass in it, so that its report says so."""
        passed = [finding for finding in self.all_findings() if was_let_pass(finding)]
        return [_carrying(item, passed) if isinstance(item, Scenario) else item for item in self.items]

    def _allowed_inside(self, finding: Diagnostic) -> bool:
        if finding.span is None or not self._allowances:
            return False
        at = bisect_right(self._allowances, finding.span.start, key=lambda allowed: allowed[0].start) - 1
        span, codes = self._allowances[at]
        return at >= 0 and finding.span.end <= span.end and finding.code in codes


def span_of(statement: ast.Statement, name: str) -> Span:
    """Where an option stands; the statement where it does not."""
    spans = (option.span for option in statement.options if option.key.lower() == name)
    return next(spans, statement.span)


_NOTE = "let pass by WITH"


def was_let_pass(finding: Diagnostic) -> bool:
    """Whether a finding is one that the program allows by its code."""
    return bool(finding.notes) and _NOTE in finding.notes[-1]


def _passed(finding: Diagnostic) -> list[Diagnostic]:
    """An allowed error is a warning that the report carries; an allowed warning is not said."""
    if not finding.is_error:
        return []
    note = f"{_NOTE} (allow = '{finding.code}')"
    return [replace(finding, severity=Severity.WARNING, notes=(*finding.notes, note))]


def _carrying(scenario: Scenario, passed: list[Diagnostic]) -> Scenario:
    new = scenario.steps[scenario.done :]
    first = new[0].span if scenario.done and new else scenario.use.span
    last = new[-1].span if new else scenario.use.span
    inside = (f for f in passed if f.span is not None and first.start <= f.span.start <= last.end)
    return replace(scenario, warnings=tuple(inside))
