"""What is being done, on one line of a terminal; nothing in a pipe."""

from __future__ import annotations

import os
import sys
from threading import Lock, Timer
from types import TracebackType

_QUIET_SECONDS = 0.5


class Progress:
    """Says what a run is doing, from half a second on, and wipes it away at the end.

    What was said before is shown then, for a step may take long and say nothing more.
    """

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted and sys.stderr.isatty() and "NO_COLOR" not in os.environ
        self.words = ""
        self.open = False
        self.shown = False
        self._lock = Lock()
        self._timer = Timer(_QUIET_SECONDS, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if self.wanted:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self.wanted = False
            if self.shown:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def say(self, words: str) -> None:
        with self._lock:
            self.words = words
            self._show()

    def _begin(self) -> None:
        with self._lock:
            self.open = True
            self._show()

    def _show(self) -> None:
        if self.wanted and self.open and self.words:
            safe = "".join(character if character.isprintable() else "?" for character in self.words)
            sys.stderr.write(f"\r\x1b[K{safe[:78]}")
            sys.stderr.flush()
            self.shown = True
