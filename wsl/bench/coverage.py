"""Coverage: how often intervals contain the population's true figure, log and selected rows drawn anew."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import fmean, median, stdev

import numpy as np

from wsl.bench.cases import CASES, scenario, session
from wsl.bench.options import count, counts
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, figure, percent
from wsl.examples import cdn

FIGURES = ("MEAN(rt)", "P95(rt)")
SIDES = ("effect", "level")
TRUTH_SEED = (1 << 40) - 3
LEAST = 0.90
Say = Callable[[str], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=count, default=400, metavar="N", help="logs (default: 400)")
    parser.add_argument("--first-seed", type=count, default=10_000, metavar="N", help="default: 10000")
    parser.add_argument("--rows", type=counts, default=[10_000], metavar="N,N", help="sizes (default: 10000)")
    parser.add_argument("--reference", type=count, default=4_000_000, help=argparse.SUPPRESS)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; what a results file holds already is not measured again."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    results = Results(options.results)
    for rows in options.rows:
        for seed in seeds:
            if (rows, seed, "intervals") not in results.records:
                say(f"coverage: {rows:,} rows, seed {seed}")
                results.add({"rows": rows, "seed": seed, "method": "intervals", "answers": _ask(rows, seed)})
    return {
        "benchmark": "coverage",
        "sizes": [
            {
                "rows": rows,
                "seeds": [seeds.start, seeds.stop - 1],
                "cells": _cells(
                    [results.records[rows, seed, "intervals"] for seed in seeds], options.reference
                ),
            }
            for rows in options.rows
        ],
    }


def _ask(rows: int, seed: int) -> Record:
    """Every case's figures on one log: values and intervals of effect and level."""
    asked = session(cdn.generate(rows, seed))
    answers: Record = {}
    for case in CASES:
        found = scenario(asked, f"{case.program}ESTIMATE {', '.join(FIGURES)}\n")
        answers[case.name] = {
            name: {
                "effect": [estimate.difference, *(estimate.difference_interval or (np.nan, np.nan))],
                "level": [estimate.scenario, *(estimate.interval or (np.nan, np.nan))],
            }
            for name in FIGURES
            for estimate in (found.estimate(name),)
        }
    return answers


@cache
def _truth(case: int, rows: int) -> dict[str, dict[str, float]]:
    """The population's figures of a case."""
    truth = CASES[case].truth(rows, TRUTH_SEED)
    before, after = truth.factual["rt"], truth.scenario["rt"]
    level = {"MEAN(rt)": float(after.mean()), "P95(rt)": float(np.quantile(after, 0.95))}
    baseline = {"MEAN(rt)": float(before.mean()), "P95(rt)": float(np.quantile(before, 0.95))}
    return {name: {"effect": level[name] - baseline[name], "level": level[name]} for name in FIGURES}


def _cells(records: list[Record], reference: int) -> list[Record]:
    """Coverage of each case, figure and side, and the half-width beside the true standard deviation."""
    cells = []
    for place, case in enumerate(CASES):
        for name in FIGURES:
            for side in SIDES:
                truth = _truth(place, reference)[name][side]
                found = [record["answers"][case.name][name][side] for record in records]
                values = [value for value, _, _ in found]
                cells.append(
                    {
                        "case": case.name,
                        "figure": name,
                        "side": side,
                        "truth": truth,
                        "coverage": fmean(low <= truth <= high for _, low, high in found),
                        "half_width": median((high - low) / 2 for _, low, high in found),
                        "deviation": stdev(values),
                        "bias": fmean(values) - truth,
                    }
                )
    return cells


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    found = []
    for size in document["sizes"]:
        cells = size["cells"]
        first, last = size["seeds"]
        mean = fmean(cell["coverage"] for cell in cells)
        found.append(
            Table(
                f"Share of intervals that contain the truth, {size['rows']:,} rows, seeds {first} to {last}",
                ["scenario", "figure", "of", "coverage", "half-width / deviation", "deviation", "bias"],
                [
                    [
                        cell["case"],
                        cell["figure"],
                        cell["side"],
                        percent(cell["coverage"], 1),
                        figure(cell["half_width"] / cell["deviation"]),
                        figure(cell["deviation"]),
                        figure(cell["bias"]),
                    ]
                    for cell in cells
                ],
                f"Mean over the cells: {percent(mean, 1)} (aim: 93 to 98 %). Aim for each: at least "
                f"{percent(LEAST, 0)}, and a median half-width of at most 3 standard deviations.",
            )
        )
    return found
