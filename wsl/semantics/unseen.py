"""Categories that no row has: all that follows from them directly must be set on the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from wsl_grammar.terminals import written_label

from wsl.data import Kind
from wsl.diagnostics import closest
from wsl.diagnostics.terminal import shown_label
from wsl.semantics.checked import Assignment, Read, Update, reads
from wsl.semantics.history import History, Report, written_labels
from wsl.semantics.recorded import Mask, selected
from wsl.semantics.scope import listed
from wsl.semantics.shown import quoted


@dataclass(frozen=True)
class _Unseen:
    """A new category of a variable, by the update at a place, and the rows that may get it."""

    place: int
    assignment: Assignment
    label: str
    rows: Mask


@dataclass
class UnseenCategories:
    """Keeps the categories that no row has until a request needs them to be described.

    `failed_words` are those of statements of the scenario that failed: what one of them would have set is
    taken as set. `duties` are the variables that a new category asked to be set.
    """

    history: History
    say: Report
    failed_words: set[str]
    duties: set[str] = field(default_factory=set)
    _waiting: list[_Unseen] = field(default_factory=list)
    _setters: dict[str, list[int]] = field(default_factory=dict)

    def update(self, update: Update) -> None:
        """Note what an update that was just added sets."""
        place = len(self.history.updates) - 1
        for assignment in update.assignments:
            self._setters.setdefault(assignment.variable, []).append(place)
            unseen = list(self._unseen(place, update, assignment))
            self._waiting += unseen
            if unseen:
                self.duties.update(self.history.graph.children(assignment.variable))

    def request(self) -> None:
        """Report the new categories whose consequences are not described."""
        reported: set[int] = set()
        for unseen in self._waiting:
            name = unseen.assignment.variable
            children = [c for c in self.history.graph.children(name) if not self._described(c, unseen)]
            if children and id(unseen.assignment) not in reported:
                reported.add(id(unseen.assignment))
                self._report(unseen, children)
        self._waiting = []

    def _report(self, unseen: _Unseen, children: list[str]) -> None:
        dataset, name = self.history.use.dataset, unseen.assignment.variable
        labels = dataset.column(name).categories if dataset is not None else ()
        target = self.history.graph.target
        near = closest(unseen.label, labels)
        self.say(
            "WSL-C010",
            unseen.assignment.span,
            variable=name,
            label=quoted(unseen.label),
            children=None if target in children else listed(f"`{child}`" for child in children),
            direct=target if target in children else None,
            suggestion=written_label(near) if near else None,
            known=listed(map(shown_label, labels)),
        )

    def _unseen(self, place: int, update: Update, assignment: Assignment) -> Iterator[_Unseen]:
        """The labels of an assignment that the variable has on no row."""
        dataset, name, value = self.history.use.dataset, assignment.variable, assignment.value
        if dataset is None or dataset.kinds.get(name) is not Kind.CATEGORY or self.history.use_rows is None:
            return
        known = dataset.column(name).categories
        rows = self.history.rows(update.where, self.history.changed_before[place])
        rows = self.history.use_rows if rows is None else rows
        for label in sorted(written_labels(value) - set(known)):
            yield _Unseen(place, assignment, label, rows)
        if isinstance(value, Read) and value.variable in dataset.kinds:
            other = dataset.column(value.variable)
            for code, label in enumerate(other.categories):
                if label not in known and np.any(rows & (other.values == code)):
                    yield _Unseen(place, assignment, label, rows & (other.values == code))

    def _described(self, child: str, unseen: _Unseen) -> bool:
        """Whether a child is set, before or after, wherever the new category is."""
        if child in self.failed_words:
            return True
        left = unseen.rows.copy()
        if not left.any():
            return True
        for place in self._setters.get(child, ()):
            update = self.history.updates[place]
            pinned = any(item.variable == child and item.fixed for item in update.assignments)
            if place < unseen.place and not pinned:
                continue
            if place == unseen.place or update.where is None:
                return True
            left &= ~self._covered(place, unseen)
            if not left.any():
                return True
        return False

    def _covered(self, place: int, unseen: _Unseen) -> Mask:
        """The rows that the update at a place is certain to set, given that they have the new category."""
        where, dataset = self.history.updates[place].where, self.history.use.dataset
        assert dataset is not None
        name = unseen.assignment.variable
        changed = self.history.changed_before[place]
        labels = {name: unseen.label} if place > unseen.place else {}
        if not (changed - set(labels)).isdisjoint(reads(where, recorded=False)):
            return np.zeros(dataset.rows, np.bool_)
        return selected(dataset, where, labels=labels)
