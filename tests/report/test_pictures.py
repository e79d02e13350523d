"""Pictures: written whole or not at all, the same bytes every time, and graphs that read downwards."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sample_results import EDGES, NODES, RESULTS, drain, hostile, lognormal_cdf

from wsl.report import save_plot
from wsl.report.distribution import density, edges, is_skewed, quantiles
from wsl.report.distribution_panel import draw_distribution
from wsl.report.graph_picture import draw_graph, roles
from wsl.report.layers import NOT_LAYERED, Edge, Layering, crossings, layer
from wsl.results import Cdf, ScenarioGraph


def test_png_is_written_whole(tmp_path: Path) -> None:
    save_plot(RESULTS["compared"], tmp_path / "both.PNG")
    content = (tmp_path / "both.PNG").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert content.endswith(b"IEND\xaeB`\x82")
    assert [p.name for p in tmp_path.iterdir()] == ["both.PNG"]


def test_svg_is_the_same_every_time_and_has_no_date(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        save_plot(hostile(), tmp_path / name)
    content = (tmp_path / "one.svg").read_bytes()
    assert content == (tmp_path / "two.svg").read_bytes()
    assert b"<dc:date>" not in content
    assert b"<script" not in content
    assert "P95  804.0 → 900.6" in content.decode()


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old.svg").write_text("old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save_plot(RESULTS["default"], tmp_path / "old.svg")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"old.svg": "old"}


def test_figures_are_plotted_where_there_is_no_distribution(tmp_path: Path) -> None:
    save_plot(RESULTS["grouped"], tmp_path / "dots.svg")
    shown = (tmp_path / "dots.svg").read_text()
    assert all(label in shown for label in ("P95(rt)  deu  6", "faster  deu  6", "-4.3 %", "+12.43 pp"))


def test_other_suffixes_and_empty_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.png or \.svg, not as \.pdf"):
        save_plot(RESULTS["default"], tmp_path / "plot.pdf")
    with pytest.raises(ValueError, match="nothing to plot"):
        save_plot(RESULTS["nothing"], tmp_path / "plot.png")
    assert list(tmp_path.iterdir()) == []


@st.composite
def cdfs(draw: st.DrawFn) -> Cdf:
    value = sorted(draw(st.sets(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30)))

    def function() -> np.ndarray:
        steps = draw(st.lists(st.integers(0, 5), min_size=len(value), max_size=len(value)))
        total = np.cumsum([*steps[:-1], steps[-1] + 1])
        return total / total[-1]

    return Cdf("x", {}, None, 1, np.array(value), function(), function())


@given(cdfs())
def test_quantile_is_the_least_value_that_reaches_the_level(cdf: Cdf) -> None:
    for level in (0.05, 0.5, 0.95, 1.0):
        reached = [v for v, p in zip(cdf.value, cdf.scenario, strict=True) if p >= level - 1e-12]
        assert quantiles(cdf.value, cdf.scenario, (level,)) == [reached[0]]


@given(cdfs())
def test_bars_hold_all_but_the_tails(cdf: Cdf) -> None:
    for probability in (cdf.baseline, cdf.scenario):
        shares = density(cdf.value, probability, edges(cdf, 40))
        assert (shares >= -1e-12).all()
        assert 0.99 - 1e-9 <= shares.sum() <= 1 + 1e-9


@settings(max_examples=10, deadline=None)
@given(cdf=cdfs())
def test_any_distribution_can_be_drawn(cdf: Cdf, tmp_path_factory: pytest.TempPathFactory) -> None:
    result = replace(RESULTS["default"], scenarios=(replace(drain(), cdfs=(cdf,)),))
    path = tmp_path_factory.mktemp("plot") / "any.svg"
    save_plot(result, path)
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_latency_is_drawn_on_a_logarithmic_axis() -> None:
    assert is_skewed(drain().cdfs[0])
    assert not is_skewed(replace(drain().cdfs[0], value=drain().cdfs[0].value - 100))


@st.composite
def mixed_graphs(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[Edge, ...]]:
    nodes = tuple(f"v{i}" for i in range(draw(st.integers(1, 9))))
    marks = st.sampled_from(["->", "->", "<->", "?->", "--", ""])
    edges_ = [(a, draw(marks), b) for a, b in combinations(nodes, 2)]
    return draw(st.permutations(nodes)), tuple(e for e in edges_ if e[1])


@given(mixed_graphs())
def test_causes_are_above_their_effects(graph: tuple[tuple[str, ...], tuple[Edge, ...]]) -> None:
    nodes, edges_ = graph
    layering = layer(nodes, edges_)
    level = {slot: i for i, row in enumerate(layering.layers) for slot in row}
    assert {s for s in level if isinstance(s, str)} == set(nodes)
    assert all(level[a] < level[b] for a, mark, b in edges_ if mark not in NOT_LAYERED)
    longest = nx.DiGraph([(a, b) for a, mark, b in edges_ if mark not in NOT_LAYERED])
    assert len(layering.layers) == (nx.dag_longest_path_length(longest) + 1 if longest else 1)
    for route in layering.routes.values():
        assert all(level[b] - level[a] == 1 for a, b in pairwise(route)) or len(route) == 2


@given(mixed_graphs())
def test_boxes_do_not_overlap_and_the_picture_holds_them(
    graph: tuple[tuple[str, ...], tuple[Edge, ...]],
) -> None:
    nodes, edges_ = graph
    svg = draw_graph(ScenarioGraph("here", None, nodes, edges_))
    width = float(re.search(r'width="(\d+)"', svg)[1])
    boxes = [
        tuple(map(float, box))
        for box in re.findall(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)"', svg)
    ]
    assert len(boxes) == len(nodes)
    assert all(x >= 0 and x + w <= width for x, _, w in boxes)
    for (x0, y0, w0), (x1, y1, w1) in combinations(boxes, 2):
        assert y0 != y1 or x0 + w0 < x1 or x1 + w1 < x0


def test_crossings_are_counted_and_removed() -> None:
    tangled = (("a", "->", "d"), ("b", "->", "c"))
    assert crossings(layer(("a", "b", "c", "d"), tangled)) == 0
    as_written = Layering((("a", "b"), ("c", "d")), {e: (e[0], e[2]) for e in tangled})
    assert crossings(as_written) == 1


def test_graph_marks_what_was_done() -> None:
    scenario = drain()
    assert scenario.graph
    assert roles(scenario.graph, scenario.variables) | {"region": "untouched"} == {
        **dict.fromkeys(NODES, "untouched"),
        "fe": "set",
        "rtt": "redrawn",
        "febe_rtt": "redrawn",
        "crP": "redrawn",
        "be": "pinned",
        "rt": "target",
    }
    svg = draw_graph(scenario.graph, scenario.variables)
    assert svg.count('class="edge') == len(EDGES)
    assert len(re.findall(r'class="edge latent"[^>]*marker-end[^>]*marker-start', svg)) == 1
    assert svg == draw_graph(scenario.graph, scenario.variables)


@pytest.mark.parametrize("shift", [8.0, 3.0, 1.2, 1.03, 1.0, 0.9, 0.5, 0.2])
@pytest.mark.parametrize("sigma", [0.05, 0.15, 0.35, 0.9, 1.2])
def test_texts_lie_over_no_curve(shift: float, sigma: float) -> None:
    figure = Figure((5.2, 3.9), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axis = figure.subplots()
    draw_distribution(axis, lognormal_cdf(256.0, sigma, shift))
    canvas.draw()
    curves = [line.get_path().transformed(line.get_transform()) for line in axis.lines[:2]]
    boxes = {text.get_text(): text.get_tightbbox(canvas.get_renderer()).padded(-2) for text in axis.texts}
    assert len(boxes) == 3
    inside = axis.get_window_extent()
    assert all(inside.x0 < box.x0 < box.x1 < inside.x1 for box in boxes.values())
    for text, box in boxes.items():
        assert not any(curve.intersects_bbox(box, filled=False) for curve in curves), text
    assert not any(a.overlaps(b) for a, b in combinations(boxes.values(), 2))
