"""The prompt in a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE = 60


class Terminal:
    """A prompt running in a pseudo-terminal: what is typed goes in, what is seen comes out."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wsl", "repl", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )
        os.close(slave)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_for(self, expected: str) -> None:
        """Read until the text is seen; what was seen before it is forgotten."""
        deadline = time.monotonic() + PATIENCE
        while expected not in self.seen:
            assert time.monotonic() < deadline, f"no {expected!r} in {self.seen!r}"
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 65_536).decode(errors="replace")
        self.seen = self.seen.partition(expected)[2]


@pytest.fixture
def terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    found = Terminal("--data", "data/cdn.parquet", "--graph", "data/cdn.dot", "--target", "rt", "--no-color")
    yield found
    found.process.kill()
    found.process.wait()
    os.close(found.master)


def test_a_conversation_in_a_terminal(terminal: Terminal, folder: Path) -> None:
    terminal.wait_for("wsl>")
    terminal.type("USE WHERE region == ind\r")
    terminal.wait_for("rows of cdn")
    terminal.wait_for("wsl>")
    terminal.type("INTERVENE SET fe = nowh")
    terminal.type("\x03")
    terminal.wait_for("wsl>")
    terminal.type("INTERVENE SET fe =\r")
    terminal.type("twn\r")
    terminal.wait_for("INTERVENE SET fe")
    terminal.wait_for("rows of cdn")
    terminal.wait_for("wsl>")
    terminal.type("ESTIMATE MEAN(rt)\r")
    terminal.wait_for("difference")
    terminal.wait_for("wsl>")
    terminal.type("\x04")
    assert terminal.process.wait(PATIENCE) == 0
    history = (folder / "state" / "wslang" / "history").read_text()
    assert "+ESTIMATE MEAN(rt)" in history
