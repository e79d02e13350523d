"""Wide and long metric tables."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsl.data import Kind, open_source
from wsl.diagnostics import WslError

WIDE = """service,web,web,web,db
metric,latency,latency,errors,latency
statistic,p50,Average,Sum,Average
at,,,,
1,0.5,0.6,0,0.1
2,,0.8,1,0.2
"""


def names(path: Path, **options: object) -> list[str]:
    return list(open_source(path, name="t", options=options).kinds)


def test_levels_that_are_selected_leave_the_name(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(WIDE)
    assert names(path, header=3, metric="latency", statistic="Average") == ["at", "web", "db"]
    assert names(path, header=3, metric="latency") == ["at", "web.p50", "web.Average", "db.Average"]
    assert names(path, header=3)[1:3] == ["web.latency.p50", "web.latency.Average"]
    dataset = open_source(path, name="t", options={"header": 3, "metric": "latency", "statistic": "p50"})
    assert dataset.column("at").values.tolist() == [1.0, 2.0]
    assert np.array_equal(dataset.column("web").values, [0.5, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("service,web,db", "metric,latency,latency", "1,2,3"), ["time", "web.latency", "db.latency"]),
        ((",web,db", ",latency,latency", "1,2,3"), ["index", "web.latency", "db.latency"]),
        (("web,db", "latency,latency", "2,3"), ["web.latency", "db.latency"]),
    ],
)
def test_the_first_column_may_be_an_index_or_a_metric(
    tmp_path: Path, lines: tuple[str, ...], expected: list[str]
) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(lines) + "\n")
    assert names(path, header=2) == expected


@settings(max_examples=30, deadline=None)
@given(
    cells=st.dictionaries(st.tuples(st.integers(0, 9), st.sampled_from("pqr")), st.floats(-9, 9), min_size=1)
)
def test_a_long_table_is_pivoted(cells: dict[tuple[int, str], float]) -> None:
    table = {
        "at": pa.array([at for at, _ in cells], pa.timestamp("s", "UTC")),
        "name": [name for _, name in cells],
        "value": list(cells.values()),
    }
    dataset = open_source(table, name="t", options={"long": ("at", "name", "value")})
    times, columns = sorted({at for at, _ in cells}), sorted({name for _, name in cells})
    assert list(dataset.kinds) == ["at", *columns]
    assert dataset.kinds["at"] is Kind.TIME
    assert dataset.column("at").values.tolist() == [at * 1_000_000 for at in times]
    for name in columns:
        expected = [cells.get((at, name), np.nan) for at in times]
        assert np.array_equal(dataset.column(name).values, expected, equal_nan=True)


def test_a_long_table_of_services_and_metrics() -> None:
    table = {
        "at": [1, 1, 1, 2, 2],
        "service": ["web", "web", "db", "web", "db"],
        "metric": ["latency", "errors", "latency", "latency", "latency"],
        "value": [10.0, 0.0, 3.0, 11.0, 4.0],
    }
    long = ("at", "service", "metric", "value")
    dataset = open_source(table, name="t", options={"long": long})
    assert list(dataset.kinds) == ["at", "db.latency", "web.errors", "web.latency"]
    assert np.array_equal(dataset.column("web.errors").values, [0, np.nan], equal_nan=True)
    chosen = open_source(table, name="t", options={"long": long, "metric": "latency"})
    assert list(chosen.kinds) == ["at", "db", "web"]
    assert chosen.column("db").values.tolist() == [3, 4]
    with pytest.raises(WslError, match="latencies"):
        open_source(table, name="t", options={"long": long, "metric": "latencies"})


@pytest.mark.realdata
def test_petshop(realdata: Path) -> None:
    folder = realdata / "petshop" / "low_traffic"
    options = {"header": 3, "metric": "latency", "statistic": "Average"}
    dataset = open_source("noissue/metrics.csv", name="petshop", root=folder, options=options)
    with (folder / "noissue" / "metrics.csv").open(newline="") as stream:
        lines = list(csv.reader(stream))
    chosen = [i for i, cell in enumerate(lines[1]) if cell == "latency" and lines[2][i] == "Average"]
    assert list(dataset.kinds) == [lines[3][0], *(lines[0][i] for i in chosen)]
    assert dataset.rows == len(lines) - 4
    for place in chosen:
        expected = [float(line[place] or "nan") for line in lines[4:]]
        assert np.array_equal(dataset.column(lines[0][place]).values, expected, equal_nan=True)
    assert len(open_source(folder / "noissue" / "metrics.csv", name="p", options={"header": 3}).kinds) == 288
    issues = open_source("train/*/metrics.csv", name="issues", root=folder, options=options)
    assert issues.rows == 5 * len(list((folder / "train").iterdir()))
