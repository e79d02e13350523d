"""Failures of files, parsers and databases, turned into findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wsl.diagnostics import Span, WslError, report


def failure(code: str, **fields: Any) -> WslError:
    """The error `code`, without a place: `placed` gives it one."""
    return WslError([report(code, **fields)])


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
        raise failure(
            "WSL-R006", path=path, reason=f"byte {error.start} is {error.object[error.start]:#04x}"
        ) from None
    except MemoryError:
        raise
    except (duckdb.Error, pa.ArrowException, csv.Error, EOFError, OSError, ValueError) as error:
        raise _broken(path, str(error)) from None


def _broken(path: str, text: str) -> WslError:
    line = re.search(r"CSV Error on Line: (\d+)", text)
    place = f"line {line[1]}: " if line else ""
    if "unicode" in text.lower() and line:
        return failure("WSL-R006", path=path, reason=f"line {line[1]}")
    if "Permission denied" in text:
        return failure("WSL-R007", path=path)
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if columns:
        return failure(
            "WSL-R005", path=path, reason=f"{place}{columns[2]} cells where {columns[1]} are expected"
        )
    if "unterminated quote" in text:
        return failure("WSL-R005", path=path, reason=f"{place}a quoted cell does not end")
    return failure("WSL-R005", path=path, reason=place + _first_sentence(text))


def _first_sentence(text: str) -> str:
    """What a library says, without its own heading, its advice, or the lines it echoes."""
    first = next((line for line in text.splitlines() if line.strip()), "no reason given")
    return re.sub(r"^(\w+ )*Error: ", "", first).strip().rstrip(".")
