"""Which files a location stands for: one file, a glob, or a folder with its Hive partitions."""

from __future__ import annotations

import os
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import unquote

from wsl.data.paths import Sandbox
from wsl.data.problems import failure
from wsl.diagnostics import closest

SUFFIXES = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".csv": "CSV",
    ".csv.gz": "CSV",
    ".tsv": "CSV",
    ".tsv.gz": "CSV",
    ".arrow": "Arrow",
    ".arrows": "Arrow",
    ".feather": "Arrow",
    ".ipc": "Arrow",
    ".jsonl": "JSON",
    ".jsonl.gz": "JSON",
    ".ndjson": "JSON",
    ".ndjson.gz": "JSON",
    ".json": "JSON",
    ".json.gz": "JSON",
}


@dataclass(frozen=True)
class DataFile:
    """A file to read: its real path, the name that messages use, and the `key=value` folders above it."""

    path: Path
    name: str
    partitions: tuple[tuple[str, str | None], ...] = ()

    @property
    def format(self) -> str | None:
        return format_of(self.name)


def format_of(name: str) -> str | None:
    lower = name.lower()
    return next((SUFFIXES[suffix] for suffix in SUFFIXES if lower.endswith(suffix)), None)


def find_files(location: str, sandbox: Sandbox) -> list[DataFile]:
    """The files of a path, glob or folder, sorted by name; all of one format."""
    # A file may have a name that looks like a pattern.
    pattern = has_magic(location) and not os.path.exists(sandbox.base / location)
    path = sandbox.resolve(location, fixed=_fixed_prefix(location) if pattern else location)
    if pattern:
        found = _match(location, sandbox)
        if not found:
            raise failure("WSL-R002", path=location)
    elif os.path.isdir(path):
        found = _walk(path, location, sandbox)
        if not found:
            raise failure("WSL-R003", path=location)
    else:
        _must_exist(path, location)
        found = [DataFile(path, location)]
    for file in found:
        if file.format is None:
            raise failure("WSL-R004", path=file.name)
        if file.path.stat().st_size == 0:
            raise failure("WSL-R008", path=file.name)
    formats = sorted({file.format for file in found if file.format})
    if len(formats) > 1:
        raise failure("WSL-R009", path=location, formats=" and ".join(formats))
    return found


def siblings(path: Path) -> list[str]:
    """The names beside a path, for did-you-mean."""
    try:
        return sorted(os.listdir(path.parent))
    except OSError:
        return []


def _must_exist(path: Path, location: str) -> None:
    try:
        path.stat()
    except PermissionError:
        raise failure("WSL-R007", path=location) from None
    except OSError:
        near = closest(path.name, siblings(path))
        suggestion = location[: len(location) - len(path.name)] + near if near else None
        raise failure("WSL-R001", path=location, suggestion=suggestion) from None


def _fixed_prefix(location: str) -> str:
    """The folders before the first wildcard."""
    fixed = []
    for piece in Path(location).parts:
        if has_magic(piece):
            break
        fixed.append(piece)
    return str(Path(*fixed)) if fixed else "."


def _match(location: str, sandbox: Sandbox) -> list[DataFile]:
    base = sandbox.base / _fixed_prefix(location)
    matches = [sandbox.base / match for match in glob(location, root_dir=sandbox.base, recursive=True)]
    return _collect([match for match in matches if match.is_file()], base, _fixed_prefix(location), sandbox)


def _walk(folder: Path, location: str, sandbox: Sandbox) -> list[DataFile]:
    found = []
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [
            Path(directory, name) for name in names if not name.startswith((".", "_")) and format_of(name)
        ]
    return _collect(found, folder, location, sandbox)


def _collect(found: list[Path], base: Path, shown: str, sandbox: Sandbox) -> list[DataFile]:
    files = []
    for path in found:
        relative = path.relative_to(base)
        name = (Path(shown) / relative).as_posix()
        files.append(DataFile(sandbox.inside(path, name), name, _partitions(relative.parent)))
    return sorted(files, key=lambda file: file.name)


def _partitions(folder: Path) -> tuple[tuple[str, str | None], ...]:
    """Hive's `key=value` folders; `__HIVE_DEFAULT_PARTITION__` is its word for missing."""
    pairs = [piece.split("=", 1) for piece in folder.parts if "=" in piece]
    return tuple(
        (key, None if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value)) for key, value in pairs
    )
