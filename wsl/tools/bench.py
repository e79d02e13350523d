"""`wslang bench NAME`: the benchmarks that README quotes."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from importlib.util import find_spec

from wsl.diagnostics import WslError
from wsl.tools.common import UsageError, show, usage
from wsl.version import __version__

BENCHMARKS = {
    "accuracy": "scenarios on a generated log against their exact truth",
    "speed": "CPU time and memory, beside the limits of this machine",
    "start": "how long commands take to start",
}


def run(options: argparse.Namespace) -> int:
    if options.name == "list":
        print("\n".join(f"{name:10} {words}" for name, words in BENCHMARKS.items()))
        return 0
    if options.name not in BENCHMARKS:
        names = ", ".join(BENCHMARKS)
        return usage(UsageError(f"there is no benchmark {options.name}; there are {names}"))
    benchmark = import_module(f"wsl.bench.{options.name}")
    parser = argparse.ArgumentParser(
        prog=f"wslang bench {options.name}", description=BENCHMARKS[options.name].capitalize() + "."
    )
    benchmark.add_options(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON document, not tables")
    chosen = parser.parse_args(options.rest)
    if getattr(chosen, "peers", False) and find_spec("dowhy") is None:
        return usage(UsageError("--peers needs DoWhy: pip install 'wsl-lang[bench]'"))
    try:
        document = {"version": __version__, **benchmark.measure(chosen, _say)}
    except WslError as error:
        show(error.diagnostics, [], argparse.Namespace(no_color=True))
        return 3
    if chosen.json:
        print(json.dumps(document, indent=2))
    else:
        print("\n\n".join(map(str, benchmark.tables(document))))
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
