"""The files that programs name, inside the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsl.data import Dataset, Declaration, open_source
from wsl.data.paths import Sandbox
from wsl.data.problems import placed
from wsl.data.values import read_values
from wsl.data.writing import check_table_output
from wsl.diagnostics import Span
from wsl.graph.files import GraphFile, read_graph
from wsl.semantics import checked
from wsl.semantics.environment import GraphParts
from wsl.session.settings import Settings


class Files:
    """The files that programs name, inside the sandbox; those that were read are never overwritten."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sandbox = Sandbox(settings.root, settings.allow)
        self.read: list[Path] = []
        self._datasets: dict[str, _Opened] = {}

    def bound(self, name: str, table: Any) -> Dataset:
        """A dataset bound from outside: the path is the user's own."""
        dataset = open_source(table, name=name or _name_of(table), limits=self.settings.limits)
        self._note(*dataset.inputs)
        return dataset

    def dataset(
        self, path: str, options: Mapping[str, Any], declarations: Mapping[str, Declaration], span: Span
    ) -> Dataset:
        """A dataset named in a program; one file that stays as it is is read once for the same options."""
        key = repr((path, sorted(options.items())))
        known = self._datasets.get(key)
        if known is not None and known.is_current():
            return known.dataset.redeclare(declarations)
        opened = open_source(
            path,
            name=_name_of(path),
            root=self.settings.root,
            allow=self.settings.allow,
            options=options,
            declarations=declarations,
            span=span,
            limits=self.settings.limits,
        )
        self._note(*opened.inputs)
        self._datasets[key] = _Opened(opened, self.sandbox.resolve(path), _state_of(opened.inputs))
        return opened

    def graph(self, path: str, span: Span) -> GraphParts:
        with placed(span):
            real = self.sandbox.resolve(path)
        self._note(real)
        found: GraphFile = read_graph(real, name=path, span=span)
        return GraphParts(found.edges, found.nodes, next(iter(found.targets), None))

    def values(self, path: str, span: Span) -> checked.FileValues:
        with placed(span):
            real = self.sandbox.resolve(path)
        self._note(real)
        return checked.FileValues(*read_values(real, name=path, span=span))

    def output(self, path: str, span: Span) -> Path:
        with placed(span):
            real = self.sandbox.resolve(path)
        check_table_output(real, overwrite=self.settings.overwrite, inputs=self.read, span=span)
        return real

    def _note(self, *paths: Path) -> None:
        self.read += [path for path in paths if path not in self.read]


@dataclass(frozen=True)
class _Opened:
    """A dataset of a program, and its files as they were when it was opened."""

    dataset: Dataset
    location: Path
    files: tuple[tuple[Path, int, int], ...]

    def is_current(self) -> bool:
        """Whether it is one file that has not changed; a folder or pattern is looked through again."""
        inputs = self.dataset.inputs
        return list(inputs) == [self.location] and _state_of(inputs) == self.files


def _state_of(paths: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Size and time of files; empty where one is gone, which no earlier state was."""
    try:
        return tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in paths)
    except OSError:
        return ()


def _name_of(table: Any) -> str:
    """What a dataset is called: after its file or folder; a pattern after its beginning, or what is above."""
    if not isinstance(table, str | Path):
        return "data"
    path = Path(str(table))
    for piece in (path, *path.parents):
        fixed = re.split(r"[*?[]", piece.name)[0].partition(".")[0].rstrip("-_= ")
        if fixed:
            return fixed
    return "data"
