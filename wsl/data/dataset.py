"""A dataset: named columns, each with its kind, whose values are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wsl.data import row_ids
from wsl.data.facts import findings
from wsl.data.kinds import converted, kind_of
from wsl.data.misfits import misfit, stray_words
from wsl.data.problems import failure, placed
from wsl.data.schema import Column, Declaration, Kind
from wsl.data.source import Form, Source
from wsl.diagnostics import Diagnostic, Span, WslError, closest


@dataclass(eq=False)
class Dataset:
    """Rows of a source under a name.

    `kinds` holds every column in source order with its inferred or declared kind; `row_ids` is uint64, one a
    row, ascending where a row id column was named (rows are sorted by it); `fingerprint` is of the content.
    `unusable` are columns no kind can hold, with the source's type. Raises WslError, placed at `span`.
    """

    name: str
    source: Source
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    row_id: str | None = None
    digest: Callable[[], str] | None = None
    span: Span | None = None
    _columns: dict[str, Column] = field(default_factory=dict, init=False, repr=False)

    @property
    def rows(self) -> int:
        return sum(self.source.rows)

    @cached_property
    def unusable(self) -> Mapping[str, str]:
        types = {
            name: {f.type for f in self.source.fields(name) if not f.family} for name in self.source.columns
        }
        return MappingProxyType({name: ", ".join(sorted(bad)).lower() for name, bad in types.items() if bad})

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        names = (name for name in self.source.columns if name not in self.unusable)
        return MappingProxyType({name: self._form(name).kind for name in names})

    def _form(self, name: str) -> Form:
        declared = self.declarations.get(name)
        if declared:
            return Form(declared.kind, declared.unit)
        typed = any(f.family == "text" and not f.loose for f in self.source.fields(name))
        return Form(kind_of(self.source.spellings[name], text=typed))

    @cached_property
    def _numbering(self) -> tuple[NDArray[np.uint64], NDArray[np.intp] | None]:
        """The row ids, and the order of the source's rows if they have to be sorted."""
        if self.row_id is None:
            return row_ids.numbered(self.source.rows), None
        with placed(self.span):
            ids = row_ids.from_column(self.source, self.row_id, self.name)
        if np.all(ids[1:] > ids[:-1]):
            return ids, None
        order = np.argsort(ids, kind="stable")
        return ids[order], order

    @property
    def row_ids(self) -> NDArray[np.uint64]:
        return self._numbering[0]

    def load(self, names: Iterable[str]) -> None:
        """Reads the columns that are not loaded yet, all in one scan."""
        with placed(self.span):
            unread = [name for name in names if name not in self._columns and self._known(name)]
            read = self.source.read({name: self._form(name) for name in unread})
            while read:
                name, column = read.popitem()
                self._columns[name] = self._sorted(column)

    def column(self, name: str) -> Column:
        """The column, read if it was not."""
        self.load([name])
        return self._columns[name]

    def _known(self, name: str) -> bool:
        if name in self.kinds:
            return True
        if name in self.unusable:
            raise failure("WSL-D009", column=name, type=self.unusable[name])
        raise failure("WSL-D008", dataset=self.name, column=name, suggestion=closest(name, self.kinds))

    def _sorted(self, column: Column) -> Column:
        order = self._numbering[1]
        return column if order is None else replace(column, values=column.values[order])

    def redeclare(
        self, declarations: Mapping[str, Declaration], spans: Mapping[str, Span] | None = None
    ) -> Dataset:
        """The dataset with other declarations of kind and unit; what they leave as it was is shared.

        Declarations of columns that are not there are ignored. A declaration that some value does not fit is
        an error, placed at the column's span of `spans`.
        """
        changed = replace(self, declarations=MappingProxyType({**self.declarations, **declarations}))
        changed.__dict__.update(
            {k: v for k, v in self.__dict__.items() if k in ("_numbering", "fingerprint")}
        )
        for name, column in self._columns.items():
            form = changed._form(name)
            if self._values_sql(name, form) == self._values_sql(name, self._form(name)):
                same = form.unit == column.unit
                changed._columns[name] = column if same else replace(column, unit=form.unit)
        changed.verify(declarations, spans or {})
        return changed

    def _values_sql(self, name: str, form: Form) -> list[str | None]:
        return [form.kind.value, *(converted(field, *form) for field in self.source.fields(name))]

    def verify(self, names: Iterable[str], spans: Mapping[str, Span]) -> None:
        """Tries the declarations that may not fit the values; every one that does not is an error."""
        found = [
            error.at(spans.get(name, self.span))
            for name in names
            if name in self.kinds and (error := misfit(self.source, name, self._form(name)))
        ]
        if found:
            raise WslError(found)

    def findings(self, name: str) -> list[Diagnostic]:
        """Warnings about a column that a program reads, without a place; reads it."""
        stray = None if name in self.declarations else stray_words(self.source, name)
        return [*([stray] if stray else []), *findings(self.column(name))]

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with the content: of the files' bytes, else of the values."""
        if self.digest:
            with placed(self.span):
                return self.digest()
        content = blake2b(digest_size=16)
        content.update(self.row_ids.tobytes())
        plain = replace(self, declarations={}, digest=None)
        for name, kind in plain.kinds.items():
            column = plain.source.read({name: plain._form(name)})[name]
            content.update(repr((name, kind.value, column.categories)).encode())
            content.update(plain._sorted(column).values.tobytes())
        return content.hexdigest()
