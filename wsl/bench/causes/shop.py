"""An online shop whose cache is slow, with DoWhy-GCM's attribution of the same row beside ours."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median

import numpy as np

from wsl.bench.causes.asking import METHODS, Columns, blocks, explanations, first, session, shown, statement
from wsl.bench.results import Record
from wsl.bench.tables import Table, figure, percent
from wsl.examples.structural import Array

TARGET, CAUSE = "Website", "Caching Service"
EDGES = (
    ("www", "Website"),
    ("Auth Service", "www"),
    ("API", "www"),
    ("Customer DB", "Auth Service"),
    ("Customer DB", "API"),
    ("Product Service", "API"),
    ("Auth Service", "API"),
    ("Order Service", "API"),
    ("Shipping Cost Service", "Product Service"),
    ("Caching Service", "Product Service"),
    ("Product DB", "Caching Service"),
    ("Customer DB", "Product Service"),
    ("Order DB", "Order Service"),
)
AIMS = {"COUNTERFACTUAL": 100, "SMOOTH_TRAVERSAL": 1000}  # times faster than the peer
DRAWS = 100  # of the thousand slow rows
Say = Callable[[str], None]


def measure(options: argparse.Namespace, say: Say) -> Record:
    """One slow row in full, some others for how often the cache is first, and CPU times."""
    folder = options.data / "microservice"
    normal, one, many = (
        read(folder / name)
        for name in ("normal_10000.csv", "anomaly_1.csv", "anomaly_caching_plus2_1000.csv")
    )
    say("causes: shop, one row")
    rows = len(normal[TARGET])
    program = statement(TARGET, rows, METHODS)
    found = explanations(session(normal, one, dot(), TARGET), program)
    methods: Record = {
        each.method: {"first": [cause.variable for cause in blocks(each)[0]], "chance": first(each, CAUSE)}
        for each in found
    }
    draws = min(options.draws or DRAWS, len(many[TARGET]))
    chances: dict[str, list[float]] = {method: [] for method in METHODS}
    listed: dict[str, list[float]] = {method: [] for method in METHODS}
    asked = session(normal, many, dot(), TARGET)
    for place in range(draws):
        if place % 10 == 0:
            say(f"causes: shop, slow row {place}")
        for each in explanations(asked, statement(TARGET, rows, METHODS, rows + place)):
            chances[each.method].append(first(each, CAUSE))
            listed[each.method].append(shown(each, CAUSE, 1))
    for method in METHODS:
        methods[method]["rate"] = float(np.mean(chances[method]))
        methods[method]["listed"] = float(np.mean(listed[method]))
    document: Record = {"rows": rows, "draws": draws, "methods": methods}
    say("causes: shop, CPU time")
    return document | {"speed": speed(normal, one, options.repeats, options.peers)}


def read(path: Path) -> dict[str, Array]:
    """Latencies in seconds, by service."""
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        values = np.loadtxt(file, delimiter=",", ndmin=2)
    return dict(zip(names, values.T, strict=True))


def dot() -> str:
    """The graph of causes: the calls the other way round."""
    return "digraph { " + "".join(f'"{cause}" -> "{effect}"; ' for cause, effect in EDGES) + "}"


def speed(normal: Columns, one: Columns, repeats: int, peers: bool) -> Record:
    """CPU seconds of explaining one row, warm: the median of some runs, ours with reading the program."""
    asked = session(normal, one, dot(), TARGET)
    seconds: Record = {}
    for method in AIMS:
        program = statement(TARGET, len(normal[TARGET]), [method])
        explanations(asked, program)
        seconds[method] = _median_seconds(partial(explanations, asked, program), repeats)
    if peers:
        from wsl.bench.peers import Attribution

        threadpoolctl = import_module("threadpoolctl")  # scikit-learn has it, and DoWhy has scikit-learn
        with threadpoolctl.threadpool_limits(1):
            peer = Attribution(normal, EDGES)
            peer.attribute(one, TARGET)
            seconds["dowhy"] = _median_seconds(partial(peer.attribute, one, TARGET), repeats)
    return seconds


def _median_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of this process, the median of some runs."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return median(seconds)


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    methods, seconds = document["methods"], document["speed"]
    peer = seconds.get("dowhy")
    return [
        Table(
            f"An online shop whose cache is slow: is it first? {document['rows']:,} normal rows",
            ["method", "first of the one row", "first of the slow rows", "first as listed"],
            [
                [name, ", ".join(m["first"]), percent(m["rate"], 0), percent(m["listed"], 0)]
                for name, m in methods.items()
            ],
            f"{document['draws']} slow rows, each explained by itself; of causes that tie each is first with "
            "the same chance, or the one that the report lists first.",
        ),
        Table(
            "CPU seconds of explaining one row, beside DoWhy-GCM",
            ["", "WSL", "DoWhy-GCM", "times faster", "aim"],
            [
                [
                    method,
                    figure(seconds[method], 4),
                    figure(peer),
                    figure(peer and peer / seconds[method], 0),
                    f"{aim:,}",
                ]
                for method, aim in AIMS.items()
            ],
            "Warm, medians of some runs of one thread. Ours is the whole statement; DoWhy-GCM's is "
            "attribute_anomalies alone, its models fitted before.",
        ),
    ]
