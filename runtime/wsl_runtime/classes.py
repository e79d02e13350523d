"""Estimates of categories and booleans: kernel-weighted class frequencies, and draws from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.fits import points_of
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import Chosen
from wsl_runtime.queries import for_rows_by_tile
from wsl_runtime.regression import (
    FAR,
    LANES,
    Fits,
    Points,
    Queries,
    load_queries,
    load_tile,
    measure,
    padded,
    run_end,
    scratch,
    weigh,
)

PURPOSE_CLASS = 4

Array = npt.NDArray[np.float64]


class Frequencies(NamedTuple):
    """Kernel-weighted class frequencies (m, levels), NaN where a parent is missing; and which rows borrow."""

    shares: Array
    borrowed: npt.NDArray[np.bool_]


@kernel
def _frequency_block(fits: Fits, points: Points, rows: Queries, out: Array) -> None:
    room = scratch(points.coordinates.shape[1], fits.point.shape[1])
    first = 0
    while first < len(rows.order):
        tile, end = rows.tile[rows.order[first]], run_end(rows, first)
        count, centre, inverse = fits.size[tile], fits.centre[tile], fits.inverse[tile]
        load_tile(fits.point[tile], count, points, False, centre, inverse, room)
        for begin in range(first, end, LANES):
            lanes = load_queries(rows, begin, end, centre, inverse, room)
            wide = padded(lanes)
            measure(count, room, wide)
            weigh(count, fits.bandwidth[tile], room, wide)
            for lane in range(lanes):
                shares = out[begin + lane]
                if room.nearest[lane] >= FAR:
                    shares[:] = np.nan
                    continue
                shares[:] = 0.0
                total = 0.0
                for p in range(count):
                    weight = np.float64(room.weights[p, lane])
                    shares[np.int64(room.values[p])] += weight
                    total += weight
                for level in range(len(shares)):
                    shares[level] /= total
        first = end


def class_frequencies(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    child: int = 0,
    chosen: Chosen | None = None,
) -> Frequencies:
    """Class frequencies of a category or boolean for m rows, or for the chosen ones of them."""
    series = index.children[child]
    if not series.discrete:
        raise ValueError("class frequencies are for categories and booleans")
    points = points_of(index, child)
    count = len(row_ids) if chosen is None else len(chosen)
    out = np.full((count, max(1, series.levels)), np.nan)

    def block(fits: Fits, queries: Queries, positions: Chosen, _: Chosen) -> None:
        shares = np.empty((len(positions), out.shape[1]))
        _frequency_block(fits, points, queries, shares)
        out[positions] = shares

    return Frequencies(out, for_rows_by_tile(index, child, parents, groups, chosen, block))


@kernel
def _draw_block(frequencies: Array, uniform: Array, out: npt.NDArray[np.int32]) -> None:
    for i in range(len(out)):
        out[i] = -1
        running = 0.0
        for level in range(frequencies.shape[1]):
            share = frequencies[i, level]
            if share > 0.0:
                running += share
                out[i] = level
                if running > uniform[i]:
                    break


def draw_classes(
    frequencies: Array,
    row_ids: npt.NDArray[np.uint64],
    key: Key,
    times: npt.NDArray[np.uint8] | None = None,
) -> npt.NDArray[np.int32]:
    """One class per row by its frequencies (m, levels), -1 where they are missing."""
    count = len(row_ids)
    repeated = np.zeros(count, np.uint8) if times is None else np.ascontiguousarray(times, np.uint8)
    uniform = uniforms(row_ids, key, repeated, PURPOSE_CLASS)
    out = np.empty(count, np.int32)
    for_blocks(count, lambda i, j: _draw_block(frequencies[i:j], uniform[i:j], out[i:j]))
    return out
