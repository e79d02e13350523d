"""Distances to the data against a naive twin, and what lies outside of planted data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import wsl_runtime as runtime
from hypothesis import given
from hypothesis import strategies as st
from wsl_runtime import Options, Series, TileIndex, distances
from wsl_runtime.grid import BUCKETS, coordinates_of
from wsl_runtime.place import locate
from wsl_runtime.support import EVEN, NARROW, NEIGHBOURS, SAMPLE, USUAL, WIDE, usual_distance
from wsl_runtime.tiles import member

from wsl.examples import cdn

from .data import make_log, unhurried

Values = list[npt.NDArray[Any]]


def twin(index: TileIndex, parents: Values, groups: npt.NDArray[np.uint8]) -> tuple[Any, Any]:
    """Distance to the fifth nearest usable point of the tile in its scaled units, and the nearest point."""
    placed = locate(index, parents, len(groups))
    return by_tile(index, placed.tile, coordinates_of(parents, index.layout.axes, len(groups)), groups)


def by_tile(index: TileIndex, tiles: Any, where: Any, groups: npt.NDArray[np.uint8]) -> tuple[Any, Any]:
    numeric = [axis for axis in index.layout.axes if not axis.discrete]
    known = index.catalogue.tiles
    distance, nearest = np.full(len(groups), np.nan), np.full(len(groups), -1)
    for row, tile in enumerate(tiles):
        if tile < 0:
            continue
        points = np.array([member(known.start[tile], known.members, k) for k in range(known.length[tile])])
        points = points[np.lexsort((points, index.hashes[points]))][: index.nmax]
        inside = index.coordinates[points].astype(np.float64)
        scale = inside.std(axis=0)
        for j, axis in enumerate(numeric):
            ends = np.concatenate([[0], (axis.edges - axis.offset) * axis.scale, [1]])
            wide = max(1, int((len(ends) - 1) * WIDE))
            first = np.searchsorted(ends[1:-1], np.float32(inside[:, j].mean()), side="right") - wide // 2
            first = min(max(first, 0), len(ends) - 1 - wide)
            scale[j] = max(scale[j], EVEN * (ends[first + wide] - ends[first]), NARROW)
        usable = index.groups[points] != groups[row]
        apart = np.sqrt((((inside - where[row]) / scale) ** 2).sum(axis=1))
        apart[~usable] = np.inf
        if usable.any():
            distance[row] = np.sort(apart)[min(NEIGHBOURS, usable.sum()) - 1]
            nearest[row] = points[np.argmin(apart)]
        else:
            distance[row] = np.inf
    return distance, nearest


@unhurried
@given(
    st.integers(1, 400),
    st.integers(0, 9),
    st.booleans(),
    st.sampled_from((Options(), Options(nmin=1, nmax=3), Options(nmin=8, nmax=20))),
)
def test_distances_are_those_of_the_twin(rows: int, seed: int, missing: bool, options: Options) -> None:
    log = make_log(rows, seed, missing)
    index = log.index(options)
    asked = [values.copy() for values in log.values]
    asked[1] = asked[1] * 1.1
    found = distances(index, asked, log.groups)
    distance, nearest = twin(index, asked, log.groups)
    usual = usual_distance(index)
    # Where a value lies beyond all data, the ratio is more than the distance in the tile says.
    known = log.values[1][~np.isnan(log.values[1])]
    within = np.ones(rows, np.bool_)
    if len(known):
        within = ~(asked[1] > known.max() + np.ptp(known) / BUCKETS)
    np.testing.assert_allclose(found.ratio[within], (distance / usual)[within], rtol=2e-3, atol=2e-3)
    assert np.all(found.ratio[~within] > 1)
    same = found.nearest == nearest
    assert np.array_equal(found.nearest < 0, nearest < 0)
    if not same.all():  # as near as the twin's, in single precision
        where = coordinates_of(asked, index.layout.axes, rows).astype(np.float64)
        mine, twins = (index.coordinates[points[~same]] for points in (found.nearest, nearest))
        a, b = (np.abs(points - where[~same]).sum(axis=1) for points in (mine, twins))
        np.testing.assert_allclose(a, b, atol=0.1)


def test_what_is_usual_is_the_same_distance_of_the_data_s_own_rows() -> None:
    log = make_log(3_000)
    index = log.index()
    assert len(index.rows) < SAMPLE
    tiles = index.tile_of[np.searchsorted(index.starts, np.arange(len(index.rows)), side="right") - 1]
    distance, _ = by_tile(index, tiles, index.coordinates, index.groups)
    ordered = np.sort(distance)
    assert usual_distance(index) == pytest.approx(
        max(ordered[int(USUAL * len(ordered))], np.sqrt(3 * 2)), rel=1e-3
    )


@pytest.mark.parametrize("missing", [False, True])
def test_chosen_rows_and_threads_change_nothing(missing: bool) -> None:
    log = make_log(30_000, missing=missing)
    whole = distances(log.index(), log.values, log.groups)
    chosen = np.arange(5, 30_000, 7)
    part = distances(log.index(), log.values, log.groups, chosen)
    before = runtime.threads()
    try:
        runtime.set_threads(1)
        alone = distances(log.index(), log.values, log.groups)
    finally:
        runtime.set_threads(before)
    for name in whole._fields:
        every = getattr(whole, name)
        assert np.array_equal(every, getattr(alone, name), equal_nan=name == "ratio")
        assert np.array_equal(every[chosen], getattr(part, name), equal_nan=name == "ratio")


def test_a_row_with_a_missing_parent_is_not_outside() -> None:
    log = make_log(500, missing=True)
    found = distances(log.index(), log.values, log.groups)
    gone = np.isnan(log.values[1])
    assert gone.any()
    assert np.isnan(found.ratio[gone]).all()
    assert not (found.outside | found.borrowed)[gone].any()
    assert np.all(found.nearest[gone] == -1)


def planted(rows: int = 6_000) -> tuple[TileIndex, Values, npt.NDArray[np.uint8]]:
    """Site b never above 30; in site c the value is always 20; x and y rise together."""
    generator = np.random.default_rng(3)
    site = generator.integers(0, 3, rows).astype(np.int8)
    value = np.where(site == 1, generator.uniform(10, 30, rows), generator.uniform(10, 100, rows))
    value[site == 2] = 20.0
    x = generator.uniform(0, 1, rows)
    y = x + generator.normal(0, 0.02, rows)
    ids = np.arange(rows, dtype=np.uint64)
    groups = runtime.groups_of(ids)
    child = value + 10 * x + generator.normal(0, 1, rows)
    parents = [Series(site, "category", 3)] + [Series(column, "number") for column in (value, x, y)]
    return runtime.build_index([Series(child, "number")], parents, ids, groups), [
        site, value, x, y
    ], groups  # fmt: skip


@pytest.mark.parametrize(
    ("site", "value", "y", "axis"),
    [
        pytest.param(1, 80.0, None, 0, id="a range of values that a site never has"),
        pytest.param(2, 60.0, None, 0, id="a tile that is constant in that parent"),
        pytest.param(0, 300.0, None, 0, id="beyond all data"),
        pytest.param(0, None, 1.0, 2, id="two numbers never together"),
    ],
)
def test_a_planted_hole_is_outside(site: int, value: float | None, y: float | None, axis: int) -> None:
    index, parents, groups = planted()
    asked = [values.copy() for values in parents]
    rows = (parents[0] == site) & (parents[2] < 0.25)
    if value is not None:
        asked[1][rows] = value
    if y is not None:
        asked[3][rows] = y
    found, recorded = distances(index, asked, groups), distances(index, parents, groups)
    assert found.outside[rows].mean() > 0.99
    assert recorded.outside.mean() < 0.002
    # The axis that is off, or the one that goes with it: x and y are told apart by nothing.
    at_fault = np.bincount(found.apart[rows] + 1, minlength=4)[1:].argmax()
    assert at_fault in ({1, 2} if axis == 2 else {axis})
    assert np.array_equal(found.ratio[~rows], recorded.ratio[~rows])


def test_another_value_of_a_parent_that_never_varies_is_outside() -> None:
    rows = 400
    ids = np.arange(rows, dtype=np.uint64)
    groups = runtime.groups_of(ids)
    constant, other = np.full(rows, 7.0), np.linspace(0, 1, rows)
    index = runtime.build_index(
        [Series(other**2, "number")], [Series(constant, "number"), Series(other, "number")], ids, groups
    )
    asked = np.where(ids % 2 == 0, 7.0, 8.0)
    found = distances(index, [asked, other], groups)
    assert np.array_equal(np.isinf(found.ratio), asked == 8.0)
    assert set(found.apart[asked == 8.0]) == {0}


def excess(rows: int, seed: int) -> dict[str, float]:
    """Share of fresh requests that lie outside, less that of the log's own, by mechanism."""
    known, fresh = cdn.generate(rows, seed), cdn.generate(rows, seed + 1_000)
    ids = np.arange(2 * rows, dtype=np.uint64)
    groups = runtime.groups_of(ids)
    result = {}
    for child, parents in {
        "rt": cdn.RT_PARENTS,
        "srP": ("rtt", "sP"),
        "crP": ("rtt", "cP"),
        "sP": ("sB",),
        "be_time": ("tod",),
    }.items():
        sides = [[np.asarray(log[name], np.float64) for name in parents] for log in (known, fresh)]
        index = runtime.build_index(
            [Series(np.asarray(known[child], np.float64), "number")],
            [Series(values, "number") for values in sides[0]],
            ids[:rows],
            groups[:rows],
        )
        own, other = (
            distances(index, side, part).outside.mean()
            for side, part in zip(sides, (groups[:rows], groups[rows:]), strict=True)
        )
        result[child] = other - own
    return result


@pytest.mark.parametrize("seed", range(1, 3))
def test_fresh_requests_are_hardly_more_outside_than_recorded_ones(seed: int) -> None:
    assert max(excess(10_000, seed).values()) < 0.003


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 21))
def test_fresh_requests_are_hardly_more_outside_for_any_seed(seed: int) -> None:
    assert max(excess(10_000, seed).values()) < 0.003
