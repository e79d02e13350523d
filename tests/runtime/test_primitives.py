"""Random numbers, elementary functions, sums and sorts against known answers and naive twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from wsl_runtime import GROUPS, Key, Replay, groups_of, ordered_mean, ordered_sum, quantiles, uniforms
from wsl_runtime.elementary import exp_array, exp_single, log_array
from wsl_runtime.philox import philox
from wsl_runtime.sorting import bottom_of_runs, distinct_keys, group_by_tile, order_rows
from wsl_runtime.sums import distribution_at
from wsl_runtime.tiles import smallest

from tests.runtime.data import unhurried

ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers of Random123, the authors' own library
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (PI, (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_philox_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    words = philox(*(np.uint32(c) for c in counter), np.uint64(key[1] << 32 | key[0]))
    assert tuple(int(word) for word in words) == expected


def test_uniforms_belong_to_the_row_and_not_to_its_place() -> None:
    ids = np.arange(10_000, dtype=np.uint64)
    times = (ids % 3).astype(np.uint8)
    order = np.random.default_rng(1).permutation(len(ids))
    drawn = uniforms(ids, Key(1, 2), times)
    assert np.array_equal(uniforms(ids[order], Key(1, 2), times[order]), drawn[order])
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(drawn, uniforms(ids, Key(2, 2), times))[0, 1]) < 0.04
    assert not np.array_equal(drawn, uniforms(ids, Key(1, 3), times))


def test_groups_are_balanced() -> None:
    counts = np.bincount(groups_of(np.arange(160_000, dtype=np.uint64)), minlength=GROUPS)
    assert len(counts) == GROUPS
    assert np.abs(counts - 10_000).max() < 500  # five standard deviations


@unhurried
@given(arrays.arrays(np.float64, 20, elements=st.floats(-708, 709)))
def test_exp_is_accurate(x: np.ndarray) -> None:
    exact = np.exp(x.astype(np.longdouble))
    assert np.max(np.abs(exp_array(x) / exact - 1)) < 3e-16


def test_exp_in_single_precision_is_accurate() -> None:
    for x in np.linspace(-87, 88, 5_001).astype(np.float32):
        assert abs(float(exp_single(x)) / np.exp(float(x)) - 1) < 2e-7


@unhurried
@given(arrays.arrays(np.float64, 20, elements=st.floats(1e-300, 1e300)))
def test_log_is_accurate(x: np.ndarray) -> None:
    exact = np.log(x.astype(np.longdouble))
    assert np.all(np.abs(log_array(x) - exact) <= 3e-16 * np.abs(exact))


def test_log_outside_its_domain() -> None:
    found = log_array(np.array([0.0, -1.0, np.inf, np.nan, 1.0]))
    assert np.array_equal(found, [-np.inf, np.nan, np.inf, np.nan, 0.0], equal_nan=True)


@unhurried
@given(arrays.arrays(np.float64, st.integers(0, 200), elements=st.floats(-1e12, 1e12)))
def test_sum_is_that_of_exact_arithmetic(values: np.ndarray) -> None:
    size = float(np.abs(values).sum())
    assert abs(ordered_sum(values) - math.fsum(values)) <= 1e-15 * size
    with_missing = np.concatenate([values, [np.nan]])
    assert ordered_sum(with_missing) == ordered_sum(values)
    assert math.isnan(ordered_mean(with_missing)) == (len(values) == 0)


@unhurried
@given(arrays.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e6, 1e6)))
def test_quantiles_are_numpy_s(values: np.ndarray) -> None:
    shares = np.array([0.0, 0.05, 0.5, 0.9, 1.0])
    expected = np.quantile(values, shares)
    assert np.allclose(quantiles(np.sort(values), shares), expected, rtol=1e-12, atol=1e-9)


def test_replaying_without_a_change_gives_the_observed_distribution() -> None:
    generator = np.random.default_rng(2)
    observed, drawn = np.sort(generator.normal(size=500)), np.sort(generator.normal(size=500))
    replay = Replay(observed, drawn, drawn)
    assert np.array_equal(replay.distribution(observed), distribution_at(observed, observed))
    asked = np.array([0.0, 0.1, 0.5, 0.95, 0.99999, 1.0])
    assert np.array_equal(replay.quantiles(asked), quantiles(observed, asked))
    moved = Replay(observed, drawn, drawn + 1)
    assert np.allclose(moved.quantiles(asked), quantiles(observed, asked) + 1)
    assert moved.distribution(observed)[-1] <= 1


@unhurried
@given(
    arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e3, 1e3)),
    arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e3, 1e3)),
    arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e3, 1e3)),
)
def test_quantiles_of_a_replay_rise_with_their_level(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    replay = Replay(np.sort(a), np.sort(b), np.sort(c))
    levels = np.linspace(0, 1, max(len(a), len(c)) + 1)
    assert np.all(np.diff(replay.quantiles(levels)) >= 0)
    raw = quantiles(np.sort(a), levels) + replay.change(levels)
    assert np.allclose(np.sort(raw), replay.quantiles(levels))  # the same values, in another order
    assert np.all(np.diff(replay.distribution(np.sort(a))) >= 0)


@unhurried
@given(st.integers(0, 62), st.integers(0, 300), st.integers(0, 2**32))
def test_rows_are_ordered_by_key_hash_and_row_id(bits: int, rows: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    keys = generator.integers(0, min(1 << bits, 50), rows).astype(np.uint64) << np.uint64(max(0, bits - 6))
    keys &= np.uint64((1 << bits) - 1)
    hashes = generator.integers(0, 3, rows).astype(np.uint64) << np.uint64(31)  # many agree in the upper half
    row_ids = generator.permutation(rows).astype(np.uint64)
    order = order_rows(keys, hashes, row_ids, bits)
    assert np.array_equal(order, np.lexsort((row_ids, hashes, keys)))

    kept = order[: bottom_of_runs(keys, order.copy(), rows + 1)]
    assert np.array_equal(kept, order)
    shortened = order.copy()
    shortened = shortened[: bottom_of_runs(keys, shortened, 2)]
    expected = [row for i, row in enumerate(order) if i < 2 or keys[order[i - 2]] != keys[row]]
    assert np.array_equal(shortened, expected)

    distinct, number = distinct_keys(keys, bits)
    naive, inverse = np.unique(keys, return_inverse=True)
    assert np.array_equal(distinct, naive)
    assert np.array_equal(number, inverse)


def test_rows_are_grouped_by_tile_stably() -> None:
    tiles = np.random.default_rng(3).integers(0, 7, 1000).astype(np.int32)
    order, starts = group_by_tile(tiles, 9)
    assert np.array_equal(order, np.argsort(tiles, kind="stable"))
    assert np.array_equal(starts, np.searchsorted(np.sort(tiles), np.arange(10)))


def test_smallest_hashes() -> None:
    hashes = np.random.default_rng(4).integers(0, 2**32, 5000).astype(np.uint32)
    for hashes_of in (hashes, hashes >> np.uint32(20), hashes | np.uint32(0xF0000000)):
        expected = np.argsort(hashes_of, kind="stable")[:100]
        assert np.array_equal(smallest(hashes_of, 100), expected)
