"""EXPLAIN in a session: what the engine is asked, and what becomes of its answers and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wsl
from wsl.diagnostics import WslError, report
from wsl.engine.local import LocalEngine
from wsl.planning import Diagnosis
from wsl.results import Explanation
from wsl.semantics.checked import Method

GRAPH = "GRAPH { db -> api -> page } TARGET page\n"
Answer = Callable[[Diagnosis], tuple[Explanation, ...]]


@pytest.fixture
def log() -> dict[str, Any]:
    draws = np.random.default_rng(3)
    db = draws.normal(10, 1, 100)
    db[60] = 90
    api = db + draws.normal(5, 1, 100)
    day = np.array(["mon", "tue"])[np.arange(100) // 50]
    return {"db": db, "api": api, "page": 2 * api + draws.normal(0, 1, 100), "day": day}


def asked(monkeypatch: pytest.MonkeyPatch, answer: Answer = lambda plan: ()) -> list[Diagnosis]:
    """The plans that the engine is given, which it then answers as told."""
    plans: list[Diagnosis] = []

    def explain(self: LocalEngine, plan: Diagnosis, progress: Any) -> tuple[Explanation, ...]:
        plans.append(plan)
        return answer(plan)

    monkeypatch.setattr(LocalEngine, "explain", explain)
    return plans


def test_the_use_in_force_applies_and_its_updates_do_not(
    log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = asked(monkeypatch)
    session = wsl.Session(data=log, seed=1)
    result = session.run(
        f"{GRAPH}EXPLAIN page WHERE page > 100\n"
        "USE WHERE day == tue SAMPLE 20 WITH (seed = 5)\nINTERVENE SET db *= 2\n"
        "EXPLAIN page AT BASELINE(page) > 100 AGAINST WHERE page < 60 USING TOCA, TRAVERSAL TOP 3 "
        "WITH (samples = 500, alpha = 0.1)"
    )
    session.run("EXPLAIN page AT page > 100 WITH (seed = 9)")
    unfiltered, chosen, later = (plan.explain for plan in plans)
    assert (unfiltered.use.where, unfiltered.knobs) == (None, {})
    assert (chosen.use.where_text, chosen.use.sample, chosen.knobs["seed"]) == ("day == tue", None, 5)
    assert [(using.method, using.parameters) for using in chosen.methods] == [
        (Method.TOCA, {"samples": 500}),
        (Method.TRAVERSAL, {}),
    ]
    assert (chosen.one_row, chosen.top, chosen.knobs["alpha"]) == (True, 3, 0.1)
    assert (later.use.where_text, later.knobs["seed"]) == (chosen.use.where_text, 9)
    assert plans[1].candidates == ("db", "api", "page")
    assert [info.name for info in result.data] == ["data"]
    assert len(result.scenarios) == 1


def test_what_goes_wrong_in_one_explanation_leaves_the_others_alone(
    log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(plan: Diagnosis) -> tuple[Explanation, ...]:
        failures = {"db": MemoryError(), "api": WslError([report("WSL-R103")])}
        if plan.explain.target in failures:
            raise failures[plan.explain.target]
        return ()

    plans = asked(monkeypatch, answer)
    lines = [f"EXPLAIN {name} WHERE page > 100" for name in ("db", "api", "page")]
    result = wsl.Session(data=log).run(GRAPH + "\n".join(lines))
    assert len(plans) == 3
    errors = [(finding.code, finding.span and finding.span.line) for finding in result.diagnostics]
    assert ("WSL-R104", 2) in errors
    assert ("WSL-R103", None) in errors
    assert (result.status, result.exit) == ("failed", 3)


def test_an_interruption_keeps_what_was_finished(
    log: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(plan: Diagnosis) -> tuple[Explanation, ...]:
        raise KeyboardInterrupt

    asked(monkeypatch, answer)
    program = f"{GRAPH}USE *\nESTIMATE MEAN(page)\nUSE *\nEXPLAIN page WHERE page > 100"
    result = wsl.Session(data=log).run(program)
    assert (result.status, result.exit) == ("interrupted", 130)
    assert "WSL-R102" in [finding.code for finding in result.diagnostics]


def test_an_explanation_is_answered_once_for_each_method(log: dict[str, Any]) -> None:
    program = f"{GRAPH}EXPLAIN page WHERE page > 100 USING SMOOTH_TRAVERSAL, SCORE_ORDERING"
    result = wsl.Session(data=log).run(program)
    assert [found.method for found in result.explanations] == ["SMOOTH_TRAVERSAL", "SCORE_ORDERING"]
    assert result.explanations[0].causes[0].variable == "db"


def test_a_variable_of_the_graph_that_was_not_observed_is_left_out_and_stops_only_what_needs_it(
    log: dict[str, Any],
) -> None:
    del log["db"]
    log["fixed"] = np.ones(100)
    session = wsl.Session(data=log)
    graph = "GRAPH { db, fixed -> api -> page } TARGET page\n"
    result = session.run(f"{graph}USE *\nEXPLAIN page WHERE page > 100")
    assert result.diagnostics == ()
    assert [one.variable for one in result.explanations[0].not_evaluated] == ["db"]
    with pytest.raises(WslError) as later:
        session.run("INTERVENE SET api = 20")
    assert [(one.code, one.span.line if one.span else None) for one in later.value.diagnostics][:1] == [
        ("WSL-G007", 1)
    ]
    with pytest.raises(WslError) as together:
        wsl.Session(data=log).run(f"{graph}USE *\nEXPLAIN page WHERE page > 100\nINTERVENE SET api = 20")
    codes = {one.code for one in together.value.diagnostics}
    assert {"WSL-G007", "WSL-D031"} <= codes
