"""Contributions and p-values of root causes, against naive twins."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from math import exp, factorial

import numpy as np
import pytest
from numpy.typing import NDArray
from wsl_runtime import (
    Key,
    Series,
    System,
    all_but,
    best_pair,
    holm,
    learn,
    least_window_p,
    reference,
    shapley_contributions,
    topological_contributions,
    window_p,
)

SAMPLES = 400


def chain(shift: float) -> System:
    """a -> b -> c, a -> c, with noise of b shifted; c is the target."""
    random = np.random.default_rng(0)
    noise = random.normal(size=(3, 500))
    a = noise[0]
    b = a + noise[1]
    c = a + b + noise[2]
    columns, parents = [a, b, c], [[], [0], [0, 1]]
    ids = np.arange(500, dtype=np.uint64)
    mechanisms = []
    for child, above in zip(columns, parents, strict=True):
        found = learn(Series(child, "number"), [Series(columns[p], "number") for p in above], ids)
        assert found is not None
        mechanisms.append(found.mechanism)
    observed = [0.5, 0.5 + shift, 0.5 + 0.5 + shift]
    scores = reference(c)
    score = float(scores.score(observed[2]))
    keys = [Key(0, place) for place in range(3)]
    return System(parents, mechanisms, observed, keys, lambda v: scores.score(v) >= score, score)


def log_probability(system: System, fixed: set[int]) -> float:
    """The naive twin: every sample from the start, with the noise of some variables as observed."""
    noise, observed = system.sampled_noise(SAMPLES), system.observed_noise()
    values: list[NDArray[np.float64]] = []
    for place, (parents, mechanism) in enumerate(zip(system.parents, system.mechanisms, strict=True)):
        own = np.full(SAMPLES, observed[place]) if place in fixed else noise[place]
        values.append(mechanism.values([values[p] for p in parents], own))
    if not fixed:
        return -system.score
    if len(fixed) == len(values):
        return 0.0
    return float(np.log(max(np.count_nonzero(system.is_extreme(values[-1])), 0.5) / SAMPLES))


def test_shapley_is_the_mean_over_all_orders() -> None:
    system = chain(4.0)
    expected = np.zeros(3)
    for order in permutations(range(3)):
        for place, variable in enumerate(order):
            before, after = set(order[:place]), set(order[: place + 1])
            expected[variable] += log_probability(system, after) - log_probability(system, before)
    expected /= factorial(3)
    found = shapley_contributions(system, SAMPLES, 2_000, Key(0, 9))
    assert found.contribution.sum() == pytest.approx(system.score)
    assert (np.abs(found.contribution - expected) <= 3 * found.error + 1e-9).all()
    assert found.contribution.argmax() == 1


def test_the_error_is_that_of_the_choice_of_orders() -> None:
    system = chain(4.0)
    drawn = [shapley_contributions(system, SAMPLES, 8, Key(seed, 9)) for seed in range(60)]
    spread = np.std([one.contribution[1] for one in drawn])
    assert spread == pytest.approx(np.sqrt(np.mean([one.error[1] ** 2 for one in drawn])), rel=0.35)


def test_topological_contributions_sum_to_the_score() -> None:
    system = chain(4.0)
    found = topological_contributions(system, SAMPLES)
    assert found.sum() == pytest.approx(system.score)
    assert found[0] == pytest.approx(log_probability(system, {0}) + system.score)
    assert found.argmax() == 1


def test_one_variable_explains_itself() -> None:
    normal = np.arange(100.0)
    alone = learn(Series(normal, "number"), [], np.arange(100, dtype=np.uint64))
    assert alone is not None
    scores = reference(normal)
    score = float(scores.score(200.0))
    system = System([[]], [alone.mechanism], [200.0], [Key(0, 0)], lambda v: scores.score(v) >= score, score)
    assert topological_contributions(system, 100) == pytest.approx([score])
    assert shapley_contributions(system, 100, 10, Key(0, 0)).contribution == pytest.approx([score])


def test_holm() -> None:
    p = np.array([0.04, 0.01, np.nan, 0.03])
    np.testing.assert_allclose(holm(p), [0.06, 0.03, np.nan, 0.06])


def test_few_samples_make_no_contribution() -> None:
    """A target rarer than one sample in many: what is as usual has contributed nothing all the same."""
    system = replace(chain(40.0), score=9.0)
    found = topological_contributions(system, 100)
    assert found == pytest.approx([0, 9, 0])
    shapley = shapley_contributions(system, 100, 20, Key(0, 9)).contribution
    assert shapley == pytest.approx([0, 9, 0])


def test_contributions_do_not_depend_on_the_order_of_rows() -> None:
    system = chain(4.0)
    turned = [replace(one, noise=one.noise[::-1]) for one in system.mechanisms]
    found = topological_contributions(replace(system, mechanisms=turned), SAMPLES)
    assert found == pytest.approx(topological_contributions(system, SAMPLES))


VARY = np.ones(3, np.bool_)


def test_all_but_one_is_the_tail_of_a_sum_of_scores() -> None:
    scores = np.array([8.0, 1.0, 0.5])
    rest = 1.5
    assert all_but(scores, VARY)[0] == pytest.approx(exp(-rest) * (1 + rest))
    assert all_but(scores, VARY)[1] == pytest.approx(exp(-8.5) * (1 + 8.5))
    assert all_but(np.array([3.0]), VARY[:1]) == pytest.approx([1.0])
    first, second, p = best_pair(np.array([0.5, 8.0, 9.0]), VARY)
    assert ({first, second}, p) == ({1, 2}, pytest.approx(exp(-0.5)))


def test_what_cannot_vary_makes_no_sum_usual() -> None:
    constant = np.zeros(10)
    padded = np.append([8.0, 7.0], constant)
    can_vary = np.append([True, True], constant > 0)
    assert all_but(padded, can_vary)[:2] == pytest.approx([exp(-7), exp(-8)])
    assert all_but(padded, can_vary)[2] == pytest.approx(exp(-15) * (1 + 15))
    assert best_pair(padded, can_vary)[2] == 1.0
    padded[5] = 6.0  # a constant that changed
    assert all_but(padded, can_vary)[0] == pytest.approx(exp(-13) * (1 + 13))


def test_a_window_is_compared_with_windows() -> None:
    normal = np.tile([0.0, 1.0, 5.0, 2.0], 25)  # every block of four has a 5
    assert window_p(normal >= 5.0, 4) == (1.0, False)
    assert window_p(normal >= 6.0, 4) == (pytest.approx(1 / 26), False)
    assert window_p(normal >= 6.0, 1).p == pytest.approx(1 / 101) == least_window_p(100, 1)
    p, approximate = window_p(normal >= 6.0, 10)
    assert approximate
    assert p == pytest.approx(1 - (1 - 1 / 101) ** 10)


def test_sums_over_a_window_are_corrected_for_its_rows() -> None:
    scores = np.array([4.0, 2.0, 1.0])
    assert all_but(scores, VARY, 5) == pytest.approx(1 - (1 - all_but(scores, VARY)) ** 5)
    assert best_pair(scores, VARY, 5)[2] == pytest.approx(1 - (1 - best_pair(scores, VARY)[2]) ** 5)
