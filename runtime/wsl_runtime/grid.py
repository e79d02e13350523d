"""Bucket grid of a parent: one bucket a category, logarithmic, fixed or hourly widths for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import for_blocks, kernel
from wsl_runtime.elementary import exp_array, log_array
from wsl_runtime.series import Series

BUCKETS = 64
DISTINCT = 64
SKEWED = 20.0  # maximum/minimum from which a positive column gets logarithmic widths
SMALL_COUNTS = 8
HOUR = 3_600_000_000
MOST_HOURS = 1 << 16
FARTHEST = 8.0  # grid units from the data beyond which all values are equally far


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
    scale, also where edges are logarithmic: delays add up, and slopes in logarithms bias large changes.
    Categories: bucket = `ranks`[code].
    `guide` (see `guide_of`) starts the search for a bucket next to its end.
    """

    kind: str
    bits: int
    edges: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int32]
    offset: float
    scale: float
    guide: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, np.int32), repr=False)
    guide_start: float = 0.0
    guide_scale: float = 0.0
    guide_by_bits: bool = False

    @property
    def discrete(self) -> bool:
        """True for categories and booleans."""
        return self.kind in ("category", "boolean")

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return len(self.ranks) if self.discrete else len(self.edges) + 1


@kernel
def _cell(x: float, start: float, scale: float, by_bits: bool, last: int) -> int:
    """Cell of a value in the guide: monotone in x, linear or in the bits of a positive float."""
    place = (float(np.float64(max(x, 0.0)).view(np.int64)) if by_bits else x) - start
    cell = place * scale
    return int(min(cell, float(last))) if cell > 0.0 else 0  # 0 for infinity times 0, too


@kernel
def _fill_guide(
    edges: npt.NDArray[np.float64],
    guide: npt.NDArray[np.int32],
    start: float,
    scale: float,
    by_bits: bool,
) -> None:
    last = len(guide) - 1
    for k in range(len(edges)):
        cell = _cell(edges[k], start, scale, by_bits, last)
        if cell < last:
            guide[cell + 1] += 1
    for cell in range(1, len(guide)):
        guide[cell] += guide[cell - 1]


def with_guide(axis: Axis) -> Axis:
    """The same axis with its guide: for each cell of values, the edges that lie in lower cells.

    Cells are equal steps of the value, or of its bits (nearly its logarithm) where edges are logarithmic.
    """
    edges = axis.edges
    if len(edges) < 2:
        return axis
    by_bits = bool(edges[0] > 0 and edges[-1] / SKEWED >= edges[0])
    ends = edges[[0, -1]].view(np.int64).astype(np.float64) if by_bits else edges[[0, -1]]
    cells = 1 << (4 * len(edges)).bit_length()
    span = float(ends[1] / 2 - ends[0] / 2)
    scale = 0.5 * (cells - 2) / span if span > 0 else 0.0
    guide = np.zeros(cells, np.int32)
    if not np.isfinite(scale):
        scale = 0.0
    _fill_guide(edges, guide, float(ends[0]), scale, by_bits)
    return replace(axis, guide=guide, guide_start=float(ends[0]), guide_scale=scale, guide_by_bits=by_bits)


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
    if low > 0 and high / SKEWED >= low:
        return _logarithmic(low, high)
    steps = np.arange(1.0, BUCKETS) / BUCKETS
    return low * (1 - steps) + high * steps


def _logarithmic(low: float, high: float) -> npt.NDArray[np.float64]:
    ends = log_array(np.array([low, high]))
    steps = np.arange(1.0, BUCKETS) / BUCKETS
    return exp_array(ends[0] + (ends[1] - ends[0]) * steps)


def axis_of(summary: Summary, ranks: npt.NDArray[np.int32] | None = None) -> Axis:
    """Axis of a column: `ranks` orders the buckets of categories (by code where not given)."""
    none = np.zeros(0)
    if summary.kind in ("category", "boolean"):
        order = np.arange(summary.levels, dtype=np.int32) if ranks is None else ranks
        return Axis(summary.kind, max(0, summary.levels - 1).bit_length(), none, order, 0.0, 0.0)
    unranked = np.zeros(0, np.int32)
    low, high = summary.minimum, summary.maximum
    if summary.constant:
        return Axis(summary.kind, 0, none, unranked, low if np.isfinite(low) else 0.0, 0.0)
    edges = np.unique(_edges(summary))
    half = high / 2 - low / 2  # halves, for the range itself may overflow
    scale = 0.5 / half if half > 0 else 0.0
    bits = len(edges).bit_length()
    return with_guide(Axis(summary.kind, bits, edges, unranked, low, scale if np.isfinite(scale) else 0.0))


@kernel
def _number_keys(
    values: npt.NDArray[Any],
    edges: npt.NDArray[np.float64],
    guide: npt.NDArray[np.int32],
    start: float,
    scale: float,
    by_bits: bool,
    table: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
) -> None:
    last = len(guide) - 1
    for i in range(len(values)):
        x = np.float64(values[i])
        if x == x:
            bucket = guide[_cell(x, start, scale, by_bits, last)]
            while bucket < len(edges) and edges[bucket] <= x:
                bucket += 1
            keys[i] |= table[bucket]


@kernel
def _category_keys(
    values: npt.NDArray[Any],
    ranks: npt.NDArray[np.int32],
    table: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    unseen: npt.NDArray[np.bool_],
) -> None:
    for i in range(len(values)):
        code = np.int64(values[i])
        if 0 <= code < len(ranks):
            keys[i] |= table[ranks[code]]
        elif code >= 0:
            unseen[i] = True


@kernel
def _coordinates(
    values: npt.NDArray[Any], offset: float, scale: float, out: npt.NDArray[np.float32], column: int
) -> None:
    for i in range(len(values)):
        z = (np.float64(values[i]) - offset) * scale
        out[i, column] = np.float32(min(max(z, -FARTHEST), FARTHEST)) if z == z else np.float32(0.0)


def keys_of(
    columns: Sequence[npt.NDArray[Any]],
    axes: Sequence[Axis],
    tables: Sequence[npt.NDArray[np.uint64]],
    rows: int,
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Key of every row, and rows with a category never seen; `tables` hold each bucket's bits of the key.

    A missing parent sets no bits.
    """
    keys = np.zeros(rows, np.uint64)
    unseen = np.zeros(rows, np.bool_)

    def work(i: int, j: int) -> None:
        for values, axis, table in zip(columns, axes, tables, strict=True):
            part = _plain(values[i:j])
            if axis.discrete:
                _category_keys(part, axis.ranks, table, keys[i:j], unseen[i:j])
            elif axis.bits:
                guide = (axis.guide, axis.guide_start, axis.guide_scale, axis.guide_by_bits)
                _number_keys(part, axis.edges, *guide, table, keys[i:j])

    for_blocks(rows, work)
    return keys, unseen


def coordinates_of(
    columns: Sequence[npt.NDArray[Any]],
    axes: Sequence[Axis],
    rows: int,
    order: npt.NDArray[np.integer[Any]] | None = None,
) -> npt.NDArray[np.float32]:
    """Coordinates (rows, numeric parents) in grid units, 0 to 1 where the data lie; 0 where missing.

    Of the rows in `order`, where it is given.
    """
    numbers = [(v, a) for v, a in zip(columns, axes, strict=True) if not a.discrete]
    out = np.empty((rows, len(numbers)), np.float32)

    def work(i: int, j: int) -> None:
        for column, (values, axis) in enumerate(numbers):
            taken = _plain(values[i:j] if order is None else values[order[i:j]])
            _coordinates(taken, axis.offset, axis.scale, out[i:j], column)

    for_blocks(rows, work)
    return out


def _plain(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Contiguous, and codes instead of booleans: kernels are compiled for few types."""
    plain = np.ascontiguousarray(values)
    return plain.view(np.int8) if plain.dtype == np.bool_ else plain
