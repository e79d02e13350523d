"""Whom a scenario asks about: new requests, these very requests, or new ones with these requests' causes.

A redraw answers for new requests. A selection that reads a consequence of what is set is about these very
requests, so that the program must say which of the other two it means (ALGORITHMS 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from wsl.diagnostics import Fix, Span
from wsl.graph import CausalGraph
from wsl.semantics.checked import Estimate, Expect, Scenario, Update, Use, reads


class Question(Enum):
    """The population that the answer holds for; a value is what JSON calls it."""

    NEW = "new requests"
    THESE = "these requests"
    CAUSES = "new requests with the causes of these"


AT_ODDS_WITH_COUPLING = {
    "selection": "one is about these very requests, the other about new ones with their causes",
    "redraw": "a row that keeps its own rank takes no donor row's value",
    "estimator": "a row that keeps its own rank is its own estimate",
}
RANK, CAUSES = "coupling = rank", "selection = causes"
"""The options of USE that ask the other two questions."""


def question_of(knobs: Mapping[str, Any]) -> Question:
    """What the options of a USE ask."""
    if "coupling" in knobs:
        return Question.THESE
    return Question.CAUSES if "selection" in knobs else Question.NEW


def consequences(update: Update, graph: CausalGraph) -> set[str]:
    """What responds to an update: all descendants after INTERVENE, the target alone after ASSUME."""
    if update.intervene:
        return set(graph.descendants(*update.variables)) - set(update.variables)
    target = graph.target
    return {target} if target and not set(update.variables).isdisjoint(graph.parents(target)) else set()


def all_consequences(scenario: Scenario) -> set[str]:
    """What responds to any update of a scenario."""
    found: set[str] = set()
    if scenario.graph is not None:
        for update in scenario.updates:
            found |= consequences(update, scenario.graph)
    return found


def chosen_by_luck(scenario: Scenario, request: Estimate | Expect) -> tuple[str, ...]:
    """Consequences that decide which rows a request is about, or what was changed on them.

    What is known of such rows says more of them than their causes do. A fresh population forgets what was
    recorded, but not what it was selected by after a change.
    """
    fresh = question_of(scenario.use.knobs) is Question.CAUSES
    names: list[str] = [] if fresh else list(reads(scenario.use.where))
    changed: set[str] = set()
    for update in scenario.updates:
        own = set(update.variables)
        right = (name for item in update.assignments for name in item.reads if name not in own)
        read = dict.fromkeys((*reads(update.where), *right))
        names += [name for name in read if not fresh or name in changed]
        changed |= {*own, *_touched(update, scenario)}
    names += reads(request.where, recorded=False if fresh else None)
    names += [group.variable for group in request.by if group.scenario or not fresh]
    below = all_consequences(scenario)
    return tuple(dict.fromkeys(name for name in names if name in below))


def _touched(update: Update, scenario: Scenario) -> set[str]:
    return consequences(update, scenario.graph) if scenario.graph is not None else set()


def ways_out(use: Use, options: Iterable[str]) -> tuple[Fix, ...]:
    """Insertions that end a USE with an option, each of them."""
    span = use.span
    inside = use.text.endswith(")") and use.has_options
    at = Span(
        span.end - inside,
        span.end - inside,
        span.end_line,
        span.end_column - inside,
        span.end_line,
        span.end_column - inside,
    )
    return tuple(Fix(at, f", {option}" if inside else f" WITH ({option})") for option in options)
