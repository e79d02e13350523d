"""Mechanisms with noise: child = level(parents) + scale(parents) * noise, learned from normal rows.

The noise of a normal row comes from a fit without it, so that a new row's compares with it. Level and scale
are the local regressions of a tile index, or simpler where these predict no better: a linear level, which
holds on beyond the data, and one scale for all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from wsl_runtime.classes import class_frequencies
from wsl_runtime.estimator import estimate
from wsl_runtime.index import Options, TileIndex, build_index
from wsl_runtime.philox import GROUPS, Key, groups_of, uniforms
from wsl_runtime.scores import FEWEST, Feature, Reference, reference
from wsl_runtime.series import Series, complete
from wsl_runtime.support import distances

PURPOSE_NOISE = 5
NO_WORSE = 1.02  # squared error of a linear level, in that of the local one, up to which it is kept
BETTER = 0.95  # squared error of a local scale, in that of one scale, from which on it is used
LEAST_SCALE = 0.1  # of the mean scale
SCALE_OPTIONS = Options(nmin=50, nmax=100)  # sizes of residuals vary more than values do
_KEY = Key(0, 0)

Array = npt.NDArray[np.float64]
Columns = Sequence[npt.NDArray[Any]]


class Mechanism(Protocol):
    """How a variable comes from its parents and a noise of its own."""

    @property
    def noise(self) -> Array:
        """Of the normal rows that it was learned from, in their order."""

    def values(self, parents: Columns, noise: Array) -> npt.NDArray[Any]:
        """The child at these parents with this noise."""

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        """The noise that gives the child at these parents."""


@dataclass(frozen=True)
class Root:
    """A variable without parents is its own noise."""

    noise: Array

    def values(self, parents: Columns, noise: Array) -> Array:
        return noise

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        return np.asarray(child, np.float64)


@dataclass(frozen=True)
class Linear:
    """Least squares with an intercept; `left_out` are the residuals of rows from the fits without them."""

    intercept: float
    slopes: Array
    left_out: Array = field(repr=False)

    def __call__(self, parents: Columns) -> Array:
        return np.asarray(
            self.intercept
            + sum(s * np.asarray(p, np.float64) for s, p in zip(self.slopes, parents, strict=True))
        )


def linear(parents: Columns, child: Array) -> Linear:
    """Fit by least squares, shapes (n,); constant or collinear parents share what they explain."""
    rows = len(child)
    columns = [np.asarray(parent, np.float64) for parent in parents]
    centre = np.array([column.mean() for column in columns])
    spread = np.array([column.std() or 1.0 for column in columns])
    design = np.column_stack(
        [np.ones(rows), *((c - m) / s for c, m, s in zip(columns, centre, spread, strict=True))]
    )
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    used = singular > 1e-10 * singular[0]
    basis = left[:, used]
    along = basis.T @ child
    coefficients = right[used].T @ (along / singular[used])
    leverage = np.minimum((basis * basis).sum(axis=1), 1 - 1e-9)
    slopes = coefficients[1:] / spread
    residuals = (child - basis @ along) / (1 - leverage)
    return Linear(float(coefficients[0] - slopes @ centre), slopes, residuals)


@dataclass(frozen=True)
class Local:
    """The regression of a tile index, at least as large as `least`."""

    index: TileIndex = field(repr=False)
    least: float = -np.inf

    def __call__(self, parents: Columns) -> Array:
        return self.at(parents, _of_no_group(len(parents[0])))

    def at(self, parents: Columns, groups: npt.NDArray[np.uint8]) -> Array:
        """The same for rows of these groups, whose points are left out."""
        rows = np.arange(len(groups), dtype=np.uint64)
        return np.maximum(estimate(self.index, parents, rows, groups, _KEY).mean, self.least)


@dataclass(frozen=True)
class Numeric:
    """A number with its level and scale."""

    noise: Array
    level: Linear | Local
    scale: float | Local

    def values(self, parents: Columns, noise: Array) -> Array:
        scale = self.scale if isinstance(self.scale, float) else self.scale(parents)
        return np.asarray(self.level(parents) + scale * noise)

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        scale = self.scale if isinstance(self.scale, float) else self.scale(parents)
        return np.asarray((np.asarray(child, np.float64) - self.level(parents)) / scale)


@dataclass(frozen=True)
class Classes:
    """A category: its noise is where a value lies among the cumulated shares of the classes.

    `shares` are those of all rows, or the index that has them at each row's parents.
    """

    noise: Array
    shares: Array | TileIndex = field(repr=False)

    def at(self, parents: Columns, groups: npt.NDArray[np.uint8]) -> Array:
        """Shares (rows, classes) for rows of these groups, whose points are left out."""
        if isinstance(self.shares, TileIndex):
            rows = np.arange(len(groups), dtype=np.uint64)
            return class_frequencies(self.shares, parents, rows, groups).shares
        return np.broadcast_to(self.shares, (len(groups), len(self.shares)))

    def values(self, parents: Columns, noise: Array) -> npt.NDArray[Any]:
        shares = self.at(parents, _of_no_group(len(noise)))
        reached = (noise[:, None] >= np.cumsum(shares, axis=1)).sum(axis=1)
        return np.asarray(np.minimum(reached, shares.shape[1] - 1))

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        """The middle of the value's own share."""
        shares = self.at(parents, _of_no_group(len(child)))
        codes = np.minimum(child, shares.shape[1] - 1)
        return np.asarray(
            np.cumsum(shares, axis=1)[np.arange(len(child)), codes] - own_share(shares, codes) / 2
        )


def own_share(shares: Array, codes: npt.NDArray[Any]) -> Array:
    """Share of each row's own class; 0 of a class that has none."""
    known = codes < shares.shape[1]
    return np.where(known, shares[np.arange(len(codes)), np.where(known, codes, 0)], 0.0)


@dataclass(frozen=True)
class Learned:
    """A mechanism, and the normal `rows` that it was learned from; `index` is None without parents."""

    mechanism: Root | Numeric | Classes
    index: TileIndex | None = field(repr=False)
    rows: npt.NDArray[np.int64] = field(repr=False)
    usual: Array = field(repr=False)
    """What `unusual` gives of these rows, each by a fit without it."""

    @property
    def feature(self) -> Feature:
        """What of `unusual` is extreme: rare classes, or noise at either end."""
        return "upper" if isinstance(self.mechanism, Classes) else "quantile"

    @cached_property
    def reference(self) -> Reference:
        """Scores of what `unusual` gives."""
        return reference(self.usual, self.feature)

    def unusual(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        """What tells how usual new rows are under the mechanism: their noise, or how rare their class is."""
        if isinstance(self.mechanism, Classes):
            return -own_share(self.mechanism.at(parents, _of_no_group(len(child))), child)
        return self.mechanism.noise_of(parents, child)

    def knows(self, parents: Columns) -> npt.NDArray[np.bool_]:
        """Where the normal rows have parents like these: near in the numbers, and of these categories."""
        if self.index is None:
            return np.ones(1, np.bool_)
        found = distances(self.index, parents, _of_no_group(len(parents[0])))
        return np.asarray(~(found.borrowed | found.outside | np.isnan(found.ratio)))


def learn(child: Series, parents: Sequence[Series], row_ids: npt.NDArray[np.uint64]) -> Learned | None:
    """Learn from the normal rows without a missing value; None if fewer than 10 of them remain."""
    rows = np.flatnonzero(complete([child], parents, len(row_ids)))
    if len(rows) < FEWEST:
        return None
    child, parents, ids = child.take(rows), [parent.take(rows) for parent in parents], row_ids[rows]
    groups = groups_of(ids)
    index = build_index([child], parents, ids, groups) if parents else None
    if child.discrete:
        classes, rareness = _learn_classes(child, parents, index, ids, groups)
        return Learned(classes, index, rows, rareness)
    number = child.values.astype(np.float64)
    mechanism = Root(number) if index is None else _learn_number(number, parents, index, ids, groups)
    return Learned(mechanism, index, rows, mechanism.noise)


def _of_no_group(rows: int) -> npt.NDArray[np.uint8]:
    """Groups of new rows: every point answers for them."""
    return np.full(rows, GROUPS, np.uint8)


def _learn_classes(
    child: Series,
    parents: Sequence[Series],
    index: TileIndex | None,
    ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
) -> tuple[Classes, Array]:
    """The mechanism of a category, and how rare each row's own class is."""
    codes = child.values.astype(np.int64)
    source: Array | TileIndex = np.bincount(codes, minlength=child.levels) / len(codes)
    if index is not None:
        source = index
    shares = Classes(np.empty(0), source).at([parent.values for parent in parents], groups)
    uniform = uniforms(ids, _KEY, np.zeros(len(ids), np.uint8), PURPOSE_NOISE)
    own = own_share(shares, codes)
    upper = np.cumsum(shares, axis=1)[np.arange(len(codes)), codes]
    return Classes(upper - uniform * own, source), -own


def _learn_number(
    child: Array,
    parents: Sequence[Series],
    index: TileIndex,
    ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
) -> Numeric:
    columns = [parent.values for parent in parents]
    local = Local(index)
    residuals = child - local.at(columns, groups)
    level: Linear | Local = local
    if all(parent.kind == "number" for parent in parents):
        fitted = linear(columns, child)
        if not np.mean(fitted.left_out**2) > NO_WORSE * np.mean(residuals**2):
            level, residuals = fitted, fitted.left_out
    size = np.abs(residuals)
    mean = float(size.mean()) or 1.0
    sizes = build_index([Series(size, "number")], parents, ids, groups, SCALE_OPTIONS)
    scale = Local(sizes, LEAST_SCALE * mean)
    expected = scale.at(columns, groups)
    if np.mean((size - expected) ** 2) < BETTER * np.var(size):
        return Numeric(residuals / expected, level, scale)
    return Numeric(residuals / mean, level, mean)
