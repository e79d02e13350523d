"""What an answer rests on that figures do not show, in sentences (ALGORITHMS 1.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wsl.diagnostics.terminal import visible
from wsl.report.estimates import show_code, show_name
from wsl.report.numbers import decimals, number, percent
from wsl.results import Estimate, Scenario, SecondAnswer
from wsl.semantics.question import Question

_RELATIVE = re.compile(r"[-+*/]=")
_HIDDEN, _CAUSE = "<->", "->"


def estimand(scenario: Scenario) -> Iterator[str]:
    """Whom and what the effect is about."""
    if not scenario.statements:
        return
    if scenario.question == Question.NEW.value:
        yield "new requests with the causes of these rows, not what these very requests would have met"
    names = ", ".join(show_name(variable.name) for variable in scenario.variables if variable.set_rows)
    kinds = {statement.split(maxsplit=1)[0].upper() for statement in scenario.statements}
    if "INTERVENE" in kinds:
        yield f"the total effect of the change: all that follows from it responds ({names} set)"
    if "ASSUME" in kinds:
        target = show_name(scenario.target or "the target")
        yield f"the direct effect of what ASSUME sets: nothing but {target} responds to it"
    if any(_RELATIVE.search(statement) for statement in scenario.statements):
        yield "a change relative to each row's own value, which is not the same value for all rows"


def assumptions(scenario: Scenario) -> Iterator[str]:
    """Where the graph comes from, and what of it no data can show."""
    graph = scenario.graph
    if graph is None:
        return
    yield f"from {show_code(graph.origin)}; {len(graph.nodes)} of its variables matter here"
    hidden = [edge for edge in graph.edges if edge[1] == _HIDDEN]
    unsure = [edge for edge in graph.edges if edge[1] not in (_HIDDEN, _CAUSE)]
    if hidden:
        yield f"hidden common causes are taken into account where it says so: {_edges(hidden)}; nowhere else"
    else:
        yield "assumed: no two of these variables have a common cause that the graph lacks"
    if unsure:
        yield f"read as causes, though it does not say so: {_edges(unsure)}"


def _edges(edges: list[tuple[str, str, str]]) -> str:
    return ", ".join(f"{show_name(a)} {mark} {show_name(b)}" for a, mark, b in edges)


def identification(scenario: Scenario) -> Iterator[str]:
    """By which rule what is redrawn or estimated stands for what the change would do."""
    graph = scenario.graph
    responding = [variable for variable in scenario.variables if variable.training_rows]
    if graph is None or not responding:
        return
    beyond = []
    for variable in responding:
        causes = {a for a, mark, b in graph.edges if b == variable.name and mark != _HIDDEN}
        if set(variable.conditioned_on) != causes:
            given = ", ".join(map(show_name, variable.conditioned_on)) or "nothing"
            beyond.append(f"{show_name(variable.name)} given {given}")
    if beyond:
        yield (
            "by the rule for hidden common causes: direct causes are not enough, or too many, for "
            f"{'; '.join(beyond)}"
        )
    else:
        yield "all that responds is redrawn or estimated given its direct causes, which close every back door"


def replay(scenario: Scenario) -> Iterator[str]:
    """How well what was learned gives back what was recorded."""
    for estimate in scenario.estimates:
        if not estimate.group and not estimate.where and estimate.replayed and estimate.baseline:
            places = decimals(estimate.baseline, estimate.replayed)
            off = percent(estimate.replayed - estimate.baseline, estimate.baseline) or "0.0 %"
            recorded = f"{number(estimate.baseline, places)}{_unit(estimate)} as recorded"
            replayed = f"{number(estimate.replayed, places)} as replayed from the same causes ({off})"
            yield f"{show_code(estimate.expression)} is {recorded} and {replayed}"
            return


def intervals(scenario: Scenario) -> Iterator[str]:
    """What intervals are made of, and what they leave out."""
    if not any(estimate.interval for estimate in scenario.estimates):
        return
    cluster = scenario.knobs.get("cluster")
    of = f"rows of one {visible(str(cluster))} stay together" if cluster else "each row counts as independent"
    yield f"95 %, from 15 half-samples of rows and of what is learned from them; {of}"
    yield "left out: whether the graph is right, and the grid that tiles are cut by"


def second(scenario: Scenario) -> Iterator[str]:
    """The effect on the target's mean by another way; nothing where it was not asked for."""
    for estimate in scenario.estimates:
        if estimate.second is not None:
            yield _second(estimate, estimate.second)


def without_second(scenario: Scenario) -> Iterator[str]:
    """Why there is no second answer."""
    found = (e.without_second for e in scenario.estimates if e.without_second is not None)
    yield from (f"none: {visible(why)}" for why in dict.fromkeys(found))


def _second(estimate: Estimate, found: SecondAnswer) -> str:
    """`MEAN(rt) changes by -54.2 ms straight from fe, adjusted for region: +3.1 beside the answer ...`."""
    places = decimals(found.effect, estimate.difference)
    names = " and ".join(map(show_name, found.variables))
    adjusted = ", ".join(map(show_name, found.adjusted_for))
    beside = f", adjusted for {adjusted}" if adjusted else ""
    low, high = (number(end, places, sign=True) for end in found.interval)
    target = show_code(estimate.expression)
    disagree = "; the two disagree, and the intervals cover both" if found.disagree else ""
    return (
        f"{target} changes by {number(found.effect, places, sign=True)}{_unit(estimate)} straight from "
        f"{names}{beside}: {number(found.difference, places, sign=True)} beside the answer step by step, "
        f"95 % interval [{low}, {high}]{disagree}"
    )


def cancelling(scenario: Scenario) -> Iterator[str]:
    """How strong a hidden common cause would have to be."""
    for estimate in scenario.estimates:
        if estimate.second is not None and estimate.second.effect:
            names = " and ".join(map(show_name, estimate.second.variables))
            share = percent(estimate.second.cancelling, 1.0, sign=False)
            yield (
                f"to make this effect nothing, a cause that the graph lacks would have to explain {share} of "
                f"what is left unexplained both of {names} and of {show_name(scenario.target or '')}"
            )


def _unit(estimate: Estimate) -> str:
    return f" {visible(estimate.unit)}" if estimate.unit else ""
