"""What an explanation rests on and how to read it, in sentences, for text and HTML alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from wsl.diagnostics.terminal import crop, visible
from wsl.report.estimates import show_code, show_name, show_value
from wsl.report.numbers import NONE, count, decimals, number, percent
from wsl.results import Cause, Explanation, NotEvaluated, Surroundings
from wsl.results.explanation import Value

Fact = tuple[str, str]

_SOME = 6  # variables that are named
_MANY = 20  # candidates, of which some are unusual by chance
_UNUSUAL = 0.05  # a larger p is what any system does now and then,
_GREATEST = 30.0  # score that is told in rows
_MAYBE = 0.2  # and one larger than this nothing to wonder about
_OF_NOISES = ("CONDITIONAL", "TOCA", "COUNTERFACTUAL")  # which take all noises to be independent
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(\.\d+)?(?:Z|\+00:00)?")

_READINGS = {
    "SMOOTH_TRAVERSAL": "ranks by the gap: how much more unusual a variable is than its {parent} unusual "
    "direct cause. What only passes a disturbance on has a small gap",
    "SCORE_ORDERING": "ranks by how unusual each variable is; of equally unusual ones that comes first whose "
    "direct causes are least so (the gap)",
    "TRAVERSAL": "flags what is unusual (a score above {threshold:g}: 1 of {rows} normal rows) while none of "
    "its direct causes is",
    "TOCA": "ranks by contribution: the part of the target's score that goes away when the variable, given "
    "its direct causes, behaves as usual; the parts add up to the whole, and may be negative",
    "CONDITIONAL": "ranks by how unusual a variable is given the values of its direct causes. "
    "A large p_others supports a cause: given it, {others} are as usual",
    "CIRCA": "ranks by how far a variable is from what a linear regression on its direct causes expects",
    "COUNTERFACTUAL": "ranks by contribution: the variable's Shapley share of the target's score, from what "
    "would have been with its own noise as usual; shares add up to the whole, and may be negative",
}


def grouped(explanations: Iterable[Explanation]) -> list[tuple[Explanation, ...]]:
    """The explanations of each EXPLAIN, one for each of its methods."""
    found = groupby(explanations, lambda e: (e.line, e.target, e.dataset, e.window))
    return [tuple(group) for _, group in found]


def title(explanation: Explanation) -> str:
    """`Why was Website unusual at 2024-03-01 10:05 UTC?`."""
    at = f"at {moment(explanation.at)} UTC" if explanation.at else f"in row {explanation.row:,}"
    return f"Why was {show_name(explanation.target)} unusual {at}?"


def shared_facts(group: Sequence[Explanation], whole: bool = False) -> tuple[list[Fact], list[list[Fact]]]:
    """What all methods of an EXPLAIN have in common, and of each method what is left."""
    each = [list(facts(explanation, whole)) for explanation in group]
    shared = [fact for fact in each[0] if all(fact in other for other in each)]
    return shared, [[fact for fact in found if fact not in shared] for found in each]


def facts(explanation: Explanation, whole: bool = False) -> Iterator[Fact]:
    """Pairs of a short label and a sentence, in the order a reader asks; a label may repeat."""
    yield "window", _window(explanation)
    yield "against", _against(explanation)
    yield from (("observed", sentence) for sentence in _target(explanation))
    yield from (("chance", sentence) for sentence in _chance(explanation))
    if explanation.several is not None:
        yield "causes", _several(explanation)
    yield from (("left out", sentence) for sentence in _left_out(explanation.not_evaluated))
    yield from (("caution", sentence) for sentence in _cautions(explanation))
    yield "method", f"{explanation.method} {_reading(explanation)}"
    if whole:
        yield from (("figures", sentence) for sentence in _meaning(explanation))
        yield from (("graph", sentence) for sentence in _graph(explanation))
    if explanation.parameters:
        given = (
            f"{visible(name)} = {visible(_parameter(value))}"
            for name, value in explanation.parameters.items()
        )
        yield "with", ", ".join(given)


def legend(shown: Sequence[Cause]) -> Iterator[str]:
    """What the marks of a table mean."""
    if any(cause.capped for cause in shown):
        yield (
            "≥: no normal row is as extreme, so that the data cannot tell how much more unusual it is; "
            "the true score may be larger"
        )
    if any(cause.tied > 1 for cause in shown):
        yield (
            "=: what the method ranks by is the same for these; they are listed by what else is known, at "
            "last by how far they are outside of all normal values"
        )


def remarks(explanation: Explanation, shown: Sequence[Cause], elsewhere: str) -> Iterator[str]:
    """What is not in a table, and where it is."""
    verdicts = [cause.flagged for cause in explanation.causes if cause.flagged is not None]
    if verdicts and not any(verdicts):
        yield "none is flagged: no score is above the threshold; the order is that of scores"
    if hidden := explanation.causes[len(shown) :]:
        tied = sum(cause.rank == shown[-1].rank for cause in hidden) if shown else 0
        like = f", {tied:,} of them of rank {rank(shown[-1])}" if tied else ""
        yield f"{count(len(hidden), 'more candidate')}{like}: {elsewhere}"
    largest = max((cause.p_normal for cause in shown if cause.p_normal is not None), default=0.0)
    by_chance = largest * len(explanation.causes)
    if len(explanation.causes) >= _MANY and by_chance >= 1 and largest <= _UNUSUAL:
        yield (
            f"of {len(explanation.causes):,} candidates about {by_chance:,.0f} have a p_normal of "
            f"{probability(largest)} or less by chance alone"
        )


def moment(at: str) -> str:
    """`2024-03-01 10:05`; seconds and their parts where there are any."""
    found = _TIME.fullmatch(at)
    if not found:
        return show_name(at)
    day, minute, second, part = found.groups()
    part = (part or "").rstrip(".0")
    return f"{day} {minute}{second if second and (second != ':00' or part) else ''}{part}"


def probability(p: float | None) -> str:
    """`0.0005`, `0.41`: two digits, for more are never known."""
    if p is None:
        return ""
    if p < 1e-4:
        return f"{p:.1e}" if p > 0 else "0"
    return f"{float(f'{p:.2g}'):.12g}"


def observed(cause: Cause) -> str:
    """`1,240 ms`, `'eu-3'`."""
    return _with_unit(_value(cause.observed, _places(cause)), cause.unit)


def usually(cause: Cause) -> str:
    """`12 to 38`, `eu-1, eu-2`: where nine of ten normal values are, or the most frequent categories."""
    if is_numeric(cause):
        low, high = (_value(end, _places(cause)) for end in cause.normal)
        return low if low == high else f"{low} to {high}"
    return ", ".join(map(_value, cause.normal))


def is_numeric(cause: Cause) -> bool:
    """Whether its normal range has two numbers as ends, not categories."""
    return len(cause.normal) == 2 and all(
        isinstance(end, int | float) and not isinstance(end, bool) for end in cause.normal
    )


def observed_and_usual(cause: Cause) -> str:
    """`1,240 ms, usually 12 to 38 ms`."""
    usual = _with_unit(usually(cause), cause.unit)
    return f"{observed(cause)}, usually {usual}" if usual else observed(cause)


def _with_unit(figure: str, unit: str | None) -> str:
    return f"{figure} {visible(unit)}" if unit and figure != NONE else figure


def path(cause: Cause, width: int) -> str:
    """`Caching Service → Product Service → API → Website`, without its middle where that is too long."""
    names = [show_name(name) for name in cause.path]
    shown = " → ".join(names)
    for kept in range(len(names) - 1, 1, -1):
        if len(shown) <= width:
            break
        after = kept // 2
        shown = " → ".join([*names[: kept - after], "…", *names[-after:]])
    return crop(shown, width)


def rank(cause: Cause) -> str:
    """`3`, or `1=` where it is shared."""
    return f"{cause.rank}=" if cause.tied > 1 else str(cause.rank)


def method_names(group: Sequence[Explanation]) -> list[str]:
    """The methods, with the parameters that tell two of the same name apart."""
    return [_method_name(one, [other for other in group if other.method == one.method]) for one in group]


def _method_name(explanation: Explanation, same: Sequence[Explanation]) -> str:
    differing = [
        f"{visible(name)} = {visible(_parameter(value))}"
        for name, value in explanation.parameters.items()
        if any(other.parameters.get(name) != value for other in same)
    ]
    return explanation.method + (f"({', '.join(differing)})" if differing else "")


def _window(explanation: Explanation) -> str:
    rows = f"{count(explanation.window_rows, 'row')} of {show_name(explanation.dataset)}"
    where = f"{rows}, where {show_code(explanation.window)}"
    if explanation.window_rows == 1:
        return where
    at = moment(explanation.at) if explanation.at else f"row {explanation.row:,}"
    which = f"the one with the most unusual {show_name(explanation.target)}"
    if explanation.parameters.get("protocol") == "paper":
        which = "the middle one"
    elif side := explanation.parameters.get("side"):
        which = (
            f"the one with the {'greatest' if side == 'high' else 'least'} {show_name(explanation.target)}"
        )
    return f"{where}; {which} is explained: {at}"


def _against(explanation: Explanation) -> str:
    rows = count(explanation.normal_rows, "row")
    where = f", where {show_code(explanation.normal)}" if explanation.normal else " outside the window"
    guard = explanation.guard_rows
    near = f"; {count(guard, 'row')} right before or after it left out" if guard else ""
    return f"{rows}{where}{near}"


def _target(explanation: Explanation) -> Iterator[str]:
    itself, around = explanation.itself, explanation.surroundings
    beyond = "; no normal row is as extreme" if itself.capped else ""
    side = f"{itself.direction}: " if itself.direction else ""
    yield f"{show_name(explanation.target)} is {side}{observed_and_usual(itself)}{beyond}"
    if around is None:
        return
    if explanation.window_rows > 1:
        above = "below" if itself.direction == "low" else "above"
        yield f"{around.outside:,} of the {explanation.window_rows:,} rows are {above} what is usual"
    if other := around.other_side:
        value = _with_unit(_value(other.value, _places(itself)), itself.unit)
        at = moment(other.at) if other.at else f"row {other.row:,}"
        yield (
            f"the window has a {other.direction} one too, {value} at {at}: WITH (side = {other.direction}) "
            "explains that"
        )


def _chance(explanation: Explanation) -> Iterator[str]:
    p, least = explanation.p_target, explanation.target_resolution
    one_row = explanation.window_rows == 1
    normal = count(explanation.itself.rows, "normal row")
    if p > _UNUSUAL and p <= least * (1 + 1e-9):
        longest = "" if one_row else f" of a window of {explanation.window_rows:,} rows"
        more = "more of them could" if one_row else "more of them could, or they of a shorter window"
        yield f"p = {probability(p)}, the least that {normal} can show{longest}"
        yield f"so they cannot tell whether this is unusual; {more}"
        return
    windows = "rows" if one_row else f"windows of {explanation.window_rows:,} rows like this one"
    if p <= _UNUSUAL:
        at_most = "at most " if explanation.itself.capped else ""
        share = (
            f"{at_most}about 1 of {round(1 / max(p, 1e-12)):,} {windows} {'is' if one_row else 'has a row'}"
        )
    else:
        share = f"about {percent(p, 1.0, sign=False)} of {windows} {'are' if one_row else 'have a row'}"
    approximate = "; approximate, for the normal rows are too few to be cut into such windows"
    yield (
        f"p = {probability(p)}: in normal times {share} as unusual"
        f"{approximate if explanation.p_is_approximate else ''}"
    )
    if p > _UNUSUAL:
        yield from _no_chance(explanation)
    if not one_row and not explanation.p_is_approximate:
        normal = f"{round(1 / explanation.resolution) - 1:,} such windows of normal rows"
    if least != explanation.resolution:
        normal = "the normal rows that there are"
    yield f"with {normal} no p of one variable can be below {probability(explanation.resolution)}"


def _no_chance(explanation: Explanation) -> Iterator[str]:
    """What a large p of the worst row comes to."""
    around = explanation.surroundings
    sustained = around.p_sustained if around else None
    if around and around.ongoing:
        yield "but rows that are as unusual are among those that it is compared with: see the caution"
    elif sustained is not None and sustained <= _UNUSUAL:
        yield (
            f"that is this row alone; as a whole the window is unusual: its median has p = "
            f"{probability(sustained)} among such windows"
        )
    elif explanation.p_target > _MAYBE:
        yield "so this is nothing unusual, and whatever ranks first may have caused nothing"
    else:
        yield "so this may be chance, and whatever ranks first may have caused nothing"


def _left_out(not_evaluated: Sequence[NotEvaluated]) -> Iterator[str]:
    """The variables of each reason together."""
    for reason in dict.fromkeys(one.reason for one in not_evaluated):
        names = [show_name(one.variable) for one in not_evaluated if one.reason == reason]
        are, they = ("is", "it may be a cause") if len(names) == 1 else ("are", "they may be causes")
        yield f"{', '.join(names)} {are} not evaluated: {visible(reason)}; {they}"


def _cautions(explanation: Explanation) -> Iterator[str]:
    """What is taken for granted that is not so here."""
    if explanation.surroundings is not None:
        yield from _around(explanation, explanation.surroundings)
    if explanation.extrapolated:
        names = list(map(show_name, explanation.extrapolated))
        what = "what it gets" if len(names) == 1 else "what they get"
        yield (
            f"no normal row is like this one in the direct causes of {_some(names)}: {what} may be those "
            "causes' part, all of it, for mechanisms had to answer far outside what they were learned from"
        )
    edges = explanation.graph.edges if explanation.graph is not None else ()
    hidden = [f"{show_name(a)} {mark} {show_name(b)}" for a, mark, b in edges if mark == "<->"]
    if hidden and explanation.method in _OF_NOISES:
        yield (
            f"{_some(hidden)} in the graph: a hidden cause of both can make two variables unusual at once, "
            f"which {explanation.method} takes for two causes"
        )
    unsure = [f"{show_name(a)} {mark} {show_name(b)}" for a, mark, b in edges if mark == "?->"]
    if unsure:
        yield f"{_some(unsure)} in the graph: taken for a cause, though it may be a hidden cause of both"
    undirected = [f"{show_name(a)} {mark} {show_name(b)}" for a, mark, b in edges if mark == "--"]
    if undirected:
        yield f"{_some(undirected)} in the graph: of no known direction, and so left out of account"


def _around(explanation: Explanation, around: Surroundings) -> Iterator[str]:
    if ongoing := around.ongoing:
        starts, ends = (moment(at) if at else None for at in (ongoing.starts, ongoing.ends))
        lasts = f"it seems to last from {starts} to {ends}, and " if starts and ends else ""
        advice = (
            f". Compare with rows without it: AGAINST WHERE {show_code(ongoing.against)}"
            if ongoing.against
            else ""
        )
        yield (
            f"{lasts}{count(ongoing.rows, 'row')} right beside the window, as unusual, "
            f"{'is' if ongoing.rows == 1 else 'are'} among those that are called normal{advice}"
        )
    ranked = {cause.variable for cause in explanation.shown}
    if growing := [show_name(name) for name in around.growing if name in ranked]:
        only, its = ("only grows or falls", "its") if len(growing) == 1 else ("only grow or fall", "their")
        yield (
            f"{_some(growing)} {only}, as a counter does: a later value is more unusual than all before "
            f"whatever happens. What counts is {its} rate, the difference from row to row"
        )
    if elsewhere := [show_name(name) for name in around.elsewhere]:
        has, them, are = ("has", "it", "is") if len(elsewhere) == 1 else ("have", "them", "are")
        yield (
            f"{_some(elsewhere)} {are} beyond all normal values too, and {has} no way to "
            f"{show_name(explanation.target)} in the graph: is an edge from {them} missing, or the wrong way "
            "round?"
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SOME:,} more" if len(names) > _SOME else ""
    return ", ".join(names[:_SOME]) + more


def _several(explanation: Explanation) -> str:
    found = explanation.several
    assert found is not None
    first, second = map(show_name, found.variables)
    still = "" if found.suffices else "; beside these, others are unusual too"
    return (
        "more than one: no single variable leaves all others as usual (every p_others is small). The pair "
        f"that does best is {first} and {second} (p_others {probability(found.p_others)}){still}"
    )


def _reading(explanation: Explanation) -> str:
    others = "all others"
    if explanation.not_evaluated:
        judged = [show_name(cause.variable) for cause in explanation.causes]
        others = f"the others of those that could be judged ({_some(judged)})"
    given = {"parent": "most", "threshold": 3.0, "others": others, **explanation.parameters}
    given["rows"] = f"{math.exp(min(given['threshold'], _GREATEST)):,.0f}"
    if explanation.method == "SCORE_ORDERING" and explanation.graph is None:
        return (
            "ranks by how unusual each variable is; without a graph, what only passes a disturbance on can "
            "come before its root cause"
        )
    return _READINGS[explanation.method].format(**given) if explanation.method in _READINGS else ""


def _graph(explanation: Explanation) -> Iterator[str]:
    if explanation.graph is None:
        yield "none: every variable of the data is a candidate"
        return
    variables = count(len(explanation.graph.nodes), "variable")
    yield f"from {show_code(explanation.graph.origin)}; {variables}: the target and all that can act on it"
    yield "assumed: no two of these variables have a common cause that the graph lacks"


def _meaning(explanation: Explanation) -> Iterator[str]:
    """The figures of the table, defined."""
    yield (
        "score: -log of the share of normal values at least as extreme; "
        "2.3 is 1 of 10, 4.6 is 1 of 100, 6.9 is 1 of 1,000"
    )
    causes = explanation.causes
    if any(cause.p_normal is not None for cause in causes):
        what = "given its direct causes" if any(c.conditional is not None for c in causes) else "by itself"
        yield f"p_normal: a small one says that the variable, {what}, is unusual"
    if any(cause.p_others is not None for cause in causes):
        yield (
            "p_others: a small one says that others, of those evaluated, are unusual given their causes; "
            "a large one supports this one"
        )
    if any(cause.bound is not None for cause in causes):
        yield (
            "bound: exp(-gap), at most how likely such a gap is where the cause is elsewhere; it assumes "
            "that an anomaly makes others no less likely"
        )
    if any(cause.p_normal_adjusted is not None or cause.p_others_adjusted is not None for cause in causes):
        yield f"adjusted: by Holm's method, for {count(len(causes), 'candidate')} were looked at"


def _parameter(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _places(cause: Cause) -> int | None:
    values = (cause.observed, *cause.normal)
    figures = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return decimals(*figures) if figures else None


def _value(value: Value, places: int | None = None) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value, places)
    if isinstance(value, str) and _TIME.fullmatch(value):
        return moment(value)
    return show_value(value)
