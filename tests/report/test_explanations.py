"""Explanations: word for word as text, and what must hold of every table, file and picture."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from approved import check
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sample_explanations import CAP, EDGES, NODES, SHOP, by_methods, candidate, moments, shop, without_graph
from sample_results import RESULTS, drain

from wsl.diagnostics.terminal import cells
from wsl.report import save_plot, to_csv, to_html, to_text
from wsl.report.explanation_words import facts, grouped, moment, path, probability
from wsl.report.explanations import agreement_table
from wsl.report.moments_panel import draw_moments, height
from wsl.report.names import breakable, name_lines
from wsl.report.score_picture import draw_scores
from wsl.results import Explanation, NotEvaluated, Result, ScenarioGraph


def show(*explanations: Explanation, **options: int) -> str:
    return to_text(replace(RESULTS["explained"], explanations=explanations), **options)


@pytest.mark.parametrize(
    ("name", "options"), [("whole", {"whole": True}), ("narrow", {"width": 46})], ids=["whole", "narrow"]
)
def test_text_is_as_approved(name: str, options: dict[str, int], bless: bool) -> None:
    check(f"explained_{name}.txt", show(shop(), **options), bless)


def test_csv_is_as_approved(bless: bool) -> None:
    check("explained.csv", to_csv(RESULTS["methods"]), bless)


@pytest.mark.parametrize("width", [100, 120])
def test_tables_fit(width: int) -> None:
    for result in (RESULTS["explained"], RESULTS["graphless"]):
        assert max(map(cells, to_text(result, width=width, whole=True).splitlines())) <= width


def test_what_methods_share_is_said_once() -> None:
    shown = show(*by_methods())
    assert shown.count("Why was Website unusual") == 1
    assert shown.count("Shipping Cost Service is not evaluated") == 1
    assert shown.count("≥: ") == shown.count("=: ") == 1
    assert shown.count("more candidates") == 5


def test_explanations_stand_among_other_answers_by_line() -> None:
    result = replace(
        RESULTS["default"], explanations=(replace(shop(), line=1), replace(shop(), line=9, target="API"))
    )
    titles = [line for line in to_text(result).splitlines() if line.startswith(("Why", "drain"))]
    assert titles == [
        "Why was Website unusual at 2024-03-01 10:05 UTC?",
        "drain",
        "Why was API unusual at 2024-03-01 10:05 UTC?",
    ]
    assert len(grouped((*by_methods(), without_graph()))) == 2


@given(st.lists(st.text("ab字 ", min_size=1, max_size=60), min_size=2, max_size=9), st.integers(20, 90))
def test_a_path_keeps_its_width_and_its_ends(names: list[str], width: int) -> None:
    shown = path(replace(candidate("API", 1), path=tuple(names)), width)
    assert cells(shown) <= width
    whole = path(replace(candidate("API", 1), path=tuple(names)), 1000)
    assert shown == whole or "…" in shown


def test_a_long_path_loses_its_middle() -> None:
    cause = candidate("Product DB", 1)
    assert path(cause, 50) == "Product DB → Caching Service → … → www → Website"
    assert path(cause, 100).count("→") == 5


@pytest.mark.parametrize(
    ("p", "window_rows", "expected"),
    [
        (
            1 / 399,
            5,
            "p = 0.0025: in normal times at most about 1 of 399 windows of 5 rows like this one has a row",
        ),
        (1 / 399, 1, "p = 0.0025: in normal times at most about 1 of 399 rows is as unusual"),
        (0.41, 1, "p = 0.41: in normal times about 41.0 % of rows are as unusual"),
        (0.0, 1, "p = 0: in normal times at most about 1 of 1,000,000,000,000 rows is"),
    ],
)
def test_chance_in_words(p: float, window_rows: int, expected: str) -> None:
    told = dict(reversed(list(facts(replace(shop(), p_target=p, window_rows=window_rows)))))
    assert told["chance"].startswith(expected)


def test_a_usual_target_and_an_approximate_p_are_said() -> None:
    told = show(without_graph())
    assert "so this is nothing unusual" in told
    assert "nothing unusual" not in show(shop())
    assert "approximate, for" in told


def test_no_flagged_variable_and_no_candidate_are_said() -> None:
    traversal = by_methods()[2]
    unflagged = tuple(replace(cause, flagged=False) for cause in traversal.causes)
    assert "none is flagged" in show(replace(traversal, causes=unflagged))
    assert "no candidate could be evaluated" in show(replace(shop(), causes=()))


def test_the_same_method_twice_is_told_apart_by_its_parameters() -> None:
    traversal = by_methods()[2]
    table = agreement_table(
        [traversal, replace(traversal, parameters={"feature": "quantile", "threshold": 5.0})]
    )
    assert table is not None
    assert [c.heading for c in table.columns[1:]] == ["TRAVERSAL(threshold = 3)", "TRAVERSAL(threshold = 5)"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2024-03-01T10:05:00.000000Z", "2024-03-01 10:05"),
        ("2024-03-01T10:05:07Z", "2024-03-01 10:05:07"),
        ("17", "17"),
    ],
)
def test_moments_are_short(at: str, expected: str) -> None:
    assert moment(at) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(1 / 1991, "0.0005"), (0.413, "0.41"), (1.0, "1"), (3.21e-7, "3.2e-07")]
)
def test_probabilities_have_two_digits(p: float, expected: str) -> None:
    assert probability(p) == expected


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(to_csv(result))))


def test_csv_of_figures_and_explanations_has_the_columns_of_both() -> None:
    found = rows(replace(RESULTS["default"], explanations=(shop(), without_graph())))
    assert list(found[0])[:2] == ["scenario", "line"]
    figures, causes = (
        [row for row in found if bool(row["method"]) == is_cause] for is_cause in (False, True)
    )
    assert (figures[0]["baseline"], figures[0]["variable"]) == ("312.44", "")
    assert (causes[0]["variable"], causes[0]["score"], causes[0]["baseline"]) == (
        "Caching Service",
        repr(CAP),
        "",
    )
    unknown = next(row for row in causes if row["variable"] == "Shipping Cost Service")
    assert (unknown["score"], unknown["rank"], unknown["not_evaluated"]) == (
        "",
        "",
        "it is missing in this row",
    )
    zone = next(row for row in causes if row["variable"] == "zone")
    assert (zone["observed"], zone["normal_low"], zone["normal_categories"]) == ("eu-3", "", "eu-1, eu-2")


def test_the_graph_shows_scores_the_first_cause_and_its_way() -> None:
    picture = draw_scores([shop()])
    assert picture is not None
    svg = picture.svg
    looks = dict(re.findall(r'<g class="([^"]*)"><title>([^:]*):', svg))
    assert {
        "rare3 first": "Caching Service",
        "rare3 aim": "Website",
        "unknown": "Shipping Cost Service",
    }.items() <= (looks.items())
    assert svg.count("<rect") == len(NODES)
    assert svg.count('class="edge flow"') == 4
    assert svg.count('class="edge"') == len(EDGES) - 4
    assert "≥\u20097.6" in svg
    assert dict(picture.legend).keys() == {"rare3", "rare0", "first", "aim", "unknown", "line flow"}
    assert draw_scores([without_graph()]) is None


def large(size: int, unusual: int) -> Explanation:
    """A star of so many variables with long names around a target, some of them unusual, one unknown."""
    target, *names = (f"aws-eu-central-1/payments-{place}::ValidationService" for place in range(size))
    causes = tuple(
        replace(
            candidate("API", place + 1),
            variable=name,
            score=5.0 if place < unusual else 1.0,
            path=(name, target),
        )
        for place, name in enumerate(names[:-1])
    )
    return replace(
        shop(),
        target=target,
        causes=(*causes, replace(candidate("API", size), variable=target, path=(target,))),
        not_evaluated=(NotEvaluated(names[-1], "missing"),),
        graph=ScenarioGraph("g", target, (target, *names), tuple((name, "->", target) for name in names)),
    )


@pytest.mark.parametrize(
    ("size", "unusual", "boxes", "notes"),
    [
        (12, 2, 12, []),
        (38, 4, 5, ["+ 32 more, as usual", "+ 1 not evaluated"]),
        (120, 90, 20, ["+ 28 more, as usual", "+ 71 more, unusual", "+ 1 not evaluated"]),
    ],
)
def test_a_large_graph_is_folded(size: int, unusual: int, boxes: int, notes: list[str]) -> None:
    picture = draw_scores([large(size, unusual)])
    assert picture is not None
    assert picture.svg.count("<rect") == boxes
    assert re.findall(r'class="note"[^>]*>([^<]*)<', picture.svg) == notes
    assert ("folded" in dict(picture.legend)) == bool(notes)
    assert boxes + sum(int(note.split()[1]) for note in notes) == size
    assert all(note[2:] in picture.svg.partition(">")[0] for note in notes), "those who do not see it, too"


def test_what_one_method_cannot_rank_has_the_score_of_another() -> None:
    found = shop()
    known = tuple(cause for cause in found.causes if cause.variable not in ("Website", "API"))
    alone = draw_scores([replace(found, causes=known)])
    both = draw_scores([replace(found, causes=known), found])
    assert alone is not None
    assert both is not None
    looks = dict(re.findall(r'<g class="([^"]*)"><title>([^:]*):', alone.svg))
    assert looks["rare3 unknown aim"] == "Website"
    assert '<g class="unknown"><title>API: not evaluated<' in alone.svg
    assert '<g class="rare3"><title>API: score' in both.svg


def test_what_is_folded_stands_where_it_acts() -> None:
    chain = [f"v{place}" for place in range(30)]
    graph = ScenarioGraph("g", "v29", tuple(chain), tuple((a, "->", b) for a, b in pairwise(chain)))
    causes = tuple(
        replace(candidate("API", place + 1), variable=name, score=1.0, path=tuple(chain[chain.index(name) :]))
        for place, name in enumerate(["v20", *chain[:20], *chain[21:]])
    )
    found = replace(shop(), target="v29", causes=causes, top=1, not_evaluated=(), graph=graph)
    picture = draw_scores([found])
    assert picture is not None
    assert picture.svg.count("<rect") == 10
    assert re.search(r"<title>v20:.*?</g>", picture.svg)[0].count("+ 20 more, as usual") == 1


@given(st.text("abcAB_:/. 字<", min_size=1, max_size=90), st.integers(2, 40), st.integers(1, 5))
def test_a_name_is_broken_and_whole(name: str, width: int, most: int) -> None:
    lines = name_lines(name, width, most)
    assert len(lines) <= most
    assert all(cells(line) <= width for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    assert breakable(name).replace("<wbr>", "").unescape() == name


def test_the_way_stands_below_its_cause() -> None:
    page = to_html(RESULTS["explained"])
    assert ">path<" not in page
    assert re.search(
        r'<td class="left bold">Caching <wbr>Service</td>.*?</tr>\s*<tr class="below"><td></td>'
        r'<td class="left" colspan="7"><div>Caching Service → Product Service → API → www → Website<',
        page,
    )


def test_causes_over_time_are_plotted_where_there_is_nothing_else(tmp_path: Path) -> None:
    save_plot(RESULTS["methods"], tmp_path / "causes.svg")
    shown = (tmp_path / "causes.svg").read_text()
    assert all(
        text in shown for text in ("Why was Website", "Caching Service", "2,310 ms, usually 180 to 422")
    )
    with pytest.raises(ValueError, match="EXPLAIN causes over time"):
        save_plot(RESULTS["graphless"], tmp_path / "nothing.svg")


@pytest.mark.parametrize(
    "inside", [[0, 23], [5, 6, 7, 15], list(range(24))], ids=["the ends", "two stretches", "all rows"]
)
def test_every_stretch_of_the_window_is_shaded(inside: list[int]) -> None:
    chosen = np.isin(np.arange(24), inside)
    found = replace(shop(), moments=replace(moments(), is_time=False, inside=chosen, spokesman=inside[0]))
    axis = Figure().subplots()
    draw_moments(axis, [found], 5.0)
    starts = [row for row in inside if row - 1 not in inside]
    assert len(axis.patches) == len(starts)
    for (_, start), patch in zip(enumerate(starts), axis.patches, strict=True):
        low, high = patch.get_x(), patch.get_x() + patch.get_width()
        assert low <= found.moments.time[start] + 1 <= high  # rows are counted from 1


def test_lanes_are_the_target_and_what_ranks_first_by_any_method() -> None:
    axis = Figure().subplots()
    group = by_methods()
    draw_moments(axis, group, 5.0)
    names = [text.get_text() for text in axis.texts if text.get_text() in SHOP]
    assert names[:3] == ["Website", "Caching Service", "Customer DB"]
    assert len(names) == 6
    heights = [text.xy[1] for text in axis.texts if text.get_text() in SHOP]
    assert all(a - b == 1 for a, b in pairwise(heights))


def test_a_category_is_drawn_by_its_scores_and_a_gap_stays_a_gap() -> None:
    known = moments()
    values = {name: values for name, values in known.values.items() if name != "Caching Service"}
    values["Website"] = np.where(np.arange(24) == 11, np.nan, values["Website"])
    axis = Figure().subplots()
    draw_moments(axis, [replace(shop(), moments=replace(known, values=values))], 5.0)
    assert any("anomaly score" in text.get_text() for text in axis.texts)
    drawn = [line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 24]
    assert np.isnan(drawn[0][11])


def with_gaps(*gaps: tuple[int, int], **more: object) -> Explanation:
    """The shop, with so many steps instead of one before these rows."""
    known = moments()
    steps = np.ones(len(known.time), np.int64)
    for row, length in gaps:
        steps[row] = length
    return replace(shop(), moments=replace(known, time=300_000_000 * np.cumsum(steps), **more))


def test_rows_beyond_a_long_gap_are_not_drawn() -> None:
    axis = Figure().subplots()
    draw_moments(axis, [with_gaps((9, 50), (15, 30_000))], 5.0)
    low, high = axis.get_xlim()
    assert (high - low) * 24 * 12 == pytest.approx(6.0)  # steps: five of rows 9 to 14, one as margins
    assert len(axis.patches) == 1
    words = [text.get_text() for text in axis.texts]
    assert "1970-01-01, UTC\nnot drawn: 18 rows beyond a gap of 104 days" in words


def test_lines_are_broken_at_a_gap_and_lonely_rows_are_dots() -> None:
    axis = Figure().subplots()
    draw_moments(axis, [with_gaps((9, 15), (10, 15))], 5.0)
    line = next(line for line in axis.lines if len(line.get_xdata()) == 26)
    assert list(np.flatnonzero(np.isnan(line.get_ydata()))) == [9, 11]
    dots = [line for line in axis.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in dots] == [1] * len(dots)
    assert not any("not drawn" in text.get_text() for text in axis.texts)


@pytest.mark.parametrize("explained", [0, 23])
def test_markers_at_an_edge_are_whole(explained: int) -> None:
    figure = Figure((5.0, 6.0))
    axis = figure.subplots()
    chosen = np.arange(24) == explained
    draw_moments(axis, [with_gaps(inside=chosen, spokesman=explained)], 5.0)
    inside = axis.get_window_extent()
    markers = [line for line in axis.lines if line.get_marker() == "o"]
    assert markers
    for marker in markers:
        x, y = axis.transData.transform((marker.get_xdata()[0], marker.get_ydata()[0]))
        radius = (marker.get_markersize() + marker.get_markeredgewidth()) / 2 * figure.dpi / 72
        assert inside.x0 + radius <= x <= inside.x1 - radius
        assert inside.y0 + radius <= y <= inside.y1 - radius


def test_long_names_are_whole_over_time() -> None:
    name = "SimpleNotificationService_AWS::SimpleNotificationService"
    found = shop()
    known = moments()
    values = {name if one == "Caching Service" else one: series for one, series in known.values.items()}
    causes = (replace(found.causes[0], variable=name), *found.causes[1:])
    renamed = replace(found, causes=causes, moments=replace(known, values=values))
    axis = Figure().subplots()
    draw_moments(axis, [renamed], 4.6)
    words = [text.get_text() for text in axis.texts]
    first = words.index("SimpleNotificationService_AWS::SimpleNotification")
    assert words[first : first + 3] == [words[first], "Service", "1,240 ms, usually 12 to 38 ms"]
    assert height([renamed], 4.6) > height([found], 4.6) == height([renamed], 20.0)


def test_a_page_of_explanations_alone_says_so() -> None:
    page = to_html(RESULTS["methods"])
    assert "Root causes</p>" in page
    assert page.count("wsl-graph") > 0
    assert "How far the methods agree" in page
    drawings = re.findall(r"<svg.*?</svg>", re.sub(r"<style>.*?</style>", "", page, flags=re.S), re.S)
    assert not re.search(r"#[0-9a-f]{6}", "".join(drawings)), "a fixed colour does not follow the scheme"
    both = to_html(replace(RESULTS["default"], explanations=(shop(),)))
    assert 'href="#explanation-1"' in both
    assert drain().name in both
