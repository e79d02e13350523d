"""Speed: CPU time of one thread for each step of a scenario, and its peak memory, at growing sizes."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import pyarrow.parquet
from wsl_runtime import (
    Key,
    Options,
    Series,
    TileIndex,
    build_index,
    estimate,
    groups_of,
    limits,
    redraw,
    set_threads,
    variable_hash,
)

from wsl.bench.cases import Array, Case, scenario, session
from wsl.bench.options import count, counts
from wsl.bench.tables import Table, figure, millions, percent
from wsl.data import open_source
from wsl.examples import cdn
from wsl.examples.writing import table

AIMS = {"index": 10e6, "redraw, random": 30e6, "paper's estimator": 4e6, "one estimator": 0.5e6}
MEMORY_AIM = 3e9
PEER_AIMS = {"choose models": None, "index and fit": 50, "redraws and estimate": 3, "whole scenario": 3}
PEER_ROWS = 100_000
CHUNK = 1_000_000
MECHANISMS = [m for m in cdn.MODEL.mechanisms.values() if m.parents]
CHANGED = cdn.MODEL.descendants(["fe"]) - {"rt"}
FRONT_END = Case("front end", None, "INTERVENE SET fe = twn", "fe", lambda fe: "twn")

Record = dict[str, Any]
Say = Callable[[str], None]
T = TypeVar("T")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rows",
        type=counts,
        default=[100_000, 1_000_000, 10_000_000],
        metavar="N,N",
        help="sizes of logs (default: 100000,1000000,10000000)",
    )
    parser.add_argument(
        "--peers", action="store_true", help="time DoWhy-GCM on the same 100,000 rows as well"
    )
    parser.add_argument("--peer-rows", type=count, default=PEER_ROWS, help=argparse.SUPPRESS)


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; every part runs in a process of its own, one after the other."""
    document: Record = {"benchmark": "speed", "sizes": [], "memory": []}
    say("speed: limits of this machine")
    document["limits"] = _alone(limits.measure)
    with TemporaryDirectory() as folder:
        for rows in options.rows:
            say(f"speed: {rows:,} rows")
            log = Path(folder) / f"{rows}.parquet"
            _alone(write, log, rows)
            document["sizes"].append({"rows": rows, "steps": _alone(steps, log)})
            document["memory"].append({"rows": rows, **_alone(whole_scenario, log)})
            log.unlink()
    if options.peers:
        say(f"speed: DoWhy-GCM, {options.peer_rows:,} rows")
        document["peers"] = {"rows": options.peer_rows, **_alone(beside_peers, options.peer_rows)}
    return document


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    found = [_steps_table(document), _memory_table(document)]
    if "peers" in document:
        found.append(_peers_table(document["peers"]))
    return found


def _alone(work: Callable[..., T], *arguments: Any) -> T:
    """What a function returns in a fresh process, so that its memory and warm-up are its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def write(path: Path, rows: int) -> None:
    """Write a log of the CDN as Parquet, a million rows at a time."""
    writer = None
    for seed, start in enumerate(range(0, rows, CHUNK)):
        part = table(cdn.generate(min(CHUNK, rows - start), seed))
        writer = writer or pyarrow.parquet.ParquetWriter(path, part.schema)
        writer.write_table(part)
    if writer is not None:
        writer.close()


def cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of this process, the least of a few runs."""
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return float(best)


class Steps:
    """The steps of a scenario on the arrays of a log, each with the runtime alone."""

    def __init__(self, path: Path, rows: int | None = None) -> None:
        dataset = open_source(path, name="cdn")
        dataset.load(cdn.MODEL.mechanisms)
        self.series = {
            name: Series(column.values[:rows], column.kind.value, len(column.categories))
            for name in cdn.MODEL.mechanisms
            for column in [dataset.column(name)]
        }
        self.row_ids = dataset.row_ids[:rows]
        self.groups = groups_of(self.row_ids)
        self.indexes: dict[str, TileIndex] = {}

    def index(self) -> None:
        """Index every mechanism."""
        self.groups = groups_of(self.row_ids)
        for mechanism in MECHANISMS:
            parents = [self.series[parent] for parent in mechanism.parents]
            self.indexes[mechanism.name] = build_index(
                [self.series[mechanism.name]], parents, self.row_ids, self.groups, Options()
            )

    def learn(self) -> None:
        """Index every mechanism, and fit the target's: a first estimate does."""
        self.index()
        self.estimate("distribution")

    def redraw(self, mode: Any) -> None:
        """Redraw what follows from a front end, at the recorded causes."""
        for name in CHANGED:
            drawn = redraw(
                self.indexes[name], self._parents(name), self.row_ids, self.groups, _key(name), None, mode
            )
            self.series[name].values[drawn.donor]

    def estimate(self, estimator: Any) -> None:
        """Estimate the target at the recorded causes."""
        estimate(self.indexes["rt"], self._parents("rt"), self.row_ids, self.groups, _key("rt"), estimator)

    def _parents(self, name: str) -> list[Array]:
        return [self.series[parent].values for parent in cdn.MODEL.mechanisms[name].parents]


def _key(name: str) -> Key:
    return Key(0, variable_hash(name))


def steps(path: Path) -> list[Record]:
    """CPU seconds and items of every step, one thread, after a run on few rows that compiles."""
    set_threads(1)
    small, whole = Steps(path, 5_000), Steps(path)
    rows = len(whole.row_ids)
    repeats = max(2, min(5, 2_000_000 // rows))
    columns = sum(1 + len(mechanism.parents) for mechanism in MECHANISMS)
    work: list[tuple[str, int, Callable[[Steps], None]]] = [
        ("index", rows * columns, Steps.index),
        ("redraw, random", rows * len(CHANGED), lambda s: s.redraw("random")),
        ("redraw, nearest", rows * len(CHANGED), lambda s: s.redraw("nearest")),
        ("paper's estimator", rows, lambda s: s.estimate("paper")),
        ("one estimator", rows, lambda s: s.estimate("distribution")),
        ("fit", rows, Steps.learn),
    ]
    seconds = {}
    for name, _, step in work:
        step(small)
        seconds[name] = cpu_seconds(partial(step, whole), repeats)
    seconds["fit"] = max(1e-9, seconds["fit"] - seconds["index"] - seconds["one estimator"])
    return [
        {"step": name, "items": items, "cpu_seconds": seconds[name], "rate": items / seconds[name]}
        for name, items, _ in work
    ]


def whole_scenario(path: Path) -> Record:
    """CPU seconds of a scenario that changes every request, with reading, and the process's peak memory."""
    start = time.process_time()
    scenario(session(path, threads=1), f"{FRONT_END.program}ESTIMATE\n")
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu_seconds": seconds, "peak_bytes": peak * (1 if sys.platform == "darwin" else 1024)}


def beside_peers(rows: int) -> Record:
    """CPU seconds of learning all mechanisms and of a scenario, here and with DoWhy-GCM."""
    from wsl.bench.peers import DoWhy

    threadpoolctl = import_module("threadpoolctl")  # scikit-learn has it, and DoWhy has scikit-learn
    log = cdn.generate(rows, 1000)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        pyarrow.parquet.write_table(table(log), path)
        learned = {s["step"]: s["cpu_seconds"] for s in steps(path)}
    asked = session(log, threads=1)
    program = f"{FRONT_END.program}ESTIMATE MEAN(rt), CDF(rt)\n"
    scenario(asked, program)
    with threadpoolctl.threadpool_limits(1):
        peer = DoWhy(log, 0)
        choice = cpu_seconds(peer.choose, 1)
        fit = cpu_seconds(peer.fit, 3)  # the best of a few runs, as for ours
        drawn = cpu_seconds(lambda: peer.samples(FRONT_END, peer.rows, FRONT_END.change), 3)
    alone = learned["redraw, nearest"] + learned["one estimator"]
    return {
        "choose models": {"wsl": None, "dowhy": choice},
        "index and fit": {"wsl": learned["index"] + learned["fit"], "dowhy": fit},
        "redraws and estimate": {"wsl": alone, "dowhy": drawn},
        "whole scenario": {"wsl": cpu_seconds(lambda: scenario(asked, program), 3), "dowhy": drawn},
    }


def bounds(found: Record) -> dict[str, float]:
    """What this machine's limits would allow a step, in its items per second."""
    columns = np.mean([1 + len(mechanism.parents) for mechanism in MECHANISMS])
    parents = np.mean([len(cdn.MODEL.mechanisms[name].parents) for name in CHANGED])
    drawn = 1 / (4 / found["random_words"] + (parents + 2) / found["gather_cache"])
    kernel = found["exponentials"] / Options().nmax
    return {
        "index": float(columns * found["counting_sort"]),
        "redraw, random": float(drawn),
        "redraw, nearest": float(drawn),
        "paper's estimator": kernel,
        "one estimator": kernel,
    }


def _steps_table(document: Record) -> Table:
    limit = bounds(document["limits"])
    rates = {
        name: [s["rate"] for size in document["sizes"] for s in size["steps"] if s["step"] == name]
        for name in _ITEMS
    }
    return Table(
        "Speed of one thread, per CPU second",
        ["step", *(f"{size['rows']:,} rows" for size in document["sizes"]), "aim", "limit", "of the limit"],
        [
            [
                f"{name} ({items})",
                *map(millions, rates[name]),
                millions(AIMS.get(name)),
                millions(limit.get(name)),
                percent(rates[name][-1] / limit[name], 0) if name in limit else "",
            ]
            for name, items in _ITEMS.items()
        ],
        "Limits, measured in the same run: one counting sort a mechanism; one Philox block and a gather from "
        "cache for each parent, the donor's group and its row; 50 exponentials a row.",
    )


_ITEMS = {
    "index": "row-columns",
    "fit": "rows, the target",
    "redraw, random": "rows a variable",
    "redraw, nearest": "rows a variable",
    "paper's estimator": "rows",
    "one estimator": "rows",
}


def _memory_table(document: Record) -> Table:
    return Table(
        "A whole scenario from a Parquet file, in a fresh process",
        ["rows", "CPU s", "peak memory"],
        [
            [f"{m['rows']:,}", figure(m["cpu_seconds"]), f"{m['peak_bytes'] / 1e9:.2f} GB"]
            for m in document["memory"]
        ],
        f"All requests to another front end, default report. Aim at 10,000,000 rows: less than "
        f"{MEMORY_AIM / 1e9:.0f} GB.",
    )


def _peers_table(found: Record) -> Table:
    return Table(
        f"Beside DoWhy-GCM, {found['rows']:,} rows, CPU seconds",
        ["", "WSL", "DoWhy-GCM", "times faster", "aim"],
        [
            [
                name,
                figure(found[name]["wsl"]),
                figure(found[name]["dowhy"]),
                figure(aim and found[name]["dowhy"] / found[name]["wsl"], 1),
                figure(aim, 0),
            ]
            for name, aim in PEER_AIMS.items()
        ],
        "A whole scenario has intervals, support, transport and a second answer; DoWhy-GCM's has samples.",
    )
