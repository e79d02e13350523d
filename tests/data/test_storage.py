"""How columns lie in memory: in half the room where nothing is lost, and let go where they are large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import wsl
from wsl.data import open_source, store
from wsl.data.decoding import WHOLE_IN_SINGLE


def test_integers_take_half_the_room_as_long_as_they_fit(tmp_path: Path) -> None:
    rows = 300_000  # several batches
    small = np.arange(rows) % 1000
    large = small.astype(np.int64)
    large[-1] = int(WHOLE_IN_SINGLE) + 1  # in the last batch
    table = pa.table({"small": small, "large": large, "gaps": pa.array([None, 3] * (rows // 2), pa.int32())})
    pq.write_table(table, tmp_path / "t.parquet")
    data = open_source(tmp_path / "t.parquet", name="t")
    assert {name: data.column(name).values.dtype.name for name in data.kinds} == {
        "small": "float32",
        "large": "float64",
        "gaps": "float32",
    }
    assert np.array_equal(data.column("small").values, small)
    assert np.array_equal(data.column("large").values, large)
    assert data.column("gaps").missing == rows // 2


def test_single_precision_changes_no_answer(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    count = generator.integers(0, 5_000_000, 4_000)
    columns = {
        "a": generator.integers(0, 90, 4_000),
        "n": count,
        "y": count * 3.0 + generator.normal(size=4_000),
    }
    program = (
        "GRAPH { a -> n -> y } TARGET y\nUSE WHERE n * 1000 > 700 ON UNSUPPORTED FAIL ABOVE 100%\n"
        "INTERVENE SET n = n * 1000 + 1 WHERE a < 9"
    )
    program += "\nESTIMATE MEAN(n), P95(n), MEAN(y), SHARE(n > 3)"
    narrow = wsl.Session(columns).run(program)
    wide = wsl.Session({name: values.astype(np.float64) + 0.0 for name, values in columns.items()}).run(
        program
    )
    assert [e.scenario for e in narrow.scenarios[0].estimates] == [
        e.scenario for e in wide.scenarios[0].estimates
    ]
    rows = narrow.scenarios[0].to_arrow()
    assert rows["n.scenario"].type == pa.float64()
    set_rows = np.asarray(rows["a"]) < 9
    assert np.array_equal(
        np.asarray(rows["n.scenario"])[set_rows], np.asarray(rows["n"])[set_rows] * 1000 + 1
    )


def test_large_columns_that_no_answer_needs_are_let_go_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "KEPT_BYTES", 0)
    generator = np.random.default_rng(5)
    x = generator.normal(size=2_000)
    table = pa.table({"x": x, "y": x + 1, "z": x * 2 + generator.normal(size=2_000)})
    pq.write_table(table, tmp_path / "t.parquet")
    session = wsl.Session(tmp_path / "t.parquet", "GRAPH { x -> y; x -> z } TARGET y")
    first = session.run("USE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET x += 1\nESTIMATE MEAN(y)")
    assert session.dataset is not None
    assert {key[0] for key in session.dataset.store._columns} == {"x", "y"}
    assert set(first.scenarios[0].to_arrow().column_names) > {"x", "y", "z"}
    other = (
        session.run("USE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET x += 1\nESTIMATE MEAN(z)")
        .scenarios[0]
        .estimate("MEAN(z)")
    )
    assert other.difference == pytest.approx(2, abs=0.3)
