"""The tile index: folding against a naive twin, partitions in any order, storage."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import wsl_runtime as runtime
from hypothesis import given, settings
from hypothesis import strategies as st
from wsl_runtime import Options, Series, TileIndex
from wsl_runtime.grid import keys_of
from wsl_runtime.place import locate
from wsl_runtime.tiles import FEW

from tests.runtime.data import Log, answers, make_log

OPTIONS = Options(nmin=6, nmax=20, cap=30)


def contents(index: TileIndex) -> bytes:
    file = io.BytesIO()
    runtime.save_index(file, index)
    return file.getvalue()


def sketched(log: Log, parts: list[np.ndarray], options: Options) -> TileIndex:
    """The index by way of partitions: each surveyed, then each sketched, merged in the order given."""

    def taken(columns: list[Series], rows: np.ndarray) -> list[Series]:
        return [column.take(rows) for column in columns]

    surveys = [
        runtime.survey(taken(log.children, r), taken(log.parents, r), log.row_ids[r], log.groups[r])
        for r in parts
    ]
    found = surveys[0]
    for other in surveys[1:]:
        found = other.merge(found)
    layout = runtime.plan_layout(found)
    merged = None
    for rows in parts:
        sketch = runtime.sketch(
            taken(log.children, rows),
            taken(log.parents, rows),
            log.row_ids[rows],
            log.groups[rows],
            layout,
            options,
            first_row=int(rows[0]) if len(rows) else 0,
        )
        merged = sketch if merged is None else runtime.merge(merged, sketch)
    assert merged is not None
    return runtime.finish(merged)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 800), max_size=4), st.randoms(use_true_random=False))
def test_partitions_in_any_order_give_the_same_bits(cuts: list[int], random: object) -> None:
    log = make_log(800, missing=True)
    parts = np.split(np.arange(800), sorted(cuts))
    random.shuffle(parts)
    assert contents(sketched(log, parts, OPTIONS)) == contents(log.index(OPTIONS))


def test_the_order_of_rows_does_not_matter() -> None:
    log = make_log(2000, missing=True)
    order = np.random.default_rng(5).permutation(2000)
    parents = [log.values[0], log.values[1] * 0.5, log.values[2]]
    one, other = log.index(OPTIONS), log.index(OPTIONS, order)
    for expected, found in zip(answers(one, parents, log), answers(other, parents, log), strict=True):
        if found.dtype == np.int64:  # donors are row numbers of the shuffled data
            found = np.where(found >= 0, order[found], -1)
        assert np.array_equal(expected, found, equal_nan=expected.dtype.kind == "f")


def test_folding_widens_the_prefix_until_it_holds_enough_rows_outside_any_group() -> None:
    log = make_log(700)
    index = log.index(OPTIONS)
    keys = np.repeat(index.keys, np.diff(index.starts))
    rows = np.random.default_rng(6).integers(0, 700, (3, 1000))
    parents = [values[row] for values, row in zip(log.values, rows, strict=True)]
    placed = locate(index, parents, 1000)
    bits, fewest, others, place = index.limits
    found, _ = keys_of(parents, index.layout.axes, index.layout.tables, 1000)
    assert not np.isin(found, index.keys).all()  # some combinations are those of no data row
    for key, tile in zip(found, placed.tile, strict=True):
        counts = [np.sum(keys >> np.uint64(level) == key >> np.uint64(level)) for level in range(bits + 1)]
        for level in range(bits + 1):
            inside = np.flatnonzero(keys >> np.uint64(level) == key >> np.uint64(level))
            apart = len(inside) - np.bincount(index.groups[inside], minlength=16).max()
            if len(inside) >= fewest and apart >= others:
                break
            mixes = place >= level and counts[place] == counts[level]  # what comes next are other categories
            if mixes and len(inside) >= FEW and apart >= FEW - 2:
                break
        start, length = placed.tiles.start[tile], placed.tiles.length[tile]
        assert np.array_equal(inside, np.arange(start, start + length))


def test_a_crowded_tile_keeps_the_rows_with_the_smallest_hashes() -> None:
    log = make_log(4000)
    one = Log(log.children, [log.parents[0]], log.row_ids, log.groups, log.truth)
    index = one.index(OPTIONS)
    hashes = runtime.hash_rows(log.row_ids)[0]
    for site in range(4):
        rows = np.flatnonzero(log.values[0] == site)
        expected = rows[np.argsort(hashes[rows])][: OPTIONS.cap]
        tile = int(np.flatnonzero(log.values[0][index.rows[index.starts[:-1]]] == site)[0])
        kept = index.rows[index.starts[tile] : index.starts[tile + 1]]
        assert np.array_equal(kept, expected)


def test_rows_with_missing_values_are_left_out_and_counted() -> None:
    log = make_log(1000, missing=True)
    index = log.index()
    incomplete = np.isnan(log.values[1]) | np.isnan(log.children[0].values)
    assert (index.loaded, index.left_out) == (1000, int(incomplete.sum()))
    assert not incomplete[index.rows].any()


def test_a_stored_index_gives_the_same_answers(tmp_path: Path) -> None:
    log = make_log(500)
    parents = [log.values[0], log.values[1] * 2, log.values[2]]
    index = log.index()
    runtime.save_index(tmp_path / "index.npz", index)
    again = runtime.load_index(tmp_path / "index.npz")
    for expected, found in zip(answers(index, parents, log), answers(again, parents, log), strict=True):
        assert np.array_equal(expected, found, equal_nan=expected.dtype.kind == "f")
    assert list(tmp_path.iterdir()) == [tmp_path / "index.npz"]


def test_a_broken_file_is_told_from_an_absent_one(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(ValueError, match="not an index"):
        runtime.load_index(tmp_path / "broken")
    with pytest.raises(FileNotFoundError):
        runtime.load_index(tmp_path / "absent")


def test_sketches_of_other_layouts_do_not_merge() -> None:
    log = make_log(300)
    layout = runtime.plan_layout(runtime.survey(log.children, log.parents, log.row_ids, log.groups))
    sketches = [
        runtime.sketch(log.children, log.parents, log.row_ids, log.groups, layout, options)
        for options in (Options(), OPTIONS)
    ]
    with pytest.raises(ValueError, match="share layout and options"):
        runtime.merge(*sketches)
