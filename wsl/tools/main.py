"""The command line: `wslang run | check | fmt | plan | repl | explain | debug | example | bench`."""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from wsl.version import __version__

COMMANDS = {
    "run": "wsl.tools.run",
    "check": "wsl.tools.check",
    "fmt": "wsl.tools.fmt",
    "plan": "wsl.tools.plan",
    "repl": "wsl.tools.repl",
    "explain": "wsl.tools.explain",
    "debug": "wsl.tools.debug",
    "example": "wsl.tools.example",
    "bench": "wsl.tools.bench",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, 1, 2, 3, 4 or 130 (INTERFACES, command line)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Tables and data hold more than what some pipes and terminals are set up for.
            stream.reconfigure(encoding="utf-8", errors="replace")
    gc.set_threshold(100_000)  # to load modules makes much that stays
    atexit.register(gc.freeze)  # and to look through it once more at the end takes a tenth of a second
    try:
        options = build_parser().parse_args(arguments)
        code: int = import_module(COMMANDS[options.command]).run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _forget_output()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            return _own_fault(error)
        _forget_output()
        print(f"wslang: the output cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    except MemoryError:
        print("wslang: out of memory; USE .. SAMPLE 100000 answers from fewer rows", file=sys.stderr)
        return 3
    except Exception as error:
        return _own_fault(error)


def _own_fault(error: Exception) -> int:
    """Say so; the traceback is for those who look for it."""
    if os.environ.get("WSL_DEBUG"):
        raise error
    print(
        f"wslang: a fault of wslang itself ({type(error).__name__}: {error}). Nothing of yours was changed.\n"
        "Please report it with the program; WSL_DEBUG=1 shows where it happened.",
        file=sys.stderr,
    )
    return 3


def _forget_output() -> None:
    """Nothing more can be written to standard output, at exit neither."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wslang",
        description="WSL, the WISE Scenario Language: causal what-if questions of the telemetry you have.",
        epilog="Start with: wslang example cdn examples/data && wslang run examples/quickstart.wsl",
    )
    parser.add_argument("--version", action="version", version=f"wslang {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="run a program and show its answers"))
    _check(commands.add_parser("check", help="say everything that is wrong with a program"))
    _fmt(commands.add_parser("fmt", help="write a program in the canonical form"))
    _plan(commands.add_parser("plan", help="show how a program would be answered"))
    _repl(commands.add_parser("repl", help="ask questions one by one"))
    explain = commands.add_parser("explain", help="the page of a diagnostic code")
    explain.add_argument("code", metavar="CODE", help="for example WSL-C004")
    _debug(commands.add_parser("debug", help="show a stage of the interpreter"))
    _example(commands.add_parser("example", help="generate the data of an example"))
    _bench(commands.add_parser("bench", help="run a benchmark of README"))
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="[NAME=]PATH_OR_URL",
        help="data to use, by name or as the default; NAME=env:VARIABLE#schema.table for a database",
    )
    parser.add_argument("--graph", metavar="PATH", help="the causal graph")
    parser.add_argument("--target", metavar="VAR", help="the variable to estimate")
    parser.add_argument("--seed", type=_seed, metavar="N", help="seed of all random numbers (default 0)")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value for a PARAM of the program",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="let the program use this path too",
    )
    parser.add_argument("--no-color", action="store_true", help="no colour, as with NO_COLOR")


def _program(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program, or - for standard input")


def _run(parser: argparse.ArgumentParser) -> None:
    _program(parser)
    _data(parser)
    parser.add_argument(
        "--system", action="append", default=[], metavar="NAME=MODULE:OBJECT", help=argparse.SUPPRESS
    )
    parser.add_argument("--execute", action="store_true", help=argparse.SUPPRESS)
    _resources(parser)
    parser.add_argument("--engine", choices=("local", "spark"), default="local", help="default: local")
    parser.add_argument("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    parser.add_argument("--whole", action="store_true", help="say all that the answers rest on")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a report of one page")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png|svg",
        help="draw baseline against scenario, else causes over time",
    )
    parser.add_argument(
        "--deny", action="append", default=[], choices=("warning",), help="warnings are errors"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no warnings")


def _check(parser: argparse.ArgumentParser) -> None:
    _program(parser)
    _data(parser)
    parser.add_argument(
        "--output-format", choices=("text", "json", "sarif", "github"), default="text", help="default: text"
    )
    parser.add_argument(
        "--deny", action="append", default=[], choices=("warning",), help="warnings are errors"
    )


def _fmt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="programs, or - for standard input")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="rewrite the files")
    mode.add_argument("--check", action="store_true", help="exit 1 if a file would change")
    mode.add_argument("--diff", action="store_true", help="show what would change")


def _plan(parser: argparse.ArgumentParser) -> None:
    _program(parser)
    _data(parser)
    parser.add_argument("--format", choices=("text", "json", "dot"), default="text", help="default: text")


def _repl(parser: argparse.ArgumentParser) -> None:
    _data(parser)
    _resources(parser)


def _resources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--threads", type=_positive, metavar="N", help="threads (default: all processors)")
    parser.add_argument("--overwrite", action="store_true", help="let output files replace existing ones")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep what is learned from the data here")
    parser.add_argument("--memory", type=_size, metavar="SIZE", help="a limit for reading data, as 4GB")


def _debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=("ast", "checked", "plan"))
    _program(parser)
    _data(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def _example(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=("cdn", "mesh", "shop"), help="which example")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write it")
    parser.add_argument("--rows", type=_positive, default=100_000, metavar="N", help="default: 100000")
    parser.add_argument("--seed", type=_seed, default=1, metavar="N", help="default: 1")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="accuracy, speed or start; `list` names them")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="options of the benchmark")


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2^63 - 1")
    return int(text)


def _size(text: str) -> str:
    if not re.fullmatch(r"\d{1,9}(\.\d+)? ?[KMGT]i?B", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500MB or 4GB")
    return text


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
