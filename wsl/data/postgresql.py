"""Tables of a PostgreSQL database, through ADBC."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from wsl.data.files import DataFile
from wsl.data.formats import read_files
from wsl.data.options import ReadOptions
from wsl.data.paths import Sandbox, redacted
from wsl.data.problems import failure
from wsl.data.source import NO_LIMITS, Limits, Source, named
from wsl.diagnostics import closest

_URL = re.compile(r"postgres(ql)?://", re.IGNORECASE)


def is_connection(location: str) -> bool:
    return location.startswith("env:") or bool(_URL.match(location))


def read_postgresql(location: str, sandbox: Sandbox, limits: Limits = NO_LIMITS) -> Source:
    """A snapshot of the table after `#`, taken at once, so that later reads see the same rows.

    Connections come from outside: a program cannot name one. A temporary Parquet file holds the snapshot
    for as long as the source lives.
    """
    if sandbox.root:
        raise failure("WSL-R011", path=redacted(location))
    address, _, table = location.partition("#")
    url = _from_environment(address) if address.startswith("env:") else address
    url, _, named_there = url.partition("#")
    shown = address if address.startswith("env:") else redacted(url)
    table = table or named_there
    if not table:
        raise failure("WSL-R013", where=shown)
    folder = Path(tempfile.mkdtemp(prefix="wsl-"))
    try:
        path = folder / "snapshot.parquet"
        _snapshot(url, table, path, shown)
        source = read_files([DataFile(path, f"{shown}#{table}.parquet")], ReadOptions(), limits)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(source, shutil.rmtree, folder, ignore_errors=True)
    return source


def _from_environment(address: str) -> str:
    variable = address.removeprefix("env:")
    value = os.environ.get(variable)
    if not value:
        raise failure("WSL-R014", variable=variable, suggestion=closest(variable, os.environ))
    if not _URL.match(value):
        raise failure("WSL-R012", path=address)
    return value


def _snapshot(url: str, table: str, path: Path, shown: str) -> None:
    import pyarrow.parquet as pq

    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise failure("WSL-R016", where=shown) from None
    try:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute("SET LOCAL synchronize_seqscans = off")
            cursor.execute(_selection(cursor, table, shown))
            stream = cursor.fetch_record_batch()
            with pq.ParquetWriter(path, stream.schema, compression="lz4") as writer:
                for batch in stream:
                    writer.write_batch(batch)
    except dbapi.Error as error:
        raise failure("WSL-R017", where=shown, reason=_reason(error, url)) from None


def _selection(cursor: Any, table: str, shown: str) -> str:
    """The SELECT of all columns of the table, if there is one; names are compared as they are written."""
    schema, _, name = table.rpartition(".")
    cursor.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "ORDER BY table_schema, table_name, ordinal_position"
    )
    tables: dict[tuple[str, str], list[str]] = {}
    for table_schema, table_name, column, kind in cursor.fetchall():
        tables.setdefault((table_schema, table_name), []).append(_selected(column, kind))
    wanted = (schema or "public", name)
    if wanted not in tables:
        suggestion = closest(".".join(wanted), map(".".join, tables))
        raise failure("WSL-R018", where=shown, table=table, suggestion=suggestion)
    return f"SELECT {', '.join(tables[wanted])} FROM {'.'.join(map(named, wanted))}"


def _selected(column: str, kind: str) -> str:
    """The column, cast where ADBC would give bytes of PostgreSQL's own: numeric, network addresses, enums."""
    if kind == "numeric":
        return f"{named(column)}::double precision AS {named(column)}"
    return named(column) if kind in _NATIVE else f"{named(column)}::text AS {named(column)}"


_NATIVE = {
    *("boolean", "smallint", "integer", "bigint", "real", "double precision"),
    *("text", "character varying", "character", "date"),
    *("timestamp without time zone", "timestamp with time zone", "ARRAY", "bytea"),
}


def _reason(error: Exception, url: str) -> str:
    """What the driver says, its own heading and anything of the connection string taken out."""
    text = re.sub(r"^[A-Z_]+: (\[[^]]*\] )?", "", str(error))
    secrets = [piece for piece in re.split(r"[:/@?&=#]+", _URL.sub("", url, count=1)) if len(piece) > 2]
    reason = text.splitlines()[0]
    for secret in sorted(secrets, key=len, reverse=True):
        reason = reason.replace(secret, "...")
    return reason.strip().rstrip(".")
