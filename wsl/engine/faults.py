"""What no recorded row has, in words: the categories or the range of values that a scenario asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from wsl_grammar.terminals import written_label

from wsl.data import Column, Dataset, Kind
from wsl.engine.rows import Mask, present
from wsl.semantics.evaluate import Values

_DISCRETE = (Kind.CATEGORY, Kind.BOOLEAN)
_FEW = 20  # rows of which something can be learned
_ENDS = (0.02, 0.98)  # quantiles that a range of values is told by


@dataclass(frozen=True)
class Fault:
    """Rows that the data cannot answer for: what they ask of each cause, and the nearest recorded row.

    `changed` are the causes that are not as recorded; `apart` is the number, among the causes that are no
    categories, of the one that lies farthest away. `among` are the rows that are learned from, if not all.
    """

    dataset: Dataset
    columns: Mapping[str, Column]
    requested: Mapping[str, Values]
    borrowed: Mask
    nearest: NDArray[np.int64]
    changed: frozenset[str]
    apart: NDArray[np.int8]
    among: NDArray[np.int64] | None = None

    def describe(self) -> str:
        """`no row with fe == twn has region == zaf; the nearest have region == ind`."""
        if 2 * np.count_nonzero(self.borrowed) >= len(self.borrowed):
            return self._categories()
        return self._range()

    def _categories(self) -> str:
        names = [name for name, column in self.columns.items() if column.kind in _DISCRETE]
        rows = np.flatnonzero(self.borrowed)
        asked, _ = self._most_frequent(names, rows)
        matching = rows[np.all([self.requested[name][rows] == asked[name] for name in names], axis=0)]
        rare = self._rare(asked)
        differing = self._differing(asked, matching)
        given = [name for name in rare if name not in differing]
        missing = [name for name in rare if name in differing] or list(rare)
        given = given if len(given) + len(missing) == len(rare) else []
        count = int(np.count_nonzero(self._recorded_with({name: asked[name] for name in rare})))
        text = f"{_rows_with(count, self._written(asked, given))} {self._written(asked, missing)}"
        near = {name: differing[name] for name in missing if name in differing}
        return text + (f"; the nearest have {self._written(near, near)}" if near else "")

    def _most_frequent(self, names: Sequence[str], rows: NDArray[np.int64]) -> tuple[dict[str, int], int]:
        codes = np.stack([self.requested[name][rows].astype(np.int64) for name in names], axis=1)
        found, counts = np.unique(codes, axis=0, return_counts=True)
        at = int(np.argmax(counts))
        return dict(zip(names, found[at].tolist(), strict=True)), int(counts[at])

    def _rare(self, asked: Mapping[str, int]) -> tuple[str, ...]:
        """The fewest causes whose categories few rows have together."""
        for size in range(1, len(asked)):
            for names in combinations(asked, size):
                if np.count_nonzero(self._recorded_with({name: asked[name] for name in names})) < _FEW:
                    return names
        return tuple(asked)

    def _differing(self, asked: Mapping[str, int], rows: NDArray[np.int64]) -> dict[str, int]:
        """Categories that most of the nearest rows have instead."""
        near = self.nearest[rows]
        near = near[near >= 0]
        if not len(near):
            return {}
        found = {name: int(np.bincount(_codes(self._recorded(name)[near])).argmax()) for name in asked}
        return {name: code for name, code in found.items() if code != asked[name]}

    def _recorded(self, name: str) -> Values:
        return self.dataset.column(name).values

    def _recorded_with(self, categories: Mapping[str, int]) -> Mask:
        mask = np.full(self.dataset.rows, self.among is None)
        if self.among is not None:
            mask[self.among] = True
        for name, code in categories.items():
            mask &= self._recorded(name) == code
        return mask

    def _written(self, categories: Mapping[str, int], names: Sequence[str] | Mapping[str, int]) -> str:
        return " and ".join(f"{name} == {self._label(name, categories[name])}" for name in names)

    def _label(self, name: str, code: int) -> str:
        column = self.columns[name]
        return (
            ("FALSE", "TRUE")[code] if column.kind is Kind.BOOLEAN else written_label(column.categories[code])
        )

    # Ranges of values

    def _range(self) -> str:
        numeric = [name for name, column in self.columns.items() if column.kind not in _DISCRETE]
        rows = np.flatnonzero(~self.borrowed & (self.apart >= 0))
        if not len(rows):
            return "no other row is near"
        place = int(np.bincount(self.apart[rows]).argmax())
        name, rows = numeric[place], rows[self.apart[rows] == place]
        for context in self._contexts(rows):
            if beyond := self._beyond(name, rows, context):
                return beyond
        return self._between(name, rows, [other for other in numeric if other != name])

    def _contexts(self, rows: NDArray[np.int64]) -> Iterator[dict[str, int]]:
        """Nothing, then the most frequent category of each cause, then all of these."""
        yield {}
        names = [name for name, column in self.columns.items() if column.kind in _DISCRETE]
        if names:
            asked, _ = self._most_frequent(names, rows)
            yield from ({name: asked[name]} for name in names)
            yield asked

    def _beyond(self, name: str, rows: NDArray[np.int64], context: Mapping[str, int]) -> str | None:
        """`be_time was never above 220 ms with fe == twn; the scenario asks for 400 to 900 ms`."""
        column = self.columns[name]
        for other, code in context.items():
            rows = rows[self.requested[other][rows] == code]
        known = self._recorded(name)[self._recorded_with(context)]
        known = known[present(known, column.kind)]
        if not len(known) or not len(rows):
            return None
        low, high = _ends(self.requested[name][rows])
        least, most = known.min(), known.max()
        if not (low > most or high < least):
            return None
        given = f" with {self._written(context, context)}" if context else ""
        if least == most:
            seen = f"{name} is {_shown(least, column)} in every row{given}"
        else:
            bound, word = (most, "above") if low > most else (least, "below")
            seen = f"{name} was never {word} {_shown(bound, column)}{given}"
        return f"{seen}; the scenario asks for {_span(low, high, column)}"

    def _between(self, name: str, rows: NDArray[np.int64], others: Sequence[str]) -> str:
        """What no row has together: a range of values, and that of the cause which goes with it most."""
        together = [name]
        if others:
            candidates = [other for other in others if other in self.changed] or others
            together.append(max(candidates, key=lambda other: self._related(name, other)))
        ends = {cause: _ends(self.requested[cause][rows]) for cause in together}
        inside = self._recorded_with({})
        for cause, (low, high) in ends.items():
            values = self._recorded(cause)
            inside &= (values >= low) & (values <= high)
        count = int(np.count_nonzero(inside))
        if count < _FEW:
            spans = " together with ".join(
                f"{cause} of {_span(*ends[cause], self.columns[cause])}" for cause in together
            )
            near = self._recorded(name)[self.nearest[rows[self.nearest[rows] >= 0]]]
            text = f"{_rows_with(count, '')} {spans}"
            if len(near):
                text += f"; the nearest have {name} of {_span(*_ends(near), self.columns[name])}"
            return text
        row = rows[np.argsort(self.requested[name][rows], kind="stable")[len(rows) // 2]]
        asked = " and ".join(
            f"{cause} of {_shown(self.requested[cause][row], self.columns[cause])}" for cause in together
        )
        nearest = _shown(self._recorded(name)[self.nearest[row]], self.columns[name])
        return f"most lie apart in {name}: one has {asked}, the row nearest to it {name} of {nearest}"

    def _related(self, first: str, second: str) -> float:
        """Correlation in the data, of ranks, so that no outlier decides."""
        sides = [self._recorded(name)[: 1 << 14].astype(np.float64) for name in (first, second)]
        complete = np.isfinite(sides[0]) & np.isfinite(sides[1])
        ranks = [np.argsort(np.argsort(side[complete], kind="stable"), kind="stable") for side in sides]
        if np.count_nonzero(complete) < 2:
            return 0.0
        return float(abs(np.corrcoef(ranks[0], ranks[1])[0, 1]))


def _rows_with(count: int, given: str) -> str:
    having = f" with {given}" if given else ""
    if count == 0:
        return f"no row{having} has"
    return f"only {count:,} row{'s' if count > 1 else ''}{having} {'have' if count > 1 else 'has'}"


def _codes(values: Values) -> NDArray[np.int64]:
    return np.maximum(values, 0).astype(np.int64)


def _ends(values: Values) -> tuple[np.generic, np.generic]:
    """Two values between which nearly all lie."""
    ordered = np.sort(values)
    first, last = (round(end * (len(ordered) - 1)) for end in _ENDS)
    return ordered[first], ordered[last]


def _span(low: np.generic, high: np.generic, column: Column) -> str:
    first, last = _shown(low, column, unit=False), _shown(high, column)
    return last if _shown(low, column) == last else f"{first} to {last}"


def _shown(value: np.generic, column: Column, unit: bool = True) -> str:
    if column.kind is Kind.TIME:
        return str(np.datetime64(int(value), "us"))[:19]
    text = f"{float(f'{float(value):.3g}'):,.10g}"
    return f"{text} {column.unit}" if unit and column.unit else text
