"""Anomaly scores: how far out a value lies among normal ones, as -log of a tail probability.

"Root Cause Analysis of Outliers with Missing Structural Knowledge" (Orchard et al., 2025), section 2, with
ranks that make the probability exact: a new value is one of n + 1 that chance could have put in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, inlined, kernel

FEWEST = 10
"""Normal values below which nothing is scored."""

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Feature = Literal["quantile", "deviation", "upper", "paper"]


class Guide(NamedTuple):
    """Where to search among sorted values: those of bucket b of equal width begin at `first[b]`.

    There are `per_unit` buckets in a unit; a single one where that is 0.
    """

    per_unit: float
    first: npt.NDArray[np.int32]


@inlined
def _begin(ordered: Array, value: float, low: int, high: int) -> int:
    """The first place from `low` to `high` whose value is not below this one."""
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _end(ordered: Array, value: float, low: int, high: int) -> int:
    """The first place from `low` to `high` whose value is above this one."""
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _at(ordered: Array, value: float, place: int, rank: int) -> float:
    """The value of a rank among the sorted ones and a new one that stands at `place` among them."""
    if rank == place:
        return value
    return float(ordered[rank if rank < place else rank - 1])


@inlined
def _tails(ordered: Array, guide: Guide, value: float) -> tuple[int, int, bool]:
    """How many normal values are as extreme as a new one, at its own end and at the other; is it the lower?

    Those with a tail as short among all n + 1, and of equal tails those as far from the median. Tails are
    compared doubled, for ties count by halves. At the other end all values before the `middle` one have
    shorter tails, all after it longer ones: those equal to it are looked at.
    """
    total, last = len(ordered), len(guide.first) - 2
    place = (value - ordered[0]) * guide.per_unit
    bucket = 0 if not place > 0.0 else int(place) if place < last else last
    below = _begin(ordered, value, guide.first[bucket], guide.first[bucket + 1])
    until = below
    if below < total and ordered[below] == value:
        until = _end(ordered, value, below + 1, total)
    above = total - until
    is_lower = below <= above
    own = until if is_lower else total - below
    tail = own + min(below, above) + 1
    middle = (tail - 1) >> 1
    if middle >= max(below, above):
        return own, max(below, above), is_lower
    other = total - 1 - middle if is_lower else middle
    opposite = ordered[other]
    beyond, counted = middle, middle + 1
    if (other > 0 and ordered[other - 1] == opposite) or (
        other + 1 < total and ordered[other + 1] == opposite
    ):
        begin, end = _begin(ordered, opposite, 0, other), _end(ordered, opposite, other + 1, total)
        beyond, counted = (total - end, total - begin) if is_lower else (begin, end)
    lower_median = _at(ordered, value, until, total >> 1)
    upper_median = _at(ordered, value, until, (total + 1) >> 1)
    median = lower_median / 2.0 + upper_median / 2.0
    is_as_far = abs(opposite - median) >= abs(value - median)
    counts = (beyond + counted < tail) | ((beyond + counted == tail) & is_as_far)
    return own, beyond + (counted - beyond) * counts, is_lower


@kernel
def _score(ordered: Array, guide: Guide, of_count: Array, x: Array, score: Array) -> None:
    for i in range(len(x)):
        if x[i] != x[i]:
            score[i] = np.nan
        else:
            own, other, _ = _tails(ordered, guide, x[i])
            score[i] = of_count[own + other]


@kernel
def _first_of_buckets(ordered: Array, buckets: int, per_unit: float) -> npt.NDArray[np.int32]:
    first, bucket = np.zeros(buckets + 1, np.int32), 0
    for place in range(len(ordered)):
        own = min(int((ordered[place] - ordered[0]) * per_unit), buckets - 1)
        while bucket < own:
            bucket += 1
            first[bucket] = place
    first[bucket + 1 :] = len(ordered)
    return first


@dataclass(frozen=True)
class Reference:
    """The normal values of a numeric variable, and the score of every value there could be.

    `ordered` are these, or their distances from the `centre` if there is one. `ends` are the least and the
    greatest value, `usual` the 5 % and the 95 % point, `middle` the two that the median lies between.
    """

    feature: Feature
    ordered: Array = field(repr=False)
    ends: tuple[float, float]
    usual: tuple[float, float]
    middle: tuple[float, float]
    centre: float | None

    @property
    def rows(self) -> int:
        return len(self.ordered)

    @property
    def cap(self) -> float:
        """The score of a value that is more extreme than all normal ones."""
        return float(self._of_count[0])

    @property
    def is_constant(self) -> bool:
        return self.ends[0] == self.ends[1]

    def score(self, x: npt.ArrayLike) -> Array:
        """-log of the probability of a value as extreme, in natural logarithms; NaN where x is missing."""
        flat = np.ascontiguousarray(x, np.float64).ravel()
        if self.centre is not None:
            flat = np.abs(flat - self.centre)
        if self.feature == "quantile":
            score = self._by_tails(flat)
        else:
            as_extreme = self._as_printed(flat) if self.feature == "paper" else self._as_large(flat)
            score = np.where(np.isnan(flat), np.nan, self._of_count[as_extreme])
        return score.reshape(np.shape(x))

    def beyond(self, x: npt.ArrayLike) -> Array:
        """How far x lies outside the normal values, in ranges of these; in their size where constant."""
        x = np.asarray(x, np.float64)
        low, high = self.ends
        unit = high - low if high > low else max(abs(high), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            distance: Array = np.maximum(0.0, np.maximum(x - high, low - x)) / unit
        return np.minimum(distance, np.finfo(np.float64).max)

    def as_extreme(self, values: Array, x: float) -> Mask:
        """Which of the normal values, in any order, are as extreme as x would be as one of them."""
        if self.feature == "upper":
            return values >= x
        if self.centre is not None:
            every = np.append(values, x)
            distances = np.abs(every - np.nanmean(every))
            return np.asarray(distances[:-1] >= distances[-1])
        own, other, is_lower = _tails(self.ordered, self._one_bucket, x)
        low, high = (own, other) if is_lower else (other, own)
        below = self.ordered[low - 1] if low else -np.inf
        above = self.ordered[self.rows - high] if high else np.inf
        return (values <= below) | (values >= above)

    @property
    def _of_count(self) -> Array:
        return _score_of_count(self.rows, 0.5 if self.feature == "paper" else 1.0)

    def _by_tails(self, x: Array) -> Array:
        guide = self._guide if 4 * len(x) >= self.rows else self._one_bucket
        scores, score = self._of_count, np.empty(len(x))

        def block(start: int, stop: int) -> None:
            _score(self.ordered, guide, scores, x[start:stop], score[start:stop])

        for_blocks(len(x), block)
        return score

    @property
    def _one_bucket(self) -> Guide:
        return Guide(0.0, np.array([0, self.rows], np.int32))

    @cached_property
    def _guide(self) -> Guide:
        width, buckets = self.ordered[-1] - self.ordered[0], 4 * self.rows
        if not 0.0 < width < np.inf or not buckets / width < np.inf:
            return self._one_bucket
        per_unit = float((buckets - 1) / width)
        return Guide(per_unit, _first_of_buckets(self.ordered, buckets, per_unit))

    def _as_large(self, x: Array) -> Counts:
        return np.asarray(self.rows - np.searchsorted(self.ordered, x))

    def _as_printed(self, x: Array) -> Counts:
        """As extreme as x are normal values with a tail as short, each tail found among the normal ones."""
        tails = np.sort(self._tail_among(self.ordered))
        return np.asarray(np.searchsorted(tails, self._tail_among(x), side="right"))

    def _tail_among(self, x: Array) -> Array:
        below, up_to = np.searchsorted(self.ordered, x), np.searchsorted(self.ordered, x, side="right")
        return np.asarray(np.minimum(below, self.rows - up_to) + (up_to - below) / 2)


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
    middle = float(ordered[last // 2]), float(ordered[(last + 1) // 2])
    centre = float(ordered.mean()) if feature == "deviation" else None
    scored = ordered if centre is None else np.sort(np.abs(ordered - centre))
    return Reference(feature, scored, ends, usual, middle, centre)


def rarity(counts: npt.ArrayLike) -> Array:
    """Scores of categories that were seen so often among normal values, and last of one never seen.

    -log of the probability of a category that is as rare.
    """
    counts = np.asarray(counts, np.int64)
    ordered = np.sort(counts)
    rows = np.append(0, np.cumsum(ordered))
    # With itself a category is seen once more: others must be as rare as that.
    as_rare = rows[np.searchsorted(ordered, np.append(counts, 0) + 1, side="right")]
    return _scores(as_rare, int(rows[-1]))


@lru_cache(maxsize=2)
def _score_of_count(total: int, itself: float) -> Array:
    return _scores(np.arange(total + 1), total, itself)


def _scores(as_extreme: npt.NDArray[np.integer[Any]], total: int, itself: float = 1.0) -> Array:
    """-log((itself + #) / (itself + n)): 0 where all are as extreme."""
    probability = np.minimum(1.0, (itself + as_extreme) / (itself + total))
    return np.asarray(-np.log(probability) + 0.0)
