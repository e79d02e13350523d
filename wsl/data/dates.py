"""Times that are not written as ISO 8601, which alone is read as a time: dates, and counts of an epoch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from wsl.data.facts import present
from wsl.data.kinds import MICROSECONDS
from wsl.data.schema import Column, Kind, is_finite

_HALF_OF_DAY = r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?P<second>:\d{2}(?:[.,]\d+)?)?"
_TIME = rf"(?:[ T,]+{_CLOCK}{_HALF_OF_DAY})?"
_YEAR_LAST = re.compile(rf"(?P<first>\d{{1,2}})([/.-])(?P<then>\d{{1,2}})\2(?P<year>\d{{4}}|\d{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([/.-])(?P<first>\d{{1,2}})\2(?P<then>\d{{1,2}}){_TIME}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}.*")
_ALIKE = 0.9  # of the labels
_FEWEST = 3
# Of what counts since 1970, in this many units of time: from 1990 to 2100.
_EPOCHS = (631_152_000.0, 4_102_444_800.0)


@dataclass(frozen=True)
class Dates:
    """How dates are written, in words, and one of them as it is and as ISO 8601."""

    form: str
    example: str
    iso: str

    @property
    def advice(self) -> str:
        return f"times are read as ISO 8601: in the data, {self.example} has to read {self.iso}"


def dates(labels: Sequence[str], fewest: int = _FEWEST) -> Dates | None:
    """What form the dates have that nearly all of some labels are, if these are no ISO 8601."""
    alike = [(label, match) for label in labels if (match := _match(label))]
    if len(alike) < fewest or len(alike) < _ALIKE * len(labels):
        return None
    example, match = alike[0]
    if match.re is _YEAR_FIRST:
        return Dates("with the year first, but not as ISO 8601 has it", example, _iso(match, "first", "then"))
    first, then = (max(int(match[part]) for _, match in alike) for part in ("first", "then"))
    day_first, month_first = _iso(match, "then", "first"), _iso(match, "first", "then")
    if first > 12:
        return Dates("with the day first", example, day_first)
    if then > 12:
        return Dates("with the month first", example, month_first)
    same = day_first == month_first
    return Dates(
        "with the day or the month first",
        example,
        day_first if same else f"{day_first} (or {month_first}, if the month is first)",
    )


def epoch_unit(column: Column) -> str | None:
    """The unit in which a number could count the time since 1970, by the size of its values."""
    if column.kind is not Kind.NUMBER:
        return None
    values = present(column)
    values = values[is_finite(values)]
    if not values.size:
        return None
    least, greatest = float(np.min(values)), float(np.max(values))
    earliest, latest = (seconds * MICROSECONDS["s"] for seconds in _EPOCHS)
    fitting = (
        unit
        for unit in ("s", "ms", "us", "ns")
        if earliest <= least * MICROSECONDS[unit] and greatest * MICROSECONDS[unit] <= latest
    )
    return next(fitting, None)


def _match(label: str) -> re.Match[str] | None:
    text = label.strip()
    match = None if _ISO.fullmatch(text) else _YEAR_LAST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
    if match is None:
        return None
    first, then = int(match["first"]), int(match["then"])
    return match if _are_day_and_month(sorted((first, then))) else None


def _are_day_and_month(numbers: Iterable[int]) -> bool:
    month, day = numbers
    return 1 <= month <= 12 and day <= 31


def _iso(match: re.Match[str], month: str, day: str) -> str:
    year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
    date = f"{year}-{int(match[month]):02}-{int(match[day]):02}"
    if match["hour"] is None:
        return date
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"] in "pP")
    return f"{date}T{hour:02}:{match['minute']}{(match['second'] or '').replace(',', '.')}"
