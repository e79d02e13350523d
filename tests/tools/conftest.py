"""A folder with the generated example, and the command line run in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from wsl.examples import cdn
from wsl.tools.main import main


class Output(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    (folder / "data").mkdir()
    cdn.write(folder / "data", 3_000, 3)
    return folder


@pytest.fixture
def folder(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, with the example's data."""
    shutil.copytree(example / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WSL_DEBUG", "1")
    return tmp_path


@pytest.fixture
def wslang(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Output]:
    """Run a command in the folder; `program` becomes the file program.wsl."""

    def run(*arguments: str, program: str | bytes | None = None) -> Output:
        if program is not None:
            content = program.encode() if isinstance(program, str) else program
            (folder / "program.wsl").write_bytes(content)
        capsys.readouterr()
        try:
            code = main([*arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        printed = capsys.readouterr()
        return Output(code, printed.out, printed.err)

    return run
