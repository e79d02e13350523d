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

from wsl_runtime.compile import kernel
from wsl_runtime.philox import GROUPS
from wsl_runtime.regression import (
    Points,
    leave_group_out,
    load_features,
    load_tile,
    scale_points,
    scratch,
)

NEIGHBOURS = 50  # rows of a regression, next to each other in the order of the numeric parents' key
SIGNIFICANT = 4.0  # standard errors
SHIFT = 0.25  # of a level's mean residual, in standard deviations of all
SPREAD = 0.6  # of a level's mean absolute residual, likewise

Array = npt.NDArray[np.float64]


def residuals(keys: npt.NDArray[np.uint64], coordinates: npt.NDArray[np.float32], response: Array) -> Array:
    """Residual of each row (rows) from a leave-out local linear regression among its neighbours by key."""
    order = np.argsort(keys, kind="stable").astype(np.int32)
    groups = np.empty(len(keys), np.uint8)
    groups[order] = np.arange(len(keys)) % NEIGHBOURS % GROUPS
    result = np.zeros(len(keys))
    _residuals(order, Points(groups, coordinates, np.ascontiguousarray(response)), result)
    return result


@kernel
def _residuals(order: npt.NDArray[np.int32], points: Points, out: Array) -> None:
    dimensions = points.coordinates.shape[1]
    room = scratch(dimensions, NEIGHBOURS)
    fitted = np.zeros((1, NEIGHBOURS))
    width = np.full(1, np.float64(dimensions))
    centre, inverse = np.zeros(dimensions, np.float32), np.zeros(dimensions, np.float32)
    for start in range(0, len(order), NEIGHBOURS):
        rows = order[start : start + NEIGHBOURS]
        count = len(rows)
        scale_points(rows, count, points.coordinates, centre, inverse)
        load_tile(rows, count, points, False, centre, inverse, room)
        load_features(count, room)
        leave_group_out(count, width, True, False, 1.0, room, fitted)
        for p in range(count):
            fit = fitted[0, p]
            out[rows[p]] = room.half[0] * (np.float64(room.shifted[p]) - fit) if fit == fit else 0.0


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
