"""Causes: how well EXPLAIN finds root causes that are known, how it errs where there is none, how fast."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from wsl.bench.options import count, counts, folder
from wsl.bench.results import Record
from wsl.bench.tables import Table
from wsl.tools.common import UsageError

STUDIES = {
    "synthetic": "random systems with a known cause, by every method, and CPU time by size",
    "null": "p-values where nothing is wrong",
    "petshop": "faults of a real micro-service system, beside the paper's figures",
    "shop": "an online shop whose cache is slow, beside DoWhy-GCM",
    "throughput": "scores of many rows, beside NumPy and scikit-learn",
}
REAL = ("petshop", "shop")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--study",
        dest="subject",
        choices=STUDIES,
        default="synthetic",
        help="; ".join(f"{name}: {words}" for name, words in STUDIES.items()) + " (default: synthetic)",
    )
    parser.add_argument(
        "--draws", type=count, metavar="N", help="default: 500 of synthetic, 10000 of null, 100 of shop"
    )
    parser.add_argument("--first-seed", type=count, default=40_000, metavar="N", help="default: 40000")
    parser.add_argument(
        "--nodes", type=count, default=50, metavar="N", help="of a random system (default: 50)"
    )
    parser.add_argument(
        "--rows", type=count, default=1000, metavar="N", help="normal ones of it (default: 1000)"
    )
    parser.add_argument(
        "--sizes",
        type=counts,
        default=[20, 50, 100, 200],
        metavar="N,N",
        help="of random systems that are timed (default: 20,50,100,200)",
    )
    parser.add_argument("--repeats", type=count, default=5, metavar="N", help="timed runs (default: 5)")
    parser.add_argument("--score-rows", type=count, default=1_000_000, help=argparse.SUPPRESS)
    parser.add_argument(
        "--data",
        type=folder,
        default=os.environ.get("WSL_DATA"),
        metavar="DIR",
        help="folder of the real data sets, for petshop and shop (default: WSL_DATA)",
    )
    parser.add_argument("--peers", action="store_true", help="ask DoWhy-GCM as well, in shop")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> Record:
    """The benchmark's document, of the study chosen."""
    if options.subject in REAL and options.data is None:
        raise UsageError(f"--study {options.subject} needs the real data sets: --data DIR, or WSL_DATA")
    study = import_module(f"wsl.bench.causes.{options.subject}")
    return {"benchmark": "causes", "study": options.subject, **study.measure(options, say)}


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    found: list[Table] = import_module(f"wsl.bench.causes.{document['study']}").tables(document)
    return found
