"""The command line: exit codes, what goes where, and files written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from wsl.tools.progress import Progress

from .conftest import Output

Wslang = Callable[..., Output]
HEAD = 'GRAPH FROM "data/cdn.dot" TARGET rt\nUSE FROM "data/cdn.parquet"\n'
LENIENT = f"{HEAD.rstrip()} ON UNSUPPORTED FAIL ABOVE 100%\n"
WHAT_IF = f"{HEAD}INTERVENE SET sB *= 1.2\nESTIMATE MEAN(rt), P95(rt)\n"


def test_run_answers_on_stdout_and_keeps_stderr_for_findings(wslang: Wslang) -> None:
    done = wslang("run", "program.wsl", program=WHAT_IF)
    assert done.code == 0
    assert "MEAN(rt)" in done.out
    assert done.err == ""


def test_json_is_one_object_with_the_fields_that_programs_rely_on(wslang: Wslang) -> None:
    done = wslang(
        "run", "program.wsl", "--format", "json", "--seed", "7", program=WHAT_IF + "ESTIMATE CDF(rt)"
    )
    result = json.loads(done.out)
    assert {
        "schema",
        "version",
        "seed",
        "status",
        "exit",
        "diagnostics",
        "data",
        "scenarios",
        "explanations",
    } <= set(result)
    assert (result["schema"], result["seed"], result["status"], result["exit"]) == (1, 7, "ok", 0)
    (scenario,) = result["scenarios"]
    assert scenario["updated"][0] == ["sB"]
    assert [e["expression"] for e in scenario["estimates"]] == ["MEAN(rt)", "P95(rt)"]
    assert len(scenario["cdf"][0]["value"]) <= 1001


def test_json_is_printed_even_on_failure(wslang: Wslang) -> None:
    done = wslang("run", "program.wsl", "--format", "json", program="USE *\nESTIMATE MEAN(x)")
    result = json.loads(done.out)
    assert (done.code, result["status"], result["exit"]) == (1, "invalid", 1)
    assert result["diagnostics"][0]["code"] == "WSL-N009"


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (f"{WHAT_IF}EXPECT P95(rt) <= 2 * BASELINE(P95(rt))", 0),
        (f"{WHAT_IF}EXPECT P95(rt) <= 0.5 * BASELINE(P95(rt))", 4),
        (f"{WHAT_IF}EXPECT P95(nothing) <= 5", 1),
        (f"{HEAD}INTERVENE SET sB = \nESTIMATE", 1),
        ('USE FROM "data/none.parquet"\nESTIMATE MEAN(rt)', 2),
        ('GRAPH FROM "data/none.dot" TARGET rt', 2),
        (f"{HEAD}INTERVENE SETDIST sB FILE 'none.csv'\nESTIMATE MEAN(rt)", 2),
        ('USE FROM "/etc/passwd"', 2),
        ('USE FROM "../secret.csv"', 2),
        ('USE FROM "https://example.org/x.csv"', 2),
    ],
)
def test_exit_codes(wslang: Wslang, program: str, code: int) -> None:
    done = wslang("run", "program.wsl", program=program)
    assert done.code == code, done.err
    # What check reports with the same data, run exits with.
    assert wslang("check", "program.wsl").code == (0 if code == 4 else code)


def test_usage_errors_exit_with_2(wslang: Wslang) -> None:
    for arguments in (
        ("run", "none.wsl"),
        ("run", "data"),
        ("run", "program.wsl", "--data", "a=x.csv", "--data", "a=y.csv"),
        ("run", "program.wsl", "--seed", "-1"),
        ("run", "program.wsl", "--engine", "spark"),
        ("run", "program.wsl", "--param", "novalue"),
        ("run", "program.wsl", "--plot", "picture.gif"),
        ("run", "program.wsl", "--report", "nowhere/report.html"),
        ("explain", "WSL-X999"),
        (),
    ):
        done = wslang(*arguments, program=WHAT_IF)
        assert done.code == 2, arguments
        assert done.err
        assert "Traceback" not in done.err


def test_a_word_of_the_language_is_explained_by_a_section_that_is_there(wslang: Wslang) -> None:
    docs = Path(__file__).parents[2]
    for word in ("score_ordering", "TOCA", "EXPLAIN", "using", "WITH", "BETWEEN", "REVERSED"):
        done = wslang("explain", word)
        assert done.code == 0, word
        page, section = done.out.rstrip().partition(": ")[2].split(", ")
        assert f"\n## {section}\n" in (docs / page).read_text("utf-8"), word
    assert "docs/language.md, each of these" in wslang("explain", "WHERE").out


def test_deny_warning_makes_a_warning_an_error(wslang: Wslang) -> None:
    program = f"{HEAD}INTERVENE SET sB *= 1.2 WHERE region == 'nowhere'\nESTIMATE MEAN(rt)"
    assert wslang("run", "program.wsl", program=program).code == 0
    assert wslang("run", "program.wsl", "--deny", "warning").code == 1
    assert wslang("check", "program.wsl", "--deny", "warning").code == 1


def test_denied_warnings_stop_a_run_before_it_writes(wslang: Wslang, folder: Path) -> None:
    lint = f'{HEAD}INTERVENE SET sB *= 1.2 WHERE region = ind\nESTIMATE MEAN(rt) INTO "denied.csv"'
    done = wslang("run", "program.wsl", "--deny", "warning", "--report", "denied.html", program=lint)
    assert done.code == 1
    assert done.out == ""
    assert "nothing was run" in done.err
    assert not list(folder.glob("denied.*"))
    allowed = lint.replace(" INTO", " WITH (allow = 'WSL-P022') INTO").replace("= ind\n", "== ind\n")
    assert wslang("run", "program.wsl", "--deny", "warning", program=allowed).code == 0
    assert (folder / "denied.csv").exists()


def test_a_warning_that_only_the_run_finds_comes_before_a_failed_expectation(wslang: Wslang) -> None:
    program = f"{HEAD}INTERVENE SET sB = LOG(0 - sB) WHERE region == ind\nEXPECT MEAN(rt) < 0"
    assert wslang("run", "program.wsl", program=program).code == 4
    done = wslang("run", "program.wsl", "--deny", "warning", "--report", "kept.html")
    assert done.code == 1
    assert "FAIL" in done.out
    assert Path("kept.html").exists()


@pytest.mark.parametrize(
    ("options", "code", "status"),
    [
        (("--report", "page.pdf"), 2, "invalid"),
        (("--engine", "spark"), 2, "invalid"),
        (("--plot", "nowhere/plot.png"), 2, "invalid"),
    ],
)
def test_json_is_printed_where_the_command_line_is_at_fault(
    wslang: Wslang, options: tuple[str, ...], code: int, status: str
) -> None:
    done = wslang("run", "program.wsl", "--format", "json", *options, program=WHAT_IF)
    result = json.loads(done.out)
    assert (done.code, result["exit"], result["status"]) == (code, code, status)
    assert done.err


@pytest.mark.parametrize(
    ("raised", "code", "status", "finding"),
    [(KeyboardInterrupt, 130, "interrupted", "WSL-R102"), (MemoryError, 3, "failed", "WSL-R103")],
)
def test_json_is_printed_where_a_run_is_cut_off(
    wslang: Wslang, monkeypatch: pytest.MonkeyPatch, raised: type, code: int, status: str, finding: str
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("wsl.session.session.Session.run", cut_off)
    done = wslang("run", "program.wsl", "--format", "json", program=WHAT_IF)
    result = json.loads(done.out)
    assert (done.code, result["exit"], result["status"]) == (code, code, status)
    assert [found["code"] for found in result["diagnostics"]] == [finding]
    assert wslang("run", "program.wsl").out == ""


def test_answers_name_their_where_and_the_parameters(wslang: Wslang, folder: Path) -> None:
    program = f"PARAM site = twn\n{LENIENT}INTERVENE SET fe = site WHERE region == ind\n"
    program += (
        "ESTIMATE MEAN(rt), CDF(rt)\nESTIMATE MEAN(rt) WHERE tod < 6\nEXPECT MEAN(rt) < 9999 WHERE tod < 6"
    )
    done = wslang("run", "program.wsl", "--param", "site=sfo", "--report", "page.html", program=program)
    assert done.code == 0, done.err
    assert done.out.count("where tod < 6") == 2
    assert "site = sfo" in done.out
    page = (folder / "page.html").read_text()
    assert "where tod &lt; 6" in page
    assert "site = sfo" in page
    result = json.loads(wslang("run", "program.wsl", "--param", "site=sfo", "--format", "json").out)
    (scenario,) = result["scenarios"]
    assert result["parameters"] == {"site": "sfo"}
    assert [estimate["where"] for estimate in scenario["estimates"]] == [None, "tod < 6"]
    assert scenario["expectations"][0]["where"] == "tod < 6"
    header, *rows = wslang("run", "program.wsl", "--format", "csv").out.splitlines()
    place = header.split(",").index("where")
    assert [row.split(",")[place] for row in rows] == ["", "tod < 6", "tod < 6"]


def test_findings_of_the_parser_name_their_file(wslang: Wslang) -> None:
    found = json.loads(wslang("check", "program.wsl", "--output-format", "json", program="ESTIMAT").out)
    assert (found["code"][:5], found["file"]) == ("WSL-P", "program.wsl")
    assert "file=program.wsl" in wslang("check", "program.wsl", "--output-format", "github").out


def test_a_narrow_terminal_gets_records(wslang: Wslang, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsl.tools.run.terminal_width", lambda: 60)
    program = f"{WHAT_IF}ESTIMATE MEAN(rt), P95(rt) BY region"
    out = wslang("run", "program.wsl", program=program).out
    tables = [line for line in out.splitlines() if "difference" in line]
    assert tables
    assert max(map(len, tables)) <= 60
    assert re.search(r"^  region +zaf$", out, re.M)


def test_into_writes_once_and_never_over_an_input(wslang: Wslang, folder: Path) -> None:
    program = f'{WHAT_IF}ESTIMATE ROWS INTO "rows.parquet"\nESTIMATE MEAN(rt) BY region INTO "figures.csv"'
    done = wslang("run", "program.wsl", program=program)
    assert done.code == 0, done.err
    table = pq.read_table(folder / "rows.parquet")
    assert {"rt", "rt.replayed", "rt.expected", "rt.scenario", "sB", "sB.scenario"} <= set(table.column_names)
    assert table.num_rows == 3_000
    header = "scenario,expression,where,by.region,alias,unit,value,baseline,replayed,scenario_value,"
    header += "difference,rows"
    assert (folder / "figures.csv").read_text().splitlines()[0].replace('"', "") == header
    assert wslang("run", "program.wsl").code == 2
    assert wslang("run", "program.wsl", "--overwrite").code == 0
    over_input = f'{HEAD}ESTIMATE MEAN(rt) INTO "data/cdn.parquet"'
    before = (folder / "data" / "cdn.parquet").read_bytes()
    assert wslang("run", "program.wsl", "--overwrite", program=over_input).code == 2
    assert (folder / "data" / "cdn.parquet").read_bytes() == before


def test_check_and_plan_write_nothing(wslang: Wslang, folder: Path) -> None:
    program = f'{WHAT_IF}ESTIMATE ROWS INTO "rows.parquet"'
    assert wslang("check", "program.wsl", program=program).code == 0
    assert wslang("plan", "program.wsl").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["data", "program.wsl"]


def test_plan_shows_steps_as_text_json_and_dot(wslang: Wslang) -> None:
    text = wslang("plan", "program.wsl", program=WHAT_IF).out
    assert "redraw" in text
    assert "sP" in text
    (plan,) = json.loads(wslang("plan", "program.wsl", "--format", "json").out)
    assert "be_time" in plan["columns"]
    assert "tod" not in plan["columns"]
    assert wslang("plan", "program.wsl", "--format", "dot").out.startswith("digraph plan {")


def test_an_explanation_is_planned_and_debugged(wslang: Wslang) -> None:
    program = (
        f"{HEAD}EXPLAIN rt WHERE rt > 2000 AGAINST WHERE rt < 1500 USING TRAVERSAL(threshold = 2), TOCA\n"
        "USE *\nESTIMATE MEAN(rt)"
    )
    (why, what) = json.loads(wslang("plan", "program.wsl", "--format", "json", program=program).out)
    assert (why["scenario"], what["target"]) == ("EXPLAIN rt", "rt")
    assert [(step["action"], step["variables"][-1:]) for step in why["steps"]] == [
        ("select", []),
        ("explain", ["rt"]),
        ("compare", []),
        ("score", ["rt"]),
        ("rank", ["TRAVERSAL"]),
        ("rank", ["TOCA"]),
    ]
    assert "threshold = 2" in why["steps"][-2]["detail"]
    for stage in ("ast", "checked", "plan"):
        assert "TRAVERSAL" in wslang("debug", stage, "program.wsl", "--json").out
    without_data = "GRAPH { sB -> rt } TARGET rt\nEXPLAIN rt WHERE rt > 2000"
    shown = wslang("plan", "program.wsl", program=without_data)
    assert shown.code == 0
    assert "2 candidates" in shown.out


def test_report_and_plot_are_written(wslang: Wslang, folder: Path) -> None:
    program = f"{HEAD}INTERVENE SET sB *= 1.2"
    done = wslang("run", "program.wsl", "--report", "report.html", "--plot", "plot.svg", program=program)
    assert done.code == 0, done.err
    html = (folder / "report.html").read_text()
    assert "<svg" in html
    assert "INTERVENE SET sB" in html
    assert (folder / "plot.svg").read_text().lstrip().startswith("<?xml")
    assert wslang("run", "program.wsl", "--report", "report.html").code == 2


def test_fmt_writes_checks_and_shows_differences(wslang: Wslang, folder: Path) -> None:
    messy = "use  * where a==1 # why\n"
    assert wslang("fmt", "program.wsl", "--check", program=messy).code == 1
    assert "+USE * WHERE a == 1" in wslang("fmt", "program.wsl", "--diff").out
    assert wslang("fmt", "program.wsl", "--write").code == 0
    assert (folder / "program.wsl").read_text() == "USE * WHERE a == 1  # why\n"
    assert wslang("fmt", "program.wsl", "--check").code == 0


def test_fmt_keeps_permissions_and_links(wslang: Wslang, folder: Path) -> None:
    script, link = folder / "program.wsl", folder / "link.wsl"
    wslang("check", "program.wsl", program="use  *")
    script.chmod(0o750)
    link.symlink_to(script)
    assert wslang("fmt", "--write", "link.wsl").code == 0
    assert link.is_symlink()
    assert script.read_text() == "USE *\n"
    assert script.stat().st_mode & 0o777 == 0o750


def test_a_parameter_is_a_value_and_never_text(wslang: Wslang) -> None:
    program = f"PARAM site = twn\n{LENIENT}INTERVENE SET fe = site\nESTIMATE MEAN(rt)"
    default = wslang("run", "program.wsl", program=program).out
    given = wslang("run", "program.wsl", "--param", "site=fra").out
    assert default != given
    hostile = wslang("run", "program.wsl", "--param", "site=fra; ESTIMATE P50(rt)")
    assert hostile.code == 1
    assert "P50" not in hostile.out
    assert wslang("run", "program.wsl", "--param", "sight=fra").code == 1


def test_stages_can_be_printed(wslang: Wslang) -> None:
    for stage in ("ast", "checked", "plan"):
        done = wslang("debug", stage, "program.wsl", "--json", program=WHAT_IF)
        assert done.code == 0, done.err
        assert json.loads(done.out)


def test_check_formats_for_machines(wslang: Wslang) -> None:
    program = f"{HEAD}INTERVENE SET sB *= 1.2\nESTIMATE MEAN(rtt2)"
    line = json.loads(wslang("check", "program.wsl", "--output-format", "json", program=program).out)
    assert (line["code"], line["line"], line["column"], line["end_column"]) == ("WSL-N001", 4, 15, 19)
    sarif = json.loads(wslang("check", "program.wsl", "--output-format", "sarif").out)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "WSL-N001"
    assert wslang("check", "program.wsl", "--output-format", "github").out.startswith(
        "::error file=program.wsl"
    )


@pytest.mark.parametrize("command", [["--help"], ["check", "program.wsl"], ["fmt", "program.wsl"]])
def test_light_commands_load_no_heavy_library(wslang: Wslang, folder: Path, command: list[str]) -> None:
    wslang("fmt", "program.wsl", program=WHAT_IF)
    script = (
        "import sys\nfrom wsl.tools.main import main\n"
        f"try:\n    main({command!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'scipy', 'sklearn', 'numba', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_closed_pipe_is_no_fault(wslang: Wslang, folder: Path) -> None:
    wslang("fmt", "program.wsl", program=WHAT_IF)
    command = f"{sys.executable} -m wsl run program.wsl --format json | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True
    )
    assert done.stdout.startswith("{")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(wslang: Wslang, folder: Path) -> None:
    (folder / "closed.wsl").write_text(WHAT_IF)
    (folder / "closed.wsl").chmod(0)
    assert wslang("run", "closed.wsl").code == 2


@pytest.mark.parametrize("program", ["", "# later\n", HEAD, f"{HEAD}PARAM site = twn"])
def test_a_program_that_asks_nothing_is_told_so(wslang: Wslang, program: str) -> None:
    asked = "wslang: nothing was asked; ESTIMATE asks, as in ESTIMATE MEAN(x)\n"
    done = wslang("run", "program.wsl", program=program)
    assert (done.code, done.out, done.err) == (0, "", asked)
    assert wslang("run", "program.wsl", "--quiet").err == ""
    assert "nothing was asked" not in wslang("run", "program.wsl", program=f"{HEAD}DESCRIBE rt").err


def test_a_long_step_is_shown_though_it_was_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("wsl.tools.progress._QUIET_SECONDS", 0.01)
    with Progress(True) as progress:
        progress.say("TOCA\x1b")
        time.sleep(0.1)
        assert terminal.getvalue() == "\r\x1b[KTOCA?"
    assert terminal.getvalue().endswith("\r\x1b[K")
