"""From parents' values to tiles: where each scenario row stands in an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.grid import place
from wsl_runtime.index import TileIndex
from wsl_runtime.series import present
from wsl_runtime.tiles import Tiles, fold_keys, gather_tiles


@dataclass(frozen=True)
class Placed:
    """Scenario rows in an index: tile of each row (-1 where a parent is missing), coordinates, borrowed rows.

    `tiles` are the index's own tiles, then those that only these rows need.
    """

    tile: npt.NDArray[np.int32]
    tiles: Tiles
    coordinates: npt.NDArray[np.float32]
    borrowed: npt.NDArray[np.bool_]


def locate(index: TileIndex, parents: Sequence[npt.NDArray[Any]], rows: int) -> Placed:
    """Tile of every row: its key's own folded tile, whether or not a data row has that key.

    `parents` are plain arrays in the order of the index; a category never seen has a code beyond the levels,
    and borrows the donors of another one.
    """
    axes = index.layout.axes
    if len(parents) != len(axes):
        raise ValueError(f"the index has {len(axes)} parents, not {len(parents)}")
    keys, coordinates, unseen = place(parents, axes, index.layout.tables, rows)
    known = np.ones(rows, np.bool_)
    for values, axis in zip(parents, axes, strict=True):
        known &= present(values, axis.kind)
    tile, tiles = _tiles_of(index, keys)
    tile[~known] = -1
    borrowed = index.borrowed(tiles)[tile] | unseen
    borrowed[~known] = False
    return Placed(tile, tiles, coordinates, borrowed)


def _tiles_of(index: TileIndex, keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int32], Tiles]:
    distinct, inverse = np.unique(keys, return_inverse=True)
    tiles = index.tiles
    at = np.searchsorted(index.keys, distinct)
    found = np.zeros(len(distinct), np.bool_)
    inside = at < len(index.keys)
    found[inside] = index.keys[at[inside]] == distinct[inside]
    result = np.zeros(len(distinct), np.int32)
    result[found] = index.tile_of[at[found]]
    if not found.all():
        ranges = fold_keys(index.keys, index.starts, index.groups, distinct[~found], index.limits)
        extra, which = np.unique(ranges, axis=0, return_inverse=True)
        result[~found] = which.reshape(-1) + len(tiles)
        tiles = tiles.join(gather_tiles(extra, index.starts, index.hashes, index.cap))
    return result[inverse.reshape(-1)], tiles
