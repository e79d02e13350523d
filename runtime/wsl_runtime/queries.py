"""Rows that ask an index for an estimate, block by block in order of their tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks
from wsl_runtime.fits import fits_of
from wsl_runtime.grid import coordinates_of
from wsl_runtime.index import TileIndex
from wsl_runtime.place import Chosen, Columns, locate, tile_order
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
    kernel_mean: bool = False,
) -> npt.NDArray[np.bool_]:
    """Call work(fits, queries, positions, rows) for blocks of all rows, or of the chosen ones, by tile.

    `positions` are those among the rows asked for, `rows` the same among all. Rows without a tile, for a
    parent is missing, are left out. `kernel_mean` asks for the fits of the paper's estimator. Returns which
    of the rows asked for borrow.
    """
    placed = locate(index, parents, len(groups), chosen)
    fits = fits_of(index, child, placed, kernel_mean=kernel_mean)
    for begin in range(0, len(placed.tile), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        tile = placed.tile[part]
        order, usable = tile_order(tile, len(placed.tiles))
        rows = np.arange(begin, begin + len(tile), dtype=order.dtype) if chosen is None else chosen[part]
        # In the order of memory first: coordinates of one row then lie side by side.
        own = part if chosen is None else rows
        where = coordinates_of([values[own] for values in parents], index.layout.axes, len(tile))
        queries = Queries(order[:usable], tile, where, groups[own])
        _in_order(queries, begin, rows, partial(work, fits))
    return placed.borrowed


def _in_order(
    queries: Queries, begin: int, rows: Chosen, work: Callable[[Queries, Chosen, Chosen], None]
) -> None:
    """Call work for blocks of queries; `begin` is the position of the first, `rows` are the places of all."""

    def block(i: int, j: int) -> None:
        at = queries.order[i:j]
        work(queries._replace(order=at), at + begin, rows[at])

    if len(queries.order):
        for_blocks(len(queries.order), block)
