"""Time literals: ISO 8601, UTC where no zone is given; a shortened one is an interval."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"([T ](?P<hour>\d{2})(:(?P<minute>\d{2})(:(?P<second>\d{2})([.,](?P<fraction>\d{1,6}))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """Microseconds UTC, from `start` up to but not including `end`."""

    start: int
    end: int


def parse_time(text: str) -> Interval:
    """The instants a literal stands for; raises ValueError with the reason."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError("the form is YYYY-MM-DDThh:mm:ss.ffffff, cut off anywhere, with an optional zone")
    parts = match.groupdict()
    year, month, day = int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    micro = int((parts["fraction"] or "").ljust(6, "0") or 0)
    start = datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC) - _offset(parts["zone"])
    begin = (start - _EPOCH) // timedelta(microseconds=1)
    return Interval(begin, begin + _length(parts, year, month))


def looks_like_time(text: str) -> bool:
    """Whether a text is a time, and more than the four digits of a year that may count anything."""
    try:
        parse_time(text)
    except (ValueError, OverflowError):
        return False
    return "-" in text


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def _length(parts: dict[str, str | None], year: int, month: int) -> int:
    second = 1_000_000
    if parts["month"] is None:
        return (date(year + 1, 1, 1) - date(year, 1, 1)).days * 86_400 * second
    if parts["day"] is None:
        following = date(year + month // 12, month % 12 + 1, 1)
        return (following - date(year, month, 1)).days * 86_400 * second
    if parts["fraction"]:
        return int(10 ** (6 - len(parts["fraction"])))
    lengths = (("hour", 86_400), ("minute", 3_600), ("second", 60))
    return int(next((length for name, length in lengths if parts[name] is None), 1) * second)
