"""Types of command-line options that benchmarks share."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number from 1 is needed, not {text!r}")
    return int(text)


def counts(text: str) -> list[int]:
    """Such numbers, separated by commas."""
    return [count(part.strip()) for part in text.split(",")]


def file(text: str) -> Path:
    """The path of a file that is there."""
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text}")
    return path


def folder(text: str) -> Path:
    """The path of a folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise ArgumentTypeError(f"there is no folder {text}")
    return path
