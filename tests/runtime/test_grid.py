"""The bucket grid, the fold order and which categories matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from wsl_runtime import MISSING_TIME, Series, plan_layout, survey
from wsl_runtime.grid import HOUR, Axis, axis_of, coordinates_of, keys_of, summarise
from wsl_runtime.layout import Layout

from tests.runtime.data import make_log, unhurried

FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, 2.5, 1e-300])


def axis_for(values: np.ndarray, kind: str = "number") -> Axis:
    return axis_of(summarise(Series(values, kind)))


def buckets_of(values: np.ndarray, axis: Axis) -> np.ndarray:
    table = np.arange(max(1, axis.buckets), dtype=np.uint64)
    return keys_of([values], [axis], [table], len(values))[0].astype(np.int64)


@unhurried
@given(arrays.arrays(np.float64, st.integers(0, 200), elements=FLOATS))
def test_bucket_is_the_number_of_edges_at_or_below(values: np.ndarray) -> None:
    axis = axis_for(values)
    asked = np.concatenate([values, axis.edges, np.nextafter(axis.edges, -np.inf), [np.inf, -np.inf, 0.0]])
    present = asked[~np.isnan(asked)]
    assert np.array_equal(buckets_of(present, axis), np.searchsorted(axis.edges, present, side="right"))
    assert axis.buckets <= 1 << axis.bits
    assert np.all(np.isfinite(coordinates_of([asked], [axis], len(asked))))


def test_few_distinct_values_get_one_bucket_each() -> None:
    axis = axis_for(np.array([1.0, 5.0, 5.5, 100.0, 5.0]))
    assert np.array_equal(buckets_of(np.array([1.0, 5.0, 5.5, 100.0]), axis), [0, 1, 2, 3])


def test_counts_get_one_bucket_each_up_to_eight() -> None:
    axis = axis_for(np.arange(1000.0))
    assert np.array_equal(buckets_of(np.arange(10.0), axis), np.arange(10))
    assert axis.buckets <= 128
    assert np.all(np.diff(axis.edges[9:]) >= 1)


@pytest.mark.parametrize(("low", "logarithmic"), [(1.0, True), (60.0, False), (-1.0, False)])
def test_widths_are_logarithmic_for_skewed_positive_columns_only(low: float, logarithmic: bool) -> None:
    values = np.random.default_rng(1).uniform(low, 100, 5000)
    edges = axis_for(values).edges
    assert len(edges) == 63
    assert np.allclose(np.diff(np.log(edges) if logarithmic else edges, 2), 0)


def test_times_are_bucketed_by_the_hour() -> None:
    values = np.random.default_rng(1).integers(0, 100 * HOUR, 5000)
    values[3] = MISSING_TIME
    found = buckets_of(values, axis_for(values, "time"))
    first = values[values != MISSING_TIME].min() // HOUR
    present = values != MISSING_TIME
    assert np.array_equal(found[present], values[present] // HOUR - first)


@unhurried
@given(st.lists(st.lists(FLOATS, max_size=80), min_size=1, max_size=4), st.randoms())
def test_summaries_merge_in_any_order(parts: list[list[float]], random: object) -> None:
    def total(chunks: list[list[float]]) -> object:
        summary = summarise(Series(np.array(chunks[0], np.float64), "number"))
        for chunk in chunks[1:]:
            summary = summary.merge(summarise(Series(np.array(chunk, np.float64), "number")))
        return summary

    whole = [value for part in parts for value in part]
    assert total(parts) == total([whole]) == total(parts[::-1])


def layout_of(child: np.ndarray, parents: list[Series]) -> Layout:
    row_ids = np.arange(len(child), dtype=np.uint64)
    groups = np.zeros(len(child), np.uint8)
    return plan_layout(survey([Series(child, "number")], parents, row_ids, groups))


def test_the_bits_that_explain_the_child_are_kept_longest() -> None:
    generator = np.random.default_rng(2)
    useless, useful = generator.uniform(0, 1, 4000), generator.uniform(0, 1, 4000)
    layout = layout_of(useful + 0.01 * useless, [Series(useless, "number"), Series(useful, "number")])
    assert {parent for parent, _ in layout.order[:4]} == {1}
    bits = [bit for parent, bit in layout.order if parent == 1]
    assert bits == sorted(bits, reverse=True)  # within a parent, low bits fold first


def test_categories_fold_last_unless_they_make_no_difference_beyond_the_numbers() -> None:
    generator = np.random.default_rng(3)
    site = generator.integers(0, 4, 4000).astype(np.int8)
    delay = np.exp(generator.normal(2 + 0.5 * site, 0.3))
    noise = np.exp(generator.normal(0, 0.1, 4000))
    parents = [Series(delay, "number"), Series(site, "category", 4)]
    proxy = layout_of(delay * noise, parents)
    assert proxy.irrelevant == (1,)
    assert [parent for parent, _ in proxy.order[-2:]] == [1, 1]
    cause = layout_of(delay * noise * (1 + site), parents)
    assert cause.irrelevant == ()
    assert [parent for parent, _ in cause.order[:2]] == [1, 1]
    assert cause.category_place == cause.bits - 2


def test_similar_categories_are_siblings() -> None:
    generator = np.random.default_rng(4)
    site = generator.integers(0, 4, 4000).astype(np.int8)
    level = np.array([5.0, 1.0, 4.9, 1.1])
    layout = layout_of(level[site] + generator.normal(0, 0.01, 4000), [Series(site, "category", 4)])
    ranks = layout.axes[0].ranks
    assert {ranks[0] >> 1, ranks[2] >> 1} == {1}
    assert {ranks[1] >> 1, ranks[3] >> 1} == {0}


def test_the_layout_comes_from_group_0_where_that_is_large_enough() -> None:
    log = make_log(3000)
    groups = np.where(np.arange(3000) < 2500, 0, 5).astype(np.uint8)
    changed = log.children[0].values.copy()
    changed[2500:] = 1.0
    layouts = [
        plan_layout(survey([Series(child, "number")], log.parents, log.row_ids, groups)).order
        for child in (log.children[0].values, changed)
    ]
    assert layouts[0] == layouts[1]
