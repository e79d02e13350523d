"""Which comparisons of a row with its own past are a difference, or a ratio."""

from __future__ import annotations

import pytest

from wsl.semantics.checked import Arithmetic, Compare, Constant, Expression, Logic, Read, Type
from wsl.semantics.comparisons import Comparison, comparison

NOW, BEFORE = Read("rt", Type.NUMBER), Read("rt", Type.NUMBER, recorded=True)
OTHER = Read("rtt", Type.NUMBER)


def number(value: float) -> Expression:
    return Constant(value)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Compare("<=", NOW, Arithmetic("*", number(0.9), BEFORE)), Comparison("<=", 0.9, True)),
        (Compare(">", Arithmetic("*", number(0.5), BEFORE), NOW), Comparison("<", 0.5, True)),
        (Compare("<", Arithmetic("/", NOW, number(2)), BEFORE), Comparison("<", 2.0, True)),
        (Compare("<=", Arithmetic("/", NOW, BEFORE), number(0.9)), Comparison("<=", 0.9, True)),
        (Compare(">=", number(0.9), Arithmetic("/", NOW, BEFORE)), Comparison("<=", 0.9, True)),
        (Compare("<=", NOW, Arithmetic("-", BEFORE, number(50))), Comparison("<=", -50.0, False)),
        (Compare(">=", Arithmetic("-", BEFORE, NOW), number(50)), Comparison("<=", -50.0, False)),
        (Compare("<", NOW, BEFORE), Comparison("<", 0.0, False)),
        (Compare("==", NOW, BEFORE), None),
        (Compare("<=", NOW, Arithmetic("*", number(-1), BEFORE)), None),
        (Compare("<=", NOW, Arithmetic("-", Arithmetic("*", number(0.9), BEFORE), number(5))), None),
        (Compare("<=", NOW, Arithmetic("-", BEFORE, OTHER)), None),
        (Compare("<=", Arithmetic("/", BEFORE, NOW), number(2)), None),
        (Compare("<=", Arithmetic("*", NOW, BEFORE), number(2)), None),
        (Logic("NOT", (Compare("<", NOW, BEFORE),)), None),
    ],
)
def test_forms(condition: Expression, expected: Comparison | None) -> None:
    assert comparison(condition, "rt") == expected
