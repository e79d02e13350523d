"""Which categories matter beyond the numeric parents: the others must not spend a tile's rows.

With region, front end and data center beside the very delays that they cause, keeping all categories apart
leaves tiles in which the delays hardly vary, and a changed delay has no support. A category is kept apart if,
after a local linear regression on the numeric parents, a level of it still shifts or spreads the residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.philox import GROUPS
from wsl_runtime.regression import feature_table, leave_group_out, scale_points, workspace

NEIGHBOURS = 50  # rows of a regression, next to each other in the order of the numeric parents' key
SIGNIFICANT = 4.0  # standard errors
SHIFT = 0.25  # of a level's mean residual, in standard deviations of all
SPREAD = 0.6  # of a level's mean absolute residual, likewise

Array = npt.NDArray[np.float64]


def residuals(keys: npt.NDArray[np.uint64], coordinates: npt.NDArray[np.float32], response: Array) -> Array:
    """Residual of each row (rows) from a leave-out local linear regression among its neighbours by key."""
    order = np.argsort(keys, kind="stable").astype(np.int32)
    dimensions = coordinates.shape[1]
    result = np.zeros(len(keys))
    work = workspace(dimensions, NEIGHBOURS)
    features = feature_table(dimensions, NEIGHBOURS)
    points, inverse = np.zeros((NEIGHBOURS, dimensions)), np.zeros(dimensions)
    groups = (np.arange(NEIGHBOURS) % GROUPS).astype(np.uint8)
    fitted, errors = np.zeros((1, NEIGHBOURS)), np.zeros((2, 1))
    width = np.array([float(dimensions)])
    for start in range(0, len(order), NEIGHBOURS):
        rows = order[start : start + NEIGHBOURS]
        count = len(rows)
        scale_points(rows, count, coordinates, inverse, points)
        values = response[rows]
        bounds = (float(values.min()), float(values.max()))
        leave_group_out(points, values, groups, count, width, False, bounds, work, features, fitted, errors)
        result[rows] = np.where(np.isnan(fitted[0, :count]), 0.0, values - fitted[0, :count])
    return result


def _level_matters(residual: Array, codes: npt.NDArray[Any], levels: int, least: float) -> bool:
    counts = np.bincount(codes, minlength=levels)
    deviation = np.sqrt(float((residual * residual).sum()) / max(1, len(residual)))
    if deviation == 0:
        return False
    shift = np.abs(np.bincount(codes, weights=residual, minlength=levels)) / np.maximum(counts, 1) / deviation
    return bool(((shift > least) & (shift * np.sqrt(counts) > SIGNIFICANT)).any())


def matters(codes: npt.NDArray[Any], levels: int, residual: Sequence[Array]) -> bool:
    """True if some level's residuals are shifted or spread unlike the rest, for any of the responses."""
    for one in residual:
        spread = np.abs(one)
        spread = spread - float(spread.sum()) / max(1, len(spread))
        if _level_matters(one, codes, levels, SHIFT) or _level_matters(spread, codes, levels, SPREAD):
            return True
    return False
