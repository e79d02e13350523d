"""`wslang run`: the answers of a program, on the terminal, in files, as a report and a plot."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wsl import report as reports
from wsl.diagnostics import Diagnostic, Text, WslError, report
from wsl.report.whole_file import write_whole
from wsl.results import Result
from wsl.semantics.context import was_let_pass
from wsl.session import exit_code
from wsl.tools.common import (
    UsageError,
    colour,
    denied,
    make_session,
    read_program,
    root_of,
    show,
    terminal_width,
    usage,
)
from wsl.tools.progress import Progress

_STATUS = {1: "invalid", 2: "invalid", 3: "failed", 130: "interrupted"}
_UNDECIDED = {"WSL-D104", "WSL-D107"}
_PRECEDENCE = (130, 2, 1, 3, 4)  # of exit codes (INTERFACES, command line)


def run(options: argparse.Namespace) -> int:
    text = Text("", options.file)
    try:
        _check_options(options)
        text = read_program(options.file)
        session = make_session(options, root_of(options.file))
        with Progress(not (options.quiet or options.no_color) and options.format == "text") as progress:
            deny = "warning" in options.deny
            result: Result = session.run(
                text.content, name=text.name, progress=progress.say, deny_warnings=deny
            )
    except UsageError as error:
        usage(error)
        result = _without_answers(2, (), text, options)
    except WslError as error:
        errors = [finding for finding in error.diagnostics if finding.is_error]
        result = _without_answers(exit_code(errors) or 1, error.diagnostics, text, options)
    except KeyboardInterrupt:
        result = _without_answers(130, (report("WSL-R102"),), text, options)
    except MemoryError:
        result = _without_answers(3, (report("WSL-R103"),), text, options)
    return _show(_denied(result, options), text, options)


def _without_answers(
    code: int, diagnostics: tuple[Diagnostic, ...], text: Text, options: argparse.Namespace
) -> Result:
    return Result(options.seed or 0, _STATUS[code], code, text.content, text.name, diagnostics)


def _denied(result: Result, options: argparse.Namespace) -> Result:
    """`--deny warning`: an undecided EXPECT fails, any other warning that the run found is an error."""
    if not denied(result.diagnostics, options):
        return result
    warnings = {d.code for d in result.diagnostics if not d.is_error and not was_let_pass(d)}
    codes = {result.exit, *([4] if warnings & _UNDECIDED else []), *([1] if warnings - _UNDECIDED else [])}
    code = next((code for code in _PRECEDENCE if code in codes), 0)
    status = "expectation failed" if code == 4 else _STATUS[code]
    return result if code == result.exit else replace(result, status=status, exit=code)


def _check_options(options: argparse.Namespace) -> None:
    if options.engine == "spark":
        raise UsageError("--engine spark is not part of this version; leave it out")
    if options.system or options.execute:
        raise UsageError("--system and --execute belong to IDENTIFY, which is not part of this version")
    _check_outputs(options)


def _check_outputs(options: argparse.Namespace) -> None:
    """Whether the files that the command line names can be written, before anything is computed."""
    for path, suffixes in ((options.report, (".html", ".htm")), (options.plot, (".png", ".svg"))):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise UsageError(f"{path}: the name must end in {' or '.join(suffixes)}")
        if path.exists() and not options.overwrite:
            raise UsageError(f"{path} exists already; --overwrite lets it be replaced")
        if not path.resolve().parent.is_dir():
            raise UsageError(f"{path}: there is no such folder")


def _show(result: Result, text: Text, options: argparse.Namespace) -> int:
    findings = [d for d in result.diagnostics if d.is_error or not options.quiet]
    if options.format == "text":
        # What concerns one scenario or explanation stands in its answer.
        told = {finding for scenario in result.scenarios for finding in scenario.warnings}
        told |= {finding for explanation in result.explanations for finding in explanation.warnings}
        findings = [d for d in findings if replace(d, file=None) not in told and d not in told]
    if options.format == "json":
        sys.stdout.write(reports.to_json(result))
    elif options.format == "csv":
        sys.stdout.write(reports.to_csv(result))
    else:
        painted = colour(options, sys.stdout)
        sys.stdout.write(reports.to_text(result, painted, terminal_width(), options.whole))
        sys.stdout.flush()
    if options.format != "json" or result.status == "invalid":
        show(findings, [text], options)
    if result.exit == 1 and not result.scenarios and not any(d.is_error for d in result.diagnostics):
        print("wslang: nothing was run, for --deny warning makes errors of warnings", file=sys.stderr)
    answered = result.scenarios or result.explanations or result.descriptions or result.plans
    if not (result.exit or answered or options.quiet):
        print("wslang: nothing was asked; ESTIMATE asks, as in ESTIMATE MEAN(x)", file=sys.stderr)
    return _write_files(result, options) if answered or result.exit == 0 else result.exit


def _write_files(result: Result, options: argparse.Namespace) -> int:
    """The report and the plot, each written whole or not at all."""
    writers: tuple[tuple[Path | None, Callable[[Path], None]], ...] = (
        (options.report, lambda path: write_whole(path, reports.to_html(result).encode())),
        (options.plot, lambda path: reports.save_plot(result, path)),
    )
    for path, write in writers:
        if path is None:
            continue
        try:
            write(path)
        except ValueError as nothing:
            print(f"wslang: {path} is not written: {nothing}", file=sys.stderr)
            continue
        except OSError as error:
            return usage(UsageError(f"{path}: {error.strerror}"))
        if not options.quiet:
            print(f"wrote {path}", file=sys.stderr)
    return result.exit
