"""How unusual each variable was in a window, against normal rows: what methods of EXPLAIN start from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import (
    FEWEST,
    Reference,
    Series,
    WindowP,
    rarity,
    reference,
    window_p,
)

from wsl.data import Column, Dataset, Kind, is_finite
from wsl.results import NotEvaluated
from wsl.results.explanation import Value

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]
DISCRETE = (Kind.CATEGORY, Kind.BOOLEAN)
_COMMON = 3
_USUAL = 0.9
STOPPED = 0.9  # share of the window without a value, and of the normal rows with one


@dataclass(frozen=True)
class Selection:
    """The normal rows and those of the window, in order; `spokesman` is the window's row that is explained.

    Rows are numbers in the dataset. `guarded` rows beside the window are in neither.
    """

    normal: Rows
    window: Rows
    guarded: Rows
    spokesman: int = 0

    @property
    def row(self) -> int:
        return int(self.window[self.spokesman])


@dataclass(frozen=True)
class Anomaly:
    """A variable, its values in the normal rows and in the window, and the score of every value."""

    column: Column
    normal: NDArray[Any] = field(repr=False)
    window: NDArray[Any] = field(repr=False)
    spokesman: int
    reference: Reference | Numbers = field(repr=False)

    @property
    def is_discrete(self) -> bool:
        return self.column.kind in DISCRETE

    @property
    def numbers(self) -> Reference:
        """The reference of a variable that is a number."""
        assert isinstance(self.reference, Reference), "a category has no order"
        return self.reference

    def score_of(self, values: NDArray[Any]) -> Numbers:
        """Anomaly scores of values of the variable; NaN where missing."""
        if isinstance(self.reference, Reference):
            return self.reference.score(values)
        codes = np.minimum(values.astype(np.int64), len(self.reference) - 1)
        return np.where(codes < 0, np.nan, self.reference[codes])

    @cached_property
    def scores(self) -> Numbers:
        """Of the rows of the window."""
        return self.score_of(self.window)

    @property
    def value(self) -> Any:
        return self.window[self.spokesman]

    @cached_property
    def score(self) -> float:
        return float(self.scores[self.spokesman])

    def beyond_of(self, values: NDArray[Any]) -> Numbers:
        """How far values lie outside all normal ones, in ranges of these; 0 for categories."""
        if isinstance(self.reference, Reference):
            return self.reference.beyond(values)
        return np.zeros(len(values))

    @cached_property
    def beyond(self) -> float:
        """The same of the explained row."""
        return float(self.beyond_of(self.explained)[0])

    @property
    def is_beyond(self) -> bool:
        """Whether the explained row lies outside all normal values, or is of a category without any."""
        if not self.is_discrete:
            return self.beyond > 0
        return not np.any(self.normal == self.value)

    @property
    def is_capped(self) -> bool:
        """Whether no normal value is as extreme."""
        cap = self.reference.cap if isinstance(self.reference, Reference) else np.log(self.rows + 1)
        return bool(self.score >= cap)

    @cached_property
    def rows(self) -> int:
        """The normal rows that have a value."""
        return int(np.count_nonzero(_present(self.normal, self.column.kind)))

    @cached_property
    def window_rows(self) -> int:
        """Those of the window that have a value."""
        return int(np.count_nonzero(self.is_present(self.window)))

    def is_present(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        return _present(values, self.column.kind)

    def p_of_window(self) -> WindowP:
        """The probability of a row as extreme, among as many as have a value, under normal conditions."""
        by_distance = isinstance(self.reference, Reference) and self.reference.centre is not None
        if self.window_rows == 1 and not by_distance:  # whose mean would have to be one with the new value
            return WindowP(float(np.exp(-self.score)), False)
        return window_p(self._as_extreme, self.window_rows)

    @property
    def p(self) -> float:
        return self.p_of_window().p

    @property
    def _as_extreme(self) -> NDArray[np.bool_]:
        """Which normal rows with a value are as extreme as the explained one, in order.

        What is as bad beside it in the window does not count.
        """
        present = self.normal[self.is_present(self.normal)]
        if isinstance(self.reference, Reference):
            return self.reference.as_extreme(present, float(self.value))
        codes = present.astype(np.int64)
        counts = np.bincount(codes, minlength=len(self.reference))
        return np.asarray(counts[codes] <= counts[int(self.value)] + 1)

    @property
    def direction(self) -> str | None:
        if isinstance(self.reference, Reference):
            low, high = self.reference.middle
            return "high" if self.value > high else "low" if self.value < low else None
        return None if self.value in self._frequent else "rare"

    @property
    def observed(self) -> Value:
        return shown_value(self.column, self.value)

    @property
    def usual(self) -> tuple[Value, ...]:
        """The 5 % and the 95 % point of the normal values, or the first of the categories that most have."""
        if isinstance(self.reference, Reference):
            return self.reference.usual
        return tuple(shown_value(self.column, code) for code in self._frequent[:_COMMON])

    @cached_property
    def _frequent(self) -> NDArray[np.int64]:
        """The most frequent categories, first the most so: nine of ten normal rows, and all as frequent."""
        counts = np.bincount(self.normal[self.normal >= 0].astype(np.int64))
        order = np.argsort(-counts, kind="stable")
        enough = np.searchsorted(np.cumsum(counts[order]), _USUAL * counts.sum())
        return np.asarray(order[counts[order] >= counts[order[enough]]])

    def series(self) -> Series:
        """The normal values, to learn a mechanism from."""
        return Series(self.normal, self.column.kind.value, len(self.column.categories))

    @property
    def explained(self) -> NDArray[Any]:
        """The explained row's value alone, as a mechanism reads it."""
        return self.window[self.spokesman : self.spokesman + 1]


def shown_value(column: Column, value: Any) -> Value:
    """A value as a result holds it; None where it is missing."""
    if column.kind is Kind.BOOLEAN:
        return None if value < 0 else bool(value)
    if column.kind is Kind.CATEGORY:
        return None if value < 0 else column.categories[int(value)]
    if column.kind is Kind.TIME:
        return None if np.isnat(moment := np.datetime64(int(value), "us")) else f"{moment}Z"
    return float(value) if np.isfinite(value) else None


def anomalies(
    dataset: Dataset, names: Sequence[str], selection: Selection, feature: str
) -> tuple[dict[str, Anomaly], list[NotEvaluated]]:
    """The variables that can be evaluated in the explained row, and the others with the reason."""
    found: dict[str, Anomaly] = {}
    left_out = []
    for name in names:
        reason, anomaly = _evaluate(dataset, name, selection, feature)
        if anomaly is not None:
            found[name] = anomaly
        else:
            left_out.append(NotEvaluated(name, reason))
    return found, left_out


def _evaluate(dataset: Dataset, name: str, selection: Selection, feature: str) -> tuple[str, Anomaly | None]:
    if name not in dataset.kinds:
        return "not in the data", None
    column = dataset.column(name)
    normal, window = values_of(column, selection.normal), values_of(column, selection.window)
    present = int(np.count_nonzero(_present(normal, column.kind)))
    if not _present(window[selection.spokesman : selection.spokesman + 1], column.kind)[0]:
        there = column.kind is Kind.NUMBER and not np.isnan(column.values[selection.row])
        if there:
            return "infinite or too large in the row that is explained", None
        return _missing(window, len(normal) - present, normal, column.kind), None
    if present < FEWEST:
        known = (
            "none of the normal rows has a value" if not present else f"{present} normal rows have a value"
        )
        return f"{known}; at least {FEWEST} are needed", None
    return "", Anomaly(column, normal, window, selection.spokesman, _reference(column, normal, feature))


def _missing(window: NDArray[Any], missing: int, normal: NDArray[Any], kind: Kind) -> str:
    """Why a variable without a value now is not evaluated; what stopped with the trouble may be its cause."""
    gone = len(window) - int(np.count_nonzero(_present(window, kind)))
    if gone < STOPPED * len(window) or missing > (1 - STOPPED) * len(normal):
        return "missing in the row that is explained"
    rows = f"all {gone:,}" if gone == len(window) else f"{gone:,} of {len(window):,}"
    where = "the row that is explained" if len(window) == 1 else f"{rows} rows of the window"
    return (
        f"missing in {where}, and in {missing:,} of {len(normal):,} normal ones: it stopped with the trouble"
    )


def values_of(column: Column, rows: Rows) -> NDArray[Any]:
    """Codes, or float64 numbers of which none is infinite or as good as."""
    values = column.values[rows]
    if column.kind is not Kind.NUMBER:
        return values
    numbers = values.astype(np.float64)
    return np.where(is_finite(numbers), numbers, np.nan)


def _reference(column: Column, normal: NDArray[Any], feature: str) -> Reference | Numbers:
    if column.kind in DISCRETE:
        codes = normal[normal >= 0].astype(np.int64)
        return rarity(np.bincount(codes, minlength=len(column.categories)))
    return reference(normal, "deviation" if feature == "deviation" else "quantile")


def _present(values: NDArray[Any], kind: Kind) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) if kind is Kind.NUMBER else values >= 0)


def parents_among(
    evaluated: Collection[str], candidates: Sequence[str], parents: Callable[[str], Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """The nearest evaluated causes of each evaluated variable: those between are marginalised."""
    nearest: dict[str, frozenset[str]] = {}
    for name in candidates:  # causes before effects
        above = (frozenset({p}) if p in evaluated else nearest.get(p, frozenset()) for p in parents(name))
        nearest[name] = frozenset[str]().union(*above)
    return {name: tuple(sorted(nearest[name])) for name in evaluated}
