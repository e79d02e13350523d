"""Estimated variables: what they are expected to be, and drawn as, with and without the updates.

Effects are replayed: the same estimator with the same draws answers for the causes as recorded and as they
are in the scenario, so that a model's bias does not pose as an effect (ALGORITHMS 1.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from wsl_runtime import (
    Key,
    Options,
    class_frequencies,
    couple,
    draw_classes,
    estimate,
    variable_hash,
)

from wsl.data import Kind
from wsl.engine.indexes import Indexes
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ
from wsl.planning import Mechanism
from wsl.semantics.evaluate import Values

Estimator = Literal["distribution", "paper"]
_ENOUGH_DRAWS = 50_000
_MOST_DRAWS = 16


@dataclass(frozen=True)
class Estimated:
    """A variable with and without the updates, row by row.

    Where nothing reached it both are the recorded value; where an update set it, the scenario has what was
    set. `scenarios` and `replays` are draws, as many of one as of the other, `expected` and `replayed_mean`
    conditional means (numbers only).
    """

    scenarios: tuple[Values, ...]
    replays: tuple[Values, ...]
    expected: Values
    replayed_mean: Values
    changed: Mask
    borrowed: Mask

    @property
    def scenario(self) -> Values:
        """One draw a row."""
        return self.scenarios[0]


@dataclass
class Estimators:
    """Answers for variables on a scenario's rows, once each."""

    rows: ScenarioRows
    indexes: Indexes
    options: Options
    seed: int
    _done: dict[tuple[Mechanism, Estimator], Estimated] = field(default_factory=dict)

    def estimated(self, mechanism: Mechanism, estimator: Estimator) -> Estimated:
        """The variable of a mechanism that an update reached."""
        key = (mechanism, estimator)
        if key not in self._done:
            self._done[key] = self._estimate(mechanism, estimator)
        return self._done[key]

    def changed(self, mechanism: Mechanism) -> Mask:
        """Rows on which a cause differs from what was recorded, and nothing set or pinned the variable."""
        (name,) = mechanism.children
        reached = self.rows.reached.get(name)
        changed = np.zeros(len(self.rows), np.bool_)
        if reached is not None:
            for parent in mechanism.conditioning:
                changed |= differ(self.rows.recorded(parent), reached.inputs[parent])
            changed &= reached.stale
        return changed

    def replayed_mean(self, mechanism: Mechanism, estimator: Estimator) -> Values:
        """The conditional mean at the recorded causes, on every row."""
        (name,) = mechanism.children
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        parents = [self.rows.recorded(parent) for parent in mechanism.conditioning]
        return estimate(index, parents, self.rows.row_ids, self.rows.groups, self._key(name), estimator).mean

    def coupled(self, mechanism: Mechanism) -> Values:
        """The scenario's values if each row keeps its rank within its conditional distribution."""
        (name,) = mechanism.children
        recorded = self.rows.recorded(name)
        result = np.where(
            self.rows.flag(self.rows.assigned, name), self.rows.values(name, recorded=False), recorded
        )
        rows = np.flatnonzero(self.changed(mechanism))
        if len(rows):
            index = self.indexes.index(self.rows.dataset, mechanism, self.options)
            before, after = self._inputs(mechanism, rows)
            result[rows] = couple(
                index,
                before,
                recorded[rows],
                after,
                self.rows.row_ids[rows],
                self.rows.groups[rows],
                self._key(name),
            )
        return result

    def borrowed_rows(self, name: str) -> int:
        """Rows on which an estimate of a variable had to rest on other categories than the row's."""
        found = [
            done.borrowed for (mechanism, _), done in self._done.items() if mechanism.children == (name,)
        ]
        return max((int(borrowed.sum()) for borrowed in found), default=0)

    def _key(self, name: str, draw: int = 0) -> Key:
        return Key(self.seed, variable_hash(f"{name} {draw}" if draw else name))

    def _inputs(self, mechanism: Mechanism, rows: Values) -> tuple[list[Values], list[Values]]:
        reached = self.rows.reached[mechanism.children[0]]
        before = [self.rows.recorded(parent)[rows] for parent in mechanism.conditioning]
        after = [reached.inputs[parent][rows] for parent in mechanism.conditioning]
        return before, after

    def _estimate(self, mechanism: Mechanism, estimator: Estimator) -> Estimated:
        (name,) = mechanism.children
        changed = self.changed(mechanism)
        recorded = self.rows.recorded(name)
        held = np.where(
            self.rows.flag(self.rows.assigned, name), self.rows.values(name, recorded=False), recorded
        )
        rows = np.flatnonzero(changed)
        if not len(rows):
            return Estimated((held,), (recorded,), held, recorded, changed, changed)
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        keys = [self._key(name, draw) for draw in range(draws_for(len(rows)))]
        discrete = self.rows.column(name).kind in (Kind.CATEGORY, Kind.BOOLEAN)
        means = 0 if discrete else 1
        scenarios, replays = ([base.copy() for _ in range(len(keys) + means)] for base in (held, recorded))
        borrowed = np.zeros(len(self.rows), np.bool_)
        for begin in range(0, len(rows), BLOCK):
            block = rows[begin : begin + BLOCK]
            ids, groups = self.rows.row_ids[block], self.rows.groups[block]
            for inputs, results in zip(self._inputs(mechanism, block), (replays, scenarios), strict=True):
                if discrete:
                    shares = class_frequencies(index, inputs, ids, groups)
                    for key, result in zip(keys, results, strict=True):
                        result[block] = draw_classes(shares, ids, key)
                    continue
                for key, result in zip(keys, results, strict=False):
                    answer = estimate(index, inputs, ids, groups, key, estimator)
                    result[block] = answer.draw
                results[-1][block] = answer.mean
                borrowed[block] = answer.borrowed
        count = len(keys)
        return Estimated(
            tuple(scenarios[:count]), tuple(replays[:count]), scenarios[-1], replays[-1], changed, borrowed
        )


def draws_for(rows: int) -> int:
    """How often to draw for so many rows: with few, one draw a row would add noise of its own."""
    return min(_MOST_DRAWS, max(1, -(-_ENOUGH_DRAWS // rows)))
