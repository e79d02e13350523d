"""Rows that ask an index for an estimate, block by block in order of their tiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks
from wsl_runtime.fits import fits_of
from wsl_runtime.grid import coordinates_of
from wsl_runtime.index import TileIndex
from wsl_runtime.place import Chosen, Columns, Placed, locate, tile_order
from wsl_runtime.regression import Fits, Queries

AT_ONCE = 1 << 22  # rows that are put in order together: fewer leave few rows to a tile, more need memory

Work = Callable[[Fits, Queries, Chosen, Chosen], None]


def for_rows_by_tile(
    index: TileIndex,
    child: int,
    parents: Columns,
    groups: npt.NDArray[np.uint8],
    chosen: Chosen | None,
    work: Work,
) -> npt.NDArray[np.bool_]:
    """Call work(fits, queries, positions, rows) for blocks of all rows, or of the chosen ones, by tile.

    `positions` are those among the rows asked for, `rows` the same among all. Rows without a tile, for a
    parent is missing, are left out. Returns which of the rows asked for borrow.
    """
    placed = locate(index, parents, len(groups), chosen)
    fits = fits_of(index, child, placed)
    for begin in range(0, len(placed.tile), AT_ONCE):
        order, usable = tile_order(placed.tile[begin : begin + AT_ONCE], len(placed.tiles))
        positions = order[:usable] + begin
        rows = positions if chosen is None else chosen[positions]
        _in_order(index, parents, groups, placed, positions, rows, fits, work)
    return placed.borrowed


def _in_order(
    index: TileIndex,
    parents: Columns,
    groups: npt.NDArray[np.uint8],
    placed: Placed,
    positions: Chosen,
    rows: Chosen,
    fits: Fits,
    work: Work,
) -> None:
    where = coordinates_of(parents, index.layout.axes, len(rows), rows)

    def block(i: int, j: int) -> None:
        queries = Queries(placed.tile[positions[i:j]], where[i:j], groups[rows[i:j]])
        work(fits, queries, positions[i:j], rows[i:j])

    if len(rows):
        for_blocks(len(rows), block)
