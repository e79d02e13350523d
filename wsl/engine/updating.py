"""Blocks of updates on a scenario's rows: assignments, then redraws level by level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Key, redraw, variable_hash

from wsl.diagnostics import Diagnostic, report
from wsl.engine.assignments import ELEMENTARY, Assigner
from wsl.engine.conflicts import Conflicts
from wsl.engine.indexes import LearnedFrom, Learning
from wsl.engine.memory import give_back
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ, places, present
from wsl.engine.support import Checks
from wsl.planning import Block, Mechanism, Redraw
from wsl.semantics.checked import Assignment, Update
from wsl.semantics.evaluate import Evaluator, Values

_Before: TypeAlias = Mapping[tuple[str, bool], Values]
"""Values before a block, by the variable and whether they are its natural ones."""


@dataclass(frozen=True)
class Updater:
    """Runs blocks step by step; what a row becomes is a function of its own values, its id and the seed."""

    rows: ScenarioRows
    indexes: LearnedFrom
    options: Learning
    seed: int
    mode: Literal["nearest", "random"]
    conflicts: Conflicts
    warnings: list[Diagnostic]
    support: Checks

    def begin(self, block: Block) -> _Before:
        """Make a block's assignments; what its mechanisms read before them."""
        before = {
            (name, name in mechanism.natural): self.rows.read(name, mechanism)
            for mechanism in (*(redraw.mechanism for redraw in block.redraws), *block.reached)
            for name in mechanism.conditioning
        }
        for update in block.updates:
            self._assign(update)
        return before

    def _assign(self, update: Update) -> None:
        """Every right side reads the rows as they were before the statement."""
        mask = Evaluator(self.rows, ELEMENTARY).selects(update.where)
        self.conflicts.pinned(update, mask)
        assigner = Assigner(self.rows, self.seed)
        values = [assigner.values(assignment, mask) for assignment in update.assignments]
        for assignment, value in zip(update.assignments, values, strict=True):
            if "WSL-D106" not in update.allowed:
                self._lost(assignment, mask, value)
            self.rows.assign(assignment.variable, mask, value, pin=assignment.fixed)

    def _lost(self, assignment: Assignment, mask: Mask, value: Values) -> None:
        """Warn of rows that had a value and are to have none."""
        name = assignment.variable
        kind = self.rows.column(name).kind
        missing = ~present(value, kind)
        if missing.any():
            before = self.rows.values(name, recorded=False)[mask]
            lost = int((missing & present(before, kind)).sum())
            if lost:
                at, of = assignment.span, f"{len(value):,}"
                self.warnings.append(report("WSL-D106", at, variable=name, missing=f"{lost:,}", rows=of))

    def redraw(self, step: Redraw, before: _Before, updates: tuple[Update, ...]) -> list[str]:
        """Redraw the variables of a step; those that are pinned wherever a cause changed are left out."""
        mechanism = step.mechanism
        changed = self._changed(mechanism, before)
        count = int(np.count_nonzero(changed))
        if not count:
            return []
        taking = [name for name in step.drawn if not any(name in update.variables for update in updates)]
        for name in taking:
            self.conflicts.erased(updates, name, changed & ~self.rows.flag(self.rows.pinned, name))
        rows = places(changed)
        donors: NDArray[Any] = np.empty(count, np.int32 if self.rows.dataset.rows < 1 << 31 else np.int64)
        borrowed = np.zeros(len(self.rows), np.bool_)
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        key = Key(self.seed, variable_hash("+".join(mechanism.children)))
        counts = self.rows.redraws.get(step.drawn[0], np.zeros(len(self.rows), np.uint8))
        inputs = self.support.redrawn(mechanism, step.drawn, changed)
        for begin in range(0, count, BLOCK):
            part = slice(begin, begin + BLOCK)
            block = part if rows is None else rows[part]
            parents = [values[block] for values in inputs]
            ids, groups = self.rows.row_ids[block], self.rows.groups[block]
            found = redraw(index, parents, ids, groups, key, counts[block], self.mode)
            donors[part] = found.donor
            borrowed[block] = found.borrowed
        self.support.took(taking, donors)
        redrawn = []
        for name in step.drawn:
            values = self._values(name, donors)
            self.rows.redraw_natural(name, changed, values)
            if name in taking and self._take(name, changed, values, borrowed):
                redrawn.append(name)
        give_back(count)
        return redrawn

    def _values(self, name: str, donors: NDArray[Any]) -> Values:
        """The donors' values; missing where there is no donor."""
        values: Values = self.rows.dataset.column(name).values[donors]
        without = donors < 0
        if without.any():
            values[without] = _missing(values)
        return values

    def _take(self, name: str, changed: Mask, values: Values, borrowed: Mask) -> bool:
        """Take values on the changed rows that are not pinned; False where there are none."""
        mask = changed
        if name in self.rows.pinned:
            mask = changed & ~self.rows.pinned[name]
            values = values[mask[changed]]
        self.rows.redraw(name, mask, values, borrowed & mask)
        return bool(mask.any())

    def reach(self, block: Block, before: _Before) -> None:
        """Note what the block left stale of the variables that estimators answer for."""
        for mechanism in block.reached:
            self._reach(mechanism, before, block.updates)

    def _reach(self, mechanism: Mechanism, before: _Before, updates: tuple[Update, ...]) -> None:
        """Note on which rows an estimated variable is stale, and what its mechanism reads there."""
        (name,) = mechanism.children
        stale = self._changed(mechanism, before) & ~self.rows.flag(self.rows.pinned, name)
        self.conflicts.erased(updates, name, stale)
        earlier = self.rows.reached.get(name)
        inputs = {
            parent: _where(
                stale,
                self.rows.read(parent, mechanism),
                earlier.inputs[parent] if earlier else self.rows.recorded(parent),
            )
            for parent in mechanism.conditioning
        }
        self.rows.reach(name, stale, inputs)
        if name in self.rows.assigned:
            self.rows.assigned[name] = self.rows.assigned[name] & ~stale

    def _changed(self, mechanism: Mechanism, before: _Before) -> Mask:
        changed = np.zeros(len(self.rows), np.bool_)
        for name in mechanism.conditioning:
            now = self.rows.read(name, mechanism)
            changed |= differ(before[name, name in mechanism.natural], now)
        return changed


def _where(mask: Mask, inside: Values, outside: Values) -> Values:
    """`inside` on the rows of a mask, else `outside`; without a copy where they agree on the others."""
    return inside if not (differ(outside, inside) & ~mask).any() else np.where(mask, inside, outside)


def _missing(values: Values) -> Any:
    """The missing value of a column's type."""
    if values.dtype.kind == "f":
        return values.dtype.type(np.nan)
    return values.dtype.type(np.iinfo(np.int64).min if values.dtype == np.int64 else -1)
