"""Support of a scenario: on which rows the data cannot answer, and what becomes of these (ALGORITHMS 1.8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import TileIndex, distances, hash_rows

from wsl.data import Kind
from wsl.diagnostics import Diagnostic, Span, WslError, report
from wsl.engine.faults import Fault
from wsl.engine.indexes import Indexes, Learning
from wsl.engine.looked_at import (
    BORROWED,
    LOOKED,
    OUTSIDE,
    RECORDED,
    UNSUPPORTED,
    LookedAt,
    bands,
    bits_of,
    count,
    together,
)
from wsl.engine.rows import Mask, ScenarioRows, differ, places
from wsl.planning import Mechanism
from wsl.results import Support, VariableSupport
from wsl.semantics.checked import Policy, Unsupported
from wsl.semantics.evaluate import Values

_USUAL_LIMIT = Unsupported().limit  # excess from which a warning says what a larger limit lets pass
_EXPLAINED = 0.001  # excess of a variable from which its fault is described
_MICROSECONDS = 1e6  # in a second
_COMPARED = 20_000  # rows by which the share of rows that are beyond the data as recorded is told
_FAULTS = 3  # variables that a message explains


class Checks(Protocol):
    """Told of what redraws and estimates are to read; says what they read instead."""

    def redrawn(self, mechanism: Mechanism, drawn: Sequence[str], changed: Mask) -> list[Values]: ...

    def took(self, drawn: Sequence[str], donors: NDArray[Any]) -> None: ...

    def estimated(
        self, mechanism: Mechanism, changed: Mask, before: list[Values], after: list[Values]
    ) -> list[Values]: ...


@dataclass(frozen=True)
class Unchecked:
    """For replicates, of which the scenario itself has been checked."""

    rows: ScenarioRows

    def redrawn(self, mechanism: Mechanism, drawn: Sequence[str], changed: Mask) -> list[Values]:
        return [self.rows.read(name, mechanism) for name in mechanism.conditioning]

    def took(self, drawn: Sequence[str], donors: NDArray[Any]) -> None:
        """Nothing is noted."""

    def estimated(
        self, mechanism: Mechanism, changed: Mask, before: list[Values], after: list[Values]
    ) -> list[Values]:
        return after


@dataclass
class SupportChecks:
    """What redraws and estimates report of their inputs, and what the scenario's policy makes of it."""

    rows: ScenarioRows
    indexes: Indexes
    options: Learning
    policy: Unsupported
    _found: dict[str, LookedAt] = field(default_factory=dict)
    _donors: dict[str, tuple[float, float]] = field(default_factory=dict)
    _estimated: dict[Mechanism, tuple[object, list[Values]]] = field(default_factory=dict)

    @cached_property
    def _compared(self) -> Mask:
        """The rows that are looked at as recorded, too: all of them, or those with the smallest hashes."""
        if len(self.rows) <= _COMPARED:
            return np.ones(len(self.rows), np.bool_)
        most = np.uint64(2**64 * (_COMPARED / len(self.rows)))
        return np.asarray(hash_rows(self.rows.row_ids)[0] < most)

    # What is reported

    def redrawn(self, mechanism: Mechanism, drawn: Sequence[str], changed: Mask) -> list[Values]:
        """Check a redraw on the rows where a cause changed; what it is to read, on every row."""
        after = [self.rows.read(name, mechanism) for name in mechanism.conditioning]
        before = [self.rows.recorded(name) for name in mechanism.conditioning]
        free = {name: changed & ~self.rows.flag(self.rows.pinned, name) for name in drawn}
        found, inputs = self._check(mechanism, changed, before, after)
        for name, rows in free.items():
            self._found[name] = found.on(rows).after(self._found.get(name))
        return inputs

    def took(self, drawn: Sequence[str], donors: NDArray[Any]) -> None:
        """Note which rows were donors."""
        used = np.bincount(donors[donors >= 0]).astype(np.float64)
        if total := used.sum():
            found = (float(total**2 / (used**2).sum()), float(used.max() / total))
            self._donors.update(dict.fromkeys(drawn, found))

    def estimated(
        self, mechanism: Mechanism, changed: Mask, before: list[Values], after: list[Values]
    ) -> list[Values]:
        """Check an estimate on the rows where a cause changed, once; what it is to read, on every row."""
        (name,) = mechanism.children
        reached = self.rows.reached[name]
        known = self._estimated.get(mechanism)
        if known is None or known[0] is not reached:
            found, inputs = self._check(mechanism, changed, before, after)
            self._found[name] = found
            self._estimated[mechanism] = known = (reached, inputs)
        return known[1]

    # What is made of it

    def judge(self, span: Span, name: str) -> None:
        """Fail, or drop rows, before anything is answered; raises WslError."""
        found = self._standing()
        if self.policy.policy is Policy.FAIL and self._excess(found.values()) > self.policy.limit:
            raise WslError([self._finding("WSL-D201", span, name)])
        if self.policy.policy is Policy.DROP:
            dropped = (together(found.values(), len(self.rows)) & UNSUPPORTED).astype(np.bool_)
            if dropped.any():
                earlier = self.rows.dropped
                self.rows.dropped = dropped if earlier is None else earlier | dropped
            if self.rows.dropped is not None and self.rows.dropped.all():
                raise WslError([self._finding("WSL-D203", span, name)])

    def warning(self, span: Span, name: str) -> Diagnostic | None:
        """What is worth knowing where a limit let more pass than usual."""
        excess = self._excess(self._standing().values())
        if self.policy.policy is Policy.FAIL and _USUAL_LIMIT < excess <= self.policy.limit:
            return self._finding("WSL-D202", span, name)
        return None

    def result(self) -> Support | None:
        """The support of what was answered; None where nothing was redrawn or estimated."""
        found = self._standing()
        if not found:
            return None
        by_variable = {name: self._variable(name, one) for name, one in found.items()}
        bits = together(found.values(), len(self.rows))
        donors = [self._donors[name] for name in by_variable if name in self._donors]
        return Support(
            len(self.rows),
            count(bits, BORROWED),
            count(bits, OUTSIDE),
            self._excess(found.values()),
            min((effective for effective, _ in donors), default=None),
            max((largest for _, largest in donors), default=None),
            0 if self.rows.dropped is None else int(self.rows.dropped.sum()),
            self.policy.policy.value,
            self.policy.limit,
            by_variable,
        )

    def _standing(self) -> dict[str, LookedAt]:
        """What was found, less the rows on which a later update set the variable itself."""
        standing = {
            name: found.on(~self.rows.assigned[name]) if name in self.rows.assigned else found
            for name, found in self._found.items()
        }
        return {name: found for name, found in standing.items() if found.bits.any()}

    def _check(
        self, mechanism: Mechanism, changed: Mask, before: list[Values], after: list[Values]
    ) -> tuple[LookedAt, list[Values]]:
        index = self.indexes.index(self.rows.dataset, mechanism, self.options)
        chosen = places(changed)
        compared = changed & self._compared
        recorded = distances(index, before, self.rows.groups, places(compared))
        requested = distances(index, after, self.rows.groups, chosen)
        far = np.flatnonzero(requested.borrowed | requested.outside)
        at_far = far if chosen is None else chosen[far]
        nearest = _rows_of(index, requested.nearest[far])
        inputs = after
        if self.policy.policy is Policy.NEAREST and len(far):
            inputs = self._moved(mechanism, after, at_far, nearest)
        fault = Fault(
            self.rows.dataset,
            {name: self.rows.column(name) for name in mechanism.conditioning},
            {name: values[at_far] for name, values in zip(mechanism.conditioning, after, strict=True)},
            requested.borrowed[far],
            nearest,
            frozenset(
                name
                for name, old, new in zip(mechanism.conditioning, before, after, strict=True)
                if differ(old[at_far], new[at_far]).any()
            ),
            requested.apart[far],
            self.options.among.rows if self.options.among else None,
        )
        found = LookedAt(
            bits_of(changed, requested, compared, recorded),
            bands(requested),
            bands(recorded),
            fault,
            *self._distances_moved(mechanism, after, inputs, at_far),
        )
        return found, inputs

    def _moved(
        self,
        mechanism: Mechanism,
        inputs: list[Values],
        rows: NDArray[Any],
        nearest: NDArray[np.int64],
    ) -> list[Values]:
        """The inputs with those of the nearest recorded row where the data cannot answer."""
        rows, nearest = rows[nearest >= 0], nearest[nearest >= 0]
        result = []
        for name, values in zip(mechanism.conditioning, inputs, strict=True):
            used = self.rows.dataset.column(name).values[nearest]
            moved = values.astype(np.promote_types(values.dtype, used.dtype), copy=True)
            moved[rows] = used
            result.append(moved)
        return result

    def _distances_moved(
        self, mechanism: Mechanism, before: list[Values], after: list[Values], rows: NDArray[Any]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """By cause the mean of |requested - used| on the rows; and of categories the share that changed."""
        moved: dict[str, float] = {}
        exchanged: dict[str, float] = {}
        for name, asked, used in zip(mechanism.conditioning, before, after, strict=True):
            if used is asked:
                continue
            kind = self.rows.column(name).kind
            if kind in (Kind.CATEGORY, Kind.BOOLEAN):
                exchanged[name] = float(differ(asked[rows], used[rows]).mean())
            else:
                unit = _MICROSECONDS if kind is Kind.TIME else 1.0
                moved[name] = float(np.abs(asked[rows] - used[rows]).mean()) / unit
        return moved, exchanged

    def _excess(self, found: Iterable[LookedAt]) -> float:
        """Share of all rows that lie beyond the data, less the share that did as recorded."""
        bits = together(found, len(self.rows))
        after = count(bits, UNSUPPORTED) / len(self.rows)
        return after - count(bits, RECORDED) / max(1, int(np.count_nonzero(self._compared)))

    def _variable(self, name: str, found: LookedAt) -> VariableSupport:
        effective, largest = self._donors.get(name, (None, None))
        excess = self._excess([found])
        return VariableSupport(
            found.count(LOOKED),
            found.count(BORROWED),
            found.count(OUTSIDE),
            found.count(UNSUPPORTED),
            excess,
            effective,
            largest,
            found.moved,
            found.exchanged,
            found.requested_bands,
            found.recorded_bands,
            found.fault.describe() if excess > _EXPLAINED and len(found.fault.nearest) else "",
        )

    def _finding(self, code: str, span: Span, name: str) -> Diagnostic:
        """A message with the counts, and what no row has, for the variables that are worst off."""
        found = self._standing()
        worst = sorted(found, key=lambda variable: -self._excess([found[variable]]))[:_FAULTS]
        faults = [
            f"{variable}: {_rows(found[variable].count(UNSUPPORTED))}; {found[variable].fault.describe()}"
            for variable in worst
            if found[variable].count(UNSUPPORTED)
        ]
        excess = self._excess(found.values())
        return report(
            code,
            span,
            name=name,
            rows=f"{len(self.rows):,}",
            unsupported=f"{count(together(found.values(), len(self.rows)), UNSUPPORTED):,}",
            excess=_percent(excess),
            limit=_percent(self.policy.limit),
            above=f"{min(100, int(100 * excess) + 1)}%",
            first=faults[0] if faults else None,
            second=faults[1] if len(faults) > 1 else None,
            third=faults[2] if len(faults) > 2 else None,
        )


def _rows_of(index: TileIndex, points: NDArray[np.int32]) -> NDArray[np.int64]:
    """Row numbers of points of an index, -1 where there is none."""
    if not len(index.rows):
        return np.full(len(points), -1, np.int64)
    return np.where(points >= 0, index.rows[np.maximum(points, 0)], -1).astype(np.int64)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
