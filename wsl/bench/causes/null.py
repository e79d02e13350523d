"""P-values where nothing is wrong: a row like all others, and how often its p-value is small."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence

import numpy as np

from wsl.bench.causes.asking import Columns, explanations, session, statement
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, percent
from wsl.examples.structural import Array

DRAWS = 10_000
ROWS = 500
WINDOW = 5
BLOCK = 100  # draws that stand in one record
LEVELS = (0.01, 0.05)
GRAPH = "digraph { a -> b; a -> c; b -> c; }"
TARGET = "c"
VALUES = ("marginal", "conditional", "cumulative", "window")
Say = Callable[[str], None]


def _gaussian(generator: np.random.Generator, rows: int) -> Columns:
    a, b, c = generator.standard_normal((3, rows))
    b = a + b
    return {"a": a, "b": b, "c": a - 0.5 * b + c}


def _heteroscedastic(generator: np.random.Generator, rows: int) -> Columns:
    """Noise in proportion to the causes."""
    a, b, c = np.exp(np.array([[1.0], [0.5], [0.3]]) * generator.standard_normal((3, rows)))
    b = a * b
    return {"a": a, "b": b, "c": (a + b) * c}


def _discrete(generator: np.random.Generator, rows: int) -> Columns:
    """Small counts, with many ties."""
    a = generator.poisson(2.0, rows)
    b = generator.binomial(a, 0.5) + generator.poisson(0.5, rows)
    return {"a": a.astype(float), "b": b.astype(float), "c": (generator.poisson(1 + a + b)).astype(float)}


def _capped(generator: np.random.Generator, rows: int) -> Columns:
    """Latencies with time-outs: one row in ten is as slow as can be."""
    a, b, c = np.exp(np.array([[0.5], [0.5], [0.3]]) * generator.standard_normal((3, rows)))
    b = np.minimum(a * b, 2.5)
    return {"a": np.minimum(a, 1.9), "b": b, "c": np.minimum((a + b) * c, 4.5)}


DATA: dict[str, Callable[[np.random.Generator, int], Columns]] = {
    "Gaussian": _gaussian,
    "heteroscedastic": _heteroscedastic,
    "discrete": _discrete,
    "capped": _capped,
}


def measure(options: argparse.Namespace, say: Say) -> Record:
    """Blocks of draws that a results file holds already are not made again."""
    results = Results(options.results)
    draws = options.draws or DRAWS
    block = min(BLOCK, draws)
    seeds = range(options.first_seed, options.first_seed + -(-draws // block))
    method = f"null, blocks of {block}"
    for seed in seeds:
        done = results.records.get((ROWS, seed, method), {"answers": {}})["answers"]
        wanted = [kind for kind in DATA if kind not in done]
        if wanted:
            say(f"causes: null, {(seed - seeds.start) * block:,} of {draws:,} draws")
            answers = {
                kind: _count([_values(kind, seed, place) for place in range(block)]) for kind in wanted
            }
            results.add({"rows": ROWS, "seed": seed, "method": method, "answers": answers})
    found = [results.records[ROWS, seed, method]["answers"] for seed in seeds]
    return {
        "draws": len(seeds) * block,
        "rows": ROWS,
        "window": WINDOW,
        "kinds": {kind: _rates([answers[kind] for answers in found], len(seeds) * block) for kind in DATA},
    }


def _values(kind: str, seed: int, place: int) -> Record:
    """The p-values of a fresh row, and of a window of fresh rows, against a fresh normal regime."""
    key = (list(DATA).index(kind), place)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))
    drawn = DATA[kind](generator, ROWS + WINDOW)
    normal = {name: values[:ROWS] for name, values in drawn.items()}
    now = {name: values[ROWS:] for name, values in drawn.items()}
    one_row = statement(TARGET, ROWS, ["SCORE_ORDERING", "CONDITIONAL"], moment=ROWS)
    program = one_row + statement(TARGET, ROWS, ["SCORE_ORDERING"])
    ordering, conditional, window = explanations(session(normal, now, GRAPH, TARGET), program)
    return {
        "marginal": {cause.variable: cause.p_normal for cause in ordering.causes},
        "conditional": {cause.variable: cause.p_normal for cause in conditional.causes},
        "cumulative": {cause.variable: cause.p_others for cause in conditional.causes},
        "window": {TARGET: window.p_target},
    }


def _count(draws: Sequence[Record]) -> Record:
    """How many p-values are at most each level, and how many there are, by variable."""
    counts: Record = {}
    for value in VALUES:
        counts[value] = {}
        for variable in sorted({name for draw in draws for name in draw[value]}):
            p = np.array([draw[value].get(variable) for draw in draws], dtype=float)  # None becomes NaN
            counts[value][variable] = [int(np.isfinite(p).sum()), *(int((p <= at).sum()) for at in LEVELS)]
    return counts


def _rates(blocks: Sequence[Record], draws: int) -> Record:
    """By kind of p-value: the rate at each level over all variables, and where it is highest."""
    rates: Record = {}
    for value in VALUES:
        names = sorted({name for block in blocks for name in block[value]})
        counts: dict[str, Array] = {
            name: np.sum([block[value].get(name, [0, 0, 0]) for block in blocks], axis=0) for name in names
        }
        given = sum(int(count[0]) for count in counts.values())
        rates[value] = {
            "given": given / (draws * max(1, len(names))),
            "levels": [_at(level, place, counts, draws) for place, level in enumerate(LEVELS, start=1)],
        }
    return rates


def _at(level: float, place: int, counts: dict[str, Array], draws: int) -> Record:
    """Variables of one draw are not independent: the bound is that of as many values as there are draws."""
    shares = {name: count[place] / count[0] for name, count in counts.items() if count[0]}
    bound = level + 2 * math.sqrt(level * (1 - level) / draws)
    if not shares:
        return {
            "level": level,
            "rate": None,
            "highest": None,
            "variable": None,
            "bound": bound,
            "within": False,
        }
    variable = max(shares, key=lambda name: shares[name])
    rate = sum(int(count[place]) for count in counts.values()) / sum(int(c[0]) for c in counts.values())
    return {
        "level": level,
        "rate": rate,
        "highest": float(shares[variable]),
        "variable": variable,
        "bound": bound,
        "within": bool(rate <= bound),
    }


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    rows = []
    for kind, rates in document["kinds"].items():
        for value, found in rates.items():
            cells = [cell for level in found["levels"] for cell in _cells(level)]
            within = all(level["within"] for level in found["levels"])
            rows.append([f"{kind}: {value}", *cells, percent(found["given"], 1), "yes" if within else "no"])
    heads = [head for level in LEVELS for head in (f"p <= {level:g}", "highest", "at most")]
    return [
        Table(
            f"P-values where nothing is wrong: {document['draws']:,} draws, {document['rows']:,} normal rows",
            ["data and p-value", *heads, "given", "within"],
            rows,
            "How often p is so small, over the variables of a -> b, a -> c, b -> c, and of which most often; "
            "at most the level and two standard errors. Marginal: p_normal of SCORE_ORDERING; conditional "
            "and cumulative: p_normal and p_others of CONDITIONAL; window: p_target of "
            f"{document['window']} rows. Given: how often there is a p-value at all.",
        )
    ]


def _cells(level: Record) -> list[str]:
    highest = "" if level["variable"] is None else f"{level['variable']} {percent(level['highest'])}"
    return [percent(level["rate"]), highest, percent(level["bound"])]
