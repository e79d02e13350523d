"""Bounds on how an old and a new value of one row differ, whatever couples them (Makarov 1982).

With F0 and F1 the distributions of the old and the new value given what both worlds share, the share of rows
with new - old <= t is at least the supremum over y of F1(y) - F0((y - t)-), and at most one less the supremum
of F0(y) - F1(y + t). A supremum over two samples is too large by what it makes of their noise. So each
distribution is learned twice, from the points of the even and of the odd groups: either half finds the place
y, and the other one is read there. What it says in the mean is below the supremum, never above.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp, log
from wsl_runtime.estimator import bounds_with_mass, within
from wsl_runtime.fits import ADDITIVE, RATIO, RECORDED, WIDEST, points_of
from wsl_runtime.index import TileIndex
from wsl_runtime.place import Chosen
from wsl_runtime.queries import for_rows_by_tile
from wsl_runtime.regression import (
    LANES,
    Fits,
    Points,
    Queries,
    average,
    load_features,
    load_queries,
    load_tile,
    local_linear,
    measure,
    padded,
    run_end,
    scratch,
    weigh,
)

AT_ONCE = 1 << 15  # rows whose distributions are held together

Array = npt.NDArray[np.float64]


class Distributions(NamedTuple):
    """Of each row and half (rows, 2, points): values in ascending order, and weights that sum to 1.

    A weight of 0 marks what is no point of that half; a half without a point has none but these.
    """

    values: Array
    weights: Array


@kernel
def _distributions_block(
    fits: Fits,
    points: Points,
    caps: Array,
    logarithms: bool,
    rows: Queries,
    positions: Chosen,
    values: Array,
    weights: Array,
) -> None:
    """Write the distributions of rows in tile order, half by half."""
    form, most = fits.form, fits.point.shape[1]
    room = scratch(points.coordinates.shape[1], most)
    residual = np.zeros(LANES, np.float32)
    every = np.zeros((most, LANES), np.float32)
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = fits.size[tile], fits.centre[tile], fits.inverse[tile]
        chosen, residuals = fits.point[tile], fits.residual[tile]
        load_tile(chosen, count, points, form == RATIO, centre, inverse, room)
        load_features(count, room)
        middle, half = room.middle[0], room.half[0]
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            weigh(count, fits.bandwidth[tile], room, wide)
            every[:count, :wide] = room.weights[:count, :wide]
            for part in range(2):
                for p in range(count):
                    inside = room.groups[p] % 2 == part
                    for lane in range(wide):
                        room.weights[p, lane] = every[p, lane] if inside else np.float32(0.0)
                local_linear(count, room, wide)
                average(residuals, count, room, residual, wide)
                for lane in range(lanes):
                    total = np.float64(room.total[lane])
                    if not total > 0.0:
                        continue
                    level = min(max(np.float64(room.mean[lane]), -WIDEST), WIDEST)
                    level -= np.float64(residual[lane])
                    at = positions[begin + lane]
                    for p in range(count):
                        weight = np.float64(room.weights[p, lane]) / total
                        if not weight > 0.0:
                            continue
                        value = room.values[p] if form == RECORDED else points.child[chosen[p]]
                        if form != RECORDED:
                            moved = middle + half * (level + np.float64(residuals[p]))
                            value = within(exp(moved) if form == RATIO else moved, value, caps)
                        values[at, part, p] = log(value) if logarithms else value
                        weights[at, part, p] = weight
        first = end


def distributions(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    groups: npt.NDArray[np.uint8],
    chosen: Chosen,
    logarithms: bool = False,
    child: int = 0,
) -> Distributions:
    """Conditional distributions of a number or time at the chosen rows' parents, or of its logarithm.

    No row is evidence for those of its own group. Rows with a missing parent have no weights.
    """
    points = points_of(index, child)
    caps = bounds_with_mass(points.child)
    values = np.zeros((len(chosen), 2, index.nmax))
    weights = np.zeros_like(values)

    def block(fits: Fits, queries: Queries, positions: Chosen, _: Chosen) -> None:
        if fits.form not in (ADDITIVE, RATIO, RECORDED):
            raise ValueError("a category has no distribution function")
        _distributions_block(fits, points, caps, logarithms, queries, positions, values, weights)

    for_rows_by_tile(index, child, parents, groups, chosen, block)
    _order(values, weights)
    return Distributions(values, weights)


@kernel
def _order_block(values: Array, weights: Array) -> None:
    """Sort by insertion: points come in the order of their residuals, which caps alone disturb."""
    for row in range(len(values)):
        for part in range(2):
            count = 0
            for p in range(values.shape[2]):
                value, weight = values[row, part, p], weights[row, part, p]
                if not weight > 0.0:
                    continue
                weights[row, part, p] = 0.0
                at = count
                while at > 0 and values[row, part, at - 1] > value:
                    values[row, part, at] = values[row, part, at - 1]
                    weights[row, part, at] = weights[row, part, at - 1]
                    at -= 1
                values[row, part, at] = value
                weights[row, part, at] = weight
                count += 1


def _order(values: Array, weights: Array) -> None:
    for_blocks(len(values), lambda i, j: _order_block(values[i:j], weights[i:j]), 1 << 12)


@kernel
def _best(
    values: Array, weights: Array, others: Array, other_weights: Array, shift: float, closed: bool
) -> float:
    """Where F(y) - G(y - shift) is largest, among the jumps of F; NaN where it is nowhere above 0.

    `closed` leaves out of G what lies at y - shift itself.
    """
    place, most = np.nan, 0.0
    here, there = 0.0, 0.0
    q = 0
    for p in range(len(values)):
        if not weights[p] > 0.0:
            break
        here += weights[p]
        y = values[p] - shift
        while (
            q < len(others) and other_weights[q] > 0.0 and (others[q] < y or (not closed and others[q] == y))
        ):
            there += other_weights[q]
            q += 1
        if here - there > most:
            most, place = here - there, values[p]
    return place


@kernel
def _read(values: Array, weights: Array, y: float, closed: bool) -> float:
    """Distribution function at y, or just below it."""
    share = 0.0
    for p in range(len(values)):
        if not weights[p] > 0.0 or values[p] > y or (not closed and values[p] == y):
            break
        share += weights[p]
    return share


@kernel
def _advantage(
    values: Array, weights: Array, others: Array, other_weights: Array, shift: float, closed: bool
) -> float:
    """The supremum of F(y) - G(y - shift), found in one half and read in the other, both ways."""
    total = 0.0
    for part in range(2):
        if not (weights[part, 0] > 0.0 and other_weights[part, 0] > 0.0):
            return 0.0
    for part in range(2):
        y = _best(values[part], weights[part], others[part], other_weights[part], shift, closed)
        if y == y:
            other = 1 - part
            total += _read(values[other], weights[other], y, True)
            total -= _read(others[other], other_weights[other], y - shift, not closed)
    return total / 2.0


@kernel
def _makarov_block(
    old: Array, old_weights: Array, new: Array, new_weights: Array, shift: float, strict: bool, out: Array
) -> None:
    for row in range(len(out)):
        before, after = (old[row], old_weights[row]), (new[row], new_weights[row])
        out[row, 0] = _advantage(after[0], after[1], before[0], before[1], shift, not strict)
        out[row, 1] = 1.0 - _advantage(before[0], before[1], after[0], after[1], -shift, strict)


def makarov(old: Distributions, new: Distributions, shift: float, strict: bool = False) -> Array:
    """Bounds (rows, 2) on P(new - old <= shift) of each row, or on < where `strict`.

    A single row's may lie outside [0, 1], and the lower above the upper: their mean over rows is what holds.
    """
    out = np.empty((len(old.values), 2))

    def work(i: int, j: int) -> None:
        before, after = (old.values[i:j], old.weights[i:j]), (new.values[i:j], new.weights[i:j])
        _makarov_block(*before, *after, shift, strict, out[i:j])

    for_blocks(len(out), work, 1 << 12)
    return out


def share_bounds(
    index: TileIndex,
    old_parents: Sequence[npt.NDArray[Any]],
    new_parents: Sequence[npt.NDArray[Any]],
    groups: npt.NDArray[np.uint8],
    chosen: Chosen,
    shift: float,
    strict: bool = False,
    logarithms: bool = False,
) -> Array:
    """Bounds (m, 2) on P(new - old <= shift) of the chosen rows, from the index of what both worlds share.

    The parents are what is set and what is kept: nothing that responds. With `logarithms` the bounds are on
    P(log new - log old <= shift).
    """
    out = np.empty((len(chosen), 2))
    for begin in range(0, len(chosen), AT_ONCE):
        part = chosen[begin : begin + AT_ONCE]
        old, new = (
            distributions(index, side, groups, part, logarithms) for side in (old_parents, new_parents)
        )
        out[begin : begin + AT_ONCE] = makarov(old, new, shift, strict)
    return out


def pooled(values: npt.NDArray[Any], groups: npt.NDArray[np.uint8]) -> Distributions:
    """All values as the distribution of one row, those of even and of odd groups apart."""
    out = np.zeros((2, 1, 2, len(values)))
    for part in range(2):
        half = np.sort(values[groups % 2 == part])
        out[0, 0, part, : len(half)] = half
        out[1, 0, part, : len(half)] = 1.0 / max(1, len(half))
    return Distributions(out[0], out[1])
