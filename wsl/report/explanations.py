"""The tables of an explanation as columns, for text and HTML alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wsl.report.estimates import Table, show_name
from wsl.report.explanation_words import (
    legend,
    method_names,
    observed,
    path,
    probability,
    rank,
    remarks,
    usually,
)
from wsl.report.grid import Cell, Column
from wsl.report.numbers import EXPONENT, NONE, number
from wsl.results import Cause, Explanation
from wsl.results.explanation import MANY

_BEST = 3  # ranks that methods are compared by
_PLACES = 2  # of scores
_MANY = 1e6  # standard deviations


def cause_tables(
    group: Sequence[Explanation], width: int, elsewhere: str = "", whole: bool = False
) -> list[list[Table]]:
    """By method the first candidates in order; as a whole all of them, with adjusted p-values and bounds.

    `width` is that of a causal path, in cells; `elsewhere` says where the other candidates are. A mark is
    explained once.
    """
    found: list[list[Table]] = []
    told: set[str] = set()
    for explanation in group:
        shown = explanation.causes if whole else explanation.shown
        marks = [note for note in legend(shown) if note not in told]
        told.update(marks)
        notes = (*marks, *remarks(explanation, shown, elsewhere))
        detail = _detail(shown) if whole else None
        found.append([Table(_columns(shown, width), notes), *([detail] if detail else [])])
    return found


def _columns(shown: Sequence[Cause], width: int) -> tuple[Column, ...]:
    if not shown:
        return (Column("", ["no candidate could be evaluated"]),)
    return (
        *_leading(shown),
        *_present("root cause", shown, lambda cause: "✓" if cause.flagged else ""),
        Column("score", [_score(cause) for cause in shown], "right"),
        *_figures(shown),
        Column("side", [cause.direction or "" for cause in shown]),
        Column("observed", [observed(cause) for cause in shown], "right"),
        Column("usually", [usually(cause) for cause in shown], "right"),
        *_present("path", shown, lambda c: path(c, width) if len(c.path) > 1 else "", "below"),
    )


def _detail(shown: Sequence[Cause]) -> Table | None:
    """What only those look up who doubt the order; None where the method has nothing of it."""
    figures = (
        *_present("p_normal, adjusted", shown, lambda cause: probability(cause.p_normal_adjusted)),
        *_present("p_others, adjusted", shown, lambda cause: probability(cause.p_others_adjusted)),
        *_present("bound", shown, lambda cause: probability(cause.bound)),
    )
    if not figures and len({cause.rows for cause in shown}) < 2:
        return None
    rows = Column("rows", [f"{cause.rows:,}" for cause in shown], "right")
    return Table((*_leading(shown), *figures, rows))


def agreement_table(group: Sequence[Explanation]) -> Table | None:
    """The ranks that each method gives to whatever one of them ranks high; None for a single method."""
    if len(group) < 2:
        return None
    ranks = [{cause.variable: cause for cause in explanation.causes} for explanation in group]
    given: dict[str, list[Cause]] = {}
    for causes in ranks:
        for name, cause in causes.items():
            given.setdefault(name, []).append(cause)
    mean = {name: sum(cause.rank for cause in found) / len(found) for name, found in given.items()}
    names = [name for name in sorted(given, key=lambda n: (mean[n], n)) if any(map(_is_high, given[name]))]
    names = names[:MANY]
    columns = [
        Column(method, [rank(causes[name]) if name in causes else NONE for name in names], "right")
        for method, causes in zip(method_names(group), ranks, strict=True)
    ]
    return Table((Column("rank of", list(map(show_name, names))), *columns))


def _is_high(cause: Cause) -> bool:
    return cause.rank == 1 or cause.rank + cause.tied - 1 <= _BEST


def _leading(causes: Sequence[Cause]) -> tuple[Column, Column]:
    names = [Cell(show_name(cause.variable), "bold" if cause.rank == 1 else "") for cause in causes]
    return Column("rank", list(map(rank, causes))), Column("variable", names)


def _figures(causes: Sequence[Cause]) -> tuple[Column, ...]:
    """What the method ranks by, and its p-values: only what it has."""
    return (
        *_present("gap", causes, lambda cause: _figure(cause.gap)),
        *_present("contribution", causes, lambda cause: _figure(cause.contribution)),
        *_present("±", causes, lambda cause: _figure(cause.contribution_error)),
        *_present("given causes", causes, lambda cause: _figure(cause.conditional)),
        *_present("p_normal", causes, lambda cause: probability(cause.p_normal), "point"),
        *_present("p_others", causes, lambda cause: probability(cause.p_others), "point"),
    )


def _present(
    heading: str, causes: Sequence[Cause], shown: Callable[[Cause], str], align: str = "right"
) -> tuple[Column, ...]:
    texts = [shown(cause) for cause in causes]
    return (Column(heading, texts, align),) if any(texts) else ()


def _score(cause: Cause) -> str:
    return f"≥ {_figure(cause.score)}" if cause.capped else _figure(cause.score)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return number(value, _PLACES if abs(value) < _MANY else EXPONENT)
