"""One estimator for mean and distribution: local linear mean times residual of a kernel-weighted donor.

Donors j of the row's tile have kernel weights w_j; y*_j = m(x') * r_j, where r_j = y_j / m_loo(x_j), centred
at the weighted mean of the residuals; differences instead of ratios for columns with non-positive values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp, log, log_array
from wsl_runtime.fits import RATIO, RECORDED, Fits, fits_of
from wsl_runtime.index import TileIndex
from wsl_runtime.paper import paper_block
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

PURPOSE_ESTIMATE = 2

ATOM_SHARE = 0.005
ATOM_ROWS = 5
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Conditional mean and one draw of a numeric child for each row; NaN where a parent is missing."""

    mean: Array
    draw: Array
    borrowed: npt.NDArray[np.bool_]


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
def within(drawn: float, recorded: float, atoms: Array) -> float:
    """A draw that keeps to a bound many values lie on: its donors stay on it, and nothing lies beyond."""
    for end in range(2):
        if recorded == atoms[end, 0]:
            return float(atoms[end, 1])
    if drawn < atoms[0, 1]:
        return float(atoms[0, 1])
    if drawn > atoms[1, 1]:
        return float(atoms[1, 1])
    return drawn


def bounds_with_mass(values: Array, form: int) -> Array:
    """The least and greatest value, as fitted and as recorded, where many rows have it; else NaN.

    Such a bound is a time-out or a cap: a ratio or a sum with a residual would never land on it.
    """
    atoms = np.full((2, 2), np.nan)
    if len(values):
        for end, bound in enumerate((float(values.min()), float(values.max()))):
            if np.count_nonzero(values == bound) >= max(ATOM_ROWS, ATOM_SHARE * len(values)):
                atoms[end] = (log(bound) if form == RATIO else bound), bound
    return atoms


@kernel
def _distribution_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array, Array, Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    form: int,
    atoms: Array,
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
    points = np.zeros((most, dimensions))
    values = np.zeros(most)
    factors = np.zeros(most)
    point_groups = np.zeros(most, np.uint8)
    own = np.zeros(LANES, np.uint8)
    work = workspace(dimensions, most)
    queries, distances, weights, sums, lanes_of = work
    nearest, total, level, centre = lanes_of[0], lanes_of[1], lanes_of[2], lanes_of[3]
    mean = np.zeros(LANES)
    features = feature_table(dimensions, most)
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
            values[p] = child[chosen[tile, p]]
            factors[p] = exp(residuals[tile, p]) if form == RATIO else residuals[tile, p]
        load_features(points, values, count, features)
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            wide = padded(lanes)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            measure(points, point_groups, count, queries, own, distances, nearest, wide)
            weigh(distances, nearest, count, bandwidth[tile], weights, wide)
            if form != RECORDED:
                local_linear(features, count, queries, weights, sums, total, level, wide)
                for lane in range(wide):
                    level[lane] = min(max(level[lane], low[tile]), high[tile])
            _weighted(weights, residuals[tile], factors, count, total, centre, mean, wide)
            for lane in range(lanes):
                row = order[at + lane]
                if nearest[lane] >= FAR:
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
                    draw_out[row] = within(base * factors[donor], values[donor], atoms)
                else:
                    mean_out[row] = level[lane]
                    drawn = level[lane] + (factors[donor] - centre[lane])
                    draw_out[row] = within(drawn, values[donor], atoms)


@kernel
def _weighted(
    weights: Array,
    residuals: Array,
    factors: Array,
    count: int,
    total: Array,
    centre: Array,
    mean: Array,
    lanes: int,
) -> None:
    """Weighted means of residuals and of factors, per lane."""
    for lane in range(lanes):
        total[lane] = 0.0
        centre[lane] = 0.0
        mean[lane] = 0.0
    for p in range(count):
        residual = residuals[p]
        factor = factors[p]
        row = weights[p]
        for lane in range(lanes):
            total[lane] += row[lane]
            centre[lane] += row[lane] * residual
            mean[lane] += row[lane] * factor
    for lane in range(lanes):
        centre[lane] /= total[lane]
        mean[lane] /= total[lane]


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

    A count with few values gets recorded donor values; integers with more are treated as continuous.
    """
    if index.children[child].discrete:
        raise ValueError("a category has frequencies, no mean: use class_frequencies")
    count = len(row_ids)
    placed = locate(index, parents, count)
    fits = fits_of(index, child, placed)
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
    atoms = bounds_with_mass(values, fits.form)
    if fits.form == RATIO:
        values = log_array(values)
    fit = (fits.count, fits.point, fits.residual, fits.inverse, fits.bandwidth, fits.low, fits.high)
    data = (index.groups, index.coordinates, values)
    query = (placed.coordinates, *rows)
    for_tiles(
        placed,
        lambda order, starts, i, j: _distribution_block(
            fit, data, fits.form, atoms, order, starts, query, out, i, j
        ),
    )
