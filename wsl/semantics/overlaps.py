"""Updates that meet on the same rows: one erases what another set, sets it again, or sets what is pinned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from wsl_grammar.terminals import written_name

from wsl.semantics.checked import Assignment, Categorical, Distribution, FileValues, Update
from wsl.semantics.history import History, Report
from wsl.semantics.recorded import Mask

_UNKNOWN = "whether a row is in both is not known before it runs"


@dataclass
class _Setters:
    """Which update last set a variable, row by row as far as that is known; a number is an update's place."""

    latest: int
    everywhere: int | None = None
    unknown: int | None = None
    rows: NDArray[np.int32] | None = None

    def note(self, place: int, update: Update, mask: Mask | None) -> None:
        self.latest = place
        if update.where is None:
            self.everywhere = place
            self.rows = None  # an array of one value says no more
        elif mask is None:
            self.unknown = place
        else:
            self._by_row(len(mask))[mask] = place

    def forget(self, update: Update, mask: Mask | None) -> None:
        """What was set on the rows of an update is there no more."""
        if update.where is None:
            self.everywhere = self.unknown = self.rows = None
        elif mask is not None and not (self.rows is None and self.everywhere is None):
            self._by_row(len(mask))[mask] = -1

    def _by_row(self, rows: int) -> NDArray[np.int32]:
        if self.rows is None:
            self.rows = np.full(rows, -1 if self.everywhere is None else self.everywhere, np.int32)
        return self.rows

    @property
    def empty(self) -> bool:
        return self.everywhere is None and self.unknown is None and self.rows is None

    def meeting(self, update: Update, mask: Mask | None) -> tuple[bool, int, str]:
        """Whether an update certainly shares a row with one that set this, which one, and words for it."""
        if update.where is None and self.everywhere is not None:
            return True, self.everywhere, "both change every row"
        if mask is None:
            return False, self.latest, _UNKNOWN
        if self.rows is not None or self.everywhere is not None:
            places = self._by_row(len(mask))[mask]
            count = int(np.count_nonzero(places >= 0))
            if count:
                rows = "1 row is" if count == 1 else f"{count:,} rows are"
                return True, int(places.max()), f"{rows} changed by both"
        if self.unknown is not None:
            return False, self.unknown, _UNKNOWN
        return False, self.latest, "no row is in both"


@dataclass
class Overlaps:
    """Looks at each update beside those before it."""

    history: History
    say: Report
    _set: dict[str, _Setters] = field(default_factory=dict)
    _pinned: dict[str, _Setters] = field(default_factory=dict)

    def update(self, update: Update) -> frozenset[str]:
        """Report what an update meets, then note it; the variables it erases are given back."""
        mask = self.history.rows(update.where, self.history.changed)
        for assignment in update.assignments:
            self._again(assignment, update, mask)
        erased = frozenset(self._erased(update, mask))
        place = len(self.history.updates)
        for assignment in update.assignments:
            name = assignment.variable
            if assignment.fixed and name in self._set:
                self._set[name].forget(update, mask)
            setters = self._pinned if assignment.fixed else self._set
            setters.setdefault(name, _Setters(place)).note(place, update, mask)
        return erased

    def _again(self, assignment: Assignment, update: Update, mask: Mask | None) -> None:
        name = assignment.variable
        if (pins := self._pinned.get(name)) is not None:
            certain, place, rows = pins.meeting(update, mask)
            line = self.history.words(self.history.updates[place])
            self.say("WSL-C003", assignment.span, error=certain, variable=name, line=line, rows=rows)
        setters = self._set.get(name)
        if setters is None or setters.empty or name in assignment.reads:
            return
        certain, place, _ = setters.meeting(update, mask)
        if certain:
            line = self.history.words(self.history.updates[place])
            self.say("WSL-C009", assignment.span, variable=name, line=line)

    def _erased(self, update: Update, mask: Mask | None) -> Iterator[str]:
        """Variables set before that an update redraws."""
        if not update.intervene:
            return
        spans = {assignment.variable: assignment.span for assignment in update.assignments}
        for name, cause in sorted(self.history.consequences(update).items()):
            setters = self._set.get(name)
            if setters is None or setters.empty or name in spans:
                continue
            certain, place, rows = setters.meeting(update, mask)
            before = self.history.updates[place]
            setters.forget(update, mask)
            self.say(
                "WSL-C002",
                spans[cause],
                error=certain,
                line=self.history.words(before),
                later=cause,
                earlier=name,
                pin=words_for_pin(before, name),
                path=" -> ".join(self.history.graph.path(cause, name)),
                rows=rows,
            )
            yield name


def words_for_pin(update: Update, name: str) -> str:
    """How the statement that set a variable would pin it."""
    item = next(item for item in update.assignments if item.variable == name)
    keyword = "INTERVENE" if update.intervene else "ASSUME"
    drawn = isinstance(item.value, Distribution | Categorical | FileValues)
    written = written_name(name)
    return f"{keyword} SETDIST FIXED {written} .." if drawn else f"{keyword} SET FIXED {written} = .."
