"""Anomalies as the paper's own tables were computed, to compare with them: missing values are filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import reference

from wsl.data import Column, Dataset, Kind
from wsl.engine.anomalies import Anomaly, Selection, values_of

Numbers = NDArray[np.float64]


def printed_anomalies(dataset: Dataset, names: Sequence[str], selection: Selection) -> dict[str, Anomaly]:
    """All candidates: a missing value is its column's mean, and that of all columns where it has none.

    A candidate without a column is a constant. (PetShop protocol of Orchard et al., 2025, tables 1 to 4.)
    """
    numbers = [name for name, kind in dataset.kinds.items() if kind is Kind.NUMBER]
    normal = _filled({name: values_of(dataset.column(name), selection.normal) for name in numbers})
    window = _filled({name: values_of(dataset.column(name), selection.window) for name in numbers})
    overall = _mean(np.array([values.mean() for values in normal.values()]))
    found = {}
    for name in names:
        own = normal.get(name, np.full(len(selection.normal), overall))
        seen = window.get(name, np.full(len(selection.window), overall))
        column = dataset.column(name) if name in normal else _constant(name, overall, dataset.rows)
        found[name] = Anomaly(column, own, seen, selection.spokesman, reference(own, "paper"))
    return found


def _constant(name: str, value: float, rows: int) -> Column:
    return Column(name, Kind.NUMBER, np.full(rows, value))


def _filled(columns: dict[str, Numbers]) -> dict[str, NDArray[Any]]:
    means = {name: _mean(values) for name, values in columns.items()}
    overall = _mean(np.array(list(means.values())))
    return {
        name: np.where(np.isnan(values), overall if np.isnan(means[name]) else means[name], values)
        for name, values in columns.items()
    }


def _mean(values: Numbers) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else np.nan
