"""Whether intervals can be relied on: rows that follow each other depend on each other, or clusters are few.

What causes explain may well return from row to row, as a day's load does. Intervals suffer where the rest
does: so the ranks of rows at equal causes are correlated with those of the next rows in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import GROUPS, Key, build_index, ranks_of, variable_hash

from wsl.data import Dataset, Kind
from wsl.diagnostics import Diagnostic, WslError, report
from wsl.engine.clusters import cluster_keys
from wsl.engine.indexes import Learning, series
from wsl.engine.rows import BLOCK, ScenarioRows, present
from wsl.planning import Plan
from wsl.results import Estimate, Expectation
from wsl.semantics.checked import Cluster, Use
from wsl.semantics.question import ways_out
from wsl.syntax import ast
from wsl.syntax.writer import format_expression

_STRETCHES = GROUPS  # of rows that follow each other, each ranked among the others
_LONGEST, _SHORTEST = 320, 20  # rows of a stretch
_MOST = 0.2  # correlation of neighbours that is let pass
_GONE = 0.05  # correlation that is none
_LAGS = 4  # in a block, so that few neighbours are parted
_FEWEST_CLUSTERS = 30
_LENGTHS = {
    f"{count}{unit}": count * microseconds
    for unit, microseconds, counts in (
        ("ms", 1_000, (1, 10, 100)),
        ("s", 1_000_000, (1, 10)),
        ("min", 60_000_000, (1, 5, 15)),
        ("h", 3_600_000_000, (1, 6)),
        ("d", 86_400_000_000, (1, 7)),
    )
    for count in counts
}
"""Blocks that are proposed, in microseconds."""


def dependence_warnings(
    plan: Plan, rows: ScenarioRows, options: Learning, found: Sequence[Estimate | Expectation]
) -> Iterator[Diagnostic]:
    """What makes the intervals of these figures, or those that conditions are judged by, unreliable."""
    if options.cluster is not None and found:  # of very few clusters there is no interval at all
        yield from _few_clusters(plan, rows, options.cluster)
    elif any(map(_has_interval, found)):
        yield from _neighbours(plan, rows, options)


def _has_interval(one: Estimate | Expectation) -> bool:
    if isinstance(one, Expectation):
        return True
    return one.interval is not None or one.difference_interval is not None


def _few_clusters(plan: Plan, rows: ScenarioRows, cluster: Cluster) -> Iterator[Diagnostic]:
    """Say so if the rows of USE are of few clusters."""
    chosen = np.arange(len(rows)) if rows.rows is None else rows.rows
    keys = np.empty(0, np.uint64)
    for begin in range(0, len(chosen), BLOCK):
        keys = np.union1d(keys, cluster_keys(rows.dataset, cluster, chosen[begin : begin + BLOCK]))
        if len(keys) >= _FEWEST_CLUSTERS:
            return
    if cluster.microseconds is None:
        ways = f"take a variable with more values than `{cluster.variable}`, or more data"
    else:
        ways = "take shorter blocks, as long as what rows have in common lasts, or more data"
    yield report(
        "WSL-D209",
        plan.scenario.use.span,
        name=plan.scenario.name,
        clusters=f"{len(keys)} cluster{'s' * (len(keys) != 1)}",
        cluster=f"`{cluster}`",
        least=str(_FEWEST_CLUSTERS),
        ways=ways,
    )


def _neighbours(plan: Plan, rows: ScenarioRows, options: Learning) -> Iterator[Diagnostic]:
    """Say so if what a mechanism leaves unexplained is alike in rows that follow each other."""
    dataset = rows.dataset
    time = plan.time
    if time is None:
        return
    try:
        times: NDArray[Any] = dataset.column(time).values
    except WslError:  # a column that the program may never mention is not to fail it
        return
    chosen = _stretches(times, options)
    if chosen is not None:
        ranks = {name: _ranks(dataset, name, causes, chosen, options) for name, causes in plan.checked}
        found = {name: _correlation(own, 1) for name, own in ranks.items()}
        strongest = max(found, key=found.__getitem__)
        if found[strongest] > _MOST:
            lag = max(_lasts(ranks[name]) for name, correlation in found.items() if correlation > _MOST)
            passed = float(np.median(times[chosen[:, lag:]] - times[chosen[:, :-lag]]))
            length = _block(_LAGS * passed, times if rows.rows is None else times[rows.rows])
            yield _dependent(plan.scenario.use, time, strongest, found[strongest], length)
    dataset.forget_all_but(plan.columns)


def _dependent(use: Use, time: str, variable: str, correlation: float, length: str) -> Diagnostic:
    option = f"cluster = block({format_expression(ast.Name(time, span=use.span))}, {length})"
    return report(
        "WSL-D208",
        use.span,
        fixes=ways_out(use, [option]),
        time=time,
        variable=variable,
        correlation=f"{correlation:.2f}",
        option=option,
    )


def _stretches(times: NDArray[Any], options: Learning) -> NDArray[np.int64] | None:
    """Rows that follow each other in time, one stretch a line, of those that are learned from.

    None where these are too few.
    """
    known = present(times, Kind.TIME)
    rows = np.flatnonzero(known)
    if options.among is not None and options.among.rows is not None:
        rows = options.among.rows[known[options.among.rows]]
    length = min(_LONGEST, len(rows) // _STRETCHES)
    if length < _SHORTEST:
        return None
    ordered = times[rows]
    if (ordered[1:] < ordered[:-1]).any():
        rows = rows[np.argsort(ordered, kind="stable")]
    starts = [place * (len(rows) - length) // (_STRETCHES - 1) for place in range(_STRETCHES)]
    return rows[np.add.outer(starts, np.arange(length))]


def _ranks(
    dataset: Dataset, name: str, causes: tuple[str, ...], chosen: NDArray[np.int64], options: Learning
) -> NDArray[np.float64]:
    """Ranks at equal causes, less the mean of the stretch; NaN as in `ranks_of`.

    Each stretch is ranked among the others, since near-duplicates in a row's own would explain it like
    causes. Its mean is left out because a drift is another finding, WSL-D205.
    """
    rows = chosen.ravel()
    child, *parents = (series(dataset.column(column)).take(rows) for column in (name, *causes))
    groups = np.repeat(np.arange(_STRETCHES, dtype=np.uint8), chosen.shape[1])
    ids, key = dataset.row_ids[rows], Key(0, variable_hash(name))
    index = build_index([child], parents, ids, groups, options.of_tiles)
    ranked = ranks_of(index, [one.values for one in parents], child.values, ids, groups, key)
    ranks = ranked.rank.reshape(chosen.shape)
    count = np.maximum((~np.isnan(ranks)).sum(axis=1, keepdims=True), 1)
    result: NDArray[np.float64] = ranks - np.nansum(ranks, axis=1, keepdims=True) / count
    return result


def _correlation(ranks: NDArray[np.float64], lag: int) -> float:
    """Of the rows with those so many rows later; 0 where too few of either are known."""
    products = ranks[:, lag:] * ranks[:, :-lag]
    if np.count_nonzero(~np.isnan(products)) < _STRETCHES * _SHORTEST // 2:
        return 0.0
    return float(np.nanmean(products) / np.nanmean(ranks**2))


def _lasts(ranks: NDArray[np.float64]) -> int:
    """The first lag at which no correlation is left, or half a stretch."""
    longest = ranks.shape[1] // 2
    return next((lag for lag in range(1, longest) if _correlation(ranks, lag) < _GONE), longest)


def _block(microseconds: float, times: NDArray[Any]) -> str:
    """The next longer length of those proposed; a shorter one where that would leave too few blocks."""
    known = times[present(times, Kind.TIME)]
    most = int(known.max() - known.min()) / (_FEWEST_CLUSTERS + 10) if len(known) else 0.0
    long = next((name for name, length in _LENGTHS.items() if length >= microseconds), [*_LENGTHS][-1])
    allowed = [name for name, length in _LENGTHS.items() if length <= most] or [*_LENGTHS][:1]
    return min(long, allowed[-1], key=_LENGTHS.__getitem__)
