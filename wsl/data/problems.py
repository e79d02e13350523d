"""Failures of files, parsers and databases, turned into findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from wsl_grammar.terminals import written_name

from wsl.diagnostics import Diagnostic, Span, WslError, closest, report

SHOWN = 400
_LISTED = 12


def finding(code: str, **fields: Any) -> Diagnostic:
    """The finding `code`, without a place; text that comes from data is made safe to print."""
    return report(code, **{key: _printable(value) for key, value in fields.items()})


def failure(code: str, **fields: Any) -> WslError:
    """The error `code`, without a place: `placed` gives it one."""
    return WslError([finding(code, **fields)])


def no_column(dataset: str, column: str, columns: Collection[str]) -> WslError:
    """The error that a dataset has no such column, with those it has."""
    near = closest(column, columns)
    known = ", ".join(written_name(name) for name in list(columns)[:_LISTED])
    more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
    return failure(
        "WSL-D008",
        dataset=dataset,
        column=column,
        suggestion=written_name(near) if near else None,
        known=known + more,
    )


def _printable(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return escaped if len(escaped) <= SHOWN else escaped[: SHOWN - 3] + "..."


@contextmanager
def placed(span: Span | None) -> Iterator[None]:
    """Places findings that have no place of their own at `span`."""
    try:
        yield
    except WslError as error:
        raise WslError(found if found.span else found.at(span) for found in error.diagnostics) from None


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turns what DuckDB, PyArrow, the csv module and the system raise over the file `path` into a finding."""
    import csv

    import duckdb
    import pyarrow as pa

    try:
        yield
    except WslError:
        raise
    except FileNotFoundError:
        raise failure("WSL-R001", path=path) from None
    except PermissionError:
        raise failure("WSL-R007", path=path) from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise failure("WSL-R006", path=path, reason=f"it has the byte {byte:#04x}") from None
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:  # what a reader of batches raises for the same
        if "interrupt" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None
    except (duckdb.OutOfMemoryException, pa.ArrowMemoryError) as error:
        raise MemoryError(str(error)) from None
    except (duckdb.Error, pa.ArrowException, csv.Error, EOFError, OSError, ValueError) as error:
        raise _broken(path, str(error)) from None


def _broken(path: str, text: str) -> WslError:
    line = re.search(r"CSV Error on Line: (\d+)", text)
    place = f"line {line[1]}: " if line else ""
    if "Permission denied" in text:
        return failure("WSL-R007", path=path)
    if line and "unicode" in text.lower():
        return failure("WSL-R006", path=path, reason=f"line {line[1]}")
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if columns:
        reason = f"the header has {columns[1]} cells, this line {columns[2]}"
    else:
        known = (meaning for sign, meaning in _REASONS.items() if sign in text)
        reason = next(known, _first_sentence(text))
    return failure("WSL-R005", path=path, reason=place + reason)


_REASONS = {
    "unterminated quote": "a quoted cell does not end",
    "reached an invalid state": "some lines end in CR LF and some in LF, or a quote stands inside a cell",
    "non-record JSON": "it does not hold one JSON object a line, each with names that are not empty",
    "magic bytes": "it is no Parquet file, or was cut short",
    "metadata bytes": "it is no Arrow file, or was cut short",
    "Not a gzipped file": "it is not compressed by gzip",
    "line contains NUL": "it has a NUL byte",
}


def _first_sentence(text: str) -> str:
    """What a library says, without its heading, its advice, the lines it echoes, or real paths."""
    first = next((line for line in text.splitlines() if line.strip()), "no reason given")
    return re.sub(r'^(\w+ )*Error: | in file "[^"]*",?', "", first).strip().rstrip(".")
