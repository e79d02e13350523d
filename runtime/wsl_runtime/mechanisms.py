"""Mechanisms with noise: child = level(parents) + scale(parents) * noise, learned from normal rows.

The noise of a normal row comes from a fit without it, so that a new row's compares with it. Level and scale
are the local regressions of a tile index, or simpler where these predict no better: a linear level, which
holds on beyond the data, and one scale for all rows. Where factors describe it better than sums, as latencies
that scale with load, all of this is about logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from wsl_runtime.classes import class_frequencies
from wsl_runtime.estimator import estimate
from wsl_runtime.index import Options, TileIndex, build_index
from wsl_runtime.least_squares import TINY, Linear, linear, logarithms_of
from wsl_runtime.philox import GROUPS, Key, groups_of, hash_rows, uniforms
from wsl_runtime.scores import FEWEST, Feature, Reference, reference
from wsl_runtime.series import Series, complete
from wsl_runtime.support import distances

PURPOSE_NOISE = 5
NO_WORSE = 1.02  # squared error of a linear level, in that of the local one, up to which it is kept
BETTER = 0.95  # squared error of a local scale, in that of one scale, from which on it is used
SKEWED = 20  # times the least value that the greatest is, from which on logarithms are tried
GREATEST = 700.0  # logarithm that a number can have
LEAST_SCALE = 0.1  # of the mean scale
FEW_VALUES = 12  # of a number, up to which it is judged as a category of these,
OFTEN = 4  # if each occurs so often, in the mean
RARE = 0.01  # share of all classes that those without a row have together
ENOUGH = 1_000  # rows that the form of a mechanism is chosen by
DENSE = 1 << 22  # shares of classes that are held at once
VALUE_OPTIONS = Options()
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
class Local:
    """The regression of a tile index, at least as large as `least`.

    Beyond the `ends` of the numeric parents it goes on as the `linear` level does.
    """

    index: TileIndex = field(repr=False)
    least: float = -np.inf
    linear: Linear | None = field(default=None, repr=False)
    ends: Sequence[tuple[float, float]] = ()

    def __call__(self, parents: Columns) -> Array:
        groups = _of_no_group(len(parents[0]))
        if self.linear is None:
            return self.at(parents, groups)
        inside = list(parents)
        for place, (low, high) in zip(self.linear.numbers, self.ends, strict=True):
            inside[place] = np.clip(parents[place], low, high)
        return self.at(inside, groups) + (self.linear(parents) - self.linear(inside))

    def residual(self, parents: Columns, child: Array) -> Array:
        """What is left of new rows."""
        return np.asarray(child - self(parents))

    def at(self, parents: Columns, groups: npt.NDArray[np.uint8]) -> Array:
        """The same for rows of these groups, whose points are left out."""
        rows = np.arange(len(groups), dtype=np.uint64)
        return np.maximum(estimate(self.index, parents, rows, groups, _KEY, draws=0).mean, self.least)


@dataclass(frozen=True)
class Numeric:
    """A number, or its logarithm, with its level and scale."""

    noise: Array
    level: Linear | Local
    scale: float | Local
    logarithms: bool = False

    def values(self, parents: Columns, noise: Array) -> Array:
        found: Array = self.level(parents) + self._scale(parents) * noise
        return np.exp(np.minimum(found, GREATEST)) if self.logarithms else found

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        (value,) = logarithms_of([child]) if self.logarithms else [np.asarray(child, np.float64)]
        return np.asarray(self.level.residual(parents, value) / self._scale(parents))

    def _scale(self, parents: Columns) -> float | Array:
        return self.scale if isinstance(self.scale, float) else self.scale(parents)


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
        shares = _possible(self.at(parents, _of_no_group(len(noise))))
        reached = (noise[:, None] >= np.cumsum(shares, axis=1)).sum(axis=1)
        return np.asarray(np.minimum(reached, shares.shape[1] - 1))

    def noise_of(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        """The middle of the value's own share."""
        shares = _possible(self.at(parents, _of_no_group(len(child))))
        codes = np.minimum(child, shares.shape[1] - 1)
        return np.asarray(
            np.cumsum(shares, axis=1)[np.arange(len(child)), codes] - own_share(shares, codes) / 2
        )


def _possible(shares: Array) -> Array:
    """Shares of which none is 0, so that a class that no normal row has is found again by its noise."""
    return np.asarray((1 - RARE) * shares + RARE / shares.shape[-1])


def own_share(shares: Array, codes: npt.NDArray[Any]) -> Array:
    """Share of each row's own class; 0 of a class that has none."""
    known = codes < shares.shape[1]
    return np.where(known, shares[np.arange(len(codes)), np.where(known, codes, 0)], 0.0)


@dataclass(frozen=True)
class _Data:
    """The complete normal rows of a child and its parents."""

    child: Series
    parents: Sequence[Series]
    ids: npt.NDArray[np.uint64]
    options: Options = VALUE_OPTIONS

    @cached_property
    def groups(self) -> npt.NDArray[np.uint8]:
        return groups_of(self.ids)

    @property
    def columns(self) -> Columns:
        return [parent.values for parent in self.parents]

    @cached_property
    def index(self) -> TileIndex:
        return build_index([self.child], self.parents, self.ids, self.groups, self.options)

    def with_child(self, child: Array, options: Options) -> _Data:
        """The same rows with another child."""
        return replace(self, child=Series(child, "number"), options=options)

    def sample(self) -> npt.NDArray[np.int64]:
        """Some of the rows, those with the smallest hashes of their ids: enough to choose a form by."""
        if len(self.ids) <= ENOUGH:
            return np.arange(len(self.ids))
        return np.sort(np.argpartition(hash_rows(self.ids)[0], ENOUGH)[:ENOUGH])

    def take(self, rows: npt.NDArray[np.int64]) -> _Data:
        if len(rows) == len(self.ids):
            return self
        parents = [parent.take(rows) for parent in self.parents]
        return replace(self, child=self.child.take(rows), parents=parents, ids=self.ids[rows])

    def local(self, least: float = -np.inf) -> tuple[Local, Array]:
        """The local regression, and what it gives of each row without that row's group."""
        found = Local(self.index, least)
        return found, found.at(self.columns, self.groups)


@dataclass(frozen=True)
class Learned:
    """A mechanism, and the normal `rows` that it was learned from; `data` is None without parents.

    `usual` is what `unusual` gives of these rows, each by a fit without it. A number with a few `values` is
    judged as a category of these: its distance from a level would tell its parents more than itself.
    """

    mechanism: Root | Numeric | Classes
    data: _Data | None = field(repr=False)
    rows: npt.NDArray[np.int64] = field(repr=False)
    usual: Array = field(repr=False)
    classes: Classes | None = field(default=None, repr=False)
    values: Array | None = field(default=None, repr=False)

    @property
    def feature(self) -> Feature:
        """What of `unusual` is extreme: rare classes, or noise at either end."""
        return "quantile" if self.classes is None else "upper"

    @cached_property
    def reference(self) -> Reference:
        """Scores of what `unusual` gives."""
        return reference(self.usual, self.feature)

    def unusual(self, parents: Columns, child: npt.NDArray[Any]) -> Array:
        """What tells how usual new rows are under the mechanism: their noise, or how rare their class is."""
        if self.classes is None:
            return self.mechanism.noise_of(parents, child)
        codes = child if self.values is None else _places(self.values, child)
        # As of a row of the first group: shares of all points differ in steps from those without a group.
        return -own_share(self.classes.at(parents, np.zeros(len(child), np.uint8)), codes)

    def knows(self, parents: Columns) -> npt.NDArray[np.bool_]:
        """Where the normal rows have parents like these: near in the numbers, and of these categories."""
        if self.data is None:
            return np.ones(1, np.bool_)
        found = distances(self.data.index, parents, _of_no_group(len(parents[0])))
        known = ~(found.borrowed | found.outside | np.isnan(found.ratio))
        # The index has no axis for a category that made no difference among those it has seen.
        for parent, values in zip(self.data.parents, parents, strict=True):
            if parent.discrete:
                known &= np.isin(values, np.unique(parent.values))
        return np.asarray(known)


def learn(child: Series, parents: Sequence[Series], row_ids: npt.NDArray[np.uint64]) -> Learned | None:
    """Learn from the normal rows without a missing value; None if fewer than 10 of them remain."""
    rows = np.flatnonzero(complete([child], parents, len(row_ids)))
    if len(rows) < FEWEST:
        return None
    child, ids = child.take(rows), row_ids[rows]
    data = _Data(child, [parent.take(rows) for parent in parents], ids) if parents else None
    if child.discrete:
        classes, rareness = _learn_classes(child, data, ids)
        return Learned(classes, data, rows, rareness, classes)
    if data is None:
        root = Root(child.values.astype(np.float64))
        return Learned(root, None, rows, root.noise)
    mechanism, values = _learn_number(data), np.unique(child.values).astype(np.float64)
    if len(values) > min(FEW_VALUES, len(rows) // OFTEN):
        return Learned(mechanism, data, rows, mechanism.noise)
    codes = Series(_places(values, child.values), "category", len(values))
    classes, rareness = _learn_classes(codes, replace(data, child=codes), ids)
    return Learned(mechanism, data, rows, rareness, classes, values)


def _places(values: Array, child: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The place of each number among sorted ones; one beyond the last where it is not among them."""
    found = np.minimum(np.searchsorted(values, child), len(values) - 1)
    return np.where(values[found] == child, found, len(values))


def _of_no_group(rows: int) -> npt.NDArray[np.uint8]:
    """Groups of new rows: every point answers for them."""
    return np.full(rows, GROUPS, np.uint8)


def _learn_classes(child: Series, data: _Data | None, ids: npt.NDArray[np.uint64]) -> tuple[Classes, Array]:
    """The mechanism of a category, and how rare each row's own class is, by the other rows."""
    codes = child.values.astype(np.int64)
    uniform = uniforms(ids, _KEY, np.zeros(len(ids), np.uint8), PURPOSE_NOISE)
    if data is None:
        counts = np.bincount(codes, minlength=child.levels)
        shares = counts / len(codes)
        possible = _possible(shares)
        noise = np.cumsum(possible)[codes] - uniform * possible[codes]
        return Classes(noise, shares), -(counts[codes] - 1) / len(codes)
    at = Classes(np.empty(0), data.index).at
    own, noise = np.empty(len(codes)), np.empty(len(codes))
    step = max(1, DENSE // child.levels)  # the shares of all classes for all rows may not fit into memory
    for first in range(0, len(codes), step):
        part = slice(first, first + step)
        rows = np.arange(len(codes[part])), codes[part]
        found = at([column[part] for column in data.columns], data.groups[part])
        own[part], possible = found[rows], _possible(found)
        noise[part] = np.cumsum(possible, axis=1)[rows] - uniform[part] * possible[rows]
    return Classes(noise, data.index), -own


def _learn_number(data: _Data) -> Numeric:
    is_linear, logarithms = _form(data)
    if logarithms:
        data = data.with_child(np.log(data.child.values), VALUE_OPTIONS)
    child = data.child.values.astype(np.float64)
    level: Linear | Local
    if is_linear:
        level = linear(data.parents, child, logarithms=logarithms)
        residuals = level.left_out
    else:
        local, expected = data.local()
        residuals = child - expected
        numbers = [parent.values for parent in data.parents if not parent.discrete]
        ends = [(float(values.min()), float(values.max())) for values in numbers]
        level = replace(local, linear=linear(data.parents, child), ends=ends)
    size = np.abs(residuals)
    mean = float(size.mean()) or 1.0
    sizes = data.with_child(size, SCALE_OPTIONS)
    if not _varies(sizes, mean):
        return Numeric(residuals / mean, level, mean, logarithms)
    scale, expected = sizes.local(LEAST_SCALE * mean)
    return Numeric(residuals / expected, level, scale, logarithms)


def _form(data: _Data) -> tuple[bool, bool]:
    """Whether a linear level predicts no worse than a local one; and whether it is one of logarithms.

    That is a power law more likely than either, under normal errors.
    """
    if all(parent.discrete for parent in data.parents):  # there is nothing that could go on beyond the data
        return False, False
    part = data.take(data.sample())
    child = part.child.values.astype(np.float64)
    _, expected = part.local()
    local = float(np.mean((child - expected) ** 2))
    straight = float(np.mean(linear(part.parents, child).left_out ** 2))
    numbers = [one.values for one in (data.child, *data.parents) if not one.discrete]
    if child.max() >= SKEWED * child.min() and all(values.min() > 0 for values in numbers):
        power = linear(part.parents, np.log(child), logarithms=True).left_out
        if np.log(np.mean(power**2) + TINY) + 2 * np.log(child).mean() < np.log(min(local, straight) + TINY):
            return True, True
    return straight <= NO_WORSE * local, False


def _varies(sizes: _Data, mean: float) -> bool:
    """Whether the sizes of residuals can be predicted better than by one scale for all."""
    part = sizes.take(sizes.sample())
    # A parabola finds out at a fraction of what tiles cost.
    numbers = [parent.values for parent in part.parents if not parent.discrete]
    bent = [Series((values - values.mean()) ** 2, "number") for values in numbers]
    residuals = linear([*part.parents, *bent], part.child.values).left_out
    return bool(np.mean(residuals**2) < BETTER * np.var(part.child.values))
