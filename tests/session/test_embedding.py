"""The Python interface, as embedding programs rely on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import wsl
from wsl.examples import cdn

PROGRAM = "USE WHERE region == ind\nINTERVENE SET fe = twn"
FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "mapping": dict,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
}


@pytest.fixture(scope="module")
def log() -> dict[str, Any]:
    return dict(cdn.generate(2_000, 9))


@pytest.fixture
def graph() -> nx.DiGraph:
    return nx.DiGraph(cdn.EDGES)


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_table_gives_the_same_answer(form: str, log: dict[str, Any], graph: nx.DiGraph) -> None:
    session = wsl.Session(data=FORMS[form](log), graph=graph, target="rt", seed=7)
    expected = wsl.Session(data=log, graph=graph, target="rt", seed=7).run(PROGRAM)
    result = session.run(PROGRAM)
    assert result.scenarios[0].estimate("P95(rt)") == expected.scenarios[0].estimate("P95(rt)")
    assert result.scenarios[0].to_arrow().num_rows == result.scenarios[0].rows


def test_graphs_come_as_networkx_path_dot_or_graph_text(
    log: dict[str, Any], graph: nx.DiGraph, tmp_path: Path
) -> None:
    dot = "digraph { " + "; ".join(f"{a} -> {b}" for a, b in cdn.EDGES) + " }"
    (tmp_path / "g.dot").write_text(dot)
    text = "GRAPH { " + "; ".join(f"{a} -> {b}" for a, b in cdn.EDGES) + " }"
    answers = {
        wsl.Session(data=log, graph=form, target="rt").run(PROGRAM).scenarios[0].estimate("MEAN(rt)").scenario
        for form in (graph, dot, text, tmp_path / "g.dot", str(tmp_path / "g.dot"))
    }
    assert len(answers) == 1


def test_results_show_themselves(log: dict[str, Any], graph: nx.DiGraph, tmp_path: Path) -> None:
    result = wsl.Session(data=log, graph=graph, target="rt").run(PROGRAM)
    assert json.loads(result.to_json())["status"] == "ok"
    assert result.to_html().startswith("<!DOCTYPE html>")
    assert "MEAN(rt)" in result.to_text()
    assert result.plot(tmp_path / "p.png").content == (tmp_path / "p.png").read_bytes()
    with pytest.raises(KeyError, match=r"MEAN\(rt\)"):
        result.scenarios[0].estimate("MEAN(other)")


def test_errors_are_raised_with_all_findings_and_change_nothing(
    log: dict[str, Any], graph: nx.DiGraph
) -> None:
    session = wsl.Session(data=log, graph=graph, target="rt")
    session.run("USE WHERE region == ind")
    before = session.state
    with pytest.raises(wsl.WslError) as caught:
        session.run("INTERVENE SET fe = nowhere\nINTERVENE SET rt = 4")
    assert [finding.code for finding in caught.value.diagnostics] == ["WSL-N002", "WSL-C001"]
    assert session.state is before
    assert [finding.code for finding in session.check("ESTIMATE MEAN(rtx)")] == ["WSL-N001"]


def test_programs_of_a_session_build_on_one_another(log: dict[str, Any], graph: nx.DiGraph) -> None:
    session = wsl.Session(data=log, graph=graph, target="rt")
    session.run("USE WHERE region == ind", report_unasked=False)
    first = session.run("INTERVENE SET fe = twn\nESTIMATE MEAN(rt)")
    whole = wsl.Session(data=log, graph=graph, target="rt").run(f"{PROGRAM}\nESTIMATE MEAN(rt)")
    assert (
        first.scenarios[0].estimate("MEAN(rt)").difference
        == whole.scenarios[0].estimate("MEAN(rt)").difference
    )
    again = session.run("ESTIMATE P95(rt)")
    assert [e.expression for e in again.scenarios[0].estimates] == ["P95(rt)"]


def test_a_plan_after_a_run_is_of_the_new_program(log: dict[str, Any], graph: nx.DiGraph) -> None:
    session = wsl.Session(log, graph, "rt")
    program = "USE WHERE region == ind\nINTERVENE SET fe = twn\nESTIMATE MEAN(rt)"
    session.run(program)
    (again,) = session.plan(program)
    assert "estimate" in {step.action for step in again.steps}
    (further,) = session.plan("ESTIMATE P95(rt)")
    assert "P95(rt)" in " ".join(step.detail + " ".join(step.variables) for step in further.steps)


def test_data_is_listed_once_and_where_it_is_only_described(log: dict[str, Any], graph: nx.DiGraph) -> None:
    twice = "USE * AS a\nESTIMATE MEAN(rt)\nGRAPH { region -> rt; rt : NUMBER [ms] } TARGET rt\n"
    twice += "USE * AS b\nESTIMATE MEAN(rt)"
    assert [data.rows for data in wsl.Session(log, graph, "rt").run(twice).data] == [len(log["rt"])]
    assert len(wsl.Session(log, graph, "rt").run("DESCRIBE rt").data) == 1


def test_what_is_given_is_looked_at(log: dict[str, Any]) -> None:
    text = "# calls\nGRAPH { region -> rt } TARGET rt"
    assert wsl.Session(log, text).run("USE *\nESTIMATE MEAN(rt)").scenarios[0].target == "rt"
    with pytest.raises(TypeError, match="networkx DiGraph"):
        wsl.Session(log, [("a", "b")])
    for seed in (-1, "x", 2**63, True):
        with pytest.raises(ValueError, match="whole number"):
            wsl.Session(log, seed=seed)
    with pytest.raises(wsl.WslError, match=r"`regin` \(line 1, column 11\), and 1 more"):
        wsl.Session(log).run("USE WHERE regin == ind AND nowhere > 3")
    assert {"Session", "WslError", "parse", "format"} <= set(dir(wsl))


def test_datasets_are_bound_by_name(log: dict[str, Any], graph: nx.DiGraph) -> None:
    half = {name: values[:1_000] for name, values in log.items()}
    session = wsl.Session(data={"all": pa.table(log), "half": pa.table(half)}, graph=graph, target="rt")
    result = session.run("USE all\nESTIMATE COUNT(*)\nUSE half\nESTIMATE COUNT(*)")
    assert [scenario.estimates[0].scenario for scenario in result.scenarios] == [2_000, 1_000]


def test_parse_and_format_are_public() -> None:
    assert wsl.format("use  * where a==1") == "USE * WHERE a == 1\n"
    assert len(wsl.parse("USE *\nESTIMATE MEAN(x)").statements) == 2
    with pytest.raises(wsl.WslError):
        wsl.parse("USE WHERE")


def test_parents_that_vary_little_are_no_fault() -> None:
    """Constant and tied columns, and one with a single value per parent."""
    generator = np.random.default_rng(0)
    data = {"a": np.ones(500), "b": generator.integers(0, 2, 500), "c": generator.normal(5, 1, 500)}
    result = wsl.Session(data=data).run("GRAPH { a, b -> c } TARGET c\nUSE *\nINTERVENE SET b = 1")
    assert result.scenarios[0].estimate("MEAN(c)").difference == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("cdn/*.csv", "cdn"),
        ("cdn/[12].csv", "cdn"),
        ("cdn/log-*.csv", "log"),
        ("cdn/**/*.csv", "cdn"),
        ("cdn/1.csv", "1"),
        ("cdn", "cdn"),
        ("*/1.csv", "1"),
        ("*/*.csv", "data"),
    ],
)
def test_a_dataset_is_named_after_what_is_fixed_in_its_location(
    location: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdn").mkdir()
    for file in ("1", "log-1"):
        (tmp_path / "cdn" / f"{file}.csv").write_text("a,b\n1,2\n2,1\n")
    program = f'GRAPH {{ a -> b }} TARGET b\nUSE FROM "{location}"\nESTIMATE MEAN(b)'
    assert wsl.Session().run(program).scenarios[0].dataset == name
    assert wsl.Session(data=location).run("USE *\nESTIMATE MEAN(b)").scenarios[0].dataset == name


def test_a_picture_is_shown_in_short(log: dict[str, Any], graph: nx.DiGraph, tmp_path: Path) -> None:
    picture = wsl.Session(data=log, graph=graph, target="rt").run(PROGRAM).plot()
    assert repr(picture) == f"<PNG picture, {len(picture.content):,} bytes>"
    assert picture._repr_png_() is picture.content
