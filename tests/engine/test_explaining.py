"""EXPLAIN end to end: which rows it reads, what it makes of gaps in the data, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from wsl import Session
from wsl.report import to_text
from wsl.results import Cause, Explanation, Surroundings

ROWS = 400
GRAPH = "GRAPH { load -> api, db; db -> api -> rt } TARGET rt"
ALL = "SCORE_ORDERING, SMOOTH_TRAVERSAL, TRAVERSAL, TOCA, CONDITIONAL, CIRCA, COUNTERFACTUAL"
Table = dict[str, NDArray[Any]]


def shop(shift: Mapping[str, float] = {"db": 8.0}, where: int = 300, seed: int = 0) -> Table:
    """A row a minute; for five minutes some variables have a noise that is shifted."""
    random = np.random.default_rng(seed)
    noise = {name: random.normal(size=ROWS) for name in ("load", "db", "api", "rt")}
    for name, size in shift.items():
        noise[name][where : where + 5] += size
    load = 10 + noise["load"]
    db = 5 + 0.5 * load + noise["db"]
    api = 2 + db + 0.3 * load + noise["api"]
    ts = np.datetime64("2024-03-01T00:00", "us") + np.arange(ROWS) * np.timedelta64(60_000_000, "us")
    return {"ts": ts, "load": load, "db": db, "api": api, "rt": 1 + api + noise["rt"]}


WINDOW = "ts >= '2024-03-01T05:00' AND ts < '2024-03-01T05:05'"


def explain(data: Table, text: str, **options: Any) -> tuple[Explanation, ...]:
    return Session(data=data, **options).run(f"{GRAPH}\n{text}").explanations


def ranked(found: Explanation) -> dict[str, Cause]:
    return {cause.variable: cause for cause in found.causes}


@pytest.mark.parametrize("method", ALL.split(", "))
def test_every_method_finds_the_cause(method: str) -> None:
    (found,) = explain(shop(), f"EXPLAIN rt WHERE {WINDOW} USING {method}")
    assert found.causes[0].variable == "db"
    assert found.causes[0].direction == "high"
    assert found.causes[0].path == ("db", "api", "rt")
    assert found.window_rows == 5
    assert found.normal_rows == ROWS - 15
    assert found.guard_rows == 10


def test_the_most_unusual_row_of_the_window_speaks() -> None:
    data = shop()
    data["rt"][303] += 50
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW}")
    assert (found.row, found.at) == (304, "2024-03-01T05:03:00.000000Z")
    assert found.observation["db"] == data["db"][303]
    assert found.moments is not None
    assert found.moments.inside.sum() == 5
    assert found.moments.time[found.moments.spokesman] == data["ts"][303].astype(np.int64)


def test_against_says_what_is_normal() -> None:
    (found,) = explain(shop(), f"EXPLAIN rt WHERE {WINDOW} AGAINST WHERE ts < '2024-03-01T02:00'")
    assert (found.normal_rows, found.guard_rows) == (120, 0)
    (found,) = explain(shop(), f"USE WHERE load > 10\nEXPLAIN rt WHERE {WINDOW}")
    assert found.normal_rows < 210


def test_rows_that_do_not_follow_each_other_leave_no_gap() -> None:
    (found,) = explain(shop(), "EXPLAIN rt WHERE rt > 18")
    assert found.guard_rows == 0
    assert found.normal_rows + found.window_rows == ROWS


def test_what_is_not_evaluated_is_no_zero_and_its_causes_take_its_place() -> None:
    data = shop({"load": 9.0})
    data["db"][300:305] = np.nan
    data["api"][:300] = np.nan  # three normal rows of it are left
    data["api"][313:] = np.nan
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW} USING SMOOTH_TRAVERSAL")
    reasons = {one.variable: one.reason for one in found.not_evaluated}
    assert "missing" in reasons["db"]
    assert reasons["api"].startswith("3 normal rows")
    causes = ranked(found)
    assert set(causes) == {"load", "rt"}
    assert causes["rt"].gap == pytest.approx(causes["rt"].score - causes["load"].score)


def test_constant_and_absent_variables() -> None:
    data = shop()
    data["load"] = np.full(ROWS, 3.0)
    del data["db"]
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW}")
    assert [one.reason for one in found.not_evaluated] == ["not in the data"]
    assert ranked(found)["load"].score == 0
    assert not ranked(found)["load"].capped
    data["load"][300:305] = 4.0
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW}")
    assert ranked(found)["load"].capped


def test_equal_scores_are_tied_and_the_graph_orders_them() -> None:
    (found,) = explain(shop({"db": 40.0}), f"EXPLAIN rt WHERE {WINDOW}")
    first, second, third = found.causes[:3]
    assert [first.variable, first.rank, first.tied] == ["db", 1, 3]
    assert {second.rank, third.rank} == {1}
    assert first.gap is not None
    assert first.gap > 1 > max(second.gap or 0, third.gap or 0)


def test_a_window_with_few_values_is_compared_with_as_few() -> None:
    """Nothing is wrong: where one row in ten has a value, most stretches have none that could be worse."""
    random = np.random.default_rng(0)
    small = []
    for _ in range(150):
        rt = np.where(random.random(ROWS) < 0.9, np.nan, random.normal(size=ROWS))
        rt[300] = random.normal()
        data = {"row": np.arange(ROWS), "rt": rt}
        found = Session(data=data).run("EXPLAIN rt WHERE row >= 300 AND row < 304").explanations[0]
        small.append(found.p_target <= 0.06)
    assert np.mean(small) < 0.09


def test_the_bound_is_corrected_for_the_rows_of_the_window() -> None:
    """Nothing is wrong, and the root leads nowhere else: its gap is the worst of five."""
    small = [
        (ranked(explain(shop({}, seed=seed), f"EXPLAIN load WHERE {WINDOW}")[0])["load"].bound or 0) <= 0.1
        for seed in range(150)
    ]
    assert np.mean(small) < 0.15


def test_no_p_is_below_the_resolution() -> None:
    data = {"row": np.arange(45), "rt": np.append(np.arange(40.0), np.full(5, 90.0))}
    for rows, feature in ((5, "quantile"), (5, "deviation"), (1, "deviation")):
        text = f"EXPLAIN rt WHERE row >= {45 - rows} AGAINST WHERE row < 40 WITH (feature = {feature})"
        found = Session(data=data).run(text).explanations[0]
        assert found.resolution == pytest.approx(1 - (1 - 1 / 41) ** rows)
        assert found.causes[0].p_normal is not None
        assert found.causes[0].p_normal >= found.resolution


def test_deviations_are_compared_with_the_new_row_among_them() -> None:
    """A mean without the new value lies nearer to the normal ones, which made it more extreme than all."""
    data = {"row": np.arange(11), "rt": np.array([-10.0, 9.5, *np.zeros(8), 9.95])}
    (found,) = Session(data=data).run("EXPLAIN rt AT row == 10 WITH (feature = deviation)").explanations
    assert found.p_target == pytest.approx(2 / 11)


def test_an_exact_sum_is_no_cause() -> None:
    """Errors of rounding would be its residuals, and one of them many of their standard deviations."""
    data = {**shop(), "row": np.arange(ROWS)}
    data["api"] = data["load"] + data["db"]
    for row in range(300, 310):
        (found,) = explain(data, f"EXPLAIN rt AT row == {row} USING CIRCA")
        assert ranked(found)["api"].conditional == 0


def test_a_sum_that_is_simulated_is_as_extreme_as_the_same_sum() -> None:
    """Differing by its last bit it would fall between normal values, and the target be its own cause."""
    for seed in range(8):
        random = np.random.default_rng(seed)
        data = {name: random.poisson(20, ROWS).astype(float) for name in "abc"}
        data["a"][300] += 12
        data |= {"rt": data["a"] + data["b"] + data["c"], "row": np.arange(ROWS)}
        text = "GRAPH { a, b, c -> rt } TARGET rt\nEXPLAIN rt AT row == 300 USING TOCA"
        (found,) = Session(data=data).run(text).explanations
        assert ranked(found)["rt"].contribution == pytest.approx(0)


def test_several_causes_are_named() -> None:
    random = np.random.default_rng(0)
    data = {name: random.normal(size=ROWS) for name in ("cache", "load", "disk")}
    data["row"] = np.arange(ROWS)
    data["cache"][300] += 30
    data["rt"] = sum(data[name] for name in ("cache", "load", "disk")) + random.normal(size=ROWS)

    text = "GRAPH { cache, load, disk -> rt } TARGET rt\nEXPLAIN rt AT row == 300 USING CONDITIONAL"

    def conditional() -> Explanation:
        return Session(data=data).run(text).explanations[0]

    found = conditional()
    assert found.several is None
    assert (ranked(found)["cache"].p_others or 0) > 0.05
    assert all((cause.p_others or 0) < 0.05 for cause in found.causes[1:])
    data["load"][300] += 30
    found = conditional()
    assert found.several is not None
    assert set(found.several.variables) == {"cache", "load"}
    assert found.several.p_others > 0.05
    assert found.several.suffices
    data["disk"][300] += 20
    found = conditional()
    assert found.several is not None
    assert not found.several.suffices
    assert "beside these, others are unusual too" in " ".join(to_text(Session(data=data).run(text)).split())


def test_two_of_many_are_several_and_a_constant_is_none() -> None:
    """A sum over forty shows nothing of one that is far out; and what never varies makes it look small."""
    random = np.random.default_rng(1)
    for others in (random.normal(size=(38, 2_000)), np.ones((38, 2_000))):
        data = {f"c{i}": column for i, column in enumerate([*random.normal(size=(2, 2_000)), *others])}
        data["c0"][1_500] = data["c1"][1_500] = 8.0
        graph = f"GRAPH {{ {', '.join(data)} -> rt }} TARGET rt"
        data |= {"row": np.arange(2_000), "rt": np.sum(list(data.values()), axis=0)}
        text = f"{graph}\nEXPLAIN rt AT row == 1500 USING CONDITIONAL"
        found = Session(data=data).run(text).explanations[0]
        assert found.several is not None
        assert set(found.several.variables) == {"c0", "c1"}


def test_a_label_never_seen_is_like_no_normal_row() -> None:
    """Whether it makes a difference is not known, even where those that were seen made none."""
    data = shop({"db": 60.0})
    data["host"] = np.array(["h1", "h2"], object)[np.arange(ROWS) % 2]
    data["host"][300:305] = "h3"
    graph = "GRAPH { load, host -> db; db, load -> api -> rt } TARGET rt"
    text = f"{graph}\nEXPLAIN rt WHERE {WINDOW} USING CONDITIONAL"
    found = Session(data=data).run(text).explanations[0]
    assert found.causes[0].variable == "host"
    assert "db" in {one.variable for one in found.not_evaluated}
    assert found.several is None


def test_edges_that_may_hide_a_common_cause_are_told_of() -> None:
    graph = "GRAPH { load -> api, db; db -> api; db <-> api; api ?-> rt } TARGET rt"
    text = f"{graph}\nEXPLAIN rt WHERE {WINDOW} USING SCORE_ORDERING, CONDITIONAL"
    shown = " ".join(to_text(Session(data=shop()).run(text)).split())
    assert shown.count("api ?-> rt in the graph: taken for a cause") == 1
    assert "which CONDITIONAL takes for two causes" in shown
    assert "which SCORE_ORDERING" not in shown


def test_one_evaluated_variable_has_no_others() -> None:
    """Causes of all others are unlike any normal row: a p_others of 1 would be support out of nothing."""
    (found,) = explain(shop({"load": 50.0}), f"EXPLAIN rt WHERE {WINDOW} USING CONDITIONAL")
    assert [cause.variable for cause in found.causes] == ["load"]
    assert len(found.not_evaluated) == 3
    assert found.causes[0].p_normal is not None
    assert found.causes[0].p_others is None


def test_contributions_sum_to_the_score_of_the_target() -> None:
    toca, shapley = explain(shop(), f"EXPLAIN rt WHERE {WINDOW} USING TOCA, COUNTERFACTUAL(permutations = 8)")
    for found in (toca, shapley):
        total = sum(cause.contribution or 0.0 for cause in found.causes)
        assert total == pytest.approx(found.target_score)
    assert all(cause.contribution_error is not None for cause in shapley.causes)


def test_a_window_of_chance_is_nothing_unusual() -> None:
    p = []
    for seed in range(30):
        (found,) = explain(shop({}, seed=seed), f"EXPLAIN rt WHERE {WINDOW}")
        assert not found.p_is_approximate
        p.append(found.p_target)
    assert np.mean(np.array(p) <= 0.1) <= 0.2
    assert np.median(p) > 0.25
    (found,) = explain(shop({"db": 40.0}), f"EXPLAIN rt WHERE {WINDOW}")
    assert found.p_target == pytest.approx(1 / (1 + (ROWS - 15) // 5)) == found.resolution


def test_categories_and_truths_can_be_causes() -> None:
    data = shop({})
    random = np.random.default_rng(7)
    version = np.where(random.random(ROWS) < 0.5, "v1", "v2").astype(object)
    version[300:305] = "v3"
    slow = version == "v3"
    data |= {"version": version, "slow": slow, "rt": data["rt"] + 30 * slow}
    graph = "GRAPH { version -> slow -> rt; api -> rt; version : CATEGORY } TARGET rt"
    text = f"{graph}\nEXPLAIN rt WHERE {WINDOW} USING {ALL}"
    for found in Session(data=data).run(text).explanations:
        causes = ranked(found)
        if found.method in ("CIRCA", "CONDITIONAL"):
            assert found.not_evaluated
        if "version" in causes:
            assert causes["version"].observed == "v3"
            assert causes["version"].direction == "rare"
            assert set(causes["version"].normal) == {"v1", "v2"}
    assert Session(data=data).run(text).explanations[0].causes[0].variable == "version"


@pytest.mark.parametrize("method", ALL.split(", "))
def test_a_large_fault_is_followed_through_what_depends_on_a_category(method: str) -> None:
    """Beyond the data no tile tells what a latency comes to; a level with offsets does."""
    random = np.random.default_rng(1)
    data = shop({"db": 300.0}, seed=1)
    country = random.integers(0, 4, ROWS)
    data |= {"country": np.array(list("abcd"), object)[country]}
    for name, offsets in (("db", [0, 10, 20, 40]), ("api", [0, 13, 29, 41])):
        data[name] = data[name] + np.array(offsets)[country]
    data["rt"] = data["api"] + random.normal(size=ROWS)
    graph = "GRAPH { load, country -> db; country, db -> api -> rt } TARGET rt"
    (found,) = Session(data=data).run(f"{graph}\nEXPLAIN rt WHERE {WINDOW} USING {method}").explanations
    assert found.causes[0].variable == "db"


def test_the_same_for_any_number_of_threads_and_any_order_of_rows() -> None:
    data = shop()
    text = f"EXPLAIN rt WHERE {WINDOW} USING {ALL}"
    one, two = explain(data, text, threads=1), explain(data, text, threads=2)
    assert [found.causes for found in one] == [found.causes for found in two]
    order = np.random.default_rng(0).permutation(ROWS)
    mixed = explain({name: column[order] for name, column in data.items()}, text)
    for found, other in zip(one, mixed, strict=True):
        if found.method in ("SCORE_ORDERING", "SMOOTH_TRAVERSAL", "TRAVERSAL", "CIRCA"):
            assert found.causes == other.causes
    again = explain(data, text, seed=5)
    assert [found.causes for found in one[:3]] == [found.causes for found in again[:3]]


def test_without_a_graph_every_variable_but_time_is_a_candidate() -> None:
    (found,) = Session(data=shop()).run(f"EXPLAIN rt WHERE {WINDOW}").explanations
    assert found.graph is None
    assert set(ranked(found)) == {"load", "db", "api", "rt"}
    assert found.not_evaluated == ()


def test_the_papers_protocol_fills_in_what_is_missing() -> None:
    data = shop()
    del data["load"]  # a node of the graph without a column
    data["db"][300:305] = np.nan
    data["rt"][304] += 50
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW} WITH (protocol = paper)")
    assert found.row == 303  # the middle one of five
    assert found.not_evaluated == ()
    filled = np.nanmean([np.nanmean(data[name][300:305]) for name in ("api", "rt")])
    causes = ranked(found)
    assert causes["db"].observed == pytest.approx(filled)
    assert causes["load"].score == 0


def test_a_long_fault_is_as_unusual_as_a_short_one() -> None:
    """What is as bad beside the explained row does not make it usual; too few normal rows are told of."""
    data = shop({"db": 40.0})
    for name in ("db", "api", "rt"):
        data[name][280:320] += 300
    (found,) = explain(data, "EXPLAIN rt WHERE ts >= '2024-03-01T04:40' AND ts < '2024-03-01T05:20'")
    causes = ranked(found)
    assert {causes[name].p_normal for name in ("db", "api", "rt")} == {found.p_target} == {found.resolution}
    assert found.p_is_approximate
    assert found.resolution > 0.05
    shown = to_text(Session(data=data).run(f"{GRAPH}\nEXPLAIN rt WHERE rt > 200"))
    assert "they cannot tell whether this is unusual" in shown
    assert "nothing unusual" not in shown


def test_constants_sums_and_labels_of_every_row_are_not_unusual() -> None:
    """Rounding is no anomaly, and a label that no row had before is none where every row has its own."""
    data = shop({"db": 400.0})
    data |= {
        "fixed": np.full(ROWS, 3.3),
        "request": np.array([f"r{i:03}" for i in range(ROWS)], object),
        "rt": (data["api"] + data["load"]) * 1.1,
    }
    graph = "GRAPH { load -> api, db; db -> api; api, load, fixed -> rt; request -> load } TARGET rt"
    text = f"{graph}\nEXPLAIN rt AT ts == '2024-03-01T05:00' USING CIRCA, CONDITIONAL"
    circa, conditional = Session(data=data).run(text).explanations
    assert circa.causes[0].variable == "db"
    assert ranked(circa)["rt"].conditional == ranked(circa)["fixed"].conditional == 0.0
    assert ranked(circa)["fixed"].p_normal == 1.0
    assert ranked(conditional)["request"].conditional == 0.0


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_what_is_too_large_to_reckon_with_is_left_out(value: float) -> None:
    data = shop()
    data["load"] = np.where(np.arange(ROWS) % 3 == 0, value, data["load"])
    for found in explain(data, f"EXPLAIN rt AT ts == '2024-03-01T05:00' USING {ALL}"):
        assert found.not_evaluated[0].reason.startswith("infinite or too large")
        assert found.causes[0].variable == "db"


def test_a_common_category_is_not_rare() -> None:
    data = shop()
    data["zone"] = np.where(np.arange(ROWS) % 50 == 7, "eu-2", "eu-1").astype(object)
    for at, direction in (("05:00", None), ("05:07", "rare")):
        (found,) = Session(data=data).run(f"EXPLAIN rt AT ts == '2024-03-01T{at}'").explanations
        zone = ranked(found)["zone"]
        assert (zone.direction, zone.normal) == (direction, ("eu-1",))


def test_rows_without_a_time_have_no_neighbours() -> None:
    data = shop()
    data["ts"][:3] = np.datetime64("NaT")
    late, missing = (
        explain(data, f"EXPLAIN rt WHERE {where}")[0]
        for where in ("ts < '2024-03-01T00:06'", "ts IS MISSING")
    )
    assert (late.guard_rows, missing.guard_rows, missing.at, missing.moments) == (3, 0, None, None)
    assert late.moments is not None
    assert late.moments.time.min() >= 0


def test_a_report_is_short_although_hundreds_are_tied() -> None:
    data = {f"v{i:03}": np.append(np.arange(50.0), 900.0) for i in range(200)}
    result = Session(data=data).run(
        "EXPLAIN v000 WHERE v000 > 100 USING SCORE_ORDERING, SCORE_ORDERING(feature = deviation)"
    )
    assert [len(found.shown) for found in result.explanations] == [10, 10]
    shown = to_text(result)
    assert shown.count("190 more candidates, 190 of them of rank 1=") == 2
    assert len(shown.splitlines()) < 80


def test_contributions_beyond_the_data_are_told_of() -> None:
    data = shop({"db": 400.0})
    text = f"EXPLAIN rt WHERE {WINDOW} USING TOCA, COUNTERFACTUAL, CONDITIONAL"
    *simulated, conditional = explain(data, text)
    assert [found.extrapolated for found in simulated] == [("api", "rt")] * 2
    assert conditional.extrapolated == ()
    assert "direct causes of api, rt" in to_text(Session(data=data).run(f"{GRAPH}\n{text}"))
    (usual,) = explain(shop(), "EXPLAIN rt AT ts == '2024-03-01T02:00' USING TOCA")
    assert usual.extrapolated == ()


def test_numbers_whose_squares_vanish_are_not_unusual() -> None:
    data = shop()
    data["load"] = data["load"] * 1e-200
    (found,) = explain(data, "EXPLAIN rt AT ts == '2024-03-01T05:00' USING CIRCA")
    assert found.causes[0].variable == "db"
    assert (ranked(found)["load"].conditional or 0) < 10


def test_by_the_papers_protocol_the_middle_row_is_explained() -> None:
    text = f"{GRAPH}\nEXPLAIN rt WHERE {WINDOW} WITH (protocol = paper)"
    shown = " ".join(to_text(Session(data=shop()).run(text)).split())
    assert "the middle one is explained: 2024-03-01 05:02" in shown


def around(data: Table, text: str) -> Surroundings:
    found = explain(data, text)[0].surroundings
    assert found is not None
    return found


def test_a_trouble_that_goes_on_is_told_of() -> None:
    """The rows beside the window are compared with, and make it look usual."""
    data = shop({})
    for name in ("db", "api", "rt"):
        data[name][250:] += 60
    ongoing = around(data, f"EXPLAIN rt WHERE {WINDOW}").ongoing
    assert ongoing is not None
    assert ongoing.starts == "2024-03-01T04:10:00.000000Z"
    assert ongoing.rows == 150 - 15
    text = f"EXPLAIN rt WHERE {WINDOW} AGAINST WHERE {ongoing.against}"
    (found,) = explain(data, text)
    assert found.normal_rows == 250
    assert found.surroundings is not None
    assert found.surroundings.ongoing is None
    assert found.causes[0].variable == "db"
    shown = " ".join(to_text(Session(data=data).run(f"{GRAPH}\nEXPLAIN rt WHERE {WINDOW}")).split())
    assert "AGAINST WHERE ts < '2024-03-01T04:10'" in shown
    assert "nothing unusual" not in shown


def test_one_row_of_a_trouble_has_the_others_beside_it() -> None:
    ongoing = around(shop({"db": 60.0}), "EXPLAIN rt AT ts == '2024-03-01T05:02'").ongoing
    assert ongoing is not None
    assert (ongoing.starts, ongoing.ends) == ("2024-03-01T05:00:00.000000Z", "2024-03-01T05:04:00.000000Z")
    assert around(shop({"db": 60.0}), f"EXPLAIN rt WHERE {WINDOW}").ongoing is None
    for seed in range(20):
        assert around(shop({}, seed=seed), f"EXPLAIN rt WHERE {WINDOW}").ongoing is None


def test_a_window_is_judged_as_a_whole_too() -> None:
    data = shop({})
    data["rt"][300:305] = np.quantile(data["rt"], 0.995)
    data["rt"][50:300:25] += 40
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW}")
    assert found.surroundings is not None
    assert found.surroundings.outside == 5
    assert found.p_target > 0.05 >= (found.surroundings.p_sustained or 1)
    shown = " ".join(to_text(Session(data=data).run(f"{GRAPH}\nEXPLAIN rt WHERE {WINDOW}")).split())
    assert "as a whole the window is unusual" in shown
    healthy = [
        around(shop({}, seed=seed), f"EXPLAIN rt WHERE {WINDOW}").p_sustained or 0 for seed in range(40)
    ]
    assert np.mean(np.array(healthy) <= 0.1) <= 0.25


def test_the_other_side_can_be_asked_for() -> None:
    data = shop({"db": 20.0})
    data["rt"][302] = -500
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW}")
    assert found.itself.direction == "low"
    assert found.surroundings is not None
    assert found.surroundings.other_side is not None
    assert found.surroundings.other_side.direction == "high"
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW} WITH (side = high)")
    assert (found.itself.direction, found.causes[0].variable) == ("high", "db")


def test_counters_and_what_has_no_way_to_the_target_are_told_of() -> None:
    data = shop({"db": 20.0})
    data["load"] = np.cumsum(np.abs(data["load"]))
    graph = "GRAPH { load -> api; api -> rt; rt -> db } TARGET rt"
    result = Session(data=data).run(f"{graph}\nEXPLAIN rt WHERE {WINDOW}")
    known = result.explanations[0].surroundings
    assert known is not None
    assert known.growing == ("load",)
    assert known.elsewhere == ("db",)
    shown = " ".join(to_text(result).split())
    assert "db is beyond all normal values too, and has no way to rt" in shown


def test_what_stopped_with_the_trouble_is_told_apart_from_gaps() -> None:
    data = shop({"db": 20.0})
    data["db"][300:305] = np.nan
    data["load"][::2] = np.nan
    (found,) = explain(data, f"EXPLAIN rt WHERE {WINDOW} WITH (side = high)")
    reasons = {one.variable: one.reason for one in found.not_evaluated}
    assert reasons["db"].endswith("it stopped with the trouble")
    assert "stopped" not in reasons.get("load", "")


def test_the_window_says_which_time_orders_the_rows() -> None:
    data = shop()
    data["deployed"] = np.roll(data["ts"], 57)
    text = f"{GRAPH}\nUSE WHERE deployed >= '2019-01-01'\nEXPLAIN rt WHERE {WINDOW}"
    (found,) = Session(data=data).run(text).explanations
    assert found.at is not None
    assert found.at.startswith("2024-03-01T05:0")
    assert found.guard_rows == 10


def test_causes_of_every_method_are_drawn_and_errors_exist_or_do_not() -> None:
    first, second = explain(shop(), f"EXPLAIN rt WHERE {WINDOW} USING SMOOTH_TRAVERSAL, TOCA TOP 1")
    assert first.moments is second.moments
    assert first.moments is not None
    assert {first.causes[0].variable, second.causes[0].variable, "rt"} <= set(first.moments.values)
    (few,) = explain(shop(), f"EXPLAIN rt WHERE {WINDOW} USING COUNTERFACTUAL(permutations = 2)")
    assert all(cause.contribution_error is None for cause in few.causes)


def test_parameters_of_methods_are_heard() -> None:
    data = shop({"db": 8.0})
    most, least = explain(
        data, f"EXPLAIN rt WHERE {WINDOW} USING SMOOTH_TRAVERSAL, SMOOTH_TRAVERSAL(parent = least)"
    )
    api = ranked(least)["api"]
    assert api.gap == pytest.approx(api.score - min(ranked(least)[name].score for name in ("load", "db")))
    assert ranked(most)["api"].gap == pytest.approx(
        api.score - max(ranked(least)[name].score for name in ("load", "db"))
    )
    low, high = explain(
        data, f"EXPLAIN rt WHERE {WINDOW} USING TRAVERSAL(threshold = 0.001), TRAVERSAL(threshold = 50)"
    )
    assert [cause.variable for cause in low.causes if cause.flagged] == ["load"]
    assert not any(cause.flagged for cause in high.causes)


def test_alpha_decides_on_several() -> None:
    text = "EXPLAIN rt AT ts == '2024-03-01T02:00' USING CONDITIONAL"
    (usual,) = explain(shop({}), text)
    (strict,) = explain(shop({}), f"{text} WITH (alpha = 0.999)")
    assert usual.several is None
    assert strict.several is not None


def test_what_is_tied_is_listed_by_its_distance_from_all_normal_values() -> None:
    data: Table = {name: np.arange(50.0) for name in "abc"}
    for name, value in (("a", 60.0), ("b", 90.0), ("c", 70.0)):
        data[name] = np.append(data[name], value)
    data |= {"row": np.arange(51), "rt": data["a"] + data["b"] + data["c"]}
    text = "GRAPH { a, b, c -> rt } TARGET rt\nEXPLAIN rt AT row == 50 USING SMOOTH_TRAVERSAL, CONDITIONAL"
    for found in Session(data=data).run(text).explanations:
        assert [cause.variable for cause in found.causes if cause.tied == 3] == ["b", "c", "a"]


def test_sums_and_residuals_are_corrected_for_the_rows_that_have_values() -> None:
    data = shop({"db": 3.0})
    against = "AGAINST WHERE ts < '2024-03-01T04:50'"
    (window,) = explain(data, f"EXPLAIN rt WHERE {WINDOW} {against} USING CONDITIONAL")
    (row,) = explain(data, f"EXPLAIN rt AT ts == '{window.at}' {against} USING CONDITIONAL")
    for name, cause in ranked(row).items():
        assert ranked(window)[name].p_others == pytest.approx(1 - (1 - (cause.p_others or 0)) ** 5)
    data["load"][[300, 301, 302, 303, 304]] = np.where(
        np.arange(300, 305) == window.row - 1, data["load"][300:305], np.nan
    )
    text = f"EXPLAIN rt WHERE {WINDOW} {against} USING CONDITIONAL, CIRCA"
    one = f"EXPLAIN rt AT ts == '{window.at}' {against} USING CONDITIONAL, CIRCA"
    for sparse, alone in zip(explain(data, text), explain(data, one), strict=True):
        for name in ranked(sparse).keys() & {
            "load",
            "db",
            "api",
        }:  # whose residuals exist in one of five rows
            assert ranked(sparse)[name].p_normal == pytest.approx(ranked(alone)[name].p_normal), sparse.method


def test_rows_are_counted_on_the_side_that_is_told() -> None:
    """The explained row is neither high nor low: rows above are counted, and called so."""
    data = {"row": np.arange(102), "rt": np.append(np.arange(100.0) % 2, [0, 9])}
    result = Session(data=data).run("EXPLAIN rt WHERE row >= 100 WITH (side = low)")
    found = result.explanations[0]
    assert found.itself.direction is None
    assert found.surroundings is not None
    assert found.surroundings.outside == 1
    assert "1 of the 2 rows are above what is usual" in " ".join(to_text(result).split())
