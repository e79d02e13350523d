"""Updates that undo each other, where only the run knows on which rows; and requests of no rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wsl import Result

Run = Callable[..., Result]

PINNED = """USE *
INTERVENE SET FIXED rtt = 50 WHERE fe == twn
INTERVENE SET fe = twn WHERE region == ind
INTERVENE SET rtt = 60 WHERE fe == twn{allow}
ESTIMATE MEAN(rt)
"""
ERASED = """USE * ON UNSUPPORTED FAIL ABOVE 100%
INTERVENE SET fe = twn WHERE region == ind
INTERVENE SET rtt = 60 WHERE fe == twn
INTERVENE SET fe = sfo WHERE fe == twn{allow}
ESTIMATE MEAN(rt)
"""


@pytest.mark.parametrize(("program", "code", "line"), [(PINNED, "WSL-C003", 5), (ERASED, "WSL-C002", 5)])
def test_rows_in_both_are_an_error_of_the_run(run: Run, program: str, code: str, line: int) -> None:
    result = run(program.format(allow=""))
    (found,) = [finding for finding in result.diagnostics if finding.code == code]
    assert (found.is_error, result.exit, result.scenarios) == (True, 3, ())
    assert found.span is not None
    assert found.span.line == line
    assert "rows are changed by both" in " ".join(found.notes)


@pytest.mark.parametrize(("program", "code"), [(PINNED, "WSL-C003"), (ERASED, "WSL-C002")])
def test_what_the_program_lets_pass_runs(run: Run, program: str, code: str) -> None:
    result = run(program.format(allow=f" WITH (allow = '{code}')"))
    assert result.exit == 0
    assert len(result.scenarios) == 1


def test_rows_in_none_are_no_error(run: Run) -> None:
    other = PINNED.replace("SET rtt = 60 WHERE fe == twn", "SET rtt = 60 WHERE fe == twn AND rtt <> 50")
    assert run(other.format(allow="")).exit == 0


def test_a_request_of_no_rows_leaves_the_others_their_answers(run: Run) -> None:
    result = run(
        "USE *\nINTERVENE SET sB = 30 WHERE sB < 30\nESTIMATE MEAN(rt)\n"
        "ESTIMATE COUNT(*), MEAN(rt), P95(rt), SHARE(rt > 1), CDF(rt) WHERE sB < 10\n"
        "EXPECT COUNT(*) == 0 WHERE sB < 10"
    )
    (scenario,) = result.scenarios
    whole, none, *others = scenario.estimates
    assert whole.scenario is not None
    assert (none.expression, none.scenario, none.where) == ("COUNT(*)", 0.0, "sB < 10")
    assert all(estimate.scenario is None for estimate in others)
    assert [e.verdict for e in scenario.expectations] == ["pass"]
    assert "WSL-D102" in {finding.code for finding in result.diagnostics}
    assert result.exit == 0


def test_quantiles_rise_with_their_level(run: Run) -> None:
    levels = [1, 5, 25, 50, 75, 90, 95, 99, 99.9, 99.99]
    asked = ", ".join(f"P{level:g}(rt)" for level in levels)
    for change in (
        "USE WHERE region == zaf\nINTERVENE SET rtt = 50",
        "USE * SAMPLE 1\nINTERVENE SET rtt = 9",
    ):
        (scenario,) = run(f"{change}\nESTIMATE {asked}").scenarios
        found = [estimate.scenario for estimate in scenario.estimates]
        assert found == sorted(found)


def test_a_number_too_large_is_missing(run: Run) -> None:
    (scenario,) = run(
        "USE *\nINTERVENE SET sB = EXP(sB * 1000) WHERE region == ind\n"
        "INTERVENE SET rtt = 1e308 * 10 * rtt WHERE region == deu\n"
        "ESTIMATE SHARE(sB IS MISSING), SHARE(rtt IS MISSING), SHARE(region == ind), SHARE(region == deu)"
    ).scenarios
    shares = [estimate.scenario for estimate in scenario.estimates]
    assert shares[:2] == shares[2:]
