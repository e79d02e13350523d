"""Reports as text: what a person sees, word for word, and what holds for every table."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from approved import check
from hypothesis import given
from hypothesis import strategies as st
from sample_results import RESULTS, drain, hostile

from wsl.diagnostics.terminal import Painter, cells
from wsl.report import to_html, to_text
from wsl.report.grid import Column, grid
from wsl.report.numbers import NONE, decimals, is_share, number, percent
from wsl.results import ColumnDescription, Description, Expectation


@pytest.mark.parametrize("name", RESULTS)
def test_text_is_as_approved(name: str, bless: bool) -> None:
    check(f"{name}.txt", to_text(RESULTS[name]), bless)


def test_colour_adds_nothing_but_colour() -> None:
    plain, painted = to_text(RESULTS["default"]), to_text(RESULTS["default"], colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain


def test_data_cannot_control_the_terminal() -> None:
    shown = to_text(hostile())
    assert "alert(1)" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)


def test_sentences_wrap_at_the_width() -> None:
    facts = to_text(RESULTS["default"], width=60).split("\n\n")[0]
    assert max(map(cells, facts.splitlines())) <= 60


def test_the_writers_are_imported_when_used() -> None:
    code = "import sys, wsl.report; print([m for m in ('numpy', 'jinja2', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(st.floats(-1e300, 1e300) | st.sampled_from([float("nan"), float("inf")]))
def test_a_number_keeps_four_digits(value: float) -> None:
    shown = number(value)
    if shown == NONE:
        assert not abs(value) < float("inf")
        return
    assert abs(float(shown.replace(",", "")) - value) <= 0.5e-3 * abs(value)


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_difference_shows_its_sign_and_never_minus_zero(value: float, difference: float) -> None:
    shown = number(difference, decimals(value), sign=True)
    assert shown.startswith("+" if difference > 0 else "-" if difference < 0 else "0")


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (12345.6, None, "12,346"),
        (4000, None, "4,000"),
        (0.00001234, None, "1.234e-05"),
        (0.031, 1, "0.031"),
        (0.0000031, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (None, None, "–"),
    ],
)
def test_numbers(value: float | None, places: int | None, expected: str) -> None:
    assert number(value, places) == expected


def test_percent_needs_a_whole() -> None:
    assert percent(1.0, 0.0) == percent(None, 2.0) == ""
    assert percent(-1.0, -4.0) == "-25.0 %"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("SHARE(rt > (1))", True), ("share (a)", True), ("SHARE(a) / SHARE(b)", False), ("MEAN(rt)", False)],
)
def test_only_a_single_share_is_a_percentage(expression: str, expected: bool) -> None:
    assert is_share(expression) is expected


@given(st.lists(st.tuples(st.text("ab字é", max_size=6), st.floats(-1e9, 1e9)), min_size=1, max_size=6))
def test_columns_are_straight_and_points_align(rows: list[tuple[str, float]]) -> None:
    columns = [
        Column("name", [name for name, _ in rows]),
        Column("figure", [number(figure) for _, figure in rows], "point"),
        Column("end", ["|"] * len(rows)),
    ]
    lines = grid(columns, Painter(False))[1:]
    assert len({cells(line[: line.rindex("|")]) for line in lines}) == 1
    points = {
        cells(line[: line.index(".")]) for line, (_, f) in zip(lines, rows, strict=True) if "." in number(f)
    }
    assert len(points) <= 1


def test_sides_that_differ_look_different() -> None:
    close = Expectation("P95(rt) <= 766.3", {}, 1, "fail", 766.3042, 766.3, "ms")
    result = replace(RESULTS["default"], scenarios=(replace(drain(), expectations=(close,)),))
    assert "766.304      766.300" in to_text(result)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SHARE(rt > 500) <= 0.2", True),
        ("0.2 > SHARE(fe == 'a)')", True),
        ("SHARE(rt > 500) <= BASELINE(SHARE(rt > 500))", True),
        ("SHARE(a) / SHARE(b) < 2", False),
        ("P95(rt) < 500", False),
        ("SHARE(ok)", False),
    ],
)
def test_sides_of_a_share_are_percentages(expression: str, expected: bool) -> None:
    expectation = Expectation(expression, {}, 1, "fail", 0.1716, 0.2)
    result = replace(RESULTS["default"], scenarios=(replace(drain(), expectations=(expectation,)),))
    for shown in (to_text(result), to_html(result)):
        assert ("17.16 %" in shown, "20.00 %" in shown) == (expected, expected)


def test_times_are_shown_to_the_second() -> None:
    ends = ("2024-03-04T00:08:15.120000Z", "2024-03-11T05:20:04.000000Z", "2024-03-17T23:59:55.999999Z")
    described = Description("t", 1, (ColumnDescription("ts", "time", None, "", 3, 0, *ends, 3),))
    shown = to_text(replace(RESULTS["nothing"], descriptions=(described,)))
    assert "2024-03-04T00:08:15Z … 2024-03-11T05:20:04Z … 2024-03-17T23:59:55Z" in shown


def test_a_description_tells_names_apart_and_says_the_same_once() -> None:
    begin = "lambda_step_price_greater_than_55_AWS::Lambda"
    columns = tuple(
        ColumnDescription(name, "number", None, "", 9, missing, notes=notes)
        for name, missing, notes in (
            (f"{begin}.latency.Average", 8, (f"8 of the 9 rows have no value of `{begin}.latency.Average`",)),
            (f"{begin}::Function.latency.Average", 0, ()),
            ("db", 7, ("7 of the 9 rows have no value of `db`", "`db` looks like 1 thing")),
            ("web", 0, ("`web` looks like 2 things", "skewed")),
        )
    )
    shown = to_text(replace(RESULTS["nothing"], descriptions=(Description("t", 1, columns),)), width=200)
    assert "lambda_step_price_…mbda.latency.Average" in shown
    assert "lambda_step_price_…tion.latency.Average" in shown
    notes = [line.strip() for line in shown.splitlines()[-4:]]
    assert notes == [
        f"… of the 9 rows have no value of `{begin}.latency.Average`, `db`",
        "`db` looks like 1 thing",
        "`web` looks like 2 things",
        "web: skewed",
    ]
