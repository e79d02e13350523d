"""A second answer by direct adjustment, on the same replicates as the first (ALGORITHMS 1.9).

Propagation redraws what lies between the set variables and the target, mechanism by mechanism. The same
effect is found from one regression of the target on the set variables and a valid adjustment set: a missing
edge, a wrong mediator or a broken tile moves the first answer alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import (
    STUDENT,
    Key,
    TileIndex,
    distances,
    estimate,
    half_width,
    hash_rows,
    ordered_mean,
    variable_hash,
)

from wsl.diagnostics import Diagnostic, Span, report
from wsl.engine.figures import Figures
from wsl.engine.intervals import Intervals
from wsl.engine.replicates import World, in_every
from wsl.engine.rows import Mask, ScenarioRows, differ, hash_bound
from wsl.planning import Adjustment, Mechanism
from wsl.results import Estimate, SecondAnswer
from wsl.semantics.checked import Scenario
from wsl.semantics.evaluate import Values
from wsl.semantics.question import all_consequences
from wsl.semantics.scope import listed

Numbers = NDArray[np.float64]
MOST_ROWS = 8_000  # about so many of the replicates' rows are looked at: they tell enough
SALT = np.uint64(0x3C3C_C3C3_5A5A_A5A5)  # so that these are not the rows that tiles keep
MOST_POINTS = 200  # of a regression: it is one, and stands alone
NEAR = 0.25  # of the distance from which a row lies outside of the data, without what else causes the target
FAR_ROWS = 0.1  # share of the changed rows that may lie farther, or borrow
CERTAIN = 1.4  # 99 % intervals are so much wider than 95 % ones (Student's t, 15 degrees of freedom)
NOTABLE = 0.15  # of the larger effect: smaller differences may be the regression's own
TOO_RARE = "too few recorded rows have what is set together with {names}"


@dataclass(frozen=True)
class _Effects:
    """Effects row by row, by the second way and by the first; NaN without a value."""

    second: Numbers
    first: Numbers

    @property
    def difference(self) -> Numbers:
        return self.second - self.first


def compared(estimate: Estimate, way: Adjustment, intervals: Intervals) -> Estimate:
    """The estimate of the target's mean with the second answer; intervals cover both where they disagree."""
    difference, interval = estimate.difference, estimate.difference_interval
    if not way.sets:
        return replace(estimate, without_second=way.why_not)
    if difference is None or interval is None or estimate.interval is None:
        return replace(estimate, without_second="it has no interval")
    half = (interval[1] - interval[0]) / 2
    found = list(until_one_can_tell(way, intervals, difference, half))
    if not found:
        return replace(estimate, without_second=TOO_RARE.format(names=listed(way.sets[0]) or "each other"))
    # Shown is, of those that disagree, the one that needs least of the graph; else the one that knows best.
    disagreeing = [one for one in found if one.disagree]
    shown = disagreeing[0] if disagreeing else min(found, key=lambda one: one.interval[1] - one.interval[0])
    apart = [one.difference for one in disagreeing]
    return replace(
        estimate,
        second=shown,
        interval=_wider(estimate.interval, apart),
        difference_interval=_wider(interval, apart),
    )


def _wider(interval: tuple[float, float], apart: list[float]) -> tuple[float, float]:
    return interval[0] + min([0.0, *apart]), interval[1] + max([0.0, *apart])


def disagreement(estimate: Estimate, scenario: Scenario, span: Span) -> Diagnostic | None:
    """What to look at where the two answers disagree."""
    found, graph = estimate.second, scenario.graph
    if found is None or graph is None or not found.disagree or "WSL-D207" in scenario.use.allowed:
        return None
    responding = all_consequences(scenario)
    causes = {cause for name in responding for cause in graph.parents(name)}
    still = sorted(causes - responding - set(found.variables) - graph.ancestors(*found.variables))
    unit = f" {estimate.unit}" if estimate.unit else ""
    return report(
        "WSL-D207",
        span,
        expression=estimate.expression,
        first=f"{estimate.difference:+.4g}{unit}",
        second=f"{found.effect:+.4g}{unit}",
        difference=f"{found.difference:+.3g} ({found.interval[0]:+.3g} to {found.interval[1]:+.3g})",
        variables=listed(found.variables),
        adjusted=f", adjusted for {listed(found.adjusted_for)}" if found.adjusted_for else "",
        still=listed(still) if still else None,
    )


def until_one_can_tell(
    way: Adjustment, intervals: Intervals, effect: float, half: float
) -> Iterator[SecondAnswer]:
    """The answer by each set in turn, up to one so precise that chance hides nothing that would be said."""
    for place in range(len(way.sets)):
        found = _second(way, place, intervals, effect, half)
        if found is not None:
            yield found
            if CERTAIN * (found.interval[1] - found.interval[0]) / 2 <= _least(effect, found.effect, half):
                return


def _least(effect: float, second: float, half: float) -> float:
    """The least difference that is worth a word."""
    return max(half, NOTABLE * max(abs(effect), abs(second)))


def _second(
    way: Adjustment, place: int, intervals: Intervals, effect: float, half: float
) -> SecondAnswer | None:
    """The effect by one set that is adjusted for; None where too few rows are like those asked for."""
    replicates, asked = intervals.replicates, intervals.whole
    assert replicates is not None, "an interval has replicates"
    assert asked is not None, "an interval has replicates"
    mechanism, adjusted_for = way.mechanisms[place], way.sets[place]
    if not _is_supported(replicates.whole, mechanism, 1.0 if place else NEAR):
        return None
    highest = hash_bound(MOST_ROWS, len(replicates.sampled))
    effects = partial(_effects, figures=intervals.own, mechanism=mechanism, highest=highest)
    whole, *halves = in_every(replicates.worlds, effects)
    parts = asked.halves(())
    difference = _mean(whole.difference, parts[0] | parts[1])
    spread = half_width(_replicated(intervals, whole.difference, [one.difference for one in halves]))
    deviation = half_width(_replicated(intervals, whole.second, [one.second for one in halves])) / STUDENT
    second = effect + difference
    index = _index(replicates.whole, mechanism)
    apart = abs(difference)
    return SecondAnswer(
        way.variables,
        adjusted_for,
        second,
        difference,
        (difference - spread, difference + spread),
        cancelling(second, deviation, index.loaded - index.left_out),
        apart > max(CERTAIN * spread, _least(effect, second, half)),
    )


def _index(world: World, mechanism: Mechanism) -> TileIndex:
    """What is adjusted for stays apart, however little it seems to matter: together it may."""
    estimators = world.estimators
    options = replace(estimators.options, every_category=True, nmax=max(estimators.options.nmax, MOST_POINTS))
    return estimators.indexes.index(world.rows.dataset, mechanism, options)


def _is_supported(world: World, mechanism: Mechanism, near: float) -> bool:
    """Whether the data has rows like nearly all of those that the regression is asked about."""
    rows, index = world.rows, _index(world, mechanism)
    changed = _changed(rows, mechanism)
    after = [rows.values(name, recorded=False) for name in mechanism.conditioning]
    found = distances(index, after, rows.groups, changed)
    return int(np.count_nonzero(found.borrowed | (found.ratio > near))) <= FAR_ROWS * len(changed)


def _effects(world: World, figures: Figures, mechanism: Mechanism, highest: np.uint64) -> _Effects:
    """Both effects on the rows of a world whose hash is not above a bound, NaN on the others."""
    rows, estimators = world.rows, world.estimators
    (target,) = mechanism.children
    answered = estimators.estimated(figures.mechanisms[target], figures.estimator)
    looked_at = hash_rows(rows.row_ids ^ SALT)[0] <= highest
    second = np.where(looked_at, 0.0, np.nan)
    changed = _changed(rows, mechanism)
    changed = changed[looked_at[changed]]
    if len(changed):
        index, key = _index(world, mechanism), Key(estimators.seed, variable_hash(target))
        old, new = (
            estimate(index, side, rows.row_ids, rows.groups, key, chosen=changed).mean
            for side in _sides(rows, mechanism)
        )
        second[changed] = new - old
    return _Effects(second, np.asarray(answered.expected - answered.replayed_mean, np.float64))


def _sides(rows: ScenarioRows, mechanism: Mechanism) -> Iterator[list[Values]]:
    """What the regression reads, as recorded and in the scenario."""
    for recorded in (True, False):
        yield [rows.values(name, recorded=recorded) for name in mechanism.conditioning]


def _changed(rows: ScenarioRows, mechanism: Mechanism) -> NDArray[np.int64]:
    """Rows on which something is not as recorded."""
    changed = np.zeros(len(rows), np.bool_)
    for name in mechanism.conditioning:
        changed |= differ(rows.recorded(name), rows.values(name, recorded=False))
    return np.flatnonzero(changed)


def _replicated(intervals: Intervals, whole: Numbers, halves: list[Numbers]) -> list[list[float]]:
    """Means of a half-sample's rows: with the mechanisms of the whole, and twice with its own."""
    assert intervals.replicates is not None
    assert intervals.whole is not None
    parts = intervals.whole.halves(())
    result = []
    for asked, values, within in zip(intervals.halves, halves, intervals.replicates.within, strict=True):
        rows = _mean(whole, (parts[0] | parts[1]) & within)
        twice = [
            rows + _mean(values, mine) - _mean(whole, all_mine & within)
            for mine, all_mine in zip(asked.halves(()), parts, strict=True)
        ]
        result.append([rows, *twice])
    return result


def _mean(values: Numbers, mask: Mask) -> float:
    return ordered_mean(values[mask & ~np.isnan(values)])


def cancelling(effect: float, deviation: float, rows: int) -> float:
    """Partial R^2 with treatment and outcome, the same for both, whose bias is as large as the effect.

    The bias is at most S r / sqrt(1 - r), with S^2 = rows * variance of a regression's estimate.
    """
    if not effect:
        return 0.0
    square = (effect / deviation) ** 2 / rows if deviation else np.inf
    if square > 1e6:
        return 1.0
    return float((np.sqrt(square**2 + 4 * square) - square) / 2)
