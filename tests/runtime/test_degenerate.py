"""Data that no method can learn much from: an answer or a missing value, never a crash."""

from __future__ import annotations

import numpy as np
import pytest
import wsl_runtime as runtime
from wsl_runtime import MISSING_TIME, Series

from tests.runtime.data import KEY

RNG = np.random.default_rng(11)
N = 400
Y = RNG.normal(size=N)
TIMES = RNG.integers(-(2**62), 2**62, N)
TIMES[3] = MISSING_TIME
INFINITE = np.where(np.arange(N) % 7 == 0, np.inf, np.where(np.arange(N) % 7 == 1, -np.inf, Y))
MANY = [Series(RNG.integers(0, 4000, N).astype(np.int16), "category", 4000) for _ in range(7)]

CASES: dict[str, tuple[Series, list[Series]]] = {
    "no parents": (Series(Y, "number"), []),
    "one row": (Series(Y[:1], "number"), [Series(Y[:1], "number")]),
    "no rows": (Series(Y[:0], "number"), [Series(Y[:0], "number")]),
    "constant child": (Series(np.ones(N), "number"), [Series(Y, "number")]),
    "constant parent": (Series(Y, "number"), [Series(np.full(N, 3.0), "number")]),
    "child all missing": (Series(np.full(N, np.nan), "number"), [Series(Y, "number")]),
    "parent all missing": (Series(Y, "number"), [Series(np.full(N, np.nan), "number")]),
    "infinite child": (Series(INFINITE, "number"), [Series(Y, "number")]),
    "infinite parent": (Series(Y, "number"), [Series(INFINITE, "number")]),
    "only infinite": (Series(Y, "number"), [Series(np.full(N, np.inf), "number")]),
    "ties": (Series(np.round(Y), "number"), [Series(np.round(Y), "number")]),
    "thousands of levels": (Series(Y, "number"), MANY[:1]),
    "more bits than a key holds": (Series(Y, "number"), [*MANY, Series(Y, "number")]),
    "as many children": (MANY[0], [Series(Y, "number")]),
    "boolean": (Series(Y > 0, "boolean"), [Series((Y > 1).astype(np.int8), "boolean")]),
    "extreme times": (Series(TIMES, "time"), [Series(TIMES[::-1].copy(), "time")]),
    "extreme numbers": (
        Series(RNG.uniform(-1, 1, N) * 1e300, "number"),
        [Series(np.exp(RNG.uniform(-700, 700, N)), "number"), Series(Y * 4e307, "number")],
    ),
    "one value but for a spike": (
        Series(Y, "number"),
        [Series(np.where(np.arange(N) == 5, 1e9, 1.0), "number")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_question_has_an_answer_or_none(case: str) -> None:
    child, parents = CASES[case]
    rows = len(child)
    row_ids = np.arange(rows, dtype=np.uint64)
    groups = runtime.groups_of(row_ids)
    index = runtime.build_index([child], parents, row_ids, groups)
    assert index.loaded == rows
    columns = [parent.values for parent in parents]
    reversed_columns = [values[::-1].copy() for values in columns]
    for asked in (columns, reversed_columns, [values[:0] for values in columns]):
        count = len(asked[0]) if asked else rows
        who = (row_ids[:count], groups[:count])
        for mode in ("nearest", "random"):
            redrawn = runtime.redraw(index, asked, *who, KEY, mode=mode)
            assert len(redrawn.donor) == count
            assert (redrawn.donor < rows).all()
        if child.discrete:
            shares = runtime.class_frequencies(index, asked, *who).shares
            assert ((shares >= 0) & (shares <= 1 + 1e-12) | np.isnan(shares)).all()
            assert (runtime.draw_classes(shares, who[0], KEY) < max(1, child.levels)).all()
            continue
        found = runtime.estimate(index, asked, *who, KEY)
        assert np.array_equal(np.isnan(found.mean), redrawn.donor < 0)
        if len(index.rows) and child.kind == "number":
            known = index.children[0].values
            spread = 0.26 * (known.max() / 2 - known.min() / 2) * 2
            inside = found.mean[~np.isnan(found.mean)]
            assert (inside >= known.min() - spread - 1e-9).all()
            assert (inside <= known.max() + spread + 1e-9).all()
    if rows:
        runtime.couple(index, columns, child.values, reversed_columns, row_ids, groups, KEY)
        rank = runtime.ranks_of(index, reversed_columns, child.values, row_ids, groups, KEY).rank
        assert ((rank >= 0) & (rank <= 1) | np.isnan(rank)).all()


def test_no_donor_where_all_rows_are_of_one_group() -> None:
    row_ids = np.arange(N, dtype=np.uint64)
    one_group = np.full(N, 4, np.uint8)
    index = runtime.build_index([Series(Y, "number")], [Series(Y, "number")], row_ids, one_group)
    assert (runtime.redraw(index, [Y], row_ids, one_group, KEY).donor == -1).all()
    assert np.isnan(runtime.estimate(index, [Y], row_ids, one_group, KEY).mean).all()
    others = np.full(N, 5, np.uint8)
    assert (runtime.redraw(index, [Y], row_ids, others, KEY).donor >= 0).all()


def test_wrong_arguments_are_told() -> None:
    row_ids = np.arange(N, dtype=np.uint64)
    groups = runtime.groups_of(row_ids)
    index = runtime.build_index([Series(Y, "number")], [Series(Y, "number")], row_ids, groups)
    with pytest.raises(ValueError, match="1 parents, not 2"):
        runtime.redraw(index, [Y, Y], row_ids, groups, KEY)
    with pytest.raises(ValueError, match="nearest or random"):
        runtime.redraw(index, [Y], row_ids, groups, KEY, mode="best")
    with pytest.raises(ValueError, match="a series is one of"):
        Series(Y, "text")
    with pytest.raises(ValueError, match="options need"):
        runtime.Options(nmin=0)
