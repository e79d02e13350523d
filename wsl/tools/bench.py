"""`wslang bench NAME`: the benchmarks that README quotes."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from wsl.diagnostics import WslError
from wsl.report.whole_file import write_whole
from wsl.tools.common import UsageError, show, usage
from wsl.version import __version__

BENCHMARKS = {
    "accuracy": "scenarios on a generated log against their exact truth",
    "causes": "how often EXPLAIN finds a cause that is known, its p-values, and its speed",
    "coverage": "how often intervals contain the truth, over many logs",
    "graphs": "the answers when the graph lacks an edge, and whether they warn of it",
    "measured": "a real service mesh at other settings, beside what was measured there",
    "shares": "how many rows change for the better: coupled ranks and bounds against the truth",
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
    parser.add_argument("--into", type=Path, metavar="FILE", help="put the tables in their place in a page")
    chosen = parser.parse_args(options.rest)
    if getattr(chosen, "peers", False) and find_spec("dowhy") is None:
        return usage(UsageError("--peers needs DoWhy: pip install 'wsl-lang[bench]'"))
    try:
        place = None if chosen.into is None else _place(chosen.into, _section(options.name, parser, chosen))
        document = {"version": __version__, **benchmark.measure(chosen, _say)}
    except UsageError as error:
        return usage(error)
    except WslError as error:
        show(error.diagnostics, [], argparse.Namespace(no_color=True))
        return 3
    tables = "\n\n".join(map(str, benchmark.tables(document)))
    if place is None:
        print(json.dumps(document, indent=2) if chosen.json else tables)
    else:
        before, after = place
        write_whole(chosen.into, f"{before}\n{tables}\n\n{after}".encode())
    return 0


def _section(name: str, parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> str:
    """What a place in a page is called: by the benchmark, and what it measures if not the usual."""
    subject = getattr(chosen, "subject", None)
    return name if subject == parser.get_default("subject") else f"{name} {subject}"


def _place(page: Path, name: str) -> tuple[str, str]:
    """A page before and after a benchmark's tables, with the marks that they lie between."""
    start, end = f"<!-- bench {name} -->\n", "<!-- end -->"
    before, found, rest = (page.read_text("utf-8") if page.is_file() else "").partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise UsageError(f"{page} has no lines {start.strip()} and {end} to put the tables between")
    return before + start, end + after


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
