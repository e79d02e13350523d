"""Rows as recorded, so that a check can know which of them a condition selects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wsl.data import Column, Dataset
from wsl.semantics.checked import Expression
from wsl.semantics.evaluate import Evaluator, Values


class RecordedRows:
    """All rows of a dataset with the values that were loaded."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return self._dataset.rows

    def values(self, variable: str, *, recorded: bool) -> Values:
        return self._dataset.column(variable).values

    def column(self, variable: str) -> Column:
        return self._dataset.column(variable)


def selected(dataset: Dataset, *conditions: Expression | None) -> NDArray[np.bool_]:
    """The rows on which every condition is true by the recorded values."""
    evaluator = Evaluator(RecordedRows(dataset))
    mask = np.ones(dataset.rows, dtype=np.bool_)
    for condition in conditions:
        if condition is not None:
            mask &= evaluator.selects(condition)
    return mask
