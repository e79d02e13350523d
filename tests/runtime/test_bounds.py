"""Bounds whatever couples two values: as a naive twin has them, and never past the truth."""

from __future__ import annotations

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import Options, bounds
from wsl_runtime.bounds import Distributions

from tests.runtime.data import make_log


def distribution(values: np.ndarray, weights: np.ndarray, y: float, *, below: bool = False) -> float:
    return float(weights[values < y if below else values <= y].sum())


def gain(
    first: Distributions, second: Distributions, row: int, half: int, y: float, shift: float, closed: bool
) -> float:
    f, g = (
        (side.values[row, half][used], side.weights[row, half][used])
        for side in (first, second)
        for used in [side.weights[row, half] > 0]
    )
    return distribution(*f, y) - distribution(*g, y - shift, below=closed)


def twin(old: Distributions, new: Distributions, shift: float, strict: bool) -> np.ndarray:
    """By the definition: every jump of the first function is tried, in one half, and read in the other."""

    def advantage(first: Distributions, second: Distributions, row: int, t: float, closed: bool) -> float:
        total = 0.0
        for half in (0, 1):
            places = first.values[row, half][first.weights[row, half] > 0]
            gains = [gain(first, second, row, half, y, t, closed) for y in places]
            if max(gains) > 0:
                best = places[int(np.argmax(gains))]
                total += gain(first, second, row, 1 - half, best, t, closed)
        return total / 2

    rows = range(len(old.values))
    low = [advantage(new, old, row, shift, not strict) for row in rows]
    high = [1 - advantage(old, new, row, -shift, strict) for row in rows]
    return np.column_stack([low, high])


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("child", [0, 2])
def test_bounds_are_those_of_a_naive_twin(child: int, strict: bool) -> None:
    log = make_log(2000)
    parents = log.parents[:2]
    index = runtime.build_index([log.children[child]], parents, log.row_ids, log.groups)
    halved = [log.values[0], log.values[1] * 0.5]
    chosen = np.arange(0, 2000, 37)
    old, new = (
        bounds.distributions(index, side, log.groups, chosen, child == 0) for side in (log.values[:2], halved)
    )
    shift = float(np.log(0.9)) if child == 0 else 0.0
    assert np.allclose(bounds.makarov(old, new, shift, strict), twin(old, new, shift, strict), atol=1e-12)
    arguments = (index, log.values[:2], halved, log.groups, chosen, shift, strict, child == 0)
    assert np.array_equal(runtime.share_bounds(*arguments), bounds.makarov(old, new, shift, strict))


def test_no_row_is_evidence_for_its_group_and_weights_sum_to_one() -> None:
    log = make_log(2000)
    index = log.index()
    chosen = np.arange(0, 2000, 11)
    found = bounds.distributions(index, log.values, log.groups, chosen)
    assert np.allclose(found.weights.sum(axis=2), 1.0)
    used = found.weights > 0
    assert all(
        (np.diff(found.values[row, half][used[row, half]]) >= 0).all() for row in range(9) for half in (0, 1)
    )
    own = log.groups[chosen] % 2
    others = log.groups.copy()
    others[chosen] = (others[chosen] + 2) % 16  # another group of the same parity
    again = bounds.distributions(index, log.values, others, chosen)
    rows = np.arange(len(chosen))
    assert np.allclose(found.values[rows, 1 - own], again.values[rows, 1 - own], rtol=1e-5)
    assert not np.allclose(found.values[rows, own], again.values[rows, own], rtol=1e-5)


def test_rows_cut_into_pieces_have_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    log = make_log(2000, missing=True)
    halved = [log.values[0], log.values[1] * 0.5, log.values[2]]
    arguments = (log.values, halved, log.groups, np.arange(2000), -0.1, False, True)
    expected = runtime.share_bounds(log.index(), *arguments)
    monkeypatch.setattr(bounds, "AT_ONCE", 97)
    threads = runtime.threads()
    runtime.set_threads(1)
    try:
        assert np.array_equal(runtime.share_bounds(log.index(), *arguments), expected)
    finally:
        runtime.set_threads(threads)


def test_a_row_without_a_cause_is_bounded_by_nothing() -> None:
    log = make_log(2000)
    gone = [log.values[0], np.full(2000, np.nan), log.values[2]]
    found = runtime.share_bounds(log.index(), log.values, gone, log.groups, np.arange(50), 0.0)
    assert np.array_equal(found, np.tile([0.0, 1.0], (50, 1)))


def test_what_is_the_same_in_both_worlds_says_little() -> None:
    """Two equal distributions allow every order, and no noise may pretend otherwise."""
    log = make_log(4000)
    index = log.index(Options(nmin=100, nmax=200))
    every = np.arange(4000)
    low, high = runtime.share_bounds(index, log.values, log.values, log.groups, every, 0.0).mean(axis=0)
    assert low < 0.03
    assert high == 1.0
    low, high = runtime.share_bounds(index, log.values, log.values, log.groups, every, 0.0, True).mean(axis=0)
    assert low == 0.0
    assert high > 0.97


def test_pooled_bounds_hold_for_every_coupling() -> None:
    generator = np.random.default_rng(4)
    groups = np.arange(2000, dtype=np.uint8) % 16
    before = generator.normal(0, 1, 2000)
    for after in (before - 1, np.sort(before)[::-1] - 1, generator.permutation(before) - 1):
        old, new = (runtime.pooled(values, groups) for values in (before, after))
        for shift in (-2.0, -1.0, 0.0):
            ((low, high),) = runtime.makarov(old, new, shift)
            assert low - 0.03 <= (after - before <= shift).mean() <= high + 0.03
