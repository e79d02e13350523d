"""The paper's estimator alone: Nadaraya-Watson kernel regression in the row's tile (WISE, section 5.5)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.regression import (
    FAR,
    LANES,
    Fits,
    Points,
    Queries,
    average,
    load_queries,
    load_tile,
    measure,
    padded,
    run_end,
    scratch,
    weigh,
)

Array = npt.NDArray[np.float64]


@kernel
def paper_block(fits: Fits, points: Points, rows: Queries, out: Array) -> None:
    """Write the kernel-weighted mean of the child for rows in tile order; NaN without points to use."""
    room = scratch(points.coordinates.shape[1], fits.point.shape[1])
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = fits.size[tile], fits.centre[tile], fits.inverse[tile]
        load_tile(fits.point[tile], count, points, False, centre, inverse, room)
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            weigh(count, fits.bandwidth[tile], room, wide)
            average(room.shifted, count, room, room.mean, wide)
            for lane in range(lanes):
                usable = room.nearest[lane] < FAR
                mean = room.middle[0] + room.half[0] * np.float64(room.mean[lane])
                out[begin + lane] = mean if usable else np.nan
        first = end
