"""A scenario's rows: what was recorded, what an update made of it, and what became stale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wsl.data import MISSING_TIME, Column, Dataset, Kind
from wsl.semantics.evaluate import Values

Mask = NDArray[np.bool_]
BLOCK = 1_000_000
"""Rows redrawn or estimated at a time: no row's answer depends on it, the memory needed does."""


@dataclass
class Reached:
    """Rows on which a variable no longer is what was recorded, and what its mechanism reads there now."""

    stale: Mask
    inputs: dict[str, Values]


@dataclass
class ScenarioRows:
    """Selected rows of a dataset with their current values.

    Arrays are replaced, never written to, so that what an earlier step saw stays as it was. `redraws` counts
    how often a variable was redrawn in a row; `pinned` rows are never redrawn; `assigned` rows hold what an
    update set.
    """

    dataset: Dataset
    rows: NDArray[np.int64]
    row_ids: NDArray[np.uint64]
    groups: NDArray[np.uint8]
    current: dict[str, Values] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    pinned: dict[str, Mask] = field(default_factory=dict)
    assigned: dict[str, Mask] = field(default_factory=dict)
    redrawn: dict[str, Mask] = field(default_factory=dict)
    borrowed: dict[str, Mask] = field(default_factory=dict)
    redraws: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    reached: dict[str, Reached] = field(default_factory=dict)
    _recorded: dict[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def recorded(self, variable: str) -> Values:
        """The values right after USE."""
        if variable not in self._recorded:
            values = self.dataset.column(variable).values
            whole = len(self.rows) == self.dataset.rows
            self._recorded[variable] = values if whole else values[self.rows]
        return self._recorded[variable]

    def values(self, variable: str, *, recorded: bool) -> Values:
        return self.recorded(variable) if recorded else self.current.get(variable, self.recorded(variable))

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
        self._write(variable, mask, values)
        self.assigned[variable] = self.flag(self.assigned, variable) | mask
        if variable in self.reached:
            reached = self.reached[variable]
            self.reached[variable] = replace(reached, stale=reached.stale & ~mask)
        if pin:
            self.pinned[variable] = self.flag(self.pinned, variable) | mask

    def redraw(self, variable: str, mask: Mask, values: Values, borrowed: Mask) -> None:
        """Give a variable other values on the rows where a cause of it changed."""
        self._write(variable, mask, values)
        count = self.redraws.get(variable, np.zeros(len(self), np.uint8))
        self.redraws[variable] = np.where(mask, np.minimum(count, 254) + np.uint8(1), count)
        self.assigned[variable] = self.flag(self.assigned, variable) & ~mask
        self.redrawn[variable] = self.flag(self.redrawn, variable) | mask
        self.borrowed[variable] = (self.flag(self.borrowed, variable) & ~mask) | borrowed

    def flag(self, flags: dict[str, Mask], variable: str) -> Mask:
        return flags.get(variable, np.zeros(len(self), np.bool_))

    def _write(self, variable: str, mask: Mask, values: Values) -> None:
        now = self.values(variable, recorded=False)
        dtype = np.promote_types(now.dtype, values.dtype) if self.column(variable).categories else now.dtype
        written = now.astype(dtype, copy=True)
        written[mask] = values
        self.current[variable] = written


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
