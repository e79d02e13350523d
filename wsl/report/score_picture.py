"""The causal graph coloured by how unusual each variable was: where a disturbance came from, and its way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import networkx as nx

from wsl.report.estimates import show_name
from wsl.report.explanation_words import observed_and_usual, title
from wsl.report.graph_picture import Look, Picture, draw
from wsl.results import Cause, Explanation, ScenarioGraph

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


@dataclass(frozen=True)
class _Score:
    """How unusual a variable was, also where no method could tell whether it is a cause."""

    score: float
    shown: str
    words: str

    @property
    def shade(self) -> str:
        return next((name for name, least, _ in _SHADES if self.score >= least), _USUAL)


def draw_scores(group: Sequence[Explanation]) -> ScorePicture | None:
    """The graph with a score in every box, for the methods of an EXPLAIN; None where there is no graph.

    The first method says what ranks first. A graph that is larger than a page is drawn without most of what
    is as usual: the target, what ranks high, what is unusual and the ways from there to the target remain,
    and each box says how many causes are folded into it.
    """
    graph = group[0].graph
    if graph is None:
        return None
    scores = _scores(group)
    if len(graph.nodes) <= 2 * _MOST:
        picture = _draw(group, graph, scores, {})
        if len(graph.nodes) <= _FEW or (picture.width <= _PAGE[0] and picture.height <= _PAGE[1]):
            return ScorePicture(picture.svg, tuple(_legend(group, graph, scores, {})))
    folded = _folded(graph, group[0].target, _that_matters(group, scores))
    picture = _draw(group, graph, scores, folded)
    return ScorePicture(picture.svg, tuple(_legend(group, graph, scores, folded)))


def _scores(group: Sequence[Explanation]) -> dict[str, _Score]:
    """What any method knows of a variable; the target's is known though no method can rank it."""
    scores: dict[str, _Score] = {}
    for cause in (cause for explanation in group for cause in (*explanation.causes, explanation.itself)):
        at_least = "≥\u2009" if cause.capped else ""
        shown = f"{at_least}{cause.score:.1f}"
        scores.setdefault(cause.variable, _Score(cause.score, shown, observed_and_usual(cause)))
    return scores


def _draw(
    group: Sequence[Explanation],
    graph: ScenarioGraph,
    scores: Mapping[str, _Score],
    folded: Mapping[str, str],
) -> Picture:
    evaluated = _evaluated(group)
    first = {cause.variable for cause in _first(group)}
    looks: dict[str, Look] = {}
    for node in graph.nodes:
        if node not in folded:
            score = scores.get(node)
            marks = (
                (score.shade if score else "", True),
                ("unknown", node not in evaluated),
                ("aim", node == group[0].target),
                ("first", node in first),
            )
            words = [f"score {score.shown}, {score.words}"] if score else []
            words += [] if node in evaluated else ["not evaluated"]
            counted = _counted(scores, [one for one, into in folded.items() if into == node])
            looks[node] = Look(
                " ".join(mark for mark, applies in marks if mark and applies),
                ", ".join(words),
                score.shown if score else "",
                tuple(f"+ {some}" for some in counted),
            )
    words = [f"{show_name(node)}: {look.words}" for node, look in looks.items()]
    words += [f"not drawn: {', '.join(_counted(scores, folded))}"] if folded else []
    ways = {pair for cause in _first(group) for pair in pairwise(cause.path)}
    flows = {edge for edge in graph.edges if (edge[0], edge[2]) in ways}
    summary = f"{title(group[0])} Causal graph with anomaly scores. {'; '.join(words)}"
    return draw(graph.edges, looks, summary, flows)


def _that_matters(group: Sequence[Explanation], scores: Mapping[str, _Score]) -> set[str]:
    """The target, what ranks high and what is unusual, with the ways to the target; as many as have room."""
    causes = {cause.variable: cause for explanation in reversed(group) for cause in explanation.causes}
    shown = [cause.variable for explanation in group for cause in explanation.shown]
    unusual = [node for node in causes if scores[node].shade != _USUAL]
    unusual.sort(key=lambda node: -scores[node].score)
    drawn = {group[0].target}
    for place, node in enumerate((*shown, *unusual)):
        more = drawn.union(causes[node].path, [node])
        ranks_first = place < len(group[0].shown) and causes[node].rank == 1
        if len(more) <= _MOST or ranks_first:
            drawn = more
    return drawn


def _folded(graph: ScenarioGraph, target: str, drawn: Collection[str]) -> dict[str, str]:
    """Each variable that is not drawn, and the nearest one that is on its way to the target."""
    to_causes: nx.DiGraph[str] = nx.DiGraph()
    to_causes.add_nodes_from(graph.nodes)
    to_causes.add_edges_from((b, a) for a, mark, b in graph.edges if mark in ("->", "?->"))
    frontier = [node for node in graph.nodes if node in drawn]
    into = dict(zip(frontier, frontier, strict=True))
    for node in frontier:  # which grows: the nearest come first
        for cause in to_causes.succ[node]:
            if cause not in into:
                into[cause] = into[node]
                frontier.append(cause)
    return {node: into.get(node, target) for node in graph.nodes if node not in drawn}


def _legend(
    group: Sequence[Explanation],
    graph: ScenarioGraph,
    scores: Mapping[str, _Score],
    folded: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    drawn = [node for node in graph.nodes if node not in folded]
    present = {scores[node].shade for node in drawn if node in scores}
    shades = [(name, words) for name, _, words in _SHADES if name in present]
    for place, (name, words) in enumerate(shades):
        yield name, words if place or name == _USUAL else f"as unusual as {words} values or fewer"
    first = list(_first(group))
    if first:
        yield "first", "ranks first"
    yield "aim", "target"
    if not _evaluated(group).issuperset(drawn):
        yield "unknown", "not evaluated"
    if any(len(cause.path) > 1 for cause in first):
        yield "line flow", "from what ranks first to the target"
    if folded:
        yield "folded", "direct or indirect causes that are not drawn"


def _counted(scores: Mapping[str, _Score], folded: Collection[str]) -> tuple[str, ...]:
    """`12 more, as usual` and `3 not evaluated`."""
    usual = sum(node in scores and scores[node].shade == _USUAL for node in folded)
    unusual = sum(node in scores for node in folded) - usual
    unknown = len(folded) - usual - unusual
    counts = ((usual, "more, as usual"), (unusual, "more, unusual"), (unknown, "not evaluated"))
    return tuple(f"{number:,} {words}" for number, words in counts if number)


def _first(group: Sequence[Explanation]) -> Iterator[Cause]:
    return (cause for cause in group[0].causes if cause.rank == 1)


def _evaluated(group: Sequence[Explanation]) -> set[str]:
    """What any of the methods could rank."""
    return {cause.variable for explanation in group for cause in explanation.causes}
