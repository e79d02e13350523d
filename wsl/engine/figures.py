"""Figures: statistics of the rows as recorded, as replayed, and in the scenario; and formulas over them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Replay, distribution_at, ordered_mean, quantiles

from wsl.data import Column
from wsl.engine.assignments import ELEMENTARY
from wsl.engine.estimation import Estimated, Estimator, Estimators
from wsl.engine.rows import Mask, ScenarioRows
from wsl.planning import Mechanism
from wsl.semantics.checked import (
    Figure,
    FigureValue,
    Formula,
    FormulaConstant,
    FormulaOperation,
    Read,
    Statistic,
)
from wsl.semantics.evaluate import Evaluator, Values

Numbers = NDArray[np.float64]
CDF_POINTS = 1_000


@dataclass(frozen=True)
class Triple:
    """A figure as recorded, replayed and in the scenario, and the rows it rests on; NaN does not exist."""

    baseline: float
    replayed: float
    scenario: float
    difference: float
    rows: int

    def plus(self, other: Triple, sign: float) -> Triple:
        """The sums side by side, or differences where the sign is negative, with this one's rows."""
        return Triple(
            self.baseline + sign * other.baseline,
            self.replayed + sign * other.replayed,
            self.scenario + sign * other.scenario,
            self.difference + sign * other.difference,
            self.rows,
        )


@dataclass(frozen=True)
class Curve:
    """Two distribution functions at the same values."""

    value: Numbers
    baseline: Numbers
    scenario: Numbers


@dataclass(frozen=True)
class Sides:
    """An argument as recorded, replayed and in the scenario (draws, rows); on chosen rows all in one row."""

    recorded: Numbers
    replayed: Numbers
    scenario: Numbers
    rows: int = 0

    def on(self, mask: Mask) -> Sides:
        """The rows of `mask` that have a value on every side; the draws one after the other."""
        sides = (self.recorded, self.replayed, self.scenario)
        complete = mask & ~np.logical_or.reduce([np.isnan(side[0]) for side in sides])
        every = complete.all()
        recorded, replayed, scenario = (
            side.ravel() if every else side.compress(complete, axis=1).ravel() for side in sides
        )
        return Sides(recorded, replayed, scenario, int(np.count_nonzero(complete)))

    @cached_property
    def replay(self) -> Replay:
        """All that is sorted once for quantiles and distribution functions."""
        unchanged = self.replayed is self.recorded
        recorded = np.sort(self.recorded)
        return Replay(recorded, recorded if unchanged else np.sort(self.replayed), np.sort(self.scenario))


@dataclass(frozen=True)
class _View:
    """The rows with some variables replaced: how an expression sees the scenario, or its replay."""

    rows: ScenarioRows
    replaced: Mapping[str, Values]
    recorded_only: bool

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, variable: str, *, recorded: bool) -> Values:
        if not recorded and variable in self.replaced:
            return self.replaced[variable]
        return self.rows.values(variable, recorded=recorded or self.recorded_only)

    def column(self, variable: str) -> Column:
        return self.rows.column(variable)


@dataclass
class Figures:
    """Computes the figures of one request; `mechanisms` are those of the variables it estimates."""

    rows: ScenarioRows
    estimators: Estimators
    mechanisms: Mapping[str, Mechanism]
    estimator: Estimator
    bounds: dict[Figure, Numbers | str] = field(default_factory=dict)
    _done: dict[Hashable, Sides] = field(default_factory=dict)
    _mask: Mask | None = None
    _masked: dict[Hashable, Sides] = field(default_factory=dict)

    def estimated(self, name: str) -> Estimated:
        return self.estimators.estimated(self.mechanisms[name], self.estimator)

    def figure(self, figure: Figure, mask: Mask) -> Triple:
        """A statistic over the rows of `mask`."""
        if figure.statistic is Statistic.COUNT:
            count = float(np.count_nonzero(mask))
            return Triple(count, count, count, 0.0, int(count))
        sides = self._on(figure, mask)
        if figure.probability is not None:
            return _quantile(sides, figure.probability)
        baseline, replayed = ordered_mean(sides.recorded), ordered_mean(sides.replayed)
        difference = ordered_mean(sides.scenario - sides.replayed)
        return Triple(baseline, replayed, baseline + difference, difference, sides.rows)

    def against_baseline(self, figure: Figure) -> Numbers:
        """Whether each row is counted by a SHARE that compares it with its own past; NaN without a value."""
        counted: Numbers = self._sides(figure).scenario[0]
        return counted

    def prepare(self, figure: Figure) -> None:
        """Estimate what a figure reads, on every row."""
        if figure.argument is not None:
            self._sides(figure)

    def formula(self, formula: Formula, mask: Mask) -> Triple:
        """A formula over figures of the rows of `mask`."""
        return combine(formula, lambda figure: self.figure(figure, mask))

    def curve(self, figure: Figure, mask: Mask) -> Curve:
        """Distribution functions at the quantiles i/1000 of the pooled values."""
        replay = self._on(figure, mask).replay
        pooled = np.concatenate((replay.observed, replay.scenario))
        pooled.sort()
        if not len(pooled):
            return Curve(pooled, pooled, pooled)
        place = np.arange(CDF_POINTS + 1) * (len(pooled) - 1) // CDF_POINTS
        value = np.unique(pooled[place])
        return Curve(value, distribution_at(replay.observed, value), replay.distribution(value))

    def _on(self, figure: Figure, mask: Mask) -> Sides:
        """The figure's argument on the rows of `mask`, once for all figures of a group of rows."""
        if mask is not self._mask:
            self._mask, self._masked = mask, {}
        key = _key(figure)
        if key not in self._masked:
            self._masked[key] = self._sides(figure).on(mask)
        return self._masked[key]

    def forget_selected(self) -> None:
        """Let go of what was selected and sorted for the latest group of rows."""
        self._mask, self._masked = None, {}

    def _sides(self, figure: Figure) -> Sides:
        key = _key(figure)
        if key not in self._done:
            self._done[key] = self._sides_of(figure)
        return self._done[key]

    def _sides_of(self, figure: Figure) -> Sides:
        """The figure's argument on every row: recorded, replayed, and in the scenario."""
        name = figure.estimated
        recorded = self._evaluate(figure, {}, recorded_only=True)[None]
        if name is None:
            return Sides(recorded, recorded, self._evaluate(figure, {}, recorded_only=False)[None])
        if figure.coupled:
            coupled = self.estimators.coupled(self.mechanisms[name])
            scenario = self._evaluate(figure, {name: coupled}, recorded_only=False)
            return Sides(recorded, recorded, scenario[None])
        estimated = self.estimated(name)
        if figure.statistic is Statistic.MEAN and isinstance(figure.argument, Read):
            replayed, scenario = estimated.replayed_mean[None], estimated.expected[None]
        else:
            scenario = self._drawn(figure, estimated.scenarios, recorded_only=False)
            replayed = self._drawn(figure, estimated.replays, recorded_only=True)
        fresh = name in self.rows.refreshed  # whose baseline is the replay
        return Sides(replayed if fresh else recorded, replayed, scenario)

    def _drawn(self, figure: Figure, draws: Sequence[Values], *, recorded_only: bool) -> Numbers:
        """The figure's argument for draws of the variable it estimates (draws, rows)."""
        assert figure.estimated is not None
        name = figure.estimated
        return _stacked([self._evaluate(figure, {name: d}, recorded_only=recorded_only) for d in draws])

    def _evaluate(self, figure: Figure, replaced: Mapping[str, Values], *, recorded_only: bool) -> Values:
        side = _View(self.rows, replaced, recorded_only)
        evaluator = Evaluator(side, ELEMENTARY)
        assert figure.argument is not None
        return np.asarray(evaluator.number(figure.argument), np.float64)


def combine(formula: Formula, figure: Callable[[Figure], Triple]) -> Triple:
    """A formula over figures; an effect is the difference of its two values."""
    match formula:
        case FigureValue(asked, recorded):
            triple = figure(asked)
            if recorded:
                return Triple(triple.baseline, triple.baseline, triple.baseline, 0.0, triple.rows)
            return triple
        case FormulaConstant(value):
            return Triple(value, value, value, 0.0, sys.maxsize)
        case FormulaOperation(operator, operands):
            parts = [combine(operand, figure) for operand in operands]
            function = _OPERATIONS[operator]
            baseline, replayed, scenario = (
                function(*(getattr(part, side) for part in parts))
                for side in ("baseline", "replayed", "scenario")
            )
            rows = min(part.rows for part in parts)
            return Triple(baseline, replayed, scenario, scenario - baseline, rows)
    raise AssertionError(f"not a formula: {formula}")


def _stacked(draws: list[Values]) -> Numbers:
    """Draws as (draws, rows), without a copy where there is one."""
    return draws[0][None] if len(draws) == 1 else np.array(draws)


def _key(figure: Figure) -> Hashable:
    """Figures of one key have the same sides."""
    return figure.argument, figure.estimated, figure.coupled, figure.statistic is Statistic.MEAN


def _quantile(sides: Sides, level: float) -> Triple:
    replay = sides.replay
    baseline, replayed = (
        float(quantiles(side, np.array([level]))[0]) for side in (replay.observed, replay.replayed)
    )
    scenario = float(replay.quantiles([level])[0])
    return Triple(baseline, replayed, scenario, scenario - baseline, sides.rows)


def _compare(holds: Callable[[float, float], bool]) -> Callable[..., float]:
    return lambda a, b: float("nan") if np.isnan(a) or np.isnan(b) else float(holds(a, b))


_OPERATIONS: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else float("nan"),
    "<": _compare(lambda a, b: a < b),
    "<=": _compare(lambda a, b: a <= b),
    ">": _compare(lambda a, b: a > b),
    ">=": _compare(lambda a, b: a >= b),
    "==": _compare(lambda a, b: a == b),
    "<>": _compare(lambda a, b: a != b),
    # Three-valued: an unknown side decides only where the other does not.
    "AND": lambda a, b: 0.0 if 0.0 in (a, b) else a + b - 1.0,
    "OR": lambda a, b: 1.0 if 1.0 in (a, b) else a + b,
    "NOT": lambda a: 1.0 - a,
}
