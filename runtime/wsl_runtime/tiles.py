"""Tiles as prefixes of sorted keys: folding widens a prefix until it holds enough rows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.philox import GROUPS

FEW = 5  # points that are enough where more would be of other categories

_ONE = np.uint64(1)
_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Tiles:
    """Folded tiles: ranges of finest tiles (in order of `low`, `high`), and their points.

    A tile's points are `start`, `start` + 1, ... where `start` >= 0; else `members`[~`start`], ..., the rows
    with the smallest hashes of a range that holds more than the cap.
    """

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
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
def _differing_bits(a: np.uint64, b: np.uint64) -> int:
    """Number of bits to give up until two keys agree."""
    apart = a ^ b
    top = np.float64(apart & ~(apart >> _ONE))  # the highest bit is kept, and rounding cannot raise it
    return int((top.view(np.int64) >> 52) - 1022) if apart > np.uint64(0) else 0


@kernel
def _first_sharing(keys: npt.NDArray[np.uint64], base: np.uint64, low: int) -> int:
    """First position up to `low` whose key is at least `base`, searched from above by doubling steps."""
    step = 1
    while low - step >= 0 and keys[low - step] >= base:
        step *= 2
    return first_not_below(keys, base, max(0, low - step), low - step // 2)


@kernel
def _last_sharing(keys: npt.NDArray[np.uint64], last: np.uint64, high: int) -> int:
    """First position from `high` on whose key lies beyond `last`, searched from below by doubling steps."""
    step = 1
    while high + step <= len(keys) and keys[high + step - 1] <= last:
        step *= 2
    return first_not_below(keys, last + _ONE, high + step // 2, min(len(keys), high + step))


@kernel
def _fold(
    keys: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.uint64],
    limits: tuple[int, int, int, int],
    ranges: npt.NDArray[np.uint64],
    levels: npt.NDArray[np.int8],
) -> None:
    """Write range and level of the narrowest prefix of each wanted key with enough points.

    The level jumps to the next one at which a neighbour shares the prefix, but not over `place`, where
    categories mix, as long as there are a few points without that. Wanted keys are sorted.
    """
    bits, fewest, others, place = limits
    counts = np.zeros(GROUPS, np.int64)
    total = len(keys)
    at = 0
    for i in range(len(wanted)):
        key = wanted[i]
        at = _last_sharing(keys, key - _ONE, at) if key > np.uint64(0) else 0
        low = at
        high = at + 1 if at < total and keys[at] == key else at
        level = 0
        reached = 0
        while not (high > low and _enough(groups, starts[low], starts[high], fewest, others, counts)):
            below = _differing_bits(key, keys[low - 1]) if low > 0 else 64
            above = _differing_bits(key, keys[high]) if high < total else 64
            level = min(below, above)
            if level == 64:
                level = bits
                break
            mixes = reached <= place < level
            if mixes and high > low and _enough(groups, starts[low], starts[high], FEW, FEW - 2, counts):
                level = reached
                break
            reached = level
            base = (key >> np.uint64(level)) << np.uint64(level)
            low = _first_sharing(keys, base, low)
            high = _last_sharing(keys, base | ((_ONE << np.uint64(level)) - _ONE), high)
        ranges[i] = (np.uint64(low) << _32) | np.uint64(high)
        levels[i] = np.int8(level)


def fold_keys(
    keys: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.uint64],
    limits: tuple[int, int, int, int],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int8]]:
    """Range (low * 2**32 + high, of finest tiles) and level (bits given up) of each sorted key's folded tile.

    `limits`: bits of a key, points a tile needs, points it needs outside any single group, and the level
    above which categories that matter mix.
    """
    ranges = np.empty(len(wanted), np.uint64)
    levels = np.empty(len(wanted), np.int8)

    def work(i: int, j: int) -> None:
        _fold(keys, starts, groups, wanted[i:j], limits, ranges[i:j], levels[i:j])

    for_blocks(len(wanted), work)
    return ranges, levels


def smallest(hashes: npt.NDArray[np.uint32], count: int) -> npt.NDArray[np.int64]:
    """Positions of the `count` smallest hashes, in order of (hash, position)."""
    bound = np.uint32(min(2**32 - 1, (2 * count << 32) // max(1, len(hashes))))  # twice as many as needed
    low = np.flatnonzero(hashes <= bound)
    if len(low) < count:
        low = np.arange(len(hashes))
    return low[np.argsort(hashes[low], kind="stable")[:count]]


def gather_tiles(
    ranges: npt.NDArray[np.uint64],
    starts: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint32],
    cap: int,
) -> Tiles:
    """Tiles of the given ranges; one with a truncated finest tile gets its own bottom-k."""
    low = (ranges >> _32).astype(np.int64)
    high = (ranges & _LOW).astype(np.int64)
    start = starts[low]
    length = starts[high] - start
    members: list[npt.NDArray[np.int64]] = []
    used = 0
    for tile in np.flatnonzero((length > cap) & (high > low + 1)):
        if (np.diff(starts[low[tile] : high[tile] + 1]) < cap).all():
            continue
        first, stop = int(start[tile]), int(start[tile] + length[tile])
        kept = first + smallest(hashes[first:stop], cap)
        members.append(kept)
        start[tile] = ~used
        length[tile] = len(kept)
        used += len(kept)
    joined = np.concatenate(members) if members else np.zeros(0, np.int64)
    return Tiles(low, high, start, length, joined)


@dataclass(frozen=True)
class Directory:
    """Where keys start among sorted keys, by their highest bits: `first`[key >> `shift`]."""

    first: npt.NDArray[np.int32]
    shift: int


@kernel
def _fill_directory(keys: npt.NDArray[np.uint64], shift: np.uint64, first: npt.NDArray[np.int32]) -> None:
    at = 0
    for upper in range(len(first)):
        while at < len(keys) and keys[at] >> shift < np.uint64(upper):
            at += 1
        first[upper] = at


def directory_of(keys: npt.NDArray[np.uint64], bits: int) -> Directory:
    """Directory of sorted keys with a few entries a key, or one for every possible key if these are few."""
    upper = min(bits, max(12, len(keys).bit_length() + 1))
    shift = bits - upper
    first = np.empty((1 << upper) + 1, np.int32)
    _fill_directory(keys, np.uint64(shift), first)
    return Directory(first, shift)


@kernel
def _find(
    keys: npt.NDArray[np.uint64],
    first: npt.NDArray[np.int32],
    shift: np.uint64,
    wanted: npt.NDArray[np.uint64],
    at: npt.NDArray[np.int32],
) -> None:
    for i in range(len(wanted)):
        key = wanted[i]
        upper = key >> shift
        low = first[upper]
        high = first[upper + _ONE]
        while high - low > 1:
            middle = (low + high) >> 1
            if keys[middle] <= key:
                low = middle
            else:
                high = middle
        if high > low and keys[low] == key:
            at[i] = low
        else:
            at[i] = -1


def find_keys(
    keys: npt.NDArray[np.uint64], directory: Directory, wanted: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int32]:
    """Position of each wanted key among the sorted keys, -1 where there is none."""
    at = np.empty(len(wanted), np.int32)
    shift = np.uint64(directory.shift)
    for_blocks(len(wanted), lambda i, j: _find(keys, directory.first, shift, wanted[i:j], at[i:j]))
    return at


class Catalogue:
    """All folded tiles of an index that were needed so far: those of its own keys, then of other keys.

    A tile's points, and all that is computed from them, depend on its range alone: that a tile was found
    earlier changes no result. One lock guards growth; it is not pickled.
    """

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self.fits: dict[tuple[int, bool], Any] = {}
        self.scales: Any = None
        self.usual: float | None = None
        self.lock = threading.RLock()
        self._ranges = (tiles.low.astype(np.uint64) << _32) | tiles.high.astype(np.uint64)
        self._numbers = np.arange(len(tiles))

    def __reduce__(self) -> tuple[type[Catalogue], tuple[Tiles]]:
        return Catalogue, (self.tiles,)

    def find(
        self,
        ranges: npt.NDArray[np.uint64],
        starts: npt.NDArray[np.int64],
        hashes: npt.NDArray[np.uint32],
        cap: int,
    ) -> npt.NDArray[np.int64]:
        """Numbers of the tiles with these ranges, which are gathered where they are new."""
        with self.lock:
            at = np.searchsorted(self._ranges, ranges)
            known = at < len(self._ranges)
            known[known] = self._ranges[at[known]] == ranges[known]
            if not known.all():
                self._add(np.unique(ranges[~known]), starts, hashes, cap)
                at = np.searchsorted(self._ranges, ranges)
            return self._numbers[at]

    def _add(
        self,
        ranges: npt.NDArray[np.uint64],
        starts: npt.NDArray[np.int64],
        hashes: npt.NDArray[np.uint32],
        cap: int,
    ) -> None:
        numbers = np.arange(len(self.tiles), len(self.tiles) + len(ranges))
        self.tiles = self.tiles.join(gather_tiles(ranges, starts, hashes, cap))
        joined = np.concatenate([self._ranges, ranges])
        order = np.argsort(joined, kind="stable")
        self._ranges = joined[order]
        self._numbers = np.concatenate([self._numbers, numbers])[order]
