"""Bucket grid of a parent: one bucket a category, logarithmic, fixed or hourly widths for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp_array, log, log_array
from wsl_runtime.series import Series

BUCKETS = 64
DISTINCT = 64
SKEWED = 20.0  # maximum/minimum from which a positive column gets logarithmic widths
SMALL_COUNTS = 8
HOUR = 3_600_000_000
MOST_HOURS = 1 << 16


@dataclass(frozen=True)
class Summary:
    """What one pass learns of a column, and what merges: extremes, missing, whole, distinct values."""

    kind: str
    levels: int
    minimum: float
    maximum: float
    missing: int
    infinite: int
    integer: bool
    distinct: tuple[float, ...] | None  # None: more than 64

    @property
    def constant(self) -> bool:
        """True if no two present values differ."""
        return not self.minimum < self.maximum

    def merge(self, other: Summary) -> Summary:
        """Summary of both parts; associative and commutative."""
        distinct = None
        if self.distinct is not None and other.distinct is not None:
            both = tuple(sorted({*self.distinct, *other.distinct}))
            distinct = both if len(both) <= DISTINCT else None
        return Summary(
            self.kind,
            max(self.levels, other.levels),
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.missing + other.missing,
            self.infinite + other.infinite,
            self.integer and other.integer,
            distinct,
        )


@kernel
def _scan(values: npt.NDArray[Any], seen: npt.NDArray[np.float64]) -> tuple[float, float, int, bool, int]:
    minimum = np.inf
    maximum = -np.inf
    infinite = 0
    integer = True
    count = 0
    last = np.nan
    for i in range(len(values)):
        x = np.float64(values[i])
        if x != x:
            continue
        if x == np.inf or x == -np.inf:
            infinite += 1
            continue
        minimum = min(minimum, x)
        maximum = max(maximum, x)
        if np.floor(x) != x:
            integer = False
        if count <= len(seen) - 1 and x != last:
            last = x
            known = False
            for j in range(count):
                if seen[j] == x:
                    known = True
                    break
            if not known:
                seen[count] = x
                count += 1
    return minimum, maximum, infinite, integer, count


def summarise(column: Series) -> Summary:
    """Summary of one column, in one pass."""
    if column.discrete:
        missing = int(np.count_nonzero(column.values < 0))
        return Summary(column.kind, column.levels, 0.0, float(column.levels - 1), missing, 0, True, None)
    present = column.present()
    missing = len(column) - int(np.count_nonzero(present))
    values = column.values if missing == 0 or column.kind == "number" else column.values[present]
    seen = np.zeros(DISTINCT + 1, np.float64)
    minimum, maximum, infinite, integer, count = _scan(np.ascontiguousarray(values), seen)
    distinct = tuple(sorted(seen[:count].tolist())) if count <= DISTINCT else None
    return Summary(column.kind, 0, minimum, maximum, missing, infinite, integer, distinct)


@dataclass(frozen=True)
class Axis:
    """One parent on the grid: bucket of a value, and its coordinate for distances.

    Numbers and times: bucket = number of `edges` at or below the value; coordinate = (value - offset) *
    scale, of the logarithm where `logarithmic`. Categories: bucket = `ranks`[code].
    """

    kind: str
    bits: int
    edges: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int32]
    offset: float
    scale: float
    logarithmic: bool

    @property
    def discrete(self) -> bool:
        """True for categories and booleans."""
        return self.kind in ("category", "boolean")

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return len(self.ranks) if self.discrete else len(self.edges) + 1


def _edges(summary: Summary) -> npt.NDArray[np.float64]:
    low, high = summary.minimum, summary.maximum
    if summary.constant:
        return np.zeros(0)
    if summary.distinct is not None:
        values: npt.NDArray[np.float64] = np.array(summary.distinct)
        return values[:-1] / 2 + values[1:] / 2
    if summary.kind == "time":
        width = HOUR
        while high // width - low // width >= MOST_HOURS:
            width *= 2
        return np.arange(low // width + 1, high // width + 1) * float(width)
    if summary.integer and low >= 0:
        small = np.arange(low, SMALL_COUNTS + 1.0) + 0.5
        start = max(low, SMALL_COUNTS + 1.0)
        return np.concatenate([small, np.unique(np.round(_logarithmic(start, high))) + 0.5])
    if low > 0 and high / low >= SKEWED:
        return _logarithmic(low, high)
    steps = np.arange(1.0, BUCKETS) / BUCKETS
    return low * (1 - steps) + high * steps


def _logarithmic(low: float, high: float) -> npt.NDArray[np.float64]:
    ends = log_array(np.array([low, high]))
    steps = np.arange(1.0, BUCKETS) / BUCKETS
    return exp_array(ends[0] + (ends[1] - ends[0]) * steps)


def axis_of(summary: Summary, ranks: npt.NDArray[np.int32] | None = None) -> Axis:
    """Axis of a column: `ranks` orders the buckets of categories (by code where not given)."""
    if summary.kind in ("category", "boolean"):
        order = np.arange(summary.levels, dtype=np.int32) if ranks is None else ranks
        return Axis(
            summary.kind, max(0, summary.levels - 1).bit_length(), np.zeros(0), order, 0.0, 0.0, False
        )
    edges = np.unique(_edges(summary))
    bits = len(edges).bit_length()
    low, high = summary.minimum, summary.maximum
    positive = summary.kind == "number" and low > 0 and high / low >= SKEWED
    if summary.constant:
        offset = low if np.isfinite(low) else 0.0
        return Axis(summary.kind, 0, edges, np.zeros(0, np.int32), offset, 0.0, False)
    if positive:
        ends = log_array(np.array([low, high]))
        low, high = float(ends[0]), float(ends[1])
    half = high / 2 - low / 2  # halves, for the range itself may overflow
    scale = 0.5 / half if half > 0 else 0.0
    return Axis(
        summary.kind, bits, edges, np.zeros(0, np.int32), low, scale if np.isfinite(scale) else 0.0, positive
    )


@kernel
def _bucket(edges: npt.NDArray[np.float64], x: float) -> int:
    low = 0
    size = len(edges)
    while size > 0:
        half = size >> 1
        if edges[low + half] <= x:
            low += half + 1
            size -= half + 1
        else:
            size = half
    return low


@kernel
def _place_numbers(
    values: npt.NDArray[Any],
    edges: npt.NDArray[np.float64],
    table: npt.NDArray[np.uint64],
    affine: tuple[float, float, bool],
    keys: npt.NDArray[np.uint64],
    coordinates: npt.NDArray[np.float32],
    column: int,
    start: int,
    stop: int,
) -> None:
    offset, scale, logarithmic = affine
    for i in range(start, stop):
        x = np.float64(values[i])
        if x != x:
            coordinates[i, column] = np.float32(0.0)
            continue
        keys[i] |= table[_bucket(edges, x)]
        z = (log(max(x, 1e-300)) if logarithmic else x) - offset
        z *= scale
        coordinates[i, column] = np.float32(min(max(z, -8.0), 8.0))


@kernel
def _place_codes(
    values: npt.NDArray[Any],
    ranks: npt.NDArray[np.int32],
    table: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    unseen: npt.NDArray[np.bool_],
    start: int,
    stop: int,
) -> None:
    for i in range(start, stop):
        code = np.int64(values[i])
        if 0 <= code < len(ranks):
            keys[i] |= table[ranks[code]]
        else:
            unseen[i] = True


def place(
    columns: Sequence[npt.NDArray[Any]],
    axes: Sequence[Axis],
    tables: Sequence[npt.NDArray[np.uint64]],
    rows: int,
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Keys, coordinates of the numeric parents (rows, numbers) and rows with a category never seen.

    `tables` hold each bucket's bits of the key. Rows with a missing parent get an unspecified place.
    """
    keys = np.zeros(rows, np.uint64)
    unseen = np.zeros(rows, np.bool_)
    numbers = sum(not axis.discrete for axis in axes)
    coordinates = np.empty((rows, numbers), np.float32)
    column = 0
    for values, axis, table in zip(columns, axes, tables, strict=True):
        plain = np.ascontiguousarray(values)
        if axis.discrete:
            _codes(plain, axis, table, keys, unseen)
        else:
            _numbers(plain, axis, table, keys, coordinates, column)
            column += 1
    return keys, coordinates, unseen


def _codes(
    values: npt.NDArray[Any],
    axis: Axis,
    table: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    unseen: npt.NDArray[np.bool_],
) -> None:
    codes = values.astype(np.int8) if values.dtype == np.bool_ else values
    for_blocks(
        len(codes), lambda start, stop: _place_codes(codes, axis.ranks, table, keys, unseen, start, stop)
    )


def _numbers(
    values: npt.NDArray[Any],
    axis: Axis,
    table: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    coordinates: npt.NDArray[np.float32],
    column: int,
) -> None:
    affine = (axis.offset, axis.scale, axis.logarithmic)
    for_blocks(
        len(values),
        lambda start, stop: _place_numbers(
            values, axis.edges, table, affine, keys, coordinates, column, start, stop
        ),
    )
