"""Local linear regression in tiles, with bandwidths and residuals by leave-own-group-out (WISE, 5.5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp

RIDGE = 0.05  # on slopes, in units of the points' variance in the tile
LANES = 32
BANDWIDTHS = np.array([0.25, 0.5, 1.0, 2.0, 8.0])  # squared, in units of d times the tile's variance
TINY = 1e-12  # standard deviation, in grid units, below which a parent is constant
SPREAD = 0.25  # a mean stays within the tile's range widened by this share of it

Array = npt.NDArray[np.float64]


@kernel
def weigh(
    points: Array,
    point_groups: npt.NDArray[np.uint8],
    count: int,
    queries: Array,
    own: npt.NDArray[np.uint8],
    lanes: int,
    bandwidth: float,
    weights: Array,
    nearest: Array,
) -> None:
    """Gaussian weights[point, lane] of points for queries, 0 for the query's own group.

    Relative to the nearest usable point, so that they never all vanish; all 0 only where no point is usable.
    """
    dimensions = points.shape[0]
    for lane in range(lanes):
        nearest[lane] = np.inf
    for p in range(count):
        for lane in range(lanes):
            weights[p, lane] = 0.0
        for j in range(dimensions):
            x = points[j, p]
            for lane in range(lanes):
                step = x - queries[j, lane]
                weights[p, lane] += step * step
        group = point_groups[p]
        for lane in range(lanes):
            distance = np.inf if own[lane] == group else weights[p, lane]
            weights[p, lane] = distance
            nearest[lane] = min(nearest[lane], distance)
    factor = -0.5 / bandwidth
    for p in range(count):
        for lane in range(lanes):
            distance = weights[p, lane]
            closest = nearest[lane]
            # far beyond exp's range where the point is unusable; no NaN where none is usable
            excess = distance - closest if distance < np.inf else 1e9
            weights[p, lane] = exp(excess * factor) if distance < np.inf else 0.0


@kernel
def average(weights: Array, values: Array, count: int, lanes: int, total: Array, mean: Array) -> None:
    """Weighted mean of the points' values and total weight, per lane (Nadaraya-Watson)."""
    for lane in range(lanes):
        total[lane] = 0.0
        mean[lane] = 0.0
    for p in range(count):
        y = values[p]
        for lane in range(lanes):
            total[lane] += weights[p, lane]
            mean[lane] += weights[p, lane] * y
    for lane in range(lanes):
        mean[lane] = mean[lane] / total[lane]


@kernel
def local_linear(
    points: Array,
    values: Array,
    count: int,
    queries: Array,
    weights: Array,
    lanes: int,
    scratch: tuple[Array, Array, Array, Array],
    total: Array,
    mean: Array,
) -> None:
    """Local linear means at the queries for given weights, slopes shrunk by the ridge."""
    dimensions = points.shape[0]
    average(weights, values, count, lanes, total, mean)
    first, second, cross, step = scratch
    for j in range(dimensions):
        for lane in range(lanes):
            first[j, lane] = 0.0
            cross[j, lane] = 0.0
    for j in range(dimensions * (dimensions + 1) // 2):
        for lane in range(lanes):
            second[j, lane] = 0.0
    for p in range(count):
        y = values[p]
        for j in range(dimensions):
            x = points[j, p]
            for lane in range(lanes):
                moved = x - queries[j, lane]
                step[j, lane] = moved
                weighted = weights[p, lane] * moved
                first[j, lane] += weighted
                cross[j, lane] += weighted * (y - mean[lane])
        at = 0
        for j in range(dimensions):
            for k in range(j + 1):
                for lane in range(lanes):
                    second[at, lane] += weights[p, lane] * step[j, lane] * step[k, lane]
                at += 1
    _solve(dimensions, lanes, scratch, total, mean)


@kernel
def _solve(
    dimensions: int, lanes: int, scratch: tuple[Array, Array, Array, Array], total: Array, mean: Array
) -> None:
    """Correct the weighted means by ridge slopes: Cholesky of the centred moments, lane by lane."""
    first, second, cross, _ = scratch
    for j in range(dimensions):
        for lane in range(lanes):
            first[j, lane] /= total[lane]
            cross[j, lane] /= total[lane]
    at = 0
    for j in range(dimensions):
        for k in range(j + 1):
            for lane in range(lanes):
                moment = second[at, lane] / total[lane] - first[j, lane] * first[k, lane]
                second[at, lane] = moment + RIDGE if j == k else moment
            at += 1
    for j in range(dimensions):
        row = j * (j + 1) // 2
        for k in range(j + 1):
            column = k * (k + 1) // 2
            for i in range(k):
                for lane in range(lanes):
                    second[row + k, lane] -= second[row + i, lane] * second[column + i, lane]
            for lane in range(lanes):
                if j == k:
                    second[row + k, lane] = np.sqrt(max(second[row + k, lane], RIDGE))
                else:
                    second[row + k, lane] /= second[column + k, lane]
        for k in range(j):
            for lane in range(lanes):
                cross[j, lane] -= second[row + k, lane] * cross[k, lane]
        for lane in range(lanes):
            cross[j, lane] /= second[row + j, lane]
    for j in range(dimensions - 1, -1, -1):
        for k in range(j + 1, dimensions):
            row = k * (k + 1) // 2
            for lane in range(lanes):
                cross[j, lane] -= second[row + j, lane] * cross[k, lane]
        diagonal = j * (j + 1) // 2 + j
        for lane in range(lanes):
            cross[j, lane] /= second[diagonal, lane]
            mean[lane] -= cross[j, lane] * first[j, lane]


@kernel
def load_points(
    chosen: npt.NDArray[np.int32],
    count: int,
    coordinates: npt.NDArray[np.float32],
    inverse: Array,
    points: Array,
) -> None:
    """Write the tile's points (parents, points), scaled by the inverse deviations."""
    for j in range(coordinates.shape[1]):
        for p in range(count):
            points[j, p] = np.float64(coordinates[chosen[p], j]) * inverse[j]


@kernel
def scale_points(
    chosen: npt.NDArray[np.int32],
    count: int,
    coordinates: npt.NDArray[np.float32],
    inverse: Array,
    points: Array,
) -> None:
    """Write the parents' inverse standard deviations (0 where constant), and the points scaled by them."""
    for j in range(coordinates.shape[1]):
        mean = 0.0
        for p in range(count):
            mean += np.float64(coordinates[chosen[p], j])
        mean /= max(count, 1)
        square = 0.0
        for p in range(count):
            step = np.float64(coordinates[chosen[p], j]) - mean
            square += step * step
        deviation = np.sqrt(square / max(count, 1))
        inverse[j] = 1.0 / deviation if deviation > TINY else 0.0
    load_points(chosen, count, coordinates, inverse, points)


@kernel
def leave_group_out(
    points: Array,
    values: Array,
    groups: npt.NDArray[np.uint8],
    count: int,
    bandwidth: float,
    linear: bool,
    work: tuple[Array, Array, Array, Array, Array, Array, Array, Array],
    bounds: tuple[float, float],
    fitted: Array,
) -> float:
    """Mean squared error of the fit at every point without its own group; NaN fits where no point is left."""
    weights, nearest, total, mean, first, second, cross, step = work
    queries = np.empty((points.shape[0], LANES))
    own = np.empty(LANES, np.uint8)
    error = 0.0
    used = 0
    for begin in range(0, count, LANES):
        lanes = min(LANES, count - begin)
        for lane in range(lanes):
            own[lane] = groups[begin + lane]
            for j in range(points.shape[0]):
                queries[j, lane] = points[j, begin + lane]
        weigh(points, groups, count, queries, own, lanes, bandwidth, weights, nearest)
        if linear:
            local_linear(
                points, values, count, queries, weights, lanes, (first, second, cross, step), total, mean
            )
        else:
            average(weights, values, count, lanes, total, mean)
        for lane in range(lanes):
            if nearest[lane] < np.inf:
                fit = min(max(mean[lane], bounds[0]), bounds[1])
                fitted[begin + lane] = fit
                error += (values[begin + lane] - fit) ** 2
                used += 1
            else:
                fitted[begin + lane] = np.nan
    return error / used if used else np.inf


@kernel
def workspace(dimensions: int, most: int) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array]:
    """Scratch arrays of a block: weights, nearest, total, mean, and the moments of local_linear."""
    return (
        np.empty((most, LANES)),
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
        np.empty((dimensions, LANES)),
        np.empty((dimensions * (dimensions + 1) // 2, LANES)),
        np.empty((dimensions, LANES)),
        np.empty((dimensions, LANES)),
    )
