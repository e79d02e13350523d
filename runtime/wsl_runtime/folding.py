"""Fold order: which bits of the parents' buckets a tile gives up first, learned from the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.grid import Axis
from wsl_runtime.series import Series

KEY_BITS = 62
MOST_LEVELS = 32  # of a category child that are told apart when parents are ordered

Bit = tuple[int, int]  # parent, bit of its bucket


def responses(children: Sequence[Series], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Standardised responses (responses, rows): ranks of numbers, indicators of frequent categories.

    Each child has total variance 1, however many indicators it has.
    """
    parts = [_response(child.take(rows)) for child in children]
    return np.concatenate(parts) if parts else np.zeros((0, len(rows)))


def _response(child: Series) -> npt.NDArray[np.float64]:
    if child.discrete:
        counts = np.bincount(child.values.astype(np.int64), minlength=child.levels)
        frequent = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
        raw = (child.values[None, :] == frequent[:, None]).astype(np.float64)
    else:
        raw = average_ranks(child.values)[None, :]
    raw = raw - raw.sum(axis=1, keepdims=True) / max(1, raw.shape[1])
    total = float((raw * raw).sum())
    scaled: npt.NDArray[np.float64] = raw / np.sqrt(total) if total > 0 else raw[:0]
    return scaled


def average_ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Ranks from 0, equal values sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: npt.NDArray[np.float64] = (ends - 0.5 * (counts + 1))[inverse]
    return middle


def category_ranks(
    codes: npt.NDArray[Any], levels: int, response: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
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


def fold_order(
    buckets: Sequence[npt.NDArray[np.int64]], axes: Sequence[Axis], response: npt.NDArray[np.float64]
) -> tuple[Bit, ...]:
    """Bits from the one kept longest to the one folded first, at most 62.

    Grown forwards: the next bit is the one with the largest gain in adjusted eta-squared per bit of
    information it spends; all bits of categories come before those of numbers.
    """
    rows = len(buckets[0]) if buckets else 0
    cells = np.zeros(rows, np.int64)
    left = [axis.bits for axis in axes]
    order: list[Bit] = []
    for discrete in (True, False):
        while candidates := [i for i, axis in enumerate(axes) if axis.discrete == discrete and left[i]]:
            if len(order) >= KEY_BITS:
                return tuple(order[:KEY_BITS])
            parent, bits = _best(cells, buckets, candidates, left, response)
            for _ in range(bits):
                left[parent] -= 1
                order.append((parent, left[parent]))
            cells = _refined(cells, buckets[parent] >> left[parent])
    return tuple(order[:KEY_BITS])


def _refined(cells: npt.NDArray[np.int64], bucket: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if not len(cells):
        return cells
    width = int(bucket.max()) + 1
    joint = cells * width + bucket
    dense: npt.NDArray[np.int64] = np.unique(joint, return_inverse=True)[1].astype(np.int64)
    return dense


def _best(
    cells: npt.NDArray[np.int64],
    buckets: Sequence[npt.NDArray[np.int64]],
    candidates: Sequence[int],
    left: Sequence[int],
    response: npt.NDArray[np.float64],
) -> tuple[int, int]:
    """Parent and number of its next bits with the best gain for the information they spend."""
    base, entropy = _adjusted(cells, response)
    best = (-np.inf, 0, 0, 0)
    for parent in candidates:
        for bits in range(1, left[parent] + 1):
            finer = _refined(cells, buckets[parent] >> (left[parent] - bits))
            explained, spent = _adjusted(finer, response)
            cost = max(spent - entropy, 1e-3)
            score = (explained - base) / cost
            if score > best[0]:
                best = (score, -bits, parent, bits)
    if best[3] == 0 or best[0] <= 0:  # nothing left to learn from the sample: the widest remaining bit
        parent = max(candidates, key=lambda i: left[i])
        return parent, 1
    return best[2], best[3]


def _adjusted(cells: npt.NDArray[np.int64], response: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Adjusted eta-squared (mean over children) and entropy in bits of a partition."""
    rows = len(cells)
    if not rows:
        return 0.0, 0.0
    counts = np.bincount(cells)
    shares = counts / rows
    entropy = -float((shares * np.log2(shares, where=shares > 0, out=np.zeros_like(shares))).sum())
    if not len(response) or rows <= len(counts):
        return 0.0, entropy
    total = float((response * response).sum())
    between = sum(float((np.bincount(cells, weights=one) ** 2 / counts).sum()) for one in response)
    within = max(0.0, total - between) / (rows - len(counts))
    return total - within * (rows - 1), entropy


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


def category_bits(order: Sequence[Bit], axes: Sequence[Axis]) -> tuple[int, bool]:
    """Place of the lowest category bit in the key (its length if none), and whether any did not fit."""
    kept = [place for place, (parent, _) in enumerate(reversed(order)) if axes[parent].discrete]
    wanted = sum(axis.bits for axis in axes if axis.discrete)
    return (min(kept) if kept else len(order)), len(kept) < wanted
