"""Metric tables: wide ones with several header lines, and long ones of (time, name, value)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.data.misfits import HOLDS
from wsl.data.options import ReadOptions
from wsl.data.problems import failure
from wsl.data.schema import Column, Kind
from wsl.diagnostics import closest

# What the header lines are taken to mean where the first column does not name them.
_LEVELS = ("service", "metric", "statistic")


def wide_names(
    header: Sequence[Sequence[str]], following: Sequence[str], options: ReadOptions, path: str
) -> tuple[dict[int, str], bool]:
    """The columns to read, by position, of a table with several header lines; whether an index line follows.

    A column's name is its cells joined by dots, without the level that `metric` or `statistic` selects.
    The index line, as pandas writes it, names the first columns and is empty elsewhere.
    """
    width = max((len(line) for line in header), default=0)
    if len(header) < options.header or any(len(line) != width for line in header):
        raise failure("WSL-D010", path=path, header=options.header, lines=len(header))
    index_line = _index_names(following, width)
    first = [line[0].strip() for line in header]
    selected = {name: value for name in ("metric", "statistic") if (value := getattr(options, name))}
    levels = {name: _level(name, first) for name in selected}
    indexes = index_line or ([_index_name(first)] if _names_levels(first) else [])
    cells = {place: [line[place].strip() for line in header] for place in range(len(indexes), width)}
    for name, value in selected.items():
        _must_occur(name, value, levels, selected, list(cells.values()), path)
    named = {
        place: ".".join(cell for level, cell in enumerate(column) if level not in levels.values())
        for place, column in cells.items()
        if all(column[levels[name]] == value for name, value in selected.items())
    }
    chosen = dict(enumerate(indexes)) | named
    return chosen, bool(index_line)


def _must_occur(
    name: str,
    value: str,
    levels: Mapping[str, int],
    selected: Mapping[str, str],
    columns: Sequence[Sequence[str]],
    path: str,
) -> None:
    """Some column must have the value, among those that have what else is selected."""
    others = {levels[other]: wanted for other, wanted in selected.items() if other != name}
    level = levels[name]
    fitting = [c for c in columns if all(c[place] == wanted for place, wanted in others.items())]
    known = {column[level] for column in fitting or columns}
    if value not in known:
        listed = ", ".join(sorted(known)[:12])
        besides = [f'{other} is "{wanted}"' for other, wanted in selected.items() if other != name]
        near = closest(value, known)
        fields = {"known": listed, "besides": besides[0]} if fitting and besides else {"all_known": listed}
        raise failure("WSL-D011", path=path, level=name, value=value, suggestion=near, **fields)


def _index_names(line: Sequence[str], width: int) -> list[str]:
    names = [cell.strip() for cell in line]
    filled = sum(map(bool, names))
    leading = len(names) == width and filled and not any(names[filled:])
    return names[:filled] if leading and not any(map(_is_number, names[:filled])) else []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _names_levels(first: Sequence[str]) -> bool:
    """Whether the first column labels the header lines rather than being one more metric."""
    return not any(first) or len(set(_LEVELS) & set(first)) >= 2


def _index_name(first: Sequence[str]) -> str:
    return "index" if not any(first) else "time"


def _level(name: str, first: Sequence[str]) -> int:
    """The header line that holds `name`s: the one so labelled, else its usual place."""
    if name in first:
        return list(first).index(name)
    return min(_LEVELS.index(name), len(first) - 1)


def pivot(
    time: Column, names: Sequence[Column], values: Column, dataset: str, metric: str | None = None
) -> dict[str, Any]:
    """A long table as one column a name and one row a time, in the order of time; absent cells are missing.

    With two names, of a service and a metric, a column is called by both, or by the service where a `metric`
    is selected. Several values for one time and name are an error, as are rows without time or name.
    """
    for column in names:
        if column.kind is not Kind.CATEGORY:
            holds = HOLDS[column.kind]
            raise failure("WSL-D014", dataset=dataset, column=column.name, needs="text", holds=holds)
    if values.kind is not Kind.NUMBER:
        raise failure(
            "WSL-D014", dataset=dataset, column=values.name, needs="numbers", holds=HOLDS[values.kind]
        )
    if time.missing or any(column.missing for column in names):
        columns = " or ".join(column.name for column in (time, *names))
        raise failure("WSL-D015", dataset=dataset, columns=columns)
    chosen = np.arange(len(values.values))
    if metric is not None and len(names) > 1:
        chosen = _of_metric(names[-1], metric, dataset)
        names = names[:-1]
    labels, codes = _joined(names, chosen)
    return _pivoted(time, values, labels, codes, chosen, dataset)


def _of_metric(column: Column, metric: str, dataset: str) -> NDArray[np.int64]:
    """The rows of a metric."""
    if metric not in column.categories:
        known = ", ".join(column.categories[:12])
        near = closest(metric, column.categories)
        fields = {"level": "metric", "value": metric, "suggestion": near, "all_known": known}
        raise failure("WSL-D011", path=dataset, **fields)
    return np.flatnonzero(column.values == column.categories.index(metric))


def _joined(names: Sequence[Column], chosen: NDArray[np.int64]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The names there are, joined by dots, and the place among them of each chosen row's."""
    codes = np.zeros(len(chosen), np.int64)
    for column in names:
        codes = codes * len(column.categories) + column.values[chosen].astype(np.int64)
    found, places = np.unique(codes, return_inverse=True)
    labels = []
    for code in found.tolist():
        parts: list[str] = []
        for column in reversed(names):
            code, place = divmod(code, len(column.categories))
            parts.insert(0, column.categories[place])
        labels.append(".".join(parts))
    return tuple(labels), places


def _pivoted(
    time: Column,
    values: Column,
    labels: Sequence[str],
    codes: NDArray[np.int64],
    chosen: NDArray[np.int64],
    dataset: str,
) -> dict[str, Any]:
    moments, rows = np.unique(time.values[chosen], return_inverse=True)
    cells = rows * len(labels) + codes
    order = np.argsort(cells, kind="stable")
    repeats = np.flatnonzero(np.diff(cells[order]) == 0)
    if repeats.size:
        first, second = sorted(order[repeats[0] : repeats[0] + 2].tolist())
        one, other = int(chosen[first]) + 1, int(chosen[second]) + 1
        raise failure("WSL-D016", dataset=dataset, name=labels[codes[first]], row=one, other=other)
    table = np.full((len(labels), len(moments)), np.nan)
    table[codes, rows] = values.values[chosen]
    return {time.name: _restored(time, moments)} | dict(zip(labels, table, strict=True))


def _restored(time: Column, moments: np.ndarray[Any, Any]) -> Any:
    import pyarrow as pa

    if time.kind is Kind.TIME:
        return pa.array(moments, pa.timestamp("us", "UTC"))
    if time.kind is Kind.CATEGORY:
        return pa.array([time.categories[code] for code in moments])
    return pa.array(moments.astype(np.int64) if time.integer else moments)
