"""A source: parts (files, or one table) that DuckDB scans in their order, each value brought to its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wsl.data.decoding import decoder
from wsl.data.kinds import Field, Spelling, converted, kind_of
from wsl.data.problems import failure, reading
from wsl.data.schema import Column, Kind

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH = 131_072
PROBE = 2_048
ABSENT = Field("NULL", "NULL")


class Form(NamedTuple):
    """What a column's values are to become."""

    kind: Kind
    unit: str | None = None


@dataclass(frozen=True)
class Part:
    """One file, or table: the name that messages use, the relation to select from, and its columns."""

    name: str
    relation: str
    fields: Mapping[str, Field]
    path: Path | None = None


@dataclass
class Source:
    """What every format comes down to.

    `connection` is a private DuckDB that can open nothing but the parts. Making a source counts its rows and
    classifies its text.
    """

    connection: duckdb.DuckDBPyConnection
    parts: Sequence[Part]
    rows: tuple[int, ...] = attribute(init=False)
    spellings: dict[str, Spelling] = attribute(init=False)

    def __post_init__(self) -> None:
        self.spellings = dict.fromkeys(self.columns, Spelling(0))
        self.rows = tuple(self._survey(part) for part in self.parts)

    @property
    def columns(self) -> list[str]:
        """The columns of all parts, in the order of the first part that has them."""
        return list(dict.fromkeys(name for part in self.parts for name in part.fields))

    def fields(self, name: str) -> list[Field]:
        return [part.fields.get(name, ABSENT) for part in self.parts]

    def _survey(self, part: Part) -> int:
        """Count the rows, and spell out what text columns hold; one word settles typed text."""
        text = {name: field for name, field in part.fields.items() if field.family == "text"}
        for name, column in part.fields.items():
            self.spellings[name] |= column.known
        probe = self._spellings(part, text, f"(SELECT * FROM {part.relation} LIMIT {PROBE})")[1]
        for name, seen in probe.items():
            if seen == Spelling.WORD or (seen & Spelling.WORD and not text[name].loose):
                self.spellings[name] |= seen
                del text[name]
        rows, spellings = self._spellings(part, text, part.relation)
        for name, seen in spellings.items():
            self.spellings[name] |= seen
        return rows

    def _spellings(
        self, part: Part, text: Mapping[str, Field], relation: str
    ) -> tuple[int, dict[str, Spelling]]:
        classes = [f"bit_or({column.spelling})" for column in text.values()]
        count, *seen = self.query(part, ["count(*)", *classes], relation)[0]
        return count, {name: Spelling(value or 0) for name, value in zip(text, seen, strict=True)}

    def query(self, part: Part, select: Sequence[str], relation: str = "", rest: str = "") -> list[Any]:
        """The rows of a small result."""
        sql = f"SELECT {', '.join(select)} FROM {relation or part.relation} {rest}"
        with reading(part.name):
            return list(self.connection.execute(sql).fetchall())

    def scan(self, selections: Sequence[Sequence[str]]) -> Iterator[pa.RecordBatch]:
        """Record batches of the selected SQL expressions, given for each part; rows keep their order."""
        for part, rows, select in zip(self.parts, self.rows, selections, strict=True):
            named = ", ".join(f"{sql} AS c{index}" for index, sql in enumerate(select))
            with reading(part.name):
                relation = self.connection.sql(f"SELECT {named} FROM {part.relation}")
                seen = 0
                for batch in relation.to_arrow_reader(BATCH):
                    seen += batch.num_rows
                    if seen > rows:
                        break
                    yield batch
            if seen != rows:
                raise failure("WSL-R019", path=part.name)

    def read(self, wanted: Mapping[str, Form]) -> dict[str, Column]:
        """The columns, all in one scan."""
        import pyarrow as pa

        selections = [
            [converted(part.fields.get(name, ABSENT), *form) or "NULL" for name, form in wanted.items()]
            for part in self.parts
        ]
        integers = {name: self.is_integer(name, form.kind) for name, form in wanted.items()}
        decoders = [decoder(form.kind, sum(self.rows), integers[name]) for name, form in wanted.items()]
        for batch in self.scan(selections) if wanted else ():
            for collect, chunk in zip(decoders, batch.columns, strict=True):
                collect.add(chunk)
        columns = {
            name: collect.column(name, form.kind, form.unit, integers[name])
            for (name, form), collect in zip(wanted.items(), decoders, strict=True)
        }
        for name, column in columns.items():
            if any("\0" in label for label in column.categories):
                raise failure("WSL-R006", path=self._with_nul(name), reason=f"a NUL byte in column {name}")
        pa.default_memory_pool().release_unused()
        return columns

    def _with_nul(self, name: str) -> str:
        counts = (
            self.query(part, [f"count_if(contains({column.text}, chr(0)))"])[0][0]
            for part, column in zip(self.parts, self.fields(name), strict=True)
        )
        return next(part.name for part, count in zip(self.parts, counts, strict=True) if count)

    def is_usable(self, name: str) -> bool:
        return all(field.family for field in self.fields(name))

    def unusable_types(self, name: str) -> str:
        """The types of the column, as DuckDB calls them, that no kind can hold."""
        return ", ".join(sorted({field.type.lower() for field in self.fields(name) if not field.family}))

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind that types and spellings of each column show."""
        typed_text = {
            name: any(field.family == "text" and not field.loose for field in self.fields(name))
            for name in self.columns
        }
        return {name: kind_of(self.spellings[name], text=typed) for name, typed in typed_text.items()}

    def is_integer(self, name: str, kind: Kind) -> bool:
        return kind is Kind.NUMBER and self.spellings[name] == Spelling.INTEGER


class Limits(NamedTuple):
    """What the reader may use: threads, and memory as DuckDB writes it (`4GB`); None is its own choice."""

    threads: int | None = None
    memory: str | None = None

    def settings(self) -> str:
        threads = f"SET threads = {self.threads};" if self.threads else ""
        return threads + (f"SET memory_limit = {quoted(self.memory)};" if self.memory else "")


NO_LIMITS = Limits()


def connect(paths: Iterable[Path] = (), limits: Limits = NO_LIMITS) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that can read these files and nothing else: no network, no extensions."""
    import duckdb

    connection = duckdb.connect(":memory:")
    listed = ", ".join(f"{quoted(str(path))}, {file_literal(path)}" for path in paths)
    connection.execute(
        f"SET TimeZone = 'UTC'; SET allowed_paths = [{listed}]; SET autoinstall_known_extensions = false; "
        "SET autoload_known_extensions = false; SET enable_external_access = false; "
        # What a scan needed goes back to the system: the arrays are all that stays.
        "SET allocator_flush_threshold = '1MB'; SET allocator_bulk_deallocation_flush_threshold = '1MB'; "
        f"SET enable_progress_bar = false; {limits.settings()} SET lock_configuration = true"
    )
    return connection


def file_literal(path: Path) -> str:
    """The path as a string of SQL whose wildcards stand for themselves."""
    return quoted(escape(str(path)))


def quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
