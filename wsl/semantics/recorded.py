"""Rows as recorded, so that a check can know which of them a condition selects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wsl.data import Column, Dataset
from wsl.semantics.checked import Expression
from wsl.semantics.evaluate import Evaluator, Values

Mask = NDArray[np.bool_]


class RecordedRows:
    """All rows of a dataset with the values that were loaded.

    `labels` are categories that some variables are taken to have now, on every row.
    """

    def __init__(self, dataset: Dataset, labels: Mapping[str, str] | None = None) -> None:
        self._dataset = dataset
        self._labels = labels or {}

    def __len__(self) -> int:
        return self._dataset.rows

    def values(self, variable: str, *, recorded: bool) -> Values:
        if recorded or variable not in self._labels:
            return self._dataset.column(variable).values
        code = self.column(variable).categories.index(self._labels[variable])
        return np.full(len(self), code, dtype=np.int64)

    def column(self, variable: str) -> Column:
        column = self._dataset.column(variable)
        label = self._labels.get(variable)
        if label is None or label in column.categories:
            return column
        return replace(column, categories=(*column.categories, label))


def selected(
    dataset: Dataset, *conditions: Expression | None, labels: Mapping[str, str] | None = None
) -> Mask:
    """The rows on which every condition is true by the recorded values, `labels` aside."""
    evaluator = Evaluator(RecordedRows(dataset, labels))
    mask = np.ones(dataset.rows, dtype=np.bool_)
    for condition in conditions:
        if condition is not None:
            mask &= evaluator.selects(condition)
    return mask
