"""Throughput: scores of many rows against a normal regime, beside the same in NumPy and scikit-learn."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from wsl_runtime import reference, set_threads

from wsl.bench.results import Record
from wsl.bench.speed import cpu_seconds
from wsl.bench.tables import Table, figure, millions
from wsl.examples.structural import Array

ROWS, VARIABLES, NORMAL = 1_000_000, 50, 10_000
FEW = 1000  # rows of a run that compiles
Say = Callable[[str], None]
Score = Callable[[Array], Array]


def measure(options: argparse.Namespace, say: Say) -> Record:
    """Rows per CPU second of one thread; a variable at a time, so that memory does not limit it."""
    set_threads(1)
    normal = _column(0, NORMAL)
    scorers: dict[str, Score] = {"WSL": reference(normal).score, "NumPy": numpy_scores(normal)}
    if find_spec("sklearn") is not None:
        scorers["scikit-learn"] = sklearn_scores(normal)
    seconds = dict.fromkeys(scorers, 0.0)
    largest = 0.0
    for variable in range(1, 1 + VARIABLES):
        if variable % 10 == 1:
            say(f"causes: throughput, variable {variable}")
        values = _column(variable, options.score_rows)
        for name, score in scorers.items():
            score(values[:FEW])
            seconds[name] += cpu_seconds(partial(score, values), 1)
        apart = np.abs(scorers["WSL"](values[:FEW]) - scorers["NumPy"](values[:FEW]))
        largest = max(largest, float(apart.max()))
    return {
        "rows": options.score_rows,
        "variables": VARIABLES,
        "normal": NORMAL,
        "difference": largest,
        "seconds": seconds,
    }


def _column(variable: int, rows: int) -> Array:
    return np.random.Generator(np.random.Philox(variable)).standard_normal(rows)


def numpy_scores(normal: Array) -> Score:
    """-log of the two-sided tail probability by ranks, for values without ties."""
    ordered, count = np.sort(normal), len(normal)

    def score(values: Array) -> Array:
        below = np.searchsorted(ordered, values)
        further = 2 * np.minimum(below, count - below)
        return np.asarray(-np.log((1 + further) / (1 + count)))

    return score


def sklearn_scores(normal: Array) -> Score:
    """The same by scikit-learn's quantiles: 1,000 of them, between which it interpolates."""
    from importlib import import_module

    preprocessing: Any = import_module("sklearn.preprocessing")
    quantiles = preprocessing.QuantileTransformer(n_quantiles=1000, subsample=None).fit(normal[:, None])

    def score(values: Array) -> Array:
        share = quantiles.transform(values[:, None])[:, 0]
        tail = 2 * np.minimum(share, 1 - share)
        return np.asarray(-np.log((1 + len(normal) * tail) / (1 + len(normal))))

    return score


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    seconds = document["seconds"]
    rows, ours = document["rows"], seconds["WSL"]
    return [
        Table(
            f"Scores of {rows:,} rows of {document['variables']} variables against "
            f"{document['normal']:,} normal ones, one thread",
            ["", "CPU s", "rows per CPU second", "values per CPU second", "times ours"],
            [
                [
                    name,
                    figure(its),
                    millions(rows / its),
                    millions(rows * document["variables"] / its),
                    figure(its / ours, 1),
                ]
                for name, its in seconds.items()
            ],
            "NumPy's are by twice the smaller tail, ours by exact ranks; scikit-learn's QuantileTransformer "
            "interpolates between 1,000 quantiles.",
        )
    ]
