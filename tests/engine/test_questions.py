"""Whom a scenario asks about: these very requests, or new ones with their causes; and what none can know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session
from wsl.bench.cases import CASES, Case
from wsl.examples import cdn
from wsl.examples.structural import Kind, Update
from wsl.report.text import to_text
from wsl.results import Scenario

Log = Mapping[str, np.ndarray]
Run = Callable[..., Result]
ROWS, SEED = 20_000, 11
RANK, CAUSES = "WITH (coupling = rank)", "WITH (selection = causes)"
FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "rt <= 0.9 * BASELINE(rt)": lambda new, old: new <= 0.9 * old,
    "rt <= BASELINE(rt) - 50": lambda new, old: new <= old - 50,
    "rt > BASELINE(rt)": lambda new, old: new > old,
    "rt >= 1.1 * BASELINE(rt)": lambda new, old: new >= 1.1 * old,
}


@pytest.fixture(scope="module")
def large() -> dict[str, np.ndarray]:
    return dict(cdn.generate(ROWS, SEED))


@pytest.fixture(scope="module")
def asked(large: Log) -> Session:
    return Session(dict(large), cdn.MODEL.dot(), "rt")


def only(session: Session, program: str) -> Scenario:
    return session.run(program).scenarios[0]


TWN = Case("", "ind", "", "fe", lambda fe: "twn")
"""Indian requests, served from Taiwan."""


def world(log: Log, noise: int, case: Case | None, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What a case's variable (or fe) decides, run again on some rows with the noise of another seed.

    Without a case nothing is set.
    """
    columns = {name: values[rows] for name, values in log.items()}
    responding = cdn.MODEL.descendants([case.variable if case else "fe"])
    if case is not None:
        here = columns["region"] == case.region if case.region else np.ones(len(rows), np.bool_)
        old = columns[case.variable]
        columns[case.variable] = np.where(here, case.change(old), old)
        responding &= set(cdn.MODEL.mechanisms) if case.kind is Kind.INTERVENE else {"rt"}
    for name, mechanism in cdn.MODEL.mechanisms.items():
        if name in responding:
            drawn = cdn.MODEL.noise(name, len(log["rt"]), noise)[rows]
            columns[name] = mechanism.function(*(columns[parent] for parent in mechanism.parents), drawn)
    return columns


@pytest.mark.parametrize("option", [RANK, CAUSES])
def test_changing_nothing_changes_nothing_of_rows_chosen_by_a_consequence(
    asked: Session, option: str
) -> None:
    figures = "MEAN(rt), P95(rt), CDF(rt), MEAN(srP), SHARE(be == lax), SHARE(rt <= 0.9 * BASELINE(rt))"
    found = only(asked, f"USE WHERE rt > 500 {option}\nINTERVENE SET rtt *= 1\nESTIMATE {figures}")
    assert [estimate.difference for estimate in found.estimates] == [0.0] * 5
    assert all(estimate.scenario == estimate.baseline for estimate in found.estimates)
    assert np.array_equal(found.cdfs[0].baseline, found.cdfs[0].scenario)
    table = found.to_arrow()
    baseline = "rt.baseline" if option == CAUSES else "rt"
    assert table[baseline].equals(table["rt.scenario"])


def test_these_very_requests_keep_what_is_particular_about_them(asked: Session, large: Log) -> None:
    """Against the same requests with the same noise in another world."""
    slow = large["rt"] > 500
    found = only(
        asked, f"USE WHERE rt > 500 {RANK}\nINTERVENE SET rtt *= 0.5\nESTIMATE MEAN(rt), P90(rt), MEAN(srP)"
    )
    mean, high, losses = found.estimates
    truth = cdn.MODEL.truth(ROWS, SEED, Update({"rtt": lambda columns: columns["rtt"] * 0.5}))
    assert mean.baseline == pytest.approx(large["rt"][slow].mean())
    effect = truth.scenario["rt"][slow].mean() - truth.factual["rt"][slow].mean()
    assert mean.difference == pytest.approx(effect, rel=0.06)
    assert high.scenario == pytest.approx(np.quantile(truth.scenario["rt"][slow], 0.9), rel=0.05)
    assert losses.scenario == pytest.approx(truth.scenario["srP"][slow].mean(), abs=0.03)


def test_a_fresh_population_has_a_baseline_of_its_own(asked: Session, large: Log) -> None:
    """Against the requests with these causes, drawn anew: neither world has their luck."""
    slow = np.flatnonzero(large["rt"] > 500)
    program = f"USE WHERE rt > 500 {CAUSES}\nINTERVENE SET fe = twn WHERE region == ind\n"
    mean, share = only(asked, program + "ESTIMATE MEAN(rt), SHARE(rt > 500)").estimates
    worlds = [(world(large, seed, None, slow), world(large, seed, TWN, slow)) for seed in range(100, 120)]
    before = np.mean([one["rt"].mean() for one, _ in worlds])
    effect = np.mean([other["rt"].mean() - one["rt"].mean() for one, other in worlds])
    assert mean.baseline == pytest.approx(before, rel=0.02)
    assert mean.baseline < 0.95 * large["rt"][slow].mean()
    assert mean.difference == pytest.approx(effect, abs=8)
    assert share.baseline == pytest.approx(np.mean([(one["rt"] > 500).mean() for one, _ in worlds]), abs=0.03)


def test_a_fresh_population_is_the_same_whoever_chose_it(run: Run, log: Log) -> None:
    """A row's baseline is a function of its own causes: it does not know by what it was chosen."""
    update = "INTERVENE SET fe = twn WHERE region == ind\n"
    one, other = (
        run(f"USE {rows} {CAUSES}\n{update}").scenarios[0].to_arrow() for rows in ("*", "WHERE rt > 500")
    )
    slow = log["rt"] > 500
    for name in ("rtt.baseline", "rtt.scenario", "rt.baseline", "rt.scenario"):
        assert np.array_equal(one[name].to_numpy()[slow], other[name].to_numpy())
    assert np.array_equal(other["rt"].to_numpy(), log["rt"][slow])
    unmoved = log["region"][slow] != "ind"
    baseline, scenario = (other[f"rt.{side}"].to_numpy()[unmoved] for side in ("baseline", "scenario"))
    assert np.array_equal(baseline, scenario)
    assert not np.array_equal(baseline, log["rt"][slow][unmoved])


@pytest.mark.parametrize("option", [RANK, CAUSES])
def test_conditions_groups_and_right_sides_read_the_record(run: Run, log: Log, option: str) -> None:
    program = (
        f"USE * ON UNSUPPORTED FAIL ABOVE 100% {option}\nINTERVENE SET fe = twn WHERE rtt > 150\n"
        "ESTIMATE COUNT(*), MEAN(rt) BY be\nESTIMATE COUNT(*) WHERE BASELINE(rt) > 500\n"
    )
    found = run(program).scenarios[0]
    fe = found.to_arrow()["fe.scenario"].to_numpy()
    assert (fe[log["rtt"] > 150] == "twn").all()
    assert np.array_equal(fe[log["rtt"] <= 150], log["fe"][log["rtt"] <= 150])
    counts = {e.group["be"]: e.rows for e in found.estimates if e.expression == "COUNT(*)" and e.group}
    assert counts == {be: int((log["be"] == be).sum()) for be in np.unique(log["be"])}
    assert found.estimates[-1].rows == int((log["rt"] > 500).sum())


def test_ranks_are_kept_however_often_a_row_is_redrawn(run: Run) -> None:
    there_and_back = (
        f"USE * {RANK}\nINTERVENE SET fe = twn\nINTERVENE SET fe = BASELINE(fe) WITH (allow = 'WSL-C009')\n"
    )
    found = run(f"{there_and_back}ESTIMATE MEAN(rt)").scenarios[0]
    assert found.estimates[0].difference == 0.0
    assert found.changed_rows == 0


def test_a_missing_value_has_no_rank(run: Run, log: Log) -> None:
    data = {**log, "rtt": np.where(np.arange(len(log["rt"])) % 9 == 0, np.nan, log["rtt"])}
    program = f"USE * ON UNSUPPORTED FAIL ABOVE 100% {RANK}\nINTERVENE SET fe = twn\nESTIMATE ROWS"
    table = run(program, data=data).scenarios[0].to_arrow()
    assert np.isnan(table["rtt.scenario"].to_numpy()[::9].astype(float)).all()
    assert not np.isnan(table["rtt.scenario"].to_numpy()[1::9].astype(float)).any()


def test_counts_stay_whole(run: Run) -> None:
    table = run(f"USE * {RANK}\nINTERVENE SET sB *= 1.3\nESTIMATE ROWS").scenarios[0].to_arrow()
    for name in ("sP", "cP", "srP", "crP"):
        values = table[f"{name}.scenario"].to_numpy()
        assert np.array_equal(values, np.rint(values)), name


def test_a_share_against_baseline_is_the_same_with_or_without_the_option(run: Run) -> None:
    """It compares requests with themselves, whatever else is asked of new ones."""
    asks = "INTERVENE SET rtt *= 0.5\nESTIMATE SHARE(rt <= 0.9 * BASELINE(rt))"
    one, other = (run(f"USE * {option}\n{asks}").scenarios[0].estimates[0] for option in ("", RANK))
    assert one.scenario == other.scenario
    assert one.share_bounds == other.share_bounds


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_truth_lies_within_the_bounds(asked: Session, large: Log, case: Case) -> None:
    """With the same noise in both worlds, and with noise that is redrawn where something changed."""
    figures = ", ".join(f"SHARE({form})" for form in FORMS)
    found = only(asked, f"{case.program}ESTIMATE {figures}")
    here = large["region"] == case.region if case.region else np.ones(ROWS, np.bool_)
    rows = np.flatnonzero(here)
    old, moved = large["rt"][rows], case.change(large[case.variable][rows]) != large[case.variable][rows]
    for noise in (SEED, 999):
        new = np.where(moved, world(large, noise, case, rows)["rt"], old)
        for estimate, holds in zip(found.estimates, FORMS.values(), strict=True):
            assert estimate.share_bounds is not None
            low, high = estimate.share_bounds
            assert low <= estimate.scenario <= high
            assert low <= holds(new, old).mean() <= high


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: case.name)
def test_coupled_ranks_are_near_the_truth_where_noise_is_kept(asked: Session, case: Case) -> None:
    (estimate,) = only(asked, f"{case.program}ESTIMATE SHARE(rt <= 0.9 * BASELINE(rt))").estimates
    update = Update({case.variable: lambda columns: case.change(columns[case.variable])}, kind=case.kind)
    here = None if case.region is None else (lambda columns: columns["region"] == case.region)
    truth = cdn.MODEL.truth(ROWS, SEED, update, here)
    share = (truth.scenario["rt"] <= 0.9 * truth.factual["rt"]).mean()
    assert abs(estimate.scenario - share) <= 0.01 + 0.1 * share


def test_where_noise_is_redrawn_ranks_mislead_and_the_report_says_what_holds(large: Log) -> None:
    """A request whose front end changes has luck of its own there: no rank is kept."""
    session = Session(dict(large), cdn.MODEL.dot(), "rt")
    result = session.run(
        "USE WHERE region == ind\nINTERVENE SET fe = twn\nESTIMATE SHARE(rt <= 0.9 * BASELINE(rt))"
    )
    (estimate,) = result.scenarios[0].estimates
    india = np.flatnonzero(large["region"] == "ind")
    moved = np.flatnonzero((large["region"] == "ind") & (large["fe"] != "twn"))
    after = large["rt"].copy()
    after[moved] = world(large, 999, TWN, moved)["rt"]
    truth = (after[india] <= 0.9 * large["rt"][india]).mean()
    assert estimate.share_bounds is not None
    low, high = estimate.share_bounds
    assert low <= truth <= high
    assert abs(estimate.scenario - truth) > 0.05
    text = " ".join(to_text(result).split())
    assert "with coupled ranks" in text
    assert "whatever couples a row's two values, between" in text


@pytest.mark.parametrize(
    ("use", "figure", "reason"),
    [
        ("*", "SHARE(rt <= 0.9 * BASELINE(rt) - 5)", "only differences"),
        ("*", "SHARE(rt == BASELINE(rt))", "only differences"),
        ("*", "1 - SHARE(rt <= BASELINE(rt))", "only differences"),
        ("*", "SHARE(srP <= 0.5 * BASELINE(srP))", "only differences"),
        (f"WHERE rt > 500 {RANK}", "SHARE(rt <= BASELINE(rt))", "chosen, or changed, by rt"),
    ],
)
def test_where_there_are_no_bounds_it_is_said_why(run: Run, use: str, figure: str, reason: str) -> None:
    result = run(f"USE {use}\nINTERVENE SET rtt *= 0.5\nESTIMATE {figure}")
    (estimate,) = result.scenarios[0].estimates
    assert estimate.share_bounds is None
    assert estimate.without_bounds is not None
    assert reason in estimate.without_bounds
    assert "has no bounds" in " ".join(to_text(result).split())


def test_a_fresh_population_has_bounds_again(run: Run) -> None:
    program = f"USE WHERE rt > 500 {CAUSES}\nINTERVENE SET rtt *= 0.5\nESTIMATE SHARE(rt <= BASELINE(rt))"
    assert run(program).scenarios[0].estimates[0].share_bounds is not None


def test_a_set_variable_that_follows_from_another_leaves_pooled_bounds(run: Run) -> None:
    program = (
        "USE *\nINTERVENE SET fe = twn WHERE region == ind\nINTERVENE SET rtt *= 0.5 WHERE region == usa\n"
        "ESTIMATE SHARE(rt <= 0.9 * BASELINE(rt))"
    )
    (estimate,) = run(program).scenarios[0].estimates
    assert estimate.share_bounds is not None
    assert estimate.share_bounds[0] <= estimate.scenario <= estimate.share_bounds[1]


def test_rows_that_nothing_reaches_are_known(run: Run, log: Log) -> None:
    program = "USE *\nINTERVENE SET fe = twn WHERE region == nzl\nESTIMATE SHARE(rt <= BASELINE(rt))"
    low, high = run(program).scenarios[0].estimates[0].share_bounds
    unreached = 1 - (log["region"] == "nzl").mean()
    assert unreached - 1e-12 <= low <= high <= 1


@pytest.mark.parametrize("option", ["selection = causes", "redraw = random", "estimator = paper"])
def test_options_at_odds_with_ranks_are_errors(log: Log, option: str) -> None:
    found = Session(dict(log), cdn.MODEL.dot(), "rt").check(f"USE * WITH (coupling = rank, {option})")
    assert [finding.code for finding in found] == ["WSL-C022"]


def test_plans_and_reports_say_who_is_asked_about(run: Run) -> None:
    ending = "INTERVENE SET rtt *= 0.5\nESTIMATE MEAN(rt)\nEXPLAIN PLAN"
    ranks, causes = (run(f"USE WHERE rt > 500 {option}\n{ending}") for option in (RANK, CAUSES))
    for result, words, planned in (
        (ranks, "each is assumed to keep its own rank among requests like it", "each row keeps its own rank"),
        (causes, "a fresh population with the causes of these rows", "the baseline of a fresh population"),
    ):
        text = " ".join(to_text(result).split())
        assert words in text
        assert planned in text
        assert words in " ".join(result.to_html().split())
    assert ranks.scenarios[0].question == "these requests"
    assert causes.scenarios[0].refreshed == ("srP", "crP", "rt")
