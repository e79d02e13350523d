"""Random systems: how often the first cause is the true one, beside chance; and CPU time by size."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from wsl.bench.causes.asking import METHODS, explanations, first, mean, session, shown, statement, two_errors
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, figure
from wsl.examples.random_systems import NOISE, Incident, draw
from wsl.session import Session

DRAWS = 500
STRENGTHS = (2.0, 2.5, 3.0)
NODES, ROWS = 50, 1000
SIZES = (20, 50, 100, 200)
TIMED = 5  # systems of each size
SUMMED = 3
FEW = 3  # candidates: with at most so many, chance is good
FLOORS = {  # of a prototype, at 3 standard deviations
    "SCORE_ORDERING": 0.88,
    "SMOOTH_TRAVERSAL": 0.93,
    "TOCA": 0.95,
    "CONDITIONAL": 0.95,
    "CIRCA": 0.82,
}
AIMS = {"SCORE_ORDERING": 0.02, "SMOOTH_TRAVERSAL": 0.02, "TOCA": 1.0, "COUNTERFACTUAL": 1.0}  # s, 100 nodes
LISTED = "SCORE_ORDERING, as listed"
RATED = (METHODS[0], LISTED, *METHODS[1:])
Say = Callable[[str], None]


def measure(options: argparse.Namespace, say: Say) -> Record:
    """Draws and timings that a results file holds already are not made again."""
    results = Results(options.results)
    seeds = range(options.first_seed, options.first_seed + (options.draws or DRAWS))
    for seed in seeds:
        _ask(results, seed, options, say)
    timed = range(options.first_seed, options.first_seed + options.repeats)
    for nodes in options.sizes:
        for seed in timed:
            if (ROWS, seed, _timed(nodes)) not in results.records:
                say(f"causes: CPU time, {nodes} nodes, seed {seed}")
                answers = cpu_seconds(gathered(draw(seed, nodes, ROWS)))
                results.add({"rows": ROWS, "seed": seed, "method": _timed(nodes), "answers": answers})
    return {
        "draws": len(seeds),
        "nodes": options.nodes,
        "rows": options.rows,
        "strengths": [
            _summary(strength, [_answers(results, seed, options)[str(strength)] for seed in seeds])
            for strength in STRENGTHS
        ],
        "speed": [
            {
                "nodes": nodes,
                "rows": ROWS,
                **_medians([results.records[ROWS, seed, _timed(nodes)]["answers"] for seed in timed]),
            }
            for nodes in options.sizes
        ],
    }


def _asked(options: argparse.Namespace) -> str:
    return f"{options.nodes} nodes"


def _timed(nodes: int) -> str:
    return f"CPU time, {nodes} nodes"


def _answers(results: Results, seed: int, options: argparse.Namespace) -> Record:
    record = results.records.get((options.rows, seed, _asked(options)), {"answers": {}})
    return dict(record["answers"])


def _ask(results: Results, seed: int, options: argparse.Namespace, say: Say) -> None:
    done = _answers(results, seed, options)
    wanted = [strength for strength in STRENGTHS if str(strength) not in done]
    if wanted:
        say(f"causes: seed {seed}")
        answers = {str(s): hits(draw(seed, options.nodes, options.rows, s)) for s in wanted}
        results.add({"rows": options.rows, "seed": seed, "method": _asked(options), "answers": answers})


def hits(incident: Incident) -> Record:
    """The chance that each method names the cause first, and how many candidates there are."""
    program = _program(incident, METHODS)
    found = explanations(_session(incident), program)
    chances = {each.method: first(each, incident.cause) for each in found}
    chances[LISTED] = float(shown(found[0], incident.cause, 1))
    return {"candidates": len(incident.candidates), **chances}


def gathered(incident: Incident) -> Incident:
    """The same with sums of a few variables, and sums of these, until there is one that all others reach."""
    generator = np.random.Generator(np.random.Philox(0))
    normal, anomaly, parents = dict(incident.normal), dict(incident.anomaly), dict(incident.parents)
    causes = {cause for cause, _ in incident.edges}
    ends = [name for name in normal if name not in causes]
    while len(ends) > 1:
        some, name = ends[:SUMMED], f"sum{len(parents)}"
        normal[name] = np.sum([normal[one] for one in some], axis=0)
        normal[name] += NOISE * generator.standard_normal(len(normal[name]))
        anomaly[name] = sum(anomaly[one] for one in some)
        parents[name] = tuple(some)
        ends = [*ends[SUMMED:], name]
    return replace(incident, normal=normal, anomaly=anomaly, parents=parents, target=ends[0])


def cpu_seconds(incident: Incident) -> Record:
    """CPU seconds of a whole EXPLAIN by each method, after one that compiles."""
    asked = _session(incident)
    seconds: Record = {"candidates": len(incident.candidates)}
    for method in METHODS:
        program = _program(incident, [method])
        explanations(asked, program)
        start = time.process_time()
        explanations(asked, program)
        seconds[method] = time.process_time() - start
    return seconds


def _session(incident: Incident) -> Session:
    now = {name: np.array([value]) for name, value in incident.anomaly.items()}
    return session(incident.normal, now, incident.dot, incident.target)


def _program(incident: Incident, methods: Sequence[str]) -> str:
    return statement(incident.target, len(incident.normal[incident.target]), methods)


def _medians(answers: Sequence[Record]) -> Record:
    return {key: median(a[key] for a in answers) for key in ("candidates", *METHODS)}


def _summary(strength: float, answers: Sequence[Record]) -> Record:
    return {
        "strength": strength,
        "all": _rates(answers),
        "many": _rates([a for a in answers if a["candidates"] > FEW]),
    }


def _rates(answers: Sequence[Record]) -> Record:
    rates: Record = {
        "draws": len(answers),
        "candidates": mean([a["candidates"] for a in answers]),
        "chance": mean([1 / a["candidates"] for a in answers]),
    }
    for method in RATED:
        chances = [a[method] for a in answers]
        error = two_errors(chances)
        rates[method] = {"rate": mean(chances), "error": error if np.isfinite(error) else None}
    return rates


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    return [_rates_table(document), _speed_table(document)]


def _rates_table(document: Record) -> Table:
    columns = [(strength, part) for part in ("all", "many") for strength in document["strengths"]]
    titles = {"all": "", "many": f", more than {FEW} candidates"}
    rows = [
        [
            method,
            *(_rate(strength[part][method]) for strength, part in columns),
            figure(FLOORS.get(method)),
        ]
        for method in RATED
    ]
    rows += [
        [words, *(figure(strength[part][key], digits) for strength, part in columns), ""]
        for words, key, digits in (
            ("chance", "chance", 2),
            ("candidates, mean", "candidates", 1),
            ("draws", "draws", 0),
        )
    ]
    return Table(
        f"How often the first cause is the true one: random systems of {document['nodes']} variables, "
        f"{document['rows']:,} normal rows",
        ["", *(f"{strength['strength']:g} sd{titles[part]}" for strength, part in columns), "floor at 3 sd"],
        rows,
        "One variable's noise is shifted by so many of the variable's standard deviations. Two standard "
        "errors beside the rate; of tied causes each is first with the same chance, and of those that "
        "TRAVERSAL flags; as listed, ties are in the order of the report. Chance: one candidate at random, "
        "the mean of 1 / candidates. Floors are a "
        "prototype's, on all draws.",
    )


def _rate(found: Record) -> str:
    error = "" if found["error"] is None else f" ± {found['error']:.2f}"
    return f"{figure(found['rate'])}{error}"


def _speed_table(document: Record) -> Table:
    sizes = document["speed"]
    rows = [
        [method, *(figure(size[method], 3) for size in sizes), figure(AIMS.get(method))] for method in METHODS
    ]
    rows.append(["candidates", *(figure(size["candidates"], 0) for size in sizes), ""])
    return Table(
        f"CPU seconds of an EXPLAIN by method, {ROWS:,} normal rows",
        ["", *(f"{size['nodes']} variables" for size in sizes), "aim at 100"],
        rows,
        "Medians over some systems, the whole statement, warm. Here every variable is a candidate: sums of "
        "variables, and sums of these, lead to one target.",
    )
