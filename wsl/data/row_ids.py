"""Row ids: what a row is called wherever it is drawn, so that no order of files or rows matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wsl.data.kinds import Field, Spelling, converted
from wsl.data.problems import failure, no_column
from wsl.data.schema import Kind

if TYPE_CHECKING:
    from wsl.data.source import Source

ROW_BITS = 40


def numbered(rows: Sequence[int]) -> NDArray[np.uint64]:
    """Ids by position: the place of the part in the high 24 bits, the row in it in the low 40."""
    ids = np.empty(sum(rows), np.uint64)
    filled = 0
    for part, count in enumerate(rows):
        first = part << ROW_BITS
        ids[filled : filled + count] = np.arange(first, first + count, dtype=np.uint64)
        filled += count
    return ids


def from_column(source: Source, name: str, dataset: str) -> NDArray[np.uint64]:
    """Ids from a column, in the order of the source: integers and times by value, text by half of MD5.

    A missing value, two equal ones, or one that is neither whole nor text, is an error.
    """
    if name not in source.spellings:
        raise no_column(dataset, name, source.spellings)
    spelled = source.spellings[name]
    if spelled in _NOT_NAMES:
        raise failure("WSL-D018", column=name, holds=_NOT_NAMES[spelled])
    selections = [[_identifier(field, spelled)] for field in source.fields(name)]
    ids = np.empty(sum(source.rows), np.uint64)
    filled = 0
    for batch in source.scan(selections):
        column = batch.column(0)
        if column.null_count:
            row = filled + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False))) + 1
            raise failure("WSL-D006", column=name, row=row)
        ids[filled : filled + len(column)] = column.to_numpy().view(np.uint64)
        filled += len(column)
    _must_differ(source, ids, name, dataset)
    return ids


_NOT_NAMES = {
    Spelling.NUMBER: "fractions",
    Spelling.NUMBER | Spelling.INTEGER: "fractions",
    Spelling.BOOLEAN: "truth values",
}


def _identifier(field: Field, spelled: Spelling) -> str:
    """SQL for 64 bits, signed or unsigned, that are the same in whatever format the id is kept."""
    if spelled == Spelling.INTEGER:
        return _whole(field)
    if spelled == Spelling.TIME:
        return converted(field, Kind.TIME, None) or "NULL"
    return f"md5_number_lower({field.text})" if spelled else "CAST(NULL AS BIGINT)"


def _whole(field: Field) -> str:
    """SQL for an integer from -2^63 up to 2^64, modulo 2^64; NULL beyond."""
    if field.type == "UBIGINT":
        return field.sql
    if field.family == "integer" and "HUGEINT" not in field.type:
        return f"CAST({field.sql} AS BIGINT)"
    # The CASE keeps DuckDB from handing TRY_CAST to its CSV reader, which would raise an error.
    whole = f"CASE WHEN {field.sql} IS NOT NULL THEN TRY_CAST({field.sql} AS HUGEINT) END"
    return (
        f"CASE WHEN {whole} BETWEEN {-(2**63)} AND {2**64 - 1} "
        f"THEN CAST(({whole} + {2**64}) % {2**64} AS UBIGINT) END"
    )


def _must_differ(source: Source, ids: NDArray[np.uint64], name: str, dataset: str) -> None:
    if np.all(ids[1:] > ids[:-1]):
        return
    order = np.argsort(ids, kind="stable")
    repeats = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    if repeats.size:
        one, other = (int(row) for row in order[repeats[0] : repeats[0] + 2])
        value, again = value_at(source, name, one), value_at(source, name, other)
        raise failure(
            "WSL-D007",
            column=name,
            value=value,
            again=again if again != value else None,
            row=one + 1,
            other=other + 1,
            count=int(repeats.size),
        )


def value_at(source: Source, name: str, row: int) -> str:
    """The text of one value, by its row from 0 in the source."""
    for part, field, rows in zip(source.parts, source.fields(name), source.rows, strict=True):
        if row < rows:
            return str(source.query(part, [field.text], rest=f"LIMIT 1 OFFSET {row}")[0][0])
        row -= rows
    raise IndexError(row)
