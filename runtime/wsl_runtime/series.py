"""One column as a plain array, and which of its rows are present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MISSING_TIME = np.iinfo(np.int64).min
KINDS = ("number", "category", "boolean", "time")


@dataclass(frozen=True)
class Series:
    """One column: float64 numbers (NaN missing), int64 microseconds UTC (least missing), codes (-1 missing).

    `kind` is number, time, category or boolean; `levels` is the number of categories, whose codes come from
    sorted labels.
    """

    values: npt.NDArray[Any]
    kind: str
    levels: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a series is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.kind == "boolean" and self.levels != 2:
            object.__setattr__(self, "levels", 2)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def discrete(self) -> bool:
        """True for categories and booleans, which have codes and no distances."""
        return self.kind in ("category", "boolean")

    def learnable(self) -> npt.NDArray[np.bool_]:
        """True where a mechanism can learn from the value: present, and finite."""
        return np.isfinite(self.values) if self.kind == "number" else self.present()

    def present(self) -> npt.NDArray[np.bool_]:
        """True where the value is not missing; codes beyond `levels` count as present (never seen)."""
        return present(self.values, self.kind)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Series:
        """The same column at some rows."""
        return Series(self.values[rows], self.kind, self.levels)


def present(values: npt.NDArray[Any], kind: str) -> npt.NDArray[np.bool_]:
    """True where a plain array of this kind has a value."""
    result: npt.NDArray[np.bool_]
    if kind == "number":
        result = ~np.isnan(values)
    elif kind == "time":
        result = values != MISSING_TIME
    else:
        result = values >= 0
    return result


def complete(children: Sequence[Series], parents: Sequence[Series], rows: int) -> npt.NDArray[np.bool_]:
    """Rows that a mechanism learns from: all parents present, all children present and finite."""
    result = np.ones(rows, np.bool_)
    for child in children:
        result &= child.learnable()
    for parent in parents:
        result &= parent.present()
    return result
