"""RADIAL: observed values drawn with Gaussian weights around a requested value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.elementary import exp_array as exp
from wsl_runtime.philox import Key, uniforms

Array = npt.NDArray[np.float64]
PURPOSE_RADIAL = 201
TRIES = 64
REACH = 4.0  # bandwidths beyond which a Gaussian weight is below 1/2980


def silverman(ordered: Array) -> float:
    """Silverman's bandwidth, 0.9 min(sd, IQR / 1.34) n^(-1/5), of sorted values (1986, equation 3.31)."""
    if len(ordered) < 2:
        return 0.0
    deviation = float(np.sqrt(np.mean((ordered - ordered.mean()) ** 2)))
    low, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.25, 0.75))
    spread = min(deviation, float(high - low) / 1.34) or deviation
    return float(0.9 * spread * float(len(ordered)) ** -0.2)


def draw_near(
    ordered: Array,
    wanted: Array,
    bandwidth: float,
    row_ids: npt.NDArray[np.uint64],
    key: Key,
    times: npt.NDArray[np.uint8],
) -> Array:
    """One of the sorted observed values for each row, with probability proportional to its Gaussian weight.

    By rejection: a uniform value among those within four bandwidths is accepted with its weight, at most 64
    times; where none is near, the nearest. NaN where nothing is wanted.
    """
    result = np.full(len(wanted), np.nan)
    if not len(ordered):
        return result
    open_rows = np.flatnonzero(~np.isnan(wanted))
    result[open_rows] = _nearest(ordered, wanted[open_rows])
    low = np.searchsorted(ordered, wanted - REACH * bandwidth, side="left")
    high = np.searchsorted(ordered, wanted + REACH * bandwidth, side="right")
    open_rows = open_rows[high[open_rows] > low[open_rows]] if bandwidth > 0 else open_rows[:0]
    for attempt in range(TRIES):
        if not len(open_rows):
            break
        place = uniforms(row_ids[open_rows], key, times[open_rows], PURPOSE_RADIAL + 2 * attempt)
        accept = uniforms(row_ids[open_rows], key, times[open_rows], PURPOSE_RADIAL + 2 * attempt + 1)
        span = high[open_rows] - low[open_rows]
        candidate = ordered[low[open_rows] + np.minimum((place * span).astype(np.int64), span - 1)]
        distance = (candidate - wanted[open_rows]) / bandwidth
        taken = accept < exp(-0.5 * distance * distance)
        result[open_rows[taken]] = candidate[taken]
        open_rows = open_rows[~taken]
    return result


def _nearest(ordered: Array, wanted: Array) -> Array:
    right = np.clip(np.searchsorted(ordered, wanted), 1, max(1, len(ordered) - 1))
    right = np.minimum(right, len(ordered) - 1)
    left = np.maximum(right - 1, 0)
    nearer: Array = np.where(
        np.abs(wanted - ordered[left]) <= np.abs(ordered[right] - wanted), ordered[left], ordered[right]
    )
    return nearer
