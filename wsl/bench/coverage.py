"""Coverage: how often intervals contain the population's true figure, log and selected rows drawn anew."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from statistics import fmean, median, stdev

import numpy as np

from wsl.bench.cases import CASES, MESH, Case, Log, repeated, scenario, session
from wsl.bench.options import count, counts
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, figure, percent
from wsl.examples import cdn, mesh

SIDES = ("effect", "level")
TRUTH_SEED = (1 << 40) - 3
LEAST = 0.90
Say = Callable[[str], None]


@dataclass(frozen=True)
class Subject:
    """A kind of log, the questions asked of it, and the options of USE under which, each by a name."""

    words: str
    generate: Callable[[int, int], Log]
    cases: Sequence[Case]
    options: Mapping[str, str]

    @property
    def figures(self) -> list[str]:
        return [f"{kind}({self.cases[0].model.target})" for kind in ("MEAN", "P95")]


SUBJECTS = {
    "cdn": Subject("", cdn.generate, CASES, {"intervals": ""}),
    "mesh": Subject("service mesh, ", mesh.generate, MESH, {"mesh": ""}),
    "repeated": Subject(
        "five near-duplicates a request, ",
        repeated,
        CASES,
        {"rows alone": "", "cluster": "WITH (cluster = request)"},
    ),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log",
        dest="subject",
        choices=SUBJECTS,
        default="cdn",
        help="a CDN, a service mesh, or a CDN with near-duplicates (default: cdn)",
    )
    parser.add_argument(
        "--seeds",
        type=counts,
        default=[400],
        metavar="N,N",
        help="logs of each size; the last number serves for all sizes that follow (default: 400)",
    )
    parser.add_argument("--first-seed", type=count, default=10_000, metavar="N", help="default: 10000")
    parser.add_argument("--rows", type=counts, default=[10_000], metavar="N,N", help="sizes (default: 10000)")
    parser.add_argument("--reference", type=count, default=4_000_000, help=argparse.SUPPRESS)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; what a results file holds already is not measured again."""
    subject = SUBJECTS[options.subject]
    numbers = chain(options.seeds, repeat(options.seeds[-1]))
    sizes = {
        rows: range(options.first_seed, options.first_seed + number)
        for rows, number in zip(options.rows, numbers, strict=False)
    }
    results = Results(options.results)
    for rows, seeds in sizes.items():
        for seed in seeds:
            for method in subject.options:
                if (rows, seed, method) not in results.records:
                    say(f"coverage: {rows:,} rows, seed {seed}, {method}")
                    answers = _ask(subject, method, rows, seed)
                    results.add({"rows": rows, "seed": seed, "method": method, "answers": answers})
    return {
        "benchmark": "coverage",
        "log": options.subject,
        "sizes": [
            {
                "rows": rows,
                "seeds": [seeds.start, seeds.stop - 1],
                "methods": {
                    method: _cells(
                        subject, [results.records[rows, seed, method] for seed in seeds], options.reference
                    )
                    for method in subject.options
                },
            }
            for rows, seeds in sizes.items()
        ],
    }


def _ask(subject: Subject, method: str, rows: int, seed: int) -> Record:
    """Every case's figures on one log: values and intervals of effect and level."""
    asked = session(subject.generate(rows, seed), model=subject.cases[0].model)
    answers: Record = {}
    for case in subject.cases:
        question = case.under(subject.options[method])
        found = scenario(asked, f"{question}ESTIMATE {', '.join(subject.figures)}\n")
        answers[case.name] = {
            name: {
                "effect": [estimate.difference, *(estimate.difference_interval or (np.nan, np.nan))],
                "level": [estimate.scenario, *(estimate.interval or (np.nan, np.nan))],
            }
            for name in subject.figures
            for estimate in (found.estimate(name),)
        }
    return answers


@cache
def _truth(case: Case, rows: int) -> list[dict[str, float]]:
    """The population's mean and 95th percentile of a case."""
    truth = case.truth(rows, TRUTH_SEED)
    before, after = truth.factual[case.model.target], truth.scenario[case.model.target]
    figures = [(float(values.mean()), float(np.quantile(values, 0.95))) for values in (before, after)]
    return [{"effect": new - old, "level": new} for old, new in zip(*figures, strict=True)]


def _cells(subject: Subject, records: list[Record], reference: int) -> list[Record]:
    """Coverage of each case, figure and side, and the half-width beside the true standard deviation."""
    cells = []
    for case in subject.cases:
        for name, truths in zip(subject.figures, _truth(case, reference), strict=True):
            for side in SIDES:
                truth = truths[side]
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
    return [_table(SUBJECTS[document["log"]], size) for size in document["sizes"]]


def _table(subject: Subject, size: Record) -> Table:
    """Coverage and width of every cell; where a log is asked in several ways, side by side."""
    first, last = size["seeds"]
    methods = size["methods"]
    means = [
        percent(fmean(cell["coverage"] for cell in cells), 1)
        + (f" with {method}" if len(methods) > 1 else "")
        for method, cells in methods.items()
    ]
    heads = ["coverage", "half-width / deviation", "deviation", "bias"]
    return Table(
        f"Share of intervals that contain the truth, {subject.words}{size['rows']:,} rows, "
        f"seeds {first} to {last}",
        ["scenario", "figure", "of"]
        + [f"{head}, {method}" if len(methods) > 1 else head for head in heads for method in methods],
        [
            [cells[0]["case"], cells[0]["figure"], cells[0]["side"]]
            + [shown for column in zip(*map(_shown, cells), strict=True) for shown in column]
            for cells in zip(*methods.values(), strict=True)
        ],
        f"Mean over the cells: {', '.join(means)} (aim: 93 to 98 %). Aim for each: at least "
        f"{percent(LEAST, 0)}, and a median half-width of at most 3 standard deviations.",
    )


def _shown(cell: Record) -> list[str]:
    return [
        percent(cell["coverage"], 1),
        figure(cell["half_width"] / cell["deviation"]),
        figure(cell["deviation"]),
        figure(cell["bias"]),
    ]
