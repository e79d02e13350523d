"""Shares: how many rows become faster or slower, by coupled ranks and by bounds, against the truth."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from wsl.bench.cases import CASES, Case, session
from wsl.bench.options import count, counts
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, percent
from wsl.diagnostics import WslError
from wsl.examples import cdn
from wsl.report.text import to_text

FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "rt <= 0.9 * BASELINE(rt)": lambda new, old: new <= 0.9 * old,
    "rt > BASELINE(rt)": lambda new, old: new > old,
    "rt > BASELINE(rt) + 50": lambda new, old: new > old + 50,
}
NOISES = {"kept": "every row keeps its noise", "redrawn": "noise is redrawn with the change"}
OTHER_NOISE = 1 << 33  # added to a seed
POINTS, PART = 0.01, 0.1  # aim for an error: a point, and a part of the truth
WORDS = "whatever couples a row's two values"
Say = Callable[[str], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=count, default=5, metavar="N", help="logs of each size (default: 5)")
    parser.add_argument("--first-seed", type=count, default=20_000, metavar="N", help="default: 20000")
    parser.add_argument(
        "--rows", type=counts, default=[10_000, 100_000], metavar="N,N", help="sizes (default: 10000,100000)"
    )
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; what a results file holds already is not measured again."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    results = Results(options.results)
    for rows in options.rows:
        for seed in seeds:
            if (rows, seed, "shares") not in results.records:
                say(f"shares: {rows:,} rows, seed {seed}")
                results.add({"rows": rows, "seed": seed, "method": "shares", "answers": _ask(rows, seed)})
    return {
        "benchmark": "shares",
        "sizes": [
            {
                "rows": rows,
                "seeds": [seeds.start, seeds.stop - 1],
                "noises": {
                    noise: _cells(noise, [results.records[rows, seed, "shares"]["answers"] for seed in seeds])
                    for noise in NOISES
                },
            }
            for rows in options.rows
        ],
    }


def _ask(rows: int, seed: int) -> Record:
    """Every case's shares on one log: coupled, bounds, and the truth of these rows under either noise."""
    asked = session(cdn.generate(rows, seed))
    answers: Record = {}
    for case in CASES:
        result = asked.run(f"{case.program}ESTIMATE {', '.join(f'SHARE({form})' for form in FORMS)}\n")
        if not result.scenarios:
            raise WslError(result.diagnostics)
        estimates = [result.scenarios[0].estimate(f"SHARE({form})") for form in FORMS]
        truth = {
            "kept": _truth(case, rows, seed, None),
            "redrawn": _truth(case, rows, seed, seed + OTHER_NOISE),
        }
        answers[case.name] = {
            form: {
                "coupled": estimate.scenario,
                "bounds": estimate.share_bounds,
                **{noise: shares[form] for noise, shares in truth.items()},
            }
            for form, estimate in zip(FORMS, estimates, strict=True)
        }
        answers[case.name]["warned"] = WORDS in " ".join(to_text(result).split())
    return answers


def _truth(case: Case, rows: int, seed: int, other_noise: int | None) -> dict[str, float]:
    """The shares of the log's own rows that the case is about, in both worlds."""
    where = None if case.region is None else (lambda columns: columns["region"] == case.region)
    truth = case.model.truth(rows, seed, case.update, where, other_noise)
    new, old = truth.scenario["rt"], truth.factual["rt"]
    return {form: float(np.mean(holds(new, old))) for form, holds in FORMS.items()}


def _cells(noise: str, answers: list[Record]) -> list[Record]:
    """Means over the logs for each case and share, and how often an aim is met."""
    cells = []
    for case in CASES:
        for form in FORMS:
            found = [answer[case.name][form] for answer in answers]
            errors = [abs(one["coupled"] - one[noise]) for one in found]
            cells.append(
                {
                    "case": case.name,
                    "share": form,
                    "truth": fmean(one[noise] for one in found),
                    "coupled": fmean(one["coupled"] for one in found),
                    "error": fmean(errors),
                    "within": fmean(
                        error <= POINTS + PART * one[noise] for error, one in zip(errors, found, strict=True)
                    ),
                    "bounds": [fmean(one["bounds"][side] for one in found) for side in (0, 1)],
                    "contained": fmean(one["bounds"][0] <= one[noise] <= one["bounds"][1] for one in found),
                    "warned": fmean(answer[case.name]["warned"] for answer in answers),
                }
            )
    return cells


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    return [
        _table(noise, size, cells) for size in document["sizes"] for noise, cells in size["noises"].items()
    ]


def _table(noise: str, size: Record, cells: list[Record]) -> Table:
    first, last = size["seeds"]
    warned = percent(fmean(cell["warned"] for cell in cells), 0)
    return Table(
        f"Shares against BASELINE where {NOISES[noise]}, {size['rows']:,} rows, seeds {first} to {last}",
        ["scenario", "share", "truth", "coupled", "error", "within the aim", "bounds", "truth within"],
        [
            [
                cell["case"],
                cell["share"],
                percent(cell["truth"]),
                percent(cell["coupled"]),
                percent(cell["error"]),
                percent(cell["within"], 0),
                " to ".join(percent(bound, 1) for bound in cell["bounds"]),
                percent(cell["contained"], 0),
            ]
            for cell in cells
        ],
        "Means over the logs. Aim, where noise is kept: an error of at most one point and a tenth of the "
        "truth. Whatever becomes of the noise, bounds are to contain the truth; of the reports, "
        f'{warned} say so ("{WORDS} ...").',
    )
