"""The rows of a source in their lasting order, each column read once however it is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from wsl.data import row_ids
from wsl.data.kinds import converted
from wsl.data.schema import Column
from wsl.data.source import Form, Source

Key: TypeAlias = tuple[str | None, ...]
KEPT_BYTES = 64 * 2**20  # of columns that an answer does not need


@dataclass(eq=False)
class Store:
    """What all declarations of a dataset share: its rows, their ids, and the columns read so far.

    Rows are sorted by the column `row_id` if there is one. `digest` is a cheap fingerprint of the content.
    """

    name: str
    source: Source
    row_id: str | None = None
    digest: Callable[[], str] | None = None
    _columns: dict[Key, Column] = field(default_factory=dict, init=False, repr=False)

    def load(self, wanted: Mapping[str, Form]) -> None:
        """Reads the columns that were not read in this form yet, all in one scan."""
        keys = {name: self._key(name, form) for name, form in wanted.items()}
        read = self.source.read(
            {name: wanted[name] for name, key in keys.items() if key not in self._columns}
        )
        while read:
            name, column = read.popitem()
            self._columns[keys[name]] = self._sorted(column)

    def forget_all_but(self, names: set[str]) -> None:
        """Lets go of the other columns where they take more than `KEPT_BYTES`."""
        others = {key: column for key, column in self._columns.items() if key[0] not in names}
        if sum(column.values.nbytes for column in others.values()) > KEPT_BYTES:
            for key in others:
                del self._columns[key]

    def column(self, name: str, form: Form) -> Column:
        """The column, read if it was not; forms that differ by unit alone share their values."""
        self.load({name: form})
        column = self._columns[self._key(name, form)]
        return column if column.unit == form.unit else replace(column, unit=form.unit)

    def _key(self, name: str, form: Form) -> Key:
        return (name, form.kind.value, *(converted(field, *form) for field in self.source.fields(name)))

    @property
    def row_ids(self) -> NDArray[np.uint64]:
        return self._numbering[0]

    @cached_property
    def _numbering(self) -> tuple[NDArray[np.uint64], NDArray[np.intp] | None]:
        """The row ids, and the order of the source's rows if they have to be sorted."""
        if self.row_id is None:
            return row_ids.numbered(self.source.rows), None
        ids = row_ids.from_column(self.source, self.row_id, self.name)
        if np.all(ids[1:] > ids[:-1]):
            return ids, None
        order = np.argsort(ids, kind="stable")
        return ids[order], order

    def _sorted(self, column: Column) -> Column:
        order = self._numbering[1] if self.row_id else None
        return column if order is None else replace(column, values=column.values[order])

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with the content: of the files' bytes, else of the values."""
        if self.digest:
            return self.digest()
        content = blake2b(self.row_ids.tobytes(), digest_size=16)
        for name in self.source.columns:
            if self.source.is_usable(name):
                form = Form(self.source.kinds[name])
                column = self._sorted(self.source.read({name: form})[name])
                content.update(repr((name, form.kind.value, column.categories)).encode())
                content.update(column.values.tobytes())
        return content.hexdigest()
