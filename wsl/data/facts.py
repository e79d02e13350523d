"""What is worth knowing of a column before anything is learned from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_grammar.terminals import written_name

from wsl.data.problems import finding
from wsl.data.schema import MISSING_TIME, Column, Kind
from wsl.diagnostics import Diagnostic

SAMPLE = 10_000
_OF_SEVERAL = ("WSL-D030", "WSL-D031", "WSL-D032")
_MOST_LISTED = 10
EXACT = 2.0**53
_CODE_NAME = re.compile(r"(^|[_.])(id|uuid|guid|key|num|no|nr|code|asn?|port|zip|plz)$", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """Counts of rows, and for numbers and times the least and greatest present value (None without any).

    `constant` where all present values are the same. `inexact` counts integers that a double may not hold
    exactly.
    """

    rows: int
    missing: int
    constant: bool
    minimum: float | None = None
    maximum: float | None = None
    infinite: int = 0
    inexact: int = 0

    @property
    def all_missing(self) -> bool:
        return self.missing == self.rows


def facts(column: Column) -> Facts:
    """What the values of a column tell, in a few passes."""
    rows = len(column.values)
    if column.missing == rows:
        return Facts(rows, rows, False)
    if column.kind is Kind.CATEGORY:
        return Facts(rows, column.missing, len(column.categories) == 1)
    values = present(column)
    least, greatest = values.min(), values.max()
    if column.kind is Kind.BOOLEAN:
        return Facts(rows, column.missing, bool(least == greatest))
    infinite = np.isinf(least) or np.isinf(greatest)
    farthest = max(abs(float(least)), abs(float(greatest)))
    return Facts(
        rows,
        column.missing,
        bool(least == greatest),
        float(least),
        float(greatest),
        int(np.count_nonzero(np.isinf(values))) if infinite else 0,
        int(np.count_nonzero(np.abs(values) > EXACT)) if column.integer and farthest > EXACT else 0,
    )


def present(column: Column) -> NDArray[Any]:
    """The values that are not missing; the column's own array where none is."""
    if not column.missing:
        return column.values
    if column.kind is Kind.NUMBER:
        return np.extract(~np.isnan(column.values), column.values)
    return np.extract(column.values != (MISSING_TIME if column.kind is Kind.TIME else -1), column.values)


def looks_like_identifier(column: Column) -> bool:
    """Whether the values name things rather than measure: a label a row, or integers that are codes.

    Integers are codes if the column's name says so, or few of them are spread over a wide range.
    """
    values = present(column)
    if len(values) < 20:
        return False
    if column.kind is Kind.CATEGORY:
        return len(column.categories) == len(values)
    if column.kind is not Kind.NUMBER or not column.integer:
        return False
    if _CODE_NAME.search(column.name):
        return True
    distinct = np.unique(values[:: max(1, len(values) // SAMPLE)])
    few = 2 < len(distinct) <= min(SAMPLE, len(values)) // 20
    return few and bool(distinct[-1] - distinct[0] > 1000 * len(distinct))


def findings(column: Column) -> list[Diagnostic]:
    """Warnings about a column that a program reads, without a place."""
    known = facts(column)
    name = column.name
    if known.all_missing:
        return [finding("WSL-D030", columns=f"`{name}`")]
    found = []
    if known.constant:
        found.append(finding("WSL-D031", columns=f"`{name}`"))
    if 2 * known.missing > known.rows:
        missing, rows = f"{known.missing:,}", f"{known.rows:,}"
        found.append(finding("WSL-D032", columns=f"`{name}`", missing=missing, rows=rows))
    if known.infinite:
        found.append(finding("WSL-D033", column=name, count=known.infinite))
    if known.inexact:
        found.append(finding("WSL-D034", column=name, written=written_name(name), count=known.inexact))
    if looks_like_identifier(column):
        code = "WSL-D035" if column.kind is Kind.NUMBER else "WSL-D036"
        found.append(finding(code, column=name, written=written_name(name)))
    return found


def grouped(found: Mapping[str, Sequence[Diagnostic]], rows: int) -> list[Diagnostic]:
    """Findings by column, with one for all columns where several lack the same in so many `rows`."""
    concerned: dict[str, list[str]] = {}
    for name, own in found.items():
        for one in own:
            concerned.setdefault(one.code, []).append(name)
    several = {code for code in _OF_SEVERAL if len(concerned.get(code, ())) > 1}
    rest = [one for own in found.values() for one in own if one.code not in several]
    together = [
        finding(code, columns=_listed(concerned[code]), missing="more than half", rows=f"{rows:,}")
        for code in sorted(several)
    ]
    return [*together, *rest]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_LISTED])
    return f"{shown} and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else shown
