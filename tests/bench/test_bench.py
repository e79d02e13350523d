"""The benchmarks run, at sizes that say nothing of speed, and say what they should."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from wsl.bench import accuracy
from wsl.bench.cases import CASES, repeated
from wsl.bench.tables import Table, millions
from wsl.examples import cdn
from wsl.tools.main import main


def bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["bench", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_list_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "list"]) == 0
    assert re.findall(r"^\w+", capsys.readouterr().out, re.M) == [
        "accuracy",
        "causes",
        "coverage",
        "graphs",
        "measured",
        "shares",
        "speed",
        "start",
    ]


def test_an_unknown_benchmark_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "sped"]) == 2
    error = capsys.readouterr().err
    assert "there is no benchmark sped; there are accuracy, causes, coverage, graphs, measured, " in error


def test_tables_are_put_into_their_place_in_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench start -->\nold\n<!-- end -->\nafter\n")
    arguments = ["bench", "start", "--repeats", "1", "--rows", "500", "--into", str(page)]
    assert main(arguments) == 0
    before, _, rest = page.read_text().partition("<!-- bench start -->\n")
    tables, _, after = rest.partition("<!-- end -->")
    assert (before, after) == ("before\n", "\nafter\n")
    assert "### Start: seconds" in tables
    assert "old" not in tables
    assert main([*arguments[:-1], str(tmp_path / "other.md")]) == 2


def test_the_page_of_figures_holds_the_tables_of_every_benchmark() -> None:
    text = (Path(__file__).parents[2] / "docs" / "figures.md").read_text("utf-8")
    names = re.findall(r"<!-- bench (.+) -->", text)
    assert {"accuracy", "coverage", "coverage mesh", "coverage repeated", "graphs", "shares"} < set(names)
    for name in names:
        tables = text.partition(f"<!-- bench {name} -->")[2].partition("<!-- end -->")[0]
        assert "\n| ---" in tables, name


def test_a_wrong_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["bench", "accuracy", "--rows", "10000,many"])
    assert stopped.value.code == 2
    assert "a whole number from 1 is needed, not 'many'" in capsys.readouterr().err


def test_accuracy_is_near_the_truth_and_changing_nothing_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Two logs that were not used while building; the release's figures come from twenty."""
    results = tmp_path / "results.jsonl"
    arguments = ("--seeds", "2", "--rows", "10000", "--reference", "100000", "--results", str(results))
    (size,) = bench(capsys, "accuracy", *arguments)["sizes"]
    *cases, mean = size["cases"]
    assert len(cases) == 5
    assert mean["distribution"]["excess"] <= 0.03
    assert all(case["distribution"]["relative_error"] < 0.5 for case in cases)
    requests = size["requests"]
    assert requests["error"] <= requests["floor"] + 0.025
    assert (requests["no_change"], requests["no_change_cdf"]) == (0.0, 0.0)

    lines = results.read_text().splitlines()
    assert len(lines) == 4, "two logs, two estimators"
    results.write_text("\n".join([*lines[:3], lines[3][:100]]))
    (resumed,) = bench(capsys, "accuracy", *arguments)["sizes"]
    assert resumed == size


def test_methods_are_compared_on_the_same_logs_only(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A peer asked of the first log alone, which was easy, stands beside our answers to that log alone."""

    def line(method: str, seed: int, cdf: float) -> str:
        answer = {"cdf": cdf, "floor": 0.0, "effect": 2.0, "sampled_effect": 1.0, "true_effect": 1.0}
        requests = {"error": 0.0, "floor": 0.0, "no_change": 0.0, "no_change_cdf": 0.0}
        record = {"rows": 9, "seed": seed, "method": method, "requests": requests}
        return json.dumps({**record, "answers": {case.name: answer for case in CASES}})

    results = tmp_path / "results.jsonl"
    ours = [line(m, seed, 0.1 * seed) for m in ("distribution", "paper") for seed in (1, 2)]
    results.write_text("\n".join([*ours, line("dowhy", 1, 0.5)]))
    options = Namespace(
        subject="usual",
        rows=[9],
        first_seed=1,
        seeds=2,
        peers=True,
        peer_seeds=1,
        results=results,
        reference=1,
    )
    document = accuracy.measure(options, print)
    found = [(s["seeds"], s["methods"], s["cases"][0]["distribution"]["excess"]) for s in document["sizes"]]
    assert found == [
        ([1, 2], ["distribution", "paper"], pytest.approx(0.15)),
        ([1, 1], ["distribution", "paper", "dowhy"], pytest.approx(0.1)),
    ]


def test_a_small_change_is_asked_of_logs_that_others_were_asked_of(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the results of both in one file."""
    results = tmp_path / "results.jsonl"
    arguments = ("--seeds", "1", "--rows", "3000", "--reference", "50000", "--results", str(results))
    (usual,) = bench(capsys, "accuracy", *arguments)["sizes"]
    (small,) = bench(capsys, "accuracy", "--cases", "small", *arguments)["sizes"]
    (case,) = small["cases"]
    assert 3 < case["true_effect"] < 10
    assert case["distribution"]["effect_error"] < 5
    before = results.read_text()
    assert bench(capsys, "accuracy", *arguments)["sizes"] == [usual]
    assert bench(capsys, "accuracy", "--cases", "small", *arguments)["sizes"] == [small]
    assert results.read_text() == before, "nothing is measured twice"


TINY = ("--seeds", "2", "--rows", "4000")


@pytest.mark.parametrize("log", ["cdn", "mesh", "repeated"])
def test_coverage_of_every_kind_of_log(capsys: pytest.CaptureFixture[str], tmp_path: Path, log: str) -> None:
    """Two small logs of each: what is asked is answered with intervals, and kept for the next run."""
    results = tmp_path / "results.jsonl"
    arguments = ("--log", log, *TINY, "--reference", "20000", "--results", str(results))
    (size,) = bench(capsys, "coverage", *arguments)["sizes"]
    assert len(size["methods"]) == (2 if log == "repeated" else 1)
    for cells in size["methods"].values():
        assert len(cells) == 20
        assert all(cell["half_width"] > 0 for cell in cells)
        assert sum(cell["coverage"] for cell in cells) > 10, "most intervals contain the truth"
    before = results.read_text()
    assert bench(capsys, "coverage", *arguments)["sizes"] == [size]
    assert results.read_text() == before

    page = tmp_path / "page.md"
    section = "coverage" if log == "cdn" else f"coverage {log}"
    page.write_text(f"<!-- bench {section} -->\n<!-- end -->\n")
    assert main(["bench", "coverage", *arguments, "--into", str(page)]) == 0
    assert "### Share of intervals that contain the truth" in page.read_text()


def test_near_duplicates_are_each_a_request_of_the_population() -> None:
    """Alone, a row has the distribution of the CDN's; with its bunch, it is no news."""
    log, alone = repeated(100_000, 1), cdn.generate(20_000, 2)
    assert (np.bincount(log["request"]) == 5).all()
    for name in ("rtt", "febe_rtt", "be_time", "rt"):
        assert ks_2samp(log[name][::5], alone[name]).pvalue > 0.001
        first, second = (np.log(log[name][start::5]) for start in (0, 1))
        assert np.corrcoef(first, second)[0, 1] > 0.95
        assert (first != second).mean() > 0.9


def test_shares_are_within_bounds_whatever_becomes_of_the_noise(capsys: pytest.CaptureFixture[str]) -> None:
    (size,) = bench(capsys, "shares", "--seeds", "1", "--rows", "2000")["sizes"]
    kept, redrawn = size["noises"]["kept"], size["noises"]["redrawn"]
    assert all(cell["contained"] == cell["warned"] == 1 for cell in [*kept, *redrawn])
    assert all(cell["bounds"][0] <= cell["coupled"] <= cell["bounds"][1] for cell in kept)
    errors = [sum(cell["error"] for cell in cells) / len(cells) for cells in (kept, redrawn)]
    assert errors[0] < 0.05
    assert errors[1] > 0.1, "ranks are not kept there"


def test_graphs_that_lack_an_edge_are_asked_beside_the_whole_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without rtt -> rt, half a round trip hardly matters step by step, and the second answer says so."""
    results = tmp_path / "results.jsonl"
    arguments = ("--seeds", "1", "--rows", "3000", "--cases", "round trip", "--reference", "20000")
    arguments = (*arguments, "--results", str(results))
    (size,) = bench(capsys, "graphs", *arguments)["sizes"]
    removals = {removal["edge"]: removal for removal in size["removals"]}
    assert len(removals) == 12, "edges into rtt and what follows from it"
    worst = removals["rtt -> rt"]
    assert (worst["moved"], worst["second"], worst["covered"]) == (1, 1, 1)
    assert worst["error"] > 0.5
    every = size["summary"][-1]
    assert every["questions"] == 12
    assert every["moved"] == every["caught"] + every["missed"]
    before = results.read_text()
    assert bench(capsys, "graphs", *arguments)["sizes"] == [size]
    assert results.read_text() == before


def test_speed_measures_every_step_beside_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    document = bench(capsys, "speed", "--rows", "6000")
    (size,) = document["sizes"]
    assert {step["step"] for step in size["steps"]} == {
        "index",
        "fit",
        "redraw, random",
        "redraw, nearest",
        "paper's estimator",
        "one estimator",
    }
    assert all(step["cpu_seconds"] > 0 for step in size["steps"])
    assert all(limit > 0 for limit in document["limits"].values())
    assert document["memory"][0]["peak_bytes"] > 50e6


def test_start_times_commands_beside_python_itself(capsys: pytest.CaptureFixture[str]) -> None:
    document = bench(capsys, "start", "--repeats", "1", "--rows", "2000")
    cpu = {c["command"]: c["cpu"] for c in document["commands"]}
    assert cpu["python -c pass"] < cpu["wslang run quickstart.wsl"]
    assert len(cpu) == 5


def test_tables_are_markdown_with_straight_columns() -> None:
    table = Table(
        "Speed", ["step", "rate"], [["index", millions(24.06e6)], ["redraw", millions(0.61e6)]], "Ok."
    )
    assert str(table) == (
        "### Speed\n\n"
        "| step   |   rate |\n"
        "| ------ | -----: |\n"
        "| index  |   24 M |\n"
        "| redraw | 0.61 M |\n\n"
        "Ok."
    )
