"""Tile indexes: built when a plan needs them, kept for the next question, and on disk if the user says so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Options, Series, TileIndex, build_index, load_index, save_index

from wsl.data import Column, Dataset, Kind
from wsl.data.store import Store
from wsl.diagnostics import WslError, report
from wsl.engine.clusters import groups_by
from wsl.engine.memory import give_back
from wsl.planning import Mechanism
from wsl.semantics.checked import Cluster
from wsl.version import __version__

_KEPT_BYTES = 256 * 2**20
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Key:
    """What an index depends on: the data, and how the columns it is learned from are read."""

    store: Store
    mechanism: Mechanism
    options: Learning
    kinds: tuple[tuple[Kind, str | None], ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """Rows that a mechanism was learned from, rows left out because a value was missing, and categories
    that were found to make no difference beyond the numeric causes."""

    rows: int
    left_out: int
    irrelevant: tuple[str, ...]


@dataclass(frozen=True)
class Among:
    """Rows that alone are learned from; these are the same where their digests are."""

    digest: str
    rows: NDArray[np.int64] | None = field(repr=False, compare=False)


def among(selected: NDArray[np.bool_]) -> Among | None:
    """The selected rows, as mechanisms are learned from; None where that is all of them."""
    if selected.all():
        return None
    digest = blake2b(np.packbits(selected).tobytes(), digest_size=16).hexdigest()
    return Among(digest, np.flatnonzero(selected))


@dataclass(frozen=True)
class Learning(Options):
    """How mechanisms are learned: the size of tiles, which rows are no evidence for each other, and from
    which rows alone."""

    cluster: Cluster | None = None
    among: Among | None = None

    @property
    def of_tiles(self) -> Options:
        return Options(self.nmin, self.nmax, self.cap, self.every_category)


class LearnedFrom(Protocol):
    """Where mechanisms are looked up: all rows of the data, or some groups of them."""

    def index(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex: ...


@dataclass
class Indexes:
    """Indexes by what they are learned from: the latest in memory, all of them under `folder`."""

    folder: Path | None = None
    _kept: OrderedDict[_Key, TileIndex] = field(default_factory=OrderedDict)
    _learned: dict[_Key, Learned] = field(default_factory=dict)
    _groups: WeakKeyDictionary[Store, dict[Cluster | None, NDArray[np.uint8]]] = field(
        default_factory=WeakKeyDictionary
    )
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def groups(self, dataset: Dataset, cluster: Cluster | None = None) -> NDArray[np.uint8]:
        """The group, 0 to 15, of every row of a dataset."""
        known = self._groups.setdefault(dataset.store, {})
        if cluster not in known:
            known[cluster] = groups_by(dataset, cluster)
        return known[cluster]

    def index(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex:
        """The index of a mechanism, learned from all rows of the dataset or those of the options."""
        key = _key(dataset, mechanism, options)
        with self._lock:
            if key not in self._kept:
                index = self._stored(dataset, mechanism, options)
                give_back(dataset.rows)
                self._kept[key] = index
                self.make_room(but=key)
                irrelevant = tuple(mechanism.conditioning[place] for place in index.layout.irrelevant)
                self._learned[key] = Learned(index.loaded - index.left_out, index.left_out, irrelevant)
            self._kept.move_to_end(key)
            return self._kept[key]

    def learned(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> Learned | None:
        """How many rows a mechanism was learned from, if it was, with these options or others."""
        key = _key(dataset, mechanism, options)
        others = (
            found
            for known, found in self._learned.items()
            if replace(known, options=key.options) == key and known.options.among == key.options.among
        )
        return self._learned.get(key) or next(others, None)

    def make_room(self, but: _Key | None = None) -> None:
        """Forget indexes, those first that were not asked for lately, until the rest is of bounded size."""
        sizes = {
            key: _bytes(index) + _bytes(tuple(index.catalogue.fits.values()))
            for key, index in self._kept.items()
        }
        for key in list(self._kept):
            if key != but and sum(sizes.values()) > _KEPT_BYTES:
                del self._kept[key], sizes[key]

    def _stored(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex:
        path = self.folder / f"{_name(dataset, mechanism, options)}.npz" if self.folder else None
        if path is not None and path.exists():
            try:
                stored: TileIndex = load_index(path)
                return stored
            except (OSError, ValueError, KeyError):
                # A file that another version, or a broken disk, left behind is replaced below.
                pass
        index = self._built(dataset, mechanism, options)
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                save_index(path, index)
            except OSError as error:
                reason = error.strerror or str(error)
                raise WslError([report("WSL-R022", path=str(path.parent), reason=reason)]) from None
        return index

    def _built(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex:
        dataset.load((*mechanism.children, *mechanism.conditioning))
        children = [series(dataset.column(name)) for name in mechanism.children]
        parents = [series(dataset.column(name)) for name in mechanism.conditioning]
        groups = self.groups(dataset, options.cluster)
        ids = dataset.row_ids
        if options.among is None:
            return build_index(children, parents, ids, groups, options.of_tiles)
        rows = options.among.rows
        assert rows is not None, "only keys do without rows"
        children, parents = ([one.take(rows) for one in side] for side in (children, parents))
        index = build_index(children, parents, ids[rows], groups[rows], options.of_tiles)
        return replace(index, rows=rows[index.rows].astype(index.rows.dtype))


def _bytes(value: Any) -> int:
    """The size of the arrays in a dataclass, and in those within it."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(map(_bytes, value))
    return sum(_bytes(getattr(value, part.name)) for part in fields(value)) if is_dataclass(value) else 0


def series(column: Column) -> Series:
    """A column as the runtime takes it."""
    return Series(column.values, column.kind.value, len(column.categories))


def _key(dataset: Dataset, mechanism: Mechanism, options: Learning) -> _Key:
    names = (*mechanism.children, *mechanism.conditioning)
    kinds = tuple((dataset.kinds[name], dataset.column(name).unit) for name in names)
    if options.among is not None:  # a key outlives the rows
        options = replace(options, among=replace(options.among, rows=None))
    return _Key(dataset.store, mechanism, options, kinds)


def _name(dataset: Dataset, mechanism: Mechanism, options: Learning) -> str:
    """A file name that changes with the data's content, how it is read, and what is learned from it."""
    kinds = [(kind.value, unit) for kind, unit in _key(dataset, mechanism, options).kinds]
    described = (__version__, dataset.fingerprint, dataset.store.row_id, kinds, mechanism, options)
    return blake2b(repr(described).encode(), digest_size=16).hexdigest()
