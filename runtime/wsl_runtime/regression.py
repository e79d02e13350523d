"""Local linear regression in a tile, by blocks of query rows (WISE, section 5.5, with a linear term).

The SIMD lanes are query rows of one tile; the loops run over the tile's points. The number of lanes is
rounded up to a whole vector: spare lanes repeat a query, and their results are not read.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp

LANES = 32  # of which a block uses a multiple of VECTOR
VECTOR = 8
AT_ONCE = 4  # points that one pass over the sums adds up
RIDGE = 0.05  # on slopes, in units of the points' variance in the tile
BANDWIDTHS = np.array([0.25, 0.5, 1.0, 2.0, 8.0])  # squared, in units of d times the tile's variance
TINY = 1e-12  # standard deviation, in grid units, below which a parent is constant
FAR = 1e300  # squared distance of points of the query's own group

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.uint8]
Work = tuple[Array, Array, Array, Array, Array]


@kernel
def padded(lanes: int) -> int:
    """Lanes rounded up to whole vectors."""
    return -(-lanes // VECTOR) * VECTOR


@kernel
def feature_table(dimensions: int, most: int) -> Array:
    """Room for what `load_features` writes."""
    return np.zeros((most + AT_ONCE, 2 + 2 * dimensions + dimensions * (dimensions + 1) // 2))


@kernel
def workspace(dimensions: int, most: int) -> Work:
    """Scratch arrays of a block: queries, distances, weights, moments and means, all by lane."""
    return (
        np.zeros((dimensions, LANES)),
        np.zeros((most, LANES)),
        np.zeros((most + AT_ONCE, LANES)),
        np.zeros((2 + 2 * dimensions + dimensions * (dimensions + 1) // 2, LANES)),
        np.zeros((4, LANES)),
    )


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
def load_points(
    chosen: npt.NDArray[np.int32],
    count: int,
    coordinates: npt.NDArray[np.float32],
    inverse: Array,
    points: Array,
) -> None:
    """Write a tile's points (points, parents), scaled by the inverse deviations."""
    for p in range(count):
        for j in range(coordinates.shape[1]):
            points[p, j] = np.float64(coordinates[chosen[p], j]) * inverse[j]


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
    """Write coordinates (parents, lanes) and groups of rows of one tile; spare lanes repeat the last row."""
    for lane in range(padded(lanes)):
        row = rows[begin + min(lane, lanes - 1)]
        own[lane] = groups[row]
        for j in range(queries.shape[0]):
            queries[j, lane] = np.float64(wanted[row, j]) * inverse[j]


@kernel
def load_features(points: Array, values: Array, count: int, features: Array) -> None:
    """Write what `local_linear` sums of every point: 1, y, x, xy and the products of the x."""
    dimensions = points.shape[1]
    for p in range(count):
        features[p, 0] = 1.0
        features[p, 1] = values[p]
        at = 2 + 2 * dimensions
        for j in range(dimensions):
            features[p, 2 + j] = points[p, j]
            features[p, 2 + dimensions + j] = points[p, j] * values[p]
            for k in range(j + 1):
                features[p, at] = points[p, j] * points[p, k]
                at += 1


@kernel
def measure(
    points: Array,
    point_groups: Groups,
    count: int,
    queries: Array,
    own: Groups,
    distances: Array,
    nearest: Array,
    lanes: int,
) -> None:
    """Squared distances[point, lane], beyond reach for points of the query's own group; nearest per lane."""
    dimensions = points.shape[1]
    for lane in range(lanes):
        nearest[lane] = FAR
    for p in range(count):
        row = distances[p]
        group = point_groups[p]
        for lane in range(lanes):
            row[lane] = FAR if own[lane] == group else 0.0
        for j in range(0, dimensions - 1, 2):
            x, y = points[p, j], points[p, j + 1]
            to_x, to_y = queries[j], queries[j + 1]
            for lane in range(lanes):
                row[lane] += (x - to_x[lane]) * (x - to_x[lane]) + (y - to_y[lane]) * (y - to_y[lane])
        if dimensions % 2:
            x = points[p, dimensions - 1]
            to_x = queries[dimensions - 1]
            for lane in range(lanes):
                row[lane] += (x - to_x[lane]) * (x - to_x[lane])
        for lane in range(lanes):
            nearest[lane] = min(nearest[lane], row[lane])


@kernel
def weigh(distances: Array, nearest: Array, count: int, bandwidth: float, weights: Array, lanes: int) -> None:
    """Gaussian weights relative to the nearest usable point, so that they never all vanish."""
    factor = -0.5 / bandwidth
    for p in range(count):
        row = distances[p]
        out = weights[p]
        for lane in range(lanes):
            weight = exp((row[lane] - nearest[lane]) * factor)
            out[lane] = weight if row[lane] < FAR else 0.0


@kernel
def average(weights: Array, values: Array, count: int, total: Array, mean: Array, lanes: int) -> None:
    """Weighted mean of the points' values and total weight, per lane (Nadaraya-Watson)."""
    for lane in range(lanes):
        total[lane] = 0.0
        mean[lane] = 0.0
    for p in range(count):
        y = values[p]
        row = weights[p]
        for lane in range(lanes):
            total[lane] += row[lane]
            mean[lane] += row[lane] * y
    for lane in range(lanes):
        mean[lane] = mean[lane] / total[lane]


@kernel
def local_linear(
    features: Array,
    count: int,
    queries: Array,
    weights: Array,
    sums: Array,
    total: Array,
    mean: Array,
    lanes: int,
) -> None:
    """Local linear means at the queries for given weights, slopes shrunk by the ridge.

    The weighted covariances of the points do not depend on where the query lies, so that the products of the
    parents are formed once a tile and not once a query.
    """
    size = sums.shape[0]
    for f in range(size):
        for lane in range(lanes):
            sums[f, lane] = 0.0
    for p in range(count, count + AT_ONCE):
        for lane in range(lanes):
            weights[p, lane] = 0.0
        features[p, :] = 0.0
    for p in range(0, count, AT_ONCE):
        w0, w1, w2, w3 = weights[p], weights[p + 1], weights[p + 2], weights[p + 3]
        for f in range(size):
            f0, f1, f2, f3 = features[p, f], features[p + 1, f], features[p + 2, f], features[p + 3, f]
            out = sums[f]
            for lane in range(lanes):
                out[lane] += ((w0[lane] * f0 + w1[lane] * f1) + w2[lane] * f2) + w3[lane] * f3
    for f in range(1, size):
        for lane in range(lanes):
            sums[f, lane] /= sums[0, lane]
    for lane in range(lanes):
        total[lane] = sums[0, lane]
        mean[lane] = sums[1, lane]
    dimensions = queries.shape[0]
    _solve(dimensions, sums, sums[2 + dimensions :], sums[2 + 2 * dimensions :], lanes)
    for j in range(dimensions):
        for lane in range(lanes):
            mean[lane] += sums[2 + dimensions + j, lane] * (queries[j, lane] - sums[2 + j, lane])


@kernel
def _solve(dimensions: int, sums: Array, cross: Array, second: Array, lanes: int) -> None:
    """Turn `cross` into ridge slopes: Cholesky of the centred moments, lane by lane."""
    at = 0
    for j in range(dimensions):
        for lane in range(lanes):
            cross[j, lane] -= sums[2 + j, lane] * sums[1, lane]
        for k in range(j + 1):
            for lane in range(lanes):
                second[at, lane] -= sums[2 + j, lane] * sums[2 + k, lane]
            if j == k:
                for lane in range(lanes):
                    second[at, lane] = max(second[at, lane], 0.0) + RIDGE
            at += 1
    for j in range(dimensions):
        row = j * (j + 1) // 2
        for k in range(j):
            column = k * (k + 1) // 2
            for i in range(k):
                for lane in range(lanes):
                    second[row + k, lane] -= second[row + i, lane] * second[column + i, lane]
            for lane in range(lanes):
                second[row + k, lane] /= second[column + k, lane]
        for i in range(j):
            for lane in range(lanes):
                second[row + j, lane] -= second[row + i, lane] * second[row + i, lane]
                cross[j, lane] -= second[row + i, lane] * cross[i, lane]
        for lane in range(lanes):
            second[row + j, lane] = np.sqrt(max(second[row + j, lane], RIDGE))
            cross[j, lane] /= second[row + j, lane]
    for j in range(dimensions - 1, -1, -1):
        for k in range(j + 1, dimensions):
            row = k * (k + 1) // 2
            for lane in range(lanes):
                cross[j, lane] -= second[row + j, lane] * cross[k, lane]
        diagonal = j * (j + 1) // 2 + j
        for lane in range(lanes):
            cross[j, lane] /= second[diagonal, lane]


@kernel
def leave_group_out(
    points: Array,
    values: Array,
    groups: Groups,
    count: int,
    bandwidths: Array,
    classes: bool,
    bounds: tuple[float, float],
    work: Work,
    features: Array,
    fitted: Array,
    errors: Array,
) -> None:
    """Fit every point without its own group, for several bandwidths at once.

    Writes fitted[bandwidth, point], NaN where no point is left, and the sums of squared errors of the local
    linear fit errors[0, bandwidth] and of the kernel mean errors[1, bandwidth]. Where values are `classes`,
    the latter are those of the frequency of the point's own class.
    """
    queries, distances, weights, sums, lanes_of = work
    nearest, total, mean = lanes_of[0], lanes_of[1], lanes_of[2]
    own = np.zeros(LANES, np.uint8)
    load_features(points, values, count, features)
    errors[:] = 0.0
    for begin in range(0, count, LANES):
        lanes = min(LANES, count - begin)
        wide = padded(lanes)
        for lane in range(wide):
            p = min(begin + lane, count - 1)
            own[lane] = groups[p]
            for j in range(points.shape[1]):
                queries[j, lane] = points[p, j]
        measure(points, groups, count, queries, own, distances, nearest, wide)
        for b in range(len(bandwidths)):
            weigh(distances, nearest, count, bandwidths[b], weights, wide)
            local_linear(features, count, queries, weights, sums, total, mean, wide)
            for lane in range(lanes):
                if nearest[lane] >= FAR:
                    fitted[b, begin + lane] = np.nan
                    continue
                y = values[begin + lane]
                fit = min(max(mean[lane], bounds[0]), bounds[1])
                fitted[b, begin + lane] = fit
                errors[0, b] += (y - fit) * (y - fit)
                miss = y - sums[1, lane]
                if classes:
                    miss = 1.0
                    for p in range(count):
                        if values[p] == y:
                            miss -= weights[p, lane] / total[lane]
                errors[1, b] += miss * miss
