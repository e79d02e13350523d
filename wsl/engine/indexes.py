"""Tile indexes: built when a plan needs them, kept for the next question, and on disk if the user says so."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Options, Series, TileIndex, build_index, groups_of, load_index, save_index

from wsl.data import Column, Dataset
from wsl.planning import Mechanism
from wsl.version import __version__

_KEPT = 64
Progress = Callable[[str], None]


@dataclass
class Indexes:
    """Indexes by (dataset, mechanism, options): the latest in memory, all of them under `folder`."""

    folder: Path | None = None
    _kept: OrderedDict[tuple[Dataset, Mechanism, Options], TileIndex] = field(default_factory=OrderedDict)
    _groups: WeakKeyDictionary[Dataset, NDArray[np.uint8]] = field(default_factory=WeakKeyDictionary)

    def groups(self, dataset: Dataset) -> NDArray[np.uint8]:
        """The group, 0 to 15, of every row of a dataset."""
        if dataset not in self._groups:
            self._groups[dataset] = groups_of(dataset.row_ids)
        return self._groups[dataset]

    def index(self, dataset: Dataset, mechanism: Mechanism, options: Options) -> TileIndex:
        """The index of a mechanism, learned from all rows of the dataset."""
        key = (dataset, mechanism, options)
        if key not in self._kept:
            self._kept[key] = self._stored(dataset, mechanism, options)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _stored(self, dataset: Dataset, mechanism: Mechanism, options: Options) -> TileIndex:
        path = self.folder / f"{_name(dataset, mechanism, options)}.npz" if self.folder else None
        if path is not None and path.exists():
            try:
                return load_index(path)  # type: ignore[no-any-return]
            except (OSError, ValueError, KeyError):
                # A file that another version, or a broken disk, left behind is replaced below.
                pass
        index = self._built(dataset, mechanism, options)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_index(path, index)
        return index

    def _built(self, dataset: Dataset, mechanism: Mechanism, options: Options) -> TileIndex:
        dataset.load((*mechanism.children, *mechanism.conditioning))
        children = [series(dataset.column(name)) for name in mechanism.children]
        parents = [series(dataset.column(name)) for name in mechanism.conditioning]
        return build_index(children, parents, dataset.row_ids, self.groups(dataset), options)


def series(column: Column) -> Series:
    """A column as the runtime takes it."""
    return Series(column.values, column.kind.value, len(column.categories))


def _name(dataset: Dataset, mechanism: Mechanism, options: Options) -> str:
    """A file name that changes with the data's content, how it is read, and what is learned from it."""
    kinds = [
        (name, dataset.kinds[name].value, dataset.column(name).unit)
        for name in (*mechanism.children, *mechanism.conditioning)
    ]
    described = (__version__, dataset.fingerprint, dataset.store.row_id, kinds, mechanism, options)
    return blake2b(repr(described).encode(), digest_size=16).hexdigest()
