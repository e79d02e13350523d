"""Anomaly scores: how far out a value lies among normal ones, as -log of a tail probability.

"Root Cause Analysis of Outliers with Missing Structural Knowledge" (Orchard et al., 2025), section 2, with
ranks that make the probability exact: a new value is one of n + 1 that chance could have put in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
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
    first: npt.NDArray[np.int32]


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
        low = np.int64(table.first[bucket])
        length = np.int64(table.first[bucket + 1]) - low
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


@kernel
def _grouped(ordered: Array) -> tuple[Array, Counts]:
    """The distinct ones of sorted values, and how many there are of each."""
    values, counts, size = np.empty_like(ordered), np.zeros(len(ordered), np.int64), 0
    for value in ordered:
        if size == 0 or values[size - 1] != value:
            values[size] = value
            size += 1
        counts[size - 1] += 1
    return values[:size].copy(), counts[:size].copy()


@kernel
def _first_of_buckets(values: Array, buckets: int, per_unit: float) -> npt.NDArray[np.int32]:
    first, bucket = np.zeros(buckets + 1, np.int32), 0
    for place in range(len(values)):
        own = min(int((values[place] - values[0]) * per_unit), buckets - 1) if buckets > 1 else 0
        while bucket < own:
            bucket += 1
            first[bucket] = place
    first[bucket + 1 :] = len(values)
    return first


def _table(values: Array, at: Array, between: Array, nearer: Array, edge: Array) -> Table:
    width = values[-1] - values[0]
    buckets = 4 * len(values) if 0.0 < width < np.inf and len(values) / width < np.inf else 1
    per_unit = float((buckets - 1) / width) if buckets > 1 else 0.0
    return Table(values, at, between, nearer, edge, per_unit, _first_of_buckets(values, buckets, per_unit))


@dataclass(frozen=True)
class Reference:
    """The normal values of a numeric variable, and the score of every value there could be.

    `ends` are the least and the greatest value, `usual` the 5 % and the 95 % point; the table is of distances
    where there is a `centre`.
    """

    rows: int
    ends: tuple[float, float]
    usual: tuple[float, float]
    median: float
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
    ordered = np.sort(np.asarray(values, np.float64).ravel())  # missing ones come last
    ordered = ordered[: len(ordered) - np.count_nonzero(np.isnan(ordered))]
    if not len(ordered):
        raise ValueError("a reference needs a value")
    last = len(ordered) - 1
    ends = float(ordered[0]), float(ordered[last])
    usual = float(ordered[round(0.05 * last)]), float(ordered[round(0.95 * last)])
    centre = float(ordered.mean()) if feature == "deviation" else None
    scored = ordered if centre is None else np.sort(np.abs(ordered - centre))
    distinct, counts = _grouped(scored)
    if feature == "quantile":
        score = _by_quantile(scored, distinct, counts)
    else:
        score = _as_printed(distinct, counts) if feature == "paper" else _by_size(distinct, counts)
    table = _table(distinct, *score)
    return Reference(len(ordered), ends, usual, float(ordered[len(ordered) // 2]), centre, table)


def extremeness(values: npt.ArrayLike, feature: Feature = "quantile") -> Array:
    """How extreme each value is among all of these, in an order that depends on no one's place; NaN stays.

    What is extreme is what `reference` says; equally extreme values are equal here.
    """
    every: Array = np.asarray(values, np.float64)
    if feature == "deviation":
        return np.asarray(np.abs(every - np.nanmean(every)))
    if feature == "upper":
        return every
    present = ~np.isnan(every)
    distinct, place, counts = np.unique(every[present], return_inverse=True, return_counts=True)
    up_to = np.cumsum(counts)
    tails = np.minimum(up_to - counts, len(place) - up_to) + counts / 2
    distances = np.abs(distinct - np.median(every[present])) if len(place) else tails
    order = np.lexsort((distances, -tails))
    steps = (np.diff(tails[order]) != 0) | (np.diff(distances[order]) != 0)
    rank = np.empty(len(order))
    rank[order] = np.append(0, np.cumsum(steps))[: len(order)]
    found = np.full(len(every), np.nan)
    found[present] = rank[place]
    return found


def rarity(counts: npt.ArrayLike) -> Array:
    """Scores of categories that were seen so often among normal values, and last of one never seen.

    -log of the probability of a category that is as rare.
    """
    counts = np.asarray(counts, np.int64)
    seen = np.append(counts, 0)
    as_rare = np.array([counts[counts <= often + 1].sum() for often in seen])
    # With itself a category is seen once more: others must be as rare as that.
    return _scores(as_rare, int(counts.sum()))


def _by_quantile(ordered: Array, values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """Ranks of x among itself and all others: what is as extreme cannot depend on which of these is new."""
    size, total = len(values), len(ordered)
    first, second = total // 2, (total + 1) // 2
    around = np.array([first - 1, first, second - 1, second])
    middle = ordered[np.minimum(np.maximum(around, 0), total - 1)]
    scores = _score_of_count(total)
    at, between, nearer, edge = np.empty(size), np.empty(size + 1), np.empty(size + 1), _no_edge(size + 1)
    _lower_half(values, counts, middle, False, scores, at, between, nearer, edge)
    upper = at[::-1], between[::-1], nearer[::-1], edge[::-1]
    _lower_half(values[::-1], counts[::-1], middle, True, scores, *upper)
    return at, between, nearer, edge


@kernel
def _median(middle: Array, until: int, total: int) -> float:
    """The median with one more value that has `until` others below it or equal to it.

    `middle` are the normal values in order at (total - 1) / 2 and total / 2, and beside these.
    """
    first = middle[1] if total // 2 < until else middle[0]
    second = middle[3] if (total + 1) // 2 < until else middle[2]
    return float(first / 2 + second / 2)


@kernel
def _lower_half(
    values: Array,
    counts: Counts,
    middle: Array,
    mirrored: bool,
    scores: Array,
    at: Array,
    between: Array,
    nearer: Array,
    edge: Array,
) -> None:
    """Count what is as extreme as a new value in the lower half: below it, and as far out at the other end.

    `scores` are those of counts. `mirrored` arrays run from the greatest value down; the places in the middle
    belong to the lower half.
    Tails are compared doubled, for ties count by halves. `other` groups with `beyond` rows are more extreme.
    """
    size, total = len(values), counts.sum()
    below, other, beyond = 0, size - 1, 0
    for place in range(2 * size + 1):
        group = place // 2
        equal = counts[group] if place % 2 == 1 else 0
        above = total - below - equal
        if below > above or (mirrored and below == above):
            return
        tail = 2 * below + equal + 1
        while other > group - (equal == 0) and 2 * beyond + counts[other] < tail:
            beyond += counts[other]
            other -= 1
        tied = other > group - (equal == 0) and 2 * beyond + counts[other] == tail
        until = total - below if mirrored else below + equal
        median = _median(middle, until, total)
        reach = abs(values[other] - median) if tied else -1.0
        count = below + equal + beyond
        if equal == 0:
            between[group] = scores[count]
            nearer[group] = scores[count + (counts[other] if tied else 0)]
            edge[group, 0] = median
            edge[group, 1] = reach
        else:
            as_far = tied and reach >= abs(values[group] - median)
            at[group] = scores[count + (counts[other] if as_far else 0)]
            below += equal


def _as_printed(values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """As extreme as x are normal values with a tail as short, each tail found among the normal ones."""
    total, up_to = int(counts.sum()), np.append(0, np.cumsum(counts))
    tails = np.minimum(up_to[:-1], total - up_to[1:]) + counts / 2
    order = np.argsort(tails, kind="stable")
    as_short = np.append(0, np.cumsum(counts[order]))
    at, between = (
        _scores(as_short[np.searchsorted(tails[order], tail, side="right")], total, 0.5)
        for tail in (tails, np.minimum(up_to, total - up_to).astype(np.float64))
    )
    return at, between, between, _no_edge(len(between))


def _by_size(values: Array, counts: Counts) -> tuple[Array, Array, Array, Array]:
    """As extreme as x is what is as large."""
    total = int(counts.sum())
    at_least = total - np.append(0, np.cumsum(counts))
    between = _scores(at_least, total)
    return _scores(at_least[:-1], total), between, between, _no_edge(len(between))


def _no_edge(places: int) -> Array:
    edge = np.zeros((places, 2))
    edge[:, 1] = -1.0
    return edge


@lru_cache(maxsize=4)
def _score_of_count(total: int) -> Array:
    return _scores(np.arange(total + 1), total)


def _scores(as_extreme: npt.NDArray[np.integer[Any]], total: int, itself: float = 1.0) -> Array:
    """-log((itself + #) / (itself + n)): 0 where all are as extreme."""
    probability = np.minimum(1.0, (itself + as_extreme) / (itself + total))
    return np.asarray(-np.log(probability) + 0.0)
