"""Every kind of bad input has its message: tests/data/golden/messages.txt, rewritten by --bless."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from wsl.data import Declaration, Kind, check_table_output, open_source, read_values
from wsl.diagnostics import CATALOGUE, Diagnostic, Text, WslError

GOLDEN = Path(__file__).parent / "golden" / "messages.txt"
PLACE = Text('USE FROM "x"').span(9, 12)

FILES: dict[str, str | bytes] = {
    "cdn.csv": "fe,rtt\nsfo,50\nlax,60\n",
    "empty.csv": "",
    "header only.csv": "fe,rtt\n",
    "no header.csv": "1,2\n3,4\n",
    "twice.csv": "fe,rtt,fe\nsfo,50,lax\n",
    "short line.csv": "fe,rtt\nsfo,50\nlax\n",
    "long line.csv": "fe,rtt\nsfo,50,60\n",
    "open quote.csv": 'fe,rtt\n"sfo,50\n',
    "mixed ends.csv": "fe,rtt\nsfo,50\r\nlax,60\n",
    "latin1.csv": "fe,rtt\ncafé,50\n".encode("latin-1"),
    "latin1 late.csv": b"fe,rtt\n" + b"sfo,50\n" * 5000 + b"caf\xe9,50\n",
    "nul.csv": b"fe,rtt\ns\0o,50\n",
    "nul header.csv": b"f\0e,rtt\nsfo,50\n",
    "utf16.csv": "fe,rtt\nsfo,50\n".encode("utf-16"),
    "not.csv.gz": "fe,rtt\nsfo,50\n",
    "broken.parquet": b"PAR1 and then nothing",
    "broken.arrow": b"ARROW1 and then nothing",
    "broken.jsonl": '{"fe": "sfo"}\n{"fe": \n',
    "scalars.jsonl": "1\n2\n",
    "case.jsonl": '{"fe": 1, "FE": 2}\n',
    "lists.jsonl": '{"hops": [1, 2]}\n',
    "notes.txt": "rtt was high today\n",
    "no data/readme.md": "nothing here",
    "two formats/a.csv": "x\n1\n",
    "two formats/b.jsonl": '{"x": 1}\n',
    "days/1.csv": "fe,rtt\nsfo,50\n",
    "days/2.csv": "fe,srT\nsfo,50\n",
    "sparse.csv": "id,fe,rtt,when\n1,sfo,50,2024-03-01\n2,lax,oops,2024-03-02\n2,sfo,70,2024-03-03\n",
    "metrics.csv": ",web,web,db\nmetric,latency,errors,latency\nstatistic,p50,Sum,p50\nat,,,\n1,2,3,4\n",
    "long.csv": "at,name,value\n1,web,2\n1,web,3\n",
    "long gap.csv": "at,name,value\n1,web,2\n,db,3\n",
    "weights.csv": "100,1\n200,-1\n",
    "zero.csv": "100,0\n",
    "wide.csv": "1,2,3\n",
    "gap.csv": "value,weight\n1,1\n,2\n",
    "nothing.csv": "\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("messages")
    for name, content in FILES.items():
        path = base / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (base / "outside.csv").write_text("x\n1\n")
    (base / "work" / "link.csv").symlink_to(base / "outside.csv")
    table = pa.table({"x": [1.0]})
    pyarrow.parquet.write_table(table.append_column("x", table["x"]), base / "work" / "twice.parquet")
    return base / "work"


def _opening(location: Any, **options: Any) -> Callable[[Path], object]:
    def run(folder: Path) -> object:
        dataset = open_source(location, name="cdn", root=folder, span=PLACE, **options)
        return dataset.load(dataset.kinds)

    return run


def _from_outside(location: Any) -> Callable[[Path], object]:
    return lambda folder: open_source(location, name="cdn", span=PLACE)


def _declared(path: str, **declarations: Declaration) -> Callable[[Path], object]:
    return _opening(path, declarations=declarations)


def _column(name: str, path: str = "cdn.csv") -> Callable[[Path], object]:
    return lambda folder: open_source(path, name="cdn", root=folder, span=PLACE).column(name)


def _values(name: str) -> Callable[[Path], object]:
    return lambda folder: read_values(folder / name, name=name, span=PLACE)


def _output(name: str, inputs: tuple[str, ...] = ()) -> Callable[[Path], object]:
    return lambda folder: check_table_output(
        folder / name, overwrite=False, inputs=[folder / one for one in inputs], span=PLACE
    )


WIDE = {"header": 3}
CASES: dict[str, Callable[[Path], object]] = {
    "missing file": _opening("cnd.csv"),
    "missing folder": _opening("nowhere/cdn.csv"),
    "empty name": _opening(""),
    "glob without match": _opening("*.feather"),
    "folder without data": _opening("no data"),
    "folder of two formats": _opening("two formats"),
    "unknown format": _opening("notes.txt"),
    "empty file": _opening("empty.csv"),
    "header only": _opening("header only.csv"),
    "no header": _opening("no header.csv"),
    "names repeated": _opening("twice.csv"),
    "names repeated in Parquet": _opening("twice.parquet"),
    "short line": _opening("short line.csv"),
    "long line": _opening("long line.csv"),
    "open quote": _opening("open quote.csv"),
    "mixed line ends": _opening("mixed ends.csv"),
    "Latin-1": _opening("latin1.csv"),
    "Latin-1, late": _opening("latin1 late.csv"),
    "NUL byte": _opening("nul.csv"),
    "NUL byte in the header": _opening("nul header.csv"),
    "UTF-16": _opening("utf16.csv"),
    "not compressed": _opening("not.csv.gz"),
    "broken Parquet": _opening("broken.parquet"),
    "broken Arrow": _opening("broken.arrow"),
    "broken JSON": _opening("broken.jsonl"),
    "JSON without objects": _opening("scalars.jsonl"),
    "JSON names differ by case": _opening("case.jsonl"),
    "no usable column": _opening("lists.jsonl"),
    "files differ": _opening("days/*.csv"),
    "absolute path": _opening("/etc/hosts.csv"),
    "climbing path": _opening("../outside.csv"),
    "climbing glob": _opening("../*.csv"),
    "link that leads out": _opening("link.csv"),
    "address in a program": _opening("https://example.org/cdn.csv"),
    "connection in a program": _opening("postgresql://me:secret@db.example.org/cdn#public.log"),
    "environment in a program": _opening("env:CDN_URL#public.log"),
    "address from outside": _from_outside("s3://key:secret@bucket/cdn.csv?token=secret"),
    "variable not set": _from_outside("env:WSL_TEST_UNSET#public.log"),
    "variable without connection": _from_outside("env:WSL_TEST_SET#public.log"),
    "connection without table": _from_outside("postgresql://me:secret@localhost:1/cdn"),
    "no table": _from_outside(42),
    "columns of different length": _from_outside({"x": [1, 2], "y": [1]}),
    "table without columns": _from_outside({}),
    "table without rows": _from_outside({"x": np.empty(0)}),
    "text among numbers declared NUMBER": _declared("sparse.csv", rtt=Declaration(Kind.NUMBER, "ms")),
    "text declared TIME": _declared("sparse.csv", fe=Declaration(Kind.TIME)),
    "text declared BOOLEAN": _declared("sparse.csv", fe=Declaration(Kind.BOOLEAN)),
    "number declared TIME without unit": _declared("sparse.csv", id=Declaration(Kind.TIME)),
    "number declared TIME in bytes": _declared("sparse.csv", id=Declaration(Kind.TIME, "B")),
    "time declared NUMBER without unit": _declared("sparse.csv", when=Declaration(Kind.NUMBER)),
    "number declared BOOLEAN": _declared("sparse.csv", id=Declaration(Kind.BOOLEAN)),
    "two declarations": _declared("sparse.csv", id=Declaration(Kind.BOOLEAN), fe=Declaration(Kind.NUMBER)),
    "unknown column": _column("rrt"),
    "unusable column": lambda folder: open_source(
        {"x": [1], "hops": [[1, 2]]}, name="cdn", span=PLACE
    ).column("hops"),
    "row id not unique": _opening("sparse.csv", options={"row_id": "id"}),
    "row id of text not unique": _opening("sparse.csv", options={"row_id": "fe"}),
    "row id missing": lambda folder: open_source({"id": [1, None]}, name="cdn", options={"row_id": "id"}),
    "row id of fractions": lambda folder: open_source({"id": [1.5]}, name="cdn", options={"row_id": "id"}),
    "row id unknown": _opening("sparse.csv", options={"row_id": "ident"}),
    "header lines not there": _opening("cdn.csv", options={"header": 5}),
    "header not a count": _opening("cdn.csv", options={"header": 0}),
    "metric unknown": _opening("metrics.csv", options={**WIDE, "metric": "latencies"}),
    "statistic unknown": _opening("metrics.csv", options={**WIDE, "statistic": "Average"}),
    "no column for both": _opening("metrics.csv", options={**WIDE, "statistic": "p50", "metric": "errors"}),
    "long without three columns": _opening("long.csv", options={"long": ("at", "name")}),
    "long column unknown": _opening("long.csv", options={"long": ("ts", "name", "value")}),
    "long names are numbers": _opening("long.csv", options={"long": ("at", "value", "value")}),
    "long values are text": _opening("long.csv", options={"long": ("at", "name", "name")}),
    "long repeats a cell": _opening("long.csv", options={"long": ("at", "name", "value")}),
    "long without time": _opening("long gap.csv", options={"long": ("at", "name", "value")}),
    "negative weight": _values("weights.csv"),
    "weights all zero": _values("zero.csv"),
    "three columns of values": _values("wide.csv"),
    "value missing": _values("gap.csv"),
    "no values": _values("nothing.csv"),
    "values file missing": _values("never.csv"),
    "output exists": _output("cdn.csv"),
    "output is an input": _output("cdn.csv", ("days/../cdn.csv",)),
    "output of unknown format": _output("drain.xlsx"),
    "output folder missing": _output("results/drain.csv"),
    "output is a folder": _output("days/"),
}


def found(run: Callable[[Path], object], folder: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(WslError) as caught:
        run(folder)
    return caught.value.diagnostics


def shown(diagnostic: Diagnostic) -> Iterator[str]:
    yield f"{diagnostic.code} {diagnostic.message}"
    yield from (f"  note: {note}" for note in diagnostic.notes)
    if diagnostic.help:
        yield f"  help: {diagnostic.help}"


def test_messages(folder: Path, bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSL_TEST_SET", "mysql://me:secret@localhost/cdn")
    lines = []
    for title, run in CASES.items():
        lines.append(f"# {title}")
        for diagnostic in found(run, folder):
            lines += shown(diagnostic)
        lines.append("")
    text = "\n".join(lines)
    assert "secret" not in text
    assert str(folder) not in text
    if bless:
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_findings_are_placed_where_the_caller_says(folder: Path) -> None:
    assert {diagnostic.span for diagnostic in found(CASES["missing file"], folder)} == {PLACE}
    dataset = open_source("sparse.csv", name="cdn", root=folder, span=PLACE)
    where = Text("GRAPH { fe : NUMBER }").span(8, 19)
    with pytest.raises(WslError) as caught:
        dataset.redeclare({"fe": Declaration(Kind.NUMBER)}, {"fe": where})
    assert [diagnostic.span for diagnostic in caught.value.diagnostics] == [where]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "cdn.csv"
    path.write_text("x\n1\n")
    path.chmod(0)
    assert [d.code for d in found(_opening("cdn.csv"), tmp_path)] == ["WSL-R007"]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x\n1\n2\n")
    for content in ("x\n1\n2\n3\n", "x\n1\n"):
        dataset = open_source(path, name="t")
        path.write_text(content)
        assert [d.code for d in found(lambda _, d=dataset: d.load(["x"]), tmp_path)] == ["WSL-R019"]


def test_every_error_of_the_family_has_a_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSL_TEST_SET", "mysql://me:secret@localhost/cdn")
    seen = {diagnostic.code for run in CASES.values() for diagnostic in found(run, folder)}
    elsewhere = {"WSL-R007", "WSL-R016", "WSL-R017", "WSL-R018", "WSL-R019", "WSL-R022"}
    errors = {code for code, entry in CATALOGUE.items() if entry.severity.value == "error"}
    mine = {code for code in errors if "WSL-D001" <= code < "WSL-D040" or "WSL-R001" <= code < "WSL-R030"}
    assert mine - seen <= elsewhere
