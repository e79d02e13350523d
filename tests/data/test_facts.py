"""Facts and findings about columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wsl import Session
from wsl.data import Dataset, Declaration, Kind, facts, open_source

INTEGERS = np.random.default_rng(0)
FEW_CODES = INTEGERS.choice([64_512, 13_335, 4_200_000_001, 15_169], 1000)


def dataset(**columns: object) -> Dataset:
    return open_source(columns, name="t")


@pytest.mark.parametrize(
    ("name", "values", "codes"),
    [
        ("x", np.full(30, np.nan), ["WSL-D030"]),
        ("x", [None, "a", "a"], ["WSL-D031"]),
        ("x", [3.0, 3.0, 3.0], ["WSL-D031"]),
        ("x", [True, True], ["WSL-D031"]),
        ("x", [1.0, 2.0, None, None, None], ["WSL-D032"]),
        ("x", [1.0, np.inf], ["WSL-D033"]),
        ("x", [1, 2**53 + 2], ["WSL-D034"]),
        ("as_num", INTEGERS.integers(1, 500, 100), ["WSL-D035"]),
        ("origin", FEW_CODES, ["WSL-D035"]),
        ("trace", [f"t{i}" for i in range(40)], ["WSL-D036"]),
        ("packets", INTEGERS.integers(1, 500, 1000), []),
        ("bytes", INTEGERS.integers(1, 10**9, 1000), []),
        ("rtt", INTEGERS.normal(size=100), []),
        ("site", ["sfo", "lax"] * 20, []),
    ],
)
def test_findings(name: str, values: object, codes: list[str]) -> None:
    assert [found.code for found in dataset(**{name: values}).findings(name)] == codes


def test_what_several_columns_lack_is_told_once() -> None:
    sparse = [1.0, 2.0, None, None, None]
    read = dataset(a=sparse, b=[1.0, 2.0, 3.0, 4.0, 5.0], c=sparse, d=[1.0] * 5)
    assert [found.message for found in read.findings("a", "b", "c", "d")] == [
        "more than half of the 5 rows have no value of `a`, `c`",
        "every row has the same value of `d`, of whose effect nothing can be learned",
    ]


def test_dates_are_no_identifiers() -> None:
    days = [f"{day:02}/05/2024" for day in range(1, 31)]
    assert [found.code for found in dataset(ts=days).findings("ts")] == ["WSL-D039"]


def test_stray_words_among_numbers_are_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("rtt,mix\n" + "1,1\n" * 30 + "n/a,1\n" + "2,x\n" * 30)
    read = open_source(path, name="t")
    assert read.kinds["rtt"] is Kind.CATEGORY
    (found,) = read.findings("rtt")
    assert found.code == "WSL-D037"
    assert "1 of its 61 values" in found.message
    assert found.notes == ('one of them is "n/a"',)
    assert read.findings("mix") == []
    assert read.redeclare({"rtt": Declaration(Kind.CATEGORY)}).findings("rtt") == []


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["12,3", "45,1", "7,25"], "with a decimal comma: 12,3; 45,1"),
        (["1.234,5", "12,345", "-3,0"], "with a decimal comma: -3,0; 1.234,5"),
        (["92,058", "1,204.5", "3,000,000", "17"], "with thousands separators: 1,204.5; 3,000,000"),
        (["92 058", "1 204", "3 000 000", "17"], "with thousands separators: 1 204; 3 000 000"),
        (["93ms", "4.5ms", "1,2ms", "0"], "with a unit: 1,2ms; 4.5ms"),
        (["4 KB", "12 KB", "1 MB"], "with a unit: 1 MB; 12 KB"),
        (["85%", "90%", "100 %"], "with a unit: 100 %; 85%"),
        ([f"{i},5" for i in range(5000)], "with a decimal comma: 0,5; 1001,5"),
        ([*(f"{i}%" for i in range(9)), "n/a"], "with a unit: 0%; 1%"),
        (["1,5", "2,5"], ""),
        (["12", "13", "14"], ""),
        (["5xx", "4xx", "2xx"], ""),
        (["10.0.0.1", "10.0.0.2", "192.168.100.200"], ""),
        (["3G", "4G", "5G"], ""),
        (["80", "443", "80,443"], ""),
        (["2s", "3s", "4s", "slow", "fast"], ""),
    ],
)
def test_numbers_that_are_read_as_names_are_told(values: list[str], form: str) -> None:
    read = dataset(x=values * 2)
    assert [(found.code, found.message.rpartition("numbers ")[2]) for found in read.findings("x")] == (
        [("WSL-D038", form.replace(":", ", and are read as categories:"))] if form else []
    )
    assert read.redeclare({"x": Declaration(Kind.CATEGORY)}).findings("x") == []


def test_the_declaration_that_silences_it_works(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("round trip;x\n1,5;1\n2,5;2\n3,5;3\n")
    program = 'GRAPH { `round trip` -> x } TARGET x\nUSE FROM "t.csv"\nESTIMATE MEAN(x)'
    (found,) = Session(root=tmp_path).check(program)
    assert (found.help or "").endswith("write `round trip` : CATEGORY in the braces of GRAPH")
    declared = program.replace("{", "{ `round trip` : CATEGORY;")
    assert Session(root=tmp_path).check(declared) == []


def test_facts_give_the_range() -> None:
    known = facts(dataset(x=[3.0, None, -1.0]).column("x"))
    assert (known.rows, known.missing, known.constant) == (3, 1, False)
    assert (known.minimum, known.maximum) == (-1.0, 3.0)
    assert not known.constant
    assert facts(dataset(x=[None, None]).column("x")).all_missing
