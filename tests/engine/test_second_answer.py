"""The effect once more by direct adjustment: when both agree, when not, and when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session
from wsl.diagnostics import Text
from wsl.diagnostics.render import render_text
from wsl.engine.second_answer import cancelling, until_one_can_tell
from wsl.planning import Adjustment
from wsl.results import SecondAnswer

ROWS = 6_000
EFFECT = 10 * (2 * 0.5 + 1.5)  # of ten more clients: by way of load, and of size


def made(seed: int = 3) -> dict[str, Any]:
    """Requests whose `clients` follow the site, and act on `rt` by way of `load` and of `size`."""
    generator = np.random.default_rng(seed)
    site = generator.choice(["a", "b", "c"], ROWS)
    clients = generator.gamma(4, 10, ROWS) + 15 * (site == "b")
    load = 0.5 * clients + generator.gamma(2, 4, ROWS)
    size = 1.5 * clients + generator.gamma(2, 10, ROWS)
    rt = 50 + 2 * load + size + 30 * (site == "b") + generator.gamma(2, 8, ROWS)
    return {"site": site, "clients": clients, "load": load, "size": size, "rt": rt}


TABLE = made()
EDGES = "site -> clients, rt; clients -> load; load, size -> rt"
GRAPH = f"GRAPH {{ {EDGES}; clients -> size }} TARGET rt\n"
MISSING = f"GRAPH {{ {EDGES} }} TARGET rt\n"
CHANGE = "INTERVENE SET clients += 10\nESTIMATE MEAN(rt), P95(rt)\n"


def ask(program: str, data: Mapping[str, Any] = TABLE, **settings: Any) -> Result:
    return Session(data=dict(data), **settings).run(program)


def test_both_answers_agree_where_the_graph_is_right() -> None:
    result = ask(f"{GRAPH}USE *\n{CHANGE}")
    mean, tail = result.scenarios[0].estimates
    assert mean.second is not None
    assert mean.second.effect == pytest.approx(EFFECT, rel=0.1)
    low, high = mean.second.interval
    assert low < 0 < high
    assert mean.second.difference == pytest.approx(mean.second.effect - (mean.difference or 0))
    assert 0 < mean.second.cancelling < 1
    assert tail.second is None
    assert not result.diagnostics


def test_a_missing_edge_is_noticed_and_the_interval_covers_both(request: Any, bless: bool) -> None:
    program = f"{MISSING}USE *\n{CHANGE}"
    result = ask(program)
    mean = result.scenarios[0].estimates[0]
    assert mean.second is not None
    assert mean.second.disagree
    assert mean.difference == pytest.approx(10.0, rel=0.2)
    low, high = mean.difference_interval or (0.0, 0.0)
    assert low < (mean.difference or 0.0) < EFFECT < high
    seen = render_text(result.diagnostics, [Text(program, "<program>")])
    path = Path(__file__).parent / "messages" / "WSL-D207.txt"
    if bless:
        path.write_text(seen, "utf-8")
    assert seen == path.read_text("utf-8")
    allowed = ask(f"{MISSING}USE * WITH (allow = 'WSL-D207')\n{CHANGE}")
    assert not allowed.diagnostics
    assert allowed.scenarios[0].allowed == ("WSL-D207",)
    assert allowed.scenarios[0].estimates[0].second == mean.second


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (f"{GRAPH}USE *\nASSUME SET load += 5\nESTIMATE MEAN(rt)", "ASSUME"),
        (f"{GRAPH}USE * WITH (coupling = rank)\n{CHANGE}", "another question"),
        (
            f"{GRAPH}USE *\nINTERVENE SET load += 1\n"
            "INTERVENE SET clients += 1 WITH (allow = 'WSL-C002')\nESTIMATE MEAN(rt)",
            "responds to another",
        ),
        (f"{MISSING[:-13]}; site <-> size }} TARGET rt\nUSE *\n{CHANGE}", "hidden common causes"),
        (
            f"{GRAPH}USE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET clients = 400\nESTIMATE MEAN(rt)",
            "few",
        ),
    ],
)
def test_why_there_is_none_is_said(program: str, why: str) -> None:
    mean = ask(program).scenarios[0].estimates[0]
    assert mean.second is None
    assert why in (mean.without_second or "")


def test_it_is_of_the_updates_so_far_and_of_any_name() -> None:
    renamed = {"slow time" if name == "rt" else name: values for name, values in TABLE.items()}
    program = f"{GRAPH}USE *\n{CHANGE.replace('MEAN', 'mean')}ASSUME SET load += 5\nESTIMATE MEAN(rt)\n"
    program = program.replace("rt", "`slow time`")
    first, _, later = ask(program, renamed).scenarios[0].estimates
    assert first.second is not None
    assert first.second.effect == pytest.approx(EFFECT, rel=0.1)
    assert "ASSUME" in (later.without_second or "")


@pytest.mark.parametrize(("spread", "asked"), [(1.0, [0]), (20.0, [0, 1])])
def test_another_set_is_tried_only_where_chance_could_hide_a_difference(
    spread: float, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    places = []

    def second(way: Adjustment, place: int, *_: object) -> SecondAnswer:
        places.append(place)
        return SecondAnswer(("x",), way.sets[place], 21.0, 1.0, (1 - spread, 1 + spread), 0.5, False)

    monkeypatch.setattr("wsl.engine.second_answer._second", second)
    own: Any = None
    way = Adjustment("y", ("x",), (("a",), ("a", "b")))
    effect, half = 20.0, 4.0  # of interest are 4, more than 15 %
    assert [one.adjusted_for for one in until_one_can_tell(way, own, effect, half)] == [
        way.sets[place] for place in asked
    ]
    assert places == asked


def test_it_is_the_same_with_any_number_of_threads() -> None:
    first, second = (ask(f"{GRAPH}USE *\n{CHANGE}", threads=threads).scenarios[0] for threads in (1, 2))
    assert first.estimates[0].second == second.estimates[0].second


def test_a_cancelling_cause_is_as_strong_as_in_the_literature() -> None:
    """Cinelli and Hazlett (2020), table 1: t = 4.18 with 783 degrees of freedom, robustness value 13.9 %."""
    assert cancelling(0.097, 0.097 / 4.18, 783) == pytest.approx(0.139, abs=0.001)
    assert cancelling(0.0, 1.0, 100) == 0.0
    assert cancelling(1.0, 0.0, 100) == 1.0
