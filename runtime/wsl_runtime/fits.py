"""What an estimate needs of each tile, from training data alone: points, scales, bandwidth, residuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import log
from wsl_runtime.grid import Summary, summarise
from wsl_runtime.index import EVERY_GROUP, TileIndex
from wsl_runtime.place import Placed
from wsl_runtime.regression import (
    BANDWIDTHS,
    Fits,
    Points,
    Scratch,
    Single,
    leave_group_out,
    load_features,
    load_tile,
    scale_points,
    scratch,
)
from wsl_runtime.series import Series
from wsl_runtime.tiles import Tiles, member

ADDITIVE, RATIO, RECORDED, CLASSES = 0, 1, 2, 3  # how a residual is carried over to a new mean
LARGEST_RATIO = 20.0
WIDEST = 1.5  # half ranges: a mean stays within the tile's range widened by a quarter of it

Array = npt.NDArray[np.float64]


def form_of(index: TileIndex, child: int) -> int:
    """How a child is carried over, by what the index knows of it."""
    return _form(index.layout.children[child])


def is_carried_over(column: Series) -> bool:
    """Whether estimates come from a regression and its residuals, not from recorded values as they are."""
    return _form(summarise(column)) < RECORDED


def _form(summary: Summary) -> int:
    """Ratios for positive columns, recorded values for categories and few counts, else differences."""
    if summary.kind in ("category", "boolean"):
        return CLASSES
    if summary.kind == "number" and summary.integer and summary.distinct is not None:
        return RECORDED
    if summary.kind == "number" and summary.minimum > 0:
        return RATIO
    return ADDITIVE


def points_of(index: TileIndex, child: int) -> Points:
    """The index's points with one of its children."""
    values = np.ascontiguousarray(index.children[child].values, np.float64)
    return Points(index.groups, index.coordinates, values)


@kernel
def select(
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
    hashes: npt.NDArray[np.uint32],
    points: Points,
    linear: bool,
    fits: Fits,
) -> None:
    start, length, members = tiles
    form = fits.form
    most = fits.point.shape[1]
    dimensions = points.coordinates.shape[1]
    room = scratch(dimensions, most)
    widths = BANDWIDTHS * max(1, dimensions)
    fitted = np.zeros((len(widths), most))
    for tile in wanted:
        chosen = fits.point[tile]
        count = select(start[tile], length[tile], members, hashes, chosen)
        fits.size[tile] = count
        scale_points(chosen, count, points.coordinates, fits.centre[tile], fits.inverse[tile])
        load_tile(chosen, count, points, form == RATIO, fits.centre[tile], fits.inverse[tile], room)
        load_features(count, room)
        best = leave_group_out(count, widths, linear, form == CLASSES, WIDEST, room, fitted)
        fits.bandwidth[tile] = widths[best]
        _residuals(form, room, fitted[best], count, chosen, fits.residual[tile])


@kernel
def _residuals(
    form: int, tile: Scratch, fitted: Array, count: int, chosen: npt.NDArray[np.int32], residuals: Single
) -> None:
    """Residuals, and the points in their order, so that one uniform number couples draws across tiles."""
    limit = log(LARGEST_RATIO) / tile.half[0]
    for p in range(count):
        residual = float(tile.shifted[p])
        if form < RECORDED:
            residual = residual - fitted[p] if fitted[p] == fitted[p] else 0.0
        if form == RATIO:
            residual = min(max(residual, -limit), limit)
        point = chosen[p]
        single = np.float32(residual)
        at = p
        while at > 0 and residuals[at - 1] > single:
            residuals[at] = residuals[at - 1]
            chosen[at] = chosen[at - 1]
            at -= 1
        residuals[at] = single
        chosen[at] = point


def _fit(
    index: TileIndex, child: int, tiles: Tiles, fits: Fits, linear: bool, wanted: npt.NDArray[np.int64]
) -> None:
    """Fit the wanted tiles: the same bits whenever this happens."""
    points = points_of(index, child)
    ranges = (tiles.start, tiles.length, tiles.members)

    def work(i: int, j: int) -> None:
        _fit_block(wanted[i:j], ranges, index.hashes, points, linear, fits)

    for_blocks(len(wanted), work, 256)


@kernel
def _half_range(chosen: npt.NDArray[np.int32], count: int, child: Array, logarithms: bool) -> float:
    """What residuals of these points are measured in, as by `load_tile`."""
    if not count:
        return 1.0
    smallest, largest = child[chosen[0]], child[chosen[0]]
    for p in range(1, count):
        smallest = min(smallest, child[chosen[p]])
        largest = max(largest, child[chosen[p]])
    if smallest == largest:
        return 1.0
    return log(largest) / 2 - log(smallest) / 2 if logarithms else float(largest / 2 - smallest / 2)


@kernel
def _halve_block(wanted: npt.NDArray[np.int64], points: Points, kept: int, whole: Fits, half: Fits) -> None:
    ratio = half.form == RATIO
    for at in range(len(wanted)):
        tile, count = wanted[at], 0
        for p in range(whole.size[tile]):
            point = whole.point[tile, p]
            if (kept >> int(points.groups[point])) & 1:
                half.point[at, count] = point
                half.residual[at, count] = whole.residual[tile, p]
                count += 1
        unit = _half_range(whole.point[tile], whole.size[tile], points.child, ratio)
        unit /= _half_range(half.point[at], count, points.child, ratio)
        for p in range(count):
            half.residual[at, p] *= np.float32(unit)
        half.size[at] = count
        half.centre[at] = whole.centre[tile]
        half.inverse[at] = whole.inverse[tile]
        half.bandwidth[at] = whole.bandwidth[tile]


def _half_of(index: TileIndex, child: int, whole: Fits, wanted: npt.NDArray[np.int64]) -> Fits:
    """The wanted tiles' fits with the kept groups' points: scales, bandwidths and residuals stay."""
    half = _empty(index, whole.form, len(wanted))
    _halve_block(wanted, points_of(index, child), index.kept, whole, half)
    return half


def fits_of(
    index: TileIndex, child: int, placed: Placed, *, kernel_mean: bool = False
) -> tuple[Fits, Placed]:
    """Fits of the tiles that some rows lie in, and these rows with the numbers that their tiles have there.

    Those of the whole are computed once; those of a half-sample, or that are not kept, anew for the tiles
    that are needed alone. The paper's `kernel_mean` has fits of its own; categories and counts of few values
    have kernel means only.
    """
    catalogue, tiles = index.catalogue, placed.tiles
    form = form_of(index, child)
    linear = form < RECORDED and not kernel_mean
    used = np.zeros(len(tiles) + 1, np.bool_)  # one more: rows without a tile are at -1
    used[placed.tile] = True
    needed = np.flatnonzero(used[:-1])
    if not index.fits_kept:
        once = _empty(index, form, len(needed))
        part = replace(tiles, start=tiles.start[needed], length=tiles.length[needed])
        _fit(index, child, part, once, linear, np.arange(len(needed)))
        return once, _renumbered(placed, needed)
    with catalogue.lock:
        known = list(catalogue.fits.pop((child, linear), None) or _empty(index, form, 0))
        if len(known[1]) < len(tiles):
            added = _empty(index, form, len(tiles) - len(known[1]))
            for place in range(1, len(known)):  # one by one: each is let go when it has grown
                known[place] = np.concatenate([known[place], added[place]])
        fits = Fits(*known)
        catalogue.fits[child, linear] = fits
        wanted = np.flatnonzero(used[:-1] & (fits.size[: len(tiles)] == 0))
        if len(wanted):
            _fit(index, child, tiles, fits, linear, wanted)
    if index.kept == EVERY_GROUP:
        return fits, placed
    return _half_of(index, child, fits, needed), _renumbered(placed, needed)


def _renumbered(placed: Placed, needed: npt.NDArray[np.int64]) -> Placed:
    """The same rows, where the needed tiles are all there are."""
    number = np.full(len(placed.tiles) + 1, -1, np.int32)
    number[needed] = np.arange(len(needed))
    return replace(placed, tile=number[placed.tile])


def _empty(index: TileIndex, form: int, count: int) -> Fits:
    dimensions = index.coordinates.shape[1]
    return Fits(
        form,
        np.zeros(count, np.int32),
        np.zeros((count, index.nmax), np.int32),
        np.zeros((count, index.nmax), np.float32),
        np.zeros((count, dimensions), np.float32),
        np.zeros((count, dimensions), np.float32),
        np.ones(count, np.float32),
    )
