"""What the commands share: reading programs, sessions from options, findings on the terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wsl.diagnostics import Diagnostic, Severity, Text, WslError, report
from wsl.diagnostics.render import render_text

if TYPE_CHECKING:
    from wsl.session import Session

WIDTH = 100


class UsageError(Exception):
    """A fault of the command line itself; the message says what to do."""


def read_program(file: str) -> Text:
    """A program from a file or standard input; raises WslError where it cannot be read as text."""
    name = "<stdin>" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return Text(content.decode("utf-8-sig"), name)
    except IsADirectoryError:
        finding = report("WSL-R005", path=name, reason="it is a folder")
    except FileNotFoundError:
        finding = report("WSL-R001", path=name)
    except OSError as error:
        finding = report("WSL-R005", path=name, reason=error.strerror or str(error))
    except UnicodeDecodeError as error:
        reason = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        finding = report("WSL-R006", path=name, reason=reason)
    raise WslError([replace(finding, file=name)])


def root_of(file: str) -> Path:
    """The folder a program may read and write: its own."""
    return Path() if file == "-" else Path(file).resolve().parent


def make_session(options: argparse.Namespace, root: Path) -> Session:
    """A session with the data, graph and settings of the command line."""
    from wsl.session import Session

    return Session(
        bindings(options.data, "--data") or None,
        Path(options.graph) if options.graph else None,
        options.target,
        seed=options.seed,
        parameters=bindings(options.param, "--param", named=True),
        root=root,
        allow=tuple(options.allow),
        overwrite=getattr(options, "overwrite", False),
        cache=getattr(options, "cache", None),
        threads=getattr(options, "threads", None),
        memory=getattr(options, "memory", None),
    )


def bindings(written: Iterable[str], option: str, *, named: bool = False) -> dict[str, str]:
    """`NAME=VALUE` options by name; without a name, where that is allowed, the name is empty."""
    bound: dict[str, str] = {}
    for text in written:
        name, separator, value = text.partition("=")
        if not separator or not _is_name(name):
            if named:
                raise UsageError(f"{option} {text}: write NAME=VALUE")
            name, value = "", text
        if name in bound:
            raise UsageError(f"{option} names {name or 'the default data'} twice")
        bound[name] = value
    return bound


def _is_name(text: str) -> bool:
    return text.replace("_", "a").replace(".", "a").isalnum() and not text[:1].isdigit()


def show(diagnostics: Sequence[Diagnostic], texts: Iterable[Text], options: argparse.Namespace) -> None:
    """Findings on standard error."""
    if diagnostics:
        print(render_text(diagnostics, texts, colour(options, sys.stderr), WIDTH), end="", file=sys.stderr)


def usage(error: UsageError) -> int:
    print(f"wslang: {error}", file=sys.stderr)
    return 2


def colour(options: argparse.Namespace, stream: object) -> bool:
    """Whether to colour what goes to a stream: a terminal, and nobody said no."""
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    return is_terminal and not options.no_color and "NO_COLOR" not in os.environ


def terminal_width() -> int:
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if sys.stdout.isatty() else WIDTH


def denied(diagnostics: Iterable[Diagnostic], options: argparse.Namespace) -> bool:
    """Whether a warning counts as an error; what the program lets pass by name does not."""
    from wsl.semantics.context import was_let_pass

    warnings = (d for d in diagnostics if d.severity is Severity.WARNING and not was_let_pass(d))
    return "warning" in options.deny and any(warnings)
