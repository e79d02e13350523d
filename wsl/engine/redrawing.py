"""Redraws of a mechanism on some rows: values of donor rows, or values that keep each row's own rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Key, Options, couple, locate, redraw, variable_hash

from wsl.data import MISSING_TIME
from wsl.engine.indexes import Indexes
from wsl.engine.memory import give_back
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ, places
from wsl.planning import Mechanism, Redraw, Refresh
from wsl.semantics.evaluate import Values

Mode = Literal["nearest", "random", "rank"]


@dataclass(frozen=True)
class Redrawer:
    """Redraws variables; what a row gets is a function of its own causes, its id and the seed."""

    rows: ScenarioRows
    indexes: Indexes
    options: Options
    seed: int
    mode: Mode

    def refresh(self, step: Refresh) -> None:
        """Give every row a fresh baseline: what the updates reach is redrawn at its recorded causes.

        The random numbers are those of the first redraw after it, so that a change of nothing is none.
        """
        for item in step.redraws:
            everywhere = np.ones(len(self.rows), np.bool_)
            parents = [self.rows.recorded(name) for name in item.mechanism.conditioning]
            times = np.zeros(len(self.rows), np.uint8)
            donors, _ = self.donors(item, parents, everywhere, times)
            for name in item.drawn:
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
    indexes: Indexes,
    options: Options,
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
    index = indexes.index(rows.dataset, mechanism, options)
    chosen = np.flatnonzero(mask)
    before = [rows.recorded(parent)[chosen] for parent in mechanism.conditioning]
    recorded = rows.recorded(name)[chosen]
    inputs = [values[chosen] for values in after]
    ids, groups = rows.row_ids[chosen], rows.groups[chosen]
    key = Key(seed, variable_hash(name))
    found = couple(index, before, recorded, inputs, ids, groups, key)
    if recorded.dtype.kind != "f" and found.dtype.kind == "f":
        gone = np.isnan(found)
        found = np.where(gone, 0, np.rint(found)).astype(recorded.dtype)
        found[gone] = missing_value(found)
        found[recorded == MISSING_TIME] = MISSING_TIME
    elif recorded.dtype.kind == "f" and rows.dataset.column(name).integer:
        found = np.rint(found)
    unchanged = ~_any_differ(before, inputs)
    found[unchanged] = recorded[unchanged]
    borrowed = np.zeros(len(rows), np.bool_)
    borrowed[chosen] = locate(index, inputs, len(chosen)).borrowed & ~unchanged
    return found, borrowed


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
