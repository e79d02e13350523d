"""What an estimate needs of each tile, from training data alone: points, scales, bandwidth, residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp, log
from wsl_runtime.index import TileIndex
from wsl_runtime.regression import BANDWIDTHS, SPREAD, leave_group_out, scale_points, workspace
from wsl_runtime.tiles import Tiles, member

ADDITIVE, RATIO, RECORDED = 0, 1, 2  # how a residual is carried over to a new mean
LARGEST_RATIO = 20.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fits:
    """Per tile: its at most `nmax` points in order of their residuals, and the regression's constants.

    `point` (tiles, nmax) positions among the index's points; `residual` of the same shape; `inverse` (tiles,
    numeric parents) 1 / standard deviation in the tile, 0 where constant; `bandwidth` and `paper_bandwidth`
    squared, in those units; `low`, `high` bound the mean (of the logarithm for ratios).
    """

    form: int
    count: npt.NDArray[np.int32]
    point: npt.NDArray[np.int32]
    residual: Array
    inverse: Array
    bandwidth: Array
    paper_bandwidth: Array
    low: Array
    high: Array

    def join(self, other: Fits) -> Fits:
        """These tiles' fits, then the other's."""
        return Fits(
            self.form,
            np.concatenate([self.count, other.count]),
            np.concatenate([self.point, other.point]),
            np.concatenate([self.residual, other.residual]),
            np.concatenate([self.inverse, other.inverse]),
            np.concatenate([self.bandwidth, other.bandwidth]),
            np.concatenate([self.paper_bandwidth, other.paper_bandwidth]),
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
        )


def form_of(index: TileIndex, child: int) -> int:
    """Ratios for positive columns, recorded values for categories and few counts, else differences."""
    summary = index.layout.children[child]
    if summary.kind in ("category", "boolean"):
        return RECORDED
    if summary.kind == "number" and summary.integer and summary.distinct is not None:
        return RECORDED
    if summary.kind == "number" and summary.minimum > 0:
        return RATIO
    return ADDITIVE


@kernel
def _select(
    start: int,
    length: int,
    members: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint32],
    chosen: npt.NDArray[np.int32],
) -> int:
    """Positions of the tile's points with the smallest hashes, in order of (hash, position)."""
    most = len(chosen)
    count = 0
    for k in range(length):
        point = member(start, members, k)
        if count == most and hashes[point] >= hashes[chosen[count - 1]]:
            continue
        at = count if count < most else most - 1
        while at > 0 and hashes[chosen[at - 1]] > hashes[point]:
            chosen[at] = chosen[at - 1]
            at -= 1
        chosen[at] = point
        count = min(count + 1, most)
    return count


@kernel
def _fit_block(
    tiles: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    data: tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    form: int,
    out: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array, Array, Array, Array, Array],
    begin: int,
    end: int,
) -> None:
    start, length, members = tiles
    hashes, groups, coordinates, child = data
    counts, chosen, residuals, inverse, bandwidth, paper, low, high = out
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.empty((dimensions, most))
    values = np.empty(most)
    raw = np.empty(most)
    own = np.empty(most, np.uint8)
    fitted = np.empty(most)
    best = np.empty(most)
    work = workspace(dimensions, most)
    for tile in range(begin, end):
        count = _select(start[tile], length[tile], members, hashes, chosen[tile])
        counts[tile] = count
        scale_points(chosen[tile], count, coordinates, inverse[tile], points)
        smallest = np.inf
        largest = -np.inf
        for p in range(count):
            own[p] = groups[chosen[tile, p]]
            raw[p] = child[chosen[tile, p]]
            values[p] = log(raw[p]) if form == RATIO else raw[p]
            smallest = min(smallest, values[p])
            largest = max(largest, values[p])
        low[tile] = smallest - SPREAD * (largest - smallest)
        high[tile] = largest + SPREAD * (largest - smallest)
        bounds = (low[tile], high[tile])
        least = np.inf
        least_paper = np.inf
        for squared in BANDWIDTHS:
            width = squared * max(1, dimensions)
            error = leave_group_out(points, values, own, count, width, False, work, bounds, fitted)
            if error < least_paper:
                least_paper = error
                paper[tile] = width
            if form == RECORDED:
                continue
            error = leave_group_out(points, values, own, count, width, True, work, bounds, fitted)
            if error < least:
                least = error
                bandwidth[tile] = width
                best[:count] = fitted[:count]
        if form == RECORDED:
            bandwidth[tile] = paper[tile]
        _residuals(form, values, best, count, chosen[tile], residuals[tile])


@kernel
def _residuals(
    form: int, values: Array, fitted: Array, count: int, chosen: npt.NDArray[np.int32], residuals: Array
) -> None:
    """Residuals, and the points in their order, so that one uniform number couples draws across tiles."""
    limit = log(LARGEST_RATIO)
    for p in range(count):
        residual = values[p]
        if form != RECORDED:
            residual = values[p] - fitted[p] if fitted[p] == fitted[p] else 0.0
        if form == RATIO:
            residual = min(max(residual, -limit), limit)
        residuals[p] = residual
    for p in range(1, count):
        residual = residuals[p]
        point = chosen[p]
        at = p
        while at > 0 and residuals[at - 1] > residual:
            residuals[at] = residuals[at - 1]
            chosen[at] = chosen[at - 1]
            at -= 1
        residuals[at] = residual
        chosen[at] = point


def fit_tiles(index: TileIndex, child: int, tiles: Tiles) -> Fits:
    """Fits of some tiles of an index: the same bits whether computed with the index or when first needed."""
    count, dimensions = len(tiles), index.coordinates.shape[1]
    form = form_of(index, child)
    fits = Fits(
        form,
        np.zeros(count, np.int32),
        np.full((count, index.nmax), -1, np.int32),
        np.zeros((count, index.nmax)),
        np.zeros((count, dimensions)),
        np.ones(count),
        np.ones(count),
        np.zeros(count),
        np.zeros(count),
    )
    values = np.ascontiguousarray(index.children[child].values, np.float64)
    data = (index.hashes, index.groups, index.coordinates, values)
    ranges = (tiles.start, tiles.length, tiles.members)
    out = (
        fits.count,
        fits.point,
        fits.residual,
        fits.inverse,
        fits.bandwidth,
        fits.paper_bandwidth,
        fits.low,
        fits.high,
    )
    for_blocks(count, lambda begin, end: _fit_block(ranges, data, form, out, begin, end), 256)
    return fits


def fits_of(index: TileIndex, child: int, tiles: Tiles) -> Fits:
    """Fits of the index's own tiles (computed once) and of those that a query added."""
    known = len(index.tiles)
    if child not in index.fits:
        index.fits[child] = fit_tiles(index, child, index.tiles)
    own: Fits = index.fits[child]
    if len(tiles) == known:
        return own
    extra = Tiles(
        tiles.low[known:],
        tiles.high[known:],
        tiles.level[known:],
        tiles.start[known:],
        tiles.length[known:],
        tiles.members,
    )
    return own.join(fit_tiles(index, child, extra))


@kernel
def restore(form: int, value: float) -> float:
    """From the regression's units (logarithms for ratios) back to the child's."""
    return exp(value) if form == RATIO else value
