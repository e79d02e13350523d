"""Ranks within conditional distributions, and whether two sets of them differ: as naive twins have them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import wsl_runtime as runtime
from hypothesis import given
from hypothesis import strategies as st
from wsl_runtime import Key, Options, Series, compare_ranks, q_values
from wsl_runtime.coupling import PURPOSE_COUPLING
from wsl_runtime.kolmogorov import ks_distance, ks_p_value

from tests.runtime.data import KEY, make_log, unhurried

values = st.lists(st.integers(0, 9).map(float), min_size=1, max_size=30).map(np.array)


@given(values, values)
@unhurried
def test_the_distance_is_that_of_a_naive_twin(one: np.ndarray, other: np.ndarray) -> None:
    naive = max(abs(np.mean(one <= y) - np.mean(other <= y)) for y in [*one, *other])
    assert ks_distance(one, other) == pytest.approx(naive)
    assert np.isnan(ks_distance(one, one[:0]))


def test_probabilities_are_those_of_kolmogorov() -> None:
    for x in (0.0, 0.1, 0.199, 0.201, 0.5, 0.83, 1.22, 1.63, 3.0, 30.0):
        assert ks_p_value(x, 1.0) == pytest.approx(scipy.stats.kstwobign.sf(x), abs=1e-12)
    assert ks_p_value(0.1, 1 / 200 + 1 / 300) == pytest.approx(scipy.stats.kstwobign.sf(0.1 * 120**0.5))


@given(st.lists(st.floats(0, 1), max_size=12))
@unhurried
def test_rates_of_false_discoveries_are_those_of_a_naive_twin(p: list[float]) -> None:
    def naive(one: float) -> float:
        return min(1.0, *(at * len(p) / sum(other <= at for other in p) for at in p if at >= one), 1.0)

    assert q_values(p) == pytest.approx([naive(one) for one in p])


@pytest.mark.parametrize("kind", ["counts", "boolean", "number"])
def test_ranks_are_those_of_a_naive_twin(kind: str) -> None:
    generator = np.random.default_rng(3)
    rows = 300
    site = generator.integers(0, 2, rows).astype(np.int8)
    value = generator.normal(10.0 * site, 2.0)
    if kind == "counts":
        value = generator.poisson(2.0 + site, rows).astype(np.float64)
    elif kind == "boolean":
        value = (generator.random(rows) < 0.3 + 0.4 * site).astype(np.int8)
    missing = np.nan if kind != "boolean" else -1
    value[:3] = missing
    ids = np.arange(rows, dtype=np.uint64)
    groups = runtime.groups_of(ids)
    series = Series(value, "boolean" if kind == "boolean" else "number")
    index = runtime.build_index(
        [series], [Series(site, "category", 2)], ids, groups, Options(nmin=5, nmax=300)
    )
    tie = runtime.uniforms(ids, KEY, np.zeros(rows, np.uint8), PURPOSE_COUPLING)
    found = runtime.ranks_of(index, [site], value, ids, groups, KEY)
    assert np.isnan(found.rank[:3]).all()
    for row in range(3, rows):
        usable = (site == site[row]) & (groups != groups[row]) & series.present()
        others = value[usable]
        below, equal = np.mean(others < value[row]), np.mean(others == value[row])
        expected, tolerance = below + tie[row] * equal, 1e-12
        if kind == "number":  # among residuals, linear between the middles of their steps
            alike = (site == site[row]) & series.present()
            away = [value[alike & (groups != groups[j])].mean() for j in np.flatnonzero(usable)]
            residuals = np.sort(others - away)
            own = value[row] - others.mean() + residuals.mean()
            middles = (np.arange(len(others)) + 0.5) / len(others)
            expected = np.interp(own, residuals, middles)
            expected *= tie[row] if own < residuals[0] else 1.0
            expected = 1 - tie[row] * (1 - expected) if own > residuals[-1] else expected
            tolerance = 1e-4
        assert found.rank[row] == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("child", [0, 1, 2])
def test_ranks_are_uniform_where_the_parents_decide(child: int) -> None:
    log = make_log(4_000)
    series = log.children[child]
    parents = log.parents[:2]
    index = runtime.build_index([series], parents, log.row_ids, log.groups)
    columns = [parent.values for parent in parents]
    index = runtime.index_for_ranks(index, columns, 4_000)
    found = runtime.ranks_of(index, columns, series.values, log.row_ids, log.groups, Key(0, 1))
    assert ks_distance(found.rank, (np.arange(4_000) + 0.5) / 4_000) < 0.03
    small = log.parents[1].values < 20  # the parents themselves may decide who is compared
    result = compare_ranks(found.rank, found.tile, found.points, small)
    assert result.p_value > 0.01


def test_rows_of_one_tile_share_what_chance_made_of_it() -> None:
    """Without this, two sides in tiles of their own would differ far too often."""
    alarms = naive = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        site = generator.integers(0, 2, 4_000).astype(np.int8)
        value = generator.normal(0, 1, 4_000)
        ids = np.arange(4_000, dtype=np.uint64)
        groups = runtime.groups_of(ids)
        learned = slice(0, 200)
        index = runtime.build_index(
            [Series(value[learned], "number")],
            [Series(site[learned], "category", 2)],
            ids[learned],
            groups[learned],
        )
        larger = runtime.index_for_ranks(index, [site], 4_000)
        found = runtime.ranks_of(larger, [site], value, ids, groups, KEY)
        fresh = np.arange(4_000) >= 200
        columns = (found.rank[fresh], found.tile[fresh], found.points[fresh], site[fresh] == 0)
        result = compare_ranks(*columns)
        alarms += result.p_value < 0.05
        naive += ks_p_value(result.distance, 4 / 3_800) < 0.05
    assert alarms <= 6
    assert naive > 40


def test_more_points_where_few_tiles_are_needed_and_nothing_is_kept_of_them() -> None:
    log = make_log(4_000)
    index = log.index()
    few = [np.zeros(9, np.int8), np.full(9, 20.0), np.zeros(9)]
    larger = runtime.index_for_ranks(index, few, 9)
    assert (index.nmax, larger.nmax) == (50, 500)
    rows = (np.arange(9, dtype=np.uint64), np.full(9, 16, np.uint8), KEY)
    runtime.ranks_of(larger, few, np.full(9, 20.0), *rows)
    assert not index.catalogue.fits
    assert runtime.index_for_ranks(index, log.values, 4_000).nmax < 500


def test_rows_that_repeat_each_other_count_once() -> None:
    log = make_log(1_000)
    rank, inside = np.arange(1_000) / 1_000, np.arange(1_000) < 550
    tile, points = np.zeros(1_000, np.int32), np.full(1_000, 500)
    alone = compare_ranks(rank, tile, points, inside[log.row_ids.argsort()])
    pairs = compare_ranks(rank, tile, points, inside[log.row_ids.argsort()], units=500)
    assert pairs.distance == alone.distance
    assert pairs.p_value > alone.p_value
