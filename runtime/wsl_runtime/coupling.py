"""Rank coupling: a row keeps its own rank within its conditional distribution.

u = F(y-) + V (F(y) - F(y-)), F the distribution of the residual in the row's factual tile without its own
group; the new value has the same u at the new parents. Categories are coupled maximally.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.classes import class_frequencies
from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp, log, log_array
from wsl_runtime.fits import RATIO, RECORDED, Fits, fits_of
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import Placed, for_tiles, locate
from wsl_runtime.regression import (
    FAR,
    LANES,
    feature_table,
    load_features,
    load_points,
    load_queries,
    local_linear,
    measure,
    padded,
    weigh,
    workspace,
)
from wsl_runtime.series import present

PURPOSE_COUPLING = 3

Array = npt.NDArray[np.float64]


@kernel
def _rank(
    residuals: Array, weights: Array, count: int, lane: int, total: float, value: float, tie: float
) -> tuple[float, float]:
    """Rank of a value among weighted sorted residuals, by their middles; and how far beyond the ends."""
    below = 0.0
    before_rank = -1.0
    before = 0.0
    run_low = -1.0
    run_high = 0.0
    for p in range(count):
        weight = weights[p, lane]
        if weight <= 0.0:
            continue
        rank = (below + 0.5 * weight) / total
        if residuals[p] == value:
            run_low = rank if run_low < 0.0 else run_low
            run_high = rank
        elif residuals[p] > value:
            if run_low >= 0.0:
                break
            if before_rank < 0.0:
                return rank, value - residuals[p]
            share = (value - before) / (residuals[p] - before)
            return before_rank + share * (rank - before_rank), 0.0
        before = residuals[p]
        before_rank = rank
        below += weight
    if run_low >= 0.0:
        return run_low + tie * (run_high - run_low), 0.0
    return before_rank, value - before


@kernel
def _value_at(residuals: Array, weights: Array, count: int, lane: int, total: float, rank: float) -> float:
    """Residual at a rank, linear between the points' middles."""
    below = 0.0
    before_rank = -1.0
    before = 0.0
    for p in range(count):
        weight = weights[p, lane]
        if weight <= 0.0:
            continue
        here = (below + 0.5 * weight) / total
        if here >= rank:
            if before_rank < 0.0 or here == before_rank:
                return float(residuals[p])
            share = (rank - before_rank) / (here - before_rank)
            return float(before + share * (residuals[p] - before))
        before = residuals[p]
        before_rank = here
        below += weight
    return float(before)


@kernel
def _step_rank(
    values: Array, weights: Array, count: int, lane: int, total: float, value: float, tie: float
) -> float:
    """F(y-) + V (F(y) - F(y-)) of a recorded value."""
    below = 0.0
    equal = 0.0
    for p in range(count):
        if values[p] < value:
            below += weights[p, lane]
        elif values[p] == value:
            equal += weights[p, lane]
    return (below + tie * equal) / total


@kernel
def _step_value(values: Array, weights: Array, count: int, lane: int, total: float, rank: float) -> float:
    """Smallest recorded value whose F exceeds the rank."""
    running = 0.0
    last = np.nan
    for p in range(count):
        if weights[p, lane] > 0.0:
            running += weights[p, lane]
            last = values[p]
            if running > rank * total:
                return float(last)
    return float(last)


@kernel
def _couple_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array, Array, Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    form: int,
    forwards: bool,
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    query: tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8], Array],
    state: tuple[Array, Array, Array],
    begin: int,
    end: int,
) -> None:
    """Forwards: (rank, excess) from the child; backwards: the child from them."""
    counts, chosen, residuals, inverse, bandwidth, low, high = fit
    groups, coordinates, child = data
    wanted, query_groups, tie = query
    ranks, excess, values_out = state
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.zeros((most, dimensions))
    values = np.zeros(most)
    point_groups = np.zeros(most, np.uint8)
    own = np.zeros(LANES, np.uint8)
    queries, distances, weights, sums, lanes_of = workspace(dimensions, most)
    nearest, total, mean = lanes_of[0], lanes_of[1], lanes_of[2]
    features = feature_table(dimensions, most)
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
            values[p] = child[chosen[tile, p]]
        load_features(points, values, count, features)
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            wide = padded(lanes)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            measure(points, point_groups, count, queries, own, distances, nearest, wide)
            weigh(distances, nearest, count, bandwidth[tile], weights, wide)
            local_linear(features, count, queries, weights, sums, total, mean, wide)
            for lane in range(lanes):
                row = order[at + lane]
                if nearest[lane] >= FAR:
                    ranks[row] = tie[row]
                    excess[row] = 0.0
                    values_out[row] = values_out[row] if forwards else np.nan
                    continue
                centre = 0.0
                for p in range(count):
                    centre += weights[p, lane] * residuals[tile, p]
                level = min(max(mean[lane], low[tile]), high[tile]) - centre / total[lane]
                if forwards:
                    _forward(form, residuals[tile], weights, count, lane, total[lane], level, row, tie, state)
                else:
                    _backward(form, residuals[tile], weights, count, lane, total[lane], level, row, state)


@kernel
def _forward(
    form: int,
    residuals: Array,
    weights: Array,
    count: int,
    lane: int,
    total: float,
    level: float,
    row: int,
    tie: Array,
    state: tuple[Array, Array, Array],
) -> None:
    ranks, excess, values = state
    if form == RECORDED:
        ranks[row] = _step_rank(residuals, weights, count, lane, total, values[row], tie[row])
        excess[row] = 0.0
        return
    value = log(values[row]) if form == RATIO else values[row]
    ranks[row], excess[row] = _rank(residuals, weights, count, lane, total, value - level, tie[row])


@kernel
def _backward(
    form: int,
    residuals: Array,
    weights: Array,
    count: int,
    lane: int,
    total: float,
    level: float,
    row: int,
    state: tuple[Array, Array, Array],
) -> None:
    ranks, excess, values = state
    if form == RECORDED:
        values[row] = _step_value(residuals, weights, count, lane, total, ranks[row])
        return
    value = level + _value_at(residuals, weights, count, lane, total, ranks[row]) + excess[row]
    values[row] = exp(value) if form == RATIO else value


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
    before = [values[rows] for values in old_parents]
    after = [values[rows] for values in new_parents]
    ids = np.ascontiguousarray(row_ids, np.uint64)[rows]
    own = np.ascontiguousarray(groups, np.uint8)[rows]
    tie = uniforms(ids, key, np.zeros(len(rows), np.uint8), PURPOSE_COUPLING)
    if series.discrete:
        result = old_child.copy()
        old_share = class_frequencies(index, before, ids, own, child)
        new_share = class_frequencies(index, after, ids, own, child)
        codes = np.ascontiguousarray(old_child[rows], np.int32)
        fresh = uniforms(ids, key, np.ones(len(rows), np.uint8), PURPOSE_COUPLING)
        _couple_classes(codes, old_share, new_share, tie, fresh)
        result[rows] = codes
        return result
    result = old_child.astype(np.float64)
    result[rows] = _couple_numbers(index, child, (before, after), result[rows], (ids, own, tie))
    return result


def _couple_numbers(
    index: TileIndex,
    child: int,
    parents: tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]]],
    values: Array,
    rows: tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8], Array],
) -> Array:
    _, own, tie = rows
    state = (tie.copy(), np.zeros(len(values)), values.copy())
    for forwards, side in ((True, parents[0]), (False, parents[1])):
        placed = locate(index, side, len(values))
        _couple_pass(index, child, placed, (own, tie), state, forwards)
        if not forwards:
            state[2][placed.tile < 0] = np.nan
    return state[2]


def _couple_pass(
    index: TileIndex,
    child: int,
    placed: Placed,
    rows: tuple[npt.NDArray[np.uint8], Array],
    state: tuple[Array, Array, Array],
    forwards: bool,
) -> None:
    fits: Fits = fits_of(index, child, placed)
    recorded = np.ascontiguousarray(index.children[child].values, np.float64)
    values = log_array(recorded) if fits.form == RATIO else recorded
    fit = (fits.count, fits.point, fits.residual, fits.inverse, fits.bandwidth, fits.low, fits.high)
    data = (index.groups, index.coordinates, values)
    query = (placed.coordinates, *rows)
    for_tiles(
        placed,
        lambda order, starts, i, j: _couple_block(
            fit, data, fits.form, forwards, order, starts, query, state, i, j
        ),
    )


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
