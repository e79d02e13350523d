"""Donors: from the row's tile, never from its own group, uniform, and the same however the rows are cut."""

from __future__ import annotations

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import Options, Series, place, queries, resampling
from wsl_runtime import compile as policy
from wsl_runtime.grid import coordinates_of
from wsl_runtime.place import locate
from wsl_runtime.resampling import NEAREST

from tests.runtime.data import KEY, answers, make_log


@pytest.mark.parametrize("mode", ["nearest", "random"])
def test_donors_come_from_the_tile_and_another_group(mode: str) -> None:
    log = make_log(3000)
    index = log.index(Options(cap=100))
    parents = [log.values[0], log.values[1] * 0.6, log.values[2]]
    redrawn = runtime.redraw(index, parents, log.row_ids, log.groups, KEY, mode=mode)
    placed = locate(index, parents, 3000)
    start, length = placed.tiles.start[placed.tile], placed.tiles.length[placed.tile]
    assert (start >= 0).all()
    assert ((start <= redrawn.point) & (redrawn.point < start + length)).all()
    assert np.array_equal(index.rows[redrawn.point], redrawn.donor)
    assert (log.groups[redrawn.donor] != log.groups).all()
    assert np.array_equal(log.children[0].values[redrawn.donor], index.children[0].values[redrawn.point])


def test_the_nearest_of_the_candidates_is_taken() -> None:
    log = make_log(3000)
    index = log.index()
    rows = (log.values, log.row_ids, log.groups, KEY)
    where = coordinates_of(log.values, index.layout.axes, 3000).astype(np.float64)

    def distance(mode: str) -> np.ndarray:
        point = runtime.redraw(index, *rows, mode=mode).point
        return ((index.coordinates[point] - where) ** 2).sum(axis=1)

    assert (distance("nearest") <= distance("random")).all()  # candidate 0 is the random donor
    closer = np.mean(distance("nearest") < distance("random"))
    assert abs(closer - (1 - 1 / NEAREST)) < 0.1


def test_random_donors_are_uniform() -> None:
    rows = 20_000
    child = Series(np.zeros(200), "number")
    index = runtime.build_index(
        [child], [], np.arange(200, dtype=np.uint64), np.repeat(np.arange(16), 13)[:200].astype(np.uint8)
    )
    row_ids = np.arange(rows, dtype=np.uint64)
    redrawn = runtime.redraw(index, [], row_ids, np.full(rows, 3, np.uint8), KEY, mode="random")
    counts = np.bincount(redrawn.donor, minlength=200)
    usable = index.groups[np.argsort(index.rows)] != 3
    assert (counts[~usable] == 0).all()
    expected = rows / usable.sum()
    chi2 = ((counts[usable] - expected) ** 2 / expected).sum()
    assert abs(chi2 - usable.sum()) < 5 * np.sqrt(2 * usable.sum())


def test_a_row_drawn_again_takes_other_donors() -> None:
    log = make_log(1000)
    index = log.index()
    draws = [
        runtime.redraw(index, log.values, log.row_ids, log.groups, KEY, np.full(1000, times, np.uint8)).donor
        for times in (0, 1, 0)
    ]
    assert np.array_equal(draws[0], draws[2])
    assert np.mean(draws[0] == draws[1]) < 0.3


def test_what_a_row_gets_does_not_depend_on_the_others() -> None:
    log = make_log(3000, missing=True)
    index = log.index(Options(nmin=8, nmax=30, cap=200))
    parents = [log.values[0], log.values[1] * 1.4, log.values[2]]
    whole = answers(index, parents, log)
    order = np.random.default_rng(2).permutation(3000)
    threads = runtime.threads()
    try:
        runtime.set_threads(1)
        fresh = log.index(Options(nmin=8, nmax=30, cap=200))
        for part in np.array_split(order, 7):
            for expected, found in zip(whole, answers(fresh, parents, log, part), strict=True):
                assert np.array_equal(expected[part], found, equal_nan=expected.dtype.kind == "f")
    finally:
        runtime.set_threads(threads)


def test_tile_by_tile_or_row_by_row_the_nearest_donors_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    log = make_log(2000, missing=True)
    index = log.index()
    rows = (index, log.values, log.row_ids, log.groups, KEY)
    expected = runtime.redraw(*rows)
    monkeypatch.setattr(resampling, "FEW_POINTS", 0)
    found = runtime.redraw(*rows)
    assert np.array_equal(found.donor, expected.donor)
    assert np.array_equal(found.point, expected.point)


def test_blocks_on_several_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    log = make_log(2000)
    expected = answers(log.index(), log.values, log)
    runtime.set_threads(3)
    monkeypatch.setattr(policy.blocks, "__defaults__", (97,))
    monkeypatch.setattr(policy.for_blocks, "__defaults__", (97,))
    try:
        found = answers(log.index(), log.values, log)
    finally:
        runtime.set_threads(policy.cores())
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_however_many_rows_are_asked_together_the_bits_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    log = make_log(2000, missing=True)
    parents = [log.values[0], log.values[1] * 0.6, log.values[2]]
    expected = answers(log.index(), parents, log)
    monkeypatch.setattr(place, "AT_ONCE", 130)
    monkeypatch.setattr(queries, "AT_ONCE", 170)
    found = answers(log.index(), parents, log)
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_several_draws_begin_with_the_one_draw_and_chosen_rows_are_rows_of_all() -> None:
    log = make_log(2000, missing=True)
    index, rows = log.index(), (log.values, log.row_ids, log.groups, KEY)
    one, several = runtime.estimate(index, *rows), runtime.estimate(index, *rows, draws=4)
    assert np.array_equal(one.draws[0], several.draws[0], equal_nan=True)
    assert np.array_equal(one.mean, several.mean, equal_nan=True)
    assert len(np.unique(several.draws[:, ~np.isnan(one.mean)][:, 0])) > 1
    chosen = np.array([7, 1999, 3, 400], np.int32)
    part = runtime.estimate(index, *rows, draws=4, chosen=chosen)
    assert np.array_equal(part.draws, several.draws[:, chosen], equal_nan=True)
    assert np.array_equal(part.borrowed, several.borrowed[chosen])


def test_borrowing_from_another_category_is_told() -> None:
    log = make_log(2000)
    rare = log.values[0].copy()
    rare[rare == 3] = 2
    rare[:4] = 3  # too few for a tile of their own
    index = runtime.build_index([log.children[0]], [Series(rare, "category", 4)], log.row_ids, log.groups)
    redrawn = runtime.redraw(index, [rare], log.row_ids, log.groups, KEY)
    assert np.array_equal(redrawn.borrowed, rare == 3)
    new_site = runtime.redraw(index, [np.full(2000, 9, np.int8)], log.row_ids, log.groups, KEY)
    assert new_site.borrowed.all()
    assert (new_site.donor >= 0).all()
