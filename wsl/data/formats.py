"""Each file format as a part of a source."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from wsl.data.files import DataFile
from wsl.data.kinds import Field
from wsl.data.metrics import wide_names
from wsl.data.options import ReadOptions
from wsl.data.problems import failure, reading
from wsl.data.source import NO_LIMITS, Limits, Part, Source, connect, file_literal, named, quoted

if TYPE_CHECKING:
    import duckdb

_MISSING_TEXTS = ["", "NULL", "null", "NaN", "nan"]


def read_files(files: Sequence[DataFile], options: ReadOptions, limits: Limits = NO_LIMITS) -> Source:
    """The files as one source, their columns checked against each other."""
    connection = connect((file.path for file in files), limits)
    parts = [_part(connection, file, options) for file in files]
    _same_columns(parts, sparse=files[0].format == "JSON" or options.header > 1)
    return Source(connection, parts)


def _part(connection: duckdb.DuckDBPyConnection, file: DataFile, options: ReadOptions) -> Part:
    with reading(file.name):
        match file.format:
            case "CSV":
                relation, fields = _csv(file, options)
            case "Parquet":
                relation, fields = _parquet(connection, file)
            case "JSON":
                relation, fields = _json(connection, file)
            case _:
                relation, fields = _arrow(connection, file)
    for key, value in file.partitions:
        constant = "NULL" if value is None else quoted(value)
        fields.setdefault(key, Field(f"CAST({constant} AS VARCHAR)", "VARCHAR", loose=True))
    return Part(file.name, relation, fields, file.path)


def _same_columns(parts: Sequence[Part], *, sparse: bool) -> None:
    """Every file must have the first one's columns, in any order.

    JSON lines may leave some out, and so may metric tables: a service has metrics while it is called.
    """
    first = parts[0]
    for part in parts[1:]:
        absent, extra = first.fields.keys() - part.fields.keys(), part.fields.keys() - first.fields.keys()
        if (absent or extra) and not sparse:
            raise failure(
                "WSL-D003",
                path=part.name,
                first=first.name,
                absent=_listed(absent),
                extra=_listed(extra),
            )


def unique_names(names: Sequence[str], path: str) -> list[str]:
    """The names, stripped; empty ones are called by their position; a repeated one is an error."""
    stripped = [name.strip() or f"column{index}" for index, name in enumerate(names, 1)]
    repeated = [name for name, count in Counter(stripped).items() if count > 1]
    if repeated:
        raise failure("WSL-D002", path=path, columns=_listed(repeated))
    return stripped


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)[:8]) + (", ..." if len(names) > 8 else "")


def _csv(file: DataFile, options: ReadOptions) -> tuple[str, dict[str, Field]]:
    compressed = file.name.lower().endswith(".gz")
    with opened_text(file.path, compressed) as stream:
        delimiter = _delimiter(stream)
        reader = csv.reader(stream, delimiter=delimiter)
        header = list(islice(reader, options.header))
        skip = reader.line_num
        following = next(reader, [])
        if options.header > 1:
            chosen, has_index_line = wide_names(header, following, options, file.name)
            skip = reader.line_num if has_index_line else skip
        else:
            _must_be_names(header[0] if header else [], file.name)
            chosen = dict(enumerate(header[0]))
    width = max(map(len, header))
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(width))
    relation = (
        f"read_csv({file_literal(file.path)}, auto_detect = false, header = false, skip = {skip}, "
        f"delim = {quoted(delimiter)}, quote = '\"', escape = '\"', strict_mode = true, "
        f"compression = '{'gzip' if compressed else 'none'}', nullstr = {_MISSING_TEXTS}, "
        f"columns = {{{columns}}})"
    )
    names = unique_names(list(chosen.values()), file.name)
    return relation, {
        name: Field(f"c{index}", "VARCHAR", loose=True) for name, index in zip(names, chosen, strict=True)
    }


@contextmanager
def opened_text(path: Path, compressed: bool) -> Iterator[TextIO]:
    """A text file as strict UTF-8, a byte order mark skipped, its line ends untouched."""
    opener: Any = gzip.open if compressed else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
        yield stream


def _delimiter(stream: TextIO) -> str:
    """The delimiter that cuts the first line into most cells."""
    line = stream.readline()
    stream.seek(0)
    return max(",\t;|", key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def _must_be_names(header: Sequence[str], path: str) -> None:
    if "\0" in "".join(header):
        raise failure("WSL-R006", path=path, reason="a NUL byte in line 1")
    if not "".join(header).strip():
        raise failure("WSL-R008", path=path)
    if all(re.fullmatch(r"\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*|nan|NaN|", cell) for cell in header):
        raise failure("WSL-D012", path=path, line=",".join(header)[:60])


def _parquet(connection: duckdb.DuckDBPyConnection, file: DataFile) -> tuple[str, dict[str, Field]]:
    import pyarrow.parquet as pq

    names = pq.read_schema(file.path).names
    relation = f"read_parquet({file_literal(file.path)}, hive_partitioning = false)"
    return relation, _described(connection, relation, unique_names(names, file.name))


def _json(connection: duckdb.DuckDBPyConnection, file: DataFile) -> tuple[str, dict[str, Field]]:
    compression = "gzip" if file.name.lower().endswith(".gz") else "uncompressed"
    objects = f"{file_literal(file.path)}, format = 'auto', compression = '{compression}'"
    common = f"{objects}, records = true"
    guessed = connection.execute(
        f"DESCRIBE SELECT * FROM read_json({common}, sample_size = -1, map_inference_threshold = -1)"
    ).fetchall()
    keys = connection.execute(f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({objects})")
    _differ_beyond_case([key for (key,) in keys.fetchall()], file.name)
    # DuckDB guesses times and identifiers from text; text stays text here, and `kinds` decides.
    types = {name: _json_type(kind) for name, kind, *_ in guessed}
    columns = ", ".join(f"{named(name)}: {quoted(kind)}" for name, kind in types.items())
    relation = f"read_json({common}, columns = {{{columns}}})"
    return relation, {name: Field(named(name), kind) for name, kind in types.items()}


def _differ_beyond_case(keys: Sequence[str], path: str) -> None:
    """DuckDB would take `A` and `a` for one."""
    folded = Counter(key.lower() for key in keys)
    repeated = [key for key in keys if folded[key.lower()] > 1]
    if repeated:
        raise failure("WSL-D021", path=path, columns=_listed(repeated))


def _json_type(guessed: str) -> str:
    kept = guessed in ("BOOLEAN", "JSON") or guessed.endswith(("]", ")"))
    return guessed if kept or Field("", guessed).family in ("integer", "float") else "VARCHAR"


def _arrow(connection: duckdb.DuckDBPyConnection, file: DataFile) -> tuple[str, dict[str, Field]]:
    import pyarrow as pa

    mapped = pa.memory_map(str(file.path))
    try:
        table = pa.ipc.open_file(mapped).read_all()
    except pa.ArrowInvalid:
        mapped.seek(0)
        table = pa.ipc.open_stream(mapped).read_all()
    return table_fields(connection, table, file.name)


def table_fields(
    connection: duckdb.DuckDBPyConnection, table: Any, path: str
) -> tuple[str, dict[str, Field]]:
    """An Arrow table under a name of its own in the connection, and its columns."""
    names = unique_names(table.column_names, path)
    # Neutral names: DuckDB does not tell `A` from `a`.
    neutral = _readable(table).rename_columns([f"c{index}" for index in range(len(names))])
    view = f"table_{id(neutral)}"
    with reading(path):
        connection.register(view, neutral)
        return view, _described(connection, view, names)


def _readable(table: Any) -> Any:
    """The table, its columns of the two number types that DuckDB cannot read widened or narrowed."""
    import pyarrow as pa

    for index, column in enumerate(table.schema):
        if pa.types.is_float16(column.type) or pa.types.is_decimal256(column.type):
            table = table.set_column(index, column.name, table.column(index).cast(pa.float64()))
    return table


def _described(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str]
) -> dict[str, Field]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {
        name: Field(named(column), kind) for name, (column, kind, *_) in zip(names, described, strict=True)
    }
