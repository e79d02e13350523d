"""Accuracy: five scenarios on logs that were not used while building, against their exact truth."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np

from wsl.bench.cases import CASES, NO_CHANGE, SMALL, Array, Case, Log, scenario, session
from wsl.bench.options import count, counts
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, figure, percent
from wsl.examples import cdn
from wsl.session import Session

ESTIMATORS = {"distribution": "one estimator", "paper": "paper's kernel regression"}
SUBJECTS = {"usual": CASES, "small": SMALL}
METHODS = {**ESTIMATORS, "dowhy": "DoWhy-GCM"}
AIMS = {10_000: 0.025, 100_000: 0.007}
REQUEST_AIM = 0.025
REFERENCE = 1_000_000
TRUTH_SEED = 1 << 40  # seeds from here on draw truth, below they draw logs

Say = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """The effect on the mean in ms, and the distribution function of rt in the scenario at some values."""

    rows: int
    effect: float
    value: Array
    share: Array


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cases",
        dest="subject",
        choices=SUBJECTS,
        default="usual",
        help="the five usual scenarios, or a small change (default: usual)",
    )
    parser.add_argument(
        "--seeds", type=count, default=20, metavar="N", help="logs of each size (default: 20)"
    )
    parser.add_argument("--first-seed", type=count, default=1000, metavar="N", help="default: 1000")
    parser.add_argument(
        "--rows", type=counts, default=[10_000, 100_000], metavar="N,N", help="sizes (default: 10000,100000)"
    )
    parser.add_argument("--peers", action="store_true", help="ask DoWhy-GCM as well: minutes a log")
    parser.add_argument("--peer-seeds", type=count, default=5, metavar="N", help="logs for it (default: 5)")
    parser.add_argument("--reference", type=count, default=REFERENCE, help=argparse.SUPPRESS)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; what a results file holds already is not measured again."""
    first, logs = options.first_seed, options.seeds
    seeds = {method: range(first, first + logs) for method in ESTIMATORS}
    if options.peers:
        seeds["dowhy"] = range(first, first + min(logs, options.peer_seeds))
    wanted = [
        (rows, seed, method)
        for rows in options.rows
        for seed in range(first, first + logs)
        for method in seeds
        if seed in seeds[method]
    ]
    cases = SUBJECTS[options.subject]
    results = Results(options.results)
    for rows, seed, method in wanted:
        done = results.records.get((rows, seed, method), {"answers": {}})["answers"]
        if not all(case.name in done for case in cases):
            say(f"accuracy: {rows:,} rows, seed {seed}, {METHODS[method]}")
            results.add(_measure(cases, rows, seed, method, options.reference))
    records = [results.records[key] for key in wanted]
    return {
        "benchmark": "accuracy",
        "cases": options.subject,
        "sizes": [
            _summary(cases, rows, its, [m for m in seeds if set(its) <= set(seeds[m])], records)
            for rows in options.rows
            for its in dict.fromkeys(seeds.values())  # methods are compared on the same logs only
        ],
    }


def _measure(cases: Sequence[Case], rows: int, seed: int, method: str, reference: int) -> Record:
    """What a method answers of one log, judged."""
    log = cdn.generate(rows, seed)
    asked = _ask(cases, method, log, seed)
    answers = {case.name: _judge(case, answer, seed, reference) for case, answer in asked}
    record: Record = {"rows": rows, "seed": seed, "method": method, "answers": answers}
    return record | ({"requests": requests(log)} if method == "distribution" else {})


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    found = []
    for size in document["sizes"]:
        methods = size["methods"]
        heads = ["scenario", *(METHODS[m] for m in methods)]
        first, last = size["seeds"]
        of = f"{size['rows']:,} rows, seeds {first} to {last}"
        aim = f" Aim for one estimator: at most {percent(size['aim'], 1)}." if size["aim"] else ""
        found += [
            Table(
                f"Distribution of rt: largest difference of CDFs beyond the sampling floor, {of}",
                [*heads, "floor"],
                [
                    [c["name"], *(percent(c[m]["excess"]) for m in methods), percent(c["floor"])]
                    for c in size["cases"]
                ],
                f"The floor is the difference of two fresh samples of the truth, of as many rows.{aim}",
            ),
            Table(
                f"Effect on the mean of rt: mean absolute error in ms (and of the true effect), {of}",
                [*heads, "sampling", "true effect"],
                [
                    [
                        c["name"],
                        *(
                            f"{figure(c[m]['effect_error'])} ({percent(c[m]['relative_error'], 1)})"
                            for m in methods
                        ),
                        figure(c["sampling_error"]),
                        figure(c["true_effect"]),
                    ]
                    for c in size["cases"]
                ],
                "Sampling: the same error if the truth for as many rows were known.",
            ),
        ]
        if document["cases"] == "usual":  # whatever is asked, single requests are the same
            found.append(_requests_table(size["requests"], of))
    return found


def _requests_table(found: Record, of: str) -> Table:
    return Table(
        f"Single requests without change: median relative error of rt, {of}",
        ["", "error"],
        [
            ["replayed by the estimator", percent(found["error"])],
            ["exact conditional mean (noise floor)", percent(found["floor"])],
            ["difference (aim: at most 2.50 %)", percent(found["error"] - found["floor"])],
            ["effect of changing nothing, in ms (aim: 0)", repr(found["no_change"])],
        ],
    )


def requests(log: Log) -> Record:
    """Median relative error of single requests without change, its floor, and the effect of no change."""
    found = scenario(session(log), f"{NO_CHANGE}ESTIMATE MEAN(rt), CDF(rt)\n")
    table = found.to_arrow()
    replayed, recorded = table["rt.replayed"].to_numpy(), table["rt"].to_numpy()
    (curve,) = found.cdfs
    return {
        "error": float(np.median(np.abs(replayed - recorded) / recorded)),
        "floor": float(np.median(np.abs(cdn.conditional_mean(log) - recorded) / recorded)),
        "no_change": found.estimate("MEAN(rt)").difference,
        "no_change_cdf": float(np.abs(curve.scenario - curve.baseline).max()),
    }


def _ask(cases: Sequence[Case], method: str, log: Log, seed: int) -> Iterable[tuple[Case, Answer]]:
    """Every case with the method's answer; what it learns of the log, it learns once."""
    if method != "dowhy":
        asked = session(log)
        return ((case, answer(asked, case, method)) for case in cases)
    from wsl.bench.peers import DoWhy

    peer = DoWhy(log, seed)
    peer.choose()
    peer.fit()
    return ((case, _from_samples(*peer.draw(case))) for case in cases)


def answer(asked: Session, case: Case, estimator: str) -> Answer:
    """What a session answers."""
    estimate = f"ESTIMATE MEAN(rt), CDF(rt) WITH (estimator = {estimator})\n"
    found = scenario(asked, case.program + estimate)
    (curve,) = found.cdfs
    effect = found.estimate("MEAN(rt)").difference
    assert effect is not None, "every row of the log has an rt"
    return Answer(found.rows, effect, curve.value, curve.scenario)


def _from_samples(recorded: Array, replayed: Array, drawn: Array) -> Answer:
    pooled = np.sort(np.concatenate((recorded, drawn)))
    value = np.unique(pooled[np.arange(1001) * (len(pooled) - 1) // 1000])
    return Answer(len(drawn), float(drawn.mean() - replayed.mean()), value, _shares(drawn, value))


def _shares(sample: Array, value: Array) -> Array:
    """Distribution function of a sample at some values."""
    return np.searchsorted(np.sort(sample), value, side="right") / len(sample)


def _judge(case: Case, answer: Answer, seed: int, reference: int) -> Record:
    """An answer beside two samples of the truth, of as many rows as the scenario has, and the true effect."""
    first, second = (case.truth(answer.rows, TRUTH_SEED + 2 * seed + half) for half in (0, 1))
    one, other = (_shares(truth.scenario["rt"], answer.value) for truth in (first, second))
    return {
        "cdf": float(np.abs(answer.share - one).max()),
        "floor": float(np.abs(other - one).max()),
        "effect": answer.effect,
        "sampled_effect": float((first.scenario["rt"] - first.factual["rt"]).mean()),
        "true_effect": true_effect(case, reference),
    }


@cache
def true_effect(case: Case, rows: int) -> float:
    """A case's effect on the mean of rt in ms, from so many fresh requests."""
    truth = case.truth(rows, TRUTH_SEED - 1)
    return float((truth.scenario["rt"] - truth.factual["rt"]).mean())


def _summary(
    asked: Sequence[Case], rows: int, seeds: range, methods: Sequence[str], records: Sequence[Record]
) -> Record:
    """Means over the logs of one size and some seeds, which every one of the methods was asked of."""
    some = [r for r in records if r["rows"] == rows and r["seed"] in seeds]
    of = {m: [r for r in some if r["method"] == m] for m in methods}
    cases: list[Record] = [
        {"name": case.name, **_of_case([r["answers"][case.name] for r in of[methods[0]]])}
        | {m: _of_method([r["answers"][case.name] for r in of[m]]) for m in methods}
        for case in asked
    ]
    mean: Record = {"name": "mean", "true_effect": None}
    mean |= {key: fmean(case[key] for case in cases) for key in ("floor", "sampling_error")}
    for m in methods:
        mean[m] = {key: fmean(case[m][key] for case in cases) for key in cases[0][m]}
    measured = [r["requests"] for r in of["distribution"]]
    return {
        "rows": rows,
        "seeds": [seeds.start, seeds.stop - 1],
        "methods": list(methods),
        "aim": AIMS.get(rows),
        "cases": [*cases, mean] if len(cases) > 1 else cases,
        "requests": {
            "error": fmean(r["error"] for r in measured),
            "floor": fmean(r["floor"] for r in measured),
            **{key: max((r[key] for r in measured), key=abs) for key in ("no_change", "no_change_cdf")},
        },
    }


def _of_case(answers: Sequence[Record]) -> Record:
    return {
        "floor": fmean(a["floor"] for a in answers),
        "sampling_error": fmean(abs(a["sampled_effect"] - a["true_effect"]) for a in answers),
        "true_effect": answers[0]["true_effect"],
    }


def _of_method(answers: Sequence[Record]) -> Record:
    errors = [a["effect"] - a["true_effect"] for a in answers]
    relative = [abs(e / a["true_effect"]) for e, a in zip(errors, answers, strict=True)]
    return {
        "cdf": fmean(a["cdf"] for a in answers),
        "excess": fmean(a["cdf"] - a["floor"] for a in answers),
        "effect_error": fmean(map(abs, errors)),
        "effect_bias": fmean(errors),
        "relative_error": fmean(relative),
    }
