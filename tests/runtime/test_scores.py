"""Anomaly scores: against their definition, and valid as probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from wsl_runtime import rarity, reference

Array = NDArray[np.float64]

few = st.integers(-4, 4).map(float)
fine = st.floats(-1e3, 1e3, allow_subnormal=False)
normal_values = st.one_of(
    arrays(np.float64, st.integers(1, 30), elements=few),
    arrays(np.float64, st.integers(1, 30), elements=fine),
)


def as_extreme(values: Array, x: float) -> int:
    """Of all n + 1 values those whose tail, and then distance from the median, is x's or more extreme."""
    every = np.append(values, x)
    middle = np.median(every)

    def tail(value: float) -> float:
        return float(min((every < value).sum(), (every > value).sum()) + (every == value).sum() / 2)

    own = (tail(x), -abs(x - middle))
    return sum((tail(v), -abs(v - middle)) <= own for v in values)


@given(normal_values, st.one_of(few, fine))
@example(np.array([-3.0, -3, -1, 0, 0, 0, 0, 1, 3]), 3.0)  # at the same distance as those of the other end
def test_scores_count_what_is_as_extreme(values: Array, x: float) -> None:
    normal = reference(values)
    assert np.exp(-normal.score([x])) == pytest.approx((1 + as_extreme(values, x)) / (1 + len(values)))
    assert np.count_nonzero(normal.as_extreme(values, x)) == as_extreme(values, x)
    many = normal.score(np.append(np.full(4 * len(values), x), values))  # searches by buckets
    assert many[0] == normal.score(x)
    assert many[4 * len(values)] == normal.score(values[0])


@given(arrays(np.float64, st.integers(10, 40), elements=st.one_of(few, fine)))
def test_each_of_exchangeable_values_could_be_the_new_one(values: Array) -> None:
    """P(p <= level) is at most the level, over which of the values is the new one: whatever their ties."""
    count = len(values)
    p = [np.exp(-reference(np.delete(values, i)).score(values[i])) for i in range(count)]
    for level in (1, 2, 3, count // 3):
        assert np.count_nonzero(np.array(p) <= level / count + 1e-9) <= level


@given(normal_values, st.one_of(few, fine))
def test_printed_scores(values: Array, x: float) -> None:
    def tail(value: float) -> float:
        return float(min((values < value).sum(), (values > value).sum()) + (values == value).sum() / 2)

    expected = -np.log((0.5 + sum(tail(v) <= tail(x) for v in values)) / (0.5 + len(values)))
    assert reference(values, "paper").score(x) == pytest.approx(max(0.0, expected))


@given(normal_values, st.one_of(few, fine))
def test_deviation_counts_what_is_as_far_from_the_mean(values: Array, x: float) -> None:
    distance = np.abs(values - values.mean())
    expected = (1 + (distance >= abs(x - values.mean())).sum()) / (1 + len(values))
    assert np.exp(-reference(values, "deviation").score(x)) == pytest.approx(expected)


def test_constant_near_constant_missing_and_heavy_tails() -> None:
    constant = reference(np.full(100, 5.0))
    np.testing.assert_allclose(constant.score([5.0, 5.1, np.nan]), [0.0, np.log(101), np.nan])
    np.testing.assert_allclose(constant.beyond([5.0, 6.0]), [0.0, 0.2])
    nearly = reference(np.append(np.full(99, 5.0), 5.1))
    np.testing.assert_allclose(nearly.score([5.0, 5.1, 6.0]), [0.0, np.log(101 / 2), np.log(101)])
    missing = reference(np.append(np.arange(99.0), np.full(50, np.nan)))
    assert missing.rows == 99
    assert missing.score(1e9) == pytest.approx(np.log(100))
    heavy = np.random.default_rng(0).standard_cauchy(1_000)
    scores = reference(heavy).score(np.append(heavy, [1e300, -np.inf]))
    assert np.isfinite(scores).all()
    assert scores[-2] == pytest.approx(reference(heavy).cap) == pytest.approx(np.log(1001))
    assert np.isfinite(reference(heavy).beyond([np.inf, 1e308])).all()


def test_far_beyond_one_end_is_more_extreme_than_the_other_end() -> None:
    normal = reference(np.arange(1_000.0))
    assert normal.score([2_000.0, 999.5]) == pytest.approx([np.log(1001), np.log(1001 / 2)])


def test_rare_categories() -> None:
    scores = rarity([90, 9, 1, 0])
    p = np.exp(-scores) * 101
    np.testing.assert_allclose(p, [101, 11, 2, 2, 2])
    everything = [
        np.exp(-rarity(np.bincount(np.delete([0, 0, 0, 1, 1, 2], i), minlength=3))) for i in range(6)
    ]
    found = np.array([one[code] for one, code in zip(everything, [0, 0, 0, 1, 1, 2], strict=True)])
    assert all(np.count_nonzero(found <= k / 6 + 1e-9) <= k for k in range(1, 7))


def test_scores_are_the_same_in_any_pieces() -> None:
    normal = reference(np.random.default_rng(1).normal(size=500))
    x = np.random.default_rng(2).normal(size=200_001)
    whole = normal.score(x)
    assert np.array_equal(whole, np.concatenate([normal.score(x[:7]), normal.score(x[7:])]))
