"""What is said of data that are not as a program takes them to be; every fix that is offered mends it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wsl import Session
from wsl.diagnostics import Diagnostic

MINUTES = np.datetime64("2024-05-01T00:00:00") + np.arange(20) * np.timedelta64(60, "s")
LOAD = np.arange(20) + 0.5
METRICS = {
    "ts": MINUTES.repeat(2),
    "service": ["web", "db"] * 20,
    "metric": ["latency"] * 40,
    "value": np.arange(40) + 0.5,
}
ODD = {"@timestamp": MINUTES, "load (req/s)": LOAD, "web:p99": LOAD**2}
SECONDS = MINUTES.astype(np.int64)


def found(data: dict[str, Any], program: str) -> list[Diagnostic]:
    return Session(data=data).check(program)


@pytest.mark.parametrize(
    "program",
    [
        "EXPLAIN `web:p99` WHERE timestamp >= '2024-05-01T00:15'",
        "EXPLAIN `web:p99` WHERE ts >= '2024-05-01T00:15'",
        'EXPLAIN `web:p99` WHERE "load (req/s)" > 15',
        "EXPLAIN `web:p99` WHERE load (req/s) > 15",
        "EXPLAIN `web:p99` BETWEEN '2024-05-01T00:05' AND '2024-05-01T00:06'",
        "EXPLAIN `web:p99` '2024-05-01T00:05'",
        "EXPLAIN web:p99 WHERE `load (req/s)` > 9 AND `load (req/s)` < 11",
        "EXPLAIN 'web:p99' AT `load (req/s)` == 5.5",
    ],
)
def test_names_in_fixes_are_written_as_a_program_has_to(program: str) -> None:
    (finding,) = found(ODD, program)
    (fix,) = finding.fixes
    assert not found(ODD, program[: fix.span.start] + fix.text + program[fix.span.end :])


def test_the_moment_of_an_example_is_one_of_the_data() -> None:
    (finding,) = found(ODD, "EXPLAIN `web:p99` TOP 3")
    (note,) = finding.notes
    example = note.removeprefix("for example ")
    assert "`@timestamp` >= '2024-05-01T00:10'" in example
    assert not found(ODD, example)


@pytest.mark.parametrize(
    ("scale", "unit"), [(1, "s"), (1_000, "ms"), (1_000_000, "us"), (1_000_000_000, "ns")]
)
def test_the_unit_of_an_epoch_is_told_by_its_size(scale: int, unit: str) -> None:
    data = {"ts": SECONDS * scale, "rt": LOAD}
    ask = "\nUSE *\nEXPLAIN rt WHERE ts >= '2024-05-01T00:05' AND ts < '2024-05-01T00:07'"
    helps = [one.help for one in found(data, ask) if one.code == "WSL-T004"]
    assert str(helps[0]).endswith(f"ts : TIME [{unit}]")
    assert not found(data, f"GRAPH {{ ts : TIME [{unit}] }}{ask}")


def test_a_long_table_that_is_read_as_it_stands() -> None:
    advice = "USE .. WITH (long = (ts, service, metric, value)) makes a column of each"
    (unknown,) = found(METRICS, "EXPLAIN web WHERE ts >= '2024-05-01T00:05'")
    assert f"`web` is a value of `service`: {advice}" in unknown.notes
    program = "GRAPH { db -> web } TARGET web\nEXPLAIN web WHERE ts >= '2024-05-01T00:05'"
    (unobserved,) = found(METRICS, program)
    assert unobserved.help == f"`web` is a value of `service`: {advice}"
    absent = [
        one for one in found(METRICS, "GRAPH { db -> web } TARGET web\nUSE *\nESTIMATE") if one.is_error
    ]
    assert [one.notes[0].partition("`: ")[2] for one in absent] == [advice] * 2


def test_a_column_that_goes_on_after_the_name() -> None:
    wide = {"ts": MINUTES, "web.latency": LOAD, "db.latency": LOAD}
    (unobserved,) = found(wide, "GRAPH { db -> web } TARGET web\nEXPLAIN web WHERE ts >= '2024-05-01T00:05'")
    assert unobserved.help == "did you mean web.latency? The graph has to call it so too"
    assert "the columns of the data are ts, web.latency, db.latency" in unobserved.notes
