"""Intervals: as wide as they must be, nothing around what is exact, and what EXPECT makes of them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session
from wsl.bench import coverage
from wsl.engine.clusters import groups_by
from wsl.semantics.checked import Cluster

Run = Callable[..., Result]


def test_nothing_changed_has_no_doubt_about_its_effect_and_some_about_its_level(run: Run) -> None:
    (scenario,) = run("USE *\nINTERVENE SET rtt *= 1\nESTIMATE MEAN(rt), P95(rt)").scenarios
    for estimate in scenario.estimates:
        assert estimate.difference_interval == (0.0, 0.0)
        assert estimate.interval is not None
        low, high = estimate.interval
        assert low < estimate.scenario == estimate.baseline < high


def test_the_level_of_an_unchanged_mean_varies_as_means_do(run: Run, log: Mapping[str, Any]) -> None:
    (scenario,) = run("USE *\nINTERVENE SET rtt *= 1\nESTIMATE MEAN(rt)").scenarios
    interval = scenario.estimates[0].interval
    assert interval is not None
    error = np.std(log["rt"], ddof=1) / np.sqrt(len(log["rt"]))
    assert (interval[1] - interval[0]) / 2 == pytest.approx(2.13 * error, rel=0.5)  # 15 degrees of freedom


def test_a_number_of_rows_has_no_interval_and_a_few_rows_have_none(run: Run) -> None:
    program = "USE *\nINTERVENE SET rtt *= 0.5\nESTIMATE COUNT(*) AS n, MEAN(rt) AS m BY region, fe"
    (scenario,) = run(program).scenarios
    counts = {tuple(e.group.values()): e for e in scenario.estimates if e.alias == "n"}
    means = {tuple(e.group.values()): e for e in scenario.estimates if e.alias == "m"}
    assert all(e.interval is None and e.difference_interval is None for e in counts.values())
    assert all(means[group].interval is None for group, e in counts.items() if e.rows < 5)
    assert all(means[group].interval is not None for group, e in counts.items() if e.rows > 100)


def test_the_figures_of_all_rows_are_in_the_intervals_of_a_sample(run: Run) -> None:
    """A sample of 3,000 rows is asked with the mechanisms of all: most figures must agree."""
    ask = "INTERVENE SET rtt *= 0.5\nESTIMATE MEAN(rt), P50(rt), P90(rt), SHARE(rt > 500)"
    whole, sample = run(f"USE *\n{ask}\nUSE * SAMPLE 3000\n{ask}").scenarios
    inside = [
        a.interval[0] <= b.scenario <= a.interval[1]
        for a, b in zip(sample.estimates, whole.estimates, strict=True)
        if a.interval is not None and b.scenario is not None
    ]
    assert inside == [True] * 4


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("MEAN(rt) <= 0.95 * BASELINE(MEAN(rt))", "pass"),
        ("MEAN(rt) > 0.95 * BASELINE(MEAN(rt))", "fail"),
        ("NOT MEAN(rt) > 0.95 * BASELINE(MEAN(rt))", "pass"),
        ("P99(rt) <= 1.001 * P99(rt)", "pass"),
        ("MEAN(rt) < {level} ", "undecided"),
        ("MEAN(rt) == {level}", "undecided"),
        ("MEAN(rt) <> 10000", "pass"),
        ("MEAN(rt) < {level} OR MEAN(rt) < 10000", "pass"),
        ("MEAN(rt) < {level} AND MEAN(rt) > 10000", "fail"),
        ("MEAN(rt) < {level} AND MEAN(rt) < 10000", "undecided"),
        ("COUNT(*) >= 4000", "pass"),
        ("COUNT(*) < 4000", "fail"),
    ],
)
def test_a_condition_is_judged_by_its_interval(run: Run, condition: str, verdict: str) -> None:
    update = "USE *\nINTERVENE SET rtt *= 0.5\n"
    level = run(f"{update}ESTIMATE MEAN(rt)").scenarios[0].estimates[0].scenario
    assert level is not None
    result = run(f"{update}EXPECT {condition.format(level=level + 0.01)}")
    (expectation,) = result.scenarios[0].expectations
    assert expectation.verdict == verdict
    assert result.exit == (4 if verdict == "fail" else 0)
    assert ("WSL-D107" in [finding.code for finding in result.diagnostics]) == (verdict == "undecided")


def test_rows_of_a_cluster_are_no_evidence_for_each_other(run: Run, log: Mapping[str, Any]) -> None:
    """Every row five times: taken for independent they make the figures look surer than they are."""
    fifth = {name: np.repeat(values[:800], 5) for name, values in log.items()}
    fifth["session"] = np.repeat(np.arange(800.0), 5)
    update = "INTERVENE SET rtt *= 0.5\nESTIMATE MEAN(rt), P90(rt)"
    anyhow = "USE * ON UNSUPPORTED FAIL ABOVE 100%"
    program = f"{anyhow}\n{update}\n{anyhow} WITH (cluster = session)\n{update}"
    apart, together = run(program, data=fifth).scenarios
    alone = run(f"USE *\n{update}", data={name: values[:800] for name, values in log.items()}).scenarios[0]
    apart, together, alone = (
        np.array([np.ptp(estimate.interval) for estimate in scenario.estimates])
        for scenario in (apart, together, alone)
    )
    assert (apart < 0.75 * alone).all()
    assert (together > 0.8 * alone).all()


def test_groups_are_those_of_a_cluster_and_rows_without_one_stand_alone() -> None:
    minutes = np.arange(640) * np.timedelta64(1, "m") + np.datetime64("2024-03-01T00:00", "us")
    session = np.arange(640) // 64.0
    session[::2] = np.nan
    kinds = np.where(np.arange(640) % 2, "a", "b")
    dataset = Session(data={"ts": minutes, "session": session, "kind": kinds}).dataset
    assert dataset is not None
    by_time = groups_by(dataset, Cluster("ts", 10 * 60 * 1_000_000)).reshape(64, 10)
    assert (by_time == by_time[:, :1]).all()
    assert len(np.unique(by_time)) > 8
    by_session = groups_by(dataset, Cluster("session"))
    assert all(len(np.unique(part)) == 1 for part in by_session[1::2].reshape(10, 32))
    np.testing.assert_array_equal(by_session[::2], groups_by(dataset, None)[::2])
    assert len(np.unique(groups_by(dataset, Cluster("kind")))) <= 2


def test_intervals_of_forty_logs_contain_the_truth() -> None:
    parser = ArgumentParser()
    coverage.add_options(parser)
    options = parser.parse_args(["--seeds", "40", "--reference", "400000"])
    (size,) = coverage.measure(options, lambda words: None)["sizes"]
    cells = size["methods"]["intervals"]
    shares = [cell["coverage"] for cell in cells]
    assert 0.92 <= np.mean(shares) <= 0.99
    assert min(shares) >= 0.80  # of 40, where 95 % are meant: five standard errors
    assert np.median([cell["half_width"] / cell["deviation"] for cell in cells]) <= 3
