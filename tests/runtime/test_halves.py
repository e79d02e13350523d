"""Half-samples: balanced, answered by their own groups alone, and as wide as the truth varies."""

from __future__ import annotations

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import HALVES, Options, half_width
from wsl_runtime.estimator import PURPOSE_ESTIMATE
from wsl_runtime.philox import GROUPS

from tests.runtime.data import KEY, answers, make_log
from tests.runtime.test_estimator import ROWS, assert_single_precision, naive


def signs() -> np.ndarray:
    return np.array([[1 if half >> group & 1 else -1 for group in range(GROUPS)] for half in HALVES])


def test_half_samples_are_balanced() -> None:
    matrix = signs()
    assert matrix.shape == (15, 16)
    assert not matrix.sum(axis=1).any()  # eight groups each
    assert (matrix.T @ matrix == 16 * np.eye(16, dtype=int) - 1).all()  # pairs together as often as apart


def test_the_width_of_a_mean_over_groups_is_that_of_its_standard_error() -> None:
    groups = np.random.default_rng(4).normal(50, 3, GROUPS)
    of_halves = [groups[row > 0].mean() for row in signs()]
    error = groups.std(ddof=1) / np.sqrt(GROUPS)
    deviations = of_halves - groups.mean()
    assert np.sqrt((deviations**2).mean()) == pytest.approx(error)
    width = half_width([[half, half, half] for half in of_halves])
    assert width == pytest.approx(2.1314 * error, rel=0.04)  # around their own mean, with 14 for 15


def test_random_numbers_of_replicates_do_not_widen_an_interval() -> None:
    generator = np.random.default_rng(5)
    of_halves = [generator.normal(0, 1, (15, 1)) + generator.normal(0, 3, (15, 2)) for _ in range(400)]
    found = [half_width(np.column_stack([np.zeros(15), both])) for both in of_halves]
    assert np.mean(np.square(found)) < 2.1314**2 * 3  # squares of means would give 1 + 9 / 2


def test_what_is_missed_is_added_and_no_answer_gives_no_width() -> None:
    assert half_width(np.zeros((15, 3)), -3.0) == 3.0
    assert np.isnan(half_width(np.full((15, 3), np.nan)))


def test_donors_of_a_half_sample_are_in_it_and_shared_where_they_can_be() -> None:
    log = make_log(3_000)
    index = log.index()
    rows = (log.row_ids, log.groups, KEY)
    for mode in ("nearest", "random"):
        whole = runtime.redraw(index, log.values, *rows, mode=mode).donor
        half = runtime.redraw(index.keeping(HALVES[3]), log.values, *rows, mode=mode).donor
        inside = (HALVES[3] >> log.groups.astype(int)) & 1 == 1
        assert inside[half].all()
        assert (log.groups[half] != log.groups).all()
        if mode == "random":
            assert (half == whole)[inside[whole]].all()


def test_estimates_of_a_half_sample_are_those_of_a_naive_twin() -> None:
    log = make_log(ROWS)
    half = log.index(Options(nmin=60, nmax=40, cap=80)).keeping(HALVES[6])
    u = runtime.uniforms(log.row_ids, KEY, np.zeros(ROWS, np.uint8), PURPOSE_ESTIMATE)
    expected = naive(half, log.values, log, u)
    found = runtime.estimate(half, log.values, log.row_ids, log.groups, KEY)
    paper = runtime.estimate(half, log.values, log.row_ids, log.groups, KEY, estimator="paper")
    assert_single_precision(found.mean, expected[:, 0])
    assert np.mean(np.isclose(found.draw, expected[:, 1], rtol=5e-5)) > 0.995
    assert_single_precision(paper.mean, expected[:, 2])


def test_a_half_sample_leaves_the_whole_as_it_was() -> None:
    log = make_log(2_000)
    untouched, used = log.index(), log.index()
    answers(used.keeping(HALVES[0]), log.values, log)
    for before, after in zip(
        answers(untouched, log.values, log), answers(used, log.values, log), strict=True
    ):
        np.testing.assert_array_equal(before, after)
