"""Whether what is learned from all rows holds for those of USE and at all times; learning from these only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session, WslError
from wsl.bench.cases import CASES, scenario, session
from wsl.diagnostics import Text
from wsl.diagnostics.render import render_text
from wsl.examples import cdn
from wsl.results import Estimate, Transport

ROWS = 6_000
DAYS = 14


def differing(region_matters: bool, drift: float = 0.0, seed: int = 1) -> dict[str, Any]:
    """In region r1 `size` counts twice for `rt`, if it matters; over the days `rt` grows by `drift`."""
    generator = np.random.default_rng(seed)
    region = generator.choice(["r1", "r2", "r3"], ROWS)
    size = generator.gamma(2, 20, ROWS)
    mid = 0.5 * size + generator.gamma(2, 5, ROWS)
    share = np.sort(generator.random(ROWS))
    slope = np.where(region_matters & (region == "r1"), 2.0, 1.0)
    rt = 50 + slope * size + mid + generator.gamma(2, 10, ROWS) + drift * share
    retries = generator.poisson(0.02 * mid)
    slow = generator.random(ROWS) < 0.01 * mid
    start = np.datetime64("2024-03-04T00:00:00", "us")
    ts = start + (share * DAYS * 86_400e6).astype("timedelta64[us]")
    columns = {"region": region, "size": size, "mid": mid, "rt": rt, "retries": retries, "slow": slow}
    return columns | {"ts": ts}


OMITTED = "GRAPH { region -> mid; size -> mid; size, mid -> rt; mid -> retries, slow; ts -> mid } TARGET rt\n"
UPDATE = "INTERVENE SET size *= 1.2\nESTIMATE MEAN(rt)\n"
TABLE = differing(region_matters=True)
DRIFTING = differing(region_matters=False, drift=30.0)


def ask(program: str, data: Mapping[str, Any] = TABLE, graph: str = OMITTED, **settings: Any) -> Result:
    return Session(data=dict(data), **settings).run(graph + program)


def codes(result: Result) -> list[str]:
    return [finding.code for finding in result.diagnostics]


def compared(result: Result, name: str, against: str) -> Transport:
    (found,) = [
        one for one in result.scenarios[0].transport if (one.variable, one.against) == (name, against)
    ]
    return found


def without_second(result: Result) -> list[Estimate]:
    return [replace(one, second=None, without_second=None) for one in result.scenarios[0].estimates]


REGION = "USE WHERE region == r1"
EVERYWHERE = "USE *"


@pytest.mark.parametrize(
    ("use", "data"), [(REGION, TABLE), (EVERYWHERE, DRIFTING)], ids=["WSL-D204", "WSL-D205"]
)
def test_what_is_said(use: str, data: Mapping[str, Any], request: Any, bless: bool) -> None:
    program = OMITTED + use + "\n" + UPDATE
    result = Session(data=dict(data)).run(program)
    seen = render_text(result.diagnostics, [Text(program, "<program>")])
    path = Path(__file__).parent / "messages" / f"{request.node.callspec.id}.txt"
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, "utf-8")
    assert seen == path.read_text("utf-8")


def test_a_missing_edge_is_named_and_both_ways_out_are_ways_out() -> None:
    without = ask(f"{REGION}\n{UPDATE}")
    (warning,) = without.diagnostics
    edge = ask(f"{REGION}\n{UPDATE}", graph=OMITTED.replace("-> rt;", "-> rt; region -> rt;"))
    (fix,) = warning.fixes
    program = f"{OMITTED}{REGION}\n{UPDATE}"
    alone = Session(data=dict(TABLE)).run(program[: fix.span.start] + fix.text + program[fix.span.end :])
    assert "`region -> rt`" in (warning.help or "")
    assert not codes(edge)
    assert not codes(alone)
    mine = TABLE["region"] == "r1"
    truth = 0.2 * TABLE["size"][mine].mean() * (2.0 + 0.5)
    for result in (edge, alone):
        found = result.scenarios[0].estimates[0]
        assert found.difference == pytest.approx(truth, rel=0.05)
        low, high = found.difference_interval or (0.0, 0.0)
        assert low < truth < high
    assert without.scenarios[0].estimates[0].difference < 0.85 * truth
    assert alone.scenarios[0].variables[-1].training_rows == mine.sum()
    assert compared(without, "rt", "rest").missing == ("region",)
    assert {one.against for one in alone.scenarios[0].transport} == {"time blocks"}


def test_a_drift_is_seen_and_both_ways_out_are_ways_out() -> None:
    found = compared(ask(f"{EVERYWHERE}\n{UPDATE}", DRIFTING), "rt", "time blocks")
    assert found.differs
    assert found.missing == ("ts",)
    assert found.start is not None
    assert compared(ask(f"{EVERYWHERE}\n{UPDATE}", DRIFTING), "mid", "time blocks").differs is False
    edge = ask(f"{EVERYWHERE}\n{UPDATE}", DRIFTING, OMITTED.replace("-> rt;", "-> rt; ts -> rt;"))
    late = ask(f"USE WHERE ts >= '2024-03-16' WITH (donors = use)\n{UPDATE}", DRIFTING)
    assert not codes(edge)
    assert not codes(late)


def test_the_report_says_what_was_compared_and_what_was_allowed() -> None:
    allowed = ask(f"{REGION} WITH (allow = 'WSL-D204')\n{UPDATE}")
    assert not codes(allowed)
    text, document = " ".join(allowed.to_text().split()), allowed.to_json()
    assert "transport at equal causes, rt differs between USE and the rest (distance 0." in text
    assert "no difference between USE and the rest or between times found in mid" in text
    (scenario,) = json.loads(document)["scenarios"]
    rt = next(one for one in scenario["transport"] if (one["variable"], one["against"]) == ("rt", "rest"))
    assert rt["differs"]
    assert rt["rows"] > 1_500
    assert rt["q"] < 1e-9
    assert "rt differs between USE and the rest" in allowed.to_html()


def test_all_kinds_of_variables_are_compared() -> None:
    data = dict(TABLE)
    data["retries"] = np.where(data["region"] == "r1", data["retries"] + 1, data["retries"])
    data["slow"] = np.where(data["region"] == "r1", ~data["slow"], data["slow"])
    data["site"] = np.where((data["region"] == "r1") & data["slow"], "b", "a")
    graph = OMITTED.replace("slow;", "slow; size -> site;")
    result = ask(
        f"{REGION}\nINTERVENE SET size *= 1.2\nESTIMATE MEAN(retries), SHARE(slow), SHARE(site == b)",
        data,
        graph,
    )
    differing = {one.variable for one in result.scenarios[0].transport if one.differs}
    assert differing == {"retries", "slow", "site"}


def test_rows_without_a_value_are_left_out_and_few_rows_are_not_looked_at() -> None:
    data = dict(TABLE)
    data["rt"] = np.where(np.arange(ROWS) % 3 == 0, np.nan, data["rt"])
    found = compared(ask(f"{REGION}\n{UPDATE}", data), "rt", "rest")
    whole = compared(ask(f"{REGION}\n{UPDATE}"), "rt", "rest")
    assert found.rows + found.others == pytest.approx(2 / 3 * (whole.rows + whole.others), rel=0.05)
    few = ask(f"USE WHERE region == r1 AND size < 2\n{UPDATE}")
    unknown = compared(few, "rt", "rest")
    assert (unknown.distance, unknown.unknown) == (None, "fewer than 50 rows of USE")
    assert "not known of mid, rt: fewer than 50 rows of USE" in " ".join(few.to_text().split())


def test_rows_chosen_by_a_consequence_are_not_compared_and_never_learned_from_alone() -> None:
    data = differing(region_matters=False)
    for option in ("coupling = rank", "selection = causes"):
        result = ask(f"USE WHERE rt > 120 WITH ({option})\n{UPDATE.replace('1.2', '1.02')}", data)
        assert not codes(result)
        assert compared(result, "rt", "rest").unknown == "USE selects by consequences"
        with pytest.raises(WslError, match="WSL-C023"):
            ask(f"USE WHERE rt > 200 WITH ({option}, donors = use)\n{UPDATE}")
    with pytest.raises(WslError, match="WSL-D206"):
        ask(f"USE WHERE region == r1 AND size < 1 WITH (donors = use)\n{UPDATE}")


def test_nothing_is_compared_without_an_update_or_where_all_rows_are_used() -> None:
    data = {name: values for name, values in TABLE.items() if name != "ts"}
    graph = OMITTED.replace("; ts -> mid", "")
    assert ask(f"{EVERYWHERE}\n{UPDATE}", data, graph).scenarios[0].transport == ()
    assert ask(f"{REGION}\nESTIMATE MEAN(rt)").scenarios[0].transport == ()


def test_the_plan_shows_the_check_and_the_time_that_it_reads() -> None:
    graph = OMITTED.replace("; ts -> mid", "")
    (shown,) = ask(f"{REGION}\n{UPDATE}EXPLAIN PLAN", graph=graph).plans
    check = shown.steps[-1]
    assert (check.action, check.reads) == ("check", ("ts",))
    assert {"ts", *check.variables} <= set(shown.columns)
    assert "of USE's rows" in check.detail
    (timeless,) = ask(f"{EVERYWHERE}\n{UPDATE}EXPLAIN PLAN", {**TABLE, "ts": TABLE["size"]}, graph).plans
    assert "check" not in [step.action for step in timeless.steps]


def test_learning_from_all_rows_alone_changes_nothing() -> None:
    plain, alone = (
        ask(f"USE * ON UNSUPPORTED NEAREST{option}\n{UPDATE}").scenarios[0]
        for option in ("", " WITH (donors = use)")
    )
    assert (plain.estimates, plain.support, plain.transport) == (
        alone.estimates,
        alone.support,
        alone.transport,
    )


def test_rows_of_use_are_learned_from_as_if_they_were_the_data(tmp_path: Path) -> None:
    """All that asks mechanisms: redraws, estimates, intervals, support, ranks and bounds."""
    mine = TABLE["region"] == "r1"
    first = np.argsort(~mine, kind="stable")  # so that the rows have the same ids among themselves
    data = {name: values[first] for name, values in TABLE.items()}
    part = {name: values[: mine.sum()] for name, values in data.items()}
    graph = OMITTED.replace("region -> mid; ", "")
    update = "INTERVENE SET size = size * 3 WHERE size < 20\n"
    asked = "ESTIMATE MEAN(rt), P95(rt), SHARE(rt > BASELINE(rt) + 10), MEAN(retries)\n"
    for option in ("seed = 1", "coupling = rank", "selection = causes"):
        use = f"{REGION} ON UNSUPPORTED NEAREST WITH ({option}, donors = use)\n"
        alone = ask(f"USE * ON UNSUPPORTED NEAREST WITH ({option})\n{update}{asked}", part, graph)
        for settings in ({}, {"cache": tmp_path}, {"cache": tmp_path}):
            found = ask(use + update + asked, data, graph, **settings)
            # The second answer adjusts for what USE reads, which the rows alone do not have.
            assert without_second(found) == without_second(alone)
            assert found.scenarios[0].support == alone.scenarios[0].support
            assert found.scenarios[0].transport == alone.scenarios[0].transport
    kept = len(list(tmp_path.iterdir()))
    ask(f"{REGION} ON UNSUPPORTED NEAREST\n{update}{asked}", data, graph, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) > kept


def test_support_speaks_of_the_rows_that_are_learned_from() -> None:
    result = ask("USE WHERE size < 60 WITH (donors = use)\nINTERVENE SET size = 100\nESTIMATE MEAN(rt)")
    (found,) = [finding for finding in result.diagnostics if finding.code == "WSL-D201"]
    assert "size was never above 60" in "\n".join(found.notes)


def test_repeated_rows_of_a_cluster_are_no_evidence() -> None:
    """Five rows of one session are alike in what the graph does not know: by chance, not by region."""
    generator = np.random.default_rng(4)
    session_of = np.arange(ROWS) // 20
    kind = generator.normal(0, 30, ROWS // 20)[session_of]
    region = generator.choice(["r1", "r2"], ROWS // 20)[session_of]
    size = generator.gamma(2, 20, ROWS)
    data = {
        "session": session_of,
        "region": region,
        "size": size,
        "rt": size + kind + generator.normal(0, 5, ROWS),
    }
    graph = "GRAPH { size -> rt; region } TARGET rt\n"
    each = ask(f"USE WHERE region == r1\n{UPDATE}", data, graph)
    together = ask(f"USE WHERE region == r1 WITH (cluster = session)\n{UPDATE}", data, graph)
    assert compared(together, "rt", "rest").q > 0.05
    assert compared(each, "rt", "rest").q < 0.01


def test_threads_and_seeds_change_nothing() -> None:
    one, two, other = (
        ask(f"{REGION}{option}\n{UPDATE}", threads=threads).scenarios[0].transport
        for threads, option in ((1, ""), (2, ""), (1, " WITH (seed = 9)"))
    )
    assert one == two == other


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 21))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_true_graph_is_not_warned_of(seed: int) -> None:
    asked = session(cdn.generate(10_000, seed))
    for case in CASES:
        found = scenario(asked, f"{case.program}ESTIMATE MEAN(rt)\n").transport
        assert found
        assert not any(one.differs for one in found)
