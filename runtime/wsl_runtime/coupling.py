"""Rank coupling: a row keeps its own rank within its conditional distribution.

u = F(y-) + V (F(y) - F(y-)), F the distribution of the residual in the row's factual tile without its own
group; the new value has the same u at the new parents. Categories are coupled maximally.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.classes import class_frequencies
from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp, log
from wsl_runtime.fits import RATIO, RECORDED, WIDEST, points_of
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import Chosen, locate
from wsl_runtime.queries import for_rows_by_tile
from wsl_runtime.regression import (
    FAR,
    LANES,
    Fits,
    Points,
    Queries,
    Single,
    average,
    load_features,
    load_queries,
    load_tile,
    local_linear,
    measure,
    padded,
    run_end,
    scratch,
    weigh,
)
from wsl_runtime.series import Series, present

PURPOSE_COUPLING = 3
MOST_POINTS = 500  # of a distribution that ranks are compared by
MOST_PAIRS = 5_000_000  # of such points, in all tiles together
MOST_KEPT = 1 << 22  # points of an index's fits up to which those that were needed are kept for others

Array = npt.NDArray[np.float64]


class Ranks(NamedTuple):
    """Of every row: its rank, how far its value lies beyond all others, its value, and its tie-breaker."""

    rank: Array
    excess: Array
    value: Array
    tie: Array

    def at(self, rows: Chosen) -> Ranks:
        """Some of the rows."""
        return Ranks(*(column[rows] for column in self))

    def put(self, rows: Chosen, found: Ranks) -> None:
        """Write some of the rows."""
        for column, values in zip(self, found, strict=True):
            column[rows] = values


@kernel
def _rank(
    residuals: Single, weights: Single, count: int, lane: int, total: float, value: float, tie: float
) -> tuple[float, float]:
    """Rank of a value among weighted sorted residuals, by their middles; and how far beyond the ends."""
    below = 0.0
    before_rank = -1.0
    before = 0.0
    run_low = -1.0
    run_high = 0.0
    for p in range(count):
        weight = np.float64(weights[p, lane])
        if weight <= 0.0:
            continue
        rank = (below + 0.5 * weight) / total
        residual = np.float64(residuals[p])
        if residual == value:
            run_low = rank if run_low < 0.0 else run_low
            run_high = rank
        elif residual > value:
            if run_low >= 0.0:
                break
            if before_rank < 0.0:
                return rank, value - residual
            share = (value - before) / (residual - before)
            return before_rank + share * (rank - before_rank), 0.0
        before = residual
        before_rank = rank
        below += weight
    if run_low >= 0.0:
        return run_low + tie * (run_high - run_low), 0.0
    return before_rank, value - before


@kernel
def _value_at(residuals: Single, weights: Single, count: int, lane: int, total: float, rank: float) -> float:
    """Residual at a rank, linear between the points' middles."""
    below = 0.0
    before_rank = -1.0
    before = 0.0
    for p in range(count):
        weight = np.float64(weights[p, lane])
        if weight <= 0.0:
            continue
        here = (below + 0.5 * weight) / total
        residual = np.float64(residuals[p])
        if here >= rank:
            if before_rank < 0.0 or here == before_rank:
                return residual
            share = (rank - before_rank) / (here - before_rank)
            return float(before + share * (residual - before))
        before = residual
        before_rank = here
        below += weight
    return float(before)


@kernel
def _step_rank(
    values: Array, weights: Single, count: int, lane: int, total: float, value: float, tie: float
) -> float:
    """F(y-) + V (F(y) - F(y-)) of a recorded value."""
    below = 0.0
    equal = 0.0
    for p in range(count):
        if values[p] < value:
            below += np.float64(weights[p, lane])
        elif values[p] == value:
            equal += np.float64(weights[p, lane])
    return (below + tie * equal) / total


@kernel
def _step_value(values: Array, weights: Single, count: int, lane: int, total: float, rank: float) -> float:
    """Smallest recorded value whose F exceeds the rank."""
    running = 0.0
    last = np.nan
    for p in range(count):
        if weights[p, lane] > 0.0:
            running += np.float64(weights[p, lane])
            last = values[p]
            if running > rank * total:
                return float(last)
    return float(last)


@kernel
def _couple_block(fits: Fits, points: Points, forwards: bool, rows: Queries, ranks: Ranks) -> None:
    """Forwards: rank and excess from the value; backwards: the value from them."""
    form = fits.form
    room = scratch(points.coordinates.shape[1], fits.point.shape[1])
    residual = np.zeros(LANES, np.float32)
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = fits.size[tile], fits.centre[tile], fits.inverse[tile]
        residuals = fits.residual[tile]
        load_tile(fits.point[tile], count, points, form == RATIO, centre, inverse, room)
        load_features(count, room)
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            weigh(count, fits.bandwidth[tile], room, wide)
            local_linear(count, room, wide)
            average(residuals, count, room, residual, wide)
            for lane in range(lanes):
                row = begin + lane
                if room.nearest[lane] >= FAR:
                    ranks.rank[row] = ranks.tie[row]
                    ranks.excess[row] = 0.0
                    ranks.value[row] = ranks.value[row] if forwards else np.nan
                    continue
                total = np.float64(room.total[lane])
                if form == RECORDED:
                    _step(room.values, room.weights, count, lane, total, row, forwards, ranks)
                    continue
                level = min(max(np.float64(room.mean[lane]), -WIDEST), WIDEST) - np.float64(residual[lane])
                middle, half = room.middle[0], room.half[0]
                if forwards:
                    value = log(ranks.value[row]) if form == RATIO else ranks.value[row]
                    beyond = (value - middle) / half - level
                    ranks.rank[row], beyond = _rank(
                        residuals, room.weights, count, lane, total, beyond, ranks.tie[row]
                    )
                    ranks.excess[row] = half * beyond
                else:
                    level += _value_at(residuals, room.weights, count, lane, total, ranks.rank[row])
                    value = middle + half * level + ranks.excess[row]
                    ranks.value[row] = exp(value) if form == RATIO else value
        first = end


@kernel
def _step(
    values: Array,
    weights: Single,
    count: int,
    lane: int,
    total: float,
    row: int,
    forwards: bool,
    ranks: Ranks,
) -> None:
    """Ranks among recorded values, and back."""
    if forwards:
        ranks.rank[row] = _step_rank(values, weights, count, lane, total, ranks.value[row], ranks.tie[row])
        ranks.excess[row] = 0.0
    else:
        ranks.value[row] = _step_value(values, weights, count, lane, total, ranks.rank[row])


def couple(
    index: TileIndex,
    old_parents: Sequence[npt.NDArray[Any]],
    old_child: npt.NDArray[Any],
    new_parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    key: Key,
    child: int = 0,
) -> npt.NDArray[Any]:
    """Value of the child at new parents with the rank it has at the old ones, for m rows.

    Rows whose parents do not change keep their bits. Categories: codes, kept with probability min(1, p'/p),
    else drawn from the positive part of p' - p (an assumption). NaN or -1: a child or new
    parent is missing.
    """
    series = index.children[child]
    same = np.ones(len(row_ids), np.bool_)
    for old, new in zip(old_parents, new_parents, strict=True):
        same &= (old == new) | ((old != old) & (new != new))
    rows = np.flatnonzero(~same & present(old_child, series.kind))
    if not len(rows):
        return old_child.copy()
    ids = np.ascontiguousarray(row_ids, np.uint64)[rows]
    tie = uniforms(ids, key, np.zeros(len(rows), np.uint8), PURPOSE_COUPLING)
    if series.discrete:
        result = old_child.copy()
        old_share = class_frequencies(index, old_parents, row_ids, groups, child, rows).shares
        new_share = class_frequencies(index, new_parents, row_ids, groups, child, rows).shares
        codes = np.ascontiguousarray(old_child[rows], np.int32)
        fresh = uniforms(ids, key, np.ones(len(rows), np.uint8), PURPOSE_COUPLING)
        _couple_classes(codes, old_share, new_share, tie, fresh)
        result[rows] = codes
        return result
    result = old_child.astype(np.float64)
    ranks = Ranks(tie.copy(), np.zeros(len(rows)), result[rows], tie)
    _couple_pass(index, child, old_parents, rows, groups, ranks, forwards=True)
    _couple_pass(index, child, new_parents, rows, groups, ranks, forwards=False)
    result[rows] = ranks.value
    return result


class Ranked(NamedTuple):
    """Of every row: its rank in [0, 1], its tile, and how many points the tile's distribution rests on."""

    rank: Array
    tile: npt.NDArray[np.int32]
    points: npt.NDArray[np.int64]


def index_for_ranks(index: TileIndex, parents: Sequence[npt.NDArray[Any]], rows: int) -> TileIndex:
    """The index with as many points in a tile as the number of these rows' tiles allows.

    What chance made of the distribution of a tile, the ranks of all of its rows have in common.
    """
    placed = locate(index, parents, rows)
    needed = max(1, len(np.unique(placed.tile)))
    most = max(index.nmax, min(MOST_POINTS, int(np.sqrt(MOST_PAIRS / needed))))
    kept = most <= index.nmax and len(placed.tiles) * index.nmax <= MOST_KEPT
    return index if kept else index.with_points(most)


def ranks_of(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    values: npt.NDArray[Any],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    key: Key,
    child: int = 0,
) -> Ranked:
    """Ranks of m rows' own values within the distributions at their parents: uniform where these hold.

    Categories are ranked in the order of their codes. NaN: the child or a parent is missing, or the tile
    mixes categories that matter.
    """
    series = Series(values, index.children[child].kind, index.children[child].levels)
    placed = locate(index, parents, len(values))
    tile, length = placed.tile, np.append(placed.tiles.length, 0)  # the last for rows in no tile
    rows = np.flatnonzero(series.learnable() & (tile >= 0))
    ids = np.ascontiguousarray(row_ids, np.uint64)[rows]
    tie = uniforms(ids, key, np.zeros(len(rows), np.uint8), PURPOSE_COUPLING)
    result = np.full(len(values), np.nan)
    if series.discrete:
        shares, borrowed = class_frequencies(index, parents, row_ids, groups, child, rows)
        at, codes = np.arange(len(rows)), values[rows].astype(np.int64)
        found = np.cumsum(shares, axis=1)[at, codes] - (1.0 - tie) * shares[at, codes]
    else:
        ranks = Ranks(np.full(len(rows), np.nan), np.zeros(len(rows)), values[rows].astype(np.float64), tie)
        borrowed = _couple_pass(index, child, parents, rows, groups, ranks, forwards=True)
        found = np.where(ranks.excess < 0.0, tie * ranks.rank, ranks.rank)
        found = np.where(ranks.excess > 0.0, 1.0 - tie * (1.0 - ranks.rank), found)
    result[rows] = np.where(borrowed, np.nan, np.clip(found, 0.0, 1.0))  # weights sum in single precision
    return Ranked(result, tile, np.minimum(length[tile], index.nmax))


def _couple_pass(
    index: TileIndex,
    child: int,
    parents: Sequence[npt.NDArray[Any]],
    chosen: Chosen,
    groups: npt.NDArray[np.uint8],
    ranks: Ranks,
    *,
    forwards: bool,
) -> npt.NDArray[np.bool_]:
    """Which of the chosen rows borrow."""
    points = points_of(index, child)
    if not forwards:
        ranks.value[:] = np.nan

    def block(fits: Fits, queries: Queries, positions: Chosen, _: Chosen) -> None:
        part = ranks.at(positions)
        _couple_block(fits, points, forwards, queries, part)
        ranks.put(positions, part)

    return for_rows_by_tile(index, child, parents, groups, chosen, block)


@kernel
def _couple_classes_block(
    codes: npt.NDArray[np.int32],
    old_share: Array,
    new_share: Array,
    keep: Array,
    fresh: Array,
    start: int,
    stop: int,
) -> None:
    for i in range(start, stop):
        code = codes[i]
        if new_share[i, 0] != new_share[i, 0]:
            codes[i] = -1
            continue
        known = old_share[i, 0] == old_share[i, 0]
        old = old_share[i, code] if known and code < old_share.shape[1] else 0.0
        new = new_share[i, code] if code < new_share.shape[1] else 0.0
        if known and (old <= new or keep[i] * old < new):
            continue
        positive = 0.0
        for level in range(new_share.shape[1]):
            positive += max(0.0, new_share[i, level] - (old_share[i, level] if known else 0.0))
        running = 0.0
        for level in range(new_share.shape[1]):
            part = max(0.0, new_share[i, level] - (old_share[i, level] if known else 0.0))
            if part > 0.0:
                running += part
                codes[i] = level
                if running > fresh[i] * positive:
                    break


def _couple_classes(
    codes: npt.NDArray[np.int32], old_share: Array, new_share: Array, keep: Array, fresh: Array
) -> None:
    for_blocks(
        len(codes),
        lambda start, stop: _couple_classes_block(codes, old_share, new_share, keep, fresh, start, stop),
    )
