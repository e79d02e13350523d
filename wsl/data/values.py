"""Files of values to draw from: `SETDIST sB FILE "sizes.csv"`."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsl.data.formats import opened_text
from wsl.data.problems import failure, placed, reading
from wsl.data.schema import Column, Kind
from wsl.diagnostics import Span


def read_values(
    path: Path, *, name: str = "", span: Span | None = None
) -> tuple[Column, NDArray[np.float64]]:
    """The values of a CSV file, as a NUMBER or CATEGORY column, and their weights: 1 without a second column.

    A header line is recognised. `name` is what messages call the file. Raises WslError, placed at `span`, for
    a file that cannot be read, a missing value, or weights that are negative, not finite, or all zero.
    """
    shown = name or str(path)
    with placed(span):
        with reading(shown), opened_text(path, path.suffix == ".gz") as stream:
            lines = [[cell.strip() for cell in line] for line in csv.reader(stream) if any(line)]
        width = max(map(len, lines), default=0)
        if width not in (1, 2):
            raise _fault(
                shown, "it has no values" if not lines else f"it has {width} columns, not one or two"
            )
        first = 1 if _is_header(lines) else 0
        rows = lines[first:]
        for number, row in enumerate(rows, first + 1):
            if len(row) != width or not row[0]:
                raise _fault(
                    shown, f"line {number} has no value" if not row[0] else f"line {number} has no weight"
                )
        if not rows:
            raise _fault(shown, "it has no values")
        weights = np.array([_number(row[1]) if width == 2 else 1.0 for row in rows])
        _must_be_weights(weights, shown, first)
        return _column([row[0] for row in rows]), weights


def _is_header(lines: Sequence[Sequence[str]]) -> bool:
    head, rest = lines[0], lines[1:]
    if len(head) == 2:
        return math.isnan(_number(head[1]))
    numeric = not math.isnan(_number(head[0]))
    return not numeric and (head[0].lower() in ("value", "values") or _all_numbers(rest))


def _all_numbers(rows: Sequence[Sequence[str]]) -> bool:
    return bool(rows) and not any(math.isnan(_number(row[0])) for row in rows if row)


def _must_be_weights(weights: NDArray[np.float64], path: str, first: int) -> None:
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise _fault(path, f"the weight in line {int(bad[0]) + first + 1} is no number from 0 up")
    if not weights.sum() > 0:
        raise _fault(path, "all weights are 0")


def _column(texts: list[str]) -> Column:
    numbers = np.array([_number(text) for text in texts])
    if not np.isnan(numbers).any():
        return Column("value", Kind.NUMBER, numbers, integer=bool(np.all(numbers == np.floor(numbers))))
    categories, codes = np.unique(texts, return_inverse=True)
    return Column("value", Kind.CATEGORY, codes.astype(np.int32), tuple(map(str, categories)))


def as_truths(column: Column) -> Column | None:
    """A CATEGORY column of true and false, in any case, as a BOOLEAN one; None if it holds other values."""
    words = [label.lower() for label in column.categories]
    if column.kind is not Kind.CATEGORY or not set(words) <= {"false", "true"}:
        return None
    codes = np.array([word == "true" for word in words], np.int8)
    return Column(column.name, Kind.BOOLEAN, codes[column.values], ("false", "true"))


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan


def _fault(path: str, reason: str) -> Exception:
    return failure("WSL-D020", path=path, reason=reason)
