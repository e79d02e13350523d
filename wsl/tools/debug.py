"""`wslang debug`: a stage of the interpreter, printed."""

from __future__ import annotations

import argparse
import json
import pprint
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from wsl.data import Column, Dataset
from wsl.diagnostics import Span, Text, WslError
from wsl.planning import Diagnosis, Plan, diagnose, plan
from wsl.semantics.checked import Explain, Scenario
from wsl.session import exit_code
from wsl.syntax import parse
from wsl.tools.common import UsageError, make_session, read_program, root_of, show, usage


def run(options: argparse.Namespace) -> int:
    text = Text("", options.file)
    try:
        text = read_program(options.file)
        value, findings = _stage(text, options)
    except UsageError as error:
        return usage(error)
    except WslError as error:
        show(error.diagnostics, [text], options)
        return exit_code(list(error.diagnostics))
    shown = simplified(value)
    sys.stdout.write(
        json.dumps(shown, indent=2) + "\n" if options.json else pprint.pformat(shown, width=100) + "\n"
    )
    show(findings, [text], options)
    return exit_code([finding for finding in findings if finding.is_error])


def _stage(text: Text, options: argparse.Namespace) -> tuple[Any, Any]:
    if options.stage == "ast":
        parsed = parse(text)
        return parsed.program, parsed.diagnostics
    session = make_session(options, root_of(options.file))
    found = session.checked(text.content, name=text.name, need_data=bool(options.data))
    if options.stage == "checked" or not found.ok:
        return found.program, found.diagnostics
    plans = [_planned(item) for item in found.program.items if isinstance(item, Scenario | Explain)]
    return plans, found.diagnostics


def _planned(item: Scenario | Explain) -> Plan | Diagnosis:
    return plan(item) if isinstance(item, Scenario) else diagnose(item)


def simplified(value: Any) -> Any:
    """A stage's dataclasses as plain lists and mappings, without places; data is named, not shown."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Dataset | Column):
            return f"<{type(value).__name__} {value.name}>"
        parts = {
            field.name: simplified(getattr(value, field.name))
            for field in fields(value)
            if not field.name.startswith("_") and not isinstance(getattr(value, field.name), Span)
        }
        return {"node": type(value).__name__, **parts}
    if isinstance(value, dict):
        return {str(key): simplified(part) for key, part in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [simplified(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
