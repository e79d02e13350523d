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
    `x.expected` at the scenario's, and `x.scenario` a draw (the recorded value where nothing changed).
    """
    import pyarrow as pa

    arrays: dict[str, Any] = {"row_id": rows.row_ids[mask]}
    for name in plan.scenario.use.dataset.kinds if plan.scenario.use.dataset else ():
        column = rows.column(name)
        arrays[name] = _array(column, rows.recorded(name)[mask])
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
    """One row a figure; where only distribution functions were asked for, one row a point of theirs."""
    import pyarrow as pa

    if not estimates and cdfs:
        rows = [
            {"scenario": scenario, "variable": cdf.variable, **_group(cdf.group)}
            | {"value": value, "baseline": baseline, "in_scenario": share}
            for cdf in cdfs
            for value, baseline, share in zip(
                cdf.value.tolist(), cdf.baseline.tolist(), cdf.scenario.tolist(), strict=True
            )
        ]
        return pa.Table.from_pylist(rows)
    fields = ("alias", "unit", "baseline", "replayed", "scenario", "difference", "rows")
    return pa.Table.from_pylist(
        [
            {"name": scenario, "expression": estimate.expression, **_group(estimate.group)}
            | {field: getattr(estimate, field) for field in fields}
            for estimate in estimates
        ]
    )


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
