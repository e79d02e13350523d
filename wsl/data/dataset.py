"""A dataset: named columns, each with its kind, whose values are read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wsl.data.facts import findings, grouped
from wsl.data.misfits import disguised_numbers, disguised_times, misfit, stray_words
from wsl.data.problems import failure, no_column, placed
from wsl.data.schema import Column, Declaration, Kind
from wsl.data.source import Form
from wsl.data.store import Store
from wsl.diagnostics import Diagnostic, Span, WslError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows under a name, their columns of the inferred or declared kind.

    Columns are read on demand, once for all declarations. Raises WslError, placed at `span`.
    """

    store: Store
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    span: Span | None = None

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def rows(self) -> int:
        return sum(self.store.source.rows)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The real paths of the files it is read from, which no result may overwrite."""
        return tuple(part.path for part in self.store.source.parts if part.path)

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of every column that has one, in source order; reads no values."""
        usable = filter(self.store.source.is_usable, self.store.source.columns)
        return MappingProxyType({name: self._form(name).kind for name in usable})

    @cached_property
    def unusable(self) -> Mapping[str, str]:
        """The columns that no kind can hold, with the source's type."""
        source = self.store.source
        types = {name: source.unusable_types(name) for name in source.columns}
        return MappingProxyType({name: listed for name, listed in types.items() if listed})

    @property
    def row_ids(self) -> NDArray[np.uint64]:
        """One id a row, shape (rows,): by value or hash of the row id column, ascending; else by position."""
        with placed(self.span):
            return self.store.row_ids

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with the content, not with names or declarations."""
        with placed(self.span):
            return self.store.fingerprint

    def load(self, names: Iterable[str]) -> None:
        """Reads the columns that are not loaded yet, all in one scan."""
        with placed(self.span):
            self.store.load({name: self._form(name) for name in names if self._known(name)})

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Lets go of the other columns where they are large; they are read again when they are asked for."""
        self.store.forget_all_but(set(names))

    def column(self, name: str) -> Column:
        """The column, read if it was not."""
        with placed(self.span):
            self._known(name)
            return self.store.column(name, self._form(name))

    def redeclare(
        self, declarations: Mapping[str, Declaration], spans: Mapping[str, Span] | None = None
    ) -> Dataset:
        """The dataset with other declarations of kind and unit; what was read is shared.

        Declarations of columns that are not there are ignored. A declaration that some value does not fit is
        an error, placed at the column's span of `spans`.
        """
        changed = replace(self, declarations=MappingProxyType({**self.declarations, **declarations}))
        changed.verify(spans or {}, except_for=self.declarations)
        return changed

    def verify(self, spans: Mapping[str, Span], except_for: Mapping[str, Declaration]) -> None:
        """Tries the declarations; every one that some value does not fit is an error."""
        found = [
            error.at(spans.get(name, self.span))
            for name, declaration in self.declarations.items()
            if name in self.kinds and declaration != except_for.get(name)
            if (error := misfit(self.store.source, name, self._form(name)))
        ]
        if found:
            raise WslError(found)

    def findings(self, *names: str) -> list[Diagnostic]:
        """Warnings about columns that a program reads, without a place; reads them."""
        return grouped({name: self._findings(name) for name in names}, self.rows)

    def _findings(self, name: str) -> list[Diagnostic]:
        column = self.column(name)
        known = findings(column)
        if name in self.declarations:
            return known
        if (times := disguised_times(column)) is not None:
            return [times, *(one for one in known if one.code != "WSL-D036")]
        unmeant = disguised_numbers(column) or stray_words(self.store.source, name)
        return [*([unmeant] if unmeant else []), *known]

    def _form(self, name: str) -> Form:
        declared = self.declarations.get(name)
        return Form(declared.kind, declared.unit) if declared else Form(self.store.source.kinds[name])

    def _known(self, name: str) -> bool:
        if name in self.unusable:
            raise failure("WSL-D009", column=name, type=self.unusable[name])
        if name not in self.kinds:
            raise no_column(self.name, name, self.kinds)
        return True
