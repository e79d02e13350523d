"""`wslang plan`: how a program would be answered; nothing is executed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from wsl import report as reports
from wsl.diagnostics import Text, WslError
from wsl.results import PlanView, Result
from wsl.session import exit_code
from wsl.tools.common import (
    UsageError,
    colour,
    make_session,
    read_program,
    root_of,
    show,
    terminal_width,
    usage,
)


def run(options: argparse.Namespace) -> int:
    text = Text("", options.file)
    try:
        text = read_program(options.file)
        session = make_session(options, root_of(options.file))
        plans = session.plan(text.content, name=text.name, need_data=bool(options.data))
    except UsageError as error:
        return usage(error)
    except WslError as error:
        show(error.diagnostics, [text], options)
        return exit_code([finding for finding in error.diagnostics if finding.is_error])
    if options.format == "json":
        sys.stdout.write(json.dumps([asdict(plan) for plan in plans], indent=2) + "\n")
    elif options.format == "dot":
        sys.stdout.write(_dot(plans))
    else:
        shown = Result(session.seed, "ok", 0, plans=tuple(plans))
        sys.stdout.write(reports.to_text(shown, colour(options, sys.stdout), terminal_width()))
    return 0


def _dot(plans: list[PlanView]) -> str:
    """Steps as boxes in the order they run, a cluster a scenario."""
    lines = ["digraph plan {", '  node [shape=box, fontname="sans-serif"];']
    for number, plan in enumerate(plans):
        lines += [f"  subgraph cluster_{number} {{", f"    label={json.dumps(plan.scenario)};"]
        names = [f"s{number}_{place}" for place in range(len(plan.steps))]
        for name, step in zip(names, plan.steps, strict=True):
            label = f"{step.action} {', '.join(step.variables)}".strip()
            lines.append(f"    {name} [label={json.dumps(label + chr(10) + step.detail)}];")
        if len(names) > 1:
            lines.append(f"    {' -> '.join(names)};")
        lines.append("  }")
    return "\n".join([*lines, "}", ""])
