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
    draw_classes,
    estimate,
    variable_hash,
)

from wsl.data import Kind
from wsl.engine.indexes import LearnedFrom, Learning
from wsl.engine.memory import give_back
from wsl.engine.redrawing import keep_ranks
from wsl.engine.rows import BLOCK, Mask, ScenarioRows, differ, places, present
from wsl.engine.support import Checks
from wsl.planning import Mechanism
from wsl.semantics.evaluate import Values
from wsl.semantics.question import Question

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
    question: Question = Question.NEW
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

    def changed(self, mechanism: Mechanism, rows: ScenarioRows | None = None) -> Mask:
        """Rows on which a cause differs from what was recorded, and nothing set or pinned the variable."""
        (name,) = mechanism.children
        rows = rows or self.rows
        reached = rows.reached.get(name)
        changed = np.zeros(len(rows), np.bool_)
        if reached is not None:
            for parent in mechanism.conditioning:
                changed |= differ(rows.recorded(parent), reached.inputs[parent])
            changed &= reached.stale
        return changed

    def replayed_mean(self, mechanism: Mechanism, estimator: Estimator) -> Values:
        """The conditional mean at the recorded causes, on every row; its own value where ranks are kept."""
        (name,) = mechanism.children
        if self.question is Question.THESE:
            return self.rows.recorded(name)
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        parents = [self.rows.recorded(parent) for parent in mechanism.conditioning]
        return estimate(index, parents, self.rows.row_ids, self.rows.groups, self._key(name), estimator).mean

    def coupled(self, mechanism: Mechanism) -> Values:
        """The scenario's values if each row keeps its rank, in what is redrawn and in what is estimated."""
        return self._coupled(mechanism)[0]

    def _coupled(self, mechanism: Mechanism) -> tuple[Values, Mask]:
        """These values, and the rows on which they borrow."""
        (name,) = mechanism.children
        rows = self.rows.coupled or self.rows
        changed = self.changed(mechanism, rows)
        held = self._held(name, rows)
        if not changed.any():
            return held, changed
        if rows is self.rows:
            _, after = self._sides(mechanism)
        else:
            after = [rows.reached[name].inputs[parent] for parent in mechanism.conditioning]
        found, borrowed = keep_ranks(rows, self.indexes, self.options, self.seed, mechanism, changed, after)
        return _replaced(held, places(changed), found), borrowed

    def refresh(self, mechanism: Mechanism) -> None:
        """Give every row a draw at its recorded causes in the place of what was recorded."""
        (name,) = mechanism.children
        if name in self.rows.refreshed:
            return  # its own effects needed one
        before = [self.rows.recorded(parent) for parent in mechanism.conditioning]
        draws, _ = self._answer(mechanism, before, None, 1, "distribution")
        self.rows.refresh(name, draws[0])

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
        if self.question is Question.THESE:
            coupled, borrowed = self._coupled(mechanism)
            recorded = self.rows.recorded(name)
            return Estimated((coupled,), (recorded,), coupled, recorded, self.changed(mechanism), borrowed)
        if name in self.rows.refreshed:
            return self._estimate_fresh(mechanism, estimator)
        changed = self.changed(mechanism)
        recorded = self.rows.recorded(name)
        held = self._held(name)
        count = int(np.count_nonzero(changed))
        if not count:
            return Estimated((held,), (recorded,), held, recorded, changed, changed)
        rows = places(changed)
        borrowed = np.zeros(len(self.rows), np.bool_)
        draws = self._draws(mechanism, estimator, count)
        found = []
        for base, inputs in zip((recorded, held), self._sides(mechanism), strict=True):
            values, own = self._answer(mechanism, inputs, rows, draws, estimator)
            borrowed[changed] = own
            found.append([_replaced(base, rows, part) for part in values])
            give_back(count)
        (*replays, replayed_mean), (*scenarios, expected) = found
        return Estimated(tuple(scenarios), tuple(replays), expected, replayed_mean, changed, borrowed)

    def _estimate_fresh(self, mechanism: Mechanism, estimator: Estimator) -> Estimated:
        """With a baseline that is drawn, not recorded: every row is, and again where a cause changed."""
        (name,) = mechanism.children
        changed = self.changed(mechanism)
        before = [self.rows.recorded(parent) for parent in mechanism.conditioning]
        count = len(self.rows)
        draws = self._draws(mechanism, estimator, count)
        baseline, _ = self._answer(mechanism, before, None, draws, estimator)
        scenario = [self._held(name, base=values) for values in baseline]
        borrowed = np.zeros(count, np.bool_)
        if changed.any():
            rows = places(changed)
            _, after = self._sides(mechanism)
            found, own = self._answer(mechanism, after, rows, draws, estimator)
            borrowed[changed] = own
            scenario = [_replaced(base, rows, part) for base, part in zip(scenario, found, strict=True)]
        give_back(count)
        (*replays, replayed_mean), (*scenarios, expected) = baseline, scenario
        return Estimated(tuple(scenarios), tuple(replays), expected, replayed_mean, changed, borrowed)

    def _draws(self, mechanism: Mechanism, estimator: Estimator, count: int) -> int:
        """How often to draw where so many rows changed."""
        if self.as_often_as is not None:
            return len(self.as_often_as.estimated(mechanism, estimator).scenarios)
        return draws_for(count, len(self.rows))

    def _held(self, name: str, rows: ScenarioRows | None = None, base: Values | None = None) -> Values:
        """The recorded values, or others, but for what an update set."""
        rows = rows or self.rows
        base = rows.recorded(name) if base is None else base
        if name not in rows.assigned:
            return base
        return np.where(rows.assigned[name], rows.values(name, recorded=False), base)

    def _answer(
        self,
        mechanism: Mechanism,
        inputs: list[Values],
        rows: NDArray[Any] | None,
        draws: int,
        estimator: Estimator,
    ) -> tuple[list[Values], Mask]:
        """Draws, then the mean, on the rows (all where None); and which of them borrow."""
        kind = self.rows.column(mechanism.children[0]).kind
        answer = self._classes if kind in _CLASSES else self._numbers
        return answer(mechanism, inputs, rows, draws, estimator)

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


def _replaced(base: Values, rows: NDArray[Any] | None, values: Values) -> Values:
    """A copy of `base` with other values on some rows; the others alone where that is all of them."""
    if rows is None:
        return values
    result = base.astype(np.promote_types(base.dtype, values.dtype))
    result[rows] = values
    return result


def draws_for(changed: int, rows: int) -> int:
    """How often to draw for so many changed rows: with few, one draw a row would add noise of its own."""
    wanted = min(_MOST_DRAWS, max(1, -(-_ENOUGH_DRAWS // changed)))
    return max(1, min(wanted, _MOST_VALUES // rows))
