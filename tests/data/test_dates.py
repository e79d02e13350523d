"""Dates that are no ISO 8601: how they are told, and what they would be."""

from __future__ import annotations

import pytest

from wsl.data import dates


@pytest.mark.parametrize(
    ("labels", "form", "iso"),
    [
        (["01/05/2024 00:00", "13/05/2024 00:00"], "the day first", "2024-05-01T00:00"),
        (["05/01/2024", "05/13/2024"], "the month first", "2024-05-01"),
        (["1.5.24 9:07:30", "31.5.24 9:08:00"], "the day first", "2024-05-01T09:07:30"),
        (["5/1/2024 12:05 AM", "5/31/2024 1:05 pm"], "the month first", "2024-05-01T00:05"),
        (["2024/05/01 00:00:01,5"] * 2, "the year first", "2024-05-01T00:00:01.5"),
        (
            ["01/05/2024"] * 2,
            "the day or the month first",
            "2024-05-01 (or 2024-01-05, if the month is first)",
        ),
    ],
)
def test_forms(labels: list[str], form: str, iso: str) -> None:
    found = dates(labels, fewest=2)
    assert found is not None
    assert found.form.startswith(f"with {form}")
    assert found.iso == iso


@pytest.mark.parametrize("label", ["2024-05-01", "10.0.0.1", "1.2.3", "31/31/2024", "0/5/2024", "12/05"])
def test_what_is_no_date(label: str) -> None:
    assert dates([label] * 3) is None
