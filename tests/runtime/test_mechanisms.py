"""Mechanisms with noise: their forms, their way back and forth, and what is unusual under them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from wsl_runtime import Learned, Series, learn, linear, mechanisms
from wsl_runtime.least_squares import Linear
from wsl_runtime.mechanisms import Local, Numeric

Array = NDArray[np.float64]


def numbers(*columns: Array) -> list[Series]:
    return [Series(column, "number") for column in columns]


def learned(child: Array, *parents: Array) -> Learned:
    found = learn(Series(child, "number"), numbers(*parents), np.arange(len(child), dtype=np.uint64))
    assert found is not None
    return found


def test_linear_residuals_are_those_of_fits_without_the_row() -> None:
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, 30))
    y = 3 + 2 * x - z + random.normal(size=30)
    fitted = linear(numbers(x, z, x), y)  # a parent twice
    for row in (0, 7, 29):
        rest = np.arange(30) != row
        design = np.column_stack([np.ones(30), x, z])
        coefficients = np.linalg.lstsq(design[rest], y[rest], rcond=None)[0]
        assert fitted.left_out[row] == pytest.approx(y[row] - design[row] @ coefficients)
    assert fitted([x, z, x]) == pytest.approx(y, abs=5)
    assert linear(numbers(np.full(30, 2.0)), y).slopes == pytest.approx([0])


def test_combinations_of_categories_have_intercepts_of_their_own() -> None:
    random = np.random.default_rng(3)
    x, codes, flags = random.normal(size=60), random.integers(0, 3, 60), random.integers(0, 2, 60)
    codes[:2] = 3  # too few for an intercept of their own, or in common
    series = [Series(codes, "category", 5), *numbers(x), Series(flags, "boolean")]
    offsets = np.array([1.0, 5.0, 20.0, 5.0])[codes] + 3 * flags * codes
    y = offsets + 2 * x + 0.1 * random.normal(size=60)
    fitted = linear(series, y)
    assert fitted.slopes == pytest.approx([2], abs=0.5)
    rare = np.array(
        [np.count_nonzero((codes == c) & (flags == f)) < 5 for c, f in zip(codes, flags, strict=True)]
    )
    assert rare.any()
    merged = np.where(~np.array(fitted.knows([codes, x, flags])), -1, 2 * codes + flags)
    assert (merged[rare] == -1).all()
    assert np.count_nonzero(merged == -1) >= 5
    for row in (0, 7, 29):
        rest = np.arange(60) != row
        dummies = merged[:, None] == np.unique(merged)
        design = np.column_stack([dummies, x])
        coefficients = np.linalg.lstsq(design[rest], y[rest], rcond=None)[0]
        assert fitted.left_out[row] == pytest.approx(y[row] - design[row] @ coefficients)
    never = [np.array([4]), np.array([100.0]), np.array([0])]
    assert not fitted.knows(never)
    assert fitted(never) == pytest.approx(fitted.slopes * 100 + y.mean(), rel=0.05)


def test_a_level_holds_beyond_the_data_within_each_category() -> None:
    random = np.random.default_rng(4)
    load, country = random.uniform(1, 10, 2_000), random.integers(0, 3, 2_000)
    latency = np.array([10.0, 50.0, 200.0])[country] + 3 * load + random.normal(size=2_000)
    causes = [*numbers(load), Series(country, "category", 3)]
    found = learn(Series(latency, "number"), causes, np.arange(2_000, dtype=np.uint64))
    assert found is not None
    values = found.mechanism.values([np.array([100.0, 100.0]), np.array([0, 2])], np.zeros(2))
    assert values == pytest.approx([310, 500], rel=0.01)


def test_a_local_level_goes_on_as_the_linear_one_does() -> None:
    random = np.random.default_rng(5)
    x, country = random.uniform(0, 6, 2_000), random.integers(0, 2, 2_000)
    y = np.exp(x / 2) + 5 * country + 0.1 * random.normal(size=2_000)
    causes = [*numbers(x), Series(country, "category", 2)]
    found = learn(Series(y, "number"), causes, np.arange(2_000, dtype=np.uint64))
    assert found is not None
    assert isinstance(found.mechanism, Numeric)
    assert isinstance(found.mechanism.level, Local)
    at = found.mechanism.level([np.array([x.max(), 20.0]), np.array([1, 1])])
    assert at[1] - at[0] == pytest.approx((20 - x.max()) * linear(causes, y).slopes[0])


def test_the_form_is_the_simplest_that_predicts_as_well() -> None:
    random = np.random.default_rng(1)
    x = random.uniform(1, 10, 2_000)
    straight = learned(2 * x + random.normal(size=2_000), x).mechanism
    bent = learned(np.sin(x) + 0.1 * random.normal(size=2_000), x).mechanism
    spreading = learned(x + x * random.normal(size=2_000), x).mechanism
    factors = learned(np.sqrt(x) * np.exp(2 * random.normal(size=2_000)), x).mechanism
    for found, level, scale, logarithms in (
        (straight, Linear, float, False),
        (bent, Local, float, False),
        (spreading, Linear, Local, False),
        (factors, Linear, float, True),
    ):
        assert isinstance(found, Numeric)
        assert isinstance(found.level, level)
        assert isinstance(found.scale, scale)
        assert found.logarithms is logarithms
    # A linear level holds on beyond the data.
    assert straight.values([np.array([100.0])], np.zeros(1)) == pytest.approx([200], rel=0.02)


@pytest.mark.parametrize("function", [lambda x: 2 * x, np.sin], ids=["linear", "local"])
def test_noise_and_back(function) -> None:
    random = np.random.default_rng(2)
    x = random.uniform(0, 6, 500)
    mechanism = learned(function(x) + (0.1 + 0.1 * x) * random.normal(size=500), x).mechanism
    parents, child = [random.uniform(0, 6, 50)], random.normal(size=50)
    assert mechanism.values(parents, mechanism.noise_of(parents, child)) == pytest.approx(child)


def test_a_healthy_mechanism_is_not_blamed_for_what_its_cause_did() -> None:
    """Y = X e^noise where only X moved: a residual pooled over all rows would reject most of these."""
    random = np.random.default_rng(3)
    x = np.exp(random.normal(size=1_000))
    y = x * np.exp(0.5 * random.normal(size=1_000))
    found = learned(y, x)
    moved = np.quantile(x, random.uniform(0.95, 0.99, 500))
    unusual = found.unusual([moved], moved * np.exp(0.5 * random.normal(size=500)))
    p = np.exp(-found.reference.score(unusual))
    assert np.mean(p <= 0.05) < 0.09
    pooled = np.abs(y - linear(numbers(x), y)([x]))
    blamed = np.abs(moved * np.exp(0.5 * random.normal(size=500)) - linear(numbers(x), y)([moved]))
    assert np.mean(blamed > np.quantile(pooled, 0.95)) > 0.3


def test_rounding_is_no_noise() -> None:
    """A sum that holds exactly: great values have greater errors of rounding, and are as usual."""
    random = np.random.default_rng(6)
    x, z = random.normal(size=(2, 500))
    found = learned(x + z, x, z)
    more = random.normal(size=(2, 200)) * 2
    assert (found.usual == 0).all()
    assert (found.reference.score(found.unusual(list(more), more[0] + more[1])) == 0).all()
    assert found.reference.score(found.unusual([x[:1], z[:1]], x[:1] + z[:1] + 1e-6)) > 6


def test_a_small_counter_is_not_blamed_for_a_cause_that_has_nothing_to_do_with_it() -> None:
    """Its distance from a fitted level is least or greatest of all where the cause is."""
    random = np.random.default_rng(6)
    p = []
    for _ in range(40):
        found = learned(random.poisson(0.1, 500).astype(float), random.normal(size=500))
        counts = random.poisson(0.1, 10).astype(float)
        p.append(np.exp(-found.reference.score(found.unusual([np.full(10, 2.0)], counts))))
    assert np.mean(np.array(p) <= 0.05) < 0.1
    assert float(np.exp(-found.reference.score(found.unusual([np.zeros(1)], np.array([50.0])))[0])) < 0.02


def test_categories_are_unusual_where_they_are_rare() -> None:
    random = np.random.default_rng(4)
    cause = random.integers(0, 2, 1_000).astype(np.int8)
    share = np.where(cause == 1, 0.9, 0.02)
    child = (random.random(1_000) < share).astype(np.int8)
    found = learn(
        Series(child, "category", 2), [Series(cause, "category", 2)], np.arange(1_000, dtype=np.uint64)
    )
    assert found is not None
    at = [np.array([0, 1, 0, 1], np.int8)]
    codes = np.array([1, 1, 0, 2], np.int8)  # the last was never seen
    p = np.exp(-found.reference.score(found.unusual(at, codes)))
    assert max(p[0], p[3]) < 0.05 < p[1] < p[2]
    noise = found.mechanism.noise_of(at, codes[:4])
    assert found.mechanism.values(at, noise)[:3].tolist() == [1, 1, 0]
    assert found.knows(at).all()


def test_categories_as_rare_as_others_are_not_too_often_unusual() -> None:
    """Rare classes of equal shares: those of new rows must not differ in steps from the normal rows'."""
    random = np.random.default_rng(7)
    small = []
    for _ in range(12):
        cause = (random.random(5_000) < 0.3).astype(np.int8)
        child = random.choice(4, 5_000, p=[0.85, 0.05, 0.05, 0.05]).astype(np.int8)
        normal, cause_series = Series(child[:4_000], "category", 4), Series(cause[:4_000], "category", 2)
        found = learn(normal, [cause_series], np.arange(4_000, dtype=np.uint64))
        assert found is not None
        score = found.reference.score(found.unusual([cause[4_000:]], child[4_000:]))
        small.append(np.mean(np.exp(-score) <= 0.01))
    assert np.mean(small) < 0.012


def test_what_normal_rows_know() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=500)
    y = np.where(np.arange(500) < 100, np.nan, x + random.normal(size=500))
    found = learned(y, x)
    assert found.rows.tolist() == list(range(100, 500))
    assert found.knows([np.array([0.0, 50.0, np.nan])]).tolist() == [True, False, False]
    missing = np.where(np.arange(500) < 491, np.nan, y)
    assert learn(Series(missing, "number"), [], np.arange(500, dtype=np.uint64)) is None


def test_categories_are_learned_in_as_little_memory_as_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = np.random.default_rng(5)
    cause = draws.integers(0, 4, 300).astype(np.int8)
    child = ((cause + draws.integers(0, 2, 300)) % 5).astype(np.int8)
    data = Series(child, "category", 5), [Series(cause, "category", 4)], np.arange(300, dtype=np.uint64)
    whole = learn(*data)
    monkeypatch.setattr(mechanisms, "DENSE", 5 * 7)
    parts = learn(*data)
    assert whole is not None
    assert parts is not None
    np.testing.assert_array_equal(whole.usual, parts.usual)
    np.testing.assert_array_equal(whole.mechanism.noise, parts.mechanism.noise)


@pytest.mark.parametrize("with_parent", [True, False])
def test_every_class_is_found_again_by_its_noise(with_parent: bool) -> None:
    """One that no normal row has too, whatever its place among the others."""
    random = np.random.default_rng(6)
    x = random.integers(0, 2, 400)
    codes = np.where(random.random(400) < 0.3 + 0.4 * x, 2, 4)
    parents = [Series(x, "category", 2)] if with_parent else []
    found = learn(Series(codes, "category", 6), parents, np.arange(400, dtype=np.uint64))
    assert found is not None
    every = np.arange(6)
    at = [np.zeros(6, np.int64)] if with_parent else []
    np.testing.assert_array_equal(found.mechanism.values(at, found.mechanism.noise_of(at, every)), every)
    at = [x] if with_parent else []
    np.testing.assert_array_equal(found.mechanism.values(at, found.mechanism.noise_of(at, codes)), codes)


def test_a_number_of_few_rows_is_no_category_of_its_values() -> None:
    random = np.random.default_rng(7)
    x = random.normal(size=12)
    found = learned(x + 0.1 * random.normal(size=12), x)
    assert found.classes is None
    assert found.unusual([np.zeros(1)], np.array([100.0])) > found.usual.max()


def test_as_many_parents_as_rows_fit_nothing() -> None:
    random = np.random.default_rng(8)
    child, columns = random.normal(size=20), random.normal(size=(25, 20))
    assert np.mean(linear(numbers(*columns), child).left_out ** 2) == pytest.approx(child.var())


def test_few_values_are_up_to_twelve() -> None:
    random = np.random.default_rng(9)
    x = random.normal(size=1_000)
    for count, are_classes in ((12, True), (13, False)):
        child = np.where(np.arange(1_000) < count, np.arange(1_000), random.integers(0, count, 1_000))
        assert (learned(child.astype(np.float64), x).classes is not None) is are_classes


def test_noise_of_a_local_level_is_of_fits_without_the_row() -> None:
    """Fitted with it, a row in a sparse tile would draw the level to itself, and new rows look unusual."""
    random = np.random.default_rng(10)
    p = []
    for _ in range(150):
        x = random.uniform(0, 6, 41)
        y = 5 * np.sin(x) + random.normal(size=41)
        found = learned(y[:40], x[:40])
        assert isinstance(found.mechanism, Numeric)
        p.append(np.exp(-found.reference.score(found.unusual([x[40:]], y[40:])))[0])
    assert np.mean(np.array(p) <= 0.1) <= 0.1 + 2 * np.sqrt(0.09 / 150)


def test_additive_noise_makes_no_power_law() -> None:
    """Errors are smaller in logarithms, as all numbers are: their density in the numbers is what counts."""
    random = np.random.default_rng(11)
    x = random.lognormal(0, 1.5, 2_000)
    found = learned(5 + 20 * x + random.normal(size=2_000), x).mechanism
    assert isinstance(found, Numeric)
    assert not found.logarithms
    assert isinstance(found.level, Linear)
