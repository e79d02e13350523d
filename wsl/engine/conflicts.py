"""Updates that undo each other on rows that only the run knows: errors, as they are where the check knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wsl.diagnostics import Span, WslError, report
from wsl.engine.rows import Mask, ScenarioRows
from wsl.semantics.checked import Scenario, Update
from wsl.semantics.overlaps import words_for_pin


@dataclass(frozen=True)
class Conflicts:
    """Raises WslError where an update sets pinned rows, or erases what an earlier one set."""

    rows: ScenarioRows
    scenario: Scenario

    def pinned(self, update: Update, mask: Mask) -> None:
        """An update that sets a variable on rows where it is pinned."""
        for assignment in update.assignments:
            name = assignment.variable
            if name not in self.rows.pinned or "WSL-C003" in update.allowed:
                continue
            both = int(np.count_nonzero(self.rows.pinned[name] & mask))
            if both:
                line = _line(self._earlier(update, name, fixed=True))
                found = report("WSL-C003", assignment.span, variable=name, line=line, rows=_rows(both))
                raise WslError([found])

    def erased(self, updates: tuple[Update, ...], name: str, mask: Mask) -> None:
        """Updates that make a variable stale on rows where it holds what was set."""
        graph = self.scenario.graph
        if graph is None or name not in self.rows.assigned:
            return
        both = int(np.count_nonzero(self.rows.assigned[name] & mask))
        causes = [
            (update, assignment)
            for update in updates
            for assignment in update.assignments
            if "WSL-C002" not in update.allowed and name in graph.descendants(assignment.variable)
        ]
        if not both or not causes:
            return
        update, assignment = causes[0]
        before = self._earlier(update, name)
        found = report(
            "WSL-C002",
            assignment.span,
            line=_line(before),
            later=assignment.variable,
            earlier=name,
            pin=words_for_pin(before, name),
            path=" -> ".join(graph.path(assignment.variable, name)),
            rows=_rows(both),
        )
        raise WslError([found])

    def _earlier(self, update: Update, name: str, *, fixed: bool = False) -> Update:
        """The last update before one that set, or pinned, a variable."""
        place = next(i for i, known in enumerate(self.scenario.updates) if known is update)
        found = [
            known
            for known in self.scenario.updates[:place]
            if any(a.variable == name and (a.fixed or not fixed) for a in known.assignments)
        ]
        return found[-1]


def _line(update: Update) -> str:
    span: Span = update.span
    return f"line {span.line}"


def _rows(count: int) -> str:
    return "1 row is changed by both" if count == 1 else f"{count:,} rows are changed by both"
