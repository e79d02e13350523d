"""Rows of a variable that were looked at for support, and what was found there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Distances

from wsl.engine.faults import Fault
from wsl.engine.rows import Mask
from wsl.results import BANDS

Bits = NDArray[np.uint8]
LOOKED, BORROWED, OUTSIDE, RECORDED = (np.uint8(1 << place) for place in range(4))
"""Looked at; borrows; lies far from all data; did one of these as recorded, where that was looked at."""
UNSUPPORTED = BORROWED | OUTSIDE


@dataclass(frozen=True)
class LookedAt:
    """What was found of a variable, in bits row by row, and on the rows beyond the data in words."""

    bits: Bits
    requested_bands: tuple[float, ...]
    recorded_bands: tuple[float, ...]
    fault: Fault
    moved: Mapping[str, float]
    exchanged: Mapping[str, float]

    def count(self, bits: np.uint8) -> int:
        """On how many rows one of these was found."""
        return count(self.bits, bits)

    def on(self, rows: Mask) -> LookedAt:
        """The same on some of the rows."""
        return replace(self, bits=self.bits * rows)

    def after(self, earlier: LookedAt | None) -> LookedAt:
        """What was found here, and earlier where this did not look again."""
        if earlier is None:
            return self
        return replace(
            self,
            bits=np.where(self.bits & LOOKED, self.bits, earlier.bits),
            fault=self.fault if len(self.fault.nearest) else earlier.fault,
            moved={**earlier.moved, **self.moved},
            exchanged={**earlier.exchanged, **self.exchanged},
        )


def count(found: Bits, bits: np.uint8) -> int:
    """On how many rows one of these was found."""
    return int(np.count_nonzero(found & bits))


def together(found: Iterable[LookedAt], rows: int) -> Bits:
    """What was found of any of the variables."""
    result = np.zeros(rows, np.uint8)
    for one in found:
        result |= one.bits
    return result


def bits_of(rows: Mask, requested: Distances, compared: Mask, recorded: Distances) -> Bits:
    """Bits of all rows, from the distances of those looked at as they are and as recorded."""
    found = rows.astype(np.uint8)
    found[rows] |= requested.borrowed * BORROWED | requested.outside * OUTSIDE
    found[compared] |= (recorded.borrowed | recorded.outside) * RECORDED
    return found


def bands(found: Distances) -> tuple[float, ...]:
    """Shares of the rows by distance in the bands, the last for those that borrow."""
    band = np.searchsorted(BANDS, found.ratio, side="left").astype(np.int8)
    band[found.borrowed] = len(BANDS) + 1
    counts = np.bincount(band[~np.isnan(found.ratio)], minlength=len(BANDS) + 2)
    return tuple((counts / max(1, counts.sum())).tolist())
