"""DESCRIBE: what is known of each variable of a dataset."""

from __future__ import annotations

import numpy as np

from wsl.data import Dataset, Kind
from wsl.diagnostics import report
from wsl.engine.rows import present
from wsl.graph import CausalGraph
from wsl.results import ColumnDescription, Description
from wsl.semantics.checked import Describe

_MOST_COUNTED = 1_000


def describe(item: Describe) -> Description:
    """Kind, unit, role in the graph, range, categories and missing values of the variables."""
    item.dataset.load(name for name in item.variables if name in item.dataset.kinds)
    columns = tuple(_describe(item.dataset, name, item.graph) for name in item.variables)
    return Description(item.dataset.name, item.span.line, columns)


def _describe(dataset: Dataset, name: str, graph: CausalGraph | None) -> ColumnDescription:
    role = "not in the graph"
    if graph is None:
        role = ""
    elif name in graph.nodes:
        role = graph.role(name).value if graph.target else "in the graph"
    if name in dataset.unusable:
        note = report("WSL-D009", column=name, type=dataset.unusable[name]).message
        return ColumnDescription(name, "unusable", None, role, dataset.rows, 0, notes=(note,))
    column = dataset.column(name)
    values = column.values[present(column.values, column.kind)]
    notes = tuple(finding.message for finding in dataset.findings(name))
    common = (name, column.kind.value, column.unit, role, len(column.values), column.missing)
    if column.kind in (Kind.CATEGORY, Kind.BOOLEAN):
        counts = np.bincount(values.astype(np.int64), minlength=len(column.categories))
        order = np.argsort(-counts, kind="stable")[:_MOST_COUNTED]
        categories = tuple((column.categories[code], int(counts[code])) for code in order if counts[code])
        return ColumnDescription(
            *common, distinct=int((counts > 0).sum()), categories=categories, notes=notes
        )
    if not len(values):
        return ColumnDescription(*common, distinct=0, notes=notes)
    ordered = np.sort(values)
    ends = (ordered[0], ordered[(len(ordered) - 1) // 2], ordered[-1])
    distinct = int(1 + np.count_nonzero(ordered[1:] != ordered[:-1]))
    least, median, greatest = (_shown(column.kind, end) for end in ends)
    return ColumnDescription(*common, least, median, greatest, distinct, notes=notes)


def _shown(kind: Kind, value: np.generic) -> float | str:
    return str(np.datetime64(int(value), "us")) + "Z" if kind is Kind.TIME else float(value)
