"""From edges to a causal graph, with everything that is wrong with them reported in one go."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from wsl_grammar.terminals import written_name

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.graph.causal_graph import CausalGraph, Edge, Mark

MOST_CYCLES = 10
MOST_CYCLES_COMPARED = 200
MOST_NAMES = 12


def build(
    edges: Sequence[Edge],
    nodes: Iterable[str] = (),
    target: str | None = None,
    *,
    origin: str = "",
    target_span: Span | None = None,
    reversed: bool = False,
) -> tuple[CausalGraph | None, list[Diagnostic]]:
    """The graph of these edges, in the order written, and what is wrong with them; no graph on an error.

    `reversed` tells that the program has turned the arrows round, so that nobody is told to.
    """
    findings: list[Diagnostic] = []
    distinct = _without_duplicates(edges, findings)
    findings += [
        _at(edge, report("WSL-G002", variable=written_name(edge.source), edge=edge))
        for edge in distinct
        if edge.source == edge.target
    ]
    distinct = [edge for edge in distinct if edge.source != edge.target]
    findings += _contradictions(distinct) + _cycles([edge for edge in distinct if edge.mark.is_directed])
    known = {*nodes, *(end for edge in edges for end in edge.ends)}
    if target is not None and target not in known:
        findings.append(_unknown_target(target, known, target_span))
    if any(finding.is_error for finding in findings):
        return None, findings
    graph = CausalGraph(tuple(known), tuple(distinct), target, origin)
    if target is not None and not graph.parents(target) and not graph.touching([Mark.UNDIRECTED], [target]):
        children = ", ".join(map(written_name, graph.children(target)))
        advice = turn_round(graph, target, reversed) if children else "draw the edges that lead to it"
        findings.append(
            report("WSL-G006", target_span, target=written_name(target), children=children, advice=advice)
        )
    return graph, findings


def turn_round(graph: CausalGraph, name: str, reversed: bool) -> str:
    """What to do about a graph in which a variable has effects, and no causes as it should have."""
    if reversed:
        return "leave out REVERSED if the arrows lead from cause to effect, as they do not in a call graph"
    first = next(edge for edge in graph.edges if edge.source == name and edge.mark.is_directed)
    if first.file is not None:
        way = f'GRAPH FROM "{first.file}" REVERSED'
    elif first.span is not None:
        way = "GRAPH REVERSED { .. }"
    else:
        way = "GRAPH FROM .. REVERSED in the program"
    return f"in a call graph arrows lead from caller to callee: {way} turns them round"


def compare_with_columns(
    graph: CausalGraph,
    columns: Collection[str],
    span: Span | None = None,
    unusable: Mapping[str, str] = MappingProxyType({}),
    times: Collection[str] = (),
    long: Callable[[str], str | None] = lambda name: None,
) -> list[Diagnostic]:
    """What the graph and the data do not share; `span` is where the graph stands in the program.

    `unusable` are columns of the data beside `columns`, with the types that keep them from being variables.
    `times` tell when a row was recorded, and are no variables unless the graph has them. `long` tells how
    to read a long table, in which a name is a value.
    """
    findings = []
    for node in graph.nodes:
        if node not in columns:
            edge = next((edge for edge in graph.edges if edge.span and node in edge.ends), None)
            place = edge.span if edge else span
            near = closest(node, set(columns) - set(graph.nodes))
            suggestion = near and written_name(near)
            finding = (
                report("WSL-D009", place, column=node, type=unusable[node])
                if node in unusable
                else report(
                    "WSL-G007", place, variable=written_name(node), suggestion=suggestion, long=long(node)
                )
            )
            findings.append(replace(finding, file=edge.file if edge else None))
    if outside := [c for c in columns if c not in graph.nodes and c not in times]:
        findings.append(report("WSL-G008", span, columns=_enumerated(outside)))
    return findings


def _without_duplicates(edges: Sequence[Edge], findings: list[Diagnostic]) -> list[Edge]:
    first: dict[Edge, Edge] = {}
    for edge in edges:
        if edge in first:
            findings.append(_at(edge, report("WSL-G004", edge=edge, where=_where(first[edge]))))
        first.setdefault(edge, edge)
    return list(first)


def _contradictions(edges: Sequence[Edge]) -> list[Diagnostic]:
    """Two ways to read one pair; opposite arrows are left to the search for cycles."""
    findings = []
    first: dict[frozenset[str], Edge] = {}
    for edge in edges:
        if edge.mark is Mark.LATENT:
            continue
        other = first.setdefault(frozenset(edge.ends), edge)
        if other is not edge and not (edge.mark.is_directed and edge.ends != other.ends):
            findings.append(_contradiction(edge, other))
    return findings


def _contradiction(edge: Edge, other: Edge) -> Diagnostic:
    undirected = Edge(edge.source, Mark.UNDIRECTED, edge.target)
    finding = report("WSL-G003", edge=edge, other=other, undirected=undirected, where=_where(other))
    return _at(edge, finding)


def _cycles(arrows: list[Edge]) -> list[Diagnostic]:
    """A finding for each cycle that is left when every cycle reported so far has lost its last edge."""
    findings: list[Diagnostic] = []
    place = {edge: number for number, edge in enumerate(arrows)}
    while len(findings) < MOST_CYCLES and (cycle := _shortest_cycle(list(place))):
        last = max(cycle, key=place.__getitem__)
        at = cycle.index(last) + 1
        cycle = cycle[at:] + cycle[:at]
        if len(cycle) == 2:
            findings.append(_contradiction(last, cycle[0]))
        else:
            names = " -> ".join(
                written_name(name) for name in (*(edge.source for edge in cycle), cycle[0].source)
            )
            others = "; ".join(where for edge in cycle[:-1] if (where := _where(edge)))
            findings.append(_at(last, report("WSL-G001", cycle=names, others=others)))
        del place[last]
    return findings


def _shortest_cycle(arrows: Sequence[Edge]) -> list[Edge]:
    """The shortest of the cycles through the first variables that are on one; empty if there is none."""
    leaving: dict[str, list[Edge]] = {}
    for edge in _below_cycles([edge.reversed() for edge in _below_cycles(arrows)]):
        leaving.setdefault(edge.target, []).append(edge.reversed())
    cycles: list[list[Edge]] = []
    for start in leaving:
        if cycle := _cycle_through(start, leaving):
            cycles.append(cycle)
        if len(cycles) == MOST_CYCLES_COMPARED:
            break
    return min(cycles, key=len, default=[])


def _cycle_through(start: str, leaving: dict[str, list[Edge]]) -> list[Edge]:
    came_by: dict[str, Edge] = {}
    queue = deque([start])
    while queue and start not in came_by:
        for edge in leaving.get(queue.popleft(), ()):
            if edge.target not in came_by:
                came_by[edge.target] = edge
                queue.append(edge.target)
    if start not in came_by:
        return []
    cycle = [came_by[start]]
    while cycle[-1].source != start:
        cycle.append(came_by[cycle[-1].source])
    return cycle[::-1]


def _below_cycles(arrows: Sequence[Edge]) -> list[Edge]:
    """The arrows among variables on a cycle or below one: those that no topological order reaches."""
    waiting = Counter(edge.target for edge in arrows)
    leaving: dict[str, list[str]] = {}
    for edge in arrows:
        leaving.setdefault(edge.source, []).append(edge.target)
    ready = [node for node in leaving if not waiting[node]]
    while ready:
        for child in leaving.get(ready.pop(), ()):
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return [edge for edge in arrows if waiting[edge.source] and waiting[edge.target]]


def _unknown_target(target: str, known: Collection[str], span: Span | None) -> Diagnostic:
    suggestion = closest(target, known)
    fixes = (Fix(span, written_name(suggestion)),) if span and suggestion else ()
    return report(
        "WSL-G005",
        span,
        fixes=fixes,
        target=written_name(target),
        suggestion=suggestion and written_name(suggestion),
        variables=None if suggestion else _enumerated(sorted(known)),
    )


def _at(edge: Edge, finding: Diagnostic) -> Diagnostic:
    return replace(finding, span=edge.span, file=edge.file)


def _where(edge: Edge) -> str:
    if edge.span is None:
        return ""
    return f"`{edge}` is on line {edge.span.line}" + (f" of {edge.file}" if edge.file else "")


def _enumerated(names: Sequence[str]) -> str:
    shown = ", ".join(written_name(name) for name in names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"
