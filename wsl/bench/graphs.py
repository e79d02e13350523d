"""Wrong graphs: one true edge less at a time, how far the answer is off, and whether anything warns of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from wsl.bench.accuracy import REFERENCE, true_effect
from wsl.bench.cases import CASES, Case, Log, session
from wsl.bench.options import count, counts
from wsl.bench.results import Record, Results
from wsl.bench.tables import Table, figure, percent
from wsl.diagnostics import WslError
from wsl.examples import cdn
from wsl.examples.structural import Model
from wsl.session import Session

Edge = tuple[str, str]
ASKED = {case.name: case for case in CASES if "ASSUME" not in case.statement}
WHOLE = "whole graph"
LARGE = 0.1  # change of an effect, in parts of the true one, that makes a wrong graph matter
TRANSPORT, SECOND = {"WSL-D204", "WSL-D205"}, {"WSL-D207"}
MEAN = "MEAN(rt)"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """A case asked of one log without an edge, beside the answer with the whole graph and the truth."""

    case: str
    edge: str
    truth: float
    whole: float
    answer: Record

    @property
    def change(self) -> float:
        """What the edge's absence does to the effect, in parts of the true one; 0 without an answer."""
        return 0.0 if self.refused else float(abs((self.answer["effect"] - self.whole) / self.truth))

    @property
    def error(self) -> float:
        return float(abs(self.answer["effect"] / self.truth - 1))

    @property
    def moved(self) -> bool:
        return self.change > LARGE

    @property
    def refused(self) -> bool:
        return "effect" not in self.answer

    @property
    def covered(self) -> bool:
        low, high = self.answer["interval"]
        return bool(low <= self.truth <= high)

    def warned(self, codes: set[str] | None = None) -> bool:
        """Whether any of these is among the answer's warnings, or anything at all."""
        found = set(self.answer["codes"])
        return bool(found if codes is None else found & codes) and not self.refused


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=count, default=3, metavar="N", help="logs of each size (default: 3)")
    parser.add_argument("--first-seed", type=count, default=30_000, metavar="N", help="default: 30000")
    parser.add_argument(
        "--rows", type=counts, default=[10_000, 100_000], metavar="N,N", help="sizes (default: 10000,100000)"
    )
    parser.add_argument(
        "--cases", nargs="+", choices=ASKED, default=list(ASKED), help="scenarios asked (default: all)"
    )
    parser.add_argument("--reference", type=count, default=REFERENCE, help=argparse.SUPPRESS)
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="JSON lines: keep what is done, and do only what is not"
    )


def measure(options: argparse.Namespace, say: Say) -> Record:
    """The benchmark's document; what a results file holds already is not measured again."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    cases = [ASKED[name] for name in options.cases]
    results = Results(options.results)
    for rows in options.rows:
        for seed in seeds:
            _complete(results, cases, rows, seed, say)
    return {
        "benchmark": "graphs",
        "sizes": [
            {"rows": rows, "seeds": [seeds.start, seeds.stop - 1]}
            | _size(results, cases, rows, seeds, options.reference)
            for rows in options.rows
        ],
    }


def _complete(results: Results, cases: Sequence[Case], rows: int, seed: int, say: Say) -> None:
    """What is not yet known of a log is asked, graph by graph."""
    log: Log = {}
    for edge in (None, *cdn.EDGES):
        method = _name(edge)
        known = results.records.get((rows, seed, method), {"answers": {}})["answers"]
        missing = [case for case in cases if case.name not in known and _matters(edge, case)]
        if missing:
            say(f"graphs: {rows:,} rows, seed {seed}, {method}")
            log = log or cdn.generate(rows, seed)
            asked = session(log, model=_without(edge))
            answers = {case.name: _answer(asked, case) for case in missing}
            results.add({"rows": rows, "seed": seed, "method": method, "answers": answers})


def _name(edge: Edge | None) -> str:
    return WHOLE if edge is None else " -> ".join(edge)


def _matters(edge: Edge | None, case: Case) -> bool:
    """Whether an edge leads to what is set, or to what follows from it."""
    return edge is None or edge[1] in {case.variable, *case.model.descendants([case.variable])}


def _without(edge: Edge | None) -> Model:
    """The model with one parent less, for its graph alone."""
    if edge is None:
        return cdn.MODEL
    cause, effect = edge
    mechanisms = dict(cdn.MODEL.mechanisms)
    parents = tuple(parent for parent in mechanisms[effect].parents if parent != cause)
    mechanisms[effect] = replace(mechanisms[effect], parents=parents)
    return Model(cdn.MODEL.name, cdn.MODEL.target, list(mechanisms.values()))


def _answer(asked: Session, case: Case) -> Record:
    """The effect with its interval and all that was said of it; codes alone where it is refused."""
    try:
        result = asked.run(f"{case.program}ESTIMATE {MEAN}\n")
    except WslError as error:
        return {"codes": [finding.code for finding in error.diagnostics]}
    codes = [finding.code for finding in result.diagnostics]
    if not result.scenarios:
        return {"codes": codes}
    found = result.scenarios[0]
    estimate = found.estimate(MEAN)
    assert estimate.difference_interval is not None, "every log has rows enough for an interval"
    return {
        "codes": codes,
        "effect": estimate.difference,
        "interval": list(estimate.difference_interval),
        "second": estimate.second and asdict(estimate.second),
        "without_second": estimate.without_second,
        "transport": [asdict(one) for one in found.transport],
    }


def _size(results: Results, cases: Sequence[Case], rows: int, seeds: range, reference: int) -> Record:
    """Removals over the logs of one size, and sums over them."""
    questions: list[Question] = []
    whole: dict[str, list[Question]] = {}
    for case in cases:
        truth = true_effect(case, reference)
        for edge in (None, *cdn.EDGES):
            if _matters(edge, case):
                found = [_question(results, case, edge, rows, seed, truth) for seed in seeds]
                if edge is None:
                    whole[case.name] = found
                else:
                    questions += found
    pairs = dict.fromkeys((one.case, one.edge) for one in questions)
    parts = {name: [one for one in questions if one.case == name] for name in whole}
    every = [one for found in whole.values() for one in found]
    return {
        "removals": [_removal([one for one in questions if (one.case, one.edge) == pair]) for pair in pairs],
        "summary": [
            *(_sums(name, part, whole[name]) for name, part in parts.items()),
            _sums("all", questions, every),
        ],
    }


def _question(
    results: Results, case: Case, edge: Edge | None, rows: int, seed: int, truth: float
) -> Question:
    name = _name(edge)
    answers = [results.records[rows, seed, graph]["answers"][case.name] for graph in (WHOLE, name)]
    return Question(case.name, name, truth, answers[0]["effect"], answers[1])


def _removal(logs: Sequence[Question]) -> Record:
    """One edge less in one case: means over the logs that were answered, and counts of logs."""
    answered = [one for one in logs if not one.refused]
    first = logs[0]
    known = TRANSPORT | SECOND
    return {
        "case": first.case,
        "edge": first.edge,
        "true_effect": first.truth,
        "whole": fmean(one.whole for one in logs),
        "whole_error": fmean(abs(one.whole / one.truth - 1) for one in logs),
        "effect": _mean([one.answer["effect"] for one in answered]),
        "error": _mean([one.error for one in answered]),
        "change": _mean([one.change for one in answered]),
        "logs": len(logs),
        "moved": sum(one.moved for one in logs),
        "refused": len(logs) - len(answered),
        "transport": sum(one.warned(TRANSPORT) for one in logs),
        "second": sum(one.warned(SECOND) for one in logs),
        "asked_twice": sum(one.answer["second"] is not None for one in answered),
        "other": sorted({code for one in logs for code in one.answer["codes"]} - known),
        "warned": sum(one.warned() for one in logs),
        "covered": sum(one.covered for one in answered),
    }


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _sums(name: str, questions: Sequence[Question], whole: Sequence[Question]) -> Record:
    """How many wrong graphs matter, how many of them are warned of and by what, and what is missed."""
    moved = [one for one in questions if one.moved]
    still = [one for one in questions if not one.moved and not one.refused]
    missed = [one for one in moved if not one.warned()]
    worst = max(missed, key=lambda one: one.error, default=None)
    return {
        "case": name,
        "questions": len(questions),
        "refused": sum(one.refused for one in questions),
        "moved": len(moved),
        "transport": sum(one.warned(TRANSPORT) for one in moved),
        "second": sum(one.warned(SECOND) for one in moved),
        "caught": len(moved) - len(missed),
        "missed": len(missed),
        "missed_covered": sum(one.covered for one in missed),
        "worst": None if worst is None else {"edge": worst.edge, "case": worst.case, "error": worst.error},
        "still": len(still),
        "still_warned": sum(one.warned() for one in still),
        "whole": len(whole),
        "whole_warned": sum(one.warned() for one in whole),
        "whole_error": max(one.error for one in whole),
        "whole_covered": sum(one.covered for one in whole),
    }


def tables(document: Record) -> list[Table]:
    """What `measure` found, for reading."""
    return [table for size in document["sizes"] for table in (_summary_table(size), _removals_table(size))]


def _of(size: Record) -> str:
    first, last = size["seeds"]
    return f"{size['rows']:,} rows, seeds {first} to {last}"


def _summary_table(size: Record) -> Table:
    every = size["summary"][-1]
    worst = every["worst"]
    largest = (
        f"The largest error without a warning is {percent(worst['error'], 0)} of the true effect: "
        f"{worst['case']} without {worst['edge']}."
        if worst
        else "None that matters goes without a warning."
    )
    return Table(
        f"Wrong graphs, an edge removed at a time, {_of(size)}",
        [
            "scenario",
            "questions",
            "refused",
            "effect moved",
            "warned: transport",
            "second answer",
            "any",
            "none",
            "of these, truth within",
            "others warned",
            "whole graph warned",
            "whole graph, largest error",
        ],
        [
            [
                one["case"],
                *(str(one[key]) for key in ("questions", "refused", "moved", "transport", "second")),
                *(str(one[key]) for key in ("caught", "missed", "missed_covered")),
                f"{one['still_warned']} of {one['still']}",
                f"{one['whole_warned']} of {one['whole']}",
                percent(one["whole_error"], 0),
            ]
            for one in size["summary"]
        ],
        f"A question is a scenario asked of one log without one edge. The effect has moved where it is off "
        f"that with the whole graph by more than {percent(LARGE, 0)} of the true one. {largest}",
    )


def _removals_table(size: Record) -> Table:
    """Removals that matter, or that something warns of; all others are one row."""
    shown = [one for one in size["removals"] if one["moved"] or one["warned"] or one["refused"]]
    others = [one for one in size["removals"] if one not in shown]
    return Table(
        f"Effects on the mean of rt in ms where the graph lacks an edge, {_of(size)}",
        [
            "scenario and edge",
            "true effect",
            "whole graph",
            "error",
            "without the edge",
            "error",
            "moved",
            "transport",
            "second answer",
            "other",
            "truth within",
        ],
        [*map(_shown, shown), *([_rest(others)] if others else [])],
        "Means over the logs, the error in parts of the true effect. Then in how many logs the effect moved, "
        "the check of transport warned, the second answer, if there is one, disagreed, and the interval "
        "contains the truth.",
    )


def _shown(removal: Record) -> list[str]:
    answered = removal["logs"] - removal["refused"]
    return [
        f"{removal['case']}: {removal['edge']}",
        *(figure(removal[key]) for key in ("true_effect", "whole")),
        percent(removal["whole_error"], 0),
        figure(removal["effect"]),
        percent(removal["error"], 0),
        *(f"{removal[key]} of {answered}" for key in ("moved", "transport")),
        f"{removal['second']} of {removal['asked_twice']}",
        ", ".join(removal["other"]),
        f"{removal['covered']} of {answered}",
    ]


def _rest(removals: Sequence[Record]) -> list[str]:
    """Removals that neither matter nor are warned of; the error is the largest."""

    def total(key: str) -> int:
        return sum(one[key] for one in removals)

    logs = total("logs")
    largest: Any = max(one["error"] for one in removals)
    return [
        f"{len(removals)} others",
        *[""] * 4,
        f"at most {percent(largest, 0)}",
        *(f"{total(key)} of {logs}" for key in ("moved", "transport")),
        f"{total('second')} of {total('asked_twice')}",
        "",
        f"{total('covered')} of {logs}",
    ]
