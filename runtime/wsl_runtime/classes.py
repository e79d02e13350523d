"""Estimates of categories and booleans: kernel-weighted class frequencies, and draws from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.fits import fits_of
from wsl_runtime.index import TileIndex
from wsl_runtime.philox import Key, uniforms
from wsl_runtime.place import for_tiles, locate
from wsl_runtime.regression import FAR, LANES, load_points, load_queries, measure, padded, weigh, workspace

PURPOSE_CLASS = 4

Array = npt.NDArray[np.float64]


@kernel
def _frequency_block(
    fit: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Array, Array],
    data: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], Array],
    order: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    query: tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]],
    out: Array,
    begin: int,
    end: int,
) -> None:
    counts, chosen, inverse, bandwidth = fit
    groups, coordinates, child = data
    wanted, query_groups = query
    most = chosen.shape[1]
    points = np.zeros((most, coordinates.shape[1]))
    point_groups = np.zeros(most, np.uint8)
    own = np.zeros(LANES, np.uint8)
    queries, distances, weights, _, lanes_of = workspace(coordinates.shape[1], most)
    nearest = lanes_of[0]
    for tile in range(begin, end):
        if starts[tile + 1] == starts[tile]:
            continue
        count = counts[tile]
        load_points(chosen[tile], count, coordinates, inverse[tile], points)
        for p in range(count):
            point_groups[p] = groups[chosen[tile, p]]
        for at in range(starts[tile], starts[tile + 1], LANES):
            lanes = min(LANES, starts[tile + 1] - at)
            wide = padded(lanes)
            load_queries(order, at, lanes, wanted, query_groups, inverse[tile], queries, own)
            measure(points, point_groups, count, queries, own, distances, nearest, wide)
            weigh(distances, nearest, count, bandwidth[tile], weights, wide)
            for lane in range(lanes):
                row = order[at + lane]
                if nearest[lane] >= FAR:
                    out[row, :] = np.nan
                    continue
                total = 0.0
                for p in range(count):
                    out[row, np.int64(child[chosen[tile, p]])] += weights[p, lane]
                    total += weights[p, lane]
                for level in range(out.shape[1]):
                    out[row, level] /= total


def class_frequencies(
    index: TileIndex,
    parents: Sequence[npt.NDArray[Any]],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
    child: int = 0,
) -> Array:
    """Kernel-weighted class frequencies (m, levels) of a category or boolean; NaN if a parent is missing."""
    series = index.children[child]
    if not series.discrete:
        raise ValueError("class frequencies are for categories and booleans")
    placed = locate(index, parents, len(row_ids))
    fits = fits_of(index, child, placed)
    out = np.zeros((len(row_ids), max(1, series.levels)))
    out[placed.tile < 0] = np.nan
    fit = (fits.count, fits.point, fits.inverse, fits.bandwidth)
    data = (index.groups, index.coordinates, np.ascontiguousarray(series.values, np.float64))
    query = (placed.coordinates, np.ascontiguousarray(groups, np.uint8))
    for_tiles(
        placed, lambda order, starts, i, j: _frequency_block(fit, data, order, starts, query, out, i, j)
    )
    return out


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
