"""The causal graph as a picture: what was set, what was redrawn for it, and what was left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from wsl.diagnostics.terminal import cells
from wsl.report.estimates import show_name
from wsl.report.layers import NOT_LAYERED, Edge, Layering, Slot, layer
from wsl.report.names import name_lines
from wsl.results import GraphView, ScenarioGraph, Variable

ROLES = {
    "set": "set",
    "redrawn": "redrawn",
    "pinned": "pinned",
    "target": "estimated",
    "untouched": "as recorded",
}

_DASHED = ("<->", "?->")
_LINE = 17.0  # pixels, as all that follows
_PADDING = 13.0  # above and below the lines of a box, together
_NARROWEST = 58.0
_LETTER, _BOLD_LETTER = 7.8, 8.8
_SIDES = 20.0
_GAP = 18.0
_BEND = 16.0
_BETWEEN = 44.0  # layers
_MARGIN = 14.0
_WIDEST = 19  # cells of a line of a box: five boxes beside each other fit on a page
_MOST_LINES = 4

# Colours are variables, so that a page can set them; alone, the picture follows the reader's colour scheme.
_STYLE = """
.wsl-graph { --ink: #1c2330; --line: #8a94a3; --paper: #ffffff; --plain: #f1f3f6; --set: #b54708;
  --set-fill: #ffead5; --redrawn: #0069b4; --redrawn-fill: #dcedfa; --pinned: #7a4fb5; --pinned-fill: #efe6fa;
  --target: #1c2330; --rare1: #ffe3c7; --rare2: #fcbb7f; --rare3: #f58f3d;
  font: 13px/1 ui-sans-serif, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
@media screen and (prefers-color-scheme: dark) {
  .wsl-graph { --ink: #e8ecf2; --line: #7d8899; --paper: #12161d;
  --plain: #232a35; --set: #fdb272; --set-fill: #4a2a10; --redrawn: #7cc4ff; --redrawn-fill: #10344f;
  --pinned: #cdb3f5; --pinned-fill: #35254d; --target: #e8ecf2;
  --rare1: #40301f; --rare2: #6b4018; --rare3: #95500f; } }
.wsl-graph text { fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
.wsl-graph rect { fill: var(--plain); stroke: var(--line); stroke-width: 1; }
.wsl-graph .set rect { fill: var(--set-fill); stroke: var(--set); stroke-width: 2.5; }
.wsl-graph .redrawn rect { fill: var(--redrawn-fill); stroke: var(--redrawn); stroke-width: 2; }
.wsl-graph .pinned rect { fill: var(--pinned-fill); stroke: var(--pinned); stroke-width: 2;
  stroke-dasharray: 2 2; }
.wsl-graph .target rect { fill: var(--target); stroke: var(--target); stroke-width: 2; }
.wsl-graph .target text { fill: var(--paper); }
.wsl-graph .set text, .wsl-graph .target text { font-weight: 700; }
.wsl-graph .unknown rect { fill: var(--paper); stroke-dasharray: 4 3; }
.wsl-graph .rare1 rect { fill: var(--rare1); }
.wsl-graph .rare2 rect { fill: var(--rare2); }
.wsl-graph .rare3 rect { fill: var(--rare3); }
.wsl-graph .aim rect { stroke: var(--ink); stroke-width: 2; }
.wsl-graph .first rect { stroke: var(--set); stroke-width: 3; }
.wsl-graph .first text { font-weight: 700; }
.wsl-graph text.note { font-size: 12px; font-weight: 400; }
.wsl-graph .edge { fill: none; stroke: var(--line); stroke-width: 1.3; }
.wsl-graph .flow { stroke: var(--redrawn); stroke-width: 1.9; }
.wsl-graph .cut { stroke-dasharray: 1 5; }
.wsl-graph .latent { stroke-dasharray: 6 4; }
.wsl-graph .head { fill: var(--line); stroke: none; }
.wsl-graph .flowhead { fill: var(--redrawn); stroke: none; }
"""


@dataclass(frozen=True)
class Look:
    """How a node is drawn: its classes and it in words, a figure after its name, and notes below that."""

    classes: str
    words: str
    figure: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing as an SVG element, and its natural size in pixels, at which it can be read."""

    svg: str
    width: float
    height: float


@dataclass(frozen=True)
class _Placed:
    """The centre of every slot, half its width and half its height, and the size of the whole."""

    x: Mapping[Slot, float]
    y: Mapping[Slot, float]
    half: Mapping[Slot, float]
    tall: Mapping[Slot, float]
    width: float
    height: float


def roles(graph: ScenarioGraph | GraphView, variables: Iterable[Variable] = ()) -> dict[str, str]:
    """What became of each node: set, redrawn, pinned, target or untouched."""
    known = {variable.name: variable for variable in variables}
    return {node: _role(known.get(node), node == graph.target) for node in graph.nodes}


def draw_graph(graph: ScenarioGraph | GraphView, variables: Iterable[Variable] = ()) -> str:
    """The graph as an SVG element that stands alone or in a page; causes are above their effects."""
    role = roles(graph, variables)
    looks = {node: Look(role[node], ROLES[role[node]]) for node in graph.nodes}
    flows = {
        edge
        for edge in graph.edges
        if edge[1] == "->" and role[edge[0]] in ("set", "redrawn") and role[edge[2]] in ("redrawn", "target")
    }
    cut = {edge for edge in graph.edges if edge[1] == "->" and role[edge[2]] == "set"}
    return draw(graph.edges, looks, _summary(graph, role), flows, cut).svg


def draw(
    edges: Iterable[Edge],
    looks: Mapping[str, Look],
    summary: str,
    flows: Collection[Edge] = (),
    cut: Collection[Edge] = (),
) -> Picture:
    """The nodes that have a look, and the edges between them; those of `flows` stand out, of `cut` recede."""
    known = [edge for edge in edges if edge[0] in looks and edge[2] in looks]
    layering = layer(list(looks), known)
    lines = {node: _lines(node, look) for node, look in looks.items()}
    placed = _place(layering, lines, {node for node, look in looks.items() if _is_bold(look)})
    drawn = [_edge(edge, layering, placed, edge in flows, edge in cut) for edge in known]
    drawn += [_node(node, look, lines[node], placed) for node, look in looks.items()]
    size = f'width="{placed.width:.0f}" height="{placed.height:.0f}"'
    # Words for those who cannot see it are no title: that would cover the picture wherever a pointer rests.
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wsl-graph" role="img" {size} '
        f'aria-label={quoteattr(summary)} viewBox="0 0 {placed.width:.0f} {placed.height:.0f}">'
        f"<style>{_STYLE}</style>{_MARKERS}{''.join(drawn)}</svg>"
    )
    return Picture(svg, placed.width, placed.height)


def _role(variable: Variable | None, is_target: bool) -> str:
    if is_target:
        return "target"
    if variable is None:
        return "untouched"
    if variable.set_rows:
        return "set"
    if variable.redrawn_rows:
        return "redrawn"
    return "pinned" if variable.pinned_rows else "untouched"


def _summary(graph: ScenarioGraph | GraphView, role: Mapping[str, str]) -> str:
    parts = [f"Causal graph of {len(graph.nodes)} variables"]
    for key, word in ROLES.items():
        names = [show_name(node) for node in graph.nodes if role[node] == key]
        if names and key != "untouched":
            parts.append(f"{word}: {', '.join(names)}")
    return "; ".join(parts)


def _lines(node: str, look: Look) -> list[str]:
    """What stands in a box: the whole name, the figure on the same line where it fits, the notes."""
    lines = name_lines(node, _WIDEST, _MOST_LINES)
    if look.figure and cells(lines[-1]) + 1 + cells(look.figure) <= _WIDEST:
        lines[-1] += f" {look.figure}"
    elif look.figure:
        lines.append(look.figure)
    return [*lines, *look.notes]


def _is_bold(look: Look) -> bool:
    return not {"set", "target", "first"}.isdisjoint(look.classes.split())


def _place(layering: Layering, lines: Mapping[str, list[str]], bold: Collection[str]) -> _Placed:
    half: dict[Slot, float] = {}
    tall: dict[Slot, float] = {}
    y: dict[Slot, float] = {}
    bottom = _MARGIN
    for place, row in enumerate(layering.layers):
        most = max((len(lines[slot]) for slot in row if isinstance(slot, str)), default=0)
        height = _LINE * most + _PADDING
        bottom += height + (_BETWEEN if place else 0.0)
        for slot in row:
            y[slot] = bottom - height / 2
            if isinstance(slot, str):
                widest = max(map(cells, lines[slot])) * (_BOLD_LETTER if slot in bold else _LETTER)
                half[slot] = max(_NARROWEST, widest + _SIDES) / 2
                tall[slot] = (_LINE * len(lines[slot]) + _PADDING) / 2
            else:
                half[slot], tall[slot] = _BEND / 2, height / 2
    x = _spread(layering, half)
    left = min((x[slot] - half[slot] for slot in x), default=0.0) - _MARGIN
    x = {slot: at - left for slot, at in x.items()}
    width = max((x[slot] + half[slot] for slot in x), default=0.0) + _MARGIN
    return _Placed(x, y, half, tall, width, bottom + _MARGIN)


def _spread(layering: Layering, half: Mapping[Slot, float]) -> dict[Slot, float]:
    """Each slot near the mean of its neighbours, keeping order and gaps: sweeps down and up."""
    near: dict[Slot, list[Slot]] = {}
    for route in layering.routes.values():
        for upper, lower in pairwise(route):
            near.setdefault(upper, []).append(lower)
            near.setdefault(lower, []).append(upper)
    x: dict[Slot, float] = {}
    for row in layering.layers:
        x.update(zip(row, _apart(row, [0.0] * len(row), half), strict=True))
    for sweep in range(16):
        for row in layering.layers if sweep % 2 == 0 else reversed(layering.layers):
            wanted = [_mean([x[n] for n in near.get(slot, [slot])]) for slot in row]
            x.update(zip(row, _apart(row, wanted, half), strict=True))
    return x


def _apart(row: tuple[Slot, ...], wanted: list[float], half: Mapping[Slot, float]) -> list[float]:
    """Positions nearest to the wanted ones in least squares, in order and with gaps.

    Less the gaps it is isotonic regression: pool adjacent violators (Barlow et al., 1972).
    """
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + half[left] + _GAP + half[right])
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        mean, size = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        pools.append((mean, size))
    level = [mean for mean, size in pools for _ in range(size)]
    return [at + offset for at, offset in zip(level, offsets, strict=False)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


_NOTE = ' class="note"'
_MARKERS = "".join(
    f'<defs><marker id="wsl-{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
    f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="{name}" d="M0 1 L10 5 L0 9 z"/>'
    "</marker></defs>"
    for name in ("head", "flowhead")
)


def _edge(edge: Edge, layering: Layering, placed: _Placed, flows: bool, is_cut: bool) -> str:
    source, mark, target = edge
    styles = (("flow", flows), ("cut", is_cut), ("latent", mark in _DASHED))
    classes = ["edge", *(name for name, applies in styles if applies)]
    head = "url(#wsl-flowhead)" if flows else "url(#wsl-head)"
    ends = [f'marker-end="{head}"'] if mark != "--" else []
    if mark == "<->":
        ends.append(f'marker-start="{head}"')
    path = _path(edge, layering, placed)
    label = escape(f"{show_name(source)} {mark} {show_name(target)}")
    return f'<path class="{" ".join(classes)}" d="{path}" {" ".join(ends)}><title>{label}</title></path>'


def _path(edge: Edge, layering: Layering, placed: _Placed) -> str:
    """A smooth curve from the source to the target, through the bends between them."""
    source, mark, target = edge
    route = layering.routes[edge]
    x, y = placed.x, placed.y
    if y[source] == y[target]:
        return _arc(source, target, placed)
    upper, lower = route[0], route[-1]
    shift = 8.0 if mark in NOT_LAYERED else 0.0  # beside an arrow between the same two
    points = [(_towards(upper, x[route[1]], placed) + shift, y[upper] + placed.tall[upper] + 1)]
    for bend in route[1:-1]:  # straight between the boxes beside it
        points += [(x[bend], y[bend] - placed.tall[bend]), (x[bend], y[bend] + placed.tall[bend])]
    points.append((_towards(lower, x[route[-2]], placed) + shift, y[lower] - placed.tall[lower] - 2))
    if upper != source:
        points.reverse()
    pieces = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        pieces.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    return " ".join(pieces)


def _towards(slot: Slot, other: float, placed: _Placed) -> float:
    """Where an edge leaves a box: a little to the side it comes from."""
    reach = max(0.0, placed.half[slot] - 12)
    return placed.x[slot] + max(-reach, min(reach, 0.35 * (other - placed.x[slot])))


def _arc(source: str, target: str, placed: _Placed) -> str:
    """Between two boxes of one layer: over whatever lies between them."""
    x0, x1 = placed.x[source], placed.x[target]
    y0, y1 = (placed.y[end] - placed.tall[end] - 2 for end in (source, target))
    rise = min(y0, y1) - min(_BETWEEN - 6, 14 + 0.08 * abs(x1 - x0))
    return f"M{x0:.1f} {y0:.1f} C{x0:.1f} {rise:.1f} {x1:.1f} {rise:.1f} {x1:.1f} {y1:.1f}"


def _node(node: str, look: Look, lines: list[str], placed: _Placed) -> str:
    x, y, half, tall = placed.x[node], placed.y[node], placed.half[node], placed.tall[node]
    first = y - _LINE * (len(lines) - 1) / 2
    noted = len(lines) - len(look.notes)
    written = "".join(
        f'<text{_NOTE if place >= noted else ""} x="{x:.1f}" y="{first + _LINE * place:.1f}">'
        f"{escape(line)}</text>"
        for place, line in enumerate(lines)
    )
    return (
        f'<g class="{look.classes}"><title>{escape(show_name(node))}: {escape(look.words)}</title>'
        f'<rect x="{x - half:.1f}" y="{y - tall:.1f}" width="{2 * half:.1f}" height="{2 * tall:.0f}" rx="7"/>'
        f"{written}</g>"
    )
