"""When a row may be redrawn after a change, and from what, where the graph has hidden common causes.

A district is what `<->` connects. Given all that is not redrawn, the joint distribution of the rest is a
product with one factor for each district (Tian and Pearl, AAAI 2002). An intervention leaves these factors as
they are as long as no variable that is set feeds into its own district: then each variable can be drawn in
turn from its factor, which the data has. Back-door and front-door adjustment are cases of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import combinations, pairwise
from math import comb

from wsl.graph.causal_graph import CausalGraph, Edge, Mark, reached

_MOST_EXPLAINED = 3
_MOST_TRIED = 5_000


@dataclass(frozen=True)
class Conditioning:
    """What a variable is drawn given: sorted names, and those of them whose natural value counts.

    The natural value of a set variable is the one it had, or would have, without having been set.
    """

    variables: tuple[str, ...]
    natural: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """Why a redraw would be wrong: `cause` is set, and `path` leads by `<->` from one of its consequences.

    It ends at `effect`, which follows from `cause`. It starts at `held`: at `cause` itself, whose effect
    cannot then be told from that of what is hidden; or at a variable whose value is from before `cause` was
    set, while `effect` answers to it after.
    """

    cause: str
    held: str
    effect: str
    path: tuple[str, ...]

    @property
    def pairs(self) -> tuple[Edge, ...]:
        """The `<->` edges of the path."""
        return tuple(Edge(a, Mark.LATENT, b) for a, b in pairwise(self.path))


@dataclass(frozen=True)
class Redrawing:
    """What follows from setting variables, for what is estimated and read.

    `intervened` are set with all that follows redrawn, `assumed` with nothing redrawn but `responding`, the
    variables that are asked of it. `reused` are set variables that were set from a value which another set
    variable would have changed.
    """

    whole: CausalGraph
    intervened: frozenset[str]
    estimated: frozenset[str]
    read: frozenset[str] = frozenset()
    assumed: frozenset[str] = frozenset()
    responding: frozenset[str] = frozenset()
    reused: frozenset[str] = frozenset()

    @cached_property
    def graph(self) -> CausalGraph:
        """The graph on the ancestors of all that is set, estimated or read: nothing else matters."""
        of_interest = self.changed | self.estimated | self.read
        return self.whole.ancestral(*of_interest.intersection(self.whole.nodes))

    @property
    def changed(self) -> frozenset[str]:
        return self.intervened | self.assumed

    @cached_property
    def redrawn(self) -> frozenset[str]:
        """All that an update gives new values, or an estimator answers for; a set one below another too."""
        below = self.graph.descendants(*self.intervened)
        return below | self.responding.intersection(self.graph.nodes)

    @cached_property
    def _district(self) -> dict[str, frozenset[str]]:
        return {name: district for district in self.graph.districts for name in district}

    # From what

    def conditioning(self, name: str, after: Collection[str] | None = None) -> Conditioning:
        """What a variable is redrawn from after some variables are set (all that ever are, if not said).

        It and those of its district that come before it are one factor, which reads the parents of them all.
        What is not redrawn comes first, for it is known; what is estimated comes as late as it can, so that
        what the estimate is selected by comes before it.
        """
        if name not in self._district or len(self._district[name]) == 1:
            return Conditioning(self.whole.parents(name))
        before = self._order(self.redrawn if after is None else self.graph.descendants(*after))
        factor = self._connected(name, before[: before.index(name) + 1])
        members = factor.union(*(self.graph.parents(member) for member in factor)) - {name}
        natural = factor & self.changed - {name}
        return Conditioning(tuple(sorted(members)), tuple(sorted(natural)))

    def _order(self, drawn: frozenset[str]) -> list[str]:
        """A topological order with what is not drawn first, and what is estimated late."""
        drawn |= self.graph.descendants(*drawn)
        order = [name for name in self.graph.topological_order if name not in drawn]
        waiting = {name: len(drawn.intersection(self.graph.parents(name))) for name in drawn}
        ready = [(name in self.estimated, name) for name, count in waiting.items() if not count]
        heapify(ready)
        while ready:
            _, name = heappop(ready)
            order.append(name)
            for child in self.graph.children(name):
                waiting[child] -= 1
                if not waiting[child]:
                    heappush(ready, (child in self.estimated, child))
        return order

    def _connected(self, name: str, nodes: Iterable[str]) -> frozenset[str]:
        """The district of a variable among some nodes."""
        districts = self.graph.restricted_to(self._district[name].intersection(nodes)).districts
        return next(district for district in districts if name in district)

    # Whether

    @cached_property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why the redraw would be wrong, one reason for each set variable at most; none if it is right."""
        found: dict[str, Obstacle] = {}
        for obstacle in self._obstacles:
            known = found.setdefault(obstacle.cause, obstacle)
            if known.held == obstacle.held and len(obstacle.path) < len(known.path):
                found[obstacle.cause] = obstacle
        return tuple(found.values())

    @cached_property
    def _obstacles(self) -> tuple[Obstacle, ...]:
        return (*self._into_own_district(), *self._held_back())

    def _into_own_district(self) -> Iterator[Obstacle]:
        """Set variables with a child in their own district: what is hidden and what is set both act on it."""
        for cause in sorted(self._district.keys() & self.changed):
            for child in self.graph.children(cause):
                if child in self._district[cause] and (cause in self.intervened or child in self.redrawn):
                    yield Obstacle(cause, cause, child, self._path(cause, child))

    def _held_back(self) -> Iterator[Obstacle]:
        """Variables with a value of before a change that answer for the same factor as others with one of
        after it."""
        for cause in sorted(self._district.keys() & self.assumed):
            for held in self.graph.children(cause):
                if held not in self.responding & self.graph.descendants(*self.intervened):
                    yield from self._redrawn_beside(cause, held)
        for held in sorted(self._district.keys() & self.reused):
            for cause in sorted(self.graph.ancestors(held) & self.intervened):
                yield from self._redrawn_beside(cause, held)

    def _redrawn_beside(self, cause: str, held: str) -> Iterator[Obstacle]:
        for other in sorted(self._district[held] & self.redrawn - {held}):
            yield Obstacle(cause, held, other, self._path(held, other))

    def _path(self, start: str, end: str) -> tuple[str, ...]:
        """A shortest path of `<->` edges."""
        neighbours = _neighbours(edge for edge in self.graph.edges if edge.mark is Mark.LATENT)
        came_from = {start: start}
        queue = [start]
        for node in queue:
            for neighbour in neighbours.get(node, ()):
                if neighbour not in came_from:
                    came_from[neighbour] = node
                    queue.append(neighbour)
        path = [end]
        while path[-1] != start:
            path.append(came_from[path[-1]])
        return tuple(path[::-1])

    # What would help

    def enough(self, obstacle: Obstacle) -> tuple[tuple[Edge, ...], ...]:
        """The smallest sets of `<->` edges such that what the variable does could be told without them.

        They are gone once what is behind them is in the graph, and so in the data. Where more than three are
        needed, or there are too many to try, those at what is held are the one answer: without them it is a
        district of its own.
        """
        district = self._district[obstacle.held]
        hidden = [edge for edge in self.graph.edges_among(district) if edge.mark is Mark.LATENT]
        ends = [(o.held, o.effect) for o in self._obstacles if o.cause == obstacle.cause]
        for size in range(1, _MOST_EXPLAINED + 1):
            if comb(len(hidden), size) > _MOST_TRIED:
                break
            found = [edges for edges in combinations(hidden, size) if _separates(edges, hidden, ends)]
            if found:
                return tuple(found)
        return (self.graph.touching([Mark.LATENT], [held for held, _ in ends]),)

    def effects(self, obstacle: Obstacle) -> tuple[str, ...]:
        """All that stands where the obstacle's effect does, for the same variable set and the same held."""
        same = (o for o in self._obstacles if (o.cause, o.held) == (obstacle.cause, obstacle.held))
        return tuple(dict.fromkeys(o.effect for o in same))

    def unread(self, obstacle: Obstacle) -> tuple[str, ...]:
        """Variables that are only read, each of which would clear the obstacle if it were not."""
        only_read = sorted(self.read - self.estimated - self.changed)
        return tuple(n for n in only_read if replace(self, read=self.read - {n}).allows(obstacle.cause))

    def allows(self, cause: str) -> bool:
        """Whether nothing stands in the way of what a set variable does."""
        return all(obstacle.cause != cause for obstacle in self._obstacles)

    def without_obstacles(self) -> Redrawing:
        """The question as if the `<->` of the districts that stand in the way were not in the graph."""
        rule = self
        while rule.obstacles:
            district = rule._district[rule.obstacles[0].held]
            gone = {edge for edge in rule.graph.edges_among(district) if edge.mark is Mark.LATENT}
            left = tuple(edge for edge in rule.whole.edges if edge not in gone)
            rule = replace(rule, whole=replace(rule.whole, edges=left))
        return rule


def _separates(gone: Collection[Edge], edges: Iterable[Edge], ends: Iterable[tuple[str, str]]) -> bool:
    """Whether no pair of ends is connected by edges once some of them are gone."""
    neighbours = _neighbours(edge for edge in edges if edge not in gone)
    return not any(end in reached(neighbours, [start]) for start, end in ends)


def _neighbours(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Where edges lead to from their ends, taken both ways."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge.source, []).append(edge.target)
        found.setdefault(edge.target, []).append(edge.source)
    return found
