"""The picture of support: two bars a variable, whose lengths are shares."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sample_results import support

from wsl.report.support_picture import BANDS_IN_WORDS, draw_support

_SPACE = "{http://www.w3.org/2000/svg}"


def bars(drawn: str) -> dict[float, list[tuple[str, float]]]:
    """By height the class and width of every part of a bar."""
    found: dict[float, list[tuple[str, float]]] = {}
    for part in ElementTree.fromstring(drawn.replace("<svg ", f'<svg xmlns="{_SPACE[1:-1]}" ')).iter(
        f"{_SPACE}rect"
    ):
        found.setdefault(float(part.attrib["y"]), []).append(
            (part.attrib["class"], float(part.attrib["width"]))
        )
    return found


def test_every_variable_has_a_bar_of_what_was_recorded_and_of_what_is_asked() -> None:
    recorded, requested, *others = bars(draw_support(support())).values()
    assert len(others) == 2
    assert [name for name, _ in recorded] == ["near", "usual"]
    assert [name for name, _ in requested] == ["near", "usual", "beyond"]
    whole = sum(width for _, width in requested)
    assert [width / whole for _, width in requested] == pytest.approx([0.8, 0.19, 0.01], abs=1e-3)
    assert [name for name, _ in others[1]] == list(BANDS_IN_WORDS)


def test_a_screen_reader_is_told_the_shares() -> None:
    assert "rt: 20 % of rows beyond the data, 0 % as recorded" in draw_support(support())


def test_names_are_escaped_and_variables_without_rows_left_out() -> None:
    fine = support().by_variable["rtt"]
    shown = draw_support(replace(support(), by_variable={"<b>": fine, "none": replace(fine, rows=0)}))
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "none" not in shown
