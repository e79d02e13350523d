"""What is known of a dataset's columns before and after they are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING_TIME = np.iinfo(np.int64).min
GREATEST = np.float64(1e75)
"""Greater numbers cannot be reckoned with: fourth powers of them, and sums of these, overflow."""


def is_finite(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Where numbers are there, and neither infinite nor as good as."""
    return np.asarray(np.abs(numbers) <= GREATEST)


class Kind(Enum):
    """The kind of a column; an integer is a number unless it is declared a category."""

    NUMBER = "number"
    CATEGORY = "category"
    TIME = "time"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class Declaration:
    """What a GRAPH block, or an embedding program, declares of a variable."""

    kind: Kind
    unit: str | None = None


@dataclass(frozen=True, eq=False)
class Column:
    """A column as plain array.

    NUMBER: float64, or float32 where that holds every value, NaN where missing.
    TIME: int64 microseconds UTC, the least int64 where missing.
    CATEGORY: int8, int16 or int32 codes into the sorted `categories`, -1 where missing.
    BOOLEAN: int8 of 0, 1, and -1 where missing; `categories` is ("false", "true").
    """

    name: str
    kind: Kind
    values: NDArray[np.generic]
    categories: tuple[str, ...] = ()
    unit: str | None = None
    missing: int = 0
    integer: bool = False
