"""The causal graph coloured by how unusual each variable was: where a disturbance came from, and its way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import log

from wsl.report.estimates import show_name
from wsl.report.explanation_words import observed_and_usual, title
from wsl.report.graph_picture import Look, draw
from wsl.results import Cause, Explanation

# The least score of a shade, and what it means: a score is -log of a share of normal values.
_SHADES = (
    ("rare3", log(1000), "as unusual as 1 of 1,000 values or fewer"),
    ("rare2", log(100), "1 of 100"),
    ("rare1", log(10), "1 of 10"),
    ("rare0", 0.0, "usual"),
)


def draw_scores(explanation: Explanation) -> str | None:
    """The graph as an SVG element with a score in every box; None where there is no graph."""
    graph = explanation.graph
    if graph is None:
        return None
    looks = {node: _look(node, explanation) for node in graph.nodes}
    words = "; ".join(f"{show_name(node)}: {looks[node].words}" for node in graph.nodes)
    ways = {pair for cause in _first(explanation) for pair in pairwise(cause.path)}
    flows = {edge for edge in graph.edges if (edge[0], edge[2]) in ways}
    return draw(graph, looks, f"{title(explanation)} Causal graph with anomaly scores. {words}", flows)


def score_legend(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Class and words of every look that is in the picture."""
    present = {_shade(cause.score) for cause in explanation.causes}
    yield from ((name, words) for name, _, words in _SHADES if name in present)
    first = list(_first(explanation))
    if first:
        yield "first", "ranks first"
    yield "aim", "target"
    if explanation.not_evaluated:
        yield "unknown", "not evaluated"
    if any(len(cause.path) > 1 for cause in first):
        yield "line flow", "from what ranks first to the target"


def _first(explanation: Explanation) -> Iterator[Cause]:
    return (cause for cause in explanation.causes if cause.rank == 1)


def _look(node: str, explanation: Explanation) -> Look:
    cause = next((one for one in explanation.causes if one.variable == node), None)
    aim = " aim" if node == explanation.target else ""
    if cause is None:
        return Look(f"unknown{aim}", show_name(node), "not evaluated")
    first = " first" if cause.rank == 1 else ""
    at_least = "≥\u2009" if cause.capped else ""
    score = f"{at_least}{cause.score:.1f}"
    return Look(
        f"{_shade(cause.score)}{aim}{first}",
        show_name(node),
        f"score {score}, {observed_and_usual(cause)}",
        score,
    )


def _shade(score: float) -> str:
    return next((name for name, least, _ in _SHADES if score >= least), _SHADES[-1][0])
