"""Published causal graphs, and random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from wsl.graph import CausalGraph, Edge, Mark

# Structure only: Lauritzen and Spiegelhalter (1988); Pearl, Causality (2009), figures 3.5 and 3.8;
# Greenland, Pearl and Robins (1999); Pearl and Mackenzie (2018), the napkin problem.
ASIA = "asia -> tub; smoke -> lung; smoke -> bronc; lung -> either; tub -> either; either -> xray; " + (
    "bronc -> dysp; either -> dysp"
)
FRONT_DOOR = "x -> m; m -> y; x <-> y"
BOW = "x -> y; x <-> y"
M_BIAS = "x -> y; x <-> z; z <-> y"
NAPKIN = "w -> z; z -> x; x -> y; w <-> x; w <-> y"


def edges_of(text: str) -> list[Edge]:
    found = []
    for item in text.split(";"):
        source, mark, target = item.split()
        found.append(Edge(source, Mark(mark), target))
    return found


def graph_of(text: str, target: str | None = None) -> CausalGraph:
    return CausalGraph((), tuple(edges_of(text)), target)


def graphs(
    alphabet: st.SearchStrategy[str] | None = None,
    marks: tuple[Mark, ...] = tuple(Mark),
    least_edges: int = 0,
) -> st.SearchStrategy[CausalGraph]:
    """Acyclic graphs of up to nine variables whose names are in no order that matters."""
    letters = st.sampled_from("abcxyzABC_") if alphabet is None else alphabet
    names = st.text(letters, min_size=1, max_size=5).filter(lambda name: name == name.strip())

    @st.composite
    def graph(draw: st.DrawFn) -> CausalGraph:
        nodes = draw(st.lists(names, min_size=2, max_size=9, unique=True))
        pairs = [(a, b) for number, a in enumerate(nodes) for b in nodes[number + 1 :]]
        chosen = draw(st.lists(st.sampled_from(pairs), unique=True, min_size=least_edges, max_size=16))
        edges = [Edge(a, draw(st.sampled_from(marks)), b) for a, b in chosen]
        return CausalGraph(tuple(nodes), tuple(edges), draw(st.sampled_from(nodes)))

    return graph()
