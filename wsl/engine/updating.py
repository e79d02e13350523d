"""Blocks of updates on a scenario's rows: assignments, then redraws level by level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from wsl.diagnostics import Diagnostic, report
from wsl.engine.assignments import ELEMENTARY, Assigner
from wsl.engine.conflicts import Conflicts
from wsl.engine.indexes import LearnedFrom, Learning
from wsl.engine.memory import give_back
from wsl.engine.redrawing import Mode, Redrawer
from wsl.engine.rows import Mask, ScenarioRows, Selecting, differ, present
from wsl.engine.support import Checks, Unchecked
from wsl.graph import CausalGraph
from wsl.planning import Block, Mechanism, Redraw
from wsl.semantics.checked import Assignment, Update
from wsl.semantics.evaluate import Evaluator, Values
from wsl.semantics.question import consequences

Before: TypeAlias = Mapping[tuple[str, bool], Values]
"""Values before a block, by the variable and whether they are its natural ones."""


@dataclass(frozen=True)
class Updater:
    """Runs blocks step by step; what a row becomes is a function of its own values, its id and the seed."""

    rows: ScenarioRows
    indexes: LearnedFrom
    options: Learning
    seed: int
    mode: Mode
    conflicts: Conflicts
    warnings: list[Diagnostic]
    support: Checks

    def begin(self, block: Block) -> Before:
        """Make a block's assignments; what its mechanisms read before them."""
        before = {
            (name, name in mechanism.natural): self.rows.read(name, mechanism)
            for mechanism in (*(redraw.mechanism for redraw in block.redraws), *block.reached)
            for name in mechanism.conditioning
        }
        for update in block.updates:
            self._assign(update)
        return before

    @property
    def graph(self) -> CausalGraph | None:
        return self.conflicts.scenario.graph

    @property
    def _redrawer(self) -> Redrawer:
        return Redrawer(self.rows, self.indexes, self.options, self.seed, self.mode)

    @property
    def beside(self) -> Updater | None:
        """The same in the world in which every row keeps its rank; what it would say has been said."""
        rows = self.rows.coupled
        if rows is None:
            return None
        conflicts = replace(self.conflicts, rows=rows)
        return replace(
            self, rows=rows, mode="rank", conflicts=conflicts, warnings=[], support=Unchecked(rows)
        )

    def refresh(self, step: Redraw) -> None:
        """Give every row a baseline of its own."""
        self._redrawer.refresh(step)

    def _assign(self, update: Update) -> None:
        """Every right side reads the rows as they were before the statement."""
        mask = Evaluator(Selecting(self.rows), ELEMENTARY).selects(update.where)
        self.conflicts.pinned(update, mask)
        assigner = Assigner(self.rows, self.seed, frozenset(update.variables))
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

    def redraw(self, step: Redraw, before: Before, updates: tuple[Update, ...]) -> list[str]:
        """Redraw the variables of a step; those that are pinned wherever a cause changed are left out."""
        mechanism = step.mechanism
        changed = self._changed(mechanism, before)
        count = int(np.count_nonzero(changed))
        if not count:
            return []
        taking = [name for name in step.drawn if not any(name in update.variables for update in updates)]
        for name in taking:
            self.conflicts.erased(updates, name, changed & ~self.rows.flag(self.rows.pinned, name))
        inputs = self.support.redrawn(mechanism, step.drawn, changed)
        drawn, borrowed = self._drawn(step, changed, inputs, taking)
        redrawn = []
        for name, values in drawn:
            self.rows.redraw_natural(name, changed, values)
            if name in taking and self._write(name, changed, values, borrowed):
                redrawn.append(name)
        give_back(count)
        return redrawn

    def _drawn(
        self, step: Redraw, changed: Mask, inputs: list[Values], taking: list[str]
    ) -> tuple[Iterable[tuple[str, Values]], Mask]:
        """New values of a step's variables on the changed rows, one by one; and the rows that borrow."""
        if self.mode == "rank":
            (name,) = step.drawn
            values, borrowed = self._redrawer.ranked(step.mechanism, changed, inputs)
            return [(name, values)], borrowed
        times = self.rows.redraws.get(step.drawn[0], np.zeros(len(self.rows), np.uint8))
        donors, borrowed = self._redrawer.donors(step, inputs, changed, times)
        self.support.took(taking, donors)
        return ((name, self._redrawer.taken(name, donors)) for name in step.drawn), borrowed

    def _write(self, name: str, changed: Mask, values: Values, borrowed: Mask) -> bool:
        """Write the changed rows that are not pinned; False where there are none."""
        mask = changed
        if name in self.rows.pinned:
            mask = changed & ~self.rows.pinned[name]
            values = values[mask[changed]]
        self.rows.redraw(name, mask, values, borrowed & mask)
        return bool(mask.any())

    def reach(self, block: Block, before: Before) -> None:
        """Note what the block changed, and left stale of the variables that estimators answer for."""
        for mechanism in block.reached:
            self._reach(mechanism, before, block.updates)
        for update in block.updates:
            below = consequences(update, self.graph) if self.graph is not None else set()
            self.rows.changed |= below.union(update.variables)

    def _reach(self, mechanism: Mechanism, before: Before, updates: tuple[Update, ...]) -> None:
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

    def _changed(self, mechanism: Mechanism, before: Before) -> Mask:
        changed = np.zeros(len(self.rows), np.bool_)
        for name in mechanism.conditioning:
            now = self.rows.read(name, mechanism)
            changed |= differ(before[name, name in mechanism.natural], now)
        return changed


def one_by_one(block: Block) -> Block:
    """The block with a redraw of its own for each variable."""
    redraws = tuple(
        Redraw(step.level, replace(step.mechanism, children=(name,)), (name,))
        for step in block.redraws
        for name in step.drawn
    )
    return replace(block, redraws=redraws)


def _where(mask: Mask, inside: Values, outside: Values) -> Values:
    """`inside` on the rows of a mask, else `outside`; without a copy where they agree on the others."""
    return inside if not (differ(outside, inside) & ~mask).any() else np.where(mask, inside, outside)
