"""What a graph file says, and how a reader of one gives up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType

from wsl_grammar.terminals import written_name

from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.latent import latent_projection

MOST_EFFECTS_OF_HIDDEN = 200
MOST_EDGES_OF_GROUPS = 100_000


@dataclass(frozen=True)
class GraphFile:
    """Edges in the order written, all variables, what the file marks as outcome, and declared kinds."""

    edges: tuple[Edge, ...]
    nodes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    declarations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class UnreadableGraphError(Exception):
    """Why a text is no graph of its format, and the offsets of the words that show it, if known."""

    def __init__(
        self, reason: str, start: int | None = None, end: int | None = None, code: str = "WSL-G023"
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = end
        self.code = code


def graph_file(
    edges: Sequence[Edge],
    nodes: Iterable[str] = (),
    targets: Iterable[str] = (),
    hidden: Iterable[str] = (),
    declarations: Mapping[str, str] = MappingProxyType({}),
) -> GraphFile:
    """The file's graph without its hidden variables, which become `<->` among their effects."""
    hidden = set(hidden)
    effects = Counter(edge.source for edge in edges if edge.source in hidden)
    for edge in edges:
        place = (edge.span.start, edge.span.end) if edge.span else ()
        if edge.mark is Mark.UNDIRECTED and not hidden.isdisjoint(edge.ends):
            raise UnreadableGraphError(f"`{edge}` leaves open whether a hidden variable is the cause", *place)
        if effects[edge.source] > MOST_EFFECTS_OF_HIDDEN:
            reason = f"the hidden {written_name(edge.source)} has more than {MOST_EFFECTS_OF_HIDDEN} effects"
            raise UnreadableGraphError(reason, *place)
    visible = latent_projection(edges, hidden)
    named = dict.fromkeys([*nodes, *(end for edge in edges for end in edge.ends)])
    return GraphFile(
        tuple(visible),
        tuple(node for node in named if node not in hidden),
        tuple(dict.fromkeys(target for target in targets if target not in hidden)),
        MappingProxyType({name: kind for name, kind in declarations.items() if name not in hidden}),
    )


def pairs(lefts: Sequence[str], rights: Sequence[str], start: int, end: int) -> Iterator[tuple[str, str]]:
    """The edges that an edge between two groups stands for."""
    if len(lefts) * len(rights) > MOST_EDGES_OF_GROUPS:
        raise UnreadableGraphError(f"these groups stand for {len(lefts) * len(rights)} edges", start, end)
    return product(lefts, rights)


def names_of(labels: Mapping[str, str | None]) -> dict[str, str]:
    """The variable each node id stands for: its label where ids are numbers, as graph editors write them."""
    numbered = all(re.fullmatch(r"n?\d+(::n?\d+)*", identifier) for identifier in labels)
    given = [label for label in labels.values() if label]
    if labels and numbered and len(set(given)) == len(labels):
        return {identifier: label for identifier, label in labels.items() if label}
    return {identifier: identifier for identifier in labels}


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether a node's attributes say that the variable is not observed."""
    observed = attributes.get("observed", "").casefold()
    latent = attributes.get("latent", "").casefold()
    return observed in ("no", "false", "0") or latent in ("yes", "true", "1")


def mark_of(
    written: str | None, default: Mark, start: int | None = None, end: int | None = None
) -> tuple[Mark, bool]:
    """The mark of an edge as a file has it, and whether the edge is written from effect to cause."""
    if not written:
        return default, False
    if written in ("<-", "<-?"):
        return (Mark.CAUSE if written == "<-" else Mark.POSSIBLE), True
    if written not in tuple(Mark):
        raise UnreadableGraphError(
            f"`{written}` is no mark of an edge; those are ->, <->, -- and ?->", start, end
        )
    return Mark(written), False
