"""The causal graph coloured by how unusual each variable was: where a disturbance came from, and its way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log

import networkx as nx

from wsl.report.estimates import show_name
from wsl.report.explanation_words import observed_and_usual, title
from wsl.report.graph_picture import Look, Picture, draw
from wsl.results import Cause, Explanation

# The least score of a shade, and the share of normal values that it is -log of.
_SHADES = (
    ("rare3", log(1000), "1 of 1,000"),
    ("rare2", log(100), "1 of 100"),
    ("rare1", log(10), "1 of 10"),
    ("rare0", 0.0, "usual"),
)
_USUAL = _SHADES[-1][0]
_FEW = 12  # variables that are always drawn
_MOST = 20  # of those that are drawn where some are not
_PAGE = (940.0, 900.0)  # pixels: what fits across a page, and on a screen


@dataclass(frozen=True)
class ScorePicture:
    """The graph as an SVG element, and class and words of every look in it."""

    svg: str
    legend: tuple[tuple[str, str], ...]


def draw_scores(explanation: Explanation) -> ScorePicture | None:
    """The graph with a score in every box; None where there is no graph.

    A graph that is larger than a page is drawn without most of what is as usual: its causes, the target, what
    is unusual and the ways from there to the target remain, and each box says how many are folded into it.
    """
    graph = explanation.graph
    if graph is None:
        return None
    whole = list(graph.nodes)
    if len(whole) <= 2 * _MOST:
        picture = _draw(explanation, whole, {})
        if len(whole) <= _FEW or (picture.width <= _PAGE[0] and picture.height <= _PAGE[1]):
            return ScorePicture(picture.svg, tuple(_legend(explanation, whole, {})))
    drawn = _that_matters(explanation)
    folded = _folded(explanation, drawn)
    picture = _draw(explanation, drawn, folded)
    return ScorePicture(picture.svg, tuple(_legend(explanation, drawn, folded)))


def _draw(explanation: Explanation, drawn: Collection[str], folded: Mapping[str, str]) -> Picture:
    graph = explanation.graph
    assert graph is not None
    causes = {cause.variable: cause for cause in explanation.causes}
    looks = {
        node: _look(
            causes.get(node),
            node == explanation.target,
            _counted(explanation, [one for one, into in folded.items() if into == node]),
        )
        for node in graph.nodes
        if node in drawn
    }
    words = [f"{show_name(node)}: {look.words}" for node, look in looks.items()]
    words += [f"not drawn: {', '.join(_counted(explanation, folded))}"] if folded else []
    ways = {pair for cause in _first(explanation) for pair in pairwise(cause.path)}
    flows = {edge for edge in graph.edges if (edge[0], edge[2]) in ways}
    summary = f"{title(explanation)} Causal graph with anomaly scores. {'; '.join(words)}"
    return draw(graph.edges, looks, summary, flows)


def _that_matters(explanation: Explanation) -> set[str]:
    """The target, what ranks high and what is unusual, with the ways to the target; as many as have room."""
    unusual = [cause for cause in explanation.causes if _shade(cause.score) != _USUAL]
    unusual.sort(key=lambda cause: -cause.score)
    drawn = {explanation.target}
    shown = explanation.shown
    for place, cause in enumerate((*shown, *unusual)):
        more = drawn.union(cause.path, [cause.variable])
        if len(more) <= _MOST or (cause.rank == 1 and place < len(shown)):
            drawn = more
    return drawn


def _folded(explanation: Explanation, drawn: Collection[str]) -> dict[str, str]:
    """Each variable that is not drawn, and the nearest one that is on its way to the target."""
    graph = explanation.graph
    assert graph is not None
    upwards: nx.DiGraph[str] = nx.DiGraph()
    upwards.add_nodes_from(graph.nodes)
    upwards.add_edges_from((b, a) for a, mark, b in graph.edges if mark in ("->", "?->"))
    into: dict[str, str] = {}
    frontier = [node for node in graph.nodes if node in drawn]
    into.update(zip(frontier, frontier, strict=True))
    for node in frontier:  # which grows: the nearest come first
        for cause in upwards.succ[node]:
            if cause not in into:
                into[cause] = into[node]
                frontier.append(cause)
    return {node: into.get(node, explanation.target) for node in graph.nodes if node not in drawn}


def _legend(
    explanation: Explanation, drawn: Collection[str], folded: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    present = {_shade(cause.score) for cause in explanation.causes if cause.variable in drawn}
    shades = [(name, words) for name, _, words in _SHADES if name in present]
    for place, (name, words) in enumerate(shades):
        yield name, words if place or name == _USUAL else f"as unusual as {words} values or fewer"
    first = list(_first(explanation))
    if first:
        yield "first", "ranks first"
    yield "aim", "target"
    if any(one.variable in drawn for one in explanation.not_evaluated):
        yield "unknown", "not evaluated"
    if any(len(cause.path) > 1 for cause in first):
        yield "line flow", "from what ranks first to the target"
    if folded:
        yield "folded", "direct or indirect causes that are not drawn"


def _counted(explanation: Explanation, folded: Collection[str]) -> tuple[str, ...]:
    """`12 more, as usual` and `3 not evaluated`."""
    scores = {cause.variable: cause.score for cause in explanation.causes}
    usual = sum(node in scores and _shade(scores[node]) == _USUAL for node in folded)
    unusual = sum(node in scores for node in folded) - usual
    unknown = len(folded) - usual - unusual
    counts = ((usual, "more, as usual"), (unusual, "more, unusual"), (unknown, "not evaluated"))
    return tuple(f"{number:,} {words}" for number, words in counts if number)


def _first(explanation: Explanation) -> Iterator[Cause]:
    return (cause for cause in explanation.causes if cause.rank == 1)


def _look(cause: Cause | None, is_target: bool, folded: tuple[str, ...]) -> Look:
    aim = " aim" if is_target else ""
    notes = tuple(f"+ {counted}" for counted in folded)
    if cause is None:
        return Look(f"unknown{aim}", "not evaluated", notes=notes)
    first = " first" if cause.rank == 1 else ""
    at_least = "≥\u2009" if cause.capped else ""
    score = f"{at_least}{cause.score:.1f}"
    words = f"score {score}, {observed_and_usual(cause)}"
    return Look(f"{_shade(cause.score)}{aim}{first}", words, score, notes)


def _shade(score: float) -> str:
    return next((name for name, least, _ in _SHADES if score >= least), _USUAL)
