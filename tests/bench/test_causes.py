"""The benchmark of causes counts what it should: in most tests what EXPLAIN answers is made up."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from wsl.bench.causes import asking, null, petshop, shop, synthetic, throughput
from wsl.examples.random_systems import draw
from wsl.results import Cause, Explanation
from wsl.tools.main import main


def cause(variable: str, rank: int, **others: Any) -> Cause:
    return Cause(rank, variable, 1.0, 1, 9, 0.0, (), None, (), **others)


BLANK = Explanation(
    target="c",
    method="SCORE_ORDERING",
    line=1,
    dataset="data",
    parameters={},
    window="",
    window_rows=1,
    normal=None,
    normal_rows=9,
    guard_rows=0,
    observation={},
    at=None,
    row=9,
    itself=cause("c", 0),
    p_target=0.5,
    p_is_approximate=False,
    target_resolution=0.1,
    resolution=0.1,
    causes=(),
    top=5,
)


def explanation(method: str, *ranked: str, flagged: str = "") -> Explanation:
    """Blocks of candidates, each of letters that are tied."""
    causes = [
        cause(name, rank, flagged=name in flagged if method == "TRAVERSAL" else None)
        for rank, block in enumerate(ranked, start=1)
        for name in block
    ]
    return replace(BLANK, method=method, causes=tuple(causes))


class Scores:
    """A session that ranks variables by how far they are from their means, whatever the method."""

    asked: ClassVar[list[str]] = []

    def __init__(self, data: Mapping[str, Any], graph: Any, target: str, threads: int) -> None:
        self.data = data

    def run(self, program: str) -> Any:
        Scores.asked.append(program)
        target, where, moment, normal, using = re.match(
            r"EXPLAIN (\w+) (AT|WHERE) moment (?:==|>=) '(.*)' AGAINST WHERE moment < '(.*)' USING (.*)",
            program,
        ).groups()
        rows, first = (int((np.datetime64(when) - asking.START).astype(int)) for when in (normal, moment))
        assert where == "AT" or first == rows
        apart = {
            name: abs(values[first] - np.nanmean(values[:rows])) / (np.nanstd(values[:rows]) or 1)
            for name, values in self.data.items()
            if name != "moment"
        }
        ordered = sorted(apart, key=lambda name: -np.nan_to_num(apart[name]))
        p = {name: min(1.0, 2 * float(np.exp(-(apart[name] ** 2) / 2))) for name in ordered}
        causes = tuple(
            cause(name, rank, p_normal=p[name], p_others=None) for rank, name in enumerate(ordered, start=1)
        )
        flagged = tuple(replace(one, flagged=one.rank == 1) for one in causes)
        methods = [using_of.partition("(")[0].strip() for using_of in using.partition(" WITH")[0].split(", ")]
        found = [
            replace(BLANK, target=target, method=name, causes=flagged if name == "TRAVERSAL" else causes)
            for name in methods
        ]
        return SimpleNamespace(explanations=tuple(found), diagnostics=())


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> type[Scores]:
    monkeypatch.setattr(asking, "Session", Scores)
    monkeypatch.setattr(Scores, "asked", [])
    return Scores


def study(capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> dict[str, Any]:
    assert main(["bench", "causes", "--study", name, *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_ties_count_as_a_hit_or_as_the_chance_of_one() -> None:
    found = explanation("SCORE_ORDERING", "ab", "cde", "f")
    assert [asking.within(found, "d", count) for count in (1, 2, 3)] == [False, True, True]
    assert [asking.shown(found, "d", count) for count in (1, 3, 4)] == [False, False, True]
    assert [asking.expected(found, name, 2) for name in "adfx"] == [1 / 2, pytest.approx(1 / 3), 0, 0]
    assert asking.first(found, "a") == 1 / 2
    assert asking.first(found, "d") == 0


def test_traversal_names_one_of_those_that_it_flags() -> None:
    found = explanation("TRAVERSAL", "ab", "cd", flagged="abc")
    assert asking.first(found, "c") == pytest.approx(1 / 3)
    assert asking.first(found, "d") == 0
    assert not asking.within(found, "d", 3)
    assert asking.first(explanation("TRAVERSAL", "ab"), "a") == 0, "none is flagged"


def test_rates_are_told_apart_by_the_number_of_candidates() -> None:
    answers = [
        {"candidates": count, **dict.fromkeys(synthetic.RATED, chance)}
        for count, chance in ((1, 1.0), (2, 1.0), (4, 0.5), (8, 0.0))
    ]
    found = synthetic._summary(3.0, answers)
    assert (found["all"]["draws"], found["many"]["draws"]) == (4, 2)
    assert found["all"]["chance"] == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 8) / 4)
    assert found["many"]["CIRCA"] == {"rate": 0.25, "error": pytest.approx(0.5)}
    assert synthetic._rates([])["CIRCA"] == {"rate": None, "error": None}


def test_explain_finds_causes_of_random_systems(capsys: pytest.CaptureFixture[str]) -> None:
    """What it answers itself: few draws, which tell only that it is far from chance."""
    arguments = ("--draws", "2", "--nodes", "15", "--rows", "300", "--sizes", "5", "--repeats", "1")
    *_, strongest = study(capsys, "synthetic", *arguments)["strengths"]
    rates = strongest["all"]
    assert all(rates[method]["rate"] >= rates["chance"] for method in asking.METHODS)
    assert rates["CONDITIONAL"]["rate"] == 1


def test_a_column_that_only_one_side_has_is_missing_on_the_other(scores: type[Scores]) -> None:
    asked = asking.session({"a": np.arange(3.0)}, {"a": np.ones(1), "b": np.ones(1)}, "digraph {a -> b}", "b")
    assert asked.data["a"].tolist() == [0, 1, 2, 1]
    assert np.isnan(asked.data["b"]).tolist() == [True, True, True, False]
    assert str(asked.data["moment"][-1]) == "2024-01-01T00:00:03.000000"


def test_random_systems_are_asked_once(
    capsys: pytest.CaptureFixture[str], scores: type[Scores], tmp_path: Path
) -> None:
    results = tmp_path / "results.jsonl"
    arguments = ("--draws", "2", "--nodes", "8", "--rows", "200", "--sizes", "10,12", "--repeats", "1")
    arguments = (*arguments, "--results", str(results))
    document = study(capsys, "synthetic", *arguments)
    assert [strength["strength"] for strength in document["strengths"]] == [2.0, 2.5, 3.0]
    assert all(0 <= strength["all"]["TOCA"]["rate"] <= 1 for strength in document["strengths"])
    assert [size["nodes"] for size in document["speed"]] == [10, 12]
    asked = len(scores.asked)
    assert asked == 2 * 3 + 2 * 2 * len(asking.METHODS)
    assert study(capsys, "synthetic", *arguments) == document
    assert len(scores.asked) == asked, "nothing is measured twice"
    assert main(["bench", "causes", *arguments]) == 0
    assert "| candidates, mean " in capsys.readouterr().out


def test_speed_is_that_of_as_many_candidates_as_variables() -> None:
    incident = draw(3, 12, 200)
    found = synthetic.gathered(incident)
    assert found.candidates == set(found.normal) == set(found.anomaly) > set(incident.normal)
    assert all(len(its) <= synthetic.SUMMED for name, its in found.parents.items() if name.startswith("sum"))
    assert found.edges[: len(incident.edges)] == incident.edges


def test_small_p_values_are_counted_by_variable() -> None:
    draws = [
        {
            "marginal": {"a": 0.005, "b": 0.03},
            "conditional": {"a": None},
            "cumulative": {},
            "window": {"c": 1.0},
        },
        {
            "marginal": {"a": 0.02, "b": 0.5},
            "conditional": {"a": 0.04},
            "cumulative": {},
            "window": {"c": 0.01},
        },
    ]
    counts = null._count(draws)
    assert counts["marginal"] == {"a": [2, 1, 2], "b": [2, 0, 1]}
    assert counts["conditional"] == {"a": [1, 0, 1]}
    rates = null._rates([counts, counts], 4)
    one, five = rates["marginal"]["levels"]
    assert (one["rate"], one["variable"], one["highest"]) == (0.25, "a", 0.5)
    assert (five["rate"], five["bound"]) == (0.75, pytest.approx(0.05 + 2 * np.sqrt(0.05 * 0.95 / 4)))
    assert not five["within"]
    assert rates["conditional"]["given"] == 0.5
    assert rates["cumulative"]["levels"][0]["rate"] is None


@pytest.mark.parametrize("kind", null.DATA)
def test_what_the_null_is_asked_of(kind: str) -> None:
    drawn = null.DATA[kind](np.random.default_rng(1), 5_000)
    assert set(drawn) == {"a", "b", "c"}
    assert all(np.isfinite(values).all() for values in drawn.values())
    tied = [len(np.unique(values)) / 5_000 for values in drawn.values()]
    assert (max(tied) < 1) == (kind in ("discrete", "capped"))
    if kind == "capped":
        assert all(0.05 < (values == values.max()).mean() < 0.2 for values in drawn.values())


def test_the_null_is_resumed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    arguments = ("--draws", "3", "--results", str(results))
    document = study(capsys, "null", *arguments)
    assert document["draws"] == 3
    assert set(document["kinds"]) == set(null.DATA)
    before = results.read_text()
    assert study(capsys, "null", *arguments) == document
    assert results.read_text() == before
    assert main(["bench", "causes", "--study", "null", *arguments]) == 0
    assert "| capped: window " in capsys.readouterr().out


def write_petshop(folder: Path) -> None:
    """Three services, site -> api -> db; the db is at fault, and another service is never measured."""
    place = folder / "petshop" / "low_traffic"
    heads = "microservice,Site,api,db,Site\nmetric,latency,latency,latency,requests\n"
    heads += "statistic,Average,Average,Average,Sum\nunix_timestamp,,,,\n"
    normal = "".join(f"{i},{1 + i % 3},{1 + i % 5},{1 + i % 7},9\n" for i in range(40))
    issue = "1,3,2,2,9\n2,2,2,2,9\n3,20,30,90,9\n4,20,,90,9\n5,20,30,90,9\n"
    files = {
        "graph.csv": ",Site,api,db,gone\nSite,0,1,0,1\napi,0,0,1,0\ndb,0,0,0,0\ngone,0,0,0,0\n",
        "noissue/metrics.csv": heads + normal,
        "train/issue_0/metrics.csv": heads + issue,
        "train/issue_0/target.json": json.dumps(
            {"target": {"node": "Site", "metric": "latency"}, "root_cause": {"node": "db"}}
        ),
    }
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)


def test_petshop_is_read_against_its_calls(tmp_path: Path) -> None:
    write_petshop(tmp_path)
    place = tmp_path / "petshop" / "low_traffic"
    assert set(petshop.causes_of(place / "graph.csv").edges) == {
        ("api", "Site"),
        ("gone", "Site"),
        ("db", "api"),
    }
    (issue,) = petshop.issues(place)
    assert (issue.name, issue.target, issue.metric, issue.cause) == ("train/issue_0", "Site", "latency", "db")
    assert list(issue.rows) == ["Site", "api", "db"]
    assert np.isnan(issue.rows["api"]).tolist() == [False, False, False, True, False]


def test_petshop_is_asked_by_three_protocols(tmp_path: Path, scores: type[Scores]) -> None:
    write_petshop(tmp_path)
    place = tmp_path / "petshop" / "low_traffic"
    (issue,) = petshop.issues(place)
    normal = petshop.read(place / "noissue" / "metrics.csv", "latency")
    graph = petshop.causes_of(place / "graph.csv")
    found = {way: petshop.ask(way, normal, issue, graph) for way in petshop.PROTOCOLS}
    assert found["third row"]["SCORE_ORDERING"] == {tie: [1.0, 1.0] for tie in petshop.TIES}
    assert found["window"]["SCORE_ORDERING"]["hit"] == [0.0, 1.0], "its first row is as usual"
    assert scores.asked[0] == (
        "EXPLAIN Site WHERE moment >= '2024-01-01T00:00:40' AGAINST WHERE moment < '2024-01-01T00:00:40' "
        "USING TRAVERSAL WITH (protocol = paper)\n"
    )
    answers = [{"metric": metric, "found": found} for metric in petshop.METRICS]
    assert petshop.rates(answers, "window", "SCORE_ORDERING", "hit") == [0.0, 0.0, 1.0, 1.0]
    hits, ties, _ = petshop.tables({"issues": answers})
    assert "0.00 (0.14)" in str(hits)
    assert "TRAVERSAL, paper's protocol" in str(ties)


def test_a_shop_with_a_slow_cache(
    capsys: pytest.CaptureFixture[str], scores: type[Scores], tmp_path: Path
) -> None:
    services = sorted({name for edge in shop.EDGES for name in edge})
    usual = np.random.default_rng(1).uniform(1, 2, (50, 11)).round(3)
    slow = usual[:3] + 100 * (np.array(services) == shop.CAUSE)
    (tmp_path / "microservice").mkdir()
    for name, rows in (
        ("normal_10000.csv", usual),
        ("anomaly_1.csv", slow[:1]),
        ("anomaly_caching_plus2_1000.csv", slow),
    ):
        lines = [",".join(services), *(",".join(map(str, row)) for row in rows)]
        (tmp_path / "microservice" / name).write_text("\n".join(lines) + "\n")
    document = study(capsys, "shop", "--data", str(tmp_path), "--repeats", "1")
    assert document["draws"] == 3
    assert all(found["first"] == [shop.CAUSE] for found in document["methods"].values())
    assert all(found["rate"] == 1 for found in document["methods"].values())
    assert set(document["speed"]) == set(shop.AIMS)
    assert "Caching Service" in "".join(map(str, shop.tables(document)))


def test_throughput_compares_scores(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throughput, "VARIABLES", 2)
    document = study(capsys, "throughput", "--score-rows", "2000")
    assert document["difference"] < 0.7, "they differ where the tails are unequal"
    assert all(seconds > 0 for seconds in document["seconds"].values())
    scores = throughput.numpy_scores(np.arange(1.0, 10.0))
    assert scores(np.array([0.0, 5.5, 99.0])) == pytest.approx([np.log(10), -np.log(9 / 10), np.log(10)])


def test_real_data_is_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WSL_DATA", raising=False)
    assert main(["bench", "causes", "--study", "petshop"]) == 2
    assert "--study petshop needs the real data sets: --data DIR, or WSL_DATA" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["bench", "causes", "--study", "petshop", "--data", "nowhere"])
    assert "there is no folder nowhere" in capsys.readouterr().err
