"""A small mixed data set and ways to ask about it, shared by the tests of the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import wsl_runtime as runtime
from hypothesis import settings
from wsl_runtime import Key, Series, TileIndex

unhurried = settings(deadline=None)  # the first call of a kernel compiles or loads it
KEY = Key(7, runtime.variable_hash("latency"))


@dataclass(frozen=True)
class Log:
    """Latency given site, size and retries; `truth` is its exact mean."""

    children: list[Series]
    parents: list[Series]
    row_ids: npt.NDArray[np.uint64]
    groups: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.float64]

    @property
    def values(self) -> list[npt.NDArray[Any]]:
        return [parent.values for parent in self.parents]

    def index(self, options: runtime.Options | None = None, order: Any = slice(None)) -> TileIndex:
        return runtime.build_index(
            [Series(s.values[order], s.kind, s.levels) for s in self.children],
            [Series(s.values[order], s.kind, s.levels) for s in self.parents],
            self.row_ids[order],
            self.groups[order],
            options or runtime.Options(),
        )


def make_log(rows: int, seed: int = 1, missing: bool = False) -> Log:
    generator = np.random.default_rng(seed)
    site = generator.integers(0, 4, rows).astype(np.int8)
    size = np.round(np.exp(generator.normal(3, 1, rows)), 3)
    retries = generator.poisson(0.7, rows).astype(np.float64)
    truth = (1 + site) * size + 20 * retries
    latency = np.round(truth * np.exp(generator.normal(0, 0.2, rows) - 0.02), 3)
    status = (generator.random(rows) < 0.2 + 0.15 * site).astype(np.int8) + (size > 30)
    if missing:
        size[::19] = np.nan
        latency[5::23] = np.nan
    row_ids = generator.permutation(4 * rows)[:rows].astype(np.uint64)
    return Log(
        [Series(latency, "number"), Series(status, "category", 3), Series(retries, "number")],
        [Series(site, "category", 4), Series(size, "number"), Series(retries, "number")],
        row_ids,
        runtime.groups_of(row_ids),
        truth,
    )


def answers(index: TileIndex, parents: list[npt.NDArray[Any]], log: Log, at: Any = slice(None)) -> list[Any]:
    """All that the runtime says about some rows of a log with other parents, as arrays of that many rows."""
    columns = [values[at] for values in parents]
    old = [values[at] for values in log.values]
    row_ids, groups = log.row_ids[at], log.groups[at]
    rows = (row_ids, groups, KEY)
    result: list[Any] = []
    for mode in ("nearest", "random"):
        redrawn = runtime.redraw(index, columns, *rows, mode=mode)
        result += [redrawn.donor, redrawn.borrowed]
    for child in (0, 2):
        for estimator in ("distribution", "paper"):
            found = runtime.estimate(index, columns, *rows, estimator=estimator, child=child)
            result += [found.mean, found.draw]
        recorded = log.children[child].values[at]
        result.append(runtime.couple(index, old, recorded, columns, *rows, child=child))
        result.append(runtime.ranks_of(index, old, recorded, *rows, child=child).rank)
    shares = runtime.class_frequencies(index, columns, row_ids, groups, 1).shares
    result += [shares, runtime.draw_classes(shares, row_ids, KEY)]
    result.append(runtime.couple(index, old, log.children[1].values[at], columns, *rows, child=1))
    result.append(runtime.ranks_of(index, old, log.children[1].values[at], *rows, child=1).rank)
    return result
