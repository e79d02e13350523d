"""Anomaly scores: how far out a value lies among normal ones, as -log of a tail probability.

"Root Cause Analysis of Outliers with Missing Structural Knowledge" (Orchard et al., 2025), section 2, with
ranks that make the probability exact: a new value is one of n + 1 that chance could have put in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel

FEWEST = 10
"""Normal values below which nothing is scored."""

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Feature = Literal["quantile", "deviation", "upper", "paper"]


class Table(NamedTuple):
    """Scores of what lies at the distinct normal `values` and between them, found out beforehand.

    `at` for each value; `between` (one more) for what lies strictly between two of them or outside, `nearer`
    the same for what lies within `edge` (from, distance). Values of bucket b of equal width, `per_unit` many,
    begin at `first[b]`: few steps are left of a binary search.
    """

    values: Array
    at: Array
    between: Array
    nearer: Array
    edge: Array
    per_unit: float
    first: Counts


@kernel
def _look_up(table: Table, x: Array, score: Array) -> None:
    """Scores of x: its place among the normal values, then what the table has there."""
    values, count, last = table.values, len(table.values), len(table.first) - 2
    for i in range(len(x)):
        value = x[i]
        if value != value:
            score[i] = np.nan
            continue
        place = (value - values[0]) * table.per_unit
        bucket = 0 if place <= 0.0 else int(place) if place < last else last
        low = table.first[bucket]
        length = table.first[bucket + 1] - low
        while length > 0:
            half = length >> 1
            if values[low + half] < value:
                low += half + 1
                length -= half + 1
            else:
                length = half
        if low < count and values[low] == value:
            score[i] = table.at[low]
        elif abs(value - table.edge[low, 0]) <= table.edge[low, 1]:
            score[i] = table.nearer[low]
        else:
            score[i] = table.between[low]


def _table(values: Array, at: Array, between: Array, nearer: Array, edge: Array) -> Table:
    width = values[-1] - values[0]
    buckets = 4 * len(values) if 0.0 < width < np.inf and len(values) / width < np.inf else 1
    per_unit = float((buckets - 1) / width) if buckets > 1 else 0.0
    bucket = np.minimum((values - values[0]) * per_unit, buckets - 1).astype(np.int64)
    first = np.searchsorted(bucket, np.arange(buckets + 1))
    first[-1] = len(values)
    return Table(values, at, between, nearer, edge, per_unit, first.astype(np.int64))


@dataclass(frozen=True)
class Reference:
    """The normal values of a numeric variable, and the score of every value there could be.

    `ends` are the least and the greatest value; the table is of distances where there is a `centre`.
    """

    rows: int
    ends: tuple[float, float]
    centre: float | None
    table: Table = field(repr=False)

    @property
    def cap(self) -> float:
        """The score of a value that is more extreme than all normal ones."""
        return float(max(self.table.between[0], self.table.between[-1]))

    @property
    def is_constant(self) -> bool:
        return self.ends[0] == self.ends[1]

    def score(self, x: npt.ArrayLike) -> Array:
        """-log of the probability of a value as extreme, in natural logarithms; NaN where x is missing."""
        flat = np.ascontiguousarray(x, np.float64).ravel()
        if self.centre is not None:
            flat = np.abs(flat - self.centre)
        score = np.empty(len(flat))

        def block(start: int, stop: int) -> None:
            _look_up(self.table, flat[start:stop], score[start:stop])

        for_blocks(len(flat), block)
        return score.reshape(np.shape(x))

    def beyond(self, x: npt.ArrayLike) -> Array:
        """How far x lies outside the normal values, in ranges of these; in their size where constant."""
        x = np.asarray(x, np.float64)
        low, high = self.ends
        unit = high - low if high > low else max(abs(high), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            distance: Array = np.maximum(0.0, np.maximum(x - high, low - x)) / unit
        return np.minimum(distance, np.finfo(np.float64).max)


def reference(values: npt.ArrayLike, feature: Feature = "quantile") -> Reference:
    """Learn scores from normal values; missing ones are left out. Raises ValueError where there is none.

    `quantile`: as extreme as x are values with as few others beyond them, at either end; of the two ends'
    values the one farther from the median is more extreme. `deviation`: by the distance from the mean.
    `upper`: greater values are more extreme.
    `paper`: as its published tables were computed, ties halved, +0.5 instead of +1; a value beyond all others
    is then more extreme than those at the other end, and the probability up to half of what it should be.
    """
    present = np.asarray(values, np.float64).ravel()
    present = present[~np.isnan(present)]
    if not len(present):
        raise ValueError("a reference needs a value")
    ends = float(present.min()), float(present.max())
    centre = float(present.mean()) if feature == "deviation" else None
    distinct, counts = np.unique(present if centre is None else np.abs(present - centre), return_counts=True)
    score = {"quantile": _by_quantile, "deviation": _by_size, "paper": _as_printed}[feature]
    return Reference(len(present), ends, centre, _table(distinct, *score(distinct, counts)))


def rarity(counts: npt.ArrayLike) -> Array:
    """Scores of categories that were seen so often among normal values, and last of one never seen.

    -log of the probability of a category that is as rare.
    """
    counts = np.asarray(counts, np.int64)
    seen = np.append(counts, 0)
    as_rare = np.array([counts[counts <= often + 1].sum() for often in seen])
    # With itself a category is seen once more: others must be as rare as that.
    return _scores(as_rare, int(counts.sum()))


class _Sides(NamedTuple):
    """Of places among normal values: rows below, rows equal, rows above."""

    below: Counts
    equal: Counts
    above: Counts


def _sides(counts: Counts) -> tuple[_Sides, _Sides]:
    """Of the distinct values, and of the places between them and outside."""
    total = int(counts.sum())
    up_to = np.cumsum(counts)
    before = np.append(0, up_to)
    return (
        _Sides(up_to - counts, counts, total - up_to),
        _Sides(before, np.zeros(len(before), np.int64), total - before),
    )


def _by_quantile(values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """Ranks of x among itself and all others: what is as extreme cannot depend on which of these is new."""
    total = int(counts.sum())
    own, gaps = _sides(counts)
    at, equal = _as_extreme(own, own, counts)
    middle = _medians(values, counts, own)
    opposite = np.abs(values[equal] - middle) >= np.abs(values - middle)
    at = at + np.where((equal >= 0) & opposite, counts[equal], 0)
    between, equal = _as_extreme(gaps, own, counts)
    with_equal = between + np.where(equal >= 0, counts[equal], 0)
    middle = _medians(values, counts, gaps)
    reach = np.where(equal >= 0, np.abs(values[equal] - middle), -1.0)
    return (
        _scores(at, total),
        _scores(between, total),
        _scores(with_equal, total),
        np.column_stack([middle, reach]),
    )


def _as_extreme(places: _Sides, own: _Sides, counts: Counts) -> tuple[Counts, Counts]:
    """How many normal values are more extreme than a new one at a place, or on its side of the median.

    And which distinct value at the other end is exactly as extreme, -1 where none is.
    """
    flipped = _Sides(*(side[::-1] for side in own))
    low, from_top = _from_below(places, _Sides(flipped.above, flipped.equal, flipped.below))
    mirrored = _Sides(places.above, places.equal, places.below)
    high, from_bottom = _from_below(mirrored, own)
    is_low = places.below <= places.above
    from_top = np.where(from_top >= 0, len(counts) - 1 - from_top, -1)
    return np.where(is_low, low, high), np.where(is_low, from_top, from_bottom)


def _from_below(places: _Sides, opposite: _Sides) -> tuple[Counts, Counts]:
    """The same for places in the lower half, with the distinct values from the top down."""
    tail = places.below + (places.equal + 1) / 2
    opposite_tail = opposite.below + opposite.equal / 2
    up_to = np.append(0, np.cumsum(opposite.equal))
    first = np.searchsorted(opposite_tail, tail)
    found = np.minimum(first, len(opposite_tail) - 1)
    equal = (opposite_tail[found] == tail) & (up_to[found + 1] <= places.above)
    count = places.below + places.equal + np.minimum(up_to[first], places.above)
    return count, np.where(equal, found, -1)


def _medians(values: Array, counts: Counts, places: _Sides) -> Array:
    """The median of all values, with one more at each of the places."""
    total = int(counts.sum())
    up_to = np.cumsum(counts)
    until = places.below + places.equal
    middle = [
        values[np.searchsorted(up_to, np.where(place < until, place, max(place - 1, 0)), side="right")]
        for place in (total // 2, (total + 1) // 2)
    ]
    return np.asarray(middle[0] / 2 + middle[1] / 2)


def _by_size(values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """As extreme as x is what is as large."""
    own, gaps = _sides(counts)
    between = _scores(gaps.above, int(counts.sum()))
    return _scores(own.above + own.equal, int(counts.sum())), between, between, _no_edge(len(between))


def _as_printed(values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """As extreme as x are normal values with a tail as short, each tail found among the normal ones."""
    total = int(counts.sum())
    own, gaps = _sides(counts)
    tails = np.minimum(own.below, own.above) + own.equal / 2
    order = np.argsort(tails, kind="stable")
    up_to = np.append(0, np.cumsum(counts[order]))
    at, between = (
        _scores(up_to[np.searchsorted(tails[order], tail, side="right")], total, 0.5)
        for tail in (tails, np.minimum(gaps.below, gaps.above).astype(np.float64))
    )
    return at, between, between, _no_edge(len(between))


def _no_edge(places: int) -> Array:
    return np.column_stack([np.zeros(places), np.full(places, -1.0)])


def _scores(as_extreme: npt.NDArray[np.integer[Any]], total: int, itself: float = 1.0) -> Array:
    """-log((itself + #) / (itself + n)): 0 where all are as extreme."""
    probability = np.minimum(1.0, (itself + as_extreme) / (itself + total))
    return np.asarray(-np.log(probability) + 0.0)
