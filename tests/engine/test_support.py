"""What the data cannot answer: found, named, dropped, or answered from the nearest row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session, WslError
from wsl.examples import cdn

from .conftest import GRAPH

ROWS = 4_000


def planted() -> dict[str, np.ndarray]:
    """Two sites of three serve region r1; be_time at s2 is never above 220; x and y rise together."""
    generator = np.random.default_rng(1)
    region = generator.choice(["r1", "r2"], ROWS)
    site = np.where(
        region == "r1", generator.choice(["s1", "s2"], ROWS), generator.choice(["s1", "s3"], ROWS)
    )
    be_time = np.where(site == "s2", generator.uniform(20, 220, ROWS), generator.uniform(20, 1_000, ROWS))
    x = generator.uniform(0, 1, ROWS)
    y = x + generator.normal(0, 0.01, ROWS)
    rtt = np.where(site == "s3", 80.0, 40.0) + 20 * (region == "r2") + generator.normal(0, 3, ROWS)
    rt = rtt + be_time * np.where(site == "s2", 2, 1) + 50 * (x + y) + generator.normal(0, 5, ROWS)
    return {"region": region, "fe": site, "be_time": be_time, "x": x, "y": y, "rtt": rtt, "rt": rt}


MODEL = (
    "GRAPH { region, fe -> rtt; fe -> be_time; x -> y; fe, rtt, be_time, x, y -> rt; be_time : NUMBER [ms] } "
    "TARGET rt\n"
)
TABLE = planted()


def ask(program: str, data: Mapping[str, Any] = TABLE, model: str = MODEL) -> Result:
    return Session(data=dict(data)).run(model + program)


def failure(program: str) -> tuple[str, str]:
    """The message of a scenario that fails for want of support, and its notes."""
    result = ask(program)
    (found,) = [finding for finding in result.diagnostics if finding.code == "WSL-D201"]
    assert (result.exit, result.status, result.scenarios) == (3, "failed", ())
    return found.message, "\n".join(found.notes)


def test_a_region_that_a_site_never_served_is_named() -> None:
    message, notes = failure("USE WHERE region == r1\nINTERVENE SET fe = s3")
    served = int(np.sum(TABLE["region"] == "r1"))
    assert f"{served:,} of its {served:,} rows lie where no recorded row is near" in message
    assert f"rtt: {served:,} rows; no row with region == r1 has fe == s3; the nearest have fe == s2" in notes


def test_a_range_of_values_never_seen_is_named() -> None:
    _, notes = failure("USE WHERE fe == s2\nASSUME SET be_time = be_time + 500")
    assert "be_time was never above 220 ms with fe == s2; the scenario asks for 5" in notes
    _, notes = failure("USE *\nASSUME SET be_time = be_time + 2000")
    assert "be_time was never above 1,000 ms; the scenario asks for 2," in notes


def test_two_numbers_never_seen_together_are_named() -> None:
    _, notes = failure("USE WHERE x < 0.2\nASSUME SET y = 1")
    assert notes.startswith("rt: ")
    assert "no row has " in notes
    assert "together with" in notes
    assert "x of " in notes
    assert "y of " in notes


def test_what_was_not_changed_is_not_held_against_a_scenario(log: Mapping[str, Any]) -> None:
    result = ask("USE *\nINTERVENE SET rtt *= 1.001\nESTIMATE MEAN(rt)", log, GRAPH)
    support = result.scenarios[0].support
    assert support is not None
    assert support.by_variable["rt"].rows == len(log["rt"])
    assert abs(support.excess) < 0.003
    nothing = ask("USE *\nINTERVENE SET rtt *= 1\nESTIMATE MEAN(rt)", log, GRAPH).scenarios[0]
    assert nothing.support is None or nothing.support.excess == 0.0


SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 21))]


@pytest.mark.parametrize("seed", SEEDS)
def test_excess_of_hardly_any_change_is_small(seed: int) -> None:
    data = cdn.generate(10_000, seed)
    program = "USE *\nINTERVENE SET rtt *= 1.001, sB *= 1.001\nESTIMATE MEAN(rt)"
    support = ask(program, data, GRAPH).scenarios[0].support
    assert support is not None
    assert abs(support.excess) < 0.003


def test_what_a_later_update_sets_is_not_held_against_a_scenario() -> None:
    program = "USE WHERE region == r1\nINTERVENE SET fe = s3\nINTERVENE SET rtt = 100\nESTIMATE MEAN(rt)"
    support = ask(program).scenarios[0].support
    assert support is not None
    assert set(support.by_variable) == {"be_time", "rt"}


def test_a_failed_scenario_leaves_the_others_their_answers() -> None:
    good = "USE * AS good\nINTERVENE SET x = x\nESTIMATE MEAN(rt)\n"
    result = ask(f"USE WHERE region == r1 AS bad\nINTERVENE SET fe = s3\nESTIMATE MEAN(rt)\n{good}")
    assert [scenario.name for scenario in result.scenarios] == ["good"]
    assert result.exit == 3


def test_fail_above_lets_pass_up_to_its_limit_and_says_so() -> None:
    part = "INTERVENE SET be_time = 600 WHERE x < 0.1 AND fe == s2\nESTIMATE MEAN(rt)"
    share = float(np.mean((TABLE["x"] < 0.1) & (TABLE["fe"] == "s2")))
    lenient = ask(f"USE * ON UNSUPPORTED FAIL ABOVE 10%\n{part}")
    support = lenient.scenarios[0].support
    assert support is not None
    assert support.excess == pytest.approx(share, abs=0.003)
    (warning,) = lenient.diagnostics
    assert warning.code == "WSL-D202"
    assert "be_time was never above 220 ms with fe == s2; the scenario asks for 600 ms" in warning.notes[0]
    assert ask(f"USE * ON UNSUPPORTED FAIL ABOVE 1%\n{part}").exit == 3
    assert not ask(f"USE * ON UNSUPPORTED FAIL ABOVE 10% WITH (allow = 'WSL-D202')\n{part}").diagnostics


def test_drop_leaves_the_rows_out_of_baseline_and_scenario_alike() -> None:
    program = (
        "USE * ON UNSUPPORTED DROP\nINTERVENE SET fe = s3\nESTIMATE MEAN(rt), COUNT(*), P50(rt), CDF(rt)"
    )
    scenario = ask(program).scenarios[0]
    kept = TABLE["region"] == "r2"
    support = scenario.support
    assert support is not None
    # A few rows of r2 lie far from all data as well.
    assert np.sum(~kept) <= support.dropped <= np.sum(~kept) + 0.01 * ROWS
    assert (scenario.rows, support.rows) == (ROWS - support.dropped, ROWS)
    assert [e.rows for e in scenario.estimates] == [scenario.rows] * 3
    mean, count, median = scenario.estimates
    assert mean.baseline == pytest.approx(TABLE["rt"][kept].mean(), rel=0.01)
    assert median.baseline == pytest.approx(np.median(TABLE["rt"][kept]), rel=0.02)
    assert count.baseline == scenario.rows
    table = scenario.to_arrow()
    assert table.num_rows == scenario.rows
    assert set(table["region"].to_pylist()) == {"r2"}
    assert scenario.changed_rows <= scenario.rows
    assert f"less {support.dropped:,} that the data cannot answer for" in ask(program).to_text()


def test_drop_of_all_rows_is_an_error() -> None:
    result = ask("USE WHERE region == r1 ON UNSUPPORTED DROP\nINTERVENE SET fe = s3\nESTIMATE MEAN(rt)")
    assert [finding.code for finding in result.diagnostics] == ["WSL-D203"]
    assert result.exit == 3


def test_nearest_answers_with_the_causes_of_the_nearest_row() -> None:
    program = "USE WHERE region == r1 ON UNSUPPORTED NEAREST\nINTERVENE SET fe = s3\nESTIMATE MEAN(rtt)"
    scenario = ask(program).scenarios[0]
    assert scenario.support is not None
    # No row of r1 is served by s3, and the nearest rows are those of r1 at s2.
    mine = (TABLE["region"] == "r1") & (TABLE["fe"] == "s2")
    assert scenario.estimate("MEAN(rtt)").scenario == pytest.approx(TABLE["rtt"][mine].mean(), abs=1.5)
    assert scenario.support.by_variable["rtt"].exchanged == {"region": 0.0, "fe": 1.0}


def test_nearest_moves_numbers_and_says_how_far() -> None:
    program = "USE WHERE fe == s2 ON UNSUPPORTED NEAREST\nASSUME SET be_time = 600\nESTIMATE MEAN(rt)"
    scenario = ask(program).scenarios[0]
    assert scenario.support is not None
    rt = scenario.support.by_variable["rt"]
    rows = int(np.sum(TABLE["fe"] == "s2"))
    assert (rt.rows, rt.outside) == (rows, rows)
    # The nearest rows of s2 have at most 220.
    assert 380 < rt.moved["be_time"] < 480
    assert rt.exchanged == {"fe": 0.0}
    mine = TABLE["fe"] == "s2"
    most = TABLE["rt"][mine].mean() + 2 * (220 - TABLE["be_time"][mine].mean())
    assert scenario.estimate("MEAN(rt)").scenario == pytest.approx(most, rel=0.1)
    assert "be_time moved by" in ask(program).to_text()


def test_effective_donors_count_what_was_used() -> None:
    support = ask("USE *\nINTERVENE SET x *= 0.99\nESTIMATE MEAN(y)").scenarios[0].support
    assert support is not None
    assert support.effective_donors is None  # y is estimated, nothing is redrawn
    program = "USE WHERE region == r2\nINTERVENE SET fe = s3 WHERE fe == s1\nESTIMATE MEAN(rt)"
    scenario = ask(program).scenarios[0]
    assert scenario.support is not None
    rtt = scenario.support.by_variable["rtt"]
    changed = int(np.sum((TABLE["region"] == "r2") & (TABLE["fe"] == "s1")))
    assert rtt.effective_donors is not None
    assert rtt.largest_donor is not None
    assert 0.3 * changed < rtt.effective_donors < changed
    assert 1 / changed <= rtt.largest_donor < 0.02
    assert scenario.support.effective_donors == min(
        v.effective_donors for v in scenario.support.by_variable.values() if v.effective_donors is not None
    )


def test_threads_change_nothing() -> None:
    program = "USE * ON UNSUPPORTED NEAREST\nINTERVENE SET fe = s3\nESTIMATE MEAN(rt)"
    one, two = (Session(data=dict(TABLE), threads=threads).run(MODEL + program) for threads in (1, 2))
    assert one.to_json() == two.to_json()


def test_the_limit_may_be_a_parameter() -> None:
    program = (
        "PARAM most = 100%\nUSE * ON UNSUPPORTED FAIL ABOVE most\nINTERVENE SET fe = s3\nESTIMATE MEAN(rt)"
    )
    support = ask(program).scenarios[0].support
    assert support is not None
    assert (support.policy, support.limit) == ("FAIL", 1.0)
    with pytest.raises(WslError, match="WSL-T015"):
        ask("USE * ON UNSUPPORTED FAIL ABOVE 101%")
