"""Measured: a real service mesh asked what another setting would do, beside what was measured there.

The test bed was driven over a grid of settings, five times each. A cell is a setting of all knobs but the one
that is changed. Half of the cells are learned from; of the others the log has the recorded setting alone, and
what was measured there at the other setting is the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.bench.cases import scenario
from wsl.bench.options import count, file
from wsl.bench.results import Record
from wsl.bench.tables import Table, figure, percent
from wsl.results import Scenario
from wsl.session import Session

KNOBS = ("expected_l1", "p11", "b1", "c1")
COLUMNS = (*KNOBS, "l1", "cl1", "d1")
TIME_OUT = 2.0  # s
GRAPH = """GRAPH {
  expected_l1 -> l1
  l1, b1, c1 -> cl1
  cl1, p11, c1 -> d1
} TARGET d1
"""
CHANGES = (("c1", 1, 5), ("p11", 0.8, 0.2), ("p11", 0.2, 0.8))
METHODS = {"cluster": " WITH (cluster = setting)", "rows alone": ""}
Rows = dict[str, NDArray[Any]]
Say = Callable[[str], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=file, required=True, metavar="FILE", help="CSV of the test bed before its change"
    )
    parser.add_argument("--splits", type=count, default=20, metavar="N", help="ways to halve (default: 20)")


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document: every change, asked of every split, with and without `cluster`."""
    rows = read(options.data)
    changes = []
    for knob, old, new in CHANGES:
        say(f"measured: {knob} from {old:g} to {new:g}")
        splits = [_ask(rows, knob, old, new, split) for split in range(options.splits)]
        changes.append({"knob": knob, "from": old, "to": new, "splits": splits})
    return {"benchmark": "measured", "changes": changes}


def read(path: Path) -> Rows:
    """The test bed's rows; a time-out, or no answer at all, is an outcome: as slow as a time-out."""
    table = np.genfromtxt(path, delimiter=",", names=True)
    rows = {name: table[name] for name in COLUMNS}
    unanswered = (rows["d1"] == 0) & (rows["cl1"] == 0)
    rows["d1"] = np.where(unanswered, TIME_OUT, np.minimum(rows["d1"], TIME_OUT))
    return rows


def _ask(rows: Rows, knob: str, old: float, new: float, split: int) -> Record:
    """What the answers say of the cells that were kept back, and what was measured in them."""
    others = np.column_stack([rows[name] for name in KNOBS if name != knob])
    cells, cell = np.unique(others, axis=0, return_inverse=True)
    halves = np.random.default_rng(split).permutation(len(cells)) % 2 == 0
    asked = halves[cell]
    before, after = (rows["d1"][asked & (rows[knob] == value)] for value in (old, new))
    setting = np.unique(np.column_stack([rows[name] for name in KNOBS]), axis=0, return_inverse=True)[1]
    known = ~asked | (rows[knob] == old)
    log = {name: values[known] for name, values in rows.items()}
    log |= {"half": np.where(asked, "asked", "learned")[known], "setting": setting[known]}
    session = Session(data=log)
    use = f"{GRAPH}USE WHERE half == asked AND {knob} == {old:g} ON UNSUPPORTED FAIL ABOVE 100%"
    ending = f"\nINTERVENE SET {knob} = {new:g}\nESTIMATE MEAN(d1), CDF(d1)\n"
    return {
        "rows": len(before),
        "baseline": float(before.mean()),
        "truth": float(after.mean()),
        **{
            method: _judge(scenario(session, use + options + ending), before, after)
            for method, options in METHODS.items()
        },
    }


def _judge(found: Scenario, before: NDArray[Any], after: NDArray[Any]) -> Record:
    mean, (curve,) = found.estimate("MEAN(d1)"), found.cdfs
    effect = float(after.mean() - before.mean())
    low, high = mean.difference_interval or (np.nan, np.nan)
    true = np.searchsorted(np.sort(after), curve.value, side="right") / len(after)
    return {
        "effect": mean.difference,
        "interval": [low, high],
        "covers": bool(low <= effect <= high),
        "cdf": float(np.abs(curve.scenario - true).max()),
        "baseline_cdf": float(np.abs(curve.baseline - true).max()),
    }


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    splits = len(document["changes"][0]["splits"])
    rows = [
        [f"{change['knob']} from {change['from']:g} to {change['to']:g}", method, *_shown(change, method)]
        for change in document["changes"]
        for method in METHODS
    ]
    return [
        Table(
            f"A real service mesh, other settings beside what was measured: means of {splits} splits, in ms",
            [
                "change",
                "asked as",
                "mean before",
                "true effect",
                "effect",
                "error",
                "half-width",
                "covers",
                "CDF difference",
                "of no change",
            ],
            rows,
            "Error: mean absolute difference of effect and true effect. The splits halve the same cells, so "
            "that their coverages are not independent of each other.",
        )
    ]


def _shown(change: Record, method: str) -> list[str]:
    splits = change["splits"]
    answers = [split[method] for split in splits]
    effects = [split["truth"] - split["baseline"] for split in splits]
    errors = [abs(a["effect"] - effect) for a, effect in zip(answers, effects, strict=True)]
    half_widths = [(a["interval"][1] - a["interval"][0]) / 2 for a in answers]
    milliseconds = [[split["baseline"] for split in splits], effects, [a["effect"] for a in answers]]
    return [
        *(figure(1000 * fmean(values), 0) for values in (*milliseconds, errors, half_widths)),
        percent(fmean(a["covers"] for a in answers), 0),
        *(percent(fmean(a[key] for a in answers), 1) for key in ("cdf", "baseline_cdf")),
    ]
