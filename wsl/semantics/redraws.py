"""What a scenario asks of its graph: what is set and how, what is estimated, and what is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wsl.graph import CausalGraph
from wsl.graph.redrawing import Redrawing
from wsl.semantics.checked import Estimate, Expect, Update, Use, reads
from wsl.semantics.requested import read_by, requested_variables


def redrawing(
    graph: CausalGraph, use: Use, updates: Sequence[Update], requests: Iterable[Estimate | Expect]
) -> Redrawing:
    """The rule of redrawing for all of a scenario's updates and those requests that are to be answered."""
    requests = list(requests)
    intervened = {name for update in updates if update.intervene for name in update.variables}
    assumed = {name for update in updates if not update.intervene for name in update.variables}
    estimated = {name for step in requests for name in requested_variables(step, graph.target)}
    read = {*reads(use.where), *(name for update in updates for name in update.reads)}
    for step in requests:
        read.update(read_by(step), (group.variable for group in step.by))
        if isinstance(step, Estimate) and step.rows:
            read.update(graph.descendants(*intervened))
    target = graph.target
    responds = target is not None and not assumed.isdisjoint(graph.parents(target))
    return Redrawing(
        graph,
        frozenset(intervened),
        frozenset(estimated),
        frozenset(read),
        frozenset(assumed),
        frozenset([target] if target is not None and responds else ()),
        frozenset(_reused(graph, updates)),
    )


def _reused(graph: CausalGraph, updates: Sequence[Update]) -> Iterator[str]:
    """Variables set from a value of their own that an INTERVENE on a cause of theirs changes as well: in the
    same statement or a later one, or, where the recorded value is read, in any."""
    for place, update in enumerate(updates):
        for name in set(update.variables).intersection(update.reads):
            others = updates if reads_recorded(update, name) else updates[place:]
            causes = graph.ancestors(name)
            if any(other.intervene and not causes.isdisjoint(other.variables) for other in others):
                yield name


def reads_recorded(update: Update, name: str) -> bool:
    """Whether an update reads BASELINE of a variable."""
    expressions = (update.where, *(item.expression for item in update.assignments))
    return any(name in reads(expression, recorded=True) for expression in expressions)
