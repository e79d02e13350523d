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
from wsl_runtime.place import Chosen, Columns, Placed, locate, tile_order
from wsl_runtime.regression import Fits, Queries

AT_ONCE = 1 << 21  # rows that are put in order together: fewer leave few rows to a tile, more need memory

Work = Callable[[Fits, Queries, Chosen, Chosen], None]
PlacedWork = Callable[[Queries, Chosen, Chosen], None]


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
    fits, placed = fits_of(index, child, placed, kernel_mean=kernel_mean)
    in_tile_order(index, parents, groups, chosen, placed, len(fits.size), partial(work, fits))
    return placed.borrowed


def in_tile_order(
    index: TileIndex,
    parents: Columns,
    groups: npt.NDArray[np.uint8],
    chosen: Chosen | None,
    placed: Placed,
    tiles: int,
    work: PlacedWork,
) -> None:
    """Call work(queries, positions, rows) for blocks of rows that were placed in `tiles` tiles, by tile."""
    for begin in range(0, len(placed.tile), AT_ONCE):
        queries, rows = _queries(index, parents, groups, chosen, placed.tile, tiles, begin)
        _in_order(queries, begin, rows, work)
        del queries, rows  # before the next ones are made


def _queries(
    index: TileIndex,
    parents: Columns,
    groups: npt.NDArray[np.uint8],
    chosen: Chosen | None,
    tiles_of: npt.NDArray[np.int32],
    tiles: int,
    begin: int,
) -> tuple[Queries, Chosen]:
    """The rows asked for from position `begin` on, at most `AT_ONCE`, and their places among all."""
    part = slice(begin, begin + AT_ONCE)
    tile = tiles_of[part]
    order, usable = tile_order(tile, tiles)
    axes = index.layout.axes
    if chosen is None:
        rows = np.arange(begin, begin + len(tile), dtype=order.dtype)
        where = coordinates_of([values[part] for values in parents], axes, len(tile))
        return Queries(order[:usable], tile, where, groups[part]), rows
    where = coordinates_of(parents, axes, len(tile), chosen[part])
    return Queries(order[:usable], tile, where, groups[chosen[part]]), chosen[part]


def _in_order(queries: Queries, begin: int, rows: Chosen, work: PlacedWork) -> None:
    """Call work for blocks of queries; `begin` is the position of the first, `rows` are the places of all."""

    def block(i: int, j: int) -> None:
        at = queries.order[i:j]
        work(queries._replace(order=at), at + begin, rows[at])

    if len(queries.order):
        for_blocks(len(queries.order), block)
