"""Numbers with units: what a sum, product, ratio or comparison of them means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Generic, TypeVar

from wsl.semantics import units

N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Quantity(Generic[N]):
    """A node of a checked tree with its unit, None for a plain number.

    `literal` is the value where the node is a constant. `percent` marks a plain number that was written in
    percent, so that `5%` is 0.05, and 5 where a column is declared in `[%]`.
    """

    node: N
    unit: str | None = None
    literal: float | None = None
    percent: bool = False

    @property
    def unit_words(self) -> str:
        return self.unit or ("%" if self.percent else "no unit")


@dataclass(frozen=True, slots=True)
class Algebra(Generic[N]):
    """Arithmetic on quantities over one kind of tree; None is returned where the units do not fit."""

    constant: Callable[[float], N]
    operation: Callable[[str, N, N], N]

    def number(self, value: float, unit: str | None) -> Quantity[N]:
        if unit == "%":
            return Quantity(self.constant(value / 100), None, value / 100, True)
        return Quantity(self.constant(value), unit, value)

    def negative(self, a: Quantity[N]) -> Quantity[N]:
        if a.literal is not None:
            return replace(a, node=self.constant(-a.literal), literal=-a.literal)
        return replace(a, node=self.operation("-", self.constant(0.0), a.node))

    def converted(self, a: Quantity[N], unit: str | None) -> Quantity[N] | None:
        """The quantity in a unit; a plain number is taken to be in it already."""
        if a.percent:
            if unit == "%":
                return replace(self._scaled(a, 100.0), unit="%", percent=False)
            return a if unit is None else None
        if a.unit in (None, unit):
            return replace(a, unit=unit)
        if unit is None:
            return a if a.literal is None else None
        if a.literal is not None:
            value = units.convert(a.literal, a.unit or "", unit)
            return None if value is None else Quantity(self.constant(value), unit, value)
        factor = units.convert(1.0, a.unit or "", unit)
        return None if factor is None else replace(self._scaled(a, factor), unit=unit)

    def aligned(self, *given: Quantity[N]) -> Sequence[Quantity[N]] | None:
        """All in the unit of the first that has one and is no literal, else of the first that has one."""
        measured = [a for a in given if a.literal is None]
        # Beside a variable without a unit, a literal with one cannot be converted.
        unit = next((a.unit for a in measured or given if a.unit), None)
        done = [self.converted(a, unit) for a in given]
        known = [a for a in done if a is not None]
        return known if len(known) == len(done) else None

    def sum(self, operator: str, a: Quantity[N], b: Quantity[N]) -> Quantity[N] | None:
        both = self.aligned(a, b)
        if both is None:
            return None
        x, y = both
        return self._combined(operator, x, y, x.unit, percent=x.percent and y.percent)

    def product(self, a: Quantity[N], b: Quantity[N]) -> Quantity[N] | None:
        a, b = (self._share(x) if y.literal is None or y.unit else x for x, y in ((a, b), (b, a)))
        if a.unit and b.unit:
            return None
        return self._combined("*", a, b, a.unit or b.unit, percent=a.percent != b.percent and _plain(a, b))

    def ratio(self, a: Quantity[N], b: Quantity[N]) -> Quantity[N] | None:
        if a.unit and b.unit:
            below = self.converted(b, a.unit) or (self._share(b) if b.unit == "%" else None)
            if below is None:
                return None
            return self._combined("/", a, below, None if below.unit else a.unit)
        b = self._share(b)
        return self._combined("/", a, b, None if b.unit else a.unit, percent=a.percent and not b.percent)

    def _share(self, a: Quantity[N]) -> Quantity[N]:
        """What is in percent as the share it stands for."""
        return replace(self._scaled(a, 0.01), unit=None) if a.unit == "%" else a

    def _scaled(self, a: Quantity[N], factor: float) -> Quantity[N]:
        if factor == 1.0:
            return a
        if a.literal is not None:
            # 7% of a hundred is 7, not 7.000000000000001.
            value = round(a.literal * factor, 12) if factor == 100.0 else a.literal * factor
            return replace(a, node=self.constant(value), literal=value)
        return replace(a, node=self.operation("*", a.node, self.constant(factor)))

    def _combined(
        self, operator: str, a: Quantity[N], b: Quantity[N], unit: str | None, *, percent: bool = False
    ) -> Quantity[N]:
        if a.literal is None or b.literal is None or (operator == "/" and not b.literal):
            return Quantity(self.operation(operator, a.node, b.node), unit)
        value = _FOLD[operator](a.literal, b.literal)
        if not isfinite(value):  # missing on every row, as any number too large
            return Quantity(self.operation(operator, a.node, b.node), unit)
        return Quantity(self.constant(value), unit, value, percent)


def _plain(*given: Quantity[N]) -> bool:
    return all(a.unit is None for a in given)


_FOLD: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
