"""Redraws of a mechanism on some rows: values of donor rows, or values that keep each row's own rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Key, TileIndex, couple, is_carried_over, locate, redraw, variable_hash

from wsl.data import MISSING_TIME, Column, Kind
from wsl.engine.indexes import LearnedFrom, Learning, series
from wsl.engine.memory import give_back
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ, places
from wsl.planning import Mechanism, Redraw
from wsl.semantics.evaluate import Values

_LEAST_POINTS = 300  # that a tile needs where two of its distributions are compared
_MOST_POINTS = 400  # of such a distribution; more where no regression makes them costly
_POINTS_OF_FEW_VALUES = 2_000  # both, of categories and small counts: what chance adds flips whole values
_MOST_WITHOUT_NUMBERS = 1_000
Mode = Literal["nearest", "random", "rank"]


@dataclass(frozen=True)
class Redrawer:
    """Redraws variables; what a row gets is a function of its own causes, its id and the seed."""

    rows: ScenarioRows
    indexes: LearnedFrom
    options: Learning
    seed: int
    mode: Mode

    def refresh(self, step: Redraw) -> None:
        """Give every row a fresh baseline: what the updates reach is redrawn at its recorded causes.

        The random numbers are those of the first redraw after it, so that a change of nothing is none.
        """
        everywhere = np.ones(len(self.rows), np.bool_)
        parents = [self.rows.recorded(name) for name in step.mechanism.conditioning]
        donors, _ = self.donors(step, parents, everywhere, np.zeros(len(self.rows), np.uint8))
        for name in step.drawn:
            self.rows.refresh(name, self.taken(name, donors))
        give_back(len(self.rows))

    def donors(
        self, step: Redraw, parents: Sequence[Values], mask: Mask, times: NDArray[np.uint8]
    ) -> tuple[NDArray[Any], Mask]:
        """A donor row for each row of `mask` (-1: none); and the rows that borrow, among all."""
        count = int(np.count_nonzero(mask))
        rows = places(mask)
        donors = np.empty(count, np.int32 if self.rows.dataset.rows < 1 << 31 else np.int64)
        borrowed = np.zeros(len(self.rows), np.bool_)
        index = self.indexes.index(self.rows.dataset, step.mechanism, self.options)
        key = Key(self.seed, variable_hash("+".join(step.mechanism.children)))
        mode: Literal["nearest", "random"] = "random" if self.mode == "random" else "nearest"
        for begin in range(0, count, BLOCK):
            part = slice(begin, begin + BLOCK)
            block = part if rows is None else rows[part]
            inputs = [values[block] for values in parents]
            ids, groups = self.rows.row_ids[block], self.rows.groups[block]
            found = redraw(index, inputs, ids, groups, key, times[block], mode)
            donors[part] = found.donor
            borrowed[block] = found.borrowed
        return donors, borrowed

    def taken(self, name: str, donors: NDArray[Any]) -> Values:
        """The donors' values of a variable."""
        values: Values = self.rows.dataset.column(name).values[donors]
        without = donors < 0
        if without.any():
            values[without] = missing_value(values)
        return values

    def ranked(self, mechanism: Mechanism, mask: Mask, after: Sequence[Values]) -> tuple[Values, Mask]:
        """On the rows of `mask`, values at other causes with the rank that each row's recorded value has."""
        return keep_ranks(self.rows, self.indexes, self.options, self.seed, mechanism, mask, after)


def keep_ranks(
    rows: ScenarioRows,
    indexes: LearnedFrom,
    options: Learning,
    seed: int,
    mechanism: Mechanism,
    mask: Mask,
    after: Sequence[Values],
) -> tuple[Values, Mask]:
    """Values of a mechanism's one child at other causes, on the rows of `mask`; and which of all borrow.

    Ranks are always those of the recorded values at the recorded causes: however often a row is redrawn, it
    is the same request. A value that is not recorded has no rank, and stays missing.
    """
    (name,) = mechanism.children
    chosen = np.flatnonzero(mask)
    before = [rows.recorded(parent)[chosen] for parent in mechanism.conditioning]
    inputs = [values[chosen] for values in after]
    ids, groups, key = rows.row_ids[chosen], rows.groups[chosen], Key(seed, variable_hash(name))
    result, borrowed = rows.recorded(name)[chosen].copy(), np.zeros(len(rows), np.bool_)
    for index, served, lost in steady_indexes(rows, indexes, options, mechanism, before, inputs):
        old, new = ([values[served] for values in side] for side in (before, inputs))
        recorded = result[served]
        found = couple(index, old, recorded, new, ids[served], groups[served], key)
        same = ~_any_differ(old, new)
        result[served] = np.where(same, recorded, _like(recorded, found, rows.dataset.column(name)))
        borrowed[chosen[served]] = lost & ~same
    return result, borrowed


def steady_indexes(
    rows: ScenarioRows,
    indexes: LearnedFrom,
    options: Learning,
    mechanism: Mechanism,
    before: Sequence[Values],
    after: Sequence[Values],
) -> Iterator[tuple[TileIndex, NDArray[np.int64], Mask]]:
    """Indexes to compare rows' distributions at old and new causes, each with the rows it serves.

    What two distributions differ by mere chance is felt in full where a row is compared with itself. So
    tiles are larger than for a redraw, but for rows on which that would mix categories. The mask tells which
    of its rows an index cannot serve without that either.
    """
    kinds = {rows.dataset.kinds[name] for name in mechanism.conditioning}
    without_numbers = kinds <= {Kind.CATEGORY, Kind.BOOLEAN}
    least, most = _LEAST_POINTS, _MOST_WITHOUT_NUMBERS if without_numbers else _MOST_POINTS
    (name,) = mechanism.children
    if not without_numbers and not is_carried_over(series(rows.dataset.column(name))):
        least = most = _POINTS_OF_FEW_VALUES
    most = max(options.nmax, most)
    exact = replace(options, nmax=most)
    left = np.arange(len(after[0]) if after else 0)
    if not without_numbers:
        steady = replace(options, nmin=max(options.nmin, least), nmax=most)
        index = indexes.index(rows.dataset, mechanism, steady)
        lost = _lost(index, before, steady.nmin) | _lost(index, after, steady.nmin)
        yield index, left[~lost], lost[~lost]
        left = left[lost]
    if len(left):
        index = indexes.index(rows.dataset, mechanism, exact)
        yield index, left, locate(index, [values[left] for values in after], len(left)).borrowed


def _lost(index: TileIndex, causes: Sequence[Values], least: int) -> Mask:
    """Rows of which an index mixes categories, or has few points where it does not."""
    placed = locate(index, causes, len(causes[0]))
    enough = min(least, len(index.rows))
    points = np.append(placed.tiles.length, enough)[placed.tile]  # the last for rows in no tile
    found: Mask = placed.borrowed | (points < enough)
    return found


def _like(recorded: Values, found: Values, column: Column) -> Values:
    """Coupled values in a column's own type: counts stay whole."""
    if recorded.dtype.kind == "f":
        return np.rint(found) if column.integer else found
    if found.dtype.kind != "f":
        return found
    gone = np.isnan(found) | (recorded == MISSING_TIME)
    result = np.where(gone, 0, np.rint(found)).astype(recorded.dtype)
    result[gone] = missing_value(result)
    return result


def missing_value(values: Values) -> Any:
    """The missing value of a column's type."""
    if values.dtype.kind == "f":
        return values.dtype.type(np.nan)
    return values.dtype.type(np.iinfo(np.int64).min if values.dtype == np.int64 else -1)


def _any_differ(before: Sequence[Values], after: Sequence[Values]) -> Mask:
    found = np.zeros(len(before[0]) if before else 0, np.bool_)
    for one, other in zip(before, after, strict=True):
        found |= differ(one, other)
    return found
