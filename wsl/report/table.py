"""A result as CSV: one row for each figure, verdict of an EXPECT, and candidate of an EXPLAIN."""

from __future__ import annotations

import csv
from io import StringIO
from math import isfinite

from wsl.results import Cause, Estimate, Expectation, Result, Scenario
from wsl.results.explanation import Value

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
_CAUSE = (
    "line",
    "target",
    "method",
    "at",
    "rank",
    "tied",
    "variable",
    "unit",
    "rows",
    "score",
    "capped",
    "gap",
    "contribution",
    "contribution_error",
    "conditional",
    "flagged",
    "p_normal",
    "p_normal_adjusted",
    "p_others",
    "p_others_adjusted",
    "bound",
    "direction",
    "observed",
    "normal_low",
    "normal_high",
    "normal_categories",
    "path",
    "not_evaluated",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(result: Result) -> str:
    """CSV (RFC 4180, with line feeds): a row for each figure, verdict and candidate for a root cause.

    The columns are those of what was asked: of figures their names, a column `by.KEY` for each key of BY,
    values, verdicts and sides; of candidates how they rank and why, or why they were not evaluated. `line`,
    `unit` and `rows` are common to all; a row is empty in columns that are not its own. Text that a
    spreadsheet would take for a formula is preceded by an apostrophe; missing values are empty.
    """
    figures, causes = _figures(result), _causes(result)
    tables = [figures] if figures[1:] or not result.explanations else []
    tables += [causes] if result.explanations else []
    header = list(dict.fromkeys(name for table in tables for name in table[0]))
    lines = [header]
    for names, *rows in tables:
        lines += [_spread(names, row, header) for row in rows]
    return "".join(map(_line, lines))


def _figures(result: Result) -> list[list[str]]:
    """Names of columns, then a row for each figure and each verdict."""
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
    return [header, *rows, *verdicts]


def _causes(result: Result) -> list[list[str]]:
    """Names of columns, then a row for each candidate that was evaluated, and for each that was not."""
    rows = []
    for explanation in result.explanations:
        leading = {
            "line": str(explanation.line),
            "target": explanation.target,
            "method": explanation.method,
            "at": explanation.at or str(explanation.row),
        }
        rows += [{**leading, **_cause(cause)} for cause in explanation.causes]
        rows += [
            {**leading, "variable": one.variable, "not_evaluated": one.reason}
            for one in explanation.not_evaluated
        ]
    return [list(_CAUSE), *([_text(row.get(name)) for name in _CAUSE] for row in rows)]


def _cause(cause: Cause) -> dict[str, Value]:
    """A candidate by column; the normal range of categories is a list of them."""
    fields = {name: getattr(cause, name) for name in _CAUSE if hasattr(cause, name)}
    numeric = len(cause.normal) == 2 and not any(isinstance(end, str | bool | None) for end in cause.normal)
    low, high = cause.normal if numeric else (None, None)
    return {
        **fields,
        "rank": str(cause.rank),
        "tied": str(cause.tied),
        "rows": str(cause.rows),
        "path": " -> ".join(cause.path),
        "normal_low": low,
        "normal_high": high,
        "normal_categories": "" if numeric else ", ".join(map(_text, cause.normal)),
    }


def _spread(names: list[str], row: list[str], header: list[str]) -> list[str]:
    """The row with empty cells for the columns that it lacks."""
    own = dict(zip(names, row, strict=True))
    return [own.get(name, "") for name in header]


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
