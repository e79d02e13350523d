"""The plan of an EXPLAIN: which variables are candidates, in which order, and what has to be read."""

from __future__ import annotations

from dataclasses import dataclass

from wsl.data import Kind
from wsl.graph import CausalGraph
from wsl.semantics.checked import Explain, reads


@dataclass(frozen=True)
class Diagnosis:
    """An EXPLAIN with its candidates, causes before effects and the target last.

    `others` are the variables of the graph that are no candidates, and have data. Effects of the target are
    expected to be unusual, except of that which the graph is about.
    `graph` is that of the candidates alone, None where there is no graph. `time` orders the rows; without it
    they are in the order of the data.
    """

    explain: Explain
    candidates: tuple[str, ...]
    others: tuple[str, ...]
    graph: CausalGraph | None
    columns: tuple[str, ...]
    time: str | None


def diagnose(explain: Explain) -> Diagnosis:
    """The target and its ancestors are candidates, without a graph all variables of the data; no times."""
    dataset = explain.use.dataset
    kinds = dataset.kinds if dataset is not None else {}
    graph = explain.graph.ancestral(explain.target) if explain.graph is not None else None
    if graph is not None:
        above = [name for name in graph.topological_order if name != explain.target]
    else:
        above = sorted(name for name in kinds if name != explain.target)
    candidates = (*(name for name in above if kinds.get(name) is not Kind.TIME), explain.target)
    selecting = (explain.use.where, explain.window, explain.against)
    named = dict.fromkeys(name for expression in selecting for name in reads(expression))
    time = _time(explain)
    others = () if explain.graph is None else _others(explain.graph, explain.target)
    others = tuple(name for name in others if kinds.get(name, Kind.TIME) is not Kind.TIME)
    wanted = [*candidates, *others, *named, *([time] if time else [])]
    if explain.knobs.get("protocol") == "paper":  # fills in what is missing with means of all columns
        wanted += [name for name, kind in kinds.items() if kind is Kind.NUMBER]
    columns = tuple(name for name in dict.fromkeys(wanted) if dataset is None or name in kinds)
    return Diagnosis(explain, candidates, others, graph, columns, time)


def _others(graph: CausalGraph, target: str) -> tuple[str, ...]:
    left_out = {target, *graph.ancestors(target)}
    if target != graph.target:
        left_out |= graph.descendants(target)
    return tuple(name for name in graph.nodes if name not in left_out)


def _time(explain: Explain) -> str | None:
    """The time that orders the rows: one that the window names, or AGAINST or USE, else the first of all."""
    kinds = explain.use.dataset.kinds if explain.use.dataset is not None else {}
    times = [name for name, kind in kinds.items() if kind is Kind.TIME]
    selecting = (explain.window, explain.against, explain.use.where)
    named = (name for expression in selecting for name in reads(expression))
    return next((name for name in (*named, *times) if name in times), None)
