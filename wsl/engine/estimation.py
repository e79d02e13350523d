"""Estimated variables: what they are expected to be, and drawn as, with and without the updates.

Effects are replayed: the same estimator with the same draws answers for the causes as recorded and as they
are in the scenario, so that a model's bias does not pose as an effect (ALGORITHMS 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import (
    Key,
    class_frequencies,
    couple,
    draw_classes,
    estimate,
    variable_hash,
)

from wsl.data import Kind
from wsl.engine.indexes import LearnedFrom, Learning
from wsl.engine.memory import give_back
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ, places, present
from wsl.engine.support import Checks
from wsl.planning import Mechanism
from wsl.semantics.evaluate import Values

Estimator = Literal["distribution", "paper"]
_ENOUGH_DRAWS = 50_000
_MOST_DRAWS = 16
_MOST_VALUES = 4_000_000  # of all draws together
_CLASSES = (Kind.CATEGORY, Kind.BOOLEAN)


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
    indexes: LearnedFrom
    options: Learning
    seed: int
    support: Checks
    as_often_as: Estimators | None = None  # whose numbers of draws are taken over
    _done: dict[tuple[Mechanism, Estimator], Estimated] = field(default_factory=dict)

    def estimated(self, mechanism: Mechanism, estimator: Estimator) -> Estimated:
        """The variable of a mechanism that an update reached."""
        key = (mechanism, estimator)
        if key not in self._done:
            self._done[key] = self._estimate(mechanism, estimator)
        return self._done[key]

    def forget(self) -> None:
        """Forget the answers: an update has changed what they rest on."""
        self._done.clear()

    def check(self, mechanisms: Iterable[Mechanism]) -> None:
        """Have the support of estimates checked before anything is answered."""
        for mechanism in mechanisms:
            if self.changed(mechanism).any():
                self._sides(mechanism)

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
        result = self._held(name)
        if not self.changed(mechanism).any():
            return result
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        before, after = self._sides(mechanism)
        ids, groups = self.rows.row_ids, self.rows.groups
        found = couple(index, before, self.rows.recorded(name), after, ids, groups, self._key(name))
        return np.where(self.changed(mechanism), found, result)

    def borrowed_rows(self, name: str) -> int:
        """Rows on which an estimate of a variable had to rest on other categories than the row's."""
        found = [
            done.borrowed for (mechanism, _), done in self._done.items() if mechanism.children == (name,)
        ]
        return max((int(borrowed.sum()) for borrowed in found), default=0)

    def without_value(self, name: str) -> int:
        """Rows on which a variable is missing: in the record, in the scenario, or as estimated."""
        sides = [self.rows.recorded(name), self.rows.values(name, recorded=False)]
        for (mechanism, _), done in self._done.items():
            if mechanism.children == (name,):
                sides += [done.replays[0], done.scenario]
        kind = self.rows.column(name).kind
        missing = np.zeros(len(self.rows), np.bool_)
        for values in {id(values): values for values in sides}.values():
            missing |= ~present(values, kind)
        return int(missing.sum())

    def _key(self, name: str) -> Key:
        return Key(self.seed, variable_hash(name))

    def _sides(self, mechanism: Mechanism) -> tuple[list[Values], list[Values]]:
        """What the mechanism reads on every row: as recorded, and in the scenario."""
        reached = self.rows.reached[mechanism.children[0]]
        before = [self.rows.recorded(parent) for parent in mechanism.conditioning]
        after = [reached.inputs[parent] for parent in mechanism.conditioning]
        return before, self.support.estimated(mechanism, self.changed(mechanism), before, after)

    def _estimate(self, mechanism: Mechanism, estimator: Estimator) -> Estimated:
        (name,) = mechanism.children
        changed = self.changed(mechanism)
        recorded = self.rows.recorded(name)
        held = self._held(name)
        count = int(np.count_nonzero(changed))
        if not count:
            return Estimated((held,), (recorded,), held, recorded, changed, changed)
        rows = places(changed)
        answer = self._classes if self.rows.column(name).kind in _CLASSES else self._numbers
        borrowed = np.zeros(len(self.rows), np.bool_)
        draws = draws_for(count, len(self.rows))
        if self.as_often_as is not None:
            draws = len(self.as_often_as.estimated(mechanism, estimator).scenarios)
        found = []
        for base, inputs in zip((recorded, held), self._sides(mechanism), strict=True):
            values, borrowed[changed] = answer(mechanism, inputs, rows, draws, estimator)
            if rows is not None:
                values = [_replaced(base, rows, part) for part in values]
            found.append(values)
            give_back(count)
        self.indexes.make_room()
        (*replays, replayed_mean), (*scenarios, expected) = found
        return Estimated(tuple(scenarios), tuple(replays), expected, replayed_mean, changed, borrowed)

    def _held(self, name: str) -> Values:
        """The recorded values, but for what an update set."""
        recorded = self.rows.recorded(name)
        if name not in self.rows.assigned:
            return recorded
        return np.where(self.rows.assigned[name], self.rows.values(name, recorded=False), recorded)

    def _numbers(
        self,
        mechanism: Mechanism,
        inputs: list[Values],
        rows: NDArray[Any] | None,
        draws: int,
        estimator: Estimator,
    ) -> tuple[list[Values], Mask]:
        """Draws, then the mean, on the rows (all where None); and which of them borrow."""
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        key = self._key(mechanism.children[0])
        ids, groups = self.rows.row_ids, self.rows.groups
        found = estimate(index, inputs, ids, groups, key, estimator, chosen=rows, draws=draws)
        return [*found.draws, found.mean], found.borrowed

    def _classes(
        self,
        mechanism: Mechanism,
        inputs: list[Values],
        rows: NDArray[Any] | None,
        draws: int,
        _: Estimator,
    ) -> tuple[list[Values], Mask]:
        """Draws of a category or truth, and the first again in place of a mean."""
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        key = self._key(mechanism.children[0])
        count = len(self.rows) if rows is None else len(rows)
        result = [np.empty(count, np.int32) for _ in range(draws)]
        borrowed = np.empty(count, np.bool_)
        for begin in range(0, count, BLOCK):
            part = (
                np.arange(begin, min(begin + BLOCK, count)) if rows is None else rows[begin : begin + BLOCK]
            )
            at = slice(begin, begin + BLOCK)
            ids = self.rows.row_ids[part]
            found = class_frequencies(index, inputs, self.rows.row_ids, self.rows.groups, chosen=part)
            borrowed[at] = found.borrowed
            for draw, values in enumerate(result):
                values[at] = draw_classes(found.shares, ids, key, np.full(len(ids), draw, np.uint8))
        return [*result, result[0]], borrowed


def _replaced(base: Values, rows: NDArray[Any], values: Values) -> Values:
    """A copy of `base` with other values on some rows."""
    result = base.astype(np.promote_types(base.dtype, values.dtype))
    result[rows] = values
    return result


def draws_for(changed: int, rows: int) -> int:
    """How often to draw for so many changed rows: with few, one draw a row would add noise of its own."""
    wanted = min(_MOST_DRAWS, max(1, -(-_ENOUGH_DRAWS // changed)))
    return max(1, min(wanted, _MOST_VALUES // rows))
