"""Facts and findings about columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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


def test_facts_give_the_range() -> None:
    known = facts(dataset(x=[3.0, None, -1.0]).column("x"))
    assert (known.rows, known.missing, known.constant) == (3, 1, False)
    assert (known.minimum, known.maximum) == (-1.0, 3.0)
    assert not known.constant
    assert facts(dataset(x=[None, None]).column("x")).all_missing
