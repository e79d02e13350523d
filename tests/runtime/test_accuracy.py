"""Scenarios on the shipped CDN log against exact interventional truth.

An error is the largest difference in percent between the distribution functions of a scenario and of fresh
true requests, beyond that between two such samples of fresh true requests.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import Key, Series

from wsl.examples import cdn
from wsl.examples.structural import Condition, Kind, Update

LABELS = {"region": cdn.REGION_LABELS, "fe": cdn.FRONT_END_LABELS, "be": cdn.BACK_END_LABELS}
PARENTS = {name: mechanism.parents for name, mechanism in cdn.MODEL.mechanisms.items()}
Columns = dict[str, np.ndarray]
Setter = Callable[[Columns], np.ndarray]


def _region(name: str) -> Condition:
    return lambda columns: columns["region"] == name


HALF = Update({"rtt": lambda c: c["rtt"] * 0.5})
HALF_ASSUMED = Update({"rtt": lambda c: c["rtt"] * 0.5}, kind=Kind.ASSUME)
SCENARIOS: dict[str, tuple[str | None, Update, str, Setter]] = {
    "another front end": ("ind", Update({"fe": "twn"}), "fe", lambda c: np.full(len(c["fe"]), 6, np.int8)),
    "half the round trip": (None, HALF, "rtt", lambda c: c["rtt"] * 0.5),
    "larger pages": (None, Update({"sB": lambda c: c["sB"] * 1.2}), "sB", lambda c: c["sB"] * 1.2),
    "another back end": (
        "zaf",
        Update({"febe_rtt": 20.0}),
        "febe_rtt",
        lambda c: np.full(len(c["fe"]), 20.0),
    ),
    "assumed round trip": (None, HALF_ASSUMED, "rtt", lambda c: c["rtt"] * 0.5),
}


class Engine:
    """The least that answers a scenario: redraw the descendants by level, estimate the target, replay."""

    def __init__(self, rows: int, seed: int) -> None:
        self.row_ids = np.arange(rows, dtype=np.uint64)
        self.groups = runtime.groups_of(self.row_ids)
        self.columns = {name: _series(name, values) for name, values in cdn.generate(rows, seed).items()}
        self.seed = seed
        self.indexes: dict[str, runtime.TileIndex] = {}

    def index(self, child: str) -> runtime.TileIndex:
        if child not in self.indexes:
            parents = [self.columns[parent] for parent in PARENTS[child]]
            self.indexes[child] = runtime.build_index(
                [self.columns[child]], parents, self.row_ids, self.groups
            )
        return self.indexes[child]

    def answer(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Distribution function of the target in a scenario: values and probabilities."""
        region, update, variable, setter = SCENARIOS[name]
        at = np.arange(len(self.row_ids))
        if region is not None:
            at = at[self.columns["region"].values == np.searchsorted(cdn.REGION_LABELS, region)]
        before = {column: series.values[at] for column, series in self.columns.items()}
        after = dict(before)
        after[variable] = setter(before)
        for child in PARENTS if update.kind is Kind.INTERVENE else ():
            parents = PARENTS[child]
            changed = np.any([after[p] != before[p] for p in parents], axis=0) if parents else None
            if child in (variable, "rt") or changed is None or not changed.any():
                continue
            rows = at[changed]
            asked = [after[parent][changed] for parent in parents]
            key = Key(self.seed, runtime.variable_hash(child))
            drawn = runtime.redraw(self.index(child), asked, self.row_ids[rows], self.groups[rows], key)
            after[child] = after[child].copy()
            after[child][changed] = self.columns[child].values[drawn.donor]
        key = Key(self.seed, runtime.variable_hash("rt"))
        replayed, scenario = (
            runtime.estimate(
                self.index("rt"), [c[p] for p in PARENTS["rt"]], self.row_ids[at], self.groups[at], key
            ).draw
            for c in (before, after)
        )
        replay = runtime.Replay(*(np.sort(side) for side in (before["rt"], replayed, scenario)))
        points = np.unique(np.concatenate([replay.observed, replay.replayed, replay.scenario]))
        return points, replay.distribution(points)


def _series(name: str, values: np.ndarray) -> Series:
    if name in LABELS:
        return Series(np.searchsorted(LABELS[name], values).astype(np.int8), "category", len(LABELS[name]))
    if values.dtype.kind == "M":
        return Series(values.astype(np.int64), "time")
    return Series(values.astype(np.float64), "number")


def _distance(a: tuple[np.ndarray, np.ndarray], b: np.ndarray) -> float:
    """Largest difference in percent between a distribution function and that of a sample."""
    b = np.sort(b)
    points = np.union1d(a[0], b)
    ours = np.concatenate([[0.0], a[1]])[np.searchsorted(a[0], points, side="right")]
    return float(100 * np.abs(ours - runtime.distribution_at(b, points)).max())


def excess(rows: int, seed: int) -> float:
    """Mean error over the scenarios beyond that of a fresh true sample, in percent."""
    engine = Engine(rows, seed)
    errors = []
    for name, (region, update, _, _) in SCENARIOS.items():
        where = None if region is None else _region(region)
        one, other = (cdn.truth(rows, seed + 1000 * k, update, where).scenario["rt"] for k in (1, 2))
        fresh = np.sort(other), np.arange(1, len(other) + 1) / len(other)
        errors.append(_distance(engine.answer(name), one) - _distance(fresh, one))
    return float(np.mean(errors))


def test_scenarios_are_accurate_at_ten_thousand_rows() -> None:
    assert np.mean([excess(10_000, seed) for seed in range(1, 5)]) <= 2.5


@pytest.mark.slow
def test_scenarios_are_accurate_at_a_hundred_thousand_rows() -> None:
    assert np.mean([excess(100_000, seed) for seed in range(1, 4)]) <= 0.7


def test_a_request_is_estimated_nearly_as_well_as_its_noise_allows() -> None:
    engine, log = Engine(20_000, 3), cdn.generate(20_000, 3)
    columns = [engine.columns[parent].values for parent in PARENTS["rt"]]
    key = Key(3, runtime.variable_hash("rt"))
    found = runtime.estimate(engine.index("rt"), columns, engine.row_ids, engine.groups, key)
    error = 100 * np.median(np.abs(found.mean / log["rt"] - 1))
    floor = 100 * np.median(np.abs(cdn.conditional_mean(log) / log["rt"] - 1))
    assert error <= floor + 2.5
    assert abs(np.mean(found.mean) / np.mean(log["rt"]) - 1) < 0.01
