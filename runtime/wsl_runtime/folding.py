"""Fold order: which bits of the parents' buckets a tile gives up first, learned from the data.

The order is grown forwards, from the bit that is kept longest: next come the one to three bits of a parent
with the largest gain in adjusted eta-squared (of the rank of the child) for the information they spend.
Dropping bits backwards from the finest grid by the smallest loss is no better, and ten times slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import log
from wsl_runtime.grid import Axis
from wsl_runtime.series import Series
from wsl_runtime.sums import ordered_sum

KEY_BITS = 62
MOST_LEVELS = 32  # of a category child that are told apart when parents are ordered
AHEAD = 3  # bits of one parent that are judged together: the first alone may only cut off a tail

Array = npt.NDArray[np.float64]
Bit = tuple[int, int]  # parent, bit of its bucket


def responses(children: Sequence[Series]) -> Array:
    """Standardised responses (responses, rows): ranks of numbers, indicators of frequent categories.

    Each child has total variance 1, however many indicators it has.
    """
    parts = [_response(child) for child in children]
    rows = len(children[0]) if children else 0
    return np.concatenate(parts) if parts else np.zeros((0, rows))


def _response(child: Series) -> Array:
    if child.discrete:
        counts = np.bincount(child.values, minlength=child.levels)
        frequent = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
        raw = (child.values[None, :] == frequent[:, None]).astype(np.float64)
    else:
        raw = average_ranks(child.values)[None, :]
    for one in raw:
        one -= ordered_sum(one) / max(1, len(one))
    total = ordered_sum((raw * raw).ravel())
    scaled: Array = raw / np.sqrt(total) if total > 0 else raw[:0]
    return scaled


def average_ranks(values: npt.NDArray[Any]) -> Array:
    """Ranks from 0, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: Array = (np.cumsum(counts) - 0.5 * (counts + 1))[inverse]
    return middle


def category_ranks(codes: npt.NDArray[Any], levels: int, response: Array) -> npt.NDArray[np.int32]:
    """Order the levels of a category by the mean first response, so that folding merges similar ones.

    Levels are shrunk towards the middle by one pseudo-row; equal means keep the order of their labels.
    """
    if not len(response):
        return np.arange(levels, dtype=np.int32)
    counts = np.bincount(codes, minlength=levels)
    means = np.bincount(codes, weights=response[0], minlength=levels) / (counts + 1.0)
    ranks = np.empty(levels, np.int32)
    ranks[np.argsort(means, kind="stable")] = np.arange(levels, dtype=np.int32)
    return ranks


@kernel
def _judge(
    joint: npt.NDArray[np.int64], size: int, response: Array, counts: npt.NDArray[np.int64], sums: Array
) -> tuple[float, float]:
    """Adjusted eta-squared, times the number of children, and entropy of a partition of the sample."""
    rows = len(joint)
    counts[:size] = 0
    for i in range(rows):
        counts[joint[i]] += 1
    cells = 0
    entropy = 0.0
    for cell in range(size):
        if counts[cell] > 0:
            cells += 1
            share = counts[cell] / rows
            entropy -= share * log(share)
    if rows <= cells:
        return -np.inf, entropy
    total = 0.0
    between = 0.0
    for r in range(len(response)):
        sums[:size] = 0.0
        for i in range(rows):
            y = response[r, i]
            sums[joint[i]] += y
            total += y * y
        for cell in range(size):
            if counts[cell] > 0:
                between += sums[cell] * sums[cell] / counts[cell]
    return total - max(0.0, total - between) / (rows - cells) * (rows - 1), entropy


@kernel
def _renumber(joint: npt.NDArray[np.int64], size: int, counts: npt.NDArray[np.int64]) -> int:
    """Number the cells that occur 0, 1, ... in place; their number."""
    counts[:size] = 0
    for i in range(len(joint)):
        counts[joint[i]] = 1
    cells = 0
    for cell in range(size):
        if counts[cell] > 0:
            counts[cell] = cells
            cells += 1
    for i in range(len(joint)):
        joint[i] = counts[joint[i]]
    return cells


@kernel
def _grow(
    buckets: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.int64],
    response: Array,
    order: npt.NDArray[np.int64],
) -> None:
    """Write the (parent, bit) pairs of all `left` bits; parents of a lower rank come first."""
    rows = buckets.shape[1]
    cells = np.zeros(rows, np.int64)
    joint = np.zeros(rows, np.int64)
    counts = np.zeros((max(1, rows)) << AHEAD, np.int64)
    sums = np.zeros(len(counts))
    size = 1 if rows else 0
    explained, entropy = _judge(cells, size, response, counts, sums) if rows else (-np.inf, 0.0)
    done = 0
    while done < len(order):
        rank = 1 << 30
        for parent in range(len(left)):
            if left[parent] > 0:
                rank = min(rank, ranks[parent])
        best = 0.0
        chosen = -1
        bits = 1
        for parent in range(len(left)):
            if ranks[parent] != rank or explained == -np.inf:
                continue
            for ahead in range(1, min(AHEAD, left[parent]) + 1):
                for i in range(rows):
                    part = (buckets[parent, i] >> (left[parent] - ahead)) & ((1 << ahead) - 1)
                    joint[i] = (cells[i] << ahead) | part
                gained, spent = _judge(joint, size << ahead, response, counts, sums)
                score = (gained - explained) / max(spent - entropy, 1e-3)
                if score > best:
                    best, chosen, bits = score, parent, ahead
        if chosen < 0:  # nothing left to learn from the sample: the coarsest bit that is left
            for parent in range(len(left)):
                if ranks[parent] == rank and left[parent] > (left[chosen] if chosen >= 0 else 0):
                    chosen = parent
        for _ in range(bits):
            left[chosen] -= 1
            for i in range(rows):
                cells[i] = (cells[i] << 1) | ((buckets[chosen, i] >> left[chosen]) & 1)
            size = _renumber(cells, size << 1, counts) if rows else 0
            if done < len(order):
                order[done, 0] = chosen
                order[done, 1] = left[chosen]
            done += 1
        if rows:
            explained, entropy = _judge(cells, size, response, counts, sums)


def fold_order(
    buckets: Sequence[npt.NDArray[np.int64]],
    axes: Sequence[Axis],
    response: Array,
    ranks: Sequence[int],
) -> tuple[Bit, ...]:
    """Bits from the one kept longest to the one folded first, at most 62; lower ranks come first."""
    left = np.array([axis.bits for axis in axes], np.int64)
    order = np.zeros((min(KEY_BITS, int(left.sum())), 2), np.int64)
    if len(order):
        matrix = np.ascontiguousarray(np.stack(buckets))
        _grow(matrix, left, np.array(ranks, np.int64), np.ascontiguousarray(response), order)
    return tuple((int(parent), int(bit)) for parent, bit in order)


def key_tables(order: Sequence[Bit], axes: Sequence[Axis]) -> tuple[npt.NDArray[np.uint64], ...]:
    """For each parent, the bits of the key that each of its buckets sets."""
    tables = []
    for parent, axis in enumerate(axes):
        bucket = np.arange(max(1, axis.buckets), dtype=np.uint64)
        table = np.zeros(len(bucket), np.uint64)
        for place, (owner, bit) in enumerate(reversed(order)):
            if owner == parent:
                table |= ((bucket >> np.uint64(bit)) & np.uint64(1)) << np.uint64(place)
        tables.append(table)
    return tuple(tables)


def lowest_bit_of(parents: Sequence[int], order: Sequence[Bit], axes: Sequence[Axis]) -> tuple[int, bool]:
    """Place in the key of the lowest bit of some parents (its length if none); whether any did not fit."""
    kept = [place for place, (parent, _) in enumerate(reversed(order)) if parent in parents]
    wanted = sum(axes[parent].bits for parent in parents)
    return (min(kept) if kept else len(order)), len(kept) < wanted
