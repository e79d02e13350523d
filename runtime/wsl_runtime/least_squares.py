"""Least squares with an intercept for each combination of categories: a level that holds beyond the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.series import Series

TINY = 1e-300  # what is not positive, for a logarithm
ROUNDING = 1e-12  # of the numbers at hand, a residual up to which comes of computing with them
FEWEST_ALIKE = 5  # rows of one combination of categories that have an intercept of their own
MOST_COMBINATIONS = 1 << 62

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
    design = np.empty((len(child), len(columns)))
    for place, (column, centre) in enumerate(zip(columns, centres, strict=True)):
        design[:, place] = (column - centre[group]) / spread[place]
    basis, coefficients = _solved(design, child - level[group])
    slopes = coefficients / spread
    intercepts = level - sum((s * c for s, c in zip(slopes, centres, strict=True)), np.zeros(groups))
    intercepts[counts == 0] = (intercepts @ counts) / counts.sum()
    leverage = np.minimum((basis * basis).sum(axis=1) + 1 / counts[group], 1 - 1e-9)
    size = float(np.abs(child).max())
    fitted = level[group] + design @ coefficients
    residuals = _beyond_rounding(child - fitted, size) / (1 - leverage)
    return Linear(combinations, numbers, intercepts, slopes, residuals, size, logarithms)


def _means(values: Array, group: Codes, counts: Codes) -> Array:
    sums = np.bincount(group, weights=values, minlength=len(counts))
    return np.asarray(sums / np.maximum(counts, 1))


def _solved(design: Array, child: Array) -> tuple[Array, Array]:
    """An orthonormal basis of the design, and coefficients; directions that only rounding made are left."""
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    used = singular > 1e-10 * max(1.0, singular.max(initial=0.0))
    basis = left[:, used]
    return basis, right[used].T @ (basis.T @ child / singular[used])
