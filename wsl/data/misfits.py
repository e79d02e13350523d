"""Values that do not fit their column: what a declaration cannot hold, and numbers that are read as names."""

from __future__ import annotations

import re

from wsl_grammar.terminals import UNITS, written_name

from wsl.data.dates import dates
from wsl.data.kinds import MICROSECONDS, Spelling, converted, kind_of, may_fail
from wsl.data.problems import finding
from wsl.data.schema import Column, Kind
from wsl.data.source import Form, Source
from wsl.diagnostics import Diagnostic

HOLDS = {Kind.NUMBER: "numbers", Kind.TIME: "times", Kind.BOOLEAN: "truth values", Kind.CATEGORY: "text"}

_CORRECT = "correct the declaration, or the data"
_LABELS = 1_000  # looked at, evenly spread
_LIKE_NUMBERS = 0.9  # of the labels
_FEWEST = 3
_PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = "|".join(sorted(("µs", *UNITS), key=len, reverse=True))
# Of a column that fits several forms, the first is named: 1,234 is a thousand unless there is a 12,3 as well.
_FORMS = {
    "with thousands separators": (
        r"[+-]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|(?:\.\d{3}){2,})",
        "write them without separators",
    ),
    "with a decimal comma": (
        r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+(?:[eE][+-]?\d+)?",
        "write them with a point",
    ),
    "with a unit": (
        rf"[+-]?\d[\d.,]*\s?(?:{_UNIT})",
        "write the numbers alone, all in one unit",
    ),
}


def misfit(source: Source, name: str, form: Form) -> Diagnostic | None:
    """An error if some value of the column cannot become what is declared, with the first such value."""
    held = kind_of(source.spellings[name], text=True)
    kind = form.kind.name
    if {held, form.kind} == {Kind.NUMBER, Kind.TIME} and form.unit not in MICROSECONDS:
        return finding("WSL-D005", column=name, written=written_name(name), kind=kind, holds=HOLDS[held])
    before = 0
    for part, field, rows in zip(source.parts, source.fields(name), source.rows, strict=True):
        expression = converted(field, *form)
        if expression is None:
            return finding("WSL-D004", column=name, kind=kind, holds=HOLDS[held], advice=_CORRECT)
        if may_fail(field, form.kind):
            columns = f"{field.text} AS value, ({expression}) IS NULL AS unfit, row_number() OVER () AS place"
            numbered = f"(SELECT {columns} FROM {part.relation})"
            first = "WHERE unfit AND value IS NOT NULL ORDER BY place LIMIT 1"
            for value, place in source.query(part, ["value", "place"], numbered, first):
                written = dates([value], fewest=1)
                return finding(
                    "WSL-D004",
                    column=name,
                    kind=kind,
                    value=value,
                    row=before + place,
                    path=part.name,
                    advice=f"it looks like a date {written.form}; {written.advice}" if written else _CORRECT,
                )
        before += rows
    return None


def stray_words(source: Source, name: str) -> Diagnostic | None:
    """A warning if a few words made a category of a column of a text file that otherwise holds numbers."""
    spelled = source.spellings[name]
    if not (spelled & Spelling.WORD and spelled & (Spelling.INTEGER | Spelling.NUMBER)):
        return None
    present = words = 0
    examples = []
    for part, field in zip(source.parts, source.fields(name), strict=True):
        is_word = f"({field.spelling}) = {Spelling.WORD.value}"
        counts = [f"count({field.text})", f"count_if({is_word})", f"min({field.text}) FILTER ({is_word})"]
        count, stray, example = source.query(part, counts)[0]
        present, words = present + count, words + stray
        examples += [example] if stray else []
    if words * 10 > present:
        return None
    return finding("WSL-D037", column=name, words=words, values=present, example=min(examples))


def disguised_times(column: Column) -> Diagnostic | None:
    """A warning if the labels of a category are dates in a form that is not read as a time."""
    written = dates(_sample(column))
    if written is None:
        return None
    return finding(
        "WSL-D039",
        column=column.name,
        form=written.form,
        examples="; ".join(column.categories[:2]),
        advice=written.advice,
    )


def _sample(column: Column) -> tuple[str, ...]:
    """The labels of a category, or some, evenly spread."""
    labels = column.categories if column.kind is Kind.CATEGORY else ()
    return labels[:: max(1, len(labels) // _LABELS)]


def disguised_numbers(column: Column) -> Diagnostic | None:
    """A warning if the labels of a category are numbers in a form that is not read as one."""
    labels = _sample(column)
    for form, (pattern, advice) in _FORMS.items():
        alike = [label for label in labels if re.fullmatch(pattern, label.strip())]
        # Small numbers have no separator, and a zero often no unit.
        plain = sum(1 for label in labels if re.fullmatch(_PLAIN, label.strip()))
        if len(alike) >= _FEWEST and len(alike) + plain >= _LIKE_NUMBERS * len(labels):
            return finding(
                "WSL-D038",
                column=column.name,
                form=form,
                examples="; ".join(alike[:2]),
                advice=advice,
                written=written_name(column.name),
            )
    return None
