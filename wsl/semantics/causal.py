"""The causal checks of a scenario: whether what is asked is what would be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from wsl.diagnostics import Diagnostic, Fix, Severity, Span, report
from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.latent import unresolved_edges
from wsl.graph.skeleton import skeleton
from wsl.semantics.checked import Estimate, Expect, Scenario, Update, Use, place, reads
from wsl.semantics.effects import Effects
from wsl.semantics.hidden import explained
from wsl.semantics.history import History
from wsl.semantics.overlaps import Overlaps
from wsl.semantics.question import CAUSES, RANK, Question, question_of, ways_out
from wsl.semantics.redraws import redrawing
from wsl.semantics.requested import read_by, requested_variables
from wsl.semantics.scope import Scope, listed
from wsl.semantics.unseen import UnseenCategories

_FIELDS = ("rank", "causes")
_WHY = {
    Mark.UNDIRECTED: "which of the two causes the other is not known, and the answer depends on it",
    Mark.POSSIBLE: "whether it is a cause or a hidden common cause is not known: the answer depends on it",
}


class _Reading(NamedTuple):
    """A clause that read a variable, and whether it read the recorded value."""

    step: Use | Update
    words: str
    span: Span | None
    recorded: bool


class CausalChecker:
    """Follows the statements of one scenario, in the order they come, and checks each against its graph."""

    def __init__(
        self,
        use: Use,
        graph: CausalGraph,
        emit: Callable[[Diagnostic], None],
        failed_words: set[str],
        *,
        use_earlier: bool = False,
        rows_known: bool = True,
    ) -> None:
        self.graph = graph
        self.history = History(use, graph, use_earlier=use_earlier, rows_known=rows_known)
        self._emit = emit
        self._muted = False
        self._failed_words = failed_words
        self._overlaps = Overlaps(self.history, self._say)
        self._unseen = UnseenCategories(self.history, self._say, failed_words)
        self._question = question_of(use.knobs)
        self._selections: dict[str, list[_Reading]] = {
            name: [_Reading(use, "USE", place(use.where, name), True)] for name in reads(use.where)
        }
        self._marks = {edge.mark for edge in graph.edges}
        self._asked: list[Estimate | Expect] = []

    def recall(self, scenario: Scenario) -> None:
        """Follow what an earlier text said, without saying again what was said of it."""
        self._muted = True
        for step in scenario.steps:
            if isinstance(step, Update):
                self.update(step)
            elif isinstance(step, Estimate | Expect):
                self.request(step, step.span)
        self._muted = False

    def update(self, update: Update) -> None:
        """What is wrong with an update, given the USE and the updates before it."""
        for assignment in update.assignments:
            if assignment.variable == self.graph.target:
                causes = listed(f"`{name}`" for name in self.graph.parents(assignment.variable))
                self._say(
                    "WSL-C001",
                    assignment.span,
                    keyword="INTERVENE" if update.intervene else "ASSUME",
                    target=assignment.variable,
                    causes=causes or "none are known",
                )
        erased = self._overlaps.update(update)
        wrong = self._consequences_read(update, erased)
        for name in update.current_reads:
            if name not in wrong and not self.history.names_added(update.where, name):
                words, span = _reading(update, name)
                self._changed_before(name, words, span or update.span)
        for name in update.reads:
            # Its own old value may stand on the right side.
            if name in reads(update.where) or name not in update.variables:
                reading = _Reading(update, *_reading(update, name), self._as_recorded(update, name))
                self._selections.setdefault(name, []).append(reading)
        self.history.add(update, earlier=self._muted)
        self._unseen.update(update)

    def request(self, step: Estimate | Expect, where: Span) -> None:
        """What is wrong with an ESTIMATE or EXPECT, given the updates before it; `where` is its WHERE."""
        self._unresolved(step, requested_variables(step, self.graph.target))
        self._hidden(step)
        self._unseen.request()
        self._groups(step)
        for name in reads(step.where, recorded=False):
            if not self.history.names_added(step.where, name):
                self._changed_before(name, "WHERE", place(step.where, name) or where)
        for name in reads(step.where, recorded=True):
            if (found := self.history.cause_of(name)) is not None:
                update, cause = found
                span = place(step.where, name) or where
                self._selection("WHERE", name, cause, span, self.history.words(update), recorded=True)

    def close(self, scenario: Scenario) -> None:
        """What only the whole scenario shows."""
        Effects(self.history, self._say, frozenset(self._failed_words), self._unseen.duties).close(scenario)

    def changes(self, name: str) -> bool:
        """Whether the updates so far change a variable otherwise than by setting it."""
        return name in self.history.changed and self.history.cause_of(name) is not None

    def _say(
        self,
        code: str,
        span: Span | None,
        *,
        error: bool = True,
        fixes: tuple[Fix, ...] = (),
        **fields: object,
    ) -> None:
        if not self._muted:
            finding = report(code, span, fixes=fixes, **fields)
            self._emit(finding if error else replace(finding, severity=Severity.WARNING))

    def _path(self, start: str, end: str) -> str:
        return " -> ".join(self.graph.path(start, end))

    # Selections

    def _consequences_read(self, update: Update, erased: frozenset[str]) -> set[str]:
        """Report selections, up to this update, that read a consequence of what it sets."""
        wrong: set[str] = set()
        own = set(update.variables)
        for name, cause in self.history.consequences(update).items():
            words, span = _reading(update, name)
            recorded = self._as_recorded(update, name)
            if name in update.reads and name not in own:
                span = span or update.span
                if self._selection(words, name, cause, span, "the same statement", recorded=recorded):
                    wrong.add(name)
            for step, words, span, recorded in self._selections.pop(name, ()):
                if name not in erased:
                    line = "this statement" if self.history.is_earlier(step) else f"line {update.span.line}"
                    shown = self.history.span(step, span, update.span)
                    reported = self._selection(words, name, cause, shown, line, recorded=recorded)
                    if not reported and isinstance(step, Use) and "donors" in step.knobs:
                        self._learned_by_luck(name, cause, shown, line)
        return wrong

    def _learned_by_luck(self, read: str, cause: str, span: Span, which: str) -> None:
        """Report mechanisms that would be learned from rows that a consequence chose."""
        self._say(
            "WSL-C023",
            span,
            read=read,
            set=cause,
            which=which,
            candidates=self._candidates(read, cause),
            path=self._path(cause, read),
        )

    def _as_recorded(self, update: Update, name: str) -> bool:
        """Whether what an update reads of a variable is the recorded value."""
        return name not in self.history.changed or name not in update.current_reads

    def _selection(
        self, where: str, read: str, cause: str, span: Span, which: str, *, recorded: bool
    ) -> bool:
        """Report a selection on a consequence, unless the USE says which question it asks; True if reported.

        Causes can be taken of rows that a recorded value chose, not of those that a redrawn one did.
        """
        if self._question is Question.THESE or (self._question is Question.CAUSES and recorded):
            return False
        self._say(
            "WSL-C004",
            span,
            where=where,
            read=read,
            set=cause,
            which=which,
            candidates=self._candidates(read, cause),
            path=self._path(cause, read),
            **self._ways(recorded),
        )
        return True

    def _ways(self, recorded: bool) -> dict[str, Any]:
        """The options that would say which question is asked, as fields of a message and as fixes."""
        options = [RANK, CAUSES] if recorded and self._question is Question.NEW else [RANK]
        shown = [f"WITH ({option})" for option in options]
        fields: dict[str, Any] = dict(zip(_FIELDS, shown, strict=False))
        fields["ways"] = " or ".join(f"`{text}`" for text in shown)
        if self._question is Question.CAUSES:
            fields["ways"] += " instead"
        elif not self.history.is_earlier(self.history.use):
            fields["fixes"] = ways_out(self.history.use, options)
        return fields

    def _candidates(self, read: str, cause: str) -> str:
        """Causes of a variable that the cause leaves alone, as the words of an example."""
        usable = self.graph.ancestors(read) - self.graph.descendants(cause) - {cause}
        names = [f"`{name}`" for name in self.graph.topological_order if name in usable]
        return f", such as {listed(names, 6)}" if names else ""

    def _changed_before(self, name: str, where: str, span: Span) -> None:
        update = self.history.last_change(name)
        if update is not None:
            what = "set" if name in update.variables else "redrew"
            line = self.history.words(update)
            self._say("WSL-C008", span, error=False, where=where, read=name, line=line, what=what)

    def _groups(self, step: Estimate | Expect) -> None:
        for group in step.by:
            found = None if group.scenario else self.history.cause_of(group.variable)
            if found is not None and self._question is Question.NEW:
                update, cause = found
                self._say(
                    "WSL-C015",
                    group.span or step.span,
                    variable=group.variable,
                    set=cause,
                    line=self.history.words(update),
                    candidates=self._candidates(group.variable, cause),
                    path=self._path(cause, group.variable),
                    **self._ways(recorded=True),
                )

    # Hidden causes and unknown directions

    def _hidden(self, step: Estimate | Expect) -> None:
        """Hidden common causes that make a redraw the wrong answer to this request and those before."""
        if Mark.LATENT not in self._marks or self._muted:
            return
        self._asked.append(step)
        rule = redrawing(self.graph, self.history.use, self.history.updates, self._asked)
        for obstacle in rule.obstacles:
            code, name, fields = explained(rule, obstacle)
            self._say(code, self._place_of(name, step), **fields)

    def _place_of(self, name: str, step: Estimate | Expect) -> Span:
        """Where a variable is first set."""
        update = next(update for update in self.history.updates if name in update.variables)
        item = next(item for item in update.assignments if item.variable == name)
        return self.history.span(update, item.span, step.span)

    def _unresolved(self, step: Estimate | Expect, estimated: Iterable[str]) -> None:
        """Edges of which it is not known what they are, where an answer depends on that."""
        nodes = set(self.graph.nodes)
        changed = self.history.set_variables & nodes
        if self._marks <= {Mark.CAUSE, Mark.LATENT} or not changed:
            return
        of_interest = {*estimated, *self.history.read, *read_by(step)} & nodes
        for edge in unresolved_edges(self.graph, changed, of_interest):
            cause, end = self._touched(edge, changed)
            self._say(
                "WSL-C005",
                self._place_of(cause, step),
                edge=str(edge),
                redrawn=end,
                why=_WHY[edge.mark],
                path=self._path(cause, end),
            )

    def _touched(self, edge: Edge, changed: set[str]) -> tuple[str, str]:
        """A set variable and an end of an edge that it reaches, or else what a `<->` links to an end."""
        linked = [name for d in self.graph.districts if not d.isdisjoint(edge.ends) for name in sorted(d)]
        for cause in sorted(changed):
            for end in (*edge.ends, *linked):
                if end in self.graph.descendants(cause):
                    return cause, end
        cause = next((end for end in edge.ends if end in changed), min(changed))
        return cause, next((end for end in edge.ends if end not in changed), edge.target)


def missing_graph(scope: Scope, span: Span, besides: str | None = None) -> Diagnostic:
    """The finding that a graph is needed, with one made of the data's own columns to start from."""
    kinds = {name: (kind.value if (kind := scope.kind(name)) else "number") for name in scope.variables}
    drawn = skeleton(kinds) if kinds else "GRAPH { cause -> effect } TARGET effect"
    return report("WSL-G010", span, skeleton=drawn, besides=besides)


def _reading(update: Update, name: str) -> tuple[str, Span | None]:
    """The clause of an update that reads a variable, and the place in it."""
    if name in reads(update.where):
        return "WHERE", place(update.where, name)
    for assignment in update.assignments:
        if name in assignment.reads:
            return "the right side", place(assignment.expression, name)
    return "the statement", None
