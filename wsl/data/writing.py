"""Results into files: written whole or not at all, and never over an input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wsl.data.problems import failure, placed
from wsl.diagnostics import Span

if TYPE_CHECKING:
    import pyarrow as pa

# What a spreadsheet takes for the start of a formula.
_FORMULA = r"^([=+\-@\t\r])"


def check_output(path: Path, *, overwrite: bool, inputs: Iterable[Path], span: Span | None = None) -> None:
    """Raises WslError, placed at `span`, if `path` is an input, or exists and must not be overwritten."""
    with placed(span):
        real = path.resolve()
        if any(real == other.resolve() for other in inputs):
            raise failure("WSL-R021", path=path.name)
        if real.is_dir():
            raise failure("WSL-R022", path=path.name, reason="it is a folder")
        if real.exists() and not overwrite:
            raise failure("WSL-R020", path=path.name)
        if not real.parent.is_dir():
            raise failure("WSL-R022", path=path.name, reason=f"there is no folder {path.parent.name}")


def check_table_output(
    path: Path, *, overwrite: bool, inputs: Iterable[Path], span: Span | None = None
) -> None:
    """As `check_output`, for a table: the suffix must be .csv or .parquet."""
    with placed(span):
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise failure("WSL-R023", path=path.name)
    check_output(path, overwrite=overwrite, inputs=inputs, span=span)


@contextmanager
def written_whole(
    path: Path, *, overwrite: bool, inputs: Iterable[Path], span: Span | None = None
) -> Iterator[IO[bytes]]:
    """A stream whose bytes become the file `path` when all is written, and nothing if anything fails."""
    check_output(path, overwrite=overwrite, inputs=inputs, span=span)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with placed(span):
        try:
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except OSError as error:
            raise failure("WSL-R022", path=path.name, reason=error.strerror or str(error)) from None
        finally:
            with suppress(OSError):
                temporary.unlink()


def write_table(
    table: pa.Table, path: Path, *, overwrite: bool, inputs: Iterable[Path], span: Span | None = None
) -> None:
    """The table as CSV or Parquet, by the suffix of `path`; NaN is written as missing.

    Text of a CSV that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    import pyarrow.csv
    import pyarrow.parquet

    inputs = list(inputs)
    check_table_output(path, overwrite=overwrite, inputs=inputs, span=span)
    with written_whole(path, overwrite=overwrite, inputs=inputs, span=span) as stream:
        if path.suffix.lower() == ".parquet":
            pyarrow.parquet.write_table(_with_missing(table), stream)
        else:
            pyarrow.csv.write_csv(_without_formulas(_with_missing(table)), stream)


def _with_missing(table: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for index, column in enumerate(table.schema):
        if pa.types.is_floating(column.type):
            values = table.column(index)
            kept = pc.if_else(pc.is_nan(values), pa.scalar(None, column.type), values)
            table = table.set_column(index, column.name, kept)
    return table


def _without_formulas(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for index, column in enumerate(table.schema):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            table = table.set_column(index, column.name, _escaped(table.column(index).cast(pa.string())))
    return table.rename_columns(_escaped(pa.chunked_array([table.column_names], pa.string())).to_pylist())


def _escaped(texts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.replace_substring_regex(texts, _FORMULA, r"'\1")
