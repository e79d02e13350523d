"""Why hidden common causes stand in the way of an answer, and what would clear it, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wsl.graph import Edge
from wsl.graph.redrawing import Obstacle, Redrawing
from wsl.semantics.scope import listed

_MOST_NAMED = 6


def explained(rule: Redrawing, obstacle: Obstacle) -> tuple[str, str, dict[str, Any]]:
    """The code of a finding, the set variable whose SET is at fault, and the fields of the message."""
    fields: dict[str, Any] = {
        "set": obstacle.cause,
        "effect": obstacle.effect,
        "path": " <-> ".join(obstacle.path),
    }
    if obstacle.held == obstacle.cause:
        ways = [_measured(rule, obstacle), *_carried(rule, obstacle), *_unread(rule, obstacle)]
        return "WSL-C020", obstacle.cause, {**fields, "why": _why(obstacle), "ways": "; or ".join(ways)}
    ways = [*_responding(rule, obstacle), _measured(rule, obstacle)]
    name = obstacle.held if obstacle.held in rule.reused else obstacle.cause
    return "WSL-C021", name, {**fields, "held": obstacle.held, "ways": "; or ".join(ways)}


def _why(obstacle: Obstacle) -> str:
    cause, effect, between = obstacle.cause, obstacle.effect, obstacle.path[1:-1]
    if not between:
        return (
            f"rows recorded with another `{cause}` had another hidden cause too, and part of what is seen in "
            f"`{effect}` is its doing; setting `{cause}` leaves the hidden cause as it is"
        )
    known = listed(f"`{name}`" for name in between)
    return (
        f"the answer also depends on {known}, which tells of the hidden causes on both sides: among rows "
        f"alike in that, `{cause}` goes with `{effect}` even where it does nothing to it"
    )


def _measured(rule: Redrawing, obstacle: Obstacle) -> str:
    """Which hidden causes would have to be in the graph."""
    first, *others = rule.enough(obstacle)
    if len(first) > _MOST_NAMED:
        return f"measure what is behind the {len(first)} <-> of `{obstacle.held}`, and draw it in the graph"
    edges = _named(first, "and") if len(first) > 1 else _named([edge for (edge,) in (first, *others)], "or")
    return f"measure the hidden cause of {edges}, and draw it in the graph in place of the <->"


def _named(edges: Sequence[Edge], word: str) -> str:
    return f", {word} of ".join(str(edge) for edge in edges[:_MOST_NAMED])


def _carried(rule: Redrawing, obstacle: Obstacle) -> list[str]:
    if obstacle.cause not in rule.intervened or rule.effects(obstacle) != (obstacle.effect,):
        return []
    chain = f"{obstacle.cause} -> carrier -> {obstacle.effect}"
    return [f"measure what carries the effect, and draw {chain}, if nothing hidden is behind the carrier"]


def _unread(rule: Redrawing, obstacle: Obstacle) -> list[str]:
    return [f"do not select, group or compute by `{name}`" for name in rule.unread(obstacle)]


def _responding(rule: Redrawing, obstacle: Obstacle) -> list[str]:
    """How the held variable would get a value of after the change."""
    cause, held = obstacle.cause, obstacle.held
    if held in rule.reused:
        return [f"set `{cause}` in a statement before, and read `{held}` as it is then"]
    intervened = replace(rule, intervened=rule.intervened | {cause}, assumed=rule.assumed - {cause})
    return [f"write INTERVENE, so that `{held}` responds too"] if intervened.allows(cause) else []
