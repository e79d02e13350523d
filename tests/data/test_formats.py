"""What is written in each format is what is read."""

from __future__ import annotations

import datetime
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsl.data import MISSING_TIME, Dataset, Kind, open_source
from wsl.data.source import Limits

UTC = datetime.UTC
LEAST, GREATEST = datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1)
_number = st.floats(allow_nan=False, width=64) | st.none()
_integer = st.integers(-(2**53), 2**53) | st.none()
_truth = st.booleans() | st.none()
_moment = st.datetimes(LEAST, GREATEST) | st.none()
# A first letter keeps labels from being read as numbers, and a few of them make them repeat.
_label = st.sampled_from(["x", "xä", "x,y", 'x"', "x y\nz", "true x", "X"]) | st.none()


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A table of every kind; the first row is complete, so that each column shows its kind."""
    rows = draw(st.integers(0, 30))

    def column(first: Any, values: st.SearchStrategy[Any], kind: pa.DataType) -> pa.Array:
        return pa.array([first, *draw(st.lists(values, min_size=rows, max_size=rows))], kind)

    return pa.table(
        {
            "number": column(0.5, _number, pa.float64()),
            "count": column(1, _integer, pa.int64()),
            "ok": column(True, _truth, pa.bool_()),
            "at": column(LEAST.replace(year=2024), _moment, pa.timestamp("us", "UTC")),
            "site": column("x", _label, pa.string()),
        }
    )


def _write_json(table: pa.Table, path: Path) -> None:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime.datetime) else value

    lines = [json.dumps({k: plain(v) for k, v in row.items()}, allow_nan=True) for row in table.to_pylist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_gz(table: pa.Table, path: Path) -> None:
    with gzip.open(path, "wb") as stream:
        pyarrow.csv.write_csv(table, stream)


def _write_stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "t.parquet": lambda table, path: pyarrow.parquet.write_table(table, path, row_group_size=5),
    "t.csv": lambda table, path: pyarrow.csv.write_csv(table, path),
    "t.csv.gz": _write_gz,
    "t.arrow": lambda table, path: pyarrow.feather.write_feather(table, path),
    "t.arrows": _write_stream,
    "t.jsonl": _write_json,
}


def recorded(dataset: Dataset, name: str) -> list[Any]:
    """A column as plain objects, the slow way."""
    column = dataset.column(name)
    values = column.values.tolist()
    match column.kind:
        case Kind.NUMBER:
            return [None if np.isnan(value) else value for value in values]
        case Kind.TIME:
            return [
                None
                if value == MISSING_TIME
                else datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(microseconds=value)
                for value in values
            ]
        case Kind.BOOLEAN:
            return [None if value < 0 else bool(value) for value in values]
        case Kind.CATEGORY:
            return [None if value < 0 else column.categories[value] for value in values]


def assert_same(dataset: Dataset, table: pa.Table) -> None:
    assert dataset.rows == table.num_rows
    for name in table.column_names:
        expected = table.column(name).to_pylist()
        assert recorded(dataset, name) == expected, name
        assert dataset.column(name).missing == expected.count(None)
        assert list(dataset.column(name).categories) == sorted(dataset.column(name).categories)


KINDS = {
    "number": Kind.NUMBER,
    "count": Kind.NUMBER,
    "ok": Kind.BOOLEAN,
    "at": Kind.TIME,
    "site": Kind.CATEGORY,
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=15, deadline=None)
@given(table=tables())
def test_a_file_round_trips(name: str, table: pa.Table) -> None:
    if "json" in name:  # JSON has no infinity
        finite = [None if value in (np.inf, -np.inf) else value for value in table["number"].to_pylist()]
        table = table.set_column(0, "number", pa.array(finite, pa.float64()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        WRITERS[name](table, path)
        dataset = open_source(path, name="t")
        assert dict(dataset.kinds) == KINDS
        assert_same(dataset, table)
        assert dataset.column("count").integer
        assert dataset.fingerprint == open_source(path, name="u").fingerprint


@settings(max_examples=15, deadline=None)
@given(table=tables())
def test_tables_in_memory_agree_whoever_holds_them(table: pa.Table) -> None:
    holders: list[Any] = [
        table,
        pl.from_arrow(table),
        table.to_pandas(types_mapper=pd.ArrowDtype),
        dict(zip(table.column_names, table.columns, strict=True)),
        pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3)),
    ]
    datasets = [open_source(holder, name="t") for holder in holders]
    for dataset in datasets:
        assert dict(dataset.kinds) == KINDS
        assert_same(dataset, table)
    assert len({dataset.fingerprint for dataset in datasets}) == 1


def test_numpy_arrays_and_pandas_frames_are_tables() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan], "site": pd.Categorical(["b", "a"]), "A": [1, 2], "a": [3, 4]})
    arrays = {"x": np.array([1.0, np.nan]), "site": np.array(["b", "a"], object), "A": [1, 2], "a": [3, 4]}
    for table in (frame, arrays):
        dataset = open_source(table, name="t")
        assert recorded(dataset, "x") == [1.0, None]
        assert recorded(dataset, "site") == ["b", "a"]
        assert (recorded(dataset, "A"), recorded(dataset, "a")) == ([1, 2], [3, 4])


def test_fingerprint_follows_the_content(tmp_path: Path) -> None:
    one, other = {"x": [1.0, 2.0]}, {"x": [1.0, 2.5]}
    assert open_source(one, name="t").fingerprint == open_source(dict(one), name="u").fingerprint
    assert open_source(one, name="t").fingerprint != open_source(other, name="t").fingerprint
    path = tmp_path / "t.csv"
    seen = set()
    for content in ("x\n1\n2\n", "x\n1\n3\n"):
        path.write_text(content)
        seen.add(open_source(path, name="t").fingerprint)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("cells", "kind", "missing"),
    [
        (["1", "", "2.5", "NULL", "nan"], Kind.NUMBER, 3),
        (["true", "False", "TRUE", "", ""], Kind.BOOLEAN, 2),
        (["2024-03-01", "2024-03-01T10:05Z", "2024-03-01 10:05:00.5+02:00", "", ""], Kind.TIME, 2),
        (["2024-13-01", "2024-03-01", "", "", ""], Kind.CATEGORY, 3),
        (["1_000", "2", "3", "4", "5"], Kind.CATEGORY, 0),
        (["1", "x", "2", "3", "4"], Kind.CATEGORY, 0),
        (["", "", "", "", ""], Kind.NUMBER, 5),
        (["inf", "-Infinity", "1e3", "+5", ".5"], Kind.NUMBER, 0),
        (["10:05", "10:06", "", "", ""], Kind.CATEGORY, 3),
    ],
)
def test_kinds_of_csv_columns(tmp_path: Path, cells: list[str], kind: Kind, missing: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text("use,x\n" + "".join(f"1,{cell}\n" for cell in cells))
    dataset = open_source(path, name="t")
    assert dataset.kinds["x"] is kind
    assert dataset.column("x").missing == missing
    assert dataset.kinds["use"] is Kind.NUMBER


def test_times_are_microseconds_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("at\n2024-03-01\n2024-03-01T01:00\n2024-03-01 01:00:00.5+02:30\n1960-01-01T00:00:00Z\n")
    midnight = int(datetime.datetime(2024, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000
    expected = [midnight, midnight + 3600_000_000, midnight - 5400_000_000 + 500_000, -315_619_200_000_000]
    assert open_source(path, name="t").column("at").values.tolist() == expected


def test_nanoseconds_are_cut_not_rounded() -> None:
    table = pa.table({"at": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))})
    assert open_source(table, name="t").column("at").values.tolist() == [1_700_000_000_123_456]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_csv_delimiters_line_ends_and_byte_order_marks(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    text = delimiter.join(["a", " b "]) + "\r\n" + delimiter.join(["1", '"x\r\ny"']) + "\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    dataset = open_source(path, name="t")
    assert list(dataset.kinds) == ["a", "b"]
    assert recorded(dataset, "b") == ["x\r\ny"]


def test_globs_folders_and_hive_partitions(tmp_path: Path) -> None:
    for region, day, value in [("deu", 2, 3.0), ("ind", 1, 2.0), ("deu", 1, 1.0)]:
        folder = tmp_path / "logs" / f"region={region}" / f"day={day}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(pa.table({"x": [value]}), folder / "part.parquet")
    (tmp_path / "logs" / "_SUCCESS").touch()
    for location in ("logs", "logs/*/*/*.parquet", "logs/**/*.parquet"):
        dataset = open_source(location, name="logs", root=tmp_path)
        assert recorded(dataset, "x") == [1.0, 3.0, 2.0]
        assert recorded(dataset, "region") == ["deu", "deu", "ind"]
        assert recorded(dataset, "day") == [1, 2, 1]
        assert dataset.row_ids.tolist() == [0, 1 << 40, 2 << 40]
        assert [path.parent.name for path in dataset.inputs] == ["day=1", "day=2", "day=1"]


def test_files_may_order_their_columns_differently_and_json_may_leave_some_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("y,x\n3,word\n")
    dataset = open_source("*.csv", name="t", root=tmp_path)
    assert (recorded(dataset, "x"), recorded(dataset, "y")) == (["1", "word"], [2, 3])
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n{"x": 2, "y": "q"}\n')
    (tmp_path / "b.jsonl").write_text('{"z": {"deep": 1}, "x": 3}\n')
    dataset = open_source("*.jsonl", name="t", root=tmp_path)
    assert (recorded(dataset, "x"), recorded(dataset, "y")) == ([1, 2, 3], [None, "q", None])
    assert dict(dataset.unusable) == {"z": "struct(deep bigint)"}


def test_columns_of_many_labels_get_wider_codes() -> None:
    for labels, width in [(127, np.int8), (128, np.int16), (32_767, np.int16), (32_768, np.int32)]:
        dataset = open_source({"x": [f"v{i:05}" for i in reversed(range(labels))]}, name="t")
        column = dataset.column("x")
        assert column.values.dtype == width
        assert column.values[[0, -1]].tolist() == [labels - 1, 0]


def test_rows_keep_their_order_across_batches(tmp_path: Path) -> None:
    rows = 400_000
    values = np.arange(rows, dtype=np.float64)
    labels = pa.array(["a", "b", "c"]).take(pa.array(np.arange(rows) % 3))
    table = pa.table({"x": values, "site": labels})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet", row_group_size=30_000)
    pyarrow.csv.write_csv(table, tmp_path / "t.csv")
    for source in (table, tmp_path / "t.parquet", tmp_path / "t.csv"):
        for threads in (1, 2):
            dataset = open_source(source, name="t", limits=Limits(threads))
            assert np.array_equal(dataset.column("x").values, values)
            assert np.array_equal(dataset.column("site").values, np.arange(rows) % 3)
