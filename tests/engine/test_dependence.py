"""Rows that follow each other in time and depend on each other, and clusters that are too few."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session
from wsl.bench.cases import CASES, MESH, Case, repeated, session
from wsl.diagnostics import Text
from wsl.diagnostics.render import render_text
from wsl.examples import cdn, mesh

ROWS = 6_000
PROGRAM = """GRAPH { size -> mid -> rt; size -> rt; ts } TARGET rt
USE *
INTERVENE SET size *= 1.05
ESTIMATE MEAN(rt)
"""


def lasting(generator: np.random.Generator, correlation: float, rows: int = ROWS) -> np.ndarray:
    """Normal noise of which each row keeps a part of the one before (autoregressive of order 1)."""
    noise = generator.normal(size=rows)
    for row in range(1, rows):
        noise[row] = correlation * noise[row - 1] + np.sqrt(1 - correlation**2) * noise[row]
    return noise


def a_log(of_rt: float = 0.0, of_mid: float = 0.0, drift: float = 0.0, every: str = "1s") -> dict[str, Any]:
    """A log with a daily wave that causes explain, and with noise that lasts; a drift is in `rt` alone."""
    generator = np.random.default_rng(1)
    at = np.arange(ROWS)
    size = 50 + 20 * np.sin(2 * np.pi * at / 1_000) + generator.normal(0, 5, ROWS)
    mid = size / 2 + 10 * lasting(generator, of_mid)
    rt = size + mid + 10 * lasting(generator, of_rt) + drift * at / ROWS
    step = np.timedelta64(int(every[:-1]), every[-1])
    return {"size": size, "mid": mid, "rt": rt, "ts": np.datetime64("2024-03-04", "us") + at * step}


DEPENDENT = a_log(of_rt=0.6)


def ask(data: Mapping[str, Any], program: str = PROGRAM, **settings: Any) -> Result:
    return Session(data=dict(data), **settings).run(program)


def codes(result: Result) -> list[str]:
    return [finding.code for finding in result.diagnostics]


def advised(result: Result, program: str = PROGRAM) -> str:
    """The program with what the warning proposes."""
    (warning,) = [finding for finding in result.diagnostics if finding.code == "WSL-D208"]
    (fix,) = warning.fixes
    return program[: fix.span.start] + fix.text + program[fix.span.end :]


def test_what_is_said(bless: bool) -> None:
    found = [finding for finding in ask(DEPENDENT).diagnostics if finding.code == "WSL-D208"]
    seen = render_text(found, [Text(PROGRAM, "<program>")])
    path = Path(__file__).parent / "messages" / "WSL-D208.txt"
    if bless:
        path.write_text(seen, "utf-8")
    assert seen == path.read_text("utf-8")


def test_the_advice_is_right() -> None:
    """The proposed blocks end the warning and make the interval wider."""
    alone = ask(DEPENDENT)
    program = advised(alone)
    assert "block(ts, 1min)" in program
    together = ask(DEPENDENT, program)
    assert not codes(together)
    assert "WSL-D208" not in codes(
        ask(DEPENDENT, PROGRAM.replace("USE *", "USE * WITH (allow = 'WSL-D208')"))
    )
    before, after = (
        (high - low)
        for result in (alone, together)
        for low, high in [result.scenarios[0].estimates[0].interval]
    )
    assert after > 1.5 * before


@pytest.mark.parametrize(
    ("data", "program", "warned"),
    [
        (a_log(), PROGRAM, False),
        (a_log(drift=40.0), PROGRAM, False),
        (a_log(of_mid=0.8), PROGRAM, True),
        (a_log(of_mid=0.8), PROGRAM.replace("size *=", "mid *="), False),
        (DEPENDENT, PROGRAM.replace("ESTIMATE MEAN(rt)", "EXPECT MEAN(rt) < 1000"), True),
        (DEPENDENT, PROGRAM.replace("MEAN(rt)", "CDF(rt)"), False),
        (DEPENDENT, PROGRAM.replace("INTERVENE SET size *= 1.05\n", ""), False),
        ({name: values[:300] for name, values in DEPENDENT.items()}, PROGRAM, False),
        (
            {name: values for name, values in DEPENDENT.items() if name != "ts"},
            PROGRAM.replace("; ts", ""),
            False,
        ),
    ],
    ids=[
        "independent",
        "drift",
        "redrawn",
        "set",
        "expected",
        "no interval",
        "no update",
        "few rows",
        "no time",
    ],
)
def test_what_is_warned_of(data: Mapping[str, Any], program: str, warned: bool) -> None:
    assert ("WSL-D208" in codes(ask(data, program))) is warned


def test_rows_are_put_in_the_order_of_time_and_those_without_are_left_out() -> None:
    order = np.random.default_rng(2).permutation(ROWS)
    data = {name: values[order] for name, values in DEPENDENT.items()}
    data["ts"][:500] = np.datetime64("NaT")
    assert "WSL-D208" in codes(ask(data))
    data["ts"] = np.sort(data["ts"])
    assert "WSL-D208" not in codes(ask(data))


def test_the_block_is_as_long_as_the_correlation_lasts_and_leaves_enough() -> None:
    assert "block(ts, 1h)" in advised(ask(a_log(of_rt=0.8, every="1m")))
    short = "GRAPH { size -> mid -> rt; size -> rt; ts } TARGET rt\nUSE WHERE ts < '2024-03-04T00:05'\n"
    program = PROGRAM.replace(PROGRAM[: PROGRAM.index("INTERVENE")], short)
    result = ask(DEPENDENT, program)
    assert "block(ts, 1s)" in advised(result, program)
    assert not {"WSL-D208", "WSL-D209"} & set(codes(ask(DEPENDENT, advised(result, program))))


@pytest.mark.parametrize("case", [*CASES[1:3], *MESH[:2]], ids=lambda case: case.name)
def test_examples_are_not_warned_of_and_repeated_requests_are(case: Case) -> None:
    generate = (cdn if case.model is cdn.MODEL else mesh).generate
    program = f"{case.program}ESTIMATE MEAN({case.model.target})\n"
    assert "WSL-D208" not in codes(session(generate(5_000, 1), model=case.model).run(program))
    if case.model is cdn.MODEL:
        asked = session(repeated(5_000, 1))
        assert "WSL-D208" in codes(asked.run(program))
        assert "WSL-D208" not in codes(asked.run(program.replace("100%", "100% WITH (cluster = request)")))


def test_few_clusters_are_counted_among_the_rows_of_use() -> None:
    data = a_log() | {"run": np.arange(ROWS) // 100}
    graph = PROGRAM.replace("; ts }", "; ts; run }")

    def found(use: str) -> list[str]:
        result = ask(data, graph.replace("USE *", use))
        return [finding.message for finding in result.diagnostics if finding.code == "WSL-D209"]

    assert not found("USE * WITH (cluster = run)")
    assert not found("USE WHERE run < 30 WITH (cluster = run)")
    assert not found("USE * WITH (cluster = block(ts, 10min), allow = 'WSL-D209')")
    assert "29 clusters of `run`" in found("USE WHERE run < 29 WITH (cluster = run)")[0]
    assert "10 clusters of `block(ts, 10min)`" in found("USE * WITH (cluster = block(ts, 10min))")[0]


def test_threads_and_seeds_change_nothing() -> None:
    def said(program: str, threads: int) -> Any:
        return [
            (one.code, one.message, one.notes) for one in ask(DEPENDENT, program, threads=threads).diagnostics
        ]

    one, two = said(PROGRAM, 1), said(PROGRAM, 2)
    assert one == two == said(PROGRAM.replace("USE *", "USE * WITH (seed = 9)"), 1)
