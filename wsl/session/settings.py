"""What is decided for all programs of a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wsl.data.source import NO_LIMITS, Limits


@dataclass(frozen=True)
class Settings:
    """What the command line, or an embedding program, decides for all programs of a session.

    `root` is the folder that programs may read and write; `allow` are further paths. `cache` is a folder for
    indexes.
    """

    root: Path
    allow: tuple[Path, ...] = ()
    overwrite: bool = False
    cache: Path | None = None
    limits: Limits = NO_LIMITS
