"""Files of values, and results into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from wsl.data import Kind, open_source, read_values, write_table, written_whole
from wsl.diagnostics import WslError


@pytest.mark.parametrize(
    ("text", "values", "weights"),
    [
        ("1\n2.5\n", [1.0, 2.5], [1, 1]),
        ("size\n1\n2\n", [1.0, 2.0], [1, 1]),
        ("1,0.5\n2,3\n", [1.0, 2.0], [0.5, 3]),
        ("size,weight\r\n1,0\r\n2,3\r\n", [1.0, 2.0], [0, 3]),
        ("sfo\nlax\nsfo\n", ["sfo", "lax", "sfo"], [1, 1, 1]),
        ("value\nsfo\n", ["sfo"], [1]),
        ("site,share\nsfo,2\nlax,1\n", ["sfo", "lax"], [2, 1]),
    ],
)
def test_values(tmp_path: Path, text: str, values: list[Any], weights: list[float]) -> None:
    path = tmp_path / "sizes.csv"
    path.write_bytes(text.encode())
    column, read_weights = read_values(path)
    read = (
        [column.categories[code] for code in column.values]
        if column.kind is Kind.CATEGORY
        else column.values.tolist()
    )
    assert read == values
    assert read_weights.tolist() == weights


def test_tables_are_written_and_read_again(tmp_path: Path) -> None:
    table = pa.table({"x": [1.5, np.nan, None], "site": pa.array(["a", None, "b,c"]).dictionary_encode()})
    for name in ("t.csv", "t.parquet"):
        write_table(table, tmp_path / name, overwrite=False, inputs=[])
        dataset = open_source(tmp_path / name, name="t")
        assert np.array_equal(dataset.column("x").values, [1.5, np.nan, np.nan], equal_nan=True)
        assert dataset.column("site").values.tolist() == [0, -1, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.parquet"]


def test_formulas_are_escaped_in_csv_only(tmp_path: Path) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "a=b", "x"]
    table = pa.table({"=x": texts, "n": [-1.0] * len(texts)})
    write_table(table, tmp_path / "t.csv", overwrite=False, inputs=[])
    write_table(table, tmp_path / "t.parquet", overwrite=False, inputs=[])
    escaped = pa.csv.read_csv(tmp_path / "t.csv")
    assert escaped.column_names == ["'=x", "n"]
    assert escaped["'=x"].to_pylist() == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=b", "x"]
    assert escaped["n"].to_pylist() == [-1.0] * len(texts)
    assert pa.parquet.read_table(tmp_path / "t.parquet").equals(table)


def test_nothing_is_left_of_what_fails(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("before")

    def interrupted() -> None:
        with written_whole(path, overwrite=True, inputs=[]) as stream:
            stream.write(b"half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert path.read_text() == "before"


def test_overwriting_needs_leave_and_spares_inputs(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("before")
    (tmp_path / "link.csv").symlink_to(path)
    table = pa.table({"x": [1]})
    for overwrite, inputs in [(False, []), (True, [path]), (True, [tmp_path / "link.csv"])]:
        with pytest.raises(WslError):
            write_table(table, path, overwrite=overwrite, inputs=inputs)
        assert path.read_text() == "before"
    write_table(table, path, overwrite=True, inputs=[tmp_path / "other.csv"])
    assert path.read_text() == '"x"\n1\n'
