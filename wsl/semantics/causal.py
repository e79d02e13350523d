"""The causal checks of a scenario: whether what is asked is what would be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from wsl.data import Kind
from wsl.diagnostics import Diagnostic, Severity, Span, closest, report
from wsl.graph import CausalGraph, Edge, Mark
from wsl.graph.latent import unresolved_edges
from wsl.graph.skeleton import skeleton
from wsl.semantics.checked import (
    Estimate,
    Expect,
    Label,
    Scenario,
    Update,
    figures_of,
    reads,
    walk,
)
from wsl.semantics.expressions import quoted
from wsl.semantics.recorded import selected
from wsl.semantics.scope import Scope, listed

_WHY = {
    Mark.LATENT: "a hidden common cause makes what is recorded a poor guide to what a change would do",
    Mark.UNDIRECTED: "which of the two causes the other is not known, and the answer depends on it",
    Mark.POSSIBLE: "whether it is a cause or a hidden common cause is not known: the answer depends on it",
}


class CausalChecker:
    """Checks the statements of one scenario against its graph, in the order they come."""

    def __init__(
        self, scenario: Scenario, graph: CausalGraph, scope: Scope, emit: Callable[[Diagnostic], None]
    ) -> None:
        self.scenario = scenario
        self.graph = graph
        self.scope = scope
        self.emit = emit

    def update(self, update: Update) -> None:
        """What is wrong with an update, given the USE and the updates before it."""
        for assignment in update.assignments:
            if assignment.variable == self.graph.target:
                causes = listed(f"`{name}`" for name in self.graph.parents(assignment.variable))
                self._say(
                    "WSL-C001",
                    assignment.span,
                    keyword=_keyword(update),
                    target=assignment.variable,
                    causes=causes or "none are known",
                )
        for earlier in self.scenario.updates:
            self._overlap(earlier, update)
        self._earlier_selections(update)
        self._reads_changed(update.reads, self._later_reads(update), update.where_span or update.span)

    def request(self, step: Estimate | Expect) -> None:
        """What is wrong with an ESTIMATE or EXPECT, given the updates before it."""
        estimated = requested_variables(step, self.scenario.target)
        self._latent(step, estimated)
        self._unseen(step)
        self._groups(step)
        where = tuple(name for name in reads(step.where, recorded=False) if self._changed_by(name))
        self._reads_changed(where, "WHERE", step.span)
        self._recorded_consequences(step)

    def close(self) -> None:
        """What only the whole scenario shows: updates that nothing asked for can feel."""
        requests = [step for step in self.scenario.steps if isinstance(step, Estimate | Expect)]
        if not requests or any(isinstance(step, Estimate) and step.rows for step in requests):
            return
        estimated = {name for step in requests for name in requested_variables(step, self.scenario.target)}
        read = {name for step in requests for name in _direct_reads(step)}
        for place, update in enumerate(self.scenario.updates):
            for assignment in update.assignments:
                self._without_effect(place, update, assignment.variable, assignment.span, estimated, read)

    def consequences(self, update: Update) -> dict[str, str]:
        """What an update changes beyond what it sets: variable -> the set variable it follows from."""
        found: dict[str, str] = {}
        for name in update.variables:
            below = self.graph.descendants(name) if update.intervene else self._assumed(name)
            for variable in below:
                found.setdefault(variable, name)
        return found

    def _assumed(self, name: str) -> frozenset[str]:
        target = self.graph.target
        return frozenset([target]) if target and name in self.graph.parents(target) else frozenset()

    def _say(self, code: str, span: Span | None, *, error: bool = True, **fields: str | None) -> None:
        finding = report(code, span, fixes=(), **fields)
        self.emit(finding if error else replace(finding, severity=Severity.WARNING))

    def _path(self, start: str, end: str) -> str:
        return " -> ".join(self.graph.path(start, end))

    def _overlap(self, earlier: Update, update: Update) -> None:
        for assignment in update.assignments:
            later = assignment.variable
            for before in earlier.assignments:
                name = before.variable
                if name == later and not before.fixed and not assignment.reads:
                    self._say("WSL-C009", assignment.span, variable=name, line=str(earlier.span.line))
                erases = update.intervene and name in self.graph.descendants(later)
                if not (name == later and before.fixed) and (before.fixed or not erases):
                    continue
                error, rows = self._both(earlier, update)
                if name == later:
                    self._say(
                        "WSL-C003",
                        assignment.span,
                        error=error,
                        variable=name,
                        line=str(earlier.span.line),
                        rows=rows,
                    )
                else:
                    self._say(
                        "WSL-C002",
                        assignment.span,
                        error=error,
                        line=str(earlier.span.line),
                        later=later,
                        earlier=name,
                        keyword=_keyword(earlier),
                        path=self._path(later, name),
                        rows=rows,
                    )

    def _both(self, earlier: Update, update: Update) -> tuple[bool, str]:
        """Whether two updates certainly share a row, and the sentence that says so."""
        if earlier.where is None and update.where is None:
            return True, "both change every row"
        known = self.changed().isdisjoint(reads(update.where, recorded=False)) and (
            self._changed_before(earlier).isdisjoint(reads(earlier.where, recorded=False))
        )
        if self.scenario.use.dataset is None or not known:
            return False, "whether a row is in both is not known before it runs"
        mask = selected(self.scenario.use.dataset, self.scenario.use.where, earlier.where, update.where)
        count = int(mask.sum())
        return count > 0, f"{count:,} rows are changed by both" if count else "no row is in both"

    def changed(self) -> set[str]:
        """Every variable that the updates so far set or reach."""
        updates = self.scenario.updates
        return {name for step in updates for name in (*step.variables, *self.consequences(step))}

    def _changed_before(self, update: Update) -> set[str]:
        before: set[str] = set()
        for step in self.scenario.updates:
            if step is update:
                break
            before.update((*step.variables, *self.consequences(step)))
        return before

    def _earlier_selections(self, update: Update) -> None:
        """Selections made up to this update that read a consequence of what it sets."""
        below = self.consequences(update)
        use = self.scenario.use
        for name in reads(use.where):
            if name in below:
                self._selection("USE", name, below[name], use.span, f"line {update.span.line}")
        for step in (*self.scenario.updates, update):
            own = set(step.variables)
            for name in step.reads:
                if name in below and not (step is update and name in own):
                    which = "the same statement" if step is update else f"line {update.span.line}"
                    span = step.where_span if step.where_span and name in reads(step.where) else step.span
                    self._selection(self._later_reads(step), name, below[name], span, which)

    def _selection(self, where: str, read: str, cause: str, span: Span, which: str) -> None:
        usable = self._unchanged_ancestors(read, cause)
        candidates = f", such as {listed(usable, 6)}" if usable else ""
        path = self._path(cause, read)
        self._say(
            "WSL-C004",
            span,
            where=where,
            read=read,
            set=cause,
            which=which,
            candidates=candidates,
            path=path,
        )

    def _unchanged_ancestors(self, read: str, cause: str) -> list[str]:
        below = self.graph.descendants(cause) | {cause}
        return [
            f"`{name}`" for name in self.graph.topological_order if name in self.graph.ancestors(read) - below
        ]

    @staticmethod
    def _later_reads(update: Update) -> str:
        return "WHERE" if update.where is not None else "the right side"

    def _changed_by(self, name: str) -> Update | None:
        """The last update so far that set or changed a variable."""
        for update in reversed(self.scenario.updates):
            if name in update.variables or name in self.consequences(update):
                return update
        return None

    def _reads_changed(self, names: Iterable[str], where: str, span: Span) -> None:
        for name in names:
            update = self._changed_by(name)
            if update is not None:
                what = "set" if name in update.variables else "redrew"
                self._say(
                    "WSL-C008",
                    span,
                    error=False,
                    where=where,
                    read=name,
                    line=str(update.span.line),
                    what=what,
                )

    def _recorded_consequences(self, step: Estimate | Expect) -> None:
        for name in reads(step.where, recorded=True):
            for update in self.scenario.updates:
                cause = self.consequences(update).get(name)
                if cause is not None:
                    self._selection("WHERE", name, cause, step.span, f"line {update.span.line}")
                    break

    def _groups(self, step: Estimate | Expect) -> None:
        for group in step.by:
            for update in self.scenario.updates:
                cause = self.consequences(update).get(group.variable)
                if cause is not None and not group.scenario:
                    usable = self._unchanged_ancestors(group.variable, cause)
                    self._say(
                        "WSL-C015",
                        step.span,
                        variable=group.variable,
                        set=cause,
                        line=str(update.span.line),
                        candidates=f", such as {listed(usable, 6)}" if usable else "",
                        path=self._path(cause, group.variable),
                    )
                    break

    def _latent(self, step: Estimate | Expect, estimated: tuple[str, ...]) -> None:
        """Edges that say more than a redraw from plain parents would take into account."""
        updates = self.scenario.updates
        if not updates:
            return
        read = (*reads(self.scenario.use.where), *(name for update in updates for name in update.reads))
        changed = {name for update in updates for name in update.variables} & set(self.graph.nodes)
        of_interest = {*estimated, *read, *_direct_reads(step)} & set(self.graph.nodes)
        for edge in unresolved_edges(self.graph, changed, of_interest):
            cause, end = self._touched(edge, changed)
            at = next(update.span for update in updates if cause in update.variables)
            path = self._path(cause, end)
            self._say("WSL-C005", at, edge=str(edge), redrawn=end, why=_WHY[edge.mark], path=path)

    def _touched(self, edge: Edge, changed: set[str]) -> tuple[str, str]:
        """A set variable and the end of an edge that it reaches."""
        for cause in sorted(changed):
            for end in edge.ends:
                if end in self.graph.descendants(cause):
                    return cause, end
        end = next((end for end in edge.ends if end in changed), edge.target)
        return (end if end in changed else min(changed)), end

    def _unseen(self, step: Estimate | Expect) -> None:
        """Categories that no row has: every child must have been set on those rows too."""
        for update in self.scenario.updates:
            for assignment in update.assignments:
                labels = self.scope.categories(assignment.variable)
                if labels is None or self.scope.kind(assignment.variable) is not Kind.CATEGORY:
                    continue
                unseen = _labels(assignment.value) - set(labels)
                if not unseen:
                    continue
                children = [
                    child
                    for child in self.graph.children(assignment.variable)
                    if not self._set_too(child, update)
                ]
                label = min(unseen)
                if children:
                    self._say(
                        "WSL-C010",
                        assignment.span,
                        variable=assignment.variable,
                        label=quoted(label),
                        children=listed(f"`{child}`" for child in children),
                        suggestion=closest(label, labels),
                        known=listed(labels),
                    )

    def _set_too(self, child: str, update: Update) -> bool:
        """Whether a child is set on (at least) the rows of an update, in the same statement or later."""
        for other in self.scenario.updates:
            later = self.scenario.updates.index(other) >= self.scenario.updates.index(update)
            if child in other.variables and (later or self._pins(other, child)):
                if other.where is None or other.where == update.where:
                    return True
                dataset = self.scenario.use.dataset
                changed = self._changed_before(other) & set(reads(other.where, recorded=False))
                if dataset is not None and not changed:
                    use = self.scenario.use.where
                    outside = selected(dataset, use, update.where) & ~selected(dataset, other.where)
                    if not outside.any():
                        return True
                if dataset is not None and changed <= set(update.variables):
                    return self._selects_new_label(other, update)
        return False

    def _selects_new_label(self, other: Update, update: Update) -> bool:
        """A WHERE that reads only what the update sets, as `WHERE fe == 'new-site'`."""
        return set(reads(other.where, recorded=False)) <= set(update.variables)

    @staticmethod
    def _pins(update: Update, name: str) -> bool:
        return any(item.variable == name and item.fixed for item in update.assignments)

    def _without_effect(
        self, place: int, update: Update, name: str, span: Span, estimated: set[str], read: set[str]
    ) -> None:
        later = self.scenario.updates[place + 1 :]
        if name in read | estimated or any(name in step.reads for step in later):
            return
        below = self.graph.descendants(name)
        words = listed(f"`{variable}`" for variable in sorted(estimated))
        if below.isdisjoint(estimated | read):
            causes = sorted(self.graph.ancestors(*(estimated & set(self.graph.nodes))))
            self._say(
                "WSL-C006", span, error=False, variable=name, estimated=words, causes=listed(causes) or None
            )
        elif not update.intervene:
            felt = {variable for variable in estimated if name in self.graph.parents(variable)}
            redrawn = {v for step in later if step.intervene for v in self.consequences(step)}
            if not felt and not any(name in self.graph.parents(v) for v in redrawn):
                end = min(below & (estimated | read))
                path = self._path(name, end)
                self._say("WSL-C007", span, error=False, variable=name, estimated=words, path=path)


def requested_variables(step: Estimate | Expect, target: str | None) -> tuple[str, ...]:
    """The variables that a request has an estimator answer for."""
    if isinstance(step, Estimate):
        names = [f.figure.estimated for item in step.requested for f in figures_of(item.formula)]
        names += [target] if step.rows else []
    else:
        names = [f.figure.estimated for f in figures_of(step.formula)]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def missing_graph(scope: Scope, span: Span) -> Diagnostic:
    """The finding that a graph is needed, with one made of the data's own columns to start from."""
    kinds = {name: (kind.value if (kind := scope.kind(name)) else "number") for name in scope.variables}
    return report(
        "WSL-G010", span, skeleton=skeleton(kinds) if kinds else "GRAPH { cause -> effect } TARGET effect"
    )


def _direct_reads(step: Estimate | Expect) -> tuple[str, ...]:
    """Variables whose scenario values a request reads besides those it estimates."""
    formulas = [item.formula for item in step.requested] if isinstance(step, Estimate) else [step.formula]
    names = [name for f in formulas for value in figures_of(f) for name in reads(value.figure.argument)]
    names += [group.variable for group in step.by if group.scenario]
    return tuple(dict.fromkeys((*names, *reads(step.where))))


def _labels(value: object) -> set[str]:
    """The labels that a SET may give a category."""
    labels = getattr(value, "labels", None)
    if labels is not None:
        return set(labels)
    try:
        return {node.text for node in walk(value) if isinstance(node, Label)}  # type: ignore[arg-type]
    except AttributeError:
        return set()


def _keyword(update: Update) -> str:
    return "INTERVENE" if update.intervene else "ASSUME"
