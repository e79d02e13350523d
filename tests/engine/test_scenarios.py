"""What must hold of every scenario, on a generated log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wsl import Result, Session
from wsl.examples import cdn
from wsl.examples.structural import Update
from wsl.planning import Block, plan

from .conftest import GRAPH

Run = Callable[..., Result]
FIGURES = (
    "ESTIMATE MEAN(rt), P50(rt), P99.9(rt), SHARE(rt > 1000), SHARE(rt <= 0.9 * BASELINE(rt)), CDF(rt)\n"
)


def figures(result: Result) -> list[tuple[object, ...]]:
    return [
        (e.baseline, e.replayed, e.scenario, e.difference, e.interval, e.difference_interval)
        for scenario in result.scenarios
        for e in scenario.estimates
    ]


def column(result: Result, name: str) -> np.ndarray:
    return np.asarray(result.scenarios[0].to_arrow()[name].to_pylist())


@pytest.mark.parametrize(
    "update",
    [
        "INTERVENE SET fe = fe",
        "INTERVENE SET rtt *= 1",
        "ASSUME SET rtt += 0",
        "INTERVENE SET fe = twn WHERE region == 'nowhere'",
        "INTERVENE SET FIXED fe = BASELINE(fe), sB = sB",
    ],
)
def test_a_change_of_nothing_has_exactly_no_effect(run: Run, update: str) -> None:
    result = run(f"USE *\n{update}\n{FIGURES}")
    assert [e.difference for e in result.scenarios[0].estimates] == [0.0] * 5
    (cdf,) = result.scenarios[0].cdfs
    assert np.array_equal(cdf.baseline, cdf.scenario)
    assert np.array_equal(column(result, "rt"), column(result, "rt.scenario"))


def test_rows_without_a_changed_cause_keep_their_bits(run: Run, log: Mapping[str, Any]) -> None:
    result = run("USE *\nINTERVENE SET fe = twn WHERE region == ind\nESTIMATE ROWS")
    table = result.scenarios[0].to_arrow()
    others = np.asarray(log["region"]) != "ind"
    for name in ("fe", "rtt", "febe_rtt", "be_time", "srP", "rt"):
        before, after = (np.asarray(table[c].to_pylist()) for c in (name, f"{name}.scenario"))
        assert np.array_equal(before[others], after[others]), name
    assert set(np.asarray(table["fe.scenario"].to_pylist())[~others]) == {"twn"}
    assert not np.array_equal(column(result, "rtt")[~others], column(result, "rtt.scenario")[~others])
    assert "sB.scenario" not in table.column_names


def test_a_redrawn_value_was_recorded_under_the_new_causes(run: Run, log: Mapping[str, Any]) -> None:
    """Twin: be given fe is one tile a front end, so every redrawn be was seen with fe = twn."""
    result = run("USE WHERE region == ind\nINTERVENE SET fe = twn\nESTIMATE ROWS")
    seen = set(np.asarray(log["be"])[np.asarray(log["fe"]) == "twn"])
    drawn = column(result, "be.scenario")
    share = {b: np.mean(np.asarray(log["be"])[np.asarray(log["fe"]) == "twn"] == b) for b in seen}
    assert set(drawn) <= seen
    for label, expected in share.items():
        assert np.mean(drawn == label) == pytest.approx(expected, abs=4 * np.sqrt(0.25 / len(drawn)))


def test_a_pinned_value_is_never_redrawn_and_the_rest_is(run: Run) -> None:
    result = run(
        "USE WHERE region == ind\nINTERVENE SET FIXED be = lax\nINTERVENE SET fe = twn\nESTIMATE ROWS"
    )
    assert set(column(result, "be.scenario")) == {"lax"}
    assert not np.array_equal(column(result, "rtt"), column(result, "rtt.scenario"))


def test_assume_leaves_descendants_other_than_the_target_alone(run: Run) -> None:
    result = run("USE *\nASSUME SET rtt *= 0.5\nESTIMATE ROWS")
    table = result.scenarios[0].to_arrow()
    assert {name for name in table.column_names if name.endswith(".scenario")} == {
        "rtt.scenario",
        "rt.scenario",
    }


def test_right_sides_read_the_rows_as_they_were_before_the_statement(run: Run) -> None:
    result = run("USE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET sB = rtt, rtt = sB\nESTIMATE ROWS")
    assert np.array_equal(column(result, "sB.scenario"), column(result, "rtt"))
    assert np.array_equal(column(result, "rtt.scenario"), column(result, "sB"))


def test_what_else_is_asked_for_changes_no_figure(run: Run) -> None:
    """Pruning skips redraws and nothing else."""
    alone = run("USE *\nINTERVENE SET fe = twn WHERE region == ind\nESTIMATE MEAN(be_time), P95(febe_rtt)")
    more = run(
        "USE *\nINTERVENE SET fe = twn WHERE region == ind\n"
        "ESTIMATE MEAN(be_time), P95(febe_rtt), MEAN(rt), SHARE(srP > 0)\nESTIMATE ROWS"
    )
    assert figures(alone) == figures(more)[:2]


def test_updates_that_cannot_feel_each_other_run_as_one_block(run: Run, log: Mapping[str, Any]) -> None:
    apart = (
        "USE *\nINTERVENE SET be = lax\n{}INTERVENE SET sB *= 1.2\nESTIMATE MEAN(rt), P95(rt), MEAN(be_time)"
    )
    found = Session(data=dict(log)).checked(GRAPH + apart.format(""))
    blocks = [step for step in plan(found.program.scenarios[0]).steps if isinstance(step, Block)]
    assert [update.variables for update in blocks[0].updates] == [("be",), ("sB",)]
    merged, separate = run(apart.format("")), run(apart.format("ESTIMATE COUNT(*)\n"))
    assert figures(merged) == figures(separate)[1:]


def test_the_answer_is_the_same_whatever_the_machine_does(run: Run, tmp_path: Path) -> None:
    """One thread or two; a fresh index or one from the cache folder."""
    program = f"USE *\nINTERVENE SET fe = twn WHERE region == ind\n{FIGURES}"
    first = run(program, threads=1, cache=tmp_path)
    assert list(tmp_path.glob("*.npz"))
    assert figures(first) == figures(run(program, threads=2)) == figures(run(program, cache=tmp_path))


def test_the_order_of_input_files_and_rows_does_not_matter_given_a_row_id(
    log: Mapping[str, Any], tmp_path: Path
) -> None:
    table = pa.table({"request": np.arange(len(log["rt"])), **log})
    shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
    answers = []
    for name, parts in (("a", [table[:1500], table[1500:]]), ("b", [shuffled[2500:], shuffled[:2500]])):
        (tmp_path / name).mkdir()
        for number, part in enumerate(parts):
            pq.write_table(part, tmp_path / name / f"{number}.parquet")
        program = (
            f'{GRAPH}USE FROM "{name}/*.parquet" WITH (row_id = request)\nINTERVENE SET fe = twn\n{FIGURES}'
        )
        answers.append(figures(Session(root=tmp_path).run(program)))
    assert answers[0] == answers[1]


def test_seeds_differ_and_scenarios_of_one_file_share_their_draws(run: Run) -> None:
    scenario = "USE * ON UNSUPPORTED FAIL ABOVE 100%% AS %s\nINTERVENE SET fe = twn\n" + FIGURES
    program = scenario % "a" + scenario % "b"
    first, other = figures(run(program, seed=1)), figures(run(program, seed=2))
    assert first[:5] == first[5:]
    assert first != other


def test_missing_values_are_left_out_and_counted(log: Mapping[str, Any], run: Run) -> None:
    rt = np.where(np.arange(len(log["rt"])) % 10 == 0, np.nan, log["rt"])
    rtt = np.where(np.arange(len(log["rt"])) % 7 == 1, np.nan, log["rtt"])
    result = run(
        "USE *\nINTERVENE SET sB *= 1.2\nESTIMATE MEAN(rt), COUNT(*)", data={**log, "rt": rt, "rtt": rtt}
    )
    scenario = result.scenarios[0]
    # A row counts where the target was recorded, and its causes are known or did not change.
    known = ~np.isnan(rt) & ~np.isnan(rtt)
    table = scenario.to_arrow()
    answered = np.array([value is not None for value in table["rt.scenario"].to_pylist()]) & ~np.isnan(rt)
    assert np.all(answered[known])
    assert scenario.estimate("MEAN(rt)").rows == answered.sum() < (~np.isnan(rt)).sum()
    assert scenario.missing_target_rows == len(rt) - answered.sum()
    assert scenario.estimate("COUNT(*)").rows == len(rt)
    assert not scenario.warnings  # what was missing before is not lost


def test_a_right_side_without_a_value_is_told(log: Mapping[str, Any], run: Run) -> None:
    lost = "INTERVENE SET rtt = LOG(-1 * rtt), sB += 1 WHERE fe == twn"
    result = run(f"USE *\n{lost}\nESTIMATE MEAN(rt)")
    scenario = result.scenarios[0]
    count = np.sum(log["fe"] == "twn")
    assert [(w.code, w.message) for w in scenario.warnings] == [
        ("WSL-D106", f"on {count:,} of the {count:,} rows that are set here, `rtt` has no value any more")
    ]
    assert scenario.missing_target_rows == len(log["rt"]) - scenario.estimate("MEAN(rt)").rows == count
    assert f"{count:,} rows without rt, recorded or in the scenario" in result.to_text()
    assert not run(f"USE *\n{lost} WITH (allow = 'WSL-D106')\nESTIMATE MEAN(rt)").diagnostics


def test_a_known_effect_is_found(run: Run) -> None:
    """Against the generator's exact truth: halving the round trip, with room for 4,000 rows."""
    result = run("USE *\nINTERVENE SET rtt *= 0.5\nESTIMATE MEAN(rt)")
    exact = cdn.truth(200_000, 77, Update({"rtt": lambda columns: 0.5 * columns["rtt"]}))
    effect = np.mean(exact.scenario["rt"]) - np.mean(exact.factual["rt"])
    assert result.scenarios[0].estimate("MEAN(rt)").difference == pytest.approx(effect, rel=0.12)


def test_sample_takes_a_part_of_the_rows_that_where_left(run: Run, log: Mapping[str, Any]) -> None:
    result = run("USE WHERE region == ind SAMPLE 100\nESTIMATE COUNT(*), MEAN(rt)")
    assert result.scenarios[0].rows == 100
    every = np.asarray(log["rt"])[np.asarray(log["region"]) == "ind"]
    assert result.scenarios[0].estimate("MEAN(rt)").baseline == pytest.approx(every.mean(), rel=0.3)
