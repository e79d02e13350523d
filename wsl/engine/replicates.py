"""A scenario's rows with what answers for them, and the same once more for each half-sample of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import GROUPS, HALVES, TileIndex, for_each, hash_rows

from wsl.data import Dataset
from wsl.engine.conflicts import Conflicts
from wsl.engine.estimation import Estimator, Estimators
from wsl.engine.figures import Figures
from wsl.engine.indexes import Indexes, LearnedFrom, Learning
from wsl.engine.rows import Mask, ScenarioRows
from wsl.engine.support import Checks, SupportChecks, Unchecked
from wsl.engine.updating import Before, Updater, one_by_one
from wsl.planning import Block, Mechanism, Redraw, Refresh
from wsl.semantics.checked import Policy, Scenario, Update

T = TypeVar("T")
R = TypeVar("R")

ROWS = 20_000
"""Rows of a scenario that its replicates have; all of them tell what the rows and their draws vary by."""
ANOTHER_SEED = 0x9E3779B97F4A7C15 >> 1


@dataclass
class World:
    """Rows as updates leave them, and the estimators of what they reach."""

    rows: ScenarioRows
    updater: Updater
    estimators: Estimators

    def figures(self, mechanisms: Mapping[str, Mechanism], estimator: Estimator) -> Figures:
        return Figures(self.rows, self.estimators, mechanisms, estimator)


@dataclass(frozen=True)
class HalfIndexes:
    """Indexes of which some groups of rows answer alone."""

    whole: Indexes
    kept: int

    def index(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex:
        return self.whole.index(dataset, mechanism, options).keeping(self.kept)


@dataclass(frozen=True)
class Replicates:
    """Worlds on a sample of a scenario's rows, with other random numbers than the scenario's own.

    `whole` is learned from all of the data and has the `sampled` rows; each of `halves` is learned from the
    groups of a half-sample, and has the sampled rows of these, which are `within` those of `whole`.
    """

    whole: World
    halves: tuple[World, ...]
    sampled: NDArray[np.int64] = field(repr=False)
    within: tuple[Mask, ...] = field(repr=False)

    def drop(self, dropped: Mask | None) -> None:
        """Leave out what the scenario leaves out."""
        if dropped is not None:
            self.whole.rows.dropped = dropped[self.sampled]
            for half, within in zip(self.halves, self.within, strict=True):
                half.rows.dropped = self.whole.rows.dropped[within]

    @property
    def worlds(self) -> tuple[World, ...]:
        return (self.whole, *self.halves)


def replicates_of(world: World, scenario: Scenario, indexes: Indexes) -> Replicates:
    """The replicates of a scenario whose rows no update has changed yet."""
    rows = world.rows
    sampled = np.arange(len(rows))
    if len(rows) > ROWS:
        sampled = np.sort(np.argpartition(hash_rows(rows.row_ids)[0], ROWS)[:ROWS])
    within = tuple(of_groups(rows.groups[sampled], kept) for kept in HALVES)
    whole = _world(world, scenario, sampled, indexes, indexes)
    halves = (
        _world(world, scenario, sampled[inside], indexes, HalfIndexes(indexes, kept), whole.estimators)
        for kept, inside in zip(HALVES, within, strict=True)
    )
    return Replicates(whole, tuple(halves), sampled, within)


def of_groups(groups: NDArray[np.uint8], kept: int) -> Mask:
    """Where rows are of the groups of a half-sample."""
    return np.array([kept >> group & 1 for group in range(GROUPS)], np.bool_)[groups]


def _world(
    like: World,
    scenario: Scenario,
    places: NDArray[np.int64],
    whole: Indexes,
    indexes: LearnedFrom,
    as_often_as: Estimators | None = None,
) -> World:
    """A world on some of the rows of another."""
    rows, updater = like.rows, like.updater
    chosen = places if rows.rows is None else rows.rows[places]
    own = ScenarioRows(rows.dataset, chosen, rows.row_ids[places], rows.groups[places])
    if rows.coupled is not None:
        own.coupled = own.again()
    seed, conflicts = (updater.seed + ANOTHER_SEED) % 2**63, Conflicts(own, scenario)
    unsupported = scenario.use.unsupported
    checks: Checks = Unchecked(own)
    if unsupported.policy is Policy.NEAREST:  # it changes what is read
        checks = SupportChecks(own, whole, updater.options, unsupported)
    return World(
        own,
        Updater(own, indexes, updater.options, seed, updater.mode, conflicts, [], checks),
        Estimators(own, indexes, updater.options, seed, checks, like.estimators.question, as_often_as),
    )


def refresh(step: Refresh, worlds: Sequence[World]) -> None:
    """Give every row of every world a baseline of its own, mechanism by mechanism."""
    for redraw in step.redraws:
        in_every([world.updater for world in worlds], partial(Updater.refresh, step=redraw))
    for mechanism in step.estimated:
        in_every([world.estimators for world in worlds], partial(Estimators.refresh, mechanism=mechanism))


def run_block(block: Block, worlds: Sequence[World]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Run a block in every world, and beside it where rows keep their ranks; what it changed in the first."""
    done = _run(block, [world.updater for world in worlds])
    beside = [updater for world in worlds if (updater := world.updater.beside) is not None]
    if beside:
        _run(one_by_one(block), beside)
    for world in worlds:
        world.estimators.forget()
    return done


def _run(block: Block, updaters: Sequence[Updater]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Run a block mechanism by mechanism; the levels that it changed for the first updater.

    One index serves all before the next one is built: not all of a large log's fit into memory.
    """
    before = [updater.begin(block) for updater in updaters]
    redrawn: dict[int, list[str]] = {}
    for step in block.redraws:
        redraw = partial(_redraw, step=step, updates=block.updates)
        names, *_ = in_every(list(zip(updaters, before, strict=True)), redraw)
        redrawn.setdefault(step.level, []).extend(names)
    for updater, values in zip(updaters, before, strict=True):
        updater.reach(block, values)
    done = [("redrawn", tuple(names)) for names in redrawn.values() if names]
    return (("set", block.levels[0]), *done)


def _redraw(world: tuple[Updater, Before], step: Redraw, updates: tuple[Update, ...]) -> list[str]:
    updater, before = world
    return updater.redraw(step, before, updates)


def in_every(worlds: Sequence[T], work: Callable[[T], R]) -> list[R]:
    """work of the first, which finds out what all share, then of the others, on all threads."""
    return [work(world) for world in worlds[:1]] + for_each(worlds[1:], work)
