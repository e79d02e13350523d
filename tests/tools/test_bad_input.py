"""Bad input of every kind: a located finding and an exit code, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Output

Wslang = Callable[..., Output]
HEAD = 'GRAPH { a -> b; b -> c } TARGET c\nUSE FROM "t.parquet"'
UPDATE = "\nINTERVENE SET a += 1\nESTIMATE MEAN(c)"


def write(folder: Path, **columns: object) -> None:
    generator = np.random.default_rng(1)
    rows = len(next((c for c in columns.values() if hasattr(c, "__len__")), range(100)))
    plain = {name: generator.normal(10, 1, rows) for name in "abc"}
    pq.write_table(pa.table({**plain, **columns}), folder / "t.parquet")


def test_a_missing_file_suggests_its_neighbour(wslang: Wslang, folder: Path) -> None:
    write(folder)
    done = wslang("run", "program.wsl", program='USE FROM "tt.parquet"\nESTIMATE MEAN(c)')
    assert done.code == 2
    assert "program.wsl:1:10" in done.err
    assert "t.parquet" in done.err


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl", "t.arrow", "t.csv.gz"])
def test_a_broken_file(wslang: Wslang, folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"PAR1\x00\x01\xff\xfe garbage \x00" * 10)
    done = wslang("run", "program.wsl", program=f'USE FROM "{name}"\nESTIMATE MEAN(c)')
    assert done.code == 2, done.err
    assert "program.wsl:1:10" in done.err


def test_an_empty_selection(wslang: Wslang, folder: Path) -> None:
    write(folder)
    done = wslang("run", "program.wsl", program=f"{HEAD} WHERE a > 1e9{UPDATE}")
    assert (done.code, "WSL-D101" in done.err, "program.wsl:2:28" in done.err) == (1, True, True), done.err
    assert wslang("check", "program.wsl").code == 1


def test_a_column_without_a_value(wslang: Wslang, folder: Path) -> None:
    write(folder, b=pa.nulls(100, pa.float64()))
    done = wslang("run", "program.wsl", program=f"{HEAD}{UPDATE}")
    assert "WSL-D030" in done.err
    assert "Traceback" not in done.err
    write(folder, c=pa.nulls(100, pa.float64()))
    assert "WSL-D030" in wslang("run", "program.wsl").err


def test_a_constant_column(wslang: Wslang, folder: Path) -> None:
    write(folder, b=np.ones(100))
    done = wslang("run", "program.wsl", program=f"{HEAD} ON UNSUPPORTED FAIL ABOVE 100%{UPDATE}")
    assert (done.code, "WSL-D031" in done.err) == (0, True)
    assert "MEAN(c)" in done.out


def test_one_row(wslang: Wslang, folder: Path) -> None:
    write(folder, a=[1.0], b=[2.0], c=[3.0])
    done = wslang("run", "program.wsl", program=f"{HEAD}{UPDATE}")
    # Nobody is its own evidence: there is a baseline, and nothing to learn an effect from.
    assert "Traceback" not in done.err
    assert done.code in (0, 3)


def test_an_unknown_category(wslang: Wslang, folder: Path) -> None:
    write(folder, a=["x", "y"] * 50)
    for program, code, expected in (
        (f"{HEAD} WHERE a == xx", 1, "WSL-D101"),
        (f"{HEAD}\nINTERVENE SET a = xx\nESTIMATE MEAN(c)", 1, "WSL-N002"),
        (f"{HEAD}\nINTERVENE SET a = 'new'\nESTIMATE MEAN(c)", 1, "WSL-C010"),
        (f"{HEAD}\nINTERVENE SET a = 'new', b = 8\nESTIMATE MEAN(c)", 0, ""),
    ):
        done = wslang("run", "program.wsl", program=program)
        assert (done.code, expected in done.err) == (code, True), done.err


def test_a_program_of_ten_thousand_lines(wslang: Wslang, folder: Path) -> None:
    write(folder)
    program = (
        HEAD
        + "\nINTERVENE SET a += 1 WHERE a > 3" * 2_000
        + "\nEXPECT MEAN(c) > 0" * 7_999
        + "\nEXPECT MEAN(d) > 0"
    )
    done = wslang("check", "program.wsl", program=program)
    assert done.code == 1
    assert "program.wsl:10002:13" in done.out


def test_deep_nesting(wslang: Wslang, folder: Path) -> None:
    write(folder)
    for expression in ("(" * 5_000 + "a" + ")" * 5_000, "-" * 5_000 + "a", "NOT " * 5_000 + "a > 1"):
        done = wslang("check", "program.wsl", program=f"{HEAD} WHERE {expression} > 1")
        assert done.code == 1
        assert "program.wsl:2" in done.out
    for joint, of_many in ((" AND ", 0), (" + ", 1)):
        term = "a > 1" if joint == " AND " else "a"
        for length, code in ((90, 0), (5_000, of_many)):
            condition = joint.join([term] * length) + ("" if joint == " AND " else " > 1")
            done = wslang("check", "program.wsl", program=f"{HEAD} WHERE {condition}")
            assert done.code == code, done.out[:500]


@pytest.mark.parametrize(
    "program",
    [
        b"USE *\x00 WHERE a",
        b"\xff\xfeU\x00S\x00E\x00",
        b"USE \xc3\x28",
        b"",
        b"\n\n# nothing\n",
        b"\x1b[31mUSE *",
        b"\r\r\r",
        "USE * WHERE a == ‘x’".encode(),
    ],
)
def test_bytes_that_are_no_program(wslang: Wslang, folder: Path, program: bytes) -> None:
    write(folder)
    done = wslang("run", "program.wsl", "--data", "t.parquet", program=program)
    assert done.code in (0, 1, 2)
    assert "\x1b" not in done.err + done.out
    assert "Traceback" not in done.err
    if program.strip() and not program.strip().startswith(b"#"):
        assert done.code > 0


def test_a_column_named_use_and_others_like_it(wslang: Wslang, folder: Path) -> None:
    write(folder, use=np.arange(100.0), where=np.arange(100.0) % 7)
    program = (
        'GRAPH { `use` -> b; `where` -> b; b -> c } TARGET c\nUSE FROM "t.parquet" WHERE `use` > 3\n'
        "INTERVENE SET `use` = `where`\nESTIMATE MEAN(c), MEAN(`use`)"
    )
    done = wslang("run", "program.wsl", program=program)
    assert done.code == 0, done.err


def test_hostile_text_in_data_is_shown_harmlessly(wslang: Wslang, folder: Path) -> None:
    write(folder, a=["\x1b[31mred", "<script>alert(1)</script>"] * 50)
    program = f'{HEAD}\nINTERVENE SET a = a\nESTIMATE MEAN(c) BY a\nESTIMATE MEAN(c) BY a INTO "o.csv"'
    done = wslang("run", "program.wsl", "--report", "r.html", program=program)
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert "<script>" not in (folder / "r.html").read_text()


def test_a_result_that_cannot_be_written_loses_nothing(wslang: Wslang, folder: Path) -> None:
    write(folder)
    done = wslang(
        "run", "program.wsl", program=f'{HEAD}\nINTERVENE SET a += 1\nESTIMATE MEAN(c) INTO "no/x.csv"'
    )
    assert done.code == 2
    assert "program.wsl:4" in done.err
    assert not (folder / "no").exists()


def test_columns_of_types_that_no_kind_can_hold(wslang: Wslang, folder: Path) -> None:
    write(folder, hops=[[1, 2]] * 100, st=[{"x": 1}] * 100, raw=[b"x"] * 100)
    program = (
        'GRAPH { a, st -> c } TARGET c\nUSE FROM "t.parquet"\nESTIMATE MEAN(c) WHERE hops > 1\nDESCRIBE raw'
    )
    done = wslang("run", "program.wsl", program=program)
    for place, what in (
        ("1:12", "`st` holds struct"),
        ("3:24", "`hops` holds bigint[]"),
        ("4:10", "`raw` holds blob"),
    ):
        assert f"program.wsl:{place}" in done.err
        assert f"error[WSL-D009]: the column {what}" in done.err
    assert "WSL-G007" not in done.err
    assert "WSL-N001" not in done.err
    described = wslang("run", "program.wsl", program='USE FROM "t.parquet"\nDESCRIBE')
    assert [line.split()[:2] for line in described.out.splitlines()[3:9]] == [
        *([name, "number"] for name in "abc"),
        *([name, "unusable"] for name in ("hops", "st", "raw")),
    ]
    assert "  the column `hops` holds bigint[], which no kind of variable can hold" in described.out


def test_labels_with_blanks_at_an_end_are_quoted(wslang: Wslang, folder: Path) -> None:
    write(folder, region=["ap", "us", " eu", "us "] * 25, site=["pop-1", "b"] * 50)
    graph = 'GRAPH { region, site -> a; a -> b; b -> c } TARGET c\nUSE FROM "t.parquet"'
    done = wslang("run", "program.wsl", program=f"{graph} WHERE region == eu")
    assert "the categories of `region` are ' eu', ap, us, 'us '" in done.err
    assert "did you mean ' eu'?" in done.err
    done = wslang("run", "program.wsl", program=f"{graph}\nINTERVENE SET region = eu, site = pop_1")
    assert "did you mean `' eu'`?" in done.err
    assert "did you mean `'pop-1'`?" in done.err
    done = wslang("run", "program.wsl", program=f"{graph}\nINTERVENE SET region = 'eu'")
    assert "did you mean ' eu'?" in done.err
    asked = "INTERVENE SET site = 'pop-1'\nESTIMATE MEAN(c) BY region\nDESCRIBE region"
    done = wslang("run", "program.wsl", program=f"{graph} WHERE region == ' eu'\n{asked}")
    assert done.code == 0, done.err
    assert re.search(r"^  ' eu' +MEAN\(c\)", done.out, re.MULTILINE)
    assert "' eu' 25.0 %, ap" in done.out
