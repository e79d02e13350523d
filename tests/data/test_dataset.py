"""Datasets: lazy columns, declarations, row ids, memory."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsl.data import Dataset, Declaration, Kind, open_source
from wsl.data.source import Source

NUMBER, CATEGORY, TIME, BOOLEAN = Kind.NUMBER, Kind.CATEGORY, Kind.TIME, Kind.BOOLEAN


def declared(values: object, kind: Kind, unit: str | None = None) -> Dataset:
    return open_source({"x": values}, name="t", declarations={"x": Declaration(kind, unit)})


@pytest.mark.parametrize(
    ("values", "kind", "unit", "expected"),
    [
        ([7, 12, None], CATEGORY, None, ["7", "12", None]),
        ([7.0, 0.5, float("nan")], CATEGORY, None, ["7", "0.5", None]),
        ([True, False, None], CATEGORY, None, ["true", "false", None]),
        (["1.5", "-2", None], NUMBER, "ms", [1.5, -2.0, None]),
        ([True, False, None], NUMBER, None, [1.0, 0.0, None]),
        ([0, 1, None], BOOLEAN, None, [0, 1, None]),
        ([0.0, 1.0, float("nan")], BOOLEAN, None, [0, 1, None]),
        ([1, 2, None], TIME, "s", [1_000_000, 2_000_000, None]),
        ([1.5, -1.5, float("nan")], TIME, "ms", [1500, -1500, None]),
        ([1, 2000, None], TIME, "ns", [0, 2, None]),
        (["60", "61.5", None], TIME, "min", [3_600_000_000, 3_690_000_000, None]),
        (["1970-01-01T00:00:01Z", None], NUMBER, "s", [1.0, None]),
    ],
)
def test_declarations_convert(values: object, kind: Kind, unit: str | None, expected: list[object]) -> None:
    if values == ["1970-01-01T00:00:01Z", None]:
        values = pa.array([1_000_000, None], pa.timestamp("us"))
    column = declared(values, kind, unit).column("x")
    assert (column.kind, column.unit) == (kind, unit)
    read = [column.categories[v] if v >= 0 else None for v in column.values] if kind is CATEGORY else None
    if read is None:
        missing = {NUMBER: np.isnan(column.values), TIME: column.values == np.iinfo(np.int64).min}
        absent = missing.get(kind, column.values == -1)
        read = [None if gone else value for value, gone in zip(column.values.tolist(), absent, strict=True)]
    assert read == expected
    assert column.missing == expected.count(None)


def test_csv_cells_declared_a_category_keep_their_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("zip,on\n007,1\n08,0\n")
    declarations = {"zip": Declaration(CATEGORY), "on": Declaration(BOOLEAN)}
    dataset = open_source(path, name="t", declarations=declarations)
    assert dataset.column("zip").categories == ("007", "08")
    assert dataset.column("on").values.tolist() == [1, 0]


def test_columns_are_read_once_together_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    scans: list[list[str]] = []
    read = Source.read
    monkeypatch.setattr(Source, "read", lambda self, wanted: scans.append(list(wanted)) or read(self, wanted))
    dataset = open_source({"a": [1], "b": ["x"], "c": [2]}, name="t")
    assert list(dataset.kinds) == ["a", "b", "c"]
    assert scans == []
    dataset.load(["a", "b"])
    dataset.load(["b", "a"])
    dataset.column("b")
    assert [scan for scan in scans if scan] == [["a", "b"]]


def test_redeclaring_shares_what_it_leaves_as_it_was() -> None:
    dataset = open_source({"a": [1, 2], "b": [3, 4], "c": [5, 6]}, name="t")
    dataset.load(dataset.kinds)
    other = dataset.redeclare(
        {"a": Declaration(CATEGORY), "b": Declaration(NUMBER, "ms"), "elsewhere": Declaration(TIME)}
    )
    assert other.column("b").values is dataset.column("b").values
    assert other.column("c") is dataset.column("c")
    assert (other.column("b").unit, dataset.column("b").unit) == ("ms", None)
    assert other.column("a").categories == ("1", "2")
    assert dataset.column("a").kind is NUMBER
    assert other.row_ids is dataset.row_ids
    assert other.fingerprint == dataset.fingerprint
    again = dataset.redeclare({"a": Declaration(CATEGORY)})
    assert again.column("a") is other.column("a")


def test_redeclaring_between_times_and_numbers_converts_again() -> None:
    stamps = {"x": pa.array([1_500_000], pa.timestamp("us"))}
    dataset = open_source(stamps, name="t", declarations={"x": Declaration(NUMBER, "s")})
    assert dataset.column("x").values.tolist() == [1.5]
    assert dataset.redeclare({"x": Declaration(NUMBER, "ms")}).column("x").values.tolist() == [1500.0]


@settings(max_examples=30, deadline=None)
@given(
    ids=st.one_of(
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, unique=True),
        st.lists(st.text("abc€ ", min_size=1), min_size=1, unique=True),
    ),
    random=st.randoms(),
)
def test_rows_are_the_same_in_whatever_order_they_come(ids: list[object], random: object) -> None:
    shuffled = list(ids)
    random.shuffle(shuffled)
    datasets = [
        open_source({"id": order, "copy": order}, name="t", options={"row_id": "id"})
        for order in (ids, shuffled)
    ]
    one, other = datasets
    assert np.array_equal(one.row_ids, other.row_ids)
    assert np.all(np.diff(one.row_ids.astype(object)) > 0)
    assert np.array_equal(one.column("copy").values, other.column("copy").values)
    assert one.fingerprint == other.fingerprint


def test_row_ids_of_text_are_half_of_md5() -> None:
    dataset = open_source({"id": ["a", "b"]}, name="t", options={"row_id": "id"})
    digests = [hashlib.md5(text.encode()).digest() for text in "ab"]
    assert dataset.row_ids.tolist() == sorted(int.from_bytes(digest[8:], "little") for digest in digests)


def test_row_ids_by_value_do_not_depend_on_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n7,1\n-1,2\n3,3\n")
    table = pa.table({"id": [3, 7, -1], "x": [3, 1, 2]})
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet")
    datasets = [
        open_source(tmp_path / name, name="t", options={"row_id": "id"}) for name in ("a.csv", "b.parquet")
    ]
    assert datasets[0].row_ids.tolist() == datasets[1].row_ids.tolist() == [3, 7, 2**64 - 1]
    assert [d.column("x").values.tolist() for d in datasets] == [[3.0, 1.0, 2.0]] * 2


@pytest.mark.parametrize(
    ("texts", "natives"),
    [
        (["2024-03-01T10:05:00Z", "2024-03-02"], [1_709_287_500_000_000, 1_709_337_600_000_000]),
        (["12", "18446744073709551615"], [12, 2**64 - 1]),
    ],
)
def test_row_ids_beyond_signed_integers(tmp_path: Path, texts: list[str], natives: list[int]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,x\n" + "".join(f"{text},1\n" for text in texts))
    table = {"id": pa.array(natives, pa.timestamp("us") if "-" in texts[0] else pa.uint64()), "x": [1, 1]}
    for source in (path, table):
        assert open_source(source, name="t", options={"row_id": "id"}).row_ids.tolist() == natives


def test_reading_makes_no_object_per_row(tmp_path: Path) -> None:
    rows = 300_000
    labels = pa.array([f"site-{i}" for i in range(40)]).take(pa.array(np.arange(rows) % 40))
    table = pa.table({"site": labels, "x": np.arange(rows) * 0.5})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    dataset = open_source(tmp_path / "t.parquet", name="t")
    dataset.load(["x"])
    tracemalloc.start()
    dataset.load(["site"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert dataset.column("site").values.dtype == np.int8
    assert peak < 8 * rows  # a Python string takes 56 bytes


def test_importing_is_cheap() -> None:
    heavy = {"duckdb", "pyarrow", "pandas", "numba", "scipy"}
    code = f"import sys, wsl.data.schema, wsl.data; sys.exit(bool({heavy} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    path = [str(root), str(root / "runtime"), str(root / "grammar")]
    assert (
        subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {path}; {code}"]).returncode == 0
    )


def test_a_source_can_open_nothing_else(tmp_path: Path) -> None:
    import duckdb

    for name in ("t", "other"):
        (tmp_path / f"{name}.csv").write_text("x\n1\n")
    connection = open_source(tmp_path / "t.csv", name="t").store.source.connection
    for statement in (
        f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(statement)
