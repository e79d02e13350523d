"""Sums, quantiles and distribution functions with the same bits on every processor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel

Array = npt.NDArray[np.float64]


@kernel
def _sum(values: Array) -> tuple[float, int]:
    """Neumaier's compensated sum of the present values, in stored order, and their number."""
    total = 0.0
    lost = 0.0
    count = 0
    for i in range(len(values)):
        x = values[i]
        if x != x:
            continue
        count += 1
        new = total + x
        if new - new == 0.0:  # finite: an infinite sum has no compensation
            if abs(total) >= abs(x):
                lost += (total - new) + x
            else:
                lost += (x - new) + total
        total = new
    return total + lost, count


def ordered_sum(values: Array) -> float:
    """Sum of the values that are not NaN, in stored order; 0 where there are none."""
    return float(_sum(np.ascontiguousarray(values, np.float64))[0])


def ordered_mean(values: Array) -> float:
    """Mean of the values that are not NaN; NaN where there are none."""
    total, count = _sum(np.ascontiguousarray(values, np.float64))
    return float(total / count) if count else float("nan")


def sorted_present(values: Array) -> Array:
    """The values that are not NaN, sorted."""
    return np.sort(values[~np.isnan(values)])


def quantiles(ordered: Array, shares: Array) -> Array:
    """Quantiles of sorted values, linear between them (Hyndman and Fan's type 7); NaN if there are none."""
    if not len(ordered):
        return np.full(len(shares), np.nan)
    place = np.asarray(shares, np.float64) * (len(ordered) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(ordered) - 1)
    below, above = ordered[low], ordered[high]
    share = place - low
    with np.errstate(invalid="ignore"):
        between = below + (above - below) * share
    result: Array = np.where((share == 0) | (below == above), below, between)
    return result


def distribution_at(ordered: Array, points: Array) -> Array:
    """Share of sorted values at or below each point; NaN if there are no values."""
    if not len(ordered):
        return np.full(len(points), np.nan)
    return np.searchsorted(ordered, points, side="right") / len(ordered)
