"""Tables for INTO and for embedding programs: a scenario's rows, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wsl.data import MISSING_TIME, Column, Kind
from wsl.engine.figures import Figures
from wsl.engine.rows import Mask, ScenarioRows
from wsl.planning import Plan
from wsl.results import Cdf, Estimate
from wsl.semantics.evaluate import Values

if TYPE_CHECKING:
    import pyarrow as pa


def rows_table(rows: ScenarioRows, plan: Plan, figures: Figures, mask: Mask) -> pa.Table:
    """Every column as recorded, and beside it what the scenario has for those that changed.

    For an estimated variable `x`: `x.replayed` is what its mechanism expects at the recorded causes,
    `x.expected` at the scenario's, and `x.scenario` a draw (the recorded value where nothing changed). With
    coupled ranks all of them are the row's own values. In a fresh population `x.baseline` is what was drawn
    in the place of the recorded value.
    """
    import pyarrow as pa

    arrays: dict[str, Any] = {"row_id": rows.row_ids[mask]}
    for name in plan.scenario.use.dataset.kinds if plan.scenario.use.dataset else ():
        column = rows.column(name)
        arrays[name] = _array(column, rows.logged(name)[mask])
        if name in rows.refreshed:
            arrays[f"{name}.baseline"] = _array(column, rows.recorded(name)[mask])
        if name in figures.mechanisms:
            estimated = figures.estimated(name)
            if column.kind is Kind.NUMBER:
                mechanism = figures.mechanisms[name]
                replayed = figures.estimators.replayed_mean(mechanism, figures.estimator)
                expected = np.where(estimated.changed, estimated.expected, replayed)
                expected = np.where(rows.flag(rows.assigned, name), estimated.scenario, expected)
                arrays[f"{name}.replayed"] = _array(column, replayed[mask])
                arrays[f"{name}.expected"] = _array(column, expected[mask])
            arrays[f"{name}.scenario"] = _array(column, estimated.scenario[mask])
        elif name in rows.current:
            arrays[f"{name}.scenario"] = _array(column, rows.values(name, recorded=False)[mask])
    return pa.table(arrays)


def figures_table(scenario: str, estimates: Sequence[Estimate], cdfs: Sequence[Cdf]) -> pa.Table:
    """One row a figure, and one a point of a distribution function, whose place is its `value`."""
    import pyarrow as pa

    figures = [
        {
            "scenario": scenario,
            "expression": estimate.expression,
            "where": estimate.where,
            **_group(estimate.group),
        }
        | {"alias": estimate.alias, "unit": estimate.unit, "value": None, "baseline": estimate.baseline}
        | {"replayed": estimate.replayed, "scenario_value": estimate.scenario}
        | {"difference": estimate.difference, "rows": estimate.rows}
        for estimate in estimates
    ]
    points = [
        {"scenario": scenario, "expression": f"CDF({cdf.variable})", "where": cdf.where, **_group(cdf.group)}
        | {"alias": None, "unit": cdf.unit, "value": value, "baseline": baseline}
        | {"replayed": None, "scenario_value": share, "difference": share - baseline, "rows": None}
        for cdf in cdfs
        for value, baseline, share in zip(
            cdf.value.tolist(), cdf.baseline.tolist(), cdf.scenario.tolist(), strict=True
        )
    ]
    return pa.Table.from_pylist([*figures, *points])


def _group(group: Any) -> dict[str, Any]:
    return {f"by.{name}": value for name, value in group.items()}


def _array(column: Column, values: Values) -> pa.Array:
    import pyarrow as pa

    if column.kind is Kind.CATEGORY:
        codes = pa.array(values.astype(np.int32), mask=values < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.categories, pa.string()))
    if column.kind is Kind.BOOLEAN:
        return pa.array(values == 1, mask=values < 0)
    if column.kind is Kind.TIME:
        return pa.array(values.astype(np.int64), mask=values == MISSING_TIME).cast(pa.timestamp("us", "UTC"))
    return pa.array(values.astype(np.float64), from_pandas=True)
