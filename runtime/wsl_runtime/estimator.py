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
from wsl_runtime.elementary import exp
from wsl_runtime.fits import ADDITIVE, RATIO, RECORDED, WIDEST, points_of
from wsl_runtime.index import TileIndex
from wsl_runtime.paper import paper_block
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import Chosen
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

PURPOSE_ESTIMATE = 2

ATOM_SHARE = 0.005
ATOM_ROWS = 5
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Conditional mean (m) and draws (draws, m) of a numeric child; NaN where a parent is missing."""

    mean: Array
    draws: Array
    borrowed: npt.NDArray[np.bool_]

    @property
    def draw(self) -> Array:
        """The first draw for each row."""
        first: Array = self.draws[0]
        return first


@kernel
def pick(weights: Single, count: int, lane: int, threshold: np.float32) -> int:
    """First point at which the cumulated weight exceeds the threshold; the last usable one at the latest."""
    running = np.float32(0.0)
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
def carried(form: int, level: float, half: float, factor: np.float32, residual: np.float32) -> float:
    """A donor's residual carried over to another level."""
    return level * float(factor) if form == RATIO else level + half * float(residual)


@kernel
def within(drawn: float, recorded: float, bounds: Array) -> float:
    """A draw that keeps to a bound many values lie on: its donors stay on it, and nothing lies beyond."""
    if recorded == bounds[0] or drawn < bounds[0]:
        return float(bounds[0])
    if recorded == bounds[1] or drawn > bounds[1]:
        return float(bounds[1])
    return drawn


def bounds_with_mass(values: Array) -> Array:
    """The least and the greatest value where many rows have it, else NaN.

    Such a bound is a time-out or a cap: a ratio or a sum with a residual would never land on it.
    """
    bounds = np.full(2, np.nan)
    if len(values):
        for end, bound in enumerate((float(values.min()), float(values.max()))):
            if np.count_nonzero(values == bound) >= max(ATOM_ROWS, ATOM_SHARE * len(values)):
                bounds[end] = bound
    return bounds


@kernel
def _distribution_block(
    fits: Fits, points: Points, bounds: Array, rows: Queries, uniform: Array, mean: Array, draws: Array
) -> None:
    """Write mean (n) and draws (draws, n), for uniform numbers likewise, of rows in tile order.

    Where draws keep to bounds, the mean is that of all draws. NaN without points to use.
    """
    form, most = fits.form, fits.point.shape[1]
    room = scratch(points.coordinates.shape[1], most)
    factors = np.zeros(most, np.float32)
    factor, residual = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    bounded = not (np.isnan(bounds[0]) and np.isnan(bounds[1]))
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = fits.size[tile], fits.centre[tile], fits.inverse[tile]
        chosen, residuals = fits.point[tile], fits.residual[tile]
        load_tile(chosen, count, points, form == RATIO, centre, inverse, room)
        load_features(count, room)
        middle, half = room.middle[0], room.half[0]
        if form == RATIO:
            for p in range(count):
                factors[p] = np.float32(exp(half * np.float64(residuals[p])))
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            weigh(count, fits.bandwidth[tile], room, wide)
            if form == RECORDED:
                average(room.shifted, count, room, room.mean, wide)
            else:
                local_linear(count, room, wide)
                average(residuals, count, room, residual, wide)
            if form == RATIO:
                average(factors, count, room, factor, wide)
            for lane in range(lanes):
                row = begin + lane
                if room.nearest[lane] >= FAR:
                    mean[row] = np.nan
                    draws[:, row] = np.nan
                    continue
                level = middle + half * float(room.mean[lane])
                if form != RECORDED:
                    level = min(max(level, middle - WIDEST * half), middle + WIDEST * half)
                mean[row] = level
                if form == RATIO:
                    level = exp(level - half * float(residual[lane]))
                    mean[row] = level * float(factor[lane])
                elif form == ADDITIVE:
                    level -= half * float(residual[lane])
                if bounded and form < RECORDED:
                    total = 0.0
                    for p in range(count):
                        weight = float(room.weights[p, lane])
                        if weight > 0.0:
                            drawn = carried(form, level, half, factors[p], residuals[p])
                            total += weight * within(drawn, points.child[chosen[p]], bounds)
                    mean[row] = total / float(room.total[lane])
                for draw in range(len(draws)):
                    threshold = np.float32(uniform[draw, row]) * room.total[lane]
                    donor = pick(room.weights, count, lane, threshold)
                    recorded = points.child[chosen[donor]]
                    if form == RECORDED:
                        draws[draw, row] = recorded
                    else:
                        drawn = carried(form, level, half, factors[donor], residuals[donor])
                        draws[draw, row] = within(drawn, recorded, bounds)
        first = end


def estimate(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    key: Key,
    estimator: Literal["distribution", "paper"] = "distribution",
    child: int = 0,
    chosen: Chosen | None = None,
    draws: int = 1,
) -> Estimate:
    """Mean and draws of a numeric child for m rows, or for the chosen ones of them.

    `paper` is the kernel regression alone, for both. A count with few values gets recorded donor values;
    integers with more are treated as continuous.
    """
    if index.children[child].discrete:
        raise ValueError("a category has frequencies, no mean: use class_frequencies")
    points = points_of(index, child)
    bounds = bounds_with_mass(points.child)
    paper = estimator == "paper"
    mean = np.full(len(row_ids) if chosen is None else len(chosen), np.nan)
    drawn = mean[None] if paper else np.full((draws, len(mean)), np.nan)

    def block(fits: Fits, queries: Queries, positions: Chosen, rows: Chosen) -> None:
        means = np.empty(len(rows))
        if paper:
            paper_block(fits, points, queries, means)
        else:
            ids, values = row_ids[rows], np.empty((draws, len(rows)))
            times = np.empty(len(rows), np.uint8)
            uniform = np.empty_like(values)
            for draw in range(draws):
                times[:] = draw
                uniform[draw] = uniforms(ids, key, times, PURPOSE_ESTIMATE)
            _distribution_block(fits, points, bounds, queries, uniform, means, values)
            drawn[:, positions] = values
        mean[positions] = means

    borrowed = for_rows_by_tile(index, child, parents, groups, chosen, block, kernel_mean=paper)
    return Estimate(mean, drawn, borrowed)
