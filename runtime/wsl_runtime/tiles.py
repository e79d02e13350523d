"""Tiles as prefixes of sorted keys: folding widens a prefix until it holds enough rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.philox import GROUPS

_ONE = np.uint64(1)


@dataclass(frozen=True)
class Tiles:
    """Folded tiles: ranges of finest tiles, the level (bits given up), and their points.

    A tile's points are `start`, `start` + 1, ... where `start` >= 0; else `members`[~`start`], ..., the rows
    with the smallest hashes of a range that holds more than the cap.
    """

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    level: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]
    members: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.low)

    def join(self, other: Tiles) -> Tiles:
        """These tiles, then the other's."""
        shifted = np.where(other.start < 0, other.start - len(self.members), other.start)
        return Tiles(
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
            np.concatenate([self.level, other.level]),
            np.concatenate([self.start, shifted]),
            np.concatenate([self.length, other.length]),
            np.concatenate([self.members, other.members]),
        )


@kernel
def member(start: int, members: npt.NDArray[np.int64], k: int) -> int:
    """Position of a tile's k-th point."""
    return start + k if start >= 0 else members[~start + k]


@kernel
def first_not_below(keys: npt.NDArray[np.uint64], key: np.uint64, low: int, high: int) -> int:
    """First position in keys[low:high] whose key is at least `key` (high if none)."""
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _enough(
    groups: npt.NDArray[np.uint8],
    start: int,
    stop: int,
    fewest: int,
    others: int,
    counts: npt.NDArray[np.int64],
) -> bool:
    """True if [start, stop) has `fewest` points and `others` outside whatever single group."""
    if stop - start < fewest:
        return False
    counts[:] = 0
    most = 0
    for i in range(start, stop):
        group = groups[i]
        counts[group] += 1
        most = max(most, counts[group])
        if i - start + 1 - most >= others:
            return True
    return False


@kernel
def _fold(
    keys: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.uint64],
    limits: tuple[int, int, int],
    out: npt.NDArray[np.int64],
) -> None:
    """Write (low, high, level) of the narrowest prefix of each wanted key with enough points."""
    bits, fewest, others = limits
    counts = np.zeros(GROUPS, np.int64)
    total = len(keys)
    for i in range(len(wanted)):
        key = wanted[i]
        at = first_not_below(keys, key, 0, total)
        low = at
        high = at
        level = 0
        while True:
            base = (key >> np.uint64(level)) << np.uint64(level)
            last = base | ((_ONE << np.uint64(level)) - _ONE)
            while low > 0 and keys[low - 1] >= base:
                step = 1
                while low - step > 0 and keys[low - step] >= base:
                    step *= 2
                low = first_not_below(keys, base, max(0, low - step), low)
            while high < total and keys[high] <= last:
                step = 1
                while high + step < total and keys[high + step] <= last:
                    step *= 2
                high = first_not_below(keys, last + _ONE, high, min(total, high + step))
            if level >= bits or (
                high > low and _enough(groups, starts[low], starts[high], fewest, others, counts)
            ):
                break
            level += 1
        out[i, 0] = low
        out[i, 1] = high
        out[i, 2] = level


def _full(starts: npt.NDArray[np.int64], low: int, high: int, cap: int) -> bool:
    return bool((np.diff(starts[low : high + 1]) >= cap).any())


def fold_keys(
    keys: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.uint64],
    limits: tuple[int, int, int],
) -> npt.NDArray[np.int64]:
    """(low, high, level) of each wanted key's folded tile, shape (wanted, 3); limits: bits, nmin, others."""
    out = np.empty((len(wanted), 3), np.int64)
    _fold(keys, starts, groups, wanted, limits, out)
    return out


def gather_tiles(
    ranges: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint32],
    cap: int,
) -> Tiles:
    """Tiles of the given (low, high, level); one with a truncated finest tile gets its own bottom-k."""
    low, high, level = ranges[:, 0].copy(), ranges[:, 1].copy(), ranges[:, 2].copy()
    start = starts[low]
    length = starts[high] - start
    members: list[npt.NDArray[np.int64]] = []
    used = 0
    for tile in np.flatnonzero((length > cap) & (high > low + 1)):
        if not _full(starts, int(low[tile]), int(high[tile]), cap):
            continue
        first, stop = int(start[tile]), int(start[tile] + length[tile])
        kept = first + np.argsort(hashes[first:stop], kind="stable")[:cap]
        members.append(kept)
        start[tile] = ~used
        length[tile] = len(kept)
        used += len(kept)
    joined = np.concatenate(members) if members else np.zeros(0, np.int64)
    return Tiles(low, high, level, start, length, joined)
