"""PetShop: injected faults of a real micro-service system, by the paper's protocol and as asked by default.

Data: Hardt et al., "The PetShop Dataset" (2023, arXiv:2311.04806). The figures printed beside ours are from
Orchard et al., "Root Cause Analysis of Outliers with Missing Structural Knowledge" (2024).
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import networkx as nx
import numpy as np

from wsl.bench.causes.asking import Columns, expected, explanations, session, shown, statement, within
from wsl.bench.results import Record
from wsl.bench.tables import Table, figure
from wsl.examples.structural import Array
from wsl.results import Explanation

METHODS = {
    "TRAVERSAL": "TRAVERSAL",
    "SCORE_ORDERING": "SCORE_ORDERING",
    "SMOOTH_TRAVERSAL, least": "SMOOTH_TRAVERSAL(parent = least)",
    "SMOOTH_TRAVERSAL": "SMOOTH_TRAVERSAL",
}
THIRD = 2  # of the five rows of an issue, as the paper's protocol has it
PAPER = "paper's protocol"
PROTOCOLS = {PAPER: "WITH (protocol = paper)", "third row": "", "window": ""}
METRICS = ("latency", "availability")
COUNTS = (1, 3)
PRINTED = {  # by method, and how ties count: latency / availability for top 1, then for top 3
    "TRAVERSAL": {"hit": (0.14, 0.42, 0.14, 0.50), "random": (0.02, 0.06, 0.02, 0.10)},
    "SCORE_ORDERING": {"hit": (1.00, 0.75, 1.00, 1.00), "random": (0.10, 0.10, 0.10, 0.31)},
    "SMOOTH_TRAVERSAL, least": {"hit": (0.14, 0.75, 0.86, 1.00), "random": (0.02, 0.10, 0.73, 0.31)},
}
HEADER = 4  # lines: service, metric, statistic, and the index's name
TIES: dict[str, Callable[[Explanation, str, int], float]] = {
    "hit": within,
    "random": expected,
    "shown": shown,
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Issue:
    """Five rows of a fault, with the metric in which it was noticed, and where it was injected."""

    name: str
    target: str
    metric: str
    cause: str
    rows: Columns


def measure(options: argparse.Namespace, say: Say) -> Record:
    """Every issue, asked of every method in every way."""
    folder = options.data / "petshop" / "low_traffic"
    graph = causes_of(folder / "graph.csv")
    normal = {metric: read(folder / "noissue" / "metrics.csv", metric) for metric in METRICS}
    answers = []
    for issue in issues(folder):
        say(f"causes: petshop {issue.name}")
        found = {way: ask(way, normal[issue.metric], issue, graph) for way in PROTOCOLS}
        answers.append({"issue": issue.name, "metric": issue.metric, "found": found})
    return {"issues": answers, "rows": len(next(iter(normal["latency"].values())))}


def causes_of(path: Path) -> nx.DiGraph[str]:
    """The graph of causes: a cell of the file is a call from its row to its column, and causes run back."""
    with path.open(encoding="utf-8", newline="") as file:
        (_, *called), *lines = csv.reader(file)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(called)
    graph.add_edges_from(
        (name, caller)
        for caller, *cells in lines
        for name, cell in zip(called, cells, strict=True)
        if float(cell or 0)
    )
    return graph


def read(path: Path, metric: str, statistic: str = "Average") -> dict[str, Array]:
    """A metric of all services, NaN where it is missing."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    services, metrics, statistics = lines[: HEADER - 1]
    return {
        service: np.array([float(line[place] or "nan") for line in lines[HEADER:]])
        for place, service in enumerate(services)
        if (metrics[place], statistics[place]) == (metric, statistic)
    }


def issues(folder: Path) -> list[Issue]:
    """All issues, those of both parts of the data."""
    found = []
    for path in sorted([*folder.glob("train/issue_*"), *folder.glob("test/issue_*")]):
        facts = json.loads((path / "target.json").read_text("utf-8"))
        target, cause = facts["target"], facts["root_cause"]["node"]
        rows = read(path / "metrics.csv", target["metric"])
        name = f"{path.parent.name}/{path.name}"
        found.append(Issue(name, target["node"], target["metric"], cause, rows))
    return found


def ask(way: str, normal: Columns, issue: Issue, graph: nx.DiGraph[str]) -> Record:
    """Whether the true cause is in the first blocks, by method."""
    asked = session(normal, issue.rows, graph, issue.target)
    rows = len(normal[issue.target])
    moment = rows + THIRD if way == "third row" else None
    answers = {}
    for method, using in METHODS.items():
        program = statement(issue.target, rows, [using], moment, PROTOCOLS[way])
        (found,) = explanations(asked, program)
        answers[method] = {
            tie: [float(judge(found, issue.cause, count)) for count in COUNTS] for tie, judge in TIES.items()
        }
    return answers


def rates(answers: Sequence[Record], way: str, method: str, tie: str) -> list[float]:
    """Latency and availability for the first block, then for the first three."""
    return [
        fmean([a["found"][way][method][tie][place] for a in answers if a["metric"] == metric])
        for place in range(len(COUNTS))
        for metric in METRICS
    ]


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    return [_table(tie, words, document["issues"]) for tie, words in _WORDS.items()]


_WORDS = {
    "hit": "ties count as a hit",
    "random": "one of each block of ties at random",
    "shown": "in the order shown",
}


def _table(tie: str, words: str, answers: Sequence[Record]) -> Table:
    rows = [
        [f"{method}, {way}", *_shown(rates(answers, way, method, tie), PRINTED.get(method), way, tie)]
        for way in PROTOCOLS
        for method in METHODS
    ]
    heads = [f"top {count}, {metric}" for count in COUNTS for metric in METRICS]
    number = {metric: sum(a["metric"] == metric for a in answers) for metric in METRICS}
    return Table(
        f"PetShop, low traffic: how often the true cause is among the first, {words}",
        ["", *heads],
        rows,
        f"{number['latency']} issues of latency, {number['availability']} of availability. In brackets what "
        "the paper prints. By its protocol the third of an issue's five rows is explained, and gaps are "
        "filled with means; by default only what was observed is scored, in that row or in all five.",
    )


def _shown(
    found: Sequence[float], printed: Mapping[str, Sequence[float]] | None, way: str, tie: str
) -> list[str]:
    if way != PAPER or printed is None or tie not in printed:
        return [figure(rate) for rate in found]
    return [f"{rate:.2f} ({there:.2f})" for rate, there in zip(found, printed[tie], strict=True)]
