"""One estimator for mean and distribution: local linear mean times residual of a kernel-weighted donor.

Donors j of the row's tile have kernel weights w_j; y*_j = m(x') * r_j, where r_j = y_j / m_loo(x_j), centred
at the weighted mean of the residuals; differences instead of ratios for columns with non-positive values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import BLOCK, for_blocks, kernel
from wsl_runtime.elementary import exp
from wsl_runtime.fits import RATIO, RECORDED, Fits, fits_of
from wsl_runtime.index import TileIndex
from wsl_runtime.paper import paper_block
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import Placed, locate
from wsl_runtime.regression import LANES, load_points, local_linear, weigh, workspace
from wsl_runtime.sorting import group_by_tile

PURPOSE_ESTIMATE = 2

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Conditional mean and one draw of a numeric child for each row; NaN where a parent is missing."""

    mean: Array
    draw: Array
    borrowed: npt.NDArray[np.bool_]


@kernel
def load_queries(
    rows: npt.NDArray[np.int64],
    begin: int,
    lanes: int,
    wanted: npt.NDArray[np.float32],
    groups: npt.NDArray[np.uint8],
    inverse: Array,
    queries: Array,
    own: npt.NDArray[np.uint8],
) -> None:
    """Write coordinates (parents, lanes) and groups of up to LANES rows of one tile."""
    for lane in range(lanes):
        row = rows[begin + lane]
        own[lane] = groups[row]
        for j in range(queries.shape[0]):
            queries[j, lane] = np.float64(wanted[row, j]) * inverse[j]


@kernel
def pick(weights: Array, count: int, lane: int, threshold: float) -> int:
    """First point at which the cumulated weight exceeds the threshold; the last usable one at the latest."""
    running = 0.0
    last = 0
    for p in range(count):
        weight = weights[p, lane]
        if weight > 0.0:
            running += weight
            last = p
            if running > threshold:
                return p
    return last


@kernel
def _distribution_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array, Array, Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    form: int,
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    query: tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8], Array],
    out: tuple[Array, Array],
    begin: int,
    end: int,
) -> None:
    counts, chosen, residuals, inverse, bandwidth, low, high = fit
    groups, coordinates, child = data
    wanted, query_groups, uniform = query
    mean_out, draw_out = out
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.empty((dimensions, most))
    values = np.empty(most)
    factors = np.empty(most)
    point_groups = np.empty(most, np.uint8)
    queries = np.empty((dimensions, LANES))
    own = np.empty(LANES, np.uint8)
    centre = np.empty(LANES)
    level = np.empty(LANES)
    work = workspace(dimensions, most)
    weights, nearest, total, mean, first, second, cross, step = work
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
            values[p] = child[chosen[tile, p]]
            factors[p] = exp(residuals[tile, p]) if form == RATIO else residuals[tile, p]
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            weigh(points, point_groups, count, queries, own, lanes, bandwidth[tile], weights, nearest)
            if form == RECORDED:
                for lane in range(lanes):
                    level[lane] = 0.0
            else:
                local_linear(
                    points, values, count, queries, weights, lanes, (first, second, cross, step), total, mean
                )
                for lane in range(lanes):
                    level[lane] = min(max(mean[lane], low[tile]), high[tile])
            _weighted(weights, residuals[tile], factors, count, lanes, total, centre, mean)
            for lane in range(lanes):
                row = order[at + lane]
                if nearest[lane] == np.inf:
                    mean_out[row] = np.nan
                    draw_out[row] = np.nan
                    continue
                donor = pick(weights, count, lane, uniform[row] * total[lane])
                if form == RECORDED:
                    mean_out[row] = mean[lane]
                    draw_out[row] = residuals[tile, donor]
                elif form == RATIO:
                    base = exp(level[lane] - centre[lane])
                    mean_out[row] = base * mean[lane]
                    draw_out[row] = base * factors[donor]
                else:
                    mean_out[row] = level[lane]
                    draw_out[row] = level[lane] + (factors[donor] - centre[lane])


@kernel
def _weighted(
    weights: Array,
    residuals: Array,
    factors: Array,
    count: int,
    lanes: int,
    total: Array,
    centre: Array,
    mean: Array,
) -> None:
    """Weighted means of residuals and of factors, per lane."""
    for lane in range(lanes):
        total[lane] = 0.0
        centre[lane] = 0.0
        mean[lane] = 0.0
    for p in range(count):
        residual = residuals[p]
        factor = factors[p]
        for lane in range(lanes):
            weight = weights[p, lane]
            total[lane] += weight
            centre[lane] += weight * residual
            mean[lane] += weight * factor
    for lane in range(lanes):
        centre[lane] /= total[lane]
        mean[lane] /= total[lane]


@kernel
def _frequency_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    query: tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]],
    out: Array,
    begin: int,
    end: int,
) -> None:
    counts, chosen, inverse, bandwidth = fit
    groups, coordinates, child = data
    wanted, query_groups = query
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.empty((dimensions, most))
    point_groups = np.empty(most, np.uint8)
    queries = np.empty((dimensions, LANES))
    own = np.empty(LANES, np.uint8)
    weights = np.empty((most, LANES))
    nearest = np.empty(LANES)
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            weigh(points, point_groups, count, queries, own, lanes, bandwidth[tile], weights, nearest)
            for lane in range(lanes):
                row = order[at + lane]
                if nearest[lane] == np.inf:
                    out[row, :] = np.nan
                    continue
                total = 0.0
                for p in range(count):
                    out[row, np.int64(child[chosen[tile, p]])] += weights[p, lane]
                    total += weights[p, lane]
                for level in range(out.shape[1]):
                    out[row, level] /= total


def for_tiles(
    placed: Placed, work: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int], None]
) -> None:
    """Call work(rows in tile order, starts, first tile, last tile) for runs of tiles of many rows."""
    count = len(placed.tiles)
    order, starts = group_by_tile(np.where(placed.tile < 0, count, placed.tile).astype(np.int32), count + 1)
    total = int(starts[count])
    parts = max(1, -(-total * 8 // BLOCK))
    cuts = np.unique(np.searchsorted(starts[: count + 1], np.linspace(0, total, parts + 1), side="right") - 1)
    cuts[0], cuts[-1] = 0, count
    for_blocks(len(cuts) - 1, lambda i, j: work(order, starts, int(cuts[i]), int(cuts[j])), 1)


def estimate(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    key: Key,
    estimator: Literal["distribution", "paper"] = "distribution",
    child: int = 0,
) -> Estimate:
    """Mean and draw of a numeric child for m rows; `paper` is the kernel regression alone, for both.

    A count with few values gets recorded donor values; other integers are rounded draws.
    """
    if index.children[child].discrete:
        raise ValueError("a category has frequencies, no mean: use class_frequencies")
    count = len(row_ids)
    placed = locate(index, parents, count)
    fits = fits_of(index, child, placed.tiles)
    own = np.ascontiguousarray(groups, np.uint8)
    mean, draw = np.full(count, np.nan), np.full(count, np.nan)
    values = np.ascontiguousarray(index.children[child].values, np.float64)
    if estimator == "paper":
        fit = (fits.count, fits.point, fits.inverse, fits.paper_bandwidth)
        data = (index.groups, index.coordinates, values)
        for_tiles(
            placed,
            lambda order, starts, i, j: paper_block(
                fit, data, order, starts, (placed.coordinates, own), mean, i, j
            ),
        )
        return Estimate(mean, mean.copy(), placed.borrowed)
    uniform = uniforms(row_ids, key, np.zeros(count, np.uint8), PURPOSE_ESTIMATE)
    _distribution(index, placed, fits, values, (own, uniform), (mean, draw))
    return Estimate(mean, draw, placed.borrowed)


def _distribution(
    index: TileIndex,
    placed: Placed,
    fits: Fits,
    values: Array,
    rows: tuple[npt.NDArray[np.uint8], Array],
    out: tuple[Array, Array],
) -> None:
    from wsl_runtime.elementary import log_array

    if fits.form == RATIO:
        values = log_array(values)
    fit = (fits.count, fits.point, fits.residual, fits.inverse, fits.bandwidth, fits.low, fits.high)
    data = (index.groups, index.coordinates, values)
    query = (placed.coordinates, *rows)
    for_tiles(
        placed,
        lambda order, starts, i, j: _distribution_block(
            fit, data, fits.form, order, starts, query, out, i, j
        ),
    )


def class_frequencies(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    child: int = 0,
) -> Array:
    """Kernel-weighted class frequencies (m, levels) of a category or boolean; NaN if a parent is missing."""
    series = index.children[child]
    if not series.discrete:
        raise ValueError("class frequencies are for categories and booleans")
    placed = locate(index, parents, len(row_ids))
    fits = fits_of(index, child, placed.tiles)
    out = np.zeros((len(row_ids), max(1, series.levels)))
    out[placed.tile < 0] = np.nan
    fit = (fits.count, fits.point, fits.inverse, fits.bandwidth)
    data = (index.groups, index.coordinates, np.ascontiguousarray(series.values, np.float64))
    query = (placed.coordinates, np.ascontiguousarray(groups, np.uint8))
    for_tiles(
        placed, lambda order, starts, i, j: _frequency_block(fit, data, order, starts, query, out, i, j)
    )
    return out


def draw_classes(
    frequencies: Array, row_ids: npt.NDArray[np.uint64], key: Key, times: npt.NDArray[np.uint8] | None = None
) -> npt.NDArray[np.int32]:
    """One class per row by its frequencies (m, levels), -1 where they are missing."""
    count = len(row_ids)
    repeated = np.zeros(count, np.uint8) if times is None else np.ascontiguousarray(times, np.uint8)
    uniform = uniforms(row_ids, key, repeated, PURPOSE_ESTIMATE)
    out = np.empty(count, np.int32)
    for_blocks(count, lambda start, stop: _draw_block(frequencies, uniform, out, start, stop))
    return out


@kernel
def _draw_block(
    frequencies: Array, uniform: Array, out: npt.NDArray[np.int32], start: int, stop: int
) -> None:
    for i in range(start, stop):
        out[i] = -1
        running = 0.0
        for level in range(frequencies.shape[1]):
            share = frequencies[i, level]
            if share > 0.0:
                running += share
                out[i] = level
                if running > uniform[i]:
                    break
