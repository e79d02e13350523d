"""What the data says of the moment that EXPLAIN asks about, and of the rows it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from wsl_grammar.terminals import written_name

from wsl.data import GREATEST, Dataset, Kind, is_finite
from wsl.diagnostics import Diagnostic, Fix, Span, report
from wsl.semantics.checked import Expression, Use
from wsl.semantics.recorded import Mask, selected
from wsl.semantics.selections import explained

LEAST_NORMAL = 10
"""Rows below which nothing can be called unusual."""


@dataclass(frozen=True)
class Regimes:
    """The window, AT's one row or WHERE's, and the normal regime, among the rows of USE as recorded."""

    dataset: Dataset
    use: Use
    window: Expression
    window_text: str
    against: Expression | None
    target: str | None

    @cached_property
    def _used(self) -> Mask:
        return selected(self.dataset, self.use.where)

    @cached_property
    def _inside(self) -> Mask:
        return selected(self.dataset, self.use.where, self.window)

    @cached_property
    def _observed(self) -> Mask:
        """Where the target has a value."""
        if self.target is None or self.dataset.kinds[self.target] is not Kind.NUMBER:
            return np.ones(self.dataset.rows, dtype=np.bool_)
        mask: Mask = is_finite(self.dataset.column(self.target).values)
        return mask

    def moment(
        self, clause: str, keyword: Span, place: Span, hints: Sequence[Diagnostic]
    ) -> Diagnostic | None:
        """The finding that AT or WHERE does not select what it should."""
        rows = _count(self._inside)
        if not rows:
            return explained(self._nothing(clause, place), hints)
        if clause == "AT" and rows > 1:
            return report("WSL-D211", place, fixes=(Fix(keyword, "WHERE"),), rows=f"{rows:,}")
        return None

    def _nothing(self, clause: str, place: Span) -> Diagnostic:
        anywhere = _count(selected(self.dataset, self.window))
        if not anywhere:
            return report(
                "WSL-D210",
                place,
                clause=clause,
                advice="loosen the condition; DESCRIBE shows what values there are",
                rows=f"{self.dataset.rows:,} rows of {self.dataset.name}{self._left()}",
                condition=self.window_text,
            )
        satisfy, them = ("satisfies", "is not") if anywhere == 1 else ("satisfy", "none is")
        left = f"{_count(self._used):,} rows that USE leaves: {self.use.where_text}"
        outside = f"{_rows(anywhere)} of {self.dataset.name} {satisfy} it, but {them} among the {left}"
        advice = "loosen one of the two conditions; after USE * all rows count"
        return report("WSL-D210", place, clause=clause, advice=advice, outside=outside)

    def _left(self) -> str:
        """How many rows USE leaves, where it does not leave all."""
        return "" if self.use.where is None else f", of which USE leaves {_count(self._used):,},"

    def unobserved(self, place: Span) -> Diagnostic | None:
        """The finding that the target has no value when it is to be explained."""
        rows = _count(self._inside)
        if self.target is None or not rows or (self._inside & self._observed).any():
            return None
        where = "in the row that is selected" if rows == 1 else f"in any of the {rows:,} rows of the window"
        known = _count(self._used & self._observed)
        values = self.dataset.column(self.target).values[self._inside]
        return report(
            "WSL-D214",
            place,
            target=self.target,
            value="value" if np.isnan(values).all() else f"finite value up to {GREATEST:g}",
            where=where,
            written=written_name(self.target),
            rows=f"{known:,}" if known else None,
        )

    def normal(self, place: Span, hints: Sequence[Diagnostic]) -> Diagnostic | None:
        """The finding that there is too little to compare with, or that the window is part of it."""
        chosen = self._used if self.against is None else selected(self.dataset, self.use.where, self.against)
        outside = chosen & ~self._inside
        rows = _count(outside & self._observed)
        if rows < LEAST_NORMAL:
            return explained(self._too_small(rows, outside, chosen, place), hints)
        shared = _count(chosen & self._inside)
        if self.against is None or not shared:
            return None
        return report("WSL-D213", place, rows=_rows(shared), they="it is" if shared == 1 else "they are")

    def _too_small(self, rows: int, outside: Mask, chosen: Mask, place: Span) -> Diagnostic:
        whole = self.use.where is None
        counts = f"{self.dataset.name} has" if whole else "USE leaves"
        counts += f" {_rows(_count(self._used))}, {_count(self._inside):,} in the window"
        advice = "narrow the window" if whole else "narrow the window, or loosen the condition of USE"
        if whole and self.dataset.rows <= LEAST_NORMAL:
            advice = "add rows of other times: what is unusual is told by them"
        if self.against is not None:
            counts += f", and AGAINST selects {_rows(_count(chosen))}"
            advice = "loosen AGAINST; without it all rows outside the window are compared with"
        unobserved = _count(outside) - rows
        counts += f"; {_rows(unobserved)} to compare with {'has' if unobserved == 1 else 'have'} no value"
        return report(
            "WSL-D212",
            place,
            rows=_rows(rows),
            target=self.target or "",
            least=LEAST_NORMAL,
            advice=advice,
            counts=counts if unobserved else counts.partition(";")[0],
        )


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}" if count else "no row"
