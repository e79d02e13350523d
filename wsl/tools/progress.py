"""What is being done, on one line of a terminal; nothing in a pipe."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

_QUIET_SECONDS = 0.5


class Progress:
    """Says what a run is doing, from half a second on, and wipes it away at the end."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted and sys.stderr.isatty() and "NO_COLOR" not in os.environ
        self.began = time.monotonic()
        self.shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def say(self, words: str) -> None:
        if self.wanted and time.monotonic() - self.began > _QUIET_SECONDS:
            safe = "".join(character if character.isprintable() else "?" for character in words)
            sys.stderr.write(f"\r\x1b[K{safe[:78]}")
            sys.stderr.flush()
            self.shown = True
