"""The meaning of a checked expression on arrays of rows: three-valued, missing values propagate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wsl.data import Column
from wsl.semantics.checked import (
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Function,
    Label,
    Logic,
    Matches,
    Missing,
    OneOf,
    Read,
    Type,
)

MISSING_TIME = np.iinfo(np.int64).min
Truth = NDArray[np.int8]
"""1 true, -1 false, 0 unknown: AND is the minimum, OR the maximum, NOT the sign."""
Values = NDArray[Any]


class Rows(Protocol):
    """Rows whose columns an expression may read."""

    def __len__(self) -> int: ...

    def values(self, variable: str, *, recorded: bool) -> Values: ...

    def column(self, variable: str) -> Column: ...


_NUMPY: dict[str, Callable[[Values], Values]] = {"LOG": np.log, "EXP": np.exp, "SQRT": np.sqrt}


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions on rows; `elementary` may name other LOG, EXP and SQRT than NumPy's."""

    rows: Rows
    elementary: Mapping[str, Callable[[Values], Values]] = field(default_factory=lambda: _NUMPY)

    def selects(self, condition: Expression | None) -> NDArray[np.bool_]:
        """Where a condition is true; a row on which it is unknown is not selected."""
        if condition is None:
            return np.ones(len(self.rows), dtype=np.bool_)
        return np.asarray(self.truth(condition) > 0)

    def number(self, node: Expression) -> Values:
        """float64, NaN where missing; a time is int64 microseconds."""
        with np.errstate(all="ignore"):
            return self._number(node)

    def codes(self, node: Expression, labels: tuple[str, ...]) -> NDArray[np.int64]:
        """A category expression as codes into `labels`, -1 where missing or not among them."""
        place = {label: code for code, label in enumerate(labels)}
        if isinstance(node, Label):
            return np.full(len(self.rows), place.get(node.text, -1), dtype=np.int64)
        assert isinstance(node, Read)
        column = self.rows.column(node.variable)
        codes = self.rows.values(node.variable, recorded=node.recorded).astype(np.int64)
        if column.categories == labels:
            return codes
        translate = np.array([*(place.get(label, -1) for label in column.categories), -1], dtype=np.int64)
        return np.asarray(translate[codes])

    def truth(self, node: Expression) -> Truth:
        match node:
            case Logic("NOT", (operand,)):
                return -self.truth(operand)
            case Logic(operator, operands):
                combine = np.minimum if operator == "AND" else np.maximum
                result = self.truth(operands[0])
                for operand in operands[1:]:
                    result = combine(result, self.truth(operand))
                return result
            case Missing(operand):
                return _truth(self._missing(operand))
            case Compare(operator, left, right):
                return self._compare(operator, left, right)
            case OneOf(operand, items):
                return self._one_of(operand, items)
            case Matches(Read(variable, _, recorded), pattern):
                labels = self.rows.column(variable).categories
                expression = like(pattern)
                hits = np.array([expression.fullmatch(label) is not None for label in labels] + [False])
                codes = self.rows.values(variable, recorded=recorded)
                return _known(_truth(hits[codes]), codes < 0)
            case Read(variable, _, recorded):
                codes = self.rows.values(variable, recorded=recorded)
                return _known(_truth(codes == 1), codes < 0)
            case Constant(value, Type.TRUTH):
                return np.full(len(self.rows), 1 if value else -1, dtype=np.int8)
        raise AssertionError(f"not a condition: {node}")

    def _number(self, node: Expression) -> Values:
        match node:
            case Constant(value, Type.NUMBER | Type.TIME as kind):
                dtype = np.int64 if kind is Type.TIME else np.float64
                return np.full(len(self.rows), value, dtype=dtype)
            case Read(variable, Type.TRUTH, recorded):
                codes = self.rows.values(variable, recorded=recorded)
                return np.where(codes < 0, np.nan, codes.astype(np.float64))
            case Read(variable, _, recorded):
                values = self.rows.values(variable, recorded=recorded)
                return values.astype(np.float64) if values.dtype == np.float32 else values
            case Arithmetic(operator, left, right):
                operands = self._number(left), self._number(right)
                return _finite(_ARITHMETIC[operator](*operands), operands)
            case Function(name, arguments):
                return self._function(name, [self._number(argument) for argument in arguments])
        truth = self.truth(node)
        return np.where(truth == 0, np.nan, (truth > 0).astype(np.float64))

    def _function(self, name: str, arguments: list[Values]) -> Values:
        if name in ("MIN", "MAX"):
            combine = np.minimum if name == "MIN" else np.maximum
            result = arguments[0]
            for argument in arguments[1:]:
                result = combine(result, argument)
            return result
        if name == "ABS":
            return np.abs(arguments[0])
        if name == "ROUND":
            scale = 10.0 ** arguments[1] if len(arguments) > 1 else np.float64(1.0)
            return np.round(arguments[0] * scale) / scale
        return _finite(np.asarray(self.elementary[name](arguments[0])), arguments)

    def _missing(self, node: Expression) -> NDArray[np.bool_]:
        if node.type is Type.TRUTH and not isinstance(node, Read):
            return np.asarray(self.truth(node) == 0)
        if isinstance(node, Label):
            return np.zeros(len(self.rows), dtype=np.bool_)
        if node.type in (Type.CATEGORY, Type.TRUTH):
            assert isinstance(node, Read)
            return np.asarray(self.rows.values(node.variable, recorded=node.recorded) < 0)
        values = self.number(node)
        missing: NDArray[np.bool_] = values == MISSING_TIME if node.type is Type.TIME else np.isnan(values)
        return missing

    def _compare(self, operator: str, left: Expression, right: Expression) -> Truth:
        if Type.CATEGORY in (left.type, right.type):
            labels = self._labels(left, right)
            a, b = self.codes(left, labels), self.codes(right, labels)
            return _known(_truth(_COMPARE[operator](a, b)), (a < 0) | (b < 0))
        a, b = self.number(left), self.number(right)
        return _known(_truth(_COMPARE[operator](a, b)), self._missing(left) | self._missing(right))

    def _one_of(self, operand: Expression, items: tuple[Constant | Label, ...]) -> Truth:
        missing = self._missing(operand)
        if operand.type is Type.CATEGORY:
            labels = self._labels(operand, *items)
            wanted = {item.text for item in items if isinstance(item, Label)}
            hits = np.array([label in wanted for label in labels] + [False])
            return _known(_truth(hits[self.codes(operand, labels)]), missing)
        constants = np.array([item.value for item in items if isinstance(item, Constant)])
        return _known(_truth(np.isin(self.number(operand), constants)), missing)

    def _labels(self, *nodes: Expression) -> tuple[str, ...]:
        labels: set[str] = set()
        for node in nodes:
            if isinstance(node, Label):
                labels.add(node.text)
            elif isinstance(node, Read):
                labels.update(self.rows.column(node.variable).categories)
        return tuple(sorted(labels))


def like(pattern: str) -> re.Pattern[str]:
    """A LIKE pattern: `%` is any text, `_` any one character."""
    translated = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in pattern)
    return re.compile(translated, re.DOTALL)


def _truth(values: Values) -> Truth:
    return np.where(values, np.int8(1), np.int8(-1))


def _known(truth: Truth, unknown: Values) -> Truth:
    return np.where(unknown, np.int8(0), truth)


def _finite(result: Values, operands: Sequence[Values]) -> Values:
    """Missing where finite operands have no finite result, as of x/0, LOG(0) or a number too large."""
    if result.dtype.kind != "f" or np.isfinite(result).all():
        return result
    finite = [np.isfinite(operand) for operand in operands if operand.dtype.kind == "f"]
    lost = np.isinf(result) & np.logical_and.reduce(finite)
    return np.where(lost, np.nan, result)


def _divide(left: Values, right: Values) -> Values:
    return np.where(right == 0, np.nan, left / np.where(right == 0, 1.0, right))


_ARITHMETIC: dict[str, Callable[[Values, Values], Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divide,
}
_COMPARE: dict[str, Callable[[Values, Values], Values]] = {
    "==": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
