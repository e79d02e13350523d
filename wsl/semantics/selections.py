"""What the data says of a selection before anything runs: no rows, and columns that teach nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsl.data import Dataset
from wsl.data.facts import findings
from wsl.diagnostics import Diagnostic, Span, report
from wsl.semantics.checked import Update, Use, reads
from wsl.semantics.recorded import selected


def check_rows(use: Use, where_span: Span | None) -> Iterator[Diagnostic]:
    """Whether USE leaves any row."""
    if use.dataset is not None and use.where is not None and not selected(use.dataset, use.where).any():
        yield report("WSL-D101", where_span, dataset=use.dataset.name, where=use.where_text)


def check_update_rows(use: Use, update: Update, changed: Iterable[str]) -> Iterator[Diagnostic]:
    """Whether an update's WHERE selects any row, where that can be known before the run."""
    if use.dataset is None or update.where is None:
        return
    known = set(changed).isdisjoint(reads(update.where, recorded=False))
    if known and not selected(use.dataset, use.where, update.where).any():
        yield report("WSL-D105", update.where_span)


def check_columns(dataset: Dataset, names: Iterable[str], span: Span) -> Iterator[Diagnostic]:
    """Constant, all-missing and doubtful columns among those that a program uses."""
    for name in names:
        for finding in findings(dataset.column(name)):
            yield finding.at(span)
