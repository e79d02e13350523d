"""How far rows lie from the data of their tiles: where an index has no answer of its own.

The distance of a row is that to the fifth nearest point of its tile, its own group left out, in units of
the tile's standard deviations. What is far is told by the same distance of the data's own rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.fits import points_of, select
from wsl_runtime.grid import BUCKETS, Axis
from wsl_runtime.index import TileIndex
from wsl_runtime.place import AT_ONCE, Chosen, Columns, Placed, locate, tile_order
from wsl_runtime.queries import in_tile_order
from wsl_runtime.regression import (
    FAR,
    LANES,
    Points,
    Queries,
    Scratch,
    Single,
    load_queries,
    load_tile,
    measure,
    padded,
    run_end,
    scale_points,
    scratch,
)
from wsl_runtime.tiles import Tiles, smallest

NEIGHBOURS = 5
USUAL = 0.999  # share of the data's own rows that are not far from the others
BEYOND = 1 / BUCKETS  # grid units by which a value may lie beyond all data before its row is outside
SAMPLE = 20_000  # rows of the data that tell what is far
KEPT_TILES = 100_000  # scales of more tiles are found anew for the next question

WIDE = 1 / 8  # of the buckets: what lies within is no hole
NARROW = 1 / 256  # grid units: the least scale, for low ends of logarithmic buckets
EVEN = float(np.sqrt(1 / 12))  # standard deviation of values spread evenly over a bucket of width 1

F32 = np.float32
Flags = npt.NDArray[np.bool_]


class Scales(NamedTuple):
    """Per tile its at most `nmax` points, and centre and inverse scale of every numeric parent there."""

    size: npt.NDArray[np.int32]
    point: npt.NDArray[np.int32]
    centre: Single
    inverse: Single


class Distances(NamedTuple):
    """Of every row: `ratio` of its distance to what is usual, and which rows borrow from other categories.

    Above 1 a row lies outside the data; NaN where a parent is missing, infinite where no point is usable.
    `nearest` is the position of the nearest usable point, -1 where there is none, and `apart` the numeric
    parent (among these) in which that point is farthest away, -1 where it is nowhere.
    """

    ratio: Single
    borrowed: Flags
    nearest: npt.NDArray[np.int32]
    apart: npt.NDArray[np.int8]

    @property
    def outside(self) -> Flags:
        """Rows farther from the data than nearly all of the data's own rows are from each other."""
        return np.asarray(self.ratio > 1.0)


def least_spread(axis: Axis, centre: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Standard deviation, in grid units, of values spread over the buckets around each that count as near."""
    inner = (axis.edges - axis.offset) * axis.scale
    ends = np.concatenate([[0.0], inner, [1.0]])
    buckets = len(ends) - 1
    wide = max(1, int(buckets * WIDE))
    first = np.clip(np.searchsorted(inner, centre, side="right") - wide // 2, 0, buckets - wide)
    return np.asarray(np.maximum(EVEN * (ends[first + wide] - ends[first]), NARROW))


@kernel
def _scale_block(
    wanted: npt.NDArray[np.int64],
    tiles: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    hashes: npt.NDArray[np.uint32],
    coordinates: Single,
    scales: Scales,
) -> None:
    start, length, members = tiles
    for tile in wanted:
        count = select(start[tile], length[tile], members, hashes, scales.point[tile])
        scales.size[tile] = count
        scale_points(scales.point[tile], count, coordinates, scales.centre[tile], scales.inverse[tile])


def scales_of(index: TileIndex, placed: Placed) -> Scales:
    """Points and scales of the tiles that some rows lie in, computed once.

    A parent that hardly varies in a tile gets the scale of values spread over the bucket it lies in: a value
    far from all others would look near if its distance did not count.
    """
    catalogue, tiles = index.catalogue, placed.tiles
    used = np.zeros(len(tiles) + 1, np.bool_)  # one more: rows without a tile are at -1
    used[placed.tile] = True
    with catalogue.lock:
        known = catalogue.scales or _empty(index, 0)
        missing = len(tiles) - len(known.size)
        if missing > 0:
            added = _empty(index, missing)
            known = Scales(*(np.concatenate(pair) for pair in zip(known, added, strict=True)))
            catalogue.scales = known
        wanted = np.flatnonzero(used[:-1] & (known.size[: len(tiles)] == 0))
        if len(wanted):
            _scale(index, tiles, known, wanted)
        return Scales(*known)


def _scale(index: TileIndex, tiles: Tiles, scales: Scales, wanted: npt.NDArray[np.int64]) -> None:
    ranges = (tiles.start, tiles.length, tiles.members)

    def work(i: int, j: int) -> None:
        _scale_block(wanted[i:j], ranges, index.hashes, index.coordinates, scales)

    for_blocks(len(wanted), work, 256)
    numeric = [axis for axis in index.layout.axes if not axis.discrete]
    for j, axis in enumerate(numeric):
        least = least_spread(axis, scales.centre[wanted, j].astype(np.float64))
        inverse = scales.inverse[wanted, j]
        with np.errstate(divide="ignore"):
            most = np.where(least > 0, 1.0 / least, 0.0).astype(np.float32)
        scales.inverse[wanted, j] = np.where(inverse > 0, np.minimum(inverse, most), most)


def _empty(index: TileIndex, count: int) -> Scales:
    dimensions = index.coordinates.shape[1]
    return Scales(
        np.zeros(count, np.int32),
        np.zeros((count, index.nmax), np.int32),
        np.zeros((count, dimensions), np.float32),
        np.zeros((count, dimensions), np.float32),
    )


@kernel
def _neighbours(count: int, at: Scratch, lanes: int, kept: Single, nearest: npt.NDArray[np.int32]) -> None:
    """The smallest measured distances (`kept`, in order, by lane) and the first point at the smallest."""
    kept[:] = FAR
    nearest[:] = -1
    for p in range(count):
        row = at.distances[p]
        first = kept[0]
        for lane in range(lanes):
            nearest[lane] = p if row[lane] < first[lane] else nearest[lane]
        for k in range(len(kept)):
            smaller = kept[k]
            for lane in range(lanes):
                value = row[lane]
                row[lane] = max(smaller[lane], value)
                smaller[lane] = min(smaller[lane], value)


@kernel
def _distance_block(
    scales: Scales,
    points: Points,
    rows: Queries,
    distance: Single,
    nearest: npt.NDArray[np.int32],
    apart: npt.NDArray[np.int8],
) -> None:
    """Write distance, nearest usable point and the parent it is farthest in, of rows in tile order."""
    dimensions = points.coordinates.shape[1]
    room = scratch(dimensions, scales.point.shape[1])
    kept = np.zeros((NEIGHBOURS, LANES), np.float32)
    closest = np.zeros(LANES, np.int32)
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = scales.size[tile], scales.centre[tile], scales.inverse[tile]
        load_tile(scales.point[tile], count, points, False, centre, inverse, room)
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            _neighbours(count, room, wide, kept, closest)
            for lane in range(lanes):
                row = begin + lane
                p = closest[lane]
                if p < 0:
                    distance[row], nearest[row], apart[row] = F32(np.inf), -1, -1
                    continue
                square, farthest, widest = F32(0.0), -1, F32(0.0)
                for j in range(dimensions):
                    square += room.queries[j, lane] * room.queries[j, lane]
                    step = abs(room.queries[j, lane] - room.points[p, j])
                    if step > widest:
                        widest, farthest = step, j
                k = len(kept) - 1
                while kept[k, lane] >= FAR:
                    k -= 1
                distance[row] = np.sqrt(max(kept[k, lane] + square, F32(0.0)))
                nearest[row], apart[row] = scales.point[tile, p], farthest
        first = end


def usual_distance(index: TileIndex) -> float:
    """What 99.9 % of the data's own rows stay below, measured as any row is; computed once.

    Rows within half a bucket of their tile's points in every parent are never far.
    """
    if index.catalogue.usual is None:
        rows = smallest(index.hashes, min(SAMPLE, len(index.hashes)))
        finest = np.searchsorted(index.starts, rows, side="right") - 1
        tile = index.tile_of[finest]
        placed = Placed(tile, index.catalogue.tiles, np.zeros(len(rows), np.bool_))
        order, _ = tile_order(tile, len(placed.tiles))
        queries = Queries(order, tile, index.coordinates[rows], index.groups[rows])
        scales, points = scales_of(index, placed), points_of(index, 0)
        distance = np.empty(len(rows), np.float32)

        def block(i: int, j: int) -> None:
            out = np.empty(j - i, np.float32), np.empty(j - i, np.int32), np.empty(j - i, np.int8)
            _distance_block(scales, points, queries._replace(order=order[i:j]), *out)
            distance[order[i:j]] = out[0]

        for_blocks(len(rows), block)
        least = float(np.sqrt(3 * max(1, index.coordinates.shape[1])))
        found = np.sort(distance[np.isfinite(distance)])
        high = float(found[min(len(found) - 1, int(USUAL * len(found)))]) if len(found) else 0.0
        index.catalogue.usual = max(least, high)
    return index.catalogue.usual


def distances(
    index: TileIndex, parents: Columns, groups: npt.NDArray[np.uint8], chosen: Chosen | None = None
) -> Distances:
    """How far all rows, or the chosen ones, lie from the data; `parents` in the order of the index."""
    usual = usual_distance(index)
    placed = locate(index, parents, len(groups), chosen)
    scales, points = scales_of(index, placed), points_of(index, 0)
    count = len(placed.tile)
    ratio = np.full(count, np.nan, np.float32)
    nearest, apart = np.full(count, -1, np.int32), np.full(count, -1, np.int8)

    def block(queries: Queries, positions: Chosen, _: Chosen) -> None:
        size = len(positions)
        out = np.empty(size, np.float32), np.empty(size, np.int32), np.empty(size, np.int8)
        _distance_block(scales, points, queries, *out)
        ratio[positions] = out[0] / F32(usual)
        nearest[positions], apart[positions] = out[1], out[2]

    in_tile_order(index, parents, groups, chosen, placed, len(placed.tiles), block)
    if len(scales.size) > KEPT_TILES:
        index.catalogue.scales = None
    for begin in range(0, count if len(index.rows) else 0, AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        rows = part if chosen is None else chosen[part]
        _beyond_all(index, [values[rows] for values in parents], ratio[part], apart[part])
    return Distances(ratio, placed.borrowed, nearest, apart)


def _beyond_all(index: TileIndex, parents: Columns, ratio: Single, apart: npt.NDArray[np.int8]) -> None:
    """Rows with a value of a parent that lies well beyond all of the data's are outside, whatever their tile.

    Where a parent is the same in all data the grid cannot tell how far another value is: infinitely.
    """
    numeric = [(v, axis) for v, axis in zip(parents, index.layout.axes, strict=True) if not axis.discrete]
    for j, (asked, axis) in enumerate(numeric):
        step = (asked - axis.offset) * axis.scale
        if len(axis.edges):
            far = np.maximum(step - 1.0, -step)
            least = np.where(far > BEYOND, 1.0 + far, 0.0).astype(np.float32)
        else:
            least = np.where(asked != axis.offset, np.inf, 0.0).astype(np.float32)
        beyond = (least > 1.0) & (ratio < least)  # false where a parent is missing: the ratio is NaN
        apart[beyond & (ratio <= 1.0)] = j
        ratio[beyond] = least[beyond]
