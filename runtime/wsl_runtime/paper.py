"""The paper's estimator alone: Nadaraya-Watson kernel regression in the row's tile (WISE, section 5.5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.regression import LANES, average, load_points, weigh

Array = npt.NDArray[np.float64]


@kernel
def paper_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    query: tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]],
    out: Array,
    begin: int,
    end: int,
) -> None:
    """Write the kernel-weighted mean of the child for the rows of tiles begin..end."""
    counts, chosen, inverse, bandwidth = fit
    groups, coordinates, child = data
    wanted, query_groups = query
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.empty((dimensions, most))
    values = np.empty(most)
    point_groups = np.empty(most, np.uint8)
    queries = np.empty((dimensions, LANES))
    own = np.empty(LANES, np.uint8)
    weights = np.empty((most, LANES))
    nearest = np.empty(LANES)
    total = np.empty(LANES)
    mean = np.empty(LANES)
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
            values[p] = child[chosen[tile, p]]
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            for lane in range(lanes):
                row = order[at + lane]
                own[lane] = query_groups[row]
                for j in range(dimensions):
                    queries[j, lane] = np.float64(wanted[row, j]) * inverse[tile, j]
            weigh(points, point_groups, count, queries, own, lanes, bandwidth[tile], weights, nearest)
            average(weights, values, count, lanes, total, mean)
            for lane in range(lanes):
                out[order[at + lane]] = mean[lane] if nearest[lane] < np.inf else np.nan
