"""Where a program may read and write: its own folder, after symbolic links, and what the user allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from wsl.data.problems import failure

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True)
class Sandbox:
    """The paths that may be opened.

    With a `root`, a path is relative to it and stays inside it or an `allow`ed folder or file; without, the
    path is the user's own, relative to the working folder, and free.
    """

    root: Path | None
    allow: tuple[Path, ...] = ()

    @property
    def base(self) -> Path:
        return self.root or Path()

    def resolve(self, location: str, *, fixed: str | None = None) -> Path:
        """The real path of `location`, or of its part `fixed` where it is a pattern, if it may be opened."""
        if "\0" in location or not location:
            raise failure("WSL-R001", path=location.replace("\0", "\\0"))
        if _SCHEME.match(location) and not PureWindowsPath(location).drive:
            raise failure("WSL-R011" if self.root else "WSL-R012", path=redacted(location))
        path = (self.base / (location if fixed is None else fixed)).expanduser()
        if self.root and _climbs(location):
            return self._allowed(path, location)
        return self.inside(path, location)

    def inside(self, path: Path, location: str) -> Path:
        """The real path, if symbolic links have not led it out."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            raise failure("WSL-R001", path=location) from None
        if self.root is None or real.is_relative_to(self.root.resolve()):
            return real
        return self._allowed(path, location)

    def _allowed(self, path: Path, location: str) -> Path:
        real = path.resolve()
        if any(real.is_relative_to(allowed.resolve()) for allowed in self.allow):
            return real
        raise failure("WSL-R010", path=location)


def redacted(location: str) -> str:
    """A connection string without user, password and parameters."""
    scheme, separator, rest = location.partition("://")
    if location.startswith("env:"):
        return location.partition("#")[0]
    if not separator:
        return location.partition(":")[0] + ":..."
    host = rest.rpartition("@")[2].partition("?")[0].partition("#")[0]
    return f"{scheme}://{'...@' if '@' in rest else ''}{host}"


def _climbs(location: str) -> bool:
    windows, posix = PureWindowsPath(location), PurePosixPath(location)
    return posix.is_absolute() or bool(windows.anchor) or ".." in windows.parts
