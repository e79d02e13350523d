"""`wslang fmt`: programs in the canonical form."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from wsl.diagnostics import Text, WslError
from wsl.diagnostics.render import render_text
from wsl.report.whole_file import write_whole
from wsl.syntax import format_program, parse
from wsl.tools.common import WIDTH, read_program


def run(options: argparse.Namespace) -> int:
    codes = [_format(file, options) for file in options.files]
    return 2 if 2 in codes else max(codes)


def _format(file: str, options: argparse.Namespace) -> int:
    try:
        text = read_program(file)
    except WslError as error:
        sys.stderr.write(render_text(error.diagnostics, [], False, WIDTH))
        return 2
    formatted = format_program(text.content)
    errors = [finding for finding in parse(text).diagnostics if finding.is_error]
    if errors:
        # What did not parse was left as it is; the rest is formatted all the same.
        sys.stderr.write(render_text(errors, [text], False, WIDTH))
    same = formatted == text.content
    if options.diff:
        sys.stdout.write(_difference(text, formatted))
    elif options.write:
        try:
            if not same and file != "-":
                write_whole(Path(file), formatted.encode())
        except OSError as error:
            print(f"wslang: {file}: {error.strerror}", file=sys.stderr)
            return 2
    elif not options.check:
        sys.stdout.write(formatted)
    elif not same:
        print(f"{text.name} would change", file=sys.stderr)
    return int(bool(errors) or (options.check and not same))


def _difference(text: Text, formatted: str) -> str:
    lines = difflib.unified_diff(
        text.content.splitlines(keepends=True),
        formatted.splitlines(keepends=True),
        text.name,
        f"{text.name} (formatted)",
    )
    return "".join(lines)
