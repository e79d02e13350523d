"""`wslang check`: everything that is wrong with a program, without running it."""

from __future__ import annotations

import argparse
import sys

from wsl.diagnostics import Text, WslError
from wsl.diagnostics.render import render_github, render_json, render_sarif, render_text
from wsl.session import exit_code
from wsl.tools.common import (
    WIDTH,
    UsageError,
    colour,
    denied,
    make_session,
    read_program,
    root_of,
    usage,
)


def run(options: argparse.Namespace) -> int:
    text = Text("", options.file)
    try:
        text = read_program(options.file)
        session = make_session(options, root_of(options.file))
        found = session.check(text.content, name=text.name, need_data=bool(options.data))
    except UsageError as error:
        return usage(error)
    except WslError as error:
        found = list(error.diagnostics)
    if options.output_format == "json":
        sys.stdout.write(render_json(found))
    elif options.output_format == "sarif":
        sys.stdout.write(render_sarif(found))
    elif options.output_format == "github":
        sys.stdout.write(render_github(found))
    else:
        sys.stdout.write(render_text(found, [text], colour(options, sys.stdout), WIDTH))
    code = exit_code([finding for finding in found if finding.is_error])
    return code or (1 if denied(found, options) else 0)
