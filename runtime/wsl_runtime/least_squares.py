"""Least squares with an intercept for each combination of categories: a level that holds beyond the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import inlined, kernel
from wsl_runtime.series import Series

TINY = 1e-300  # what is not positive, for a logarithm
ROUNDING = 1e-12  # of the numbers at hand, a residual up to which comes of computing with them
ALONE = 1e-6  # less than this of a row is up to the others: without it nothing tells its value
FEWEST_ALIKE = 5  # rows of one combination of categories that have an intercept of their own
MOST_COMBINATIONS = 1 << 62
INDEPENDENT = 1e-10  # length, in that of a column, of what is not in the others
BLOCK = 1024

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Columns = Sequence[npt.NDArray[Any]]


@dataclass(frozen=True)
class Combinations:
    """The combinations of categories that enough rows have, numbered; the last number is of all others.

    `places` are those of the categories among the parents, `levels` how many each has.
    """

    places: Sequence[int]
    levels: Sequence[int]
    keys: Codes = field(repr=False)

    def __call__(self, parents: Columns) -> Codes:
        """The number of each row's combination."""
        keys = _keys(self.places, self.levels, parents)
        found = np.searchsorted(self.keys, keys)
        known = self.keys[np.minimum(found, len(self.keys) - 1)] == keys if len(self.keys) else False
        return np.where(known, found, len(self.keys))


def _keys(places: Sequence[int], levels: Sequence[int], parents: Columns) -> Codes:
    """A number for each combination; one beyond all where a code has no level."""
    codes = [parents[place].astype(np.int64) for place in places]
    key = np.ravel_multi_index(
        [np.minimum(c, count - 1) for c, count in zip(codes, levels, strict=True)], tuple(levels)
    )
    known = np.all([code < count for code, count in zip(codes, levels, strict=True)], axis=0)
    return np.where(known, key, prod(levels))


def _combinations(parents: Sequence[Series]) -> Combinations | None:
    places = [place for place, parent in enumerate(parents) if parent.discrete]
    levels = [parents[place].levels for place in places]
    if not places or prod(levels) >= MOST_COMBINATIONS:
        return None
    keys, counts = np.unique(_keys(places, levels, [parent.values for parent in parents]), return_counts=True)
    enough = counts >= FEWEST_ALIKE
    if 0 < counts[~enough].sum() < FEWEST_ALIKE and enough.any():  # too few for an intercept of the others
        enough[np.flatnonzero(enough)[counts[enough].argmin()]] = False
    return Combinations(places, levels, keys[enough])


@dataclass(frozen=True)
class Linear:
    """Slopes of the numeric parents, and an intercept for each of the `combinations` of categories.

    `left_out` are the residuals of rows from the fits without them. A power law is linear in the `logarithms`
    of the numeric parents, whose places are `numbers`. `size` is that of the greatest fitted value.
    """

    combinations: Combinations | None
    numbers: Sequence[int]
    intercepts: Array
    slopes: Array
    left_out: Array = field(repr=False)
    size: float
    logarithms: bool = False

    def __call__(self, parents: Columns) -> Array:
        numbers = [parents[place] for place in self.numbers]
        read = logarithms_of(numbers) if self.logarithms else numbers
        terms = (s * np.asarray(p, np.float64) for s, p in zip(self.slopes, read, strict=True))
        return np.asarray(self.intercepts[self._group(parents)] + sum(terms))

    def residual(self, parents: Columns, child: Array) -> Array:
        """What is left of new rows; nothing where that is rounding alone, as in a sum of its parents."""
        expected = self(parents)
        return _beyond_rounding(child - expected, np.maximum(np.abs(expected), self.size))

    def knows(self, parents: Columns) -> bool | npt.NDArray[np.bool_]:
        """Where enough rows had these categories."""
        return self.combinations is None or self.combinations(parents) < len(self.combinations.keys)

    def _group(self, parents: Columns) -> int | Codes:
        return 0 if self.combinations is None else self.combinations(parents)


def _beyond_rounding(residuals: Array, size: float | Array) -> Array:
    return np.where(np.abs(residuals) <= ROUNDING * size, 0.0, residuals)


def logarithms_of(columns: Columns) -> list[Array]:
    return [np.log(np.maximum(np.asarray(column, np.float64), TINY)) for column in columns]


def linear(parents: Sequence[Series], child: Array, *, logarithms: bool = False) -> Linear:
    """Fit the child, shape (n,); constant or collinear parents share what they explain.

    Rows with rare combinations of categories have an intercept in common, as those never seen.
    """
    combinations = _combinations(parents)
    group, groups = np.zeros(len(child), np.int64), 1
    if combinations is not None:
        group, groups = combinations([parent.values for parent in parents]), len(combinations.keys) + 1
    counts = np.bincount(group, minlength=groups)
    numbers = [place for place, parent in enumerate(parents) if not parent.discrete]
    columns = [np.asarray(parents[place].values, np.float64) for place in numbers]
    if logarithms:
        columns = logarithms_of(columns)
    centres = [_means(column, group, counts) for column in columns]
    level = _means(child, group, counts)
    spread = np.array([column.std() for column in columns])
    spread[[s <= ROUNDING * abs(c.mean()) for s, c in zip(spread, columns, strict=True)]] = 1.0
    basis = np.empty((len(columns), len(child)))
    for place, (column, centre) in enumerate(zip(columns, centres, strict=True)):
        basis[place] = (column - centre[group]) / spread[place]
    left, coefficients = child - level[group], np.zeros(len(columns))
    _solve(basis, left, coefficients)
    slopes = coefficients / spread
    intercepts = level - sum((s * c for s, c in zip(slopes, centres, strict=True)), np.zeros(groups))
    intercepts[counts == 0] = (intercepts @ counts) / counts.sum()
    leverage = (basis * basis).sum(axis=0) + 1 / counts[group]
    size = float(np.abs(child).max())
    residuals = _beyond_rounding(left, size)
    alone = leverage > 1 - ALONE
    residuals = np.where(alone, child - child.mean(), residuals / np.where(alone, 1.0, 1 - leverage))
    return Linear(combinations, numbers, intercepts, slopes, residuals, size, logarithms)


def _means(values: Array, group: Codes, counts: Codes) -> Array:
    sums = np.bincount(group, weights=values, minlength=len(counts))
    return np.asarray(sums / np.maximum(counts, 1))


@inlined
def _dot(a: Array, b: Array) -> float:
    """In blocks, so that errors of rounding do not pile up; in this order on every machine."""
    total = 0.0
    for first in range(0, len(a), BLOCK):
        part = 0.0
        for i in range(first, min(len(a), first + BLOCK)):
            part += a[i] * b[i]
        total += part
    return total


@inlined
def _take_off(a: Array, b: Array) -> float:
    """Take from b what it has of a unit vector, and return how much that was. Twice is enough."""
    once = _dot(a, b)
    for i in range(len(a)):
        b[i] -= once * a[i]
    again = _dot(a, b)
    for i in range(len(a)):
        b[i] -= again * a[i]
    return once + again


@kernel
def _orthonormal(columns: Array, least: float, factors: Array) -> None:
    """Gram and Schmidt's basis in place of the rows of `columns`; those of no length of their own become 0.

    Writes factors[i, j]: how much of the i-th is in what was the j-th.
    """
    for j in range(len(columns)):
        for i in range(j):
            factors[i, j] = _take_off(columns[i], columns[j])
        length = np.sqrt(_dot(columns[j], columns[j]))
        is_own = length > least
        factors[j, j] = length if is_own else 0.0
        columns[j] *= 1.0 / length if is_own else 0.0


@kernel
def _solve(columns: Array, child: Array, coefficients: Array) -> None:
    """The least coefficients of the least squares; `columns` become a basis, the child what is left of it.

    Without LAPACK, whose results differ between processors and numbers of threads.
    """
    count, rows = columns.shape
    factors = np.zeros((count, count))
    _orthonormal(columns, INDEPENDENT * np.sqrt(rows), factors)
    along = np.array([_take_off(column, child) for column in columns])
    # child = basis' factors coefficients: of all that solve it the least, by a basis of the factors' rows.
    across = np.zeros((count, count))
    _orthonormal(factors, 0.0, across)
    for i in range(count):
        if across[i, i] > 0.0:
            share = along[i]
            for j in range(i):
                share -= across[j, i] * along[j]
            along[i] = share / across[i, i]
            coefficients += along[i] * factors[i]
        else:
            along[i] = 0.0
