"""Start: wall and CPU time of whole commands, beside Python's own start."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from wsl.bench.options import count
from wsl.bench.tables import Table, figure
from wsl.examples import cdn

PROGRAM = """GRAPH FROM "cdn.dot" TARGET rt
USE FROM "cdn.parquet" WHERE region == ind ON UNSUPPORTED FAIL ABOVE 100%
INTERVENE SET fe = twn
"""
WSLANG = ("-m", "wsl")
COMMANDS: dict[str, tuple[Sequence[str], float | None]] = {
    "python -c pass": (("-c", "pass"), None),
    "python -c 'import numpy'": (("-c", "import numpy"), None),
    "wslang --help": ((*WSLANG, "--help"), None),
    "wslang check quickstart.wsl": ((*WSLANG, "check", "quickstart.wsl"), 0.4),
    "wslang run quickstart.wsl": ((*WSLANG, "run", "quickstart.wsl"), 2.0),
}

Record = dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeats", type=count, default=7, metavar="N", help="runs of each (default: 7)")
    parser.add_argument(
        "--rows", type=count, default=100_000, metavar="N", help="of the log (default: 100000)"
    )


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> Record:
    """The benchmark's document: medians over runs, after a first that compiles and fills caches."""
    found = []
    with TemporaryDirectory() as folder:
        cdn.write(folder, options.rows, 1)
        Path(folder, "quickstart.wsl").write_text(PROGRAM, encoding="utf-8")
        for name, (arguments, aim) in COMMANDS.items():
            say(f"start: {name}")
            first, *others = (_seconds(arguments, folder) for _ in range(options.repeats + 1))
            wall, cpu = (median(times) for times in zip(*others, strict=True))
            found.append({"command": name, "wall": wall, "cpu": cpu, "first": first[0], "aim": aim})
    return {"benchmark": "start", "rows": options.rows, "repeats": options.repeats, "commands": found}


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    return [
        Table(
            f"Start: seconds, median of {document['repeats']} runs after the first",
            ["command", "wall", "CPU", "aim", "first, wall"],
            [
                [
                    c["command"],
                    figure(c["wall"]),
                    figure(c["cpu"]),
                    f"< {c['aim']:.1f}" if c["aim"] else "",
                    figure(c["first"]),
                ]
                for c in document["commands"]
            ],
            f"quickstart.wsl asks one question of {document['rows']:,} requests, read from Parquet.",
        )
    ]


def _seconds(arguments: Sequence[str], folder: str) -> tuple[float, float]:
    """Wall and CPU seconds of a Python process that must succeed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment |= {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}  # byte code as if installed
    before, start = os.times(), time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return wall, cpu
