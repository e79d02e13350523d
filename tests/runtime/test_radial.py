"""RADIAL draws: observed values with Gaussian weights, against weights computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsl_runtime import Key
from wsl_runtime.radial import draw_near, silverman

KEY = Key(3, 5)


def draw(ordered: np.ndarray, wanted: np.ndarray, bandwidth: float, first: int = 0) -> np.ndarray:
    ids = np.arange(first, first + len(wanted), dtype=np.uint64)
    return draw_near(ordered, wanted, bandwidth, ids, KEY, np.zeros(len(wanted), np.uint8))


def test_values_are_drawn_with_their_gaussian_weights() -> None:
    ordered = np.sort(np.random.default_rng(1).lognormal(3, 0.5, 400))
    drawn = draw(ordered, np.full(200_000, 25.0), 2.0)
    assert set(drawn) <= set(ordered)
    weights = np.exp(-0.5 * ((ordered - 25.0) / 2.0) ** 2)
    weights /= weights.sum()
    expected = np.sum(weights * ordered)
    spread = np.sqrt(np.sum(weights * (ordered - expected) ** 2))
    assert drawn.mean() == pytest.approx(expected, abs=4 * spread / np.sqrt(len(drawn)))
    assert drawn.std() == pytest.approx(spread, rel=0.02)


def test_where_nothing_is_near_the_nearest_is_taken() -> None:
    ordered = np.array([1.0, 2.0, 10.0])
    assert draw(ordered, np.array([1e9, -1e9, 5.9, 6.1]), 0.01).tolist() == [10.0, 1.0, 2.0, 10.0]
    assert draw(ordered, np.array([2.2]), 0.0).tolist() == [2.0]
    assert np.isnan(draw(ordered, np.array([np.nan]), 1.0)[0])
    assert np.isnan(draw(np.empty(0), np.array([1.0]), 1.0)[0])
    assert draw(np.array([7.0]), np.array([1.0, 9.0]), 3.0).tolist() == [7.0, 7.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(-1e6, 1e6), st.floats(1e-3, 1e5))
def test_a_draw_is_an_observed_value_and_its_own_row_decides(
    values: list[float], wanted: float, bandwidth: float
) -> None:
    ordered = np.sort(np.array(values))
    together = draw(ordered, np.full(5, wanted), bandwidth)
    alone = [draw(ordered, np.array([wanted]), bandwidth, first=row)[0] for row in range(5)]
    assert together.tolist() == alone
    assert set(together) <= set(ordered)


def test_silverman_is_the_rule_of_thumb() -> None:
    values = np.sort(np.random.default_rng(2).normal(0, 1, 10_000))
    assert silverman(values) == pytest.approx(0.9 * 10_000**-0.2, rel=0.05)
    assert silverman(np.array([4.0])) == silverman(np.empty(0)) == 0.0
    assert silverman(np.full(9, 4.0)) == 0.0
