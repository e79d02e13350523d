"""The paper's estimator alone: Nadaraya-Watson kernel regression in the row's tile (WISE, section 5.5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.regression import (
    FAR,
    LANES,
    average,
    load_points,
    load_queries,
    measure,
    padded,
    weigh,
    workspace,
)

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
    points = np.zeros((most, coordinates.shape[1]))
    values = np.zeros(most)
    point_groups = np.zeros(most, np.uint8)
    own = np.zeros(LANES, np.uint8)
    queries, distances, weights, _, lanes_of = workspace(coordinates.shape[1], most)
    nearest, total, mean = lanes_of[0], lanes_of[1], lanes_of[2]
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
            wide = padded(lanes)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            measure(points, point_groups, count, queries, own, distances, nearest, wide)
            weigh(distances, nearest, count, bandwidth[tile], weights, wide)
            average(weights, values, count, total, mean, wide)
            for lane in range(lanes):
                out[order[at + lane]] = mean[lane] if nearest[lane] < FAR else np.nan
