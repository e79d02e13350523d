"""Which rows an EXPLAIN reads: those of the window, and the normal ones that it is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import FEWEST, hash_rows

from wsl.data import Dataset
from wsl.diagnostics import WslError, report
from wsl.engine.anomalies import Rows, Selection
from wsl.planning import Diagnosis
from wsl.semantics.recorded import selected


def select(plan: Diagnosis, dataset: Dataset, seed: int) -> Selection:
    """The normal rows and the window, in the order of time.

    Unless AGAINST says what is normal, a gap as long as the window on either side of it belongs to neither:
    what led to the moment, and what it left behind. Rows that do not follow each other leave no such gap.
    """
    explain = plan.explain
    usable = selected(dataset, explain.use.where)
    if explain.use.sample is not None:
        usable &= sampled(dataset, np.flatnonzero(usable), explain.use.sample, seed)
    inside = selected(dataset, explain.window)
    window = _in_order(plan, dataset, np.flatnonzero(usable & inside))
    if not len(window):
        text = explain.window_text
        raise WslError([report("WSL-D211", explain.window_span, window=text, dataset=dataset.name)])
    if explain.against is not None:
        normal = _in_order(
            plan, dataset, np.flatnonzero(usable & selected(dataset, explain.against) & ~inside)
        )
        return Selection(normal, window, np.zeros(0, np.int64))
    every = _in_order(plan, dataset, np.flatnonzero(usable))
    places = np.flatnonzero(np.isin(every, window))
    length = len(window)
    guarded = np.zeros(len(every), np.bool_)
    if places[-1] - places[0] + 1 == length:
        guarded[max(0, places[0] - length) : places[-1] + 1 + length] = True
    guarded[places] = False
    if len(every) - length - np.count_nonzero(guarded) < FEWEST:
        guarded[:] = False
    normal = np.ones(len(every), np.bool_)
    normal[places] = False
    return Selection(every[normal & ~guarded], window, every[guarded])


def sampled(dataset: Dataset, chosen: Rows, count: int, seed: int) -> NDArray[np.bool_]:
    """Some of the chosen rows: those with the smallest hashes of their ids."""
    kept = np.zeros(dataset.rows, np.bool_)
    hashes = hash_rows(dataset.row_ids[chosen] ^ np.uint64(seed))[0]
    kept[chosen[np.argsort(hashes, kind="stable")[:count]]] = True
    return kept


def _in_order(plan: Diagnosis, dataset: Dataset, rows: Rows) -> Rows:
    if plan.time is None:
        return rows
    return rows[np.argsort(dataset.column(plan.time).values[rows], kind="stable")]
