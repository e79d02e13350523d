"""Which rows an EXPLAIN reads: those of the window, and the normal ones that it is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import FEWEST

from wsl.data import MISSING_TIME, Dataset, is_finite
from wsl.engine.anomalies import Rows, Selection
from wsl.planning import Diagnosis
from wsl.semantics.recorded import selected


def select(plan: Diagnosis, dataset: Dataset) -> Selection:
    """The normal rows and the window, in the order of time.

    Unless AGAINST says what is normal, a gap as long as the window on either side of it belongs to neither:
    what led to the moment, and what it left behind. Rows that do not follow each other leave no such gap.
    """
    explain = plan.explain
    usable = selected(dataset, explain.use.where)
    inside = selected(dataset, explain.window)
    window = in_order(plan, dataset, np.flatnonzero(usable & inside))
    assert len(window), "the checker lets no EXPLAIN of no row through"
    if explain.against is not None:
        normal = in_order(
            plan, dataset, np.flatnonzero(usable & selected(dataset, explain.against) & ~inside)
        )
        return Selection(normal, window, np.zeros(0, np.int64))
    every = in_order(plan, dataset, np.flatnonzero(usable))
    places = np.flatnonzero(np.isin(every, window))
    length = len(window)
    guarded = np.zeros(len(every), np.bool_)
    timed = has_time(plan, dataset, every)
    if places[-1] - places[0] + 1 == length and timed[places].all():
        guarded[max(0, places[0] - length) : places[-1] + 1 + length] = True
    guarded[places] = False
    guarded &= timed
    normal = np.ones(len(every), np.bool_)
    normal[places] = False
    observed = is_finite(dataset.column(explain.target).values[every])
    if np.count_nonzero(normal & ~guarded & observed) < FEWEST:
        guarded[:] = False
    return Selection(every[normal & ~guarded], window, every[guarded])


def timeline(plan: Diagnosis, dataset: Dataset, selection: Selection) -> Rows:
    """All rows of the selection that have a place in the order of time, in that order."""
    every = np.concatenate([selection.normal, selection.guarded, selection.window])
    return in_order(plan, dataset, every[has_time(plan, dataset, every)])


def has_time(plan: Diagnosis, dataset: Dataset, rows: Rows) -> NDArray[np.bool_]:
    """Which rows have a place in the order of time: all, where that is the order of the data."""
    if plan.time is None:
        return np.ones(len(rows), np.bool_)
    return np.asarray(dataset.column(plan.time).values[rows] != MISSING_TIME)


def in_order(plan: Diagnosis, dataset: Dataset, rows: Rows) -> Rows:
    """The rows in the order of time, or else of the data."""
    rows = np.sort(rows)
    if plan.time is None:
        return rows
    return rows[np.argsort(dataset.column(plan.time).values[rows], kind="stable")]
