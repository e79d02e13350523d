"""From parents' values to tiles: where each scenario row stands in an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import BLOCK, for_blocks, kernel
from wsl_runtime.grid import coordinates_of, keys_of
from wsl_runtime.index import TileIndex
from wsl_runtime.series import present
from wsl_runtime.sorting import distinct_keys, gather, group_by_tile
from wsl_runtime.tiles import Tiles, find_keys, fold_keys

IN_CACHE = 1 << 14  # keys that are searched at random without waiting for memory


@dataclass(frozen=True)
class Placed:
    """Scenario rows in an index: tile of each row (-1 where a parent is missing), coordinates, borrowed rows.

    `tiles` are the index's own tiles, and those of other keys that were needed so far.
    """

    tile: npt.NDArray[np.int32]
    tiles: Tiles
    coordinates: npt.NDArray[np.float32]
    borrowed: npt.NDArray[np.bool_]


def locate(
    index: TileIndex, parents: Sequence[npt.NDArray[Any]], rows: int, coordinates: bool = True
) -> Placed:
    """Tile of every row: its key's own folded tile, whether or not a data row has that key.

    `parents` are plain arrays in the order of the index; a category never seen has a code beyond the levels,
    and borrows the donors of another one. Without `coordinates` these have no columns.
    """
    axes = index.layout.axes
    if len(parents) != len(axes):
        raise ValueError(f"the index has {len(axes)} parents, not {len(parents)}")
    keys, unseen = keys_of(parents, axes, index.layout.tables, rows)
    if len(index.keys) <= IN_CACHE:
        tile, borrowed = _tiles_of(index, keys)
    else:  # look up each key once, and in order: a search from memory costs more than a sort
        distinct, number = distinct_keys(keys, index.layout.bits)
        tile_of, borrows = _tiles_of(index, distinct)
        tile, borrowed = gather(tile_of, number), gather(borrows, number)
    borrowed |= unseen
    for values, axis in zip(parents, axes, strict=True):
        missing = ~present(values, axis.kind)
        if missing.any():
            tile[missing] = -1
            borrowed[missing] = False
    where = coordinates_of(parents, axes, rows) if coordinates else np.zeros((rows, 0), np.float32)
    return Placed(tile, index.catalogue.tiles, where, borrowed)


@kernel
def _known(
    at: npt.NDArray[np.int32],
    tile_of: npt.NDArray[np.int32],
    borrows: npt.NDArray[np.bool_],
    tile: npt.NDArray[np.int32],
    borrowed: npt.NDArray[np.bool_],
) -> None:
    for i in range(len(at)):
        position = at[i]
        tile[i] = tile_of[position] if position >= 0 else np.int32(-1)
        borrowed[i] = borrows[position] if position >= 0 else False


def _tiles_of(
    index: TileIndex, keys: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Tile and borrowing of each key, whether or not a data row has it."""
    at = find_keys(index.keys, index.directory, keys)
    tile, borrowed = np.empty(len(keys), np.int32), np.empty(len(keys), np.bool_)
    borrows = index.borrows(index.level_of)
    for_blocks(len(keys), lambda i, j: _known(at[i:j], index.tile_of, borrows, tile[i:j], borrowed[i:j]))
    missing = np.flatnonzero(at < 0)
    if not len(missing):
        return tile, borrowed
    distinct, number = distinct_keys(keys[missing], index.layout.bits)
    ranges, levels = fold_keys(index.keys, index.starts, index.groups, distinct, index.limits)
    found = index.catalogue.find(ranges, index.starts, index.hashes, index.cap)
    tile[missing] = found[number]
    borrowed[missing] = index.borrows(levels)[number]
    return tile, borrowed


def tile_order(placed: Placed) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows in order of their tiles, and where each tile starts; rows without a tile come last."""
    count = len(placed.tiles)
    return group_by_tile(np.where(placed.tile < 0, np.int32(count), placed.tile), count + 1)


def for_tiles(
    placed: Placed, work: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], int, int], None]
) -> None:
    """Call work(rows in tile order, starts, first tile, last tile) for runs of tiles of many rows."""
    count = len(placed.tiles)
    order, starts = tile_order(placed)
    total = int(starts[count])
    parts = max(1, -(-total * 8 // BLOCK))
    cuts = np.unique(np.searchsorted(starts[: count + 1], np.linspace(0, total, parts + 1), side="right") - 1)
    cuts[0], cuts[-1] = 0, count
    for_blocks(len(cuts) - 1, lambda i, j: work(order, starts, int(cuts[i]), int(cuts[j])), 1)
