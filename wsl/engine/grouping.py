"""BY: rows by the recorded, or the scenario's, value of variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsl.data import Column, Kind
from wsl.engine.rows import Mask, present
from wsl.results.result import Group
from wsl.semantics.checked import Group as GroupKey
from wsl.semantics.evaluate import Rows, Values

MOST_GROUPS = 1_000


@dataclass(frozen=True)
class Part:
    """The rows of one group, and the values that make it."""

    group: Group
    mask: Mask


def parts(rows: Rows, by: tuple[GroupKey, ...], mask: Mask) -> list[Part]:
    """The groups among the rows of `mask`, ordered by their values; rows without a value are in none.

    At most `MOST_GROUPS` + 1 are made, so that a caller can tell that there are too many.
    """
    if not by:
        return [Part({}, mask)]
    inside = mask.copy()
    for key in by:
        values = rows.values(key.variable, recorded=not key.scenario)
        inside &= present(values, rows.column(key.variable).kind)
    place = np.flatnonzero(inside)
    keys: list[NDArray[np.int64]] = []
    distinct: list[Values] = []
    for key in by:
        found, codes = np.unique(
            rows.values(key.variable, recorded=not key.scenario)[place], return_inverse=True
        )
        distinct.append(found)
        keys.append(codes.astype(np.int64))
    combined = np.zeros(len(place), np.int64)
    for found, codes in zip(distinct, keys, strict=True):
        combined = combined * len(found) + codes
    groups, starts = np.unique(combined, return_index=True)
    result = []
    for group, start in zip(groups[: MOST_GROUPS + 1], starts, strict=False):
        part = np.zeros(len(rows), np.bool_)
        part[place[combined == group]] = True
        named = {
            _name(key): _shown(rows.column(key.variable), found[codes[start]])
            for key, found, codes in zip(by, distinct, keys, strict=True)
        }
        result.append(Part(named, part))
    return result


def _name(key: GroupKey) -> str:
    return f"SCENARIO({key.variable})" if key.scenario else key.variable


def _shown(column: Column, value: np.generic) -> str | float | bool:
    if column.kind is Kind.CATEGORY:
        return column.categories[int(value)]
    if column.kind is Kind.BOOLEAN:
        return bool(value)
    if column.kind is Kind.TIME:
        return str(np.datetime64(int(value), "us")) + "Z"
    return float(value)
