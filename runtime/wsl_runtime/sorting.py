"""Stable sorts of our own: (key, hash, row id) by radix, rows by tile with a counting sort."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel

DIGIT = 11  # bits sorted in one pass: its counters stay in the first cache

_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def _radix(words: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    """Sort words by their `bits` bits above the lowest 32, stably; least significant digit first."""
    source = words
    target = np.empty_like(words)
    low = 0
    counts = np.empty((1 << DIGIT) + 1, np.int64)
    while low < bits:
        width = min(DIGIT, bits - low)
        shift = np.uint64(32 + low)
        mask = np.uint64((1 << width) - 1)
        counts[:] = 0
        for i in range(len(source)):
            counts[((source[i] >> shift) & mask) + np.uint64(1)] += 1
        for digit in range(1, 1 << width):
            counts[digit] += counts[digit - 1]
        for i in range(len(source)):
            digit_of = (source[i] >> shift) & mask
            target[counts[digit_of]] = source[i]
            counts[digit_of] += 1
        source, target = target, source
        low += width
    return source


@kernel
def _pack_hashes(hashes: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64]) -> None:
    for i in range(len(words)):
        words[i] = ((hashes[i] >> _32) << _32) | np.uint64(i)


@kernel
def _pack_keys(keys: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64], shift: np.uint64) -> None:
    for i in range(len(words)):
        row = words[i] & _LOW
        words[i] = (((keys[row] >> shift) & _LOW) << _32) | row


@kernel
def _settle(
    words: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    hashes: npt.NDArray[np.uint64],
    row_ids: npt.NDArray[np.uint64],
    order: npt.NDArray[np.int64],
) -> None:
    """Write the order; the few rows that share key and upper hash are put in order of (hash, row id)."""
    for i in range(len(words)):
        row = words[i] & _LOW
        at = i
        while at > 0:
            other = order[at - 1]
            if keys[other] != keys[row] or hashes[other] < hashes[row]:
                break
            if hashes[other] == hashes[row] and row_ids[other] < row_ids[row]:
                break
            order[at] = other
            at -= 1
        order[at] = np.int64(row)


def order_rows(
    keys: npt.NDArray[np.uint64],
    hashes: npt.NDArray[np.uint64],
    row_ids: npt.NDArray[np.uint64],
    bits: int = 64,
) -> npt.NDArray[np.int64]:
    """Permutation that sorts rows by (key, hash, row id); keys have no bits beyond `bits`."""
    if len(keys) >= 1 << 32:
        raise ValueError("an index holds fewer than 2**32 rows")
    words = np.empty(len(keys), np.uint64)
    _pack_hashes(hashes, words)
    words = _radix(words, 32)
    for low in range(0, bits, 32):
        _pack_keys(keys, words, np.uint64(low))
        words = _radix(words, min(32, bits - low))
    order = np.empty(len(keys), np.int64)
    _settle(words, keys, hashes, row_ids, order)
    return order


@kernel
def _number_runs(
    keys: npt.NDArray[np.uint64],
    words: npt.NDArray[np.uint64],
    distinct: npt.NDArray[np.uint64],
    number: npt.NDArray[np.int64],
) -> int:
    count = 0
    for i in range(len(words)):
        row = words[i] & _LOW
        if count == 0 or distinct[count - 1] != keys[row]:
            distinct[count] = keys[row]
            count += 1
        number[row] = count - 1
    return count


def distinct_keys(
    keys: npt.NDArray[np.uint64], bits: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Distinct keys, sorted, and the place of each row's key among them; keys have no bits beyond `bits`."""
    words = np.arange(len(keys), dtype=np.uint64)
    for low in range(0, bits, 32):
        _pack_keys(keys, words, np.uint64(low))
        words = _radix(words, min(32, bits - low))
    distinct, number = np.empty_like(keys), np.empty(len(keys), np.int64)
    return distinct[: _number_runs(keys, words, distinct, number)], number


@kernel
def bottom_of_runs(keys: npt.NDArray[np.uint64], order: npt.NDArray[np.int64], cap: int) -> int:
    """Keep, at the front of `order`, the first `cap` rows of every run of equal keys; their number."""
    kept = 0
    run = 0
    for i in range(len(order)):
        row = order[i]
        run = run + 1 if kept > 0 and i > 0 and keys[order[kept - 1]] == keys[row] else 1
        if run <= cap:
            order[kept] = row
            kept += 1
    return kept


@kernel
def _gather(values: npt.NDArray[Any], order: npt.NDArray[np.integer[Any]], out: npt.NDArray[Any]) -> None:
    for i in range(len(order)):
        out[i] = values[order[i]]


def gather(values: npt.NDArray[Any], order: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
    """values[order] of a plain one-dimensional array, at the speed of memory."""
    out = np.empty(len(order), values.dtype)
    for_blocks(len(order), lambda i, j: _gather(values, order[i:j], out[i:j]))
    return out


@kernel
def _counting_sort(
    tiles: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], order: npt.NDArray[Any]
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


def group_by_tile(tiles: npt.NDArray[np.int32], count: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Rows in order of their tile 0..count-1, and where each tile starts (count + 1 entries)."""
    starts = np.zeros(count + 1, np.int64)
    order = np.empty(len(tiles), np.int32 if len(tiles) < 1 << 31 else np.int64)
    _counting_sort(tiles, starts, order)
    return order, starts
