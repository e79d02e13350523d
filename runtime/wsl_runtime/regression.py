"""Local linear regression in a tile, by blocks of query rows (WISE, section 5.5, with a linear term).

The SIMD lanes are query rows of one tile; the loops run over the tile's points. The number of lanes is
rounded up to what fills vectors: spare lanes repeat a query, and their results are not read.
Single precision suffices, for points, queries and values are relative to the tile's centre.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp_single, log

LANES = 64  # of which a block uses 8, 16, 32 or all
AT_ONCE = 8  # points that one pass over the sums adds up
RIDGE = 0.05  # on slopes, in units of the points' variance in the tile
BANDWIDTHS = np.array([0.25, 0.5, 1.0, 2.0, 8.0])  # squared, in units of d times the tile's variance
TINY = 1e-12  # standard deviation, in grid units, below which a parent is constant

F32 = np.float32
Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Groups = npt.NDArray[np.uint8]

FAR = F32(1e30)  # squared distance of points of the query's own group
_ZERO = F32(0.0)
_ONE = F32(1.0)
_TWO = F32(2.0)
_HALF = F32(-0.5)
_RIDGE = F32(RIDGE)
_LEAST = F32(-60.0)  # of an exponent: products of weights stay normal numbers


class Points(NamedTuple):
    """What regressions read of an index: group, coordinates (points, numeric parents) and child, by point."""

    groups: Groups
    coordinates: Single
    child: Array


class Queries(NamedTuple):
    """Rows that ask: tile, coordinates (rows, numeric parents) and group of each; `order` is by tile."""

    order: npt.NDArray[np.integer[Any]]
    tile: npt.NDArray[np.int32]
    coordinates: Single
    groups: Groups


class Fits(NamedTuple):
    """Per tile: its at most `nmax` points in order of their residuals, and the regression's constants.

    `size` points at `point` (tiles, nmax) among the index's, with their `residual` in units of half the
    range of the tile's values (their logarithms for ratios); `centre` and `inverse` (tiles, numeric parents)
    mean and 1 / standard deviation in the tile, 0 where constant; `bandwidth` squared, in those units.
    """

    form: int
    size: npt.NDArray[np.int32]
    point: npt.NDArray[np.int32]
    residual: Single
    centre: Single
    inverse: Single
    bandwidth: Single


class Scratch(NamedTuple):
    """One tile's points, and one block of query rows: arrays by point, or by (what, lane).

    `values` are the child's, or their logarithms: middle[0] + half[0] * `shifted`, the middle of their range
    and half its width, so that -1 <= shifted <= 1 whatever their size.
    """

    points: Single
    groups: Groups
    values: Array
    shifted: Single
    middle: Array
    half: Array
    features: Single
    queries: Single
    own: Groups
    distances: Single
    weights: Single
    sums: Single
    nearest: Single
    total: Single
    mean: Single


@kernel
def padded(lanes: int) -> int:
    """Lanes rounded up to whole vectors; with fewer than 32 the compiler's loops use fewer of these."""
    return 8 if lanes <= 8 else 16 if lanes <= 16 else -(-lanes // 32) * 32


@kernel
def scratch(dimensions: int, most: int) -> Scratch:
    """Room for a tile of at most so many points with so many numeric parents, all of which may be queries."""
    width = max(LANES, padded(most))
    size = 2 + 2 * dimensions + dimensions * (dimensions + 1) // 2
    return Scratch(
        np.zeros((most, dimensions), np.float32),
        np.zeros(most, np.uint8),
        np.zeros(most),
        np.zeros(most, np.float32),
        np.zeros(1),
        np.ones(1),
        np.zeros((most + AT_ONCE, size), np.float32),
        np.zeros((dimensions, width), np.float32),
        np.zeros(width, np.uint8),
        np.zeros((most, width), np.float32),
        np.zeros((most + AT_ONCE, width), np.float32),
        np.zeros((size, width), np.float32),
        np.zeros(width, np.float32),
        np.zeros(width, np.float32),
        np.zeros(width, np.float32),
    )


@kernel
def run_end(rows: Queries, begin: int) -> int:
    """Where the rows of the tile of the row at place `begin` of the order end."""
    tile = rows.tile[rows.order[begin]]
    end = begin + 1
    while end < len(rows.order) and rows.tile[rows.order[end]] == tile:
        end += 1
    return end


@kernel
def scale_points(
    chosen: npt.NDArray[np.int32], count: int, coordinates: Single, centre: Single, inverse: Single
) -> None:
    """Write means and inverse standard deviations (0 where constant) of the chosen points' parents."""
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
        centre[j] = F32(mean)
        inverse[j] = F32(1.0 / deviation) if deviation > TINY else _ZERO


@kernel
def load_tile(
    chosen: npt.NDArray[np.int32],
    count: int,
    points: Points,
    logarithms: bool,
    centre: Single,
    inverse: Single,
    to: Scratch,
) -> None:
    """Write the chosen points: scaled coordinates, groups, and values or their logarithms."""
    for p in range(count):
        at = chosen[p]
        to.groups[p] = points.groups[at]
        to.values[p] = points.child[at]
        for j in range(len(centre)):
            to.points[p, j] = (points.coordinates[at, j] - centre[j]) * inverse[j]
    if logarithms:
        for p in range(count):
            to.values[p] = log(to.values[p])
    smallest, largest = (to.values[0], to.values[0]) if count else (0.0, 0.0)
    for p in range(1, count):
        smallest = min(smallest, to.values[p])
        largest = max(largest, to.values[p])
    to.middle[0] = smallest / 2 + largest / 2
    to.half[0] = largest / 2 - smallest / 2 if largest > smallest else 1.0
    for p in range(count):
        to.shifted[p] = F32((to.values[p] - to.middle[0]) / to.half[0])


@kernel
def load_features(count: int, to: Scratch) -> None:
    """Write what `local_linear` sums of every point: 1, y, x, xy, products of the x; then empty points."""
    points, features = to.points, to.features
    dimensions = points.shape[1]
    for p in range(count):
        y = to.shifted[p]
        features[p, 0] = _ONE
        features[p, 1] = y
        at = 2 + 2 * dimensions
        for j in range(dimensions):
            features[p, 2 + j] = points[p, j]
            features[p, 2 + dimensions + j] = points[p, j] * y
            for k in range(j + 1):
                features[p, at] = points[p, j] * points[p, k]
                at += 1
    features[count : count + AT_ONCE] = _ZERO
    to.weights[count : count + AT_ONCE] = _ZERO


@kernel
def load_queries(rows: Queries, begin: int, end: int, centre: Single, inverse: Single, to: Scratch) -> int:
    """Write a block of rows of one tile, that ends at place `end` of the order; how many there are."""
    lanes = min(LANES, end - begin)
    for lane in range(padded(lanes)):
        row = rows.order[begin + min(lane, lanes - 1)]
        to.own[lane] = rows.groups[row]
        for j in range(len(centre)):
            to.queries[j, lane] = (rows.coordinates[row, j] - centre[j]) * inverse[j]
    return lanes


@kernel
def measure(count: int, at: Scratch, lanes: int) -> None:
    """Squared distances, less what they share, by (point, lane); and the nearest usable point's, by lane.

    Points of the query's own group are beyond reach. |q - p|**2 is p.p - 2 q.p but for q.q, which a lane's
    points share.
    """
    dimensions = at.points.shape[1]
    nearest, own = at.nearest, at.own
    for lane in range(lanes):
        nearest[lane] = FAR
    for p in range(count):
        row = at.distances[p]
        square = _ZERO
        for j in range(dimensions):
            square += at.points[p, j] * at.points[p, j]
        for lane in range(lanes):
            row[lane] = square
        for j in range(0, dimensions - 1, 2):
            x, y = _TWO * at.points[p, j], _TWO * at.points[p, j + 1]
            to_x, to_y = at.queries[j], at.queries[j + 1]
            for lane in range(lanes):
                row[lane] -= x * to_x[lane] + y * to_y[lane]
        if dimensions % 2:
            x = _TWO * at.points[p, dimensions - 1]
            to_x = at.queries[dimensions - 1]
            for lane in range(lanes):
                row[lane] -= x * to_x[lane]
        group = at.groups[p]
        for lane in range(lanes):
            row[lane] = FAR if own[lane] == group else row[lane]
            nearest[lane] = min(nearest[lane], row[lane])


@kernel
def weigh(count: int, bandwidth: F32, at: Scratch, lanes: int) -> None:
    """Gaussian weights relative to the nearest usable point, so that they never all vanish."""
    factor = _HALF / bandwidth
    nearest = at.nearest
    for p in range(count):
        row = at.distances[p]
        out = at.weights[p]
        for lane in range(lanes):
            weight = exp_single(max((row[lane] - nearest[lane]) * factor, _LEAST))
            out[lane] = weight if row[lane] < FAR else _ZERO


@kernel
def average(values: Single, count: int, at: Scratch, mean: Single, lanes: int) -> None:
    """Weighted mean of the points' values, and the total weight, by lane (Nadaraya-Watson)."""
    total = at.total
    for lane in range(lanes):
        total[lane] = _ZERO
        mean[lane] = _ZERO
    for p in range(count):
        y = values[p]
        row = at.weights[p]
        for lane in range(lanes):
            total[lane] += row[lane]
            mean[lane] += row[lane] * y
    for lane in range(lanes):
        mean[lane] = mean[lane] / total[lane]


@kernel
def local_linear(count: int, at: Scratch, lanes: int) -> None:
    """Local linear means of the shifted values at the queries, slopes shrunk by the ridge; `total` weights.

    The weighted covariances of the points do not depend on where the query lies, so that the products of the
    parents are formed once a tile and not once a query.
    """
    sums, features, weights, total, mean = at.sums, at.features, at.weights, at.total, at.mean
    size = sums.shape[0]
    for f in range(size):
        for lane in range(lanes):
            sums[f, lane] = _ZERO
    for p in range(0, count, AT_ONCE):
        w0, w1, w2, w3 = weights[p], weights[p + 1], weights[p + 2], weights[p + 3]
        w4, w5, w6, w7 = weights[p + 4], weights[p + 5], weights[p + 6], weights[p + 7]
        for f in range(size):
            f0, f1, f2, f3 = features[p, f], features[p + 1, f], features[p + 2, f], features[p + 3, f]
            f4, f5, f6, f7 = features[p + 4, f], features[p + 5, f], features[p + 6, f], features[p + 7, f]
            out = sums[f]
            for lane in range(lanes):
                first = (w0[lane] * f0 + w1[lane] * f1) + (w2[lane] * f2 + w3[lane] * f3)
                second = (w4[lane] * f4 + w5[lane] * f5) + (w6[lane] * f6 + w7[lane] * f7)
                out[lane] += first + second
    for lane in range(lanes):
        total[lane] = sums[0, lane]
        sums[0, lane] = _ONE / total[lane]
    for f in range(1, size):
        for lane in range(lanes):
            sums[f, lane] *= sums[0, lane]
    for lane in range(lanes):
        mean[lane] = sums[1, lane]
    dimensions = at.queries.shape[0]
    _solve(dimensions, sums, sums[2 + dimensions :], sums[2 + 2 * dimensions :], lanes)
    for j in range(dimensions):
        for lane in range(lanes):
            mean[lane] += sums[2 + dimensions + j, lane] * (at.queries[j, lane] - sums[2 + j, lane])


@kernel
def _solve(dimensions: int, sums: Single, cross: Single, second: Single, lanes: int) -> None:
    """Turn `cross` into ridge slopes: Cholesky of the centred moments (inverse diagonal), lane by lane."""
    at = 0
    for j in range(dimensions):
        for lane in range(lanes):
            cross[j, lane] -= sums[2 + j, lane] * sums[1, lane]
        for k in range(j + 1):
            for lane in range(lanes):
                second[at, lane] -= sums[2 + j, lane] * sums[2 + k, lane]
            if j == k:
                for lane in range(lanes):
                    second[at, lane] = max(second[at, lane], _ZERO) + _RIDGE
            at += 1
    for j in range(dimensions):
        row = j * (j + 1) // 2
        for k in range(j):
            column = k * (k + 1) // 2
            for i in range(k):
                for lane in range(lanes):
                    second[row + k, lane] -= second[row + i, lane] * second[column + i, lane]
            for lane in range(lanes):
                second[row + k, lane] *= second[column + k, lane]
        for i in range(j):
            for lane in range(lanes):
                second[row + j, lane] -= second[row + i, lane] * second[row + i, lane]
                cross[j, lane] -= second[row + i, lane] * cross[i, lane]
        for lane in range(lanes):
            second[row + j, lane] = _ONE / np.sqrt(max(second[row + j, lane], _RIDGE))
            cross[j, lane] *= second[row + j, lane]
    for j in range(dimensions - 1, -1, -1):
        for k in range(j + 1, dimensions):
            row = k * (k + 1) // 2
            for lane in range(lanes):
                cross[j, lane] -= second[row + j, lane] * cross[k, lane]
        diagonal = j * (j + 1) // 2 + j
        for lane in range(lanes):
            cross[j, lane] *= second[diagonal, lane]


@kernel
def measure_points(count: int, at: Scratch) -> int:
    """Measure from every loaded point as a query; the number of lanes that takes."""
    wide = padded(count)
    for lane in range(wide):
        p = min(lane, count - 1)
        at.own[lane] = at.groups[p]
        for j in range(at.points.shape[1]):
            at.queries[j, lane] = at.points[p, j]
    measure(count, at, wide)
    return wide


@kernel
def leave_group_out(
    count: int, bandwidths: Array, linear: bool, classes: bool, widest: float, at: Scratch, fitted: Array
) -> int:
    """Fit every loaded point without its own group; the bandwidth with the least error, or a local least one.

    By local linear regression, or else by the kernel mean. Writes fitted[bandwidth, point], shifted and at
    most `widest`, NaN where no point is left, for the bandwidths that were tried: from the middle one on
    while the sum of squared errors falls. For `classes` errors are those of the frequency of the own class.
    """
    wide = measure_points(count, at)
    best = len(bandwidths) // 2
    least = left_out(count, bandwidths[best], linear, classes, widest, at, wide, fitted[best])
    for step in (-1, 1):
        moved = False
        b = best + step
        while 0 <= b < len(bandwidths):
            error = left_out(count, bandwidths[b], linear, classes, widest, at, wide, fitted[b])
            if not error < least:
                break
            best, least, moved = b, error, True
            b += step
        if moved:
            break
    return best


@kernel
def left_out(
    count: int,
    bandwidth: float,
    linear: bool,
    classes: bool,
    widest: float,
    at: Scratch,
    wide: int,
    fitted: Array,
) -> float:
    """Fit every measured point with one bandwidth; the sum of squared errors."""
    weigh(count, F32(bandwidth), at, wide)
    if linear:
        local_linear(count, at, wide)
    else:
        average(at.shifted, count, at, at.mean, wide)
    errors = 0.0
    for p in range(count):
        if at.nearest[p] >= FAR:
            fitted[p] = np.nan
            continue
        fit = min(max(float(at.mean[p]), -widest), widest)
        fitted[p] = fit
        miss = float(at.shifted[p]) - fit
        if classes:
            miss = 1.0 - _share(at.values[p], count, p, at)
        errors += miss * miss
    return errors


@kernel
def _share(value: float, count: int, lane: int, at: Scratch) -> float:
    """Kernel-weighted frequency of a value."""
    weight = 0.0
    for p in range(count):
        if at.values[p] == value:
            weight += float(at.weights[p, lane])
    return weight / float(at.total[lane])
