"""Verdicts on EXPECT, by intervals: a condition passes or fails where its whole interval does."""

from __future__ import annotations

from math import isnan

from wsl.engine.grouping import Part
from wsl.engine.intervals import Intervals
from wsl.semantics.checked import Formula, FormulaOperation

PASS, FAIL, UNDECIDED = "pass", "fail", "undecided"
UNKNOWN = "unknown"  # undecided, for a figure does not exist or has no interval
COMPARISONS = frozenset(("==", "<>", "<", "<=", ">", ">="))


def judge(intervals: Intervals, formula: Formula, part: Part) -> str:
    """The verdict on a condition, of one comparison or, by three-valued logic, of several."""
    assert isinstance(formula, FormulaOperation)
    if formula.operator in COMPARISONS:
        return _compare(intervals, formula, part)
    verdicts = [judge(intervals, operand, part) for operand in formula.operands]
    if formula.operator == "NOT":
        return {PASS: FAIL, FAIL: PASS}.get(verdicts[0], verdicts[0])
    order = (
        (FAIL, UNKNOWN, UNDECIDED, PASS) if formula.operator == "AND" else (PASS, UNKNOWN, UNDECIDED, FAIL)
    )
    return min(verdicts, key=order.index)


def _compare(intervals: Intervals, formula: FormulaOperation, part: Part) -> str:
    """The difference of both sides against 0, with its interval."""
    gap = FormulaOperation("-", formula.operands)
    found = intervals.own.formula(gap, part.mask)
    width = intervals.spread(gap, part, found).level
    low, high = found.scenario - width, found.scenario + width
    if isnan(low) or isnan(high):
        return UNKNOWN
    certain, impossible = {
        "<=": (high <= 0, low > 0),
        "<": (high < 0, low >= 0),
        ">=": (low >= 0, high < 0),
        ">": (low > 0, high <= 0),
        "==": (low == high == 0, low > 0 or high < 0),
        "<>": (low > 0 or high < 0, low == high == 0),
    }[formula.operator]
    return PASS if certain else FAIL if impossible else UNDECIDED
