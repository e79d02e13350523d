"""Tile index of a mechanism (child | parents), as a mergeable sketch (WISE, section 5.3).

Points lie in the order of (tile, hash, row id). A tile is a prefix of a 64-bit key whose bits are those of
the parents' buckets in fold order, so that every coarser tile is a contiguous range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.grid import coordinates_of, keys_of
from wsl_runtime.layout import Layout, plan_layout, survey
from wsl_runtime.philox import GROUPS, hash_rows
from wsl_runtime.series import Series, complete
from wsl_runtime.sorting import bottom_of_runs, gather, order_rows
from wsl_runtime.tiles import Catalogue, Directory, Tiles, directory_of, fold_keys, gather_tiles

EVERY_GROUP = (1 << GROUPS) - 1


@dataclass(frozen=True)
class Options:
    """`nmin`: points below which a tile is folded; `nmax`: of a regression; `cap`: donors kept a tile.

    `every_category` is kept apart, also one that seems to make no difference beyond the numeric parents.
    """

    nmin: int = 20
    nmax: int = 50
    cap: int = 2000
    every_category: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.nmin <= self.cap and 1 <= self.nmax <= self.cap):
            raise ValueError("options need 1 <= nmin <= cap and 1 <= nmax <= cap")


@dataclass(frozen=True)
class Sketch:
    """At most `cap` rows of every finest tile, of the smallest hashes, in (key, hash, row id) order."""

    layout: Layout
    options: Options
    keys: npt.NDArray[np.uint64]
    hashes: npt.NDArray[np.uint64]
    row_ids: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int64]
    groups: npt.NDArray[np.uint8]
    coordinates: npt.NDArray[np.float32]
    children: tuple[Series, ...]
    loaded: int
    left_out: int


@dataclass(frozen=True)
class TileIndex:
    """What redraws and estimates read: points in tile order, the finest tiles, and the folded ones.

    `rows` are row numbers of the indexed dataset; `coordinates` (points, numeric parents) are in grid units.
    `loaded` rows were read, `left_out` of them for a missing value or an infinite child. Points of the groups
    in the bit set `kept` answer alone. `fits_kept` is False where fits are needed once.
    """

    layout: Layout
    options: Options
    keys: npt.NDArray[np.uint64] = field(repr=False)
    starts: npt.NDArray[np.int64] = field(repr=False)
    directory: Directory = field(repr=False)
    tile_of: npt.NDArray[np.int32] = field(repr=False)
    level_of: npt.NDArray[np.int8] = field(repr=False)
    tiles: Tiles = field(repr=False)  # of the data's own keys
    hashes: npt.NDArray[np.uint32] = field(repr=False)
    rows: npt.NDArray[np.integer[Any]] = field(repr=False)
    groups: npt.NDArray[np.uint8] = field(repr=False)
    coordinates: npt.NDArray[np.float32] = field(repr=False)
    children: tuple[Series, ...] = field(repr=False)
    loaded: int
    left_out: int
    kept: int = EVERY_GROUP
    fits_kept: bool = True

    def keeping(self, groups: int) -> TileIndex:
        """The same tiles, grid and bandwidths with the points of some groups alone: a half-sample."""
        return self._sharing(replace(self, kept=groups))

    def with_points(self, most: int) -> TileIndex:
        """The same tiles and grid with up to so many points in a regression, to be asked once."""
        options = replace(self.options, nmax=min(most, self.cap))
        return self._sharing(replace(self, options=options, fits_kept=False))

    def _sharing(self, other: TileIndex) -> TileIndex:
        other.__dict__["catalogue"] = self.catalogue  # its tiles are those of this one
        return other

    @cached_property
    def catalogue(self) -> Catalogue:
        """The tiles, and those of other keys that were needed so far, with their fits."""
        return Catalogue(self.tiles)

    @property
    def nmin(self) -> int:
        """Points below which a tile is folded."""
        return self.options.nmin

    @property
    def nmax(self) -> int:
        """Points of a regression."""
        return self.options.nmax

    @property
    def cap(self) -> int:
        """Donors kept of each tile."""
        return self.options.cap

    @property
    def limits(self) -> tuple[int, int, int, int]:
        """What decides how far a key is folded."""
        return limits_of(self.layout, self.options)

    def borrows(self, level: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
        """True where so many bits given up mix categories that matter."""
        result: npt.NDArray[np.bool_] = (level > self.layout.category_place) | self.layout.category_lost
        return result


def sketch(
    children: Sequence[Series],
    parents: Sequence[Series],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    layout: Layout,
    options: Options = Options(),
    first_row: int = 0,
) -> Sketch:
    """Sketch of one partition whose rows are numbered from `first_row`."""
    count = len(row_ids)
    usable = complete(children, parents, count)
    chosen = None if usable.all() else np.flatnonzero(usable)
    ids = np.ascontiguousarray(row_ids, np.uint64)
    columns = [parent.values for parent in parents]
    if chosen is not None:
        ids, groups = ids[chosen], groups[chosen]
        columns = [values[chosen] for values in columns]
    keys, unseen = keys_of(columns, layout.axes, layout.tables, len(ids))
    if unseen.any():
        raise ValueError("a parent's category code lies outside the levels that were surveyed")
    hashes = hash_rows(ids)[0]
    order = order_rows(keys, hashes, ids, layout.bits)
    order = order[: bottom_of_runs(keys, order, options.cap)]
    rows = order if chosen is None else gather(chosen, order)
    return Sketch(
        layout,
        options,
        gather(keys, order),
        gather(hashes, order),
        gather(ids, order),
        rows + first_row,
        gather(groups, order),
        coordinates_of(columns, layout.axes, len(order), order),
        tuple(Series(gather(child.values, rows), child.kind, child.levels) for child in children),
        count,
        count - len(ids),
    )


def limits_of(layout: Layout, options: Options) -> tuple[int, int, int, int]:
    """Bits of a key, points a tile needs, those it needs outside any single group, and the last level at
    which only categories mix that make no difference."""
    return layout.bits, options.nmin, max(1, options.nmin // 2), layout.category_place


def _runs(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    if not len(keys):
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1, [len(keys)]]).astype(np.int64)


def merge(a: Sketch, b: Sketch) -> Sketch:
    """Sketch of both partitions; associative and commutative. Both need the same layout and options."""
    if a.layout.order != b.layout.order or a.options != b.options:
        raise ValueError("sketches merge only if they share layout and options")
    keys = np.concatenate([a.keys, b.keys])
    hashes = np.concatenate([a.hashes, b.hashes])
    row_ids = np.concatenate([a.row_ids, b.row_ids])
    order = order_rows(keys, hashes, row_ids, a.layout.bits)
    order = order[: bottom_of_runs(keys, order, a.options.cap)]
    return Sketch(
        a.layout,
        a.options,
        keys[order],
        hashes[order],
        row_ids[order],
        np.concatenate([a.rows, b.rows])[order],
        np.concatenate([a.groups, b.groups])[order],
        np.concatenate([a.coordinates, b.coordinates])[order],
        tuple(
            Series(np.concatenate([x.values, y.values])[order], x.kind, max(x.levels, y.levels))
            for x, y in zip(a.children, b.children, strict=True)
        ),
        a.loaded + b.loaded,
        a.left_out + b.left_out,
    )


def finish(merged: Sketch) -> TileIndex:
    """Decide the folding on the merged sketch."""
    starts = _runs(merged.keys)
    unique = merged.keys[starts[:-1]]
    limits = limits_of(merged.layout, merged.options)
    ranges, levels = fold_keys(unique, starts, merged.groups, unique, limits)
    distinct, tile_of = np.unique(ranges, return_inverse=True)
    hashes = (merged.hashes >> np.uint64(32)).astype(np.uint32)
    return TileIndex(
        merged.layout,
        merged.options,
        unique,
        starts,
        directory_of(unique, merged.layout.bits),
        tile_of.astype(np.int32),
        levels,
        gather_tiles(distinct, starts, hashes, merged.options.cap),
        hashes,
        merged.rows.astype(np.int32) if merged.loaded < 1 << 31 else merged.rows,
        merged.groups,
        merged.coordinates,
        merged.children,
        merged.loaded,
        merged.left_out,
    )


def build_index(
    children: Sequence[Series],
    parents: Sequence[Series],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    options: Options = Options(),
    layout: Layout | None = None,
) -> TileIndex:
    """Index of a whole dataset on one machine; the same bits as merging sketches of its parts."""
    plan = layout or plan_layout(survey(children, parents, row_ids, groups), options.every_category)
    return finish(sketch(children, parents, row_ids, groups, plan, options))
