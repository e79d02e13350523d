"""The estimators against naive NumPy twins, and what they must always hold."""

from __future__ import annotations

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import Options, Series, TileIndex
from wsl_runtime.estimator import PURPOSE_ESTIMATE
from wsl_runtime.grid import coordinates_of
from wsl_runtime.place import locate
from wsl_runtime.regression import BANDWIDTHS, RIDGE

from tests.runtime.data import KEY, Log, make_log

ROWS = 800


def tile_points(index: TileIndex, start: int, length: int) -> np.ndarray:
    """Positions of the points of a regression: those with the smallest hashes."""
    inside = np.arange(start, start + length)
    return inside[np.argsort(index.hashes[inside], kind="stable")[: index.nmax]]


def weights_of(x: np.ndarray, groups: np.ndarray, query: np.ndarray, own: int, width: float) -> np.ndarray:
    squared = np.where(groups == own, np.inf, ((x - query) ** 2).sum(axis=1))
    return np.exp(-0.5 * (squared - squared.min()) / width)


def linear(x: np.ndarray, y: np.ndarray, w: np.ndarray, query: np.ndarray) -> float:
    w = w / w.sum()
    centre, mean = w @ x, w @ y
    moments = (x - centre).T @ ((x - centre) * w[:, None]) + RIDGE * np.eye(x.shape[1])
    return float(mean + np.linalg.solve(moments, (x - centre).T @ (w * (y - mean))) @ (query - centre))


def left_out(x: np.ndarray, y: np.ndarray, groups: np.ndarray, width: float) -> np.ndarray:
    """Residuals of local linear fits that leave out the point's own group."""
    spread = 0.25 * (y.max() - y.min())
    w = [weights_of(x, groups, q, g, width) for q, g in zip(x, groups, strict=True)]
    fitted = np.array([linear(x, y, one, q) for one, q in zip(w, x, strict=True)])
    return y - np.clip(fitted, y.min() - spread, y.max() + spread)


def fit(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Residuals by leave-own-group-out, bandwidth of the local linear fit and of the kernel mean."""
    widths = BANDWIDTHS * x.shape[1]
    linear_residuals, mean_residuals = [], []
    for width in widths:
        w = [weights_of(x, groups, q, g, width) for q, g in zip(x, groups, strict=True)]
        linear_residuals.append(left_out(x, y, groups, width))
        mean_residuals.append(y - np.array([one @ y / one.sum() for one in w]))
    best = downhill([(residual**2).sum() for residual in linear_residuals])
    least = downhill([(residual**2).sum() for residual in mean_residuals])
    return np.clip(linear_residuals[best], -np.log(20), np.log(20)), widths[best], widths[least]


def downhill(errors: list[float]) -> int:
    """From the middle on while errors fall: to the left, or else to the right."""
    start = len(errors) // 2
    for step in (-1, 1):
        at = start
        while 0 <= at + step < len(errors) and errors[at + step] < errors[at]:
            at += step
        if at != start:
            return at
    return start


def naive(index: TileIndex, parents: list[np.ndarray], log: Log, u: np.ndarray) -> np.ndarray:
    """(rows, 3): mean and draw of the distribution estimator, mean of the paper's, by the book.

    Of a half-sample: with the scales, bandwidths and residuals of the whole.
    """
    placed = locate(index, parents, ROWS)
    where = coordinates_of(parents, index.layout.axes, ROWS)
    child = np.log(index.children[0].values)
    result = np.empty((ROWS, 3))
    for tile in np.unique(placed.tile):
        at = tile_points(index, int(placed.tiles.start[tile]), int(placed.tiles.length[tile]))
        raw = index.coordinates[at].astype(np.float64)
        deviation = raw.std(axis=0)
        scale = np.divide(1, deviation, where=deviation > 1e-9, out=np.zeros_like(deviation))
        x, y, groups = raw * scale, child[at], index.groups[at]
        residual, width, paper = fit(x, y, groups)
        kept = (index.kept >> groups.astype(np.int64)) & 1 == 1
        if not kept.all():
            x, y, groups, residual = x[kept], y[kept], groups[kept], residual[kept]
        spread = 0.25 * (y.max() - y.min())
        order = np.argsort(residual, kind="stable")
        for row in np.flatnonzero(placed.tile == tile):
            query, own = where[row].astype(np.float64) * scale, int(log.groups[row])
            w = weights_of(x, groups, query, own, width)
            level = np.clip(linear(x, y, w, query), y.min() - spread, y.max() + spread)
            level -= w @ residual / w.sum()
            upto = np.cumsum(w[order])
            donor = order[min(np.searchsorted(upto, u[row] * upto[-1], side="right"), len(order) - 1)]
            v = weights_of(x, groups, query, own, paper)
            result[row, 0] = np.exp(level) * (w @ np.exp(residual)) / w.sum()
            result[row, 1] = np.exp(level + residual[donor])
            result[row, 2] = v @ np.exp(y) / v.sum()
    return result


def assert_single_precision(found: np.ndarray, expected: np.ndarray) -> None:
    """Kernels compute in single precision, the twin in double; extrapolation makes a few rows less exact."""
    error = np.abs(found / expected - 1)
    assert np.median(error) < 3e-7
    assert error.max() < 5e-5


def test_estimates_are_those_of_a_naive_twin() -> None:
    log = make_log(ROWS)
    index = log.index(Options(nmin=20, nmax=30, cap=60))
    parents = [log.values[0], log.values[1] * 0.7, log.values[2]]
    u = runtime.uniforms(log.row_ids, KEY, np.zeros(ROWS, np.uint8), PURPOSE_ESTIMATE)
    expected = naive(index, parents, log, u)
    rows = (parents, log.row_ids, log.groups, KEY)
    found = runtime.estimate(index, *rows)
    paper = runtime.estimate(index, *rows, estimator="paper")
    assert_single_precision(found.mean, expected[:, 0])
    assert np.mean(np.isclose(found.draw, expected[:, 1], rtol=5e-5)) > 0.995  # u may fall on a step
    assert_single_precision(paper.mean, expected[:, 2])
    assert np.array_equal(paper.mean, paper.draw)


def test_the_estimate_finds_the_effect_that_kernel_regression_shrinks() -> None:
    log = make_log(8000)
    index = log.index()
    halved = [log.values[0], log.values[1] * 0.5, log.values[2]]
    rows = (log.row_ids, log.groups, KEY)
    effect = np.mean(
        runtime.estimate(index, halved, *rows).mean - runtime.estimate(index, log.values, *rows).mean
    )
    truth = np.mean(-0.5 * (1 + log.values[0]) * log.values[1])
    assert abs(effect / truth - 1) < 0.03
    draws = runtime.estimate(index, log.values, *rows).draw
    shares = np.array([0.1, 0.5, 0.9, 0.99])
    assert np.allclose(np.quantile(draws, shares), np.quantile(log.children[0].values, shares), rtol=0.1)


def test_counts_are_drawn_from_recorded_values() -> None:
    log = make_log(2000)
    found = runtime.estimate(log.index(), log.values, log.row_ids, log.groups, KEY, child=2)
    assert np.isin(found.draw, log.children[2].values).all()
    assert abs(found.draw.mean() - log.children[2].values.mean()) < 0.05


def test_times_and_negative_numbers_have_additive_residuals() -> None:
    log = make_log(2000)
    start = 1_700_000_000_000_000
    time = Series((start + 1000 * log.children[0].values).astype(np.int64), "time")
    index = runtime.build_index([time], log.parents, log.row_ids, log.groups)
    found = runtime.estimate(index, log.values, log.row_ids, log.groups, KEY)
    assert abs(np.mean(found.mean - start) / (1000 * log.truth.mean()) - 1) < 0.05
    assert not np.isin(found.draw, time.values).all()


def test_a_row_without_a_parent_has_no_estimate() -> None:
    log = make_log(1000, missing=True)
    found = runtime.estimate(log.index(), log.values, log.row_ids, log.groups, KEY)
    missing = np.isnan(log.values[1])
    assert np.array_equal(np.isnan(found.mean), missing)
    assert np.array_equal(np.isnan(found.draw), missing)
    redrawn = runtime.redraw(log.index(), log.values, log.row_ids, log.groups, KEY)
    assert np.array_equal(redrawn.donor < 0, missing)


def test_class_frequencies_are_kernel_weighted_counts() -> None:
    log = make_log(4000)
    shares = runtime.class_frequencies(log.index(), log.values, log.row_ids, log.groups, 1).shares
    assert np.allclose(shares.sum(axis=1), 1)
    for site in range(4):
        for large in (False, True):
            rows = (log.values[0] == site) & ((log.values[1] > 30) == large)
            likely = 0.2 + 0.15 * site
            truth = [0, 1 - likely, likely] if large else [1 - likely, likely, 0]
            assert np.allclose(shares[rows].mean(axis=0), truth, atol=0.06)
    drawn = runtime.draw_classes(shares, log.row_ids, KEY)
    assert np.allclose(np.bincount(drawn, minlength=3) / 4000, shares.mean(axis=0), atol=0.03)
    with pytest.raises(ValueError, match="no mean"):
        runtime.estimate(log.index(), log.values, log.row_ids, log.groups, KEY, child=1)


def test_rank_coupling_keeps_what_is_particular_about_a_row() -> None:
    log = make_log(4000)
    index, latency = log.index(), log.children[0].values
    rows = (log.row_ids, log.groups, KEY)
    halved = [log.values[0], log.values[1] * 0.5, log.values[2]]
    assert np.array_equal(runtime.couple(index, log.values, latency, log.values, *rows), latency)
    found = runtime.couple(index, log.values, latency, halved, *rows)
    noise = latency / log.truth
    truth = noise * ((1 + log.values[0]) * halved[1] + 20 * log.values[2])
    assert np.median(np.abs(found / truth - 1)) < 0.1
    fresh = runtime.estimate(index, halved, *rows).draw
    assert np.median(np.abs(fresh / truth - 1)) > 0.15
    back = runtime.couple(index, halved, found, log.values, *rows)
    assert np.median(np.abs(back / latency - 1)) < 0.02


def test_categories_are_coupled_maximally() -> None:
    log = make_log(4000)
    index, status = log.index(), log.children[1].values
    moved = [np.full(4000, 3, np.int8), log.values[1], log.values[2]]
    rows = (log.row_ids, log.groups)
    found = runtime.couple(index, log.values, status, moved, *rows, KEY, child=1)
    old = runtime.class_frequencies(index, log.values, *rows, 1).shares
    new = runtime.class_frequencies(index, moved, *rows, 1).shares
    assert np.allclose(np.bincount(found, minlength=3) / 4000, new.mean(axis=0), atol=0.03)
    kept = np.minimum(old, new).sum(axis=1).mean()  # the most that any coupling keeps
    assert abs(np.mean(found == status) - kept) < 0.03
    assert np.array_equal(found[log.values[0] == 3], status[log.values[0] == 3])


def test_draws_keep_to_a_bound_that_many_values_lie_on() -> None:
    """A time-out at 2: recorded on it, drawn on it, and nothing beyond."""
    generator = np.random.default_rng(8)
    x = generator.uniform(1, 10, 4_000)
    y = np.minimum(0.25 * x * generator.lognormal(0, 0.4, 4_000), 2.0)
    row_ids = np.arange(4_000, dtype=np.uint64)
    groups = runtime.groups_of(row_ids)
    index = runtime.build_index([runtime.Series(y, "number")], [runtime.Series(x, "number")], row_ids, groups)
    found = runtime.estimate(index, [x], row_ids, groups, runtime.Key(1, 2), draws=200)
    drawn = found.draw
    assert drawn.max() == 2.0
    assert found.mean.max() <= 2.0
    assert np.abs(found.draws.mean(axis=0) - found.mean).max() < 0.25  # standard deviations of a draw
    assert abs(float((found.draws.mean(axis=0) - found.mean).mean())) < 0.001
    assert np.mean(drawn == 2.0) == pytest.approx(np.mean(y == 2.0), abs=0.02)
    fast = runtime.estimate(index, [np.full(4_000, 1.5)], row_ids, groups, runtime.Key(1, 2)).draw
    assert np.mean(fast == 2.0) < 0.002
