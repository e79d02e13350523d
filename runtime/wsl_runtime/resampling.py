"""Redrawing a variable from donors of the same tile (WISE, section 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.grid import coordinates_of
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, row_words
from wsl_runtime.place import Placed, locate, tile_order
from wsl_runtime.sorting import gather
from wsl_runtime.tiles import member

PURPOSE_DONOR = 1
NEAREST = 8  # candidates of which the nearest is taken
ATTEMPTS = 8  # times four draws that may hit a group that is not to be used before the tile is scanned
FEW_POINTS = 1 << 19  # whose groups and coordinates stay in the second cache
CHUNK = 1024  # rows whose random words are made together, to stay in the first caches

_32 = np.uint64(32)
_16 = np.uint64(16)

Points = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[Any]]
Ranges = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
Words = npt.NDArray[np.uint32]
Rows = tuple[
    npt.NDArray[np.int32],
    npt.NDArray[np.float32],
    npt.NDArray[np.uint64],
    npt.NDArray[np.uint8],
    npt.NDArray[np.uint8],
]


@dataclass(frozen=True)
class Redrawn:
    """Donor of each row: its row number in the indexed dataset and its position among the index's points.

    Both are -1 where a parent is missing or the tile has no row of another group. `borrowed`: a category that
    matters had to be folded away.
    """

    donor: npt.NDArray[np.int64]
    point: npt.NDArray[np.int64]
    borrowed: npt.NDArray[np.bool_]


@kernel
def _fill(
    row_ids: npt.NDArray[np.uint64],
    times: npt.NDArray[np.uint8],
    block: np.uint64,
    key: np.uint64,
    words: Words,
) -> None:
    """Four random words (4, rows) of each row."""
    first, second, third, fourth = words[0], words[1], words[2], words[3]
    for i in range(len(row_ids)):
        a, b, c, d = row_words(row_ids[i], block, np.uint64(times[i]), key)
        first[i] = a
        second[i] = b
        third[i] = c
        fourth[i] = d


@kernel
def _other(
    start: int,
    length: int,
    members: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    usable: int,
    row: np.uint64,
    times: np.uint64,
    number: int,
    key: np.uint64,
) -> int:
    """Further draws of candidate `number`, until one lies in a usable group; -1 if none does."""
    at = 0
    for attempt in range(1, ATTEMPTS):
        block = np.uint64(number) | (np.uint64(attempt) << _16)
        words = row_words(row, block, times, key)
        for word in words:
            at = int(np.int64((np.uint64(word) * np.uint64(length)) >> _32))
            point = member(start, members, at)
            if (usable >> int(groups[point])) & 1:
                return point
    for step in range(length):
        point = member(start, members, (at + step) % length)
        if (usable >> int(groups[point])) & 1:
            return point
    return -1


@kernel
def _distance(
    coordinates: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32], point: int, row: int
) -> float:
    total = 0.0
    for j in range(coordinates.shape[1]):
        step = np.float64(coordinates[point, j]) - np.float64(wanted[row, j])
        total += step * step
    return total


@kernel
def _redraw_block(
    points: Points,
    tiles: Ranges,
    tile_of: npt.NDArray[np.int32],
    wanted: npt.NDArray[np.float32],
    row_ids: npt.NDArray[np.uint64],
    own_groups: npt.NDArray[np.uint8],
    times: npt.NDArray[np.uint8],
    key: np.uint64,
    candidates: int,
    kept: int,
    donor: npt.NDArray[np.int64],
    position: npt.NDArray[np.int64],
) -> None:
    groups, coordinates, numbers = points
    start, length, members = tiles
    words = np.empty((4, CHUNK), np.uint32)
    nearest = np.empty(CHUNK)
    for begin in range(0, len(row_ids), CHUNK):
        end = min(begin + CHUNK, len(row_ids))
        nearest[:] = np.inf
        position[begin:end] = -1
        for number in range(candidates):
            if number % 4 == 0:
                _fill(row_ids[begin:end], times[begin:end], np.uint64(number), key, words)
            drawn = words[number % 4]
            for i in range(end - begin):
                row = begin + i
                tile = tile_of[row]
                if tile < 0 or length[tile] == 0:
                    continue
                size = length[tile]
                at = int(np.int64((np.uint64(drawn[i]) * np.uint64(size)) >> _32))
                point = member(start[tile], members, at)
                usable = kept & ~(1 << int(own_groups[row]))
                if not (usable >> int(groups[point])) & 1:
                    again = np.uint64(times[row])
                    point = _other(
                        start[tile], size, members, groups, usable, row_ids[row], again, number, key
                    )
                if candidates == 1:
                    position[row] = point
                elif point >= 0:
                    distance = _distance(coordinates, wanted, point, row)
                    if distance < nearest[i]:
                        nearest[i] = distance
                        position[row] = point
        for row in range(begin, end):
            donor[row] = numbers[position[row]] if position[row] >= 0 else -1


def redraw(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    key: Key,
    times: npt.NDArray[np.uint8] | None = None,
    mode: Literal["nearest", "random"] = "nearest",
) -> Redrawn:
    """Donor of each of m rows for its parents' values; children with the same parents share it.

    `random` is one uniform row of the tile outside the row's own group (the paper); `nearest` the one of
    eight such rows at the smallest distance over numeric parents. `times`: earlier redraws of each row.
    """
    if mode not in ("nearest", "random"):
        raise ValueError(f"mode is nearest or random, not {mode!r}")
    count = len(row_ids)
    several = mode == "nearest" and index.coordinates.shape[1] > 0
    placed = locate(index, parents, count)
    empty = np.zeros((count, 0), np.float32)
    where = coordinates_of(parents, index.layout.axes, count) if several else empty
    ids = np.ascontiguousarray(row_ids, np.uint64)
    own = np.ascontiguousarray(groups, np.uint8)
    repeated = np.zeros(count, np.uint8) if times is None else np.ascontiguousarray(times, np.uint8)
    rows: Rows
    if not several or len(index.rows) <= FEW_POINTS:
        rows = (placed.tile, where, ids, own, repeated)
        return Redrawn(*_drawn(index, placed, rows, key, several), placed.borrowed)
    # Many candidates of a large index: tile by tile, so that a tile's points come from the caches.
    order, _ = tile_order(placed.tile, len(placed.tiles))
    rows = (
        gather(placed.tile, order),
        where[order],
        gather(ids, order),
        gather(own, order),
        gather(repeated, order),
    )
    donor, point = np.empty(count, np.int64), np.empty(count, np.int64)
    donor[order], point[order] = _drawn(index, placed, rows, key, several)
    return Redrawn(donor, point, placed.borrowed)


def _drawn(
    index: TileIndex, placed: Placed, rows: Rows, key: Key, several: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Donors of rows in the order given: row numbers and positions among the index's points."""
    points = (index.groups, index.coordinates, index.rows)
    tiles = (placed.tiles.start, placed.tiles.length, placed.tiles.members)
    tile, wanted, ids, own, times = rows
    count = len(tile)
    donor, point = np.empty(count, np.int64), np.empty(count, np.int64)
    word, candidates = key.word(PURPOSE_DONOR), NEAREST if several else 1

    def work(i: int, j: int) -> None:
        part = (tile[i:j], wanted[i:j], ids[i:j], own[i:j], times[i:j])
        _redraw_block(points, tiles, *part, word, candidates, index.kept, donor[i:j], point[i:j])

    for_blocks(count, work)
    return donor, point
