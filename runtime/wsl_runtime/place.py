"""From parents' values to tiles: where each scenario row stands in an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.grid import keys_of
from wsl_runtime.index import TileIndex
from wsl_runtime.series import present
from wsl_runtime.sorting import distinct_keys, gather, group_by_tile
from wsl_runtime.tiles import Tiles, find_keys, fold_keys

IN_CACHE = 1 << 14  # keys that are searched at random without waiting for memory
AT_ONCE = 1 << 20  # rows that are looked up together

Columns = Sequence[npt.NDArray[Any]]
Chosen = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Placed:
    """Scenario rows in an index: the tile of each (-1 where a parent is missing), and which of them borrow.

    `tiles` are the index's own tiles, and those of other keys that were needed so far.
    """

    tile: npt.NDArray[np.int32]
    tiles: Tiles
    borrowed: npt.NDArray[np.bool_]


def locate(index: TileIndex, parents: Columns, rows: int, chosen: Chosen | None = None) -> Placed:
    """Tile of every row, or of the chosen ones: its key's own folded tile, whether or not a data row has it.

    `parents` are plain arrays in the order of the index; a category never seen has a code beyond the levels,
    and borrows the donors of another one.
    """
    if len(parents) != len(index.layout.axes):
        raise ValueError(f"the index has {len(index.layout.axes)} parents, not {len(parents)}")
    count = rows if chosen is None else len(chosen)
    tile, borrowed = np.empty(count, np.int32), np.empty(count, np.bool_)
    for begin in range(0, count, AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        at = part if chosen is None else chosen[part]
        tile[part], borrowed[part] = _located(index, [values[at] for values in parents], len(tile[part]))
    return Placed(tile, index.catalogue.tiles, borrowed)


def _located(
    index: TileIndex, parents: Columns, rows: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    axes = index.layout.axes
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
    return tile, borrowed


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


def tile_order(tile: npt.NDArray[np.int32], tiles: int) -> tuple[Chosen, int]:
    """Rows in order of their tiles, those without a tile last; and how many have one."""
    order, starts = group_by_tile(np.where(tile < 0, np.int32(tiles), tile), tiles + 1)
    return order, int(starts[tiles])
