"""What a source's own types and spellings mean as kinds, and the SQL that brings values to a kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property, lru_cache

from wsl.data.schema import Kind

# One of these per value of text; their union over a column decides its kind.
ISO_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)

MICROSECONDS = {
    "ns": 1e-3,
    "us": 1.0,
    "ms": 1e3,
    "s": 1e6,
    "min": 60e6,
    "h": 3600e6,
    "d": 86400e6,
}

_FAMILIES = {
    "integer": [
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    ],
    "float": ["FLOAT", "DOUBLE", "DECIMAL"],
    "text": ["VARCHAR", "ENUM", "UUID", "JSON"],
    "time": [
        "DATE",
        "TIMESTAMP",
        "TIMESTAMP_S",
        "TIMESTAMP_MS",
        "TIMESTAMP_NS",
        "TIMESTAMP WITH TIME ZONE",
    ],
    "boolean": ["BOOLEAN"],
    "null": ['"NULL"', "NULL"],
}
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names}


class Spelling(IntFlag):
    """What the values of a column look like."""

    INTEGER = 1
    NUMBER = 2
    BOOLEAN = 4
    TIME = 8
    WORD = 16


_NATIVE = {
    "integer": Spelling.INTEGER,
    "float": Spelling.NUMBER,
    "boolean": Spelling.BOOLEAN,
    "time": Spelling.TIME,
}


@dataclass(frozen=True)
class Field:
    """A column as its source has it: an SQL expression, DuckDB's name of its type, and its family.

    `loose` text may spell numbers, as in CSV; the family is None for types no kind can hold.
    """

    sql: str
    type: str
    loose: bool = False

    @cached_property
    def family(self) -> str | None:
        if self.type.endswith("]"):
            return None
        return _FAMILY_OF.get(self.type.split("(")[0])

    @property
    def text(self) -> str:
        """The value as text; a number that is whole is spelled as an integer."""
        if self.type == "JSON":
            return f"({self.sql} ->> '$')"
        if self.family == "float":
            whole = f"CAST(TRY_CAST({self.sql} AS HUGEINT) AS VARCHAR)"
            return (
                f"CASE WHEN isnan(CAST({self.sql} AS DOUBLE)) THEN NULL "
                f"WHEN {self.sql} = trunc({self.sql}) AND abs({self.sql}) < 1e18 THEN {whole} "
                f"ELSE CAST({self.sql} AS VARCHAR) END"
            )
        return f"CAST({self.sql} AS VARCHAR)"

    @property
    def known(self) -> Spelling:
        """What the type alone tells; nothing for text."""
        return _NATIVE.get(self.family or "", Spelling(0))

    @property
    def spelling(self) -> str:
        """SQL for the Spelling of one value of text, 0 where it is missing."""
        text = self.text
        numeric = (
            f"WHEN {_number(text)} IS NOT NULL "
            f"THEN CASE WHEN regexp_matches({text}, '[.eEnN]') THEN 2 ELSE 1 END "
        )
        return (
            f"CASE WHEN {text} IS NULL THEN 0 {numeric if self.loose else ''}"
            f"WHEN {_boolean(text)} IS NOT NULL THEN 4 WHEN {_time(text)} IS NOT NULL THEN 8 ELSE 16 END"
        )


def kind_of(spelling: Spelling, *, text: bool) -> Kind:
    """The kind of a column whose values are so spelled; `text` decides for a column without values."""
    if not spelling:
        return Kind.CATEGORY if text else Kind.NUMBER
    if not spelling & ~(Spelling.INTEGER | Spelling.NUMBER):
        return Kind.NUMBER
    return {Spelling.BOOLEAN: Kind.BOOLEAN, Spelling.TIME: Kind.TIME}.get(spelling, Kind.CATEGORY)


@lru_cache(maxsize=4096)
def converted(field: Field, kind: Kind, unit: str | None) -> str | None:
    """SQL for the field's values as `kind`: DOUBLE, microseconds, 0 and 1, or text; NULL where one cannot be.

    None if no value of the field's type could be (a number as TIME needs a `unit` of time, and so does
    a time as NUMBER).
    """
    family = field.family
    if family == "null":
        return f"CAST(NULL AS {_STORED[kind]})"
    if kind is Kind.CATEGORY:
        return field.text if family else None
    if kind is Kind.NUMBER:
        return _as_number(field, unit)
    if kind is Kind.TIME:
        return _as_time(field, unit)
    return _as_boolean(field)


def may_fail(field: Field, kind: Kind) -> bool:
    """Whether some present value of a field's type may not become `kind`."""
    if field.family == "text":
        return kind is not Kind.CATEGORY
    return field.family in ("integer", "float") and kind in (Kind.TIME, Kind.BOOLEAN)


_STORED = {Kind.NUMBER: "DOUBLE", Kind.TIME: "BIGINT", Kind.BOOLEAN: "TINYINT", Kind.CATEGORY: "VARCHAR"}


def _as_number(field: Field, unit: str | None) -> str | None:
    match field.family:
        case "integer" | "float":
            return f"CAST({field.sql} AS DOUBLE)"
        case "boolean":
            return f"CAST(CAST({field.sql} AS TINYINT) AS DOUBLE)"
        case "text":
            return _number(field.text)
        case "time" if unit in MICROSECONDS:
            return f"{_epoch(field)} / CAST({MICROSECONDS[unit]} AS DOUBLE)"
    return None


def _as_time(field: Field, unit: str | None) -> str | None:
    match field.family:
        case "time":
            return _epoch(field)
        case "integer" | "float" if unit in MICROSECONDS:
            return _from_epoch(field.sql, MICROSECONDS[unit])
        case "text" if unit in MICROSECONDS:
            return _from_epoch(_number(field.text), MICROSECONDS[unit])
        case "text":
            return _time(field.text)
    return None


def _as_boolean(field: Field) -> str | None:
    match field.family:
        case "boolean":
            return f"CAST({field.sql} AS TINYINT)"
        case "integer" | "float":
            return f"CAST(CASE {field.sql} WHEN 0 THEN 0 WHEN 1 THEN 1 END AS TINYINT)"
        case "text" if field.loose:
            other = _boolean(field.text)
            return f"CAST(CASE {field.text} WHEN '1' THEN 1 WHEN '0' THEN 0 ELSE {other} END AS TINYINT)"
        case "text":
            return _boolean(field.text)
    return None


def _number(text: str) -> str:
    # DuckDB reads 1_000 as a number; in a log that is a name.
    return f"CASE WHEN NOT contains({text}, '_') THEN TRY_CAST({text} AS DOUBLE) END"


def _boolean(text: str) -> str:
    return f"CAST(CASE lower({text}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS TINYINT)"


def _time(text: str) -> str:
    # The cheap look at one character spares nearly all text the regular expression.
    return (
        f"CASE WHEN {text}[5] = '-' AND regexp_full_match({text}, '{ISO_TIME}') "
        f"THEN epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)) END"
    )


def _epoch(field: Field) -> str:
    if field.type == "TIMESTAMP_NS":  # a cast would round up to the next microsecond
        return f"epoch_ns({field.sql}) // 1000"
    return f"CASE WHEN isfinite({field.sql}) THEN epoch_us(CAST({field.sql} AS TIMESTAMPTZ)) END"


def _from_epoch(number: str, microseconds: float) -> str:
    if microseconds < 1:
        return f"TRY_CAST(floor(({number}) * {microseconds}::DOUBLE) AS BIGINT)"
    return f"TRY_CAST(round(({number}) * {microseconds}::DOUBLE) AS BIGINT)"
