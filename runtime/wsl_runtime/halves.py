"""Balanced half-samples over groups: how far an estimate may be from what another sample would have given.

Fifteen half-samples of sixteen groups, every pair of groups together in as many of them as apart, give the
variance of a mean over groups exactly, and of a smooth figure to first order (McCarthy 1969; ALGORITHMS 1.7).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.philox import GROUPS

LEVEL = 0.95
STUDENT = 2.131449545559323  # quantile 0.975 of Student's t with as many degrees of freedom as half-samples

Array = npt.NDArray[np.float64]


def _balanced() -> tuple[int, ...]:
    """Groups of each half-sample as bits: a Sylvester matrix's other rows, every second complemented."""
    matrix = np.ones((1, 1), np.int64)
    while len(matrix) < GROUPS:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    rows = matrix[1:].copy()
    rows[1::2] *= -1
    return tuple(sum(1 << group for group in range(GROUPS) if row[group] > 0) for row in rows)


HALVES = _balanced()


def half_width(replicates: npt.ArrayLike, discrepancy: float = 0.0) -> float:
    """Half the width of an interval, from a figure of every half-sample; NaN where one has no answer.

    `replicates` (half-samples, 3): of the half-sample's rows with the mechanisms of the whole, and twice
    with its own mechanisms and with random numbers that are independent of each other. The products of the
    latter two's deviations have the variance as their mean; that of the former, which has less noise, is the
    least it can be. `discrepancy` is how far the estimator is from what was recorded where both are known: a
    bias that no replicate shows.
    """
    found = np.asarray(replicates, np.float64)
    rows, one, other = (found - found.mean(axis=0)).T
    variance = max(np.mean(one * other), np.mean(rows * rows)) * len(found) / (len(found) - 1)
    return float(np.hypot(STUDENT * np.sqrt(variance), discrepancy))
