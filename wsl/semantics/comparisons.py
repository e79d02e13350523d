"""Comparisons of a row with its own past: by a difference, or by a ratio."""

from __future__ import annotations

from dataclasses import dataclass

from wsl.semantics.checked import Arithmetic, Compare, Constant, Expression, Read

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Comparison:
    """`x - BASELINE(x) operator amount`, or with `ratio` `x / BASELINE(x) operator amount`."""

    operator: str
    amount: float
    ratio: bool


@dataclass(frozen=True)
class _Linear:
    """now * x + before * BASELINE(x) + constant."""

    now: float = 0.0
    before: float = 0.0
    constant: float = 0.0

    def plus(self, other: _Linear, sign: float = 1.0) -> _Linear:
        now, before = self.now + sign * other.now, self.before + sign * other.before
        return _Linear(now, before, self.constant + sign * other.constant)

    def times(self, factor: float) -> _Linear:
        return _Linear(factor * self.now, factor * self.before, factor * self.constant)

    @property
    def is_constant(self) -> bool:
        return self.now == 0.0 == self.before


def comparison(condition: Expression | None, variable: str) -> Comparison | None:
    """How a condition compares a variable with its recorded value; None where it is another form."""
    if not isinstance(condition, Compare) or condition.operator not in _MIRRORED:
        return None
    ratio = _quotient(condition, variable)
    if ratio is not None:
        return ratio
    left, right = _linear(condition.left, variable), _linear(condition.right, variable)
    if left is None or right is None:
        return None
    side = left.plus(right, -1.0)
    operator = condition.operator if side.now > 0 else _MIRRORED[condition.operator]
    if side.now == 0.0 or side.now * side.before >= 0.0:
        return None
    if side.now == -side.before:
        return Comparison(operator, -side.constant / side.now, False)
    return Comparison(operator, -side.before / side.now, True) if side.constant == 0.0 else None


def _quotient(condition: Compare, variable: str) -> Comparison | None:
    """x / BASELINE(x) on one side, a number on the other."""
    for one, other, operator in (
        (condition.left, condition.right, condition.operator),
        (condition.right, condition.left, _MIRRORED[condition.operator]),
    ):
        if not (isinstance(one, Arithmetic) and one.operator == "/"):
            continue
        above, below, amount = (_linear(part, variable) for part in (one.left, one.right, other))
        if above is None or below is None or amount is None or not amount.is_constant:
            continue
        pure = above == _Linear(now=above.now) and below == _Linear(before=below.before)
        if pure and above.now * below.before > 0.0:
            return Comparison(operator, amount.constant * below.before / above.now, True)
    return None


def _linear(node: Expression, variable: str) -> _Linear | None:
    """An expression as a linear form, or None where it is none."""
    match node:
        case Constant(value):
            return _Linear(constant=value)
        case Read(name, _, recorded) if name == variable:
            return _Linear(before=1.0) if recorded else _Linear(now=1.0)
        case Arithmetic(operator, left, right):
            a, b = _linear(left, variable), _linear(right, variable)
            if a is None or b is None:
                return None
            if operator in ("+", "-"):
                return a.plus(b, 1.0 if operator == "+" else -1.0)
            if operator == "/":
                return a.times(1.0 / b.constant) if b.is_constant and b.constant else None
            if operator == "*" and (a.is_constant or b.is_constant):
                return b.times(a.constant) if a.is_constant else a.times(b.constant)
    return None
