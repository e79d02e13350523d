"""What an estimate needs of each tile, from training data alone: points, scales, bandwidth, residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import log
from wsl_runtime.index import TileIndex
from wsl_runtime.place import Placed
from wsl_runtime.regression import BANDWIDTHS, feature_table, leave_group_out, scale_points, workspace
from wsl_runtime.tiles import Tiles, member

ADDITIVE, RATIO, RECORDED, CLASSES = 0, 1, 2, 3  # how a residual is carried over to a new mean
LARGEST_RATIO = 20.0
SPREAD = 0.25  # a mean stays within the tile's range widened by this share of it

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
        return CLASSES
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
    wanted: npt.NDArray[np.int64],
    tiles: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    data: tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    form: int,
    out: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array, Array, Array, Array, Array],
) -> None:
    start, length, members = tiles
    hashes, groups, coordinates, child = data
    counts, chosen, residuals, inverse, bandwidth, paper, low, high = out
    most = chosen.shape[1]
    dimensions = coordinates.shape[1]
    points = np.zeros((most, dimensions))
    values = np.zeros(most)
    own = np.zeros(most, np.uint8)
    widths = BANDWIDTHS * max(1, dimensions)
    fitted = np.zeros((len(widths), most))
    errors = np.zeros((2, len(widths)))
    work = workspace(dimensions, most)
    features = feature_table(dimensions, most)
    for tile in wanted:
        count = _select(start[tile], length[tile], members, hashes, chosen[tile])
        counts[tile] = count
        scale_points(chosen[tile], count, coordinates, inverse[tile], points)
        smallest = np.inf
        largest = -np.inf
        for p in range(count):
            own[p] = groups[chosen[tile, p]]
            y = child[chosen[tile, p]]
            values[p] = log(y) if form == RATIO else y
            smallest = min(smallest, values[p])
            largest = max(largest, values[p])
        low[tile] = smallest - SPREAD * (largest - smallest)
        high[tile] = largest + SPREAD * (largest - smallest)
        bounds = (low[tile], high[tile])
        leave_group_out(
            points, values, own, count, widths, form == CLASSES, bounds, work, features, fitted, errors
        )
        best = np.argmin(errors[0])
        least = np.argmin(errors[1])
        paper[tile] = widths[least]
        bandwidth[tile] = widths[least] if form >= RECORDED else widths[best]
        _residuals(form, values, fitted[best], count, chosen[tile], residuals[tile])


@kernel
def _residuals(
    form: int, values: Array, fitted: Array, count: int, chosen: npt.NDArray[np.int32], residuals: Array
) -> None:
    """Residuals, and the points in their order, so that one uniform number couples draws across tiles."""
    limit = log(LARGEST_RATIO)
    for p in range(count):
        residual = values[p]
        if form < RECORDED:
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


def _fit(index: TileIndex, child: int, tiles: Tiles, fits: Fits, wanted: npt.NDArray[np.int64]) -> None:
    """Fit the wanted tiles: the same bits whenever this happens."""
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
    for_blocks(len(wanted), lambda i, j: _fit_block(wanted[i:j], ranges, data, fits.form, out), 256)


def fits_of(index: TileIndex, child: int, placed: Placed) -> Fits:
    """Fits of the tiles that some rows lie in, computed once."""
    catalogue, tiles = index.catalogue, placed.tiles
    used = np.zeros(len(tiles) + 1, np.bool_)  # one more: rows without a tile are at -1
    used[placed.tile] = True
    with catalogue.lock:
        fits: Fits = catalogue.fits.get(child) or _empty(index, form_of(index, child), len(tiles))
        if len(fits.count) < len(tiles):
            fits = fits.join(_empty(index, fits.form, len(tiles) - len(fits.count)))
        catalogue.fits[child] = fits
        _fit(index, child, tiles, fits, np.flatnonzero(used[:-1] & (fits.count[: len(tiles)] == 0)))
    return fits


def _empty(index: TileIndex, form: int, count: int) -> Fits:
    return Fits(
        form,
        np.zeros(count, np.int32),
        np.zeros((count, index.nmax), np.int32),
        np.zeros((count, index.nmax)),
        np.zeros((count, index.coordinates.shape[1])),
        np.ones(count),
        np.ones(count),
        np.zeros(count),
        np.zeros(count),
    )
