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
from wsl.report.moments_panel import draw_moments, lanes
from wsl.report.score_picture import draw_scores, score_legend
from wsl.results import Explanation, Result


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
    svg = draw_scores(shop())
    assert svg is not None
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
    assert dict(score_legend(shop())).keys() == {"rare3", "rare0", "first", "aim", "unknown", "line flow"}
    assert draw_scores(without_graph()) is None


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
    draw_moments(axis, [found])
    starts = [row for row in inside if row - 1 not in inside]
    assert len(axis.patches) == len(starts)
    for (_, start), patch in zip(enumerate(starts), axis.patches, strict=True):
        low, high = patch.get_x(), patch.get_x() + patch.get_width()
        assert low <= found.moments.time[start] <= high


def test_lanes_are_the_target_and_what_ranks_first_by_any_method() -> None:
    axis = Figure().subplots()
    group = by_methods()
    draw_moments(axis, group)
    names = [text.get_text() for text in axis.texts if text.get_text() in SHOP]
    assert names[:3] == ["Website", "Caching Service", "Customer DB"]
    assert len(names) == lanes(group) == 6
    heights = [text.xy[1] for text in axis.texts if text.get_text() in SHOP]
    assert all(a - b == 1 for a, b in pairwise(heights))


def test_a_category_is_drawn_by_its_scores_and_a_gap_stays_a_gap() -> None:
    known = moments()
    values = {name: values for name, values in known.values.items() if name != "Caching Service"}
    values["Website"] = np.where(np.arange(24) == 11, np.nan, values["Website"])
    axis = Figure().subplots()
    draw_moments(axis, [replace(shop(), moments=replace(known, values=values))])
    assert any("anomaly score" in text.get_text() for text in axis.texts)
    drawn = [line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 24]
    assert np.isnan(drawn[0][11])


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
