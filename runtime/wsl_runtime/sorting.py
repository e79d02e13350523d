"""Stable sorts of our own: keys and hashes by radix, rows by tile with a counting sort."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel


def order_rows(
    keys: npt.NDArray[np.uint64], hashes: npt.NDArray[np.uint64], row_ids: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64]:
    """Permutation that sorts rows by (key, hash, row id)."""
    return np.lexsort((row_ids, hashes, keys)).astype(np.int64)


@kernel
def _counting_sort(
    tiles: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], order: npt.NDArray[np.int64]
) -> None:
    for i in range(len(tiles)):
        starts[tiles[i] + 1] += 1
    for t in range(1, len(starts)):
        starts[t] += starts[t - 1]
    for i in range(len(tiles)):
        tile = tiles[i]
        order[starts[tile]] = i
        starts[tile] += 1
    for t in range(len(starts) - 1, 0, -1):
        starts[t] = starts[t - 1]
    starts[0] = 0


def group_by_tile(
    tiles: npt.NDArray[np.int32], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows in order of their tile 0..count-1, and where each tile starts (count + 1 entries)."""
    starts = np.zeros(count + 1, np.int64)
    order = np.empty(len(tiles), np.int64)
    _counting_sort(tiles, starts, order)
    return order, starts
