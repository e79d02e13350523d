"""Groups of rows: by their ids, or by what makes rows depend on each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import groups_of

from wsl.data import Dataset, Kind
from wsl.engine.rows import present
from wsl.semantics.checked import Cluster


def groups_by(dataset: Dataset, cluster: Cluster | None) -> NDArray[np.uint8]:
    """The group, 0 to 15, of every row."""
    return groups_of(dataset.row_ids if cluster is None else cluster_keys(dataset, cluster))


def cluster_keys(
    dataset: Dataset, cluster: Cluster, rows: NDArray[np.int64] | None = None
) -> NDArray[np.uint64]:
    """What is the same for the rows of a cluster; a row without a cluster's value stands alone."""
    dataset.load([cluster.variable])
    column = dataset.column(cluster.variable)
    values, ids = column.values, dataset.row_ids
    if rows is not None:
        values, ids = values[rows], ids[rows]
    if cluster.microseconds is not None:
        keys = values // cluster.microseconds
    elif column.kind is Kind.NUMBER:
        keys = (values.astype(np.float64) + 0.0).view(np.int64)  # so that -0 is 0
    else:
        keys = values.astype(np.int64)
    return np.where(present(values, column.kind), keys.view(np.uint64), ids)
