"""Bounds on a SHARE against BASELINE that hold however a row's two values go together (ALGORITHMS 1.6)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import makarov, ordered_mean, pooled, share_bounds
from wsl_runtime.elementary import log_array

from wsl.data import Kind
from wsl.engine.figures import Figures
from wsl.engine.redrawing import steady_indexes
from wsl.engine.rows import Mask, differ
from wsl.planning import Mechanism, shared_causes
from wsl.semantics.checked import (
    Estimate,
    Expect,
    Figure,
    FigureValue,
    Formula,
    Scenario,
    figures_of,
)
from wsl.semantics.comparisons import Comparison, comparison
from wsl.semantics.question import chosen_by_luck

Numbers = NDArray[np.float64]
_ERRORS = 2.0  # standard errors by which bounds in the mean may miss the share of few rows
OTHER_FORM = "only differences, and ratios of values above 0, have bounds that need no assumption"
BY_LUCK = "the rows were chosen, or changed, by {names}, which follows from what is set"


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest share, or why there are none."""

    ends: tuple[float, float] | None
    why_not: str | None = None


def bounds_of(
    formula: Formula,
    figures: Figures,
    scenario: Scenario,
    request: Estimate | Expect,
    mask: Mask,
    share: float,
) -> Bounds:
    """Bounds on a SHARE against BASELINE of the rows of `mask`; that with coupled ranks lies between them."""
    if not any(value.figure.coupled for value in figures_of(formula)):
        return Bounds(None)
    if not isinstance(formula, FigureValue):
        return Bounds(None, OTHER_FORM)
    figure = formula.figure
    if figure not in figures.bounds:
        figures.bounds[figure] = _ShareBounds(figures, scenario, request).by_row(figure)
    found = figures.bounds[figure]
    if isinstance(found, str):
        return Bounds(None, found)
    rows = found[mask & ~np.isnan(found[:, 0])]
    if not len(rows):
        return Bounds(None)
    low, high = _mean_of(rows[:, 0], rows[:, 1])
    return Bounds((min(low, share), max(high, share)))


def _mean_of(low: Numbers, high: Numbers) -> tuple[float, float]:
    """Bounds on the share of these rows: the mean of theirs, and what the luck of so many may add to it."""
    certain = low == high
    least = ordered_mean(np.where(certain, low, 0.0))
    greatest = ordered_mean(np.where(certain, high, 1.0))
    ends = [ordered_mean(side) + sign * _luck(side) for side, sign in ((low, -_ERRORS), (high, _ERRORS))]
    return max(least, ends[0]), min(greatest, ends[1])


def _luck(side: Numbers) -> float:
    """Standard error of the share of rows that are counted with these probabilities, each by itself."""
    probability = np.clip(side, 0.0, 1.0)
    return float(np.sqrt(ordered_mean(probability * (1.0 - probability)) / len(side)))


@dataclass
class _ShareBounds:
    """Bounds for a figure of one request."""

    figures: Figures
    scenario: Scenario
    request: Estimate | Expect

    def __post_init__(self) -> None:
        self.rows = self.figures.rows
        self.estimators = self.figures.estimators

    def by_row(self, figure: Figure) -> Numbers | str:
        """Bounds of every row (rows, 2), NaN where it has no value; or why there are none."""
        name = figure.estimated
        assert name is not None
        form = comparison(figure.argument, name)
        column = self.rows.column(name)
        positive = column.kind is Kind.NUMBER and bool(np.nanmin(column.values, initial=np.inf) > 0)
        if form is None or (form.ratio and not (positive and form.amount > 0)):
            return OTHER_FORM
        names = chosen_by_luck(self.scenario, self.request)
        if names:
            return BY_LUCK.format(names=", ".join(names))
        exact = self.figures.against_baseline(figure)
        result = np.stack([exact, exact], axis=1)
        causes = shared_causes(self.scenario, name)
        open_rows = self._open(name, causes) & ~np.isnan(exact)
        if open_rows.any():
            chosen = np.flatnonzero(open_rows)
            conditional = self._given(name, causes, chosen, form) if causes is not None else None
            found = self._pooled(name, chosen, form) if conditional is None else conditional
            result[chosen] = 1.0 - found[:, ::-1] if form.operator in (">", ">=") else found
        return result

    def _open(self, name: str, causes: tuple[str, ...] | None) -> Mask:
        """Rows whose new value is not known: what is set was changed there, and not the variable itself."""
        if causes is None:
            mechanism = self.figures.mechanisms[name]
            return self.estimators.changed(mechanism)
        changed = np.zeros(len(self.rows), np.bool_)
        for cause in causes:
            changed |= differ(self.rows.recorded(cause), self.rows.values(cause, recorded=False))
        return changed & ~self.rows.flag(self.rows.assigned, name) & ~self.rows.flag(self.rows.pinned, name)

    def _given(
        self, name: str, causes: tuple[str, ...], chosen: NDArray[np.int64], form: Comparison
    ) -> Numbers:
        """Given all that is set or kept, each row by itself."""
        mechanism = Mechanism((name,), causes)
        old = [self.rows.recorded(cause)[chosen] for cause in causes]
        new = [self.rows.values(cause, recorded=False)[chosen] for cause in causes]
        groups = self.rows.groups[chosen]
        shift, strict = _threshold(form)
        result = np.empty((len(chosen), 2))
        # What is set must not be folded away, however little it seems to matter: both worlds would be one.
        indexes, options = self.estimators.indexes, replace(self.estimators.options, every_category=True)
        for index, places, _ in steady_indexes(self.rows, indexes, options, mechanism, old, new):
            result[places] = share_bounds(index, old, new, groups, places, shift, strict, form.ratio)
        return result

    def _pooled(self, name: str, chosen: NDArray[np.int64], form: Comparison) -> Numbers:
        """All rows together: what is set follows from what else is set, and nothing less is certain."""
        estimated = self.figures.estimated(name)
        groups = self.rows.groups[chosen]
        logarithm = log_array if form.ratio else np.asarray
        before, after = (
            pooled(logarithm(draw[chosen].astype(np.float64)), groups)
            for draw in (estimated.replays[0], estimated.scenarios[0])
        )
        shift, strict = _threshold(form)
        return np.repeat(makarov(before, after, shift, strict), len(chosen), axis=0)


def _threshold(form: Comparison) -> tuple[float, bool]:
    """What new - old, or the difference of their logarithms, is at most, or (True) below.

    Of `>` and `>=` the opposite: at most, and below.
    """
    amount = float(log_array(np.array([form.amount]))[0]) if form.ratio else form.amount
    return amount, form.operator in ("<", ">=")
