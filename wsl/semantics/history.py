"""What the statements of a scenario so far set, changed and read, and on which rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from wsl.diagnostics import Span
from wsl.graph import CausalGraph
from wsl.semantics.checked import (
    Categorical,
    Distribution,
    Expression,
    FileValues,
    Step,
    Update,
    Use,
    labels_of,
    reads,
)
from wsl.semantics.recorded import Mask, selected


class History:
    """The updates of a scenario in order, kept so that each statement is looked at once.

    `earlier` steps, and the USE if `use_earlier`, stand in a text before this one. `rows_known` tells that
    the rows of USE are those its condition says: not where a USE did not parse, or leaves no row.
    """

    def __init__(
        self, use: Use, graph: CausalGraph, *, use_earlier: bool = False, rows_known: bool = True
    ) -> None:
        self.use = use
        self.graph = graph
        self.use_earlier = use_earlier
        self.rows_known = rows_known and use.dataset is not None
        self.updates: list[Update] = []
        self.changed: frozenset[str] = frozenset()
        self.changed_before: list[frozenset[str]] = []
        self.pinned: frozenset[str] = frozenset()
        self.set_variables: set[str] = set()
        self.read: set[str] = set(reads(use.where))
        self.added: dict[str, frozenset[str]] = {}
        self._earlier: set[int] = set()
        self._last: dict[str, Update] = {}
        self._caused: dict[str, tuple[Update, str]] = {}
        self._selected: tuple[Expression, Mask] | None = None
        self._below: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def add(self, update: Update, *, earlier: bool) -> None:
        """Note an update that nothing is wrong with, or that is looked past."""
        consequences = self.consequences(update)
        self.changed_before.append(self.changed)
        self.updates.append(update)
        if earlier:
            self._earlier.add(id(update))
        touched = {*update.variables, *consequences}
        self._last.update(dict.fromkeys(touched, update))
        self._caused.update({name: (update, cause) for name, cause in consequences.items()})
        if not touched <= self.changed:
            self.changed |= touched
        if update.where is None:
            self.pinned |= {item.variable for item in update.assignments if item.fixed}
        self.set_variables.update(update.variables)
        self.read.update(update.reads)
        for assignment in update.assignments:
            labels = written_labels(assignment.value)
            if labels:
                known = self.added.get(assignment.variable, frozenset())
                self.added = {**self.added, assignment.variable: known | labels}

    def consequences(self, update: Update) -> dict[str, str]:
        """What an update changes beyond what it sets: variable -> the set variable it follows from.

        Of what follows from ASSUME only the target responds; nothing passes another variable that the same
        update sets, or one pinned on every row.
        """
        found: dict[str, str] = {}
        target = self.graph.target
        for name in update.variables:
            if update.intervene:
                below = self._reached(name, self.pinned.union(update.variables))
            else:
                below = frozenset((target,) if target and name in self.graph.parents(target) else ())
            for variable in below:
                found.setdefault(variable, name)
        return found

    def _reached(self, name: str, cut: frozenset[str]) -> frozenset[str]:
        """The descendants of a variable, without those of `cut` and what only they lead to."""
        if (name, cut) not in self._below:
            seen: set[str] = set()
            waiting = [name]
            while waiting:
                fresh = set(self.graph.children(waiting.pop())) - seen - cut
                seen |= fresh
                waiting += fresh
            self._below[name, cut] = frozenset(seen)
        return self._below[name, cut]

    def last_change(self, name: str) -> Update | None:
        """The last update that set or changed a variable."""
        return self._last.get(name)

    def cause_of(self, name: str) -> tuple[Update, str] | None:
        """The last update that a variable is a consequence of, with the set variable it follows from."""
        return self._caused.get(name)

    def names_added(self, where: Expression | None, name: str) -> bool:
        """Whether a condition names a category that only an update can have given a variable."""
        dataset = self.use.dataset
        if where is None or dataset is None or name not in self.added:
            return False
        new = self.added[name] - set(dataset.column(name).categories)
        return not new.isdisjoint(labels_of(where))

    # Places in this text

    def is_earlier(self, step: Step | Use) -> bool:
        return self.use_earlier if isinstance(step, Use) else id(step) in self._earlier

    def words(self, step: Step | Use) -> str:
        """A statement as a message names it."""
        return "an earlier statement" if self.is_earlier(step) else f"line {step.span.line}"

    def span(self, step: Step | Use, exact: Span | None, now: Span) -> Span:
        """The place to show for a fault of a statement: where the reader is, if it is in an earlier text."""
        return now if self.is_earlier(step) else (exact or step.span)

    # Rows

    @cached_property
    def use_rows(self) -> Mask | None:
        """The rows of USE."""
        if self.use.dataset is None or not self.rows_known:
            return None
        return selected(self.use.dataset, self.use.where)

    def rows(self, where: Expression | None, changed: frozenset[str]) -> Mask | None:
        """The rows that a WHERE selects after `changed`; None where that is not known before the run."""
        if self.use_rows is None or self.use.dataset is None:
            return None
        if where is None:
            return self.use_rows
        if not changed.isdisjoint(reads(where, recorded=False)):
            return None
        if self._selected is None or self._selected[0] is not where:
            self._selected = (where, self.use_rows & selected(self.use.dataset, where))
        return self._selected[1]


def written_labels(value: Expression | Distribution | Categorical | FileValues) -> frozenset[str]:
    """The categories that are written in the value of an assignment."""
    if isinstance(value, FileValues):
        return frozenset(value.values.categories)
    if isinstance(value, Categorical):
        return frozenset(value.labels)
    if isinstance(value, Distribution):
        return frozenset()
    return labels_of(value)


Report = Callable[..., None]
"""Reports a code at a span with the fields of its message; `error=False` makes a warning of it."""
