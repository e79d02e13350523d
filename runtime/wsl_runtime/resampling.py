"""Redrawing a variable from donors of the same tile (WISE, section 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, philox
from wsl_runtime.place import Placed, locate
from wsl_runtime.tiles import member

PURPOSE_DONOR = 1
NEAREST = 8  # candidates of which the nearest is taken
ATTEMPTS = 32  # draws that may hit the row's own group before its tile is scanned

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


@dataclass(frozen=True)
class Redrawn:
    """Donor of each row: its row number in the indexed dataset and its position among the index's points.

    Both are -1 where a parent is missing or the tile has no row of another group. `borrowed`: a category bit
    of the row's key had to be folded away.
    """

    donor: npt.NDArray[np.int64]
    point: npt.NDArray[np.int64]
    borrowed: npt.NDArray[np.bool_]


@kernel
def _candidate(
    tile: tuple[int, int],
    members: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    own: int,
    row: np.uint64,
    times: np.uint64,
    number: int,
    key: np.uint64,
) -> int:
    """A uniform point of the tile outside the row's own group, -1 if there is none."""
    start, length = tile
    at = 0
    for attempt in range(ATTEMPTS // 4):
        block = np.uint64(number) | (np.uint64(attempt) << np.uint64(16))
        words = philox(row & _LOW, row >> _32, block, times, key)
        for word in words:
            at = int(np.int64((word * np.uint64(length)) >> _32))
            point = member(start, members, at)
            if groups[point] != own:
                return point
    for step in range(1, length):
        point = member(start, members, (at + step) % length)
        if groups[point] != own:
            return point
    return -1


@kernel
def _distance(
    coordinates: npt.NDArray[np.float32],
    wanted: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float64],
    point: int,
    row: int,
) -> float:
    total = 0.0
    for j in range(coordinates.shape[1]):
        step = np.float64(coordinates[point, j]) - np.float64(wanted[row, j])
        total += weights[j] * step * step
    return total


@kernel
def _redraw_block(
    points: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.int64]],
    tiles: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    rows: tuple[
        npt.NDArray[np.int32],
        npt.NDArray[np.float32],
        npt.NDArray[np.uint64],
        npt.NDArray[np.uint8],
        npt.NDArray[np.uint8],
    ],
    weights: npt.NDArray[np.float64],
    key: np.uint64,
    candidates: int,
    out: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    first: int,
    last: int,
) -> None:
    groups, coordinates, numbers = points
    start, length, members = tiles
    tile_of, wanted, row_ids, own_groups, times = rows
    donor, position = out
    for i in range(first, last):
        tile = tile_of[i]
        best = -1
        if tile >= 0 and length[tile] > 0:
            place = (start[tile], length[tile])
            nearest = np.inf
            for number in range(candidates):
                point = _candidate(
                    place, members, groups, own_groups[i], row_ids[i], np.uint64(times[i]), number, key
                )
                if candidates == 1 or point < 0:
                    best = point
                    break
                distance = _distance(coordinates, wanted, weights, point, i)
                if distance < nearest:
                    nearest = distance
                    best = point
        position[i] = best
        donor[i] = numbers[best] if best >= 0 else -1


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
    placed = locate(index, parents, count)
    repeated = np.zeros(count, np.uint8) if times is None else np.ascontiguousarray(times, np.uint8)
    candidates = NEAREST if mode == "nearest" and index.coordinates.shape[1] else 1
    out = (np.empty(count, np.int64), np.empty(count, np.int64))
    ids = np.ascontiguousarray(row_ids, np.uint64)
    own = np.ascontiguousarray(groups, np.uint8)
    _run(index, placed, (ids, own, repeated), key.word(PURPOSE_DONOR), candidates, out)
    return Redrawn(out[0], out[1], placed.borrowed)


def _run(
    index: TileIndex,
    placed: Placed,
    rows: tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8], npt.NDArray[np.uint8]],
    word: np.uint64,
    candidates: int,
    out: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> None:
    points = (index.groups, index.coordinates, index.rows)
    tiles = (placed.tiles.start, placed.tiles.length, placed.tiles.members)
    queries = (placed.tile, placed.coordinates, *rows)
    weights = np.ones(index.coordinates.shape[1])
    for_blocks(
        len(rows[0]),
        lambda start, stop: _redraw_block(
            points, tiles, queries, weights, word, candidates, out, start, stop
        ),
    )
