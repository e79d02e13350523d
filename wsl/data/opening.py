"""From a location to a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path

from wsl.data.dataset import Dataset
from wsl.data.files import DataFile, find_files
from wsl.data.formats import read_files
from wsl.data.metrics import pivot
from wsl.data.options import ReadOptions
from wsl.data.paths import Sandbox
from wsl.data.postgresql import is_connection, read_postgresql
from wsl.data.problems import failure, placed, reading
from wsl.data.schema import Declaration
from wsl.data.source import NO_LIMITS, Limits, Source
from wsl.data.store import Store
from wsl.data.tables import arrow_source, is_table, read_table
from wsl.diagnostics import Span

CHUNK = 1 << 22


def open_source(
    location: object,
    *,
    name: str,
    root: Path | None = None,
    allow: tuple[Path, ...] = (),
    options: Mapping[str, object] | None = None,
    declarations: Mapping[str, Declaration] | None = None,
    span: Span | None = None,
    limits: Limits = NO_LIMITS,
) -> Dataset:
    """The dataset at `location`: a path, glob or folder, `env:NAME#schema.table`, or a table in memory.

    With a `root` the location was written in a program: a path stays inside that folder or what `allow` adds.
    Without, it is the user's own. `options` are the knobs of a WITH; those that are not about reading are
    ignored; `limits` bounds what DuckDB uses. Raises WslError, placed at `span`, for whatever keeps the data
    from being read.
    """
    with placed(span):
        reading_options = ReadOptions.of(options or {})
        source, digest = _source(location, name, Sandbox(root, allow), reading_options, limits)
        if reading_options.long:
            source = _widened(source, name, reading_options.long, reading_options.metric, limits)
        store = Store(name, source, reading_options.row_id, digest)
        dataset = Dataset(store, dict(declarations or {}), span)
        if not dataset.kinds:
            raise failure("WSL-D019", dataset=name)
        if not dataset.rows:
            raise failure("WSL-D001", dataset=name)
        if store.row_id:
            _ = store.row_ids  # ids that repeat are told at once
        dataset.verify({}, except_for={})
        return dataset


def _source(
    location: object, name: str, sandbox: Sandbox, options: ReadOptions, limits: Limits
) -> tuple[Source, Callable[[], str] | None]:
    if is_table(location):
        return read_table(location, name, limits), None
    if not isinstance(location, str | Path):
        raise failure("WSL-R015", name=name, reason=f"its type is {type(location).__name__}")
    text = str(location)
    if is_connection(text):
        return read_postgresql(text, sandbox, limits), None
    files = find_files(text, sandbox)
    return read_files(files, options, limits), lambda: _digest(files, options)


def _digest(files: list[DataFile], options: ReadOptions) -> str:
    content = blake2b(repr(options).encode(), digest_size=16)
    for file in files:
        content.update(repr((file.partitions, file.path.stat().st_size)).encode())
        with reading(file.name), file.path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                content.update(chunk)
    return content.hexdigest()


def _widened(
    source: Source, name: str, columns: tuple[str, ...], metric: str | None, limits: Limits
) -> Source:
    import pyarrow as pa

    long = Dataset(Store(name, source))
    long.load(columns)
    time, *names, values = map(long.column, columns)
    return arrow_source(pa.table(pivot(time, names, values, name, metric)), name, limits)
