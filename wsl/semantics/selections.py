"""What the data says of a selection before anything runs: that it leaves no row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

import numpy as np

from wsl.diagnostics import Diagnostic, Span, report
from wsl.semantics.checked import Update, Use, labels_of
from wsl.semantics.history import History
from wsl.semantics.recorded import selected

_HINT = "WSL-N003"
USUAL_NMIN = 20  # points below which a tile is folded


def no_rows(use: Use, place: Span, hints: Sequence[Diagnostic]) -> Diagnostic | None:
    """The finding that USE leaves no row; `hints` are about categories in its condition that no row has."""
    if use.dataset is None or use.where is None or selected(use.dataset, use.where).any():
        return None
    finding = report("WSL-D101", place, dataset=use.dataset.name, where=use.where_text)
    return explained(finding, hints)


def too_few_donors(use: Use, place: Span) -> Diagnostic | None:
    """The finding that USE leaves too few rows where these alone are learned from."""
    if use.dataset is None or "donors" not in use.knobs:
        return None
    rows = int(np.count_nonzero(selected(use.dataset, use.where)))
    least = int(use.knobs.get("nmin", USUAL_NMIN))
    if rows >= least:
        return None
    return report("WSL-D206", place, rows=f"{rows:,} row{'' if rows == 1 else 's'}", least=f"{least:,}")


def no_update_rows(
    update: Update, history: History, failed_words: Set[str], hints: Sequence[Diagnostic]
) -> Diagnostic | None:
    """The finding that an update's WHERE selects no row, where that can be known before the run."""
    if update.where is None or not labels_of(update.where).isdisjoint(failed_words):
        return None
    rows = history.rows(update.where, history.changed)
    if rows is None or rows.any():
        return None
    return explained(report("WSL-D105", update.where_span), hints)


def explained(finding: Diagnostic, hints: Iterable[Diagnostic]) -> Diagnostic:
    """A finding that takes up what is known of its reason: the category that no row has."""
    hint = next((hint for hint in hints if hint.code == _HINT), None)
    if hint is None:
        return finding
    notes = (*finding.notes, hint.message, *hint.notes)
    return replace(finding, notes=notes, help=hint.help or finding.help, fixes=hint.fixes)


def without_hints(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings without those that another has taken up."""
    return [finding for finding in findings if finding.code != _HINT]
