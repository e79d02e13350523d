"""A scenario's rows: what was recorded, what an update made of it, and what became stale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.data import MISSING_TIME, Column, Dataset, Kind
from wsl.data.decoding import code_type
from wsl.planning import Mechanism
from wsl.semantics.evaluate import Values

Mask = NDArray[np.bool_]
BLOCK = 1_000_000
"""Rows redrawn at a time: no row's answer depends on it, the memory needed does."""


@dataclass
class Reached:
    """Rows on which a variable no longer is what was recorded, and what its mechanism reads there now."""

    stale: Mask
    inputs: dict[str, Values]


@dataclass
class ScenarioRows:
    """Selected rows of a dataset with their current values; `rows` is None where all are selected.

    Arrays are replaced, never written to, so that what an earlier step saw stays as it was. `redraws` counts
    how often a variable was redrawn in a row; `pinned` rows are never redrawn; `assigned` rows hold what an
    update set; `dropped` rows are part of no answer. A variable that is not in one of these has it on no row.
    `changed` are the variables that the updates so far set or reach; `refreshed` those whose baseline is a
    redraw instead of the record. `coupled` are the same rows in a world of its own, in which each keeps its
    rank; None where nothing asks for that.
    """

    dataset: Dataset
    rows: NDArray[np.int64] | None
    row_ids: NDArray[np.uint64]
    groups: NDArray[np.uint8]
    current: dict[str, Values] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    pinned: dict[str, Mask] = field(default_factory=dict)
    assigned: dict[str, Mask] = field(default_factory=dict)
    borrowed: dict[str, Mask] = field(default_factory=dict)
    redraws: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    reached: dict[str, Reached] = field(default_factory=dict)
    dropped: Mask | None = None
    changed: frozenset[str] = frozenset()
    refreshed: frozenset[str] = frozenset()
    coupled: ScenarioRows | None = None
    _natural: dict[str, Values] = field(default_factory=dict)
    _recorded: dict[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row_ids)

    def recorded(self, variable: str) -> Values:
        """The values right after USE."""
        if variable not in self._recorded:
            values = self.dataset.column(variable).values
            self._recorded[variable] = values if self.rows is None else values[self.rows]
        return self._recorded[variable]

    def again(self) -> ScenarioRows:
        """The same rows as they are recorded, for another world."""
        return ScenarioRows(self.dataset, self.rows, self.row_ids, self.groups)

    def logged(self, variable: str) -> Values:
        """What the log holds, also where the baseline is a redraw."""
        if variable not in self.refreshed:
            return self.recorded(variable)
        values = self.dataset.column(variable).values
        return values if self.rows is None else values[self.rows]

    def refresh(self, variable: str, values: Values) -> None:
        """Put a redraw in the place of what was recorded."""
        for rows in filter(None, (self, self.coupled)):
            rows._recorded[variable] = values
            rows.refreshed |= {variable}

    def values(self, variable: str, *, recorded: bool) -> Values:
        return self.recorded(variable) if recorded else self.current.get(variable, self.recorded(variable))

    def natural(self, variable: str) -> Values:
        """The values a variable has, or would have, without having been set."""
        return self._natural.get(variable, self.values(variable, recorded=False))

    def read(self, variable: str, mechanism: Mechanism) -> Values:
        """What a mechanism reads of a variable that it is conditioned on."""
        if variable in mechanism.natural:
            return self.natural(variable)
        return self.values(variable, recorded=False)

    def column(self, variable: str) -> Column:
        """The column, with the categories that an update added to it."""
        return self.columns.get(variable, self.dataset.column(variable))

    def with_label(self, variable: str, label: str) -> int:
        """The code of a category; one that no row has gets a code of its own."""
        column = self.column(variable)
        if label in column.categories:
            return column.categories.index(label)
        self.columns[variable] = replace(column, categories=(*column.categories, label))
        return len(column.categories)

    def assign(self, variable: str, mask: Mask, values: Values, *, pin: bool) -> None:
        """Set a variable on some rows."""
        self._natural.setdefault(variable, self.values(variable, recorded=False))
        self.current[variable] = self._written(variable, self.values(variable, recorded=False), mask, values)
        _raise(self.assigned, variable, mask)
        _lower(self.borrowed, variable, mask)
        if variable in self.reached:
            reached = self.reached[variable]
            self.reached[variable] = replace(reached, stale=reached.stale & ~mask)
        if pin:
            _raise(self.pinned, variable, mask)

    def redraw(self, variable: str, mask: Mask, values: Values, borrowed: Mask) -> None:
        """Give a variable other values on the rows where a cause of it changed."""
        self.current[variable] = self._written(variable, self.values(variable, recorded=False), mask, values)
        count = self.redraws.get(variable, np.zeros(len(self), np.uint8))
        self.redraws[variable] = count + (mask & (count < 255))
        _lower(self.assigned, variable, mask)
        _lower(self.borrowed, variable, mask)
        _raise(self.borrowed, variable, borrowed)

    def redraw_natural(self, variable: str, mask: Mask, values: Values) -> None:
        """The same for what a set variable would be without having been set, pinned or not."""
        if variable in self._natural:
            self._natural[variable] = self._written(variable, self._natural[variable], mask, values)

    def reach(self, variable: str, stale: Mask, inputs: dict[str, Values]) -> None:
        """Note that what a variable's mechanism reads has changed on some rows."""
        if variable in self.reached:
            stale = stale | self.reached[variable].stale
        self.reached[variable] = Reached(stale, inputs)

    def kept(self, mask: Mask | None = None) -> Mask:
        """Rows, of a mask where it is given, that were not dropped."""
        every = np.ones(len(self), np.bool_) if mask is None else mask
        return every if self.dropped is None else every & ~self.dropped

    def as_recorded(self, variables: Iterable[str]) -> bool:
        """Whether the values of these variables are those right after USE."""
        return not any(name in self.current or name in self.reached for name in variables)

    def flag(self, flags: dict[str, Mask], variable: str) -> Mask:
        """Rows that a variable has a flag on."""
        return flags.get(variable, np.zeros(len(self), np.bool_))

    def redrawn(self, variable: str) -> int:
        """On how many rows a variable was redrawn."""
        return int(np.count_nonzero(self.redraws[variable])) if variable in self.redraws else 0

    def _written(self, variable: str, before: Values, mask: Mask, values: Values) -> Values:
        """A copy with other values on some rows, of a type that holds both."""
        categories = self.column(variable).categories
        dtype = code_type(len(categories)) if categories else np.promote_types(before.dtype, values.dtype)
        written = before.astype(dtype, copy=True)
        written[mask] = values
        return written


@dataclass(frozen=True)
class Selecting:
    """The rows as conditions and right sides read them: what no update has changed is as the log has it.

    Right sides read their `own` variables as they are in the population at hand.
    """

    rows: ScenarioRows
    own: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, variable: str, *, recorded: bool) -> Values:
        if recorded or variable not in self.rows.changed | self.own:
            return self.rows.logged(variable)
        return self.rows.values(variable, recorded=False)

    def column(self, variable: str) -> Column:
        return self.rows.column(variable)


def _raise(flags: dict[str, Mask], variable: str, mask: Mask) -> None:
    if mask.any():
        flags[variable] = flags[variable] | mask if variable in flags else mask


def _lower(flags: dict[str, Mask], variable: str, mask: Mask) -> None:
    if variable in flags:
        flags[variable] = flags[variable] & ~mask


def places(mask: Mask) -> NDArray[Any] | None:
    """Positions where a mask holds, in half the room if they fit; None where that is everywhere."""
    if mask.all():
        return None
    found = np.flatnonzero(mask)
    return found.astype(np.int32) if len(mask) < 1 << 31 else found


def differ(before: Values, after: Values) -> Mask:
    """Where two arrays of values are not the same; missing is the same as missing."""
    if before is after:
        return np.zeros(len(before), np.bool_)
    unequal: Mask = before != after
    if before.dtype.kind == "f":
        unequal &= ~(np.isnan(before) & np.isnan(after))
    return unequal


def present(values: Values, kind: Kind) -> Mask:
    """Where a value is not missing."""
    if kind is Kind.NUMBER:
        return ~np.isnan(values)
    return np.asarray(values != MISSING_TIME) if kind is Kind.TIME else np.asarray(values >= 0)


def hash_bound(most: int, count: int) -> np.uint64:
    """Hash up to which about `most` of `count` rows lie; all of them, where there are no more."""
    return np.uint64((2**64 - 1) * min(most, count) // max(1, count))
