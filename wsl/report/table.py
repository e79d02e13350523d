"""The estimates and verdicts of a result as CSV: one row a figure, or an EXPECT."""

from __future__ import annotations

import csv
from io import StringIO
from math import isfinite

from wsl.results import Estimate, Expectation, Result, Scenario

_LEADING = ("scenario", "line", "expression", "where", "alias")
_FIGURES = (
    "unit",
    "estimator",
    "rows",
    "baseline",
    "replayed",
    "scenario_value",
    "interval_low",
    "interval_high",
    "difference",
    "difference_low",
    "difference_high",
    "level",
)
_VERDICT = ("verdict", "left", "right")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(result: Result) -> str:
    """CSV (RFC 4180, with line feeds): names, a column `by.KEY` for each key of BY, figures, verdicts, sides.

    Text that a spreadsheet would take for a formula is preceded by an apostrophe; missing values are empty.
    """
    groups = [e.group for s in result.scenarios for e in s.estimates]
    groups += [e.group for s in result.scenarios for e in s.expectations]
    keys = sorted({key for group in groups for key in group})
    header = [*_LEADING, *(_text(f"by.{key}") for key in keys), *_FIGURES, *_VERDICT]
    rows = [
        _row(scenario, estimate, keys) for scenario in result.scenarios for estimate in scenario.estimates
    ]
    verdicts = [
        _verdict(scenario, expectation, keys)
        for scenario in result.scenarios
        for expectation in scenario.expectations
    ]
    return "".join(map(_line, [header, *rows, *verdicts]))


def _line(cells: list[str]) -> str:
    file = StringIO()
    csv.writer(file).writerow(cells)  # quotes a lone carriage return only while lines end in one
    return file.getvalue().removesuffix("\r\n") + "\n"


def _row(scenario: Scenario, estimate: Estimate, keys: list[str]) -> list[str]:
    low, high = estimate.interval or (None, None)
    difference_low, difference_high = estimate.difference_interval or (None, None)
    figures = (
        estimate.baseline,
        estimate.replayed,
        estimate.scenario,
        low,
        high,
        estimate.difference,
        difference_low,
        difference_high,
        estimate.level,
    )
    return [
        _text(scenario.name),
        str(estimate.line),
        _text(estimate.expression),
        _text(estimate.where),
        _text(estimate.alias),
        *(_text(estimate.group.get(key)) for key in keys),
        _text(estimate.unit),
        _text(estimate.estimator),
        str(estimate.rows),
        *map(_number, figures),
        *[""] * len(_VERDICT),
    ]


def _verdict(scenario: Scenario, expectation: Expectation, keys: list[str]) -> list[str]:
    where = _text(expectation.where)
    leading = [_text(scenario.name), str(expectation.line), _text(expectation.expression), where, ""]
    groups = [_text(expectation.group.get(key)) for key in keys]
    figures = [_text(expectation.unit), *[""] * (len(_FIGURES) - 1)]
    sides = map(_number, (expectation.left, expectation.right))
    return [*leading, *groups, *figures, expectation.verdict, *sides]


def _number(value: float | None) -> str:
    return "" if value is None or not isfinite(value) else repr(float(value))


def _text(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA) else text
