"""A second way to an effect: the target straight from what is set, adjusted for what decides about that."""

from __future__ import annotations

from wsl.graph import CausalGraph
from wsl.planning.plan import Adjustment
from wsl.semantics.checked import Estimate, Expect, FigureValue, Formula, Read, Scenario, Statistic, reads
from wsl.semantics.question import Question, all_consequences, question_of


def adjustment_of(scenario: Scenario, request: Estimate | Expect) -> Adjustment | None:
    """How the updates' effect on the target's mean is found once more; None where that is not asked for.

    The causes of what is set close every back door (Pearl, Causality, 3.3.1), and so does all else that
    what responds is caused by. What rows were selected by is added, as both answers are about these rows;
    none of it follows from what is set.
    """
    graph, target = scenario.graph, scenario.target
    if graph is None or target is None or not scenario.updates or not _asks_for_mean(request, target):
        return None
    variables = dict.fromkeys(name for update in scenario.updates for name in update.variables)
    why_not = _obstacle(scenario, graph, tuple(variables))
    if why_not:
        return Adjustment(target, why_not=why_not)
    responding = all_consequences(scenario)
    selecting = {*reads(scenario.use.where), *reads(request.where)}
    selecting.update(name for update in scenario.updates for name in update.reads)
    if not responding.isdisjoint(selecting):
        return Adjustment(target, why_not="rows are selected by what follows from the change")
    before = {cause for name in variables for cause in graph.parents(name)}
    on_the_way = responding & {target, *graph.ancestors(target)}
    beside = {cause for name in on_the_way for cause in graph.parents(name)} - responding
    sets = [
        tuple(sorted((causes | selecting) - set(variables)))
        for causes in (before, beside)
        if responding.isdisjoint(causes)
    ]
    return Adjustment(target, tuple(variables), tuple(dict.fromkeys(sets)))


def _asks_for_mean(request: Estimate | Expect, target: str) -> bool:
    """Whether a figure is the target's mean, of all rows together."""
    return (
        isinstance(request, Estimate)
        and not request.by
        and any(is_mean_of(requested.formula, target) for requested in request.requested)
    )


def is_mean_of(formula: Formula, target: str) -> bool:
    """Whether a formula is the mean of the target itself, in the scenario."""
    if not isinstance(formula, FigureValue) or formula.recorded:
        return False
    argument = formula.figure.argument
    is_mean = formula.figure.statistic is Statistic.MEAN
    return is_mean and isinstance(argument, Read) and argument.variable == target


def _obstacle(scenario: Scenario, graph: CausalGraph, variables: tuple[str, ...]) -> str:
    """Why there is no second way."""
    if question_of(scenario.use.knobs) is not Question.NEW:
        return "it is about new requests, and another question was asked"
    if not all(update.intervene for update in scenario.updates):
        return "ASSUME changes the target alone, which is estimated directly as it is"
    responding = all_consequences(scenario)
    if scenario.target not in responding:
        return f"{scenario.target} does not respond"
    if not responding.isdisjoint(variables):
        return "one of the variables that are set responds to another"
    relevant = graph.ancestral(*variables, *responding)
    if any(not edge.mark.is_directed for edge in relevant.edges):
        return "the graph has hidden common causes, or edges without direction"
    return ""
